"""DuckDB files without what identifies somebody: each copied into a new one.

A page that was freed keeps its bytes until it is used again, whatever is deleted,
updated or dropped. So a new file takes the old one's place.
"""

import hashlib
from pathlib import Path
from typing import Any

import duckdb

from environment.databases import connect
from environment.files import keep
from environment.sql import escaped, literal, quote
from ingestion.hr_tables import shown as hr_tables
from ingestion.log import Log
from operations.erasure.person import Person

EMPTIED = (
    "candidate_email",
    "candidate_name",
    "first_name",
    "full_name",
    "last_name",
)
"""Columns of models that tell who somebody is."""

BORN = ("born_on", "number_born_on", "stated_born_on")

EXACT = ("employee_number", "identifier", "person_id", "short_identifier", "user_id")
"""Columns whose whole value is an identifier, however short."""


def rewrite(path: Path, person: Person, log: Log | None = None) -> bool:
    """Copy a database into a new file, which takes its place.

    Args:
        path: The database; nobody may have it open.
        person: The person.
        log: What its views read.

    Returns:
        Whether anything of the person was in it.
    """
    draft = path.with_name(f".{path.name}.erasing")
    draft.unlink(missing_ok=True)
    # What a build that was killed left beside it becomes a part of it.
    connect(path, read_only=False).close()
    is_changed = False
    with duckdb.connect() as connection:
        connection.execute("set preserve_insertion_order = true")
        connection.execute(f"attach {literal(str(path))} as old (read_only)")
        connection.execute(f"attach {literal(str(draft))} as {quote(path.stem)}")
        for schema, table in _tables(connection):
            place = f"{quote(path.stem)}.{quote(schema)}"
            connection.execute(f"create schema if not exists {place}")
            columns = _columns(connection, schema, table)
            select, found = _select(connection, schema, table, columns, person)
            is_changed = is_changed or found
            connection.execute(f"create table {place}.{quote(table)} as {select}")
        _create_views(connection, path.stem, log)
    draft.chmod(path.stat().st_mode & 0o777)
    keep(draft)
    draft.replace(path)
    path.with_name(f"{path.name}.wal").unlink(missing_ok=True)
    return is_changed


def texts(connection: duckdb.DuckDBPyConnection, person: Person) -> int:
    """In how many text columns of the database `old` anything of a person is found."""
    return sum(
        bool(_found(connection, schema, table, column, person))
        for schema, table in _tables(connection)
        for column, kind in _columns(connection, schema, table)
        if kind == "VARCHAR"
    )


def _tables(connection: duckdb.DuckDBPyConnection) -> list[tuple[str, str]]:
    return connection.execute(
        "select schema_name, table_name from duckdb_tables()"
        " where database_name = 'old' order by all"
    ).fetchall()


def _columns(
    connection: duckdb.DuckDBPyConnection, schema: str, table: str
) -> list[tuple[str, str]]:
    return connection.execute(
        "select column_name, data_type from duckdb_columns() where database_name ="
        " 'old' and schema_name = $1 and table_name = $2 order by column_index",
        [schema, table],
    ).fetchall()


def _found(
    connection: duckdb.DuckDBPyConnection,
    schema: str,
    table: str,
    column: str,
    person: Person,
) -> dict[str, str]:
    """Values of a text column that hold an identifier, to what becomes of them."""
    place, name = f"old.{quote(schema)}.{quote(table)}", quote(column)
    rows = connection.execute(
        f"select distinct {name} from {place} where regexp_matches({name}, $1, 'i')",
        [person.expression or "(?!)"],
    ).fetchall()
    values = {str(value): person.scrub(str(value)) for (value,) in rows}
    if column in EXACT:
        rows = connection.execute(
            f"select distinct {name} from {place} where list_contains($1, {name})"
            f" or list_contains($1, trim({name}, '0 '))",
            [[*person.keys]],
        ).fetchall()
        values |= {str(v): person.find(str(v)) or str(v) for (v,) in rows}
    return {before: after for before, after in values.items() if before != after}


def _select(
    connection: duckdb.DuckDBPyConnection,
    schema: str,
    table: str,
    columns: list[tuple[str, str]],
    person: Person,
) -> tuple[str, bool]:
    place = f"old.{quote(schema)}.{quote(table)}"
    found = {
        column: values
        for column, kind in columns
        if kind == "VARCHAR"
        and (values := _found(connection, schema, table, column, person))
    }
    if not found:
        return f"select * from {place}", False
    # Who is named as a manager is not whom the row is about.
    about = [
        f"{quote(column)} in ({', '.join(map(literal, values))})"
        for column, values in found.items()
        if "manager" not in column and not column.startswith("same_")
    ]
    is_about = f"coalesce({' or '.join(about) or 'false'}, false)"
    chosen = []
    for column, kind in columns:
        name = quote(column)
        value = name
        if column in found:
            value = f"coalesce({_map(found[column])}[{name}], {name})"
        elif column in EMPTIED:
            value = f"case when not {is_about} then {name} end"
        elif column in BORN and kind == "DATE":
            month = f"cast(date_trunc('month', {name}) as date)"
            value = f"case when {is_about} then {month} else {name} end"
        elif column.endswith("_key") and kind == "VARCHAR":
            keys = _own_keys(connection, place, name, is_about, person.salt)
            value = f"coalesce({_map(keys)}[{name}], {name})" if keys else name
        chosen.append(f"{value} as {name}")
    return f"select {', '.join(chosen)} from {place}", True


def _own_keys(
    connection: duckdb.DuckDBPyConnection,
    place: str,
    name: str,
    is_about: str,
    salt: str,
) -> dict[str, str]:
    """Surrogate keys that only rows about the person have: made of the pseudonym."""
    rows = connection.execute(
        f"select {name} from {place} where length({name}) = 32"
        f" group by {name} having bool_and({is_about})"
    ).fetchall()
    return {
        str(key): hashlib.sha256(f"{salt}{key}".encode()).hexdigest()[:32]
        for (key,) in rows
    }


def _map(values: dict[str, str]) -> str:
    pairs = (f"{literal(before)}: {literal(after)}" for before, after in values.items())
    return f"map {{{', '.join(pairs)}}}"


def _create_views(
    connection: duckdb.DuckDBPyConnection, name: str, log: Log | None
) -> None:
    """Make the views again; those of one may read those of another."""
    waiting: list[tuple[Any, ...]] = connection.execute(
        "select schema_name, sql from duckdb_views()"
        " where database_name = 'old' and not internal"
    ).fetchall()
    if not waiting or log is None:
        return
    log.attach(connection)
    hr_tables.show(log, connection, "raw")
    connection.execute(f"use {quote(name)}")
    while waiting:
        left = []
        for schema, sql in waiting:
            connection.execute(f"create schema if not exists {quote(schema)}")
            try:
                connection.execute(sql)
            except duckdb.CatalogException:
                left.append((schema, sql))
        if len(left) == len(waiting):
            # What reads a database that is not here is made by the next build.
            break
        waiting = left
    connection.execute("use memory")


def rewrite_parquet(path: Path, person: Person) -> bool:
    """Write a Parquet file of a mart anew, in the order of all columns, if need be."""
    draft = path.with_name(f".{path.name}.erasing")
    with duckdb.connect() as connection:
        connection.execute("attach ':memory:' as old")
        connection.execute(
            f"create table old.main.mart as from read_parquet({literal(escaped(path))})"
        )
        columns = _columns(connection, "main", "mart")
        select, is_changed = _select(connection, "main", "mart", columns, person)
        if is_changed:
            connection.execute(
                f"copy ({select} order by all) to {literal(str(draft))}"
                " (format parquet, compression zstd)"
            )
    if is_changed:
        draft.chmod(path.stat().st_mode & 0o777)
        keep(draft)
        draft.replace(path)
    return is_changed
