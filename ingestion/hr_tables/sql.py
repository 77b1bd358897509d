"""A mapping's tables of a database, written as files that are landed like any other."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import sqlalchemy as sa

from environment.errors import ConfigurationError, MusterError
from ingestion.context import RunContext, dlt_setting
from ingestion.databases import as_text, failure, open_database, place
from ingestion.databases import read as rows_of
from ingestion.hr_tables.files import READ, MappedFile, of_table
from ingestion.hr_tables.mapping import Mapping, did_you_mean, raw_column

ROWS = 50_000
"""Rows held in memory at a time; each group of a file has as many, but for the last."""


def read(context: RunContext, mapping: Mapping, folder: Path) -> None:
    """Write each table that the mapping names, whole and in a fixed order.

    So a table that has not changed makes the same file, which is left out.

    Args:
        context: The run.
        mapping: The mapping.
        folder: Where; nobody else writes there.

    Raises:
        NotConfiguredError: There are no credentials.
        MusterError: What the database says, or which table it lacks.
    """
    setting = str((mapping.sql or {}).get("credentials", _default(mapping)))
    credentials = dlt_setting(setting, None) or context.require("credentials")
    engine = open_database(mapping.name, setting, credentials)
    try:
        for name, said in mapping.tables.items():
            if said.table is None:
                continue
            title = f"{mapping.name}.{name}: reading {said.table}"
            with context.progress.step(title) as step:
                query = _query(engine, mapping, name, of_table(mapping, name))
                path = folder / f"{name}{READ}parquet"
                part = path.with_name(f"{path.name}.part")
                for rows in _write(rows_of(engine, query, ROWS), query, part):
                    step.advance(rows)
                part.replace(path)
    finally:
        engine.dispose()


def _default(mapping: Mapping) -> str:
    return f"sources.{mapping.name}.credentials"


def _query(
    engine: sa.Engine, mapping: Mapping, name: str, resource: MappedFile
) -> sa.Select[Any]:
    """What is asked for: every column that may be loaded, as text, by the key."""
    schema, _, table = str(mapping.tables[name].table).rpartition(".")
    where = mapping.where("tables", name, "table")
    try:
        inspector = sa.inspect(engine)
        if not inspector.has_table(table, schema or None):
            known = inspector.get_table_names(schema or None)
            known += inspector.get_view_names(schema or None)
            raise ConfigurationError(
                f"{where}: {place(engine)} has no table {table} that can be read"
                f"{did_you_mean(table, known)}"
            )
        found = sa.Table(
            table,
            sa.MetaData(),
            schema=schema or None,
            autoload_with=engine,
            resolve_fks=False,
        )
    except sa.exc.SQLAlchemyError as error:
        raise failure(engine, error) from None
    columns = [
        as_text(str(column.name), column, engine)
        for column in found.columns
        if raw_column(str(column.name)) not in resource.never
    ]
    if not columns:
        raise MusterError(f"{where}: the table {table} has no column to load")
    key = list(found.primary_key.columns)
    return sa.select(*columns).order_by(*(key or columns))


def _write(
    tables: Iterator[pa.Table], query: sa.Select[Any], path: Path
) -> Iterator[int]:
    """Write rows as Parquet, as many to a group however they come; tells how many."""
    names = [str(each.name) for each in query.selected_columns]
    schema = pa.schema([(name, pa.string()) for name in names])
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        waiting = schema.empty_table()
        for table in tables:
            waiting = pa.concat_tables([waiting, table.cast(schema)])
            while len(waiting) >= ROWS:
                writer.write_table(waiting.slice(0, ROWS), row_group_size=ROWS)
                waiting = waiting.slice(ROWS)
            yield len(table)
        if len(waiting):
            writer.write_table(waiting.combine_chunks(), row_group_size=ROWS)
