"""A release's databases and tables without what identifies somebody: each made anew.

A page that was freed keeps its bytes until it is used again, whatever is deleted,
updated or dropped. So a new file takes the old one's place.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from environment.databases import connect, session
from environment.sql import literal, quote
from ingestion.erasure import rows
from ingestion.erasure.personal import (
    APPLICATION,
    BADGE,
    EMPTIED,
    MONTH,
    NUMBER,
    PSEUDONYM,
    REFERENCE,
    SUBJECT,
    Role,
    Roles,
)
from operations.erasure.person import Person

BATCH_ROWS = 1_000_000

_ROLES: Roles = {
    "application_id": Role(SUBJECT, APPLICATION),
    "employee_number": Role(SUBJECT, NUMBER),
    "attendance_device_id": Role(SUBJECT, BADGE),
    "user_id": Role(SUBJECT, BADGE),
    "employee_document_id": Role(SUBJECT, "frappe_hr"),
    "person_document_id": Role(SUBJECT, "frappe_hr"),
    "reports_to": Role(REFERENCE, "frappe_hr"),
    "identifier": Role(SUBJECT, kind_in="identifier_kind"),
    **dict.fromkeys(
        ("candidate_email", "candidate_name", "first_name", "full_name", "last_name"),
        Role(EMPTIED),
    ),
    **dict.fromkeys(("born_on", "number_born_on", "stated_born_on"), Role(MONTH)),
}
"""Columns of models that tell who somebody is."""


def copied(before: Path, after: Path, person: Person) -> bool:
    """Copy a database into a new file.

    Returns:
        Whether anything of the person was in it.
    """
    if before.with_name(f"{before.name}.wal").exists():
        # What a build that was killed left beside it becomes a part of it.
        connect(before, read_only=False).close()
    new, is_changed = quote(before.stem), False
    with _attached(before) as connection:
        connection.execute(f"attach {literal(str(after))} as {new}")
        for schema, table in _tables(connection):
            old, own = f"old.{schema}.{table}", f"{new}.{schema}.{table}"
            connection.execute(f"create schema if not exists {new}.{schema}")
            if not _is_in(_batches(connection, old), person):
                connection.execute(f"create table {own} as from {old}")
                continue
            is_changed = True
            connection.execute(f"create table {own} as from {old} limit 0")
            with connection.cursor() as writing:
                for part in _batches(connection, old):
                    writing.register("erased", _erased(part, person))
                    writing.execute(f"insert into {own} from erased")
    return is_changed


def is_in(path: Path, person: Person) -> bool:
    """Whether anything of a person is in a database."""
    with _attached(path) as connection:
        return any(
            _is_in(_batches(connection, f"old.{schema}.{table}"), person)
            for schema, table in _tables(connection)
        )


def copied_table(before: Path, after: Path, person: Person) -> bool:
    """Write a mart's Parquet file anew, in the order of all columns.

    Returns:
        Whether anything of the person was in it; where not, nothing is written.
    """
    table = pq.read_table(before)
    erased = _erased(table, person)
    if erased is table:
        return False
    with session() as connection:
        connection.register("erased", erased)
        connection.execute(
            f"copy (from erased order by all) to {literal(str(after))}"
            " (format parquet, compression zstd)"
        )
    return True


def _erased(part: pa.Table, person: Person) -> pa.Table:
    roles = dict(_ROLES)
    for name in part.column_names:
        # The key of a record that was set aside may be any system's id.
        if name.endswith("_key") and name != "record_key":
            # Who is named as a manager is not whom the row is about.
            is_about = "manager" not in name and not name.startswith("same_")
            roles[name] = Role(SUBJECT if is_about else REFERENCE, PSEUDONYM)
    return rows.table(part, roles, person)


def _is_in(parts: Iterable[pa.Table], person: Person) -> bool:
    return any(_erased(part, person) is not part for part in parts)


@contextmanager
def _attached(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with session() as connection:
        connection.execute(f"attach {literal(str(path))} as old (read_only)")
        yield connection


def _tables(connection: duckdb.DuckDBPyConnection) -> list[tuple[str, str]]:
    """Schema and name of each table of `old`."""
    found = connection.execute(
        "select schema_name, table_name from duckdb_tables()"
        " where database_name = 'old' order by all"
    ).fetchall()
    return [(quote(schema), quote(name)) for schema, name in found]


def _batches(connection: duckdb.DuckDBPyConnection, table: str) -> Iterator[pa.Table]:
    with connection.cursor() as reading:
        read = reading.execute(f"from {table}").to_arrow_reader(BATCH_ROWS)
        yield from (pa.Table.from_batches([batch]) for batch in read)
