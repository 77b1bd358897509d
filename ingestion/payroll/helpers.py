"""Reads SQL tables as the database's own text, so that no value passes a float."""

from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import sqlalchemy as sa
from adbc_driver_postgresql import StatementOptions, dbapi
from dlt.common.configuration.specs import ConnectionStringCredentials
from dlt.sources.sql_database import TableLoader
from sqlalchemy.dialects import postgresql

from ingestion.columns import Column
from ingestion.errors import ConfigurationError, IngestionError

CONNECT_SECONDS = 15

BATCH_BYTES = 16 << 20
"""About what PostgreSQL sends until it is looked at."""

_FAILURES = (sa.exc.SQLAlchemyError, dbapi.Error, pa.ArrowException, OSError)
"""What SQLAlchemy raises, and ADBC, before its first row and after."""

_LIBPQ = ("psycopg", "psycopg2")
"""Drivers whose URLs are libpq's, as ADBC's are."""


class TextTableLoader(TableLoader):
    """Reads a table's columns as text, whatever their types, in chunks of Arrow.

    Decimals and instants arrive as the database writes them, the same way from SQLite
    and PostgreSQL; `columns.split` then types them, and rejects row by row what does
    not fit, where a driver would round, or fail on the whole result.
    """

    def make_query(self) -> sa.Select[Any]:
        """Select what changed since the cursor, and rows that lack one."""
        columns = [_as_text(column, self.engine) for column in self.table.columns]
        query = sa.select(*columns)
        if self.last_value is None:
            return query
        since = _since(self.cursor_column, self.last_value, self.engine)
        return query.where(sa.or_(since, self.cursor_column.is_(None)))

    def _load_rows(
        self, query: Any, backend_kwargs: dict[str, Any]
    ) -> Iterator[pa.Table]:
        try:
            if self.engine.driver in _LIBPQ:
                # Not by the driver's own dialect, which doubles each percent sign.
                dialect = postgresql.dialect(paramstyle="named")  # type: ignore[no-untyped-call]
                options = {"literal_binds": True}
                text = query.compile(dialect=dialect, compile_kwargs=options)
                yield from self._copied(str(text))
            else:
                yield from super()._load_rows(query, backend_kwargs)
        except _FAILURES as error:
            raise _failure(self.engine, error) from None

    def _copied(self, query: str) -> Iterator[pa.Table]:
        """Let PostgreSQL copy the result: no row of it becomes a Python object."""
        hint = {StatementOptions.BATCH_SIZE_HINT_BYTES.value: str(BATCH_BYTES)}
        with (
            closing(dbapi.connect(self.get_connection_url())) as connection,
            closing(connection.cursor(adbc_stmt_kwargs=hint)) as cursor,
        ):
            for statement in _STATEMENTS["postgresql"]:
                cursor.execute(statement)
            connection.commit()
            cursor.execute(query)
            with cursor.fetch_record_batch() as reader:
                is_empty = True
                for batch in reader:
                    table = pa.Table.from_batches([batch])
                    for start in range(0, len(table), self.chunk_size):
                        is_empty = False
                        yield table.slice(start, self.chunk_size)
                if is_empty:
                    yield reader.schema.empty_table()

    def _convert_result(
        self, result: Any, backend_kwargs: dict[str, Any]
    ) -> Iterator[pa.Table]:
        """Turn the result into tables of text; an empty one where it has no rows."""
        names = list(result.keys())
        is_empty = True
        for partition in result.partitions(self.chunk_size):
            is_empty = False
            yield _text_table(names, zip(*partition, strict=True))
        if is_empty:
            yield _text_table(names, [()] * len(names))


def open_database(credentials: Any) -> sa.Engine:
    """Open the payroll database, read-only, with UTC and ISO dates.

    Args:
        credentials: A SQLAlchemy URL, or dlt's mapping of its parts.

    Raises:
        ConfigurationError: The URL cannot be read, or its driver is not installed.
        IngestionError: The database cannot be reached.
    """
    engine = _engine(credentials)
    sa.event.listen(engine, "connect", _prepare(engine))
    database = engine.url.database
    if engine.dialect.name == "sqlite" and database and not Path(database).is_file():
        message = f"payroll: there is no database {database}: check {_SETTING}."
        raise IngestionError(message)
    try:
        with engine.connect():
            return engine
    except sa.exc.SQLAlchemyError as error:
        raise _failure(engine, error) from None


def check_tables(
    engine: sa.Engine,
    schema: str | None,
    tables: Mapping[str, str],
    declared: Mapping[str, tuple[Column, ...]],
) -> None:
    """Make sure that every declared table and column is there, before anything loads.

    Args:
        engine: The payroll database.
        schema: Its schema, or None for the default one.
        tables: Resource to the table's name in the database.
        declared: Resource to its columns.

    Raises:
        IngestionError: What is missing, all in one line.
    """
    try:
        inspector = sa.inspect(engine)
        missing = []
        for resource, table in tables.items():
            if not inspector.has_table(table, schema):
                missing.append(f"table {table}")
                continue
            present = {
                column["name"] for column in inspector.get_columns(table, schema)
            }
            missing += [
                f"column {table}.{column.field}"
                for column in declared[resource]
                if column.field not in present
            ]
    except sa.exc.SQLAlchemyError as error:
        raise _failure(engine, error) from None
    if missing:
        raise IngestionError(
            f"payroll: {_place(engine)} lacks {', '.join(missing)}; nothing was "
            "loaded. Other names are set by sources.payroll.schema and "
            "sources.payroll.tables.<table>."
        )


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
        message = f"payroll: the driver for {_SETTING} is not installed: {error.name}"
        raise ConfigurationError(message) from None
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


def _prepare(engine: sa.Engine) -> Any:
    statements = _STATEMENTS.get(engine.dialect.name, [])

    def prepare(connection: Any, _record: Any) -> None:
        cursor = connection.cursor()
        for statement in statements:
            cursor.execute(statement)
        cursor.close()
        connection.commit()

    return prepare


def _as_text(column: sa.Column[Any], engine: sa.Engine) -> sa.ColumnElement[Any]:
    value: sa.ColumnElement[Any] = column
    if engine.driver in _LIBPQ and isinstance(column.type, sa.Integer):
        return column  # As exact, and typed already.
    is_zoned = isinstance(column.type, sa.DateTime) and column.type.timezone
    if is_zoned and engine.dialect.name == "postgresql":
        value = sa.func.timezone("UTC", column)
    return sa.cast(value, sa.Text).label(column.name)


def _since(
    column: sa.Column[Any], cursor: datetime, engine: sa.Engine
) -> sa.ColumnElement[bool]:
    """Compare with the cursor's second: its fraction may be written in several ways.

    SQLite keeps instants as text, with or without a fraction; the text of the second
    alone is not greater than any of them.
    """
    second = cursor.replace(microsecond=0, tzinfo=None)
    if engine.dialect.name == "sqlite":
        return sa.type_coerce(column, sa.Text) >= second.isoformat(" ")
    return column >= second


def _text_table(names: list[str], columns: Any) -> pa.Table:
    arrays = [pa.array(values, pa.string()) for values in columns]
    return pa.Table.from_arrays(arrays, names=names)


def _place(engine: sa.Engine) -> str:
    url = engine.url
    host = f"{url.host}:{url.port}/" if url.port else f"{url.host}/" if url.host else ""
    return f"{host}{url.database or ''}" or url.drivername


def _failure(engine: sa.Engine, error: Exception) -> IngestionError:
    """Say what the database said, in one line and without the password."""
    is_own = isinstance(error, sa.exc.SQLAlchemyError)
    said = str(
        getattr(error, "orig", None) or type(error).__name__ if is_own else error
    )
    line = next(iter(said.strip().splitlines()), type(error).__name__)
    if password := engine.url.password:
        line = line.replace(str(password), "***")
    return IngestionError(
        f"payroll: the database {_place(engine)} cannot be read ({line}): check "
        f"{_SETTING}, the network and the reader's rights."
    )
