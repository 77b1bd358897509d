"""Releases in the lake: of each database a snapshot that bears the release's id.

Readers go by the same pointer as everywhere: what it names is one snapshot a database,
whatever is written meanwhile. What no release names any more expires.
"""

import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from environment import DATABASES, Environment, databases
from environment import lake as lakes
from environment.databases import session
from environment.errors import MusterError
from environment.lake import Lake
from environment.locks import building
from environment.sql import literal, quote
from operations.diff.compare import tables_of
from store import releases
from store.store import Store

BUILT = "built"
"""The name of the file that is brought into the lake."""

GRACE = "1 day"
"""How long files stay that no snapshot has any more: somebody may be reading them."""


@contextmanager
def opened(
    environment: Environment,
    names: Iterable[str] = DATABASES,
    *,
    release: str | None = None,
    read_only: bool = True,
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection with databases of the lake, each by its name.

    Args:
        environment: Whose lake.
        names: Which databases.
        release: Which release of them; by default what was written last.
        read_only: Whether they are only read.

    Raises:
        MusterError: One cannot be opened, or has no such release.
    """
    lake = lakes.of(environment)
    with session() as connection:
        lakes.load(connection, lake)
        for name in names:
            lakes.attach(connection, lake, name, read_only=read_only)
            if release is not None:
                found = snapshot(connection, name, release)
                connection.execute(f"detach {name}")
                lakes.attach(connection, lake, name, snapshot=found)
        yield connection


def snapshot(connection: duckdb.DuckDBPyConnection, database: str, release: str) -> int:
    """The snapshot that bears a release's id.

    Raises:
        MusterError: There is none.
    """
    found = connection.execute(
        f"select max(snapshot_id) from {database}.snapshots() where commit_message = ?",
        [release],
    ).fetchall()[0][0]
    if found is None:
        raise MusterError(
            f"Release {release} is not in the lake: it was made before there was one,"
            " or was rewritten since. Release again, or roll back to one that is."
        )
    return int(found)


def publish(environment: Environment, release: str, folder: Path) -> None:
    """Bring a release's databases into the lake, each in one transaction.

    Tables that have the same rows there already are left as they are.

    Args:
        environment: Whose lake.
        release: The release's id.
        folder: Where its databases are.

    Raises:
        MusterError: A build is at work on the lake, or it cannot be written.
    """
    lake = lakes.of(environment)
    lake.prepare()
    try:
        with (
            building(lakes.built_in(environment).made),
            opened(environment, read_only=False) as connection,
        ):
            for name in DATABASES:
                path = folder / f"{name}.duckdb"
                databases.attach(connection, path, BUILT)
                connection.execute("begin")
                _bring(connection, name, release)
                connection.execute("commit")
                connection.execute(f"detach {BUILT}")
    except duckdb.Error as error:
        raise MusterError(
            f"The lake cannot be written ({type(error).__name__}): see that it can be"
            " reached and that nobody else writes it, then release again."
        ) from None
    if not lake.is_remote:
        for name in DATABASES:
            _make_readable(Path(lake.folder(name)))


def _bring(connection: duckdb.DuckDBPyConnection, database: str, release: str) -> None:
    """Let a database of the lake have the tables of the file, and the release's tag."""
    new, old = (tables_of(connection, each) for each in (BUILT, database))
    for table, columns in new.items():
        schema, _, name = table.partition(".")
        own, built = (f"{at}.{quote(schema)}.{quote(name)}" for at in (database, BUILT))
        if old.get(table) != columns or _digest(connection, own) != _digest(
            connection, built
        ):
            connection.execute(
                f"create schema if not exists {database}.{quote(schema)}"
            )
            connection.execute(f"create or replace table {own} as from {built}")
    _drop(connection, database, but=(*new, "main.release"))
    tag = f"{database}.main.release"
    connection.execute(
        f"create or replace table {tag} as select ? as release", [release]
    )
    connection.execute(f"call {database}.set_commit_message('muster', ?)", [release])


def _digest(connection: duckdb.DuckDBPyConnection, table: str) -> tuple[object, ...]:
    rows = f"select count(*), sum(hash(every)) from {table} as every"
    return tuple(connection.execute(rows).fetchall()[0])


def _drop(
    connection: duckdb.DuckDBPyConnection, database: str, but: Sequence[str] = ()
) -> None:
    """Drop tables and views."""
    found = connection.execute(
        "select 'table', schema_name, table_name from duckdb_tables()"
        " where database_name = $1 union all"
        " select 'view', schema_name, view_name from duckdb_views()"
        " where database_name = $1 and not internal",
        [database],
    ).fetchall()
    for kind, schema, name in found:
        if f"{schema}.{name}" not in but or kind == "view":
            connection.execute(f"drop {kind} {database}.{quote(schema)}.{quote(name)}")


def _make_readable(folder: Path) -> None:
    """Let everyone who may enter a database's folder read its files."""
    for path in folder.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)


def sweep(environment: Environment, store: Store) -> None:
    """Let snapshots go that no release has any more, and then their files.

    Small files of a table become one. What was written last stays, released or not.
    """
    kept = [each.release for each in releases.listed(store)]
    with opened(environment, read_only=False) as connection:
        for name in DATABASES:
            _expire(connection, name, kept)
            connection.execute(f"call ducklake_merge_adjacent_files('{name}')")
            connection.execute(
                f"call ducklake_cleanup_old_files('{name}',"
                f" older_than => now() - interval '{GRACE}')"
            )


def _expire(
    connection: duckdb.DuckDBPyConnection, database: str, kept: Sequence[str]
) -> None:
    expired = connection.execute(
        "select list(snapshot_id order by snapshot_id) from"
        f" {database}.snapshots() where coalesce(commit_message not in"
        " (select unnest($1::varchar[])), true)"
        f" and snapshot_id < (select max(snapshot_id) from {database}.snapshots())",
        [kept],
    ).fetchall()[0][0]
    if expired:
        connection.execute(
            f"call ducklake_expire_snapshots('{database}', versions => {expired})"
        )


def empty(environment: Environment) -> None:
    """Take everything out of the lake at once, with every file and old row of it.

    Raises:
        MusterError: It cannot be written.
    """
    lake = lakes.of(environment)
    if not lake.is_shared:
        for name in DATABASES:
            shutil.rmtree(lake.file(name).parent, ignore_errors=True)
    lake.prepare()
    with opened(environment, read_only=False) as connection:
        for name in DATABASES:
            _drop(connection, name)
            _expire(connection, name, [])
            for does in ("cleanup_old_files", "delete_orphaned_files"):
                connection.execute(
                    f"call ducklake_{does}('{name}', cleanup_all => true)"
                )
    if lake.is_shared:
        _vacuum(lake)


def _vacuum(lake: Lake) -> None:
    """Let PostgreSQL forget deleted rows: least and greatest values of columns."""
    import psycopg

    with psycopg.connect(lake.catalogue, autocommit=True) as connection:
        for name in DATABASES:
            found = connection.execute(
                "select format('%%I.%%I', schemaname, tablename) from pg_tables"
                " where schemaname = %s",
                [lake.schema(name)],
            ).fetchall()
            for (table,) in found:
                connection.execute(f"vacuum full {table}".encode())


def renew(environment: Environment, store: Store) -> None:
    """Bring the current release into a lake that was emptied."""
    current = releases.current(store)
    if current is None:
        return
    names = [f"{name}.duckdb" for name in DATABASES]
    with TemporaryDirectory(prefix="muster-lake-") as scratch:
        folder = releases.fetched(store, current, names, Path(scratch))
        publish(environment, current, folder)


def statements(
    environment: Environment, store: Store, names: Iterable[str]
) -> list[str]:
    """The SQL by which any DuckDB attaches the current release; it has no password.

    Raises:
        MusterError: Nothing is released, or not to the lake.
    """
    current = releases.current(store)
    if current is None:
        raise MusterError(
            f"Nothing is released to {environment.name}: run"
            f" muster release {environment.name}."
        )
    lake, found = lakes.of(environment), []
    with opened(environment, names, read_only=True) as connection:
        for name in names:
            options = lake.options(name) | {
                "snapshot_version": snapshot(connection, name, current),
                "read_only": True,
            }
            found.append(
                f"attach {literal(lake.told(name))} as {name}"
                f" ({lakes.written(options)});"
            )
    return found
