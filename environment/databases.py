"""DuckDB files: opened, attached, and what it says of them in one line."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import duckdb

from environment import shown
from environment.errors import MusterError
from environment.sql import literal

_LOCKED = "Could not set lock on file"
_HOLDER = re.compile(r"held in (?P<program>\S+).*?\(PID (?P<pid>\d+)\)")


def session(
    path: str = ":memory:",
    *,
    read_only: bool = False,
    config: Mapping[str, Any] | None = None,
) -> duckdb.DuckDBPyConnection:
    """A connection to DuckDB that writes nothing of its own to standard output.

    Of a query that takes long, DuckDB else draws a bar among the rows that were asked.
    """
    connection = duckdb.connect(path, read_only, dict(config or {}))
    connection.execute("set enable_progress_bar = false")
    return connection


def connect(path: Path, *, read_only: bool = True) -> duckdb.DuckDBPyConnection:
    """Open a database.

    Args:
        path: The database's file.
        read_only: Whether to open it without locking out other readers.

    Raises:
        MusterError: Another process holds it, it cannot be written, or it is no
            database.
    """
    try:
        return session(str(path), read_only=read_only)
    except duckdb.Error as error:
        raise MusterError(explain(str(error), path)) from None


def attach(
    connection: duckdb.DuckDBPyConnection,
    path: Path,
    name: str,
    *,
    read_only: bool = True,
) -> None:
    """Attach a database to a connection.

    Raises:
        MusterError: It is missing, in use, or no database.
    """
    if not path.is_file():
        raise MusterError(f"There is no database {shown(path)}.")
    mode = "(read_only)" if read_only else ""
    try:
        connection.execute(f"attach {literal(str(path))} as {name} {mode}")
    except duckdb.Error as error:
        raise MusterError(explain(str(error), path)) from None


@contextmanager
def opened(
    databases: Mapping[str, Path | None], *, read_only: bool = True
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection with databases attached, each by its name, as far as there are any.

    Raises:
        MusterError: One is in use, or no database.
    """
    with session() as connection:
        for name, path in databases.items():
            if path is not None and path.exists():
                attach(connection, path, name, read_only=read_only)
        yield connection


def count(connection: duckdb.DuckDBPyConnection, relation: str) -> int:
    """The number of rows of a relation, or of a query in brackets."""
    found = connection.execute(f"select count(*) from {relation}").fetchall()
    return int(found[0][0])


def drop_empty(path: Path) -> None:
    """Remove what a full disk left of a database: a file without a byte, if it is one.

    DuckDB opens no such file, and there is nothing in it.
    """
    with suppress(FileNotFoundError):
        if not path.stat().st_size:
            path.unlink()


def is_locked(message: str) -> bool:
    """Whether DuckDB says that another process holds a file."""
    return _LOCKED in message


def explain(message: str, path: Path | None = None) -> str:
    """Turn what DuckDB says about a file into one line with what to do."""
    place = shown(path) if path else "The database"
    if is_locked(message):
        holder = _HOLDER.search(message)
        who = (
            f"process {holder['pid']} ({Path(holder['program']).name})"
            if holder
            else "another process"
        )
        return f"{place} is in use by {who}: wait until it is done, or stop it."
    if "Permission denied" in message:
        return f"{place} may not be read and written by you: change its permissions."
    return f"{place} cannot be opened: {' '.join(message.split())}"
