"""Loads pay runs, payslips, their lines and contracted hours from a SQL database.

Configuration: `sources.payroll.credentials`, a SQLAlchemy URL; see README.md.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import dlt
import pyarrow as pa
import sqlalchemy as sa
from dlt.extract import DltResource
from dlt.sources.sql_database import remove_nullability_adapter, sql_table

from ingestion.columns import dlt_columns
from ingestion.context import RunContext
from ingestion.extraction import Intake, number_setting
from ingestion.payroll.helpers import TextTableLoader, check_tables, open_database
from ingestion.payroll.settings import CHUNK_ROWS, CURSOR, KEY, LAG_SECONDS, TABLES
from ingestion.progress import Step

SOURCE = "payroll"


def run(context: RunContext) -> None:
    """Load every row that changed since the last run.

    Raises:
        NotConfiguredError: The database is not set.
        ConfigurationError: A setting is wrong.
        IngestionError: The database could not be read; nothing was loaded.
    """
    url = context.require(
        "credentials", "postgresql+psycopg://reader:password@host:5432/payroll"
    )
    schema = context.setting("schema")
    tables = {name: str(context.setting(f"tables.{name}", name)) for name in TABLES}
    lag_seconds = number_setting(context, "lag_seconds", LAG_SECONDS)
    chunk_rows = int(number_setting(context, "chunk_rows", CHUNK_ROWS)) or CHUNK_ROWS
    engine = open_database(url)
    try:
        check_tables(engine, schema, tables, TABLES)
        intake = Intake(context)
        with context.progress.step(SOURCE) as step:
            source = payroll(
                intake, engine, schema, tables, lag_seconds, chunk_rows, step
            )
            intake.load(source)
    finally:
        engine.dispose()


@dlt.source(name=SOURCE)
def payroll(
    intake: Intake,
    engine: sa.Engine,
    schema: str | None,
    tables: Mapping[str, str],
    lag_seconds: float,
    chunk_rows: int,
    step: Step,
) -> Iterator[DltResource]:
    """One resource for each table, read from where its cursor stands."""
    for name, columns in TABLES.items():
        hints: Any = dlt_columns(columns)
        # The range is closed and nothing is dropped at its start: rows that share the
        # last instant come again, and what a completed load holds is left out.
        since: Any = dlt.sources.incremental(
            CURSOR, lag=lag_seconds, primary_key=(), on_cursor_value_missing="include"
        )
        resource = sql_table(
            credentials=engine,
            table=tables[name],
            schema=schema,
            incremental=since,
            chunk_size=chunk_rows,
            backend="pyarrow",
            reflection_level="minimal",
            table_adapter_callback=remove_nullability_adapter,
            table_loader_class=TextTableLoader,
        )
        resource = resource.with_name(name)
        resource.apply_hints(table_name=name, columns=hints)
        yield resource.add_map(_admission(intake, name, step))


def _admission(
    intake: Intake, name: str, step: Step
) -> Callable[[pa.Table], pa.Table | None]:
    """Make the step that types a chunk and leaves out what is known."""
    is_new = intake.is_new(name)

    def admit(rows: pa.Table) -> pa.Table | None:
        nonlocal is_new
        step.describe(name)
        step.advance(len(rows))
        with intake.timed(name):
            fresh = intake.admit(
                name,
                rows,
                TABLES[name],
                key=KEY,
                origin=lambda row: f"{name} {rows['id'][row]}",
            )
        if not len(fresh) and not is_new:
            return None
        is_new = False
        return intake.taken(name, fresh)

    return admit
