"""Reads SQL tables as the database's own text, so that no value passes a float."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import sqlalchemy as sa
from adbc_driver_postgresql import StatementOptions, dbapi
from dlt.common.configuration.specs import ConnectionStringCredentials
from sqlalchemy.dialects import postgresql

from environment.errors import ConfigurationError, MusterError
from ingestion.columns import Column
from ingestion.payroll.settings import IDS_AT_ONCE

CONNECT_SECONDS = 15

BATCH_BYTES = 16 << 20
"""About what PostgreSQL sends until it is looked at."""

_FAILURES = (sa.exc.SQLAlchemyError, dbapi.Error, pa.ArrowException, OSError)
"""What SQLAlchemy raises, and ADBC, before its first row and after."""

_LIBPQ = ("psycopg", "psycopg2")
"""Drivers whose URLs are libpq's, as ADBC's are."""


def read(engine: sa.Engine, query: sa.Select[Any], rows: int) -> Iterator[pa.Table]:
    """Read a query's columns as Arrow tables, of so many rows at most.

    From PostgreSQL by `COPY`, so that no row becomes a Python object; from another
    database row by row.

    Args:
        engine: The payroll database.
        query: Columns by `as_text`.
        rows: Rows held in memory at a time.

    Raises:
        MusterError: What the database says, in one line.
    """
    try:
        if engine.driver in _LIBPQ:
            yield from _copied(engine, query, rows)
        else:
            with engine.connect() as connection:
                streaming = connection.execution_options(yield_per=rows)
                result = streaming.execute(query)
                names = list(result.keys())
                for partition in result.partitions(rows):
                    arrays = [
                        pa.array(values, pa.string())
                        for values in zip(*partition, strict=True)
                    ]
                    yield pa.Table.from_arrays(arrays, names=names)
    except _FAILURES as error:
        raise _failure(engine, error) from None


def _copied(engine: sa.Engine, query: sa.Select[Any], rows: int) -> Iterator[pa.Table]:
    # Not by the driver's own dialect, which doubles each percent sign.
    dialect = postgresql.dialect(paramstyle="named")  # type: ignore[no-untyped-call]
    text = str(query.compile(dialect=dialect, compile_kwargs={"literal_binds": True}))
    url = engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
    hint = {StatementOptions.BATCH_SIZE_HINT_BYTES.value: str(BATCH_BYTES)}
    with (
        closing(dbapi.connect(url)) as connection,
        closing(connection.cursor(adbc_stmt_kwargs=hint)) as cursor,
    ):
        for statement in _STATEMENTS["postgresql"]:
            cursor.execute(statement)
        connection.commit()
        cursor.execute(text)
        with cursor.fetch_record_batch() as reader:
            for batch in reader:
                table = pa.Table.from_batches([batch])
                for start in range(0, len(table), rows):
                    yield table.slice(start, rows)


def database_now(engine: sa.Engine) -> datetime | None:
    """The database's clock, in UTC; None where it is not known how to ask."""
    query = _CLOCKS.get(engine.dialect.name)
    if query is None:
        return None
    try:
        with engine.connect() as connection:
            told = connection.execute(sa.text(query)).scalar_one()
    except sa.exc.SQLAlchemyError as error:
        raise _failure(engine, error) from None
    return datetime.fromisoformat(str(told))


def open_database(credentials: Any) -> sa.Engine:
    """Open the payroll database, read-only, with UTC and ISO dates.

    Args:
        credentials: A SQLAlchemy URL, or dlt's mapping of its parts.

    Raises:
        ConfigurationError: The URL cannot be read, or its driver is not installed.
        MusterError: The database cannot be reached.
    """
    engine = _engine(credentials)
    sa.event.listen(engine, "connect", _prepare(engine))
    database = engine.url.database
    if engine.dialect.name == "sqlite" and database and not Path(database).is_file():
        raise MusterError(
            f"payroll: there is no database {database}: check {_SETTING}."
        )
    try:
        with engine.connect():
            return engine
    except sa.exc.SQLAlchemyError as error:
        raise _failure(engine, error) from None


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
        raise _failure(engine, error) from None
    if missing:
        raise MusterError(
            f"payroll: {_place(engine)} lacks {', '.join(missing)}; nothing was "
            "loaded. Other names are set by sources.payroll.schema and "
            "sources.payroll.tables.<table>."
        )
    return found


_SETTING = "sources.payroll.credentials"


def _engine(credentials: Any) -> sa.Engine:
    try:
        if isinstance(credentials, Mapping):
            parts = ConnectionStringCredentials(dict(credentials))
            credentials = parts.to_native_representation()
        url = sa.make_url(credentials)
        if url.get_backend_name() == "postgresql":
            timeout = {"connect_timeout": str(CONNECT_SECONDS)}
            url = url.set(query=timeout | dict(url.query))
        return sa.create_engine(url)
    except ImportError as error:
        raise ConfigurationError(
            f"payroll: the driver for {_SETTING} is not installed: {error.name}"
        ) from None
    except (sa.exc.SQLAlchemyError, ValueError, TypeError):
        raise ConfigurationError(
            f"payroll: {_SETTING} is not a SQLAlchemy URL that can be used, such as "
            "postgresql+psycopg://reader:password@host:5432/payroll or "
            "sqlite:///payroll.sqlite"
        ) from None


_STATEMENTS = {
    "sqlite": ["pragma query_only = on"],
    "postgresql": [
        "set client_encoding to 'UTF8'",
        "set time zone 'UTC'",
        "set datestyle to 'ISO, YMD'",
        "set session characteristics as transaction read only",
    ],
}
"""What each kind of database is told first."""

_CLOCKS = {
    "sqlite": "select strftime('%Y-%m-%d %H:%M:%f', 'now')",
    "postgresql": "select cast(timezone('UTC', now()) as text)",
}
"""How each kind of database is asked for its clock, in UTC."""


def _prepare(engine: sa.Engine) -> Any:
    statements = _STATEMENTS.get(engine.dialect.name, [])

    def prepare(connection: Any, _record: Any) -> None:
        cursor = connection.cursor()
        for statement in statements:
            cursor.execute(statement)
        cursor.close()
        connection.commit()

    return prepare


def as_text(
    field: str, column: sa.Column[Any], engine: sa.Engine
) -> sa.ColumnElement[Any]:
    """A column as the database itself writes it, under the name of a field.

    `columns.split` then types it, and rejects what does not fit, where a driver would
    round, or fail on the whole result.
    """
    value: sa.ColumnElement[Any] = column
    if engine.driver in _LIBPQ and isinstance(column.type, sa.Integer):
        return column.label(field)  # As exact, and typed already.
    is_zoned = isinstance(column.type, sa.DateTime) and column.type.timezone
    if is_zoned and engine.dialect.name == "postgresql":
        value = sa.func.timezone("UTC", column)
    return sa.cast(value, sa.Text).label(field)


def ids_at_once(engine: sa.Engine, rows: int) -> int:
    """How many ids one query may ask for, where so many rows are read at a time."""
    return rows if engine.driver in _LIBPQ else min(rows, IDS_AT_ONCE)


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


def _place(engine: sa.Engine) -> str:
    url = engine.url
    host = f"{url.host}:{url.port}/" if url.port else f"{url.host}/" if url.host else ""
    return f"{host}{url.database or ''}" or url.drivername


def _failure(engine: sa.Engine, error: Exception) -> MusterError:
    """Say what the database said, in one line and without the password."""
    is_own = isinstance(error, sa.exc.SQLAlchemyError)
    said = str(
        getattr(error, "orig", None) or type(error).__name__ if is_own else error
    )
    line = next(iter(said.strip().splitlines()), type(error).__name__)
    if password := engine.url.password:
        line = line.replace(str(password), "***")
    return MusterError(
        f"payroll: the database {_place(engine)} cannot be read ({line}): check "
        f"{_SETTING}, the network and the reader's rights."
    )
