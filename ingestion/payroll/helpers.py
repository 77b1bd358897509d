"""What payroll's database has, and how it is asked for rows."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from environment.errors import MusterError
from ingestion.columns import Column
from ingestion.databases import LIBPQ, failure, place
from ingestion.payroll.settings import IDS_AT_ONCE


def database_now(engine: sa.Engine) -> datetime | None:
    """The database's clock, in UTC; None where it is not known how to ask."""
    query = _CLOCKS.get(engine.dialect.name)
    if query is None:
        return None
    try:
        with engine.connect() as connection:
            told = connection.execute(sa.text(query)).scalar_one()
    except sa.exc.SQLAlchemyError as error:
        raise failure(engine, error) from None
    return datetime.fromisoformat(str(told))


def find_columns(
    engine: sa.Engine,
    schema: str | None,
    tables: Mapping[str, str],
    declared: Mapping[str, Sequence[Column]],
) -> dict[str, tuple[dict[str, sa.Column[Any]], list[str]]]:
    """Find every declared table and column, before anything loads.

    A column's exact name comes first; where none has it, one that differs in case.

    Args:
        engine: The payroll database.
        schema: Its schema, or None for the default one.
        tables: Resource to the table's name in the database.
        declared: Resource to its columns.

    Returns:
        Resource to the declared columns by their fields, and the names of the others.

    Raises:
        MusterError: What is missing, all in one line.
    """
    found, missing = {}, []
    try:
        inspector = sa.inspect(engine)
        for resource, name in tables.items():
            if not inspector.has_table(name, schema):
                missing.append(f"table {name}")
                continue
            table = sa.Table(
                name,
                sa.MetaData(),
                schema=schema,
                autoload_with=engine,
                resolve_fks=False,
            )
            columns = {}
            for column in declared[resource]:
                alike = [c for c in table.columns if c.name == column.field] or [
                    c for c in table.columns if c.name.lower() == column.field.lower()
                ]
                if len(alike) == 1:
                    columns[column.field] = alike[0]
                else:
                    several = " (several names differ from it in case)" if alike else ""
                    missing.append(f"column {name}.{column.field}{several}")
            taken = {column.name for column in columns.values()}
            others = [c.name for c in table.columns if c.name not in taken]
            found[resource] = columns, others
    except sa.exc.SQLAlchemyError as error:
        raise failure(engine, error) from None
    if missing:
        raise MusterError(
            f"payroll: {place(engine)} lacks {', '.join(missing)}; nothing was "
            "loaded. Other names are set by sources.payroll.schema and "
            "sources.payroll.tables.<table>."
        )
    return found


_CLOCKS = {
    "sqlite": "select strftime('%Y-%m-%d %H:%M:%f', 'now')",
    "postgresql": "select cast(timezone('UTC', now()) as text)",
}
"""How each kind of database is asked for its clock, in UTC."""


def ids_at_once(engine: sa.Engine, rows: int) -> int:
    """How many ids one query may ask for, where so many rows are read at a time."""
    return rows if engine.driver in LIBPQ else min(rows, IDS_AT_ONCE)


def among(
    column: sa.Column[Any], texts: Sequence[str | None]
) -> sa.ColumnElement[bool]:
    """Whether a column is one of some values, as `as_text` gives them."""
    given = [text for text in texts if text is not None]
    numbers: list[str] = []
    others: list[str] = []
    for text in given:
        is_number = isinstance(column.type, sa.Integer) and text.isascii()
        fits = is_number and text.removeprefix("-").isdecimal()
        (numbers if fits else others).append(text)
    # As they stand: of tens of thousands, a parameter each would take seconds.
    such = [column.op("in")(sa.literal_column(f"({', '.join(numbers) or 'null'})"))]
    if others:
        such.append(sa.cast(column, sa.Text).in_(others))
    if len(given) < len(texts):
        such.append(column.is_(None))
    return sa.or_(*such)
