"""The tables of every source in raw, whether or not anything was loaded into them.

The models read all sources: one that nobody uses is empty, not missing.
"""

import importlib
from collections.abc import Sequence

import duckdb

from ingestion.columns import quote, sql_type

_LOADS = """
    load_id varchar not null,
    schema_name varchar,
    status bigint not null,
    inserted_at timestamp with time zone not null,
    schema_version_hash varchar
"""


def declare_tables(
    connection: duckdb.DuckDBPyConnection, sources: Sequence[str]
) -> None:
    """Make the tables that sources declare and no load has made yet, as dlt would.

    Args:
        connection: A connection to `raw.duckdb`.
        sources: Names of source packages.
    """
    cursor = connection.cursor()
    for source in sources:
        tables = importlib.import_module(f"ingestion.{source}.settings").TABLES
        dataset = quote(f"raw_{source}")
        cursor.execute(f"create schema if not exists {dataset}")
        cursor.execute(f"create table if not exists {dataset}._dlt_loads ({_LOADS})")
        for name, columns in tables.items():
            declared = [(quote(c.name), sql_type(c)) for c in columns]
            typed = ", ".join(f"{name} {kind}" for name, kind in declared)
            table = f"{dataset}.{quote(name)}"
            cursor.execute(
                f"create table if not exists {table}"
                f" ({typed}, _dlt_load_id varchar not null)"
            )
            for column, kind in declared:
                cursor.execute(
                    f"alter table {table} add column if not exists {column} {kind}"
                )
    cursor.close()
