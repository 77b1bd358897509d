"""The audit of a candidate: what must hold before anybody may read it.

Every check leaves a finding, also those that passed: they are kept in `release.json`.
"""

import os
import re
import stat
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import duckdb

from environment import DATABASES, Environment, databases
from environment.databases import session
from environment.errors import MusterError
from environment.sql import quote
from ingestion.log import of as log_of
from operations.build import artifacts
from operations.build.artifacts import MANIFEST, RESULTS, Node
from operations.diff import breaking, compare
from operations.diff.compare import Columns
from operations.diff.diff import reach
from operations.read import set_aside
from operations.release import tracker
from store.releases import Finding

PASSING = frozenset({"pass", "warn", "success", "no-op"})
"""What dbt says of a node that did not fail."""

ACCEPTED = re.compile(r"(?P<request>CR-[0-9]+):(?P<name>\w+\.\w+(\.\w+){0,2})")
"""A change request, and the table or column that it accepts to break."""

DATABASE_MODES = {
    "restricted.duckdb": 0o600,
    "muster.duckdb": 0o644,
    "published.duckdb": 0o644,
}
"""The widest permissions that a release's files may have."""

IDENTIFIERS = re.compile(
    r"person_id|employee_number|user_id|attendance_(device|user)_id"
    r"|(employee|candidate|first|middle|last|full)_name"
    r"|((personal|company|candidate)_)?email|(cell|phone|mobile)(_number)?"
    r"|passport_number|bank_ac_no|iban|current_address"
)
"""Columns of the log and of the restricted database that identify a person."""

NAMES = re.compile(r".*_name")
"""Those of them that only count from `SHORTEST_NAME` characters on."""

SHORTEST_NAME = 4
SHORTEST_NUMBER = 2

LABELS = re.compile(
    r"branch|company|country|department|department_name|designation|designation_name"
    r"|grade|employment_type|holiday_list"
)
"""Columns whose values are no person's, also where a person is named like a place."""

SEEDS = "reference"
"""The schema of what the repository itself holds: it cannot hold anyone's data."""

EMAIL = r"[^@\s]+@[^@\s]+\.[A-Za-z]{2,}"

RELEASED = "released_"
"""What the names of the current release's databases begin with: `released_muster`."""

EXAMPLES = 5
"""How many findings a line names."""


def tests(candidate: Environment) -> Finding:
    """Whether every node of dbt's run succeeded, and any test was among them."""
    run = artifacts.read(candidate.artifacts / RESULTS, is_needed=False)
    results = run.get("results", [])
    failed = [
        str(result["unique_id"])
        for result in results
        if result["status"] not in PASSING
    ]
    ran = sum(
        str(result["unique_id"]).split(".")[0] in {"test", "unit_test"}
        for result in results
    )
    wrong = "" if ran else "no test ran: nothing is known of the marts"
    wrong = f"failed: {listed(failed)}" if failed else wrong
    return Finding("tests", not wrong, wrong or f"{ran} tests passed")


def shares(connection: duckdb.DuckDBPyConnection, candidate: Environment) -> Finding:
    """Whether no rule sets aside more records than its bound allows."""
    rules = set_aside.read(connection)
    wrong = set_aside.past_bounds(rules, candidate)
    return Finding("set aside", not wrong, listed(wrong) or set_aside.told(rules))


def contracts(
    connection: duckdb.DuckDBPyConnection,
    manifests: tuple[Node, Node],
    released: Mapping[str, Columns],
    accepted: Mapping[str, str],
) -> Finding:
    """Whether those who query the current release can go on as they do.

    A column that is gone or has another type breaks their queries. That is right where
    another version of the same dbt model still has it, or a change request says so.

    Args:
        connection: As from `opened`.
        manifests: dbt's manifest of the candidate, and that of what was built before,
            for what is made from tables that are gone.
        released: The columns of the current release, as it tells them; of one that
            tells none, those that many people read are looked up.
        accepted: As from `change_requests`.
    """
    old, new = released or read_tables(connection, RELEASED), marts(connection)
    if not old:
        return Finding("contracts", True, "the first release: nothing to compare with")
    broken = list(
        breaking.broken_columns(old, new, breaking.model_versions(manifests[0]))
    )
    names = {each.name: each for each in broken} | {each.table: each for each in broken}
    told = [f"{request} accepts {name}" for name, request in sorted(accepted.items())]
    told = [
        line if name in names else f"{line}, which does not break"
        for line, name in zip(told, sorted(accepted), strict=True)
    ]
    wrong = [each for each in broken if not {each.name, each.table} & accepted.keys()]
    if not wrong:
        told += [] if broken else ["every column of the current release is kept"]
        return Finding("contracts", True, "; ".join(told))
    reached = sorted(
        {
            name
            for manifest in manifests
            for table in {each.table for each in wrong}
            for name in reach(
                manifest, compare.models_of(manifest).get(table, "")
            ).exposures
        }
    )
    read_by = f" (read by {', '.join(reached)})" if reached else ""
    return Finding(
        "contracts",
        False,
        f"{listed(map(str, wrong))}{read_by}: keep them in a version of the model, or "
        "accept each with the id of a change request, such as "
        f"--accept-breaking CR-123:{wrong[0].name}",
    )


def queries(connection: duckdb.DuckDBPyConnection, manifest: Node) -> Finding:
    """Whether the queries that the docs give for each figure run as they stand."""
    found = breaking.queries_of(manifest)
    wrong = [
        f"{name}: {why}"
        for name, query in found.items()
        if (why := breaking.failure(connection, query))
    ]
    told = listed(wrong) or f"those of {len(found)} exposures run"
    return Finding("queries", not wrong, told)


def marts(connection: duckdb.DuckDBPyConnection) -> dict[str, Columns]:
    """The tables whose columns readers count on, also those that few may read."""
    name = compare.RESTRICTED
    few = compare.marts_of(connection, name, name)
    few = {compare.shown(name, table): columns for table, columns in few.items()}
    return few | read_tables(connection)


def read_tables(
    connection: duckdb.DuckDBPyConnection, which: str = ""
) -> dict[str, Columns]:
    """The tables that many people read, with their columns; what the repo holds aside.

    Args:
        connection: As from `opened`.
        which: `RELEASED`: those of the current release.
    """
    return {
        compare.shown(database, table): columns
        for database in compare.READ
        for table, columns in compare.tables_of(connection, which + database).items()
        if table.partition(".")[0] != SEEDS
    }


def identifiers(connection: duckdb.DuckDBPyConnection) -> Finding:
    """Whether no value of the marts is one that identifies a person.

    Every text column of the marts is compared, value by value, with all names, numbers
    and addresses of people that the log and the restricted database hold.
    """
    collect(connection)
    found = []
    columns = [
        (database, *each)
        for database in compare.READ
        for each in text_columns(connection, database)
        if each[0] != SEEDS
    ]
    for database, schema, table, column in columns:
        rows = connection.execute(
            f"with marts as (select distinct trim({quote(column)}) as text "
            f"from {database}.{quote(schema)}.{quote(table)}) "
            "select count(*) from marts where "
            "lower(text) in (select text from temp.personal) "
            f"or regexp_matches(text, '{EMAIL}')"
        ).fetchall()
        if rows[0][0]:
            name = compare.shown(database, f"{schema}.{table}")
            found.append(f"{name}.{column} ({rows[0][0]} values)")
    known = connection.execute("select count(*) from temp.personal").fetchall()
    told = f"none of {known[0][0]:,} identifying values in {len(columns)} text columns"
    if found:
        told = (
            f"values that identify people in {listed(found)}: keep them in the "
            "restricted database"
        )
    return Finding("identifiers", not found, told)


@contextmanager
def opened(
    candidate: Environment, before: Path | None = None, *, read_only: bool = True
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Attach a candidate's databases to one connection, each by its name.

    Args:
        candidate: The candidate.
        before: The folder of the current release; what people read of it is attached as
            `released_muster` and `released_published`.
        read_only: Whether the candidate's databases are only read; without it, the log
            and the current release are not attached.

    Raises:
        MusterError: A file cannot be opened.
    """
    found = {path.stem: path for path in candidate.databases}
    if read_only and before is not None:
        found |= {RELEASED + name: before / f"{name}.duckdb" for name in compare.READ}
    with databases.opened(found, read_only=read_only) as connection:
        if read_only:
            log_of(candidate.folder).attach(connection)
        yield connection


def collect(connection: duckdb.DuckDBPyConnection) -> None:
    """Make the table `personal`: every value that identifies somebody, lower case.

    What is also the name of a place, a department or the like is left out: somebody may
    be called Austin, and a branch may be there.
    """
    personal, labels = [], []
    for database in ("raw", "restricted"):
        for schema, table, column in text_columns(connection, database):
            where = f"{database}.{quote(schema)}.{quote(table)}"
            if (table, column) == ("employees", "name") or IDENTIFIERS.fullmatch(
                column
            ):
                least = SHORTEST_NAME if NAMES.fullmatch(column) else SHORTEST_NUMBER
                personal.append(values(where, column, least))
            elif LABELS.fullmatch(column):
                labels.append(values(where, column, 1))
    for schema, table, column in text_columns(connection, "muster"):
        if schema == SEEDS:
            labels.append(values(f"muster.{quote(schema)}.{quote(table)}", column, 1))
    nothing = "select '' as text where false"
    connection.execute(
        "create temporary table personal as "
        f"({' union '.join([nothing, *personal])}) except "
        f"({' union '.join([nothing, *labels])})"
    )


def values(table: str, column: str, least: int) -> str:
    """SQL for the distinct values of a text column, of `least` characters or more."""
    return (
        f"select distinct lower(trim({quote(column)})) as text from {table} "
        f"where length(trim({quote(column)})) >= {least}"
    )


def text_columns(
    connection: duckdb.DuckDBPyConnection, database: str
) -> list[tuple[str, str, str]]:
    """Schema, table and name of every text column in a database's tables.

    Those of the log are views of its files.
    """
    rows = connection.execute(
        "select columns.schema_name, columns.table_name, columns.column_name "
        "from duckdb_columns() as columns left join duckdb_tables() as tables "
        "using (database_name, schema_name, table_name) "
        "where columns.database_name = ? and columns.data_type = 'VARCHAR' "
        "and columns.table_name not like '\\_dlt%' escape '\\' "
        "and (tables.table_oid is not null or columns.database_name = 'raw') "
        "order by all",
        [database],
    ).fetchall()
    return [(str(schema), str(table), str(column)) for schema, table, column in rows]


def disclosure(candidate: Environment, before: Path | None) -> Finding:
    """Whether a reader learns nothing of a person from what is published.

    The publication is attacked on the real data, with all that the current release
    tells besides.
    """
    from operations.attack import attacked

    found = attacked(candidate, before=before)
    told = f"nobody is told of: {found.verdict()}"
    if not found.passed:
        told = (
            f"{found.verdict()}: unite groups, round more or withhold, until muster "
            "attack finds nothing"
        )
    return Finding("disclosure", found.passed, told)


def files(candidate: Environment) -> Finding:
    """Whether all databases are there, whole after a checkpoint, for the right eyes.

    A file that needs its `.wal` is not one file: whoever copies it loses rows.
    """
    wrong = []
    for path in candidate.databases:
        widest = DATABASE_MODES[path.name]
        if not path.exists():
            wrong.append(f"{path.name} was not built")
            continue
        mode = stat.S_IMODE(path.stat().st_mode)
        if mode & ~widest:
            wrong.append(f"{path.name} has mode {mode:o}, not {widest:o}")
        if path.with_name(f"{path.name}.wal").exists():
            wrong.append(f"{path.name} still has a .wal")
    fine = "all databases open read-only and need no .wal"
    return Finding("files", not wrong, listed(wrong) or fine)


def settle(candidate: Environment) -> None:
    """Bring every change into the database files, and set who may read them.

    What the current release held and the project no longer does is dropped: a release
    built on a copy of another thus equals one that was built from nothing. Files that
    others read are written anew, since what was dropped stays in the blocks of a file.

    Raises:
        MusterError: A database is in use or cannot be written.
    """
    with opened(candidate, read_only=False) as connection:
        sweep(connection, candidate.artifacts / MANIFEST)
        for path in candidate.databases:
            if path.exists():
                connection.execute(f"checkpoint {path.stem}")
        fresh = [path for path in candidate.databases if path.stem in compare.READ]
        for path in filter(Path.exists, fresh):
            renewed = path.with_suffix(".renewed")
            renewed.unlink(missing_ok=True)
            session(str(renewed)).close()
            databases.attach(connection, renewed, "renewed", read_only=False)
            connection.execute(f"copy from database {path.stem} to renewed")
            connection.execute("detach renewed")
    for path in fresh:
        if path.with_suffix(".renewed").exists():
            path.with_suffix(".renewed").replace(path)
    for path in candidate.databases:
        if path.exists():
            os.chmod(path, DATABASE_MODES[path.name])  # noqa: PTH101


def sweep(connection: duckdb.DuckDBPyConnection, manifest: Path) -> None:
    """Drop tables, views and schemas that no model or seed of the project makes."""
    built = {
        (str(node["database"]), str(node["schema"]), str(node["alias"]))
        for node in artifacts.read(manifest, is_needed=False).get("nodes", {}).values()
        if node.get("resource_type") in {"model", "seed", "snapshot"}
    }
    if not built:
        return
    for database, schema, name, kind in connection.execute(
        "select table_catalog, table_schema, table_name, table_type "
        "from information_schema.tables "
        "where list_contains(?, table_catalog)",
        [DATABASES],
    ).fetchall():
        if (database, schema, name) not in built:
            what = "view" if kind == "VIEW" else "table"
            connection.execute(f"drop {what} {database}.{quote(schema)}.{quote(name)}")
    kept = {(database, schema) for database, schema, _ in built}
    for database, schema in connection.execute(
        "select database_name, schema_name from duckdb_schemas() where not internal "
        "and schema_name <> 'main' "
        "and list_contains(?, database_name)",
        [DATABASES],
    ).fetchall():
        if (database, schema) not in kept:
            connection.execute(f"drop schema {database}.{quote(schema)}")


def change_requests(given: Iterable[str]) -> dict[str, str]:
    """What change requests accept: a table, or a column of one, to the request's id.

    Args:
        given: Each a request and what it accepts, such as `CR-123:people.rpt_tenure`.

    Raises:
        MusterError: One is written otherwise, or the tracker does not know it.
    """
    accepted = {}
    for each in given:
        found = ACCEPTED.fullmatch(each)
        if not found:
            raise MusterError(
                f"--accept-breaking {each!r} says not what is accepted: give a change "
                "request and a table or column, such as CR-123:people.rpt_tenure.",
                2,
            )
        tracker.require(found["request"])
        accepted[found["name"]] = found["request"]
    return accepted


def listed(parts: Iterable[str]) -> str:
    """Name a few things, and say how many more there are."""
    named: Sequence[str] = list(parts)
    more = len(named) - EXAMPLES
    told = "; ".join(named[:EXAMPLES])
    return f"{told}; and {more} more" if more > 0 else told
