"""A release's databases and tables without what identifies somebody: each made anew.

A page that was freed keeps its bytes until it is used again, whatever is deleted,
updated or dropped. So a new file takes the old one's place.
"""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import duckdb

from environment.databases import connect
from environment.sql import escaped, literal, quote
from ingestion.erasure.matching import Where
from ingestion.erasure.personal import APPLICATION, BADGE, NUMBER, PSEUDONYM
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

KINDS = {
    "application_id": APPLICATION,
    "employee_number": NUMBER,
    "attendance_device_id": BADGE,
    "user_id": BADGE,
    "employee_document_id": "frappe_hr",
    "person_document_id": "frappe_hr",
    "reports_to": "frappe_hr",
}
"""Columns whose whole value is an identifier, of which kind."""

IDENTIFIER, IDENTIFIER_KIND = "identifier", "identifier_kind"
"""A column of identifiers, and the one that says of which kind each is."""


def copied(before: Path, after: Path, person: Person) -> bool:
    """Copy a database into a new file.

    Returns:
        Whether anything of the person was in it.
    """
    if before.with_name(f"{before.name}.wal").exists():
        # What a build that was killed left beside it becomes a part of it.
        connect(before, read_only=False).close()
    name, is_changed = quote(before.stem), False
    with _attached(before) as connection:
        connection.execute(f"attach {literal(str(after))} as {name}")
        for schema, table in _tables(connection):
            select, found = _select(connection, f"{schema}.{table}", person)
            is_changed = is_changed or found
            connection.execute(f"create schema if not exists {name}.{schema}")
            connection.execute(f"create table {name}.{schema}.{table} as {select}")
    return is_changed


def is_in(path: Path, person: Person) -> bool:
    """Whether anything of a person is in a database."""
    with _attached(path) as connection:
        return any(
            _found(connection, f"{schema}.{table}", person)
            for schema, table in _tables(connection)
        )


def copied_table(before: Path, after: Path, person: Person) -> bool:
    """Write a mart's Parquet file anew, in the order of all columns.

    Returns:
        Whether anything of the person was in it; where not, nothing is written.
    """
    with duckdb.connect() as connection:
        connection.execute("attach ':memory:' as old")
        file = literal(escaped(before))
        connection.execute(f"create table old.main.mart as from read_parquet({file})")
        select, is_changed = _select(connection, "main.mart", person)
        if is_changed:
            connection.execute(
                f"copy ({select} order by all) to {literal(str(after))}"
                " (format parquet, compression zstd)"
            )
    return is_changed


def _attached(path: Path) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect()
    connection.execute("set preserve_insertion_order = true")
    connection.execute(f"attach {literal(str(path))} as old (read_only)")
    return connection


def _tables(connection: duckdb.DuckDBPyConnection) -> Iterator[tuple[str, str]]:
    """Schema and name of each table of `old`."""
    rows = connection.execute(
        "select schema_name, table_name from duckdb_tables()"
        " where database_name = 'old' order by all"
    ).fetchall()
    for schema, name in rows:
        yield quote(schema), quote(name)


def _columns(connection: duckdb.DuckDBPyConnection, table: str) -> dict[str, str]:
    rows = connection.execute(f"describe old.{table}").fetchall()
    return {name: kind for name, kind, *_ in rows}


def _found(
    connection: duckdb.DuckDBPyConnection, table: str, person: Person
) -> dict[str, tuple[str, dict[str, str]]]:
    """Text columns that name the person: what to look up, and what that becomes."""
    columns = _columns(connection, table)
    found = {}
    for column, kind in columns.items():
        if kind != "VARCHAR":
            continue
        value = quote(column)
        change: Callable[[str], str | None] = partial(person.scrub, where=Where.DATA)
        if column in KINDS:
            change = partial(person.find, KINDS[column])
        elif column.endswith("_key"):
            change = partial(person.find, PSEUDONYM)
        elif column == IDENTIFIER and IDENTIFIER_KIND in columns:
            value = f"{IDENTIFIER_KIND} || ':' || {IDENTIFIER}"
            change = partial(_of_kind, person)
        rows = connection.execute(
            f"select distinct {value} from old.{table} where {value} <> ''"
        ).fetchall()
        values = {
            text: fresh
            for (text,) in rows
            if (fresh := change(text)) not in (None, text)
        }
        if values:
            found[column] = value, values
    return found


def _of_kind(person: Person, text: str) -> str | None:
    """An identifier behind its kind."""
    return person.find(*text.split(":", 1))


def _select(
    connection: duckdb.DuckDBPyConnection, table: str, person: Person
) -> tuple[str, bool]:
    found = _found(connection, table, person)
    if not found:
        return f"select * from old.{table}", False
    # Who is named as a manager is not whom the row is about.
    about = [
        f"{value} in ({', '.join(map(literal, values))})"
        for column, (value, values) in found.items()
        if "manager" not in column and not column.startswith("same_")
    ]
    is_about = f"coalesce({' or '.join(about) or 'false'}, false)"
    chosen = []
    for column, kind in _columns(connection, table).items():
        name = value = quote(column)
        if column in found:
            looked_up, values = found[column]
            value = f"coalesce({_map(values)}[{looked_up}], {name})"
        elif column in EMPTIED:
            value = f"case when not {is_about} then {name} end"
        elif column in BORN and kind == "DATE":
            month = f"cast(date_trunc('month', {name}) as date)"
            value = f"case when {is_about} then {month} else {name} end"
        chosen.append(f"{value} as {name}")
    return f"select {', '.join(chosen)} from old.{table}", True


def _map(values: dict[str, str]) -> str:
    pairs = (f"{literal(before)}: {literal(after)}" for before, after in values.items())
    return f"map {{{', '.join(pairs)}}}"
