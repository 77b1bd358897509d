"""Databases, of which columns are read as the database's own text: past no float."""

import time
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pyarrow as pa
import sqlalchemy as sa
from adbc_driver_postgresql import StatementOptions, dbapi
from dlt.common.configuration.specs import ConnectionStringCredentials
from sqlalchemy.dialects import postgresql

from environment.errors import ConfigurationError, MusterError
from ingestion.context import dlt_setting

CONNECT_SECONDS = 15

MOST_MEGABYTES = 65_536
MOST_SECONDS = 14_400.0

BATCH_BYTES = 16 << 20
"""About what PostgreSQL sends until it is looked at."""

_FAILURES = (sa.exc.SQLAlchemyError, dbapi.Error, pa.ArrowException, OSError)
"""What SQLAlchemy raises, and ADBC, before its first row and after."""

LIBPQ = ("psycopg", "psycopg2")
"""Drivers whose URLs are libpq's, as ADBC's are."""


def read(engine: sa.Engine, query: sa.Select[Any], rows: int) -> Iterator[pa.Table]:
    """Read a query's columns as Arrow tables, of so many rows at most.

    From PostgreSQL by `COPY`, so that no row becomes a Python object; from another
    database row by row. Bounds are `sources.most_query_megabytes` and
    `sources.most_query_seconds`: a view may have no end.

    Args:
        engine: From `open_database`.
        query: Columns by `as_text`.
        rows: Rows held in memory at a time.

    Raises:
        MusterError: What the database says, in one line, or which bound is passed.
    """
    megabytes = float(dlt_setting("sources.most_query_megabytes", MOST_MEGABYTES))
    seconds = _most_seconds()
    begun, size = time.monotonic(), 0
    copies = engine.driver in LIBPQ
    try:
        for table in (_copied if copies else _fetched)(engine, query, rows):
            size += table.nbytes
            if size > megabytes * (1 << 20):
                raise _passed(engine, f"{megabytes:,.0f} MB", "most_query_megabytes")
            if time.monotonic() - begun > seconds:
                raise _passed(engine, f"{seconds:,.0f} s", "most_query_seconds")
            yield table
    except _FAILURES as error:
        raise failure(engine, error) from None


def _passed(engine: sa.Engine, bound: str, setting: str) -> MusterError:
    source, _ = engine.get_execution_options()[_OF]
    return MusterError(
        f"{source}: one query of the database {place(engine)} takes more than {bound}:"
        f" see whether its views come to an end, or raise sources.{setting}."
    )


def _fetched(engine: sa.Engine, query: sa.Select[Any], rows: int) -> Iterator[pa.Table]:
    with engine.connect() as connection:
        result = connection.execution_options(yield_per=rows).execute(query)
        names = list(result.keys())
        for partition in result.partitions(rows):
            arrays = [
                pa.array(values, pa.string()) for values in zip(*partition, strict=True)
            ]
            yield pa.Table.from_arrays(arrays, names=names)


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
        for statement in _first_told(engine):
            cursor.execute(statement)
        connection.commit()
        cursor.execute(text)
        with cursor.fetch_record_batch() as reader:
            for batch in reader:
                table = pa.Table.from_batches([batch])
                for start in range(0, len(table), rows):
                    yield table.slice(start, rows)


def open_database(source: str, setting: str, credentials: Any) -> sa.Engine:
    """Open a source's database, read-only, with UTC and ISO dates.

    Args:
        source: The source's name.
        setting: The setting that holds the credentials.
        credentials: A SQLAlchemy URL, or dlt's mapping of its parts.

    Raises:
        ConfigurationError: The URL cannot be read, or its driver is not installed.
        MusterError: The database cannot be reached.
    """
    engine = _engine(source, setting, credentials)
    sa.event.listen(engine, "connect", _prepare(engine))
    database = engine.url.database
    if engine.dialect.name == "sqlite" and database and not Path(database).is_file():
        raise MusterError(
            f"{source}: there is no database {database}: check {setting}."
        )
    try:
        with engine.connect():
            return engine
    except sa.exc.SQLAlchemyError as error:
        raise failure(engine, error) from None


_OF = "muster_source"
"""The option of an engine that says whose it is and which setting, for messages."""


def _engine(source: str, setting: str, credentials: Any) -> sa.Engine:
    try:
        if isinstance(credentials, Mapping):
            parts = ConnectionStringCredentials(dict(credentials))
            credentials = parts.to_native_representation()
        url = sa.make_url(credentials)
        if url.get_backend_name() == "postgresql":
            timeout = {"connect_timeout": str(CONNECT_SECONDS)}
            url = url.set(query=timeout | dict(url.query))
        return sa.create_engine(url, execution_options={_OF: (source, setting)})
    except ImportError as error:
        raise ConfigurationError(
            f"{source}: the driver for {setting} is not installed: {error.name}"
        ) from None
    except (sa.exc.SQLAlchemyError, ValueError, TypeError):
        raise ConfigurationError(
            f"{source}: {setting} is not a SQLAlchemy URL that can be used, such as "
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


def _first_told(engine: sa.Engine) -> list[str]:
    told = _STATEMENTS.get(engine.dialect.name, [])
    if engine.dialect.name == "postgresql":
        told = [*told, f"set statement_timeout to {int(_most_seconds() * 1000)}"]
    return told


def _most_seconds() -> float:
    return float(dlt_setting("sources.most_query_seconds", MOST_SECONDS))


def _prepare(engine: sa.Engine) -> Any:
    statements = _first_told(engine)
    ends = time.monotonic() + _most_seconds()

    def prepare(connection: Any, _record: Any) -> None:
        if engine.dialect.name == "sqlite":
            connection.set_progress_handler(lambda: time.monotonic() > ends, 1 << 20)
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
    if engine.driver in LIBPQ and isinstance(column.type, sa.Integer):
        return column.label(field)  # As exact, and typed already.
    is_zoned = isinstance(column.type, sa.DateTime) and column.type.timezone
    if is_zoned and engine.dialect.name == "postgresql":
        value = sa.func.timezone("UTC", column)
    return sa.cast(value, sa.Text).label(field)


def place(engine: sa.Engine) -> str:
    """Where a database is, without who reads it."""
    url = engine.url
    host = f"{url.host}:{url.port}/" if url.port else f"{url.host}/" if url.host else ""
    return f"{host}{url.database or ''}" or url.drivername


def failure(engine: sa.Engine, error: Exception) -> MusterError:
    """Say what the database said, in one line and without the password."""
    is_own = isinstance(error, sa.exc.SQLAlchemyError)
    said = str(
        getattr(error, "orig", None) or type(error).__name__ if is_own else error
    )
    line = next(iter(said.strip().splitlines()), type(error).__name__)
    if password := engine.url.password:
        line = line.replace(str(password), "***")
    source, setting = engine.get_execution_options()[_OF]
    return MusterError(
        f"{source}: the database {place(engine)} cannot be read ({line}): check "
        f"{setting}, the network and the reader's rights."
    )
