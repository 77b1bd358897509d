"""What dbt's connection to DuckDB needs from Muster: safe files and two functions.

The pseudonym is a Python function rather than a macro because a macro would write the
key into compiled SQL, and from there into `target/` and the docs.
"""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
from dbt.adapters.duckdb.plugins import BasePlugin
from dbt_common.exceptions import DbtRuntimeError
from duckdb.func import FunctionNullHandling, PythonUDFType

import environment as environments
from environment import DATABASES, Environment
from environment import lake as lakes
from environment.databases import drop_empty, session
from environment.errors import MusterError
from environment.files import PRIVATE
from environment.sql import literal
from ingestion.hr_tables import shown as hr_tables
from ingestion.log import of as log_of
from operations.build.inside import company, ctes, pseudonyms
from operations.build.inside.least_squares import least_squares

MARTS = "muster"
"""The database that dbt writes to where nothing else is said."""

FOR_FEW = frozenset({"restricted", "ops"})
"""The databases that are their owner's alone."""

MEMORY = ":memory:"
"""The path of a database that is there while dbt runs."""

MOST_GIBIBYTES = 6
"""What DuckDB may take of memory, where a profile's settings have no `memory_limit`."""


def pseudonymiser(key: bytes) -> Callable[[pa.Array], pa.Array]:
    """Make the column function that turns person ids into pseudonyms.

    Returns:
        A function from a text array to the HMAC-SHA-256 of each value as 32
        hexadecimal digits; null stays null.
    """

    def pseudonym(values: pa.Array) -> pa.Array:
        return pa.array(
            [pseudonyms.pseudonym(key, value) for value in values.to_pylist()],
            pa.string(),
        )

    return pseudonym


def functions(connection: duckdb.DuckDBPyConnection, key: bytes) -> None:
    """Register what models call, where it is absent."""
    for name, function, given, returned in (
        ("pseudonym", pseudonymiser(key), "VARCHAR", "VARCHAR"),
        ("least_squares", least_squares, "DOUBLE[][]", "DOUBLE[]"),
    ):
        there = "select 1 from duckdb_functions() where function_name = ?"
        if connection.execute(there, [name]).fetchone() is None:
            connection.create_function(
                name,
                function,
                [given],
                returned,
                type=PythonUDFType.ARROW,
                null_handling=FunctionNullHandling.SPECIAL,
            )


def limit_memory(connection: duckdb.DuckDBPyConnection) -> None:
    """Let DuckDB take no more than `MOST_GIBIBYTES`: beyond, it uses the disk.

    Args:
        connection: One that has DuckDB's own limit, a part of the machine's memory.
    """
    found = connection.execute("select current_setting('memory_limit')").fetchone()
    number, unit = str(found[0] if found else "").split()
    if unit == "TiB" or (unit == "GiB" and float(number) > MOST_GIBIBYTES):
        connection.execute(f"set memory_limit = '{MOST_GIBIBYTES}GiB'")


def require_variables() -> None:
    """See that dbt was given the variables of the company's `vars.yml`.

    Raises:
        DbtRuntimeError: It was not, or the file cannot be read.
    """
    from dbt.flags import get_flags

    try:
        wanted = company.variables()
    except MusterError as error:
        raise DbtRuntimeError(str(error)) from None
    flags: Any = get_flags()
    given = getattr(flags, "VARS", None) or {}
    if lacking := {name: wanted[name] for name in wanted if name not in given}:
        raise DbtRuntimeError(
            f"dbt does not read {environments.company() / company.VARIABLES}: run"
            f" muster build, or give dbt --vars '{json.dumps(lacking, default=str)}'"
        )


def built(creds: Any) -> Environment:
    """The environment that dbt builds; a target without a file is some one's lake."""
    if creds.path == MEMORY:
        return environments.find(os.environ.get("MUSTER_ENV") or "dev")
    folder = Path(creds.path).parent
    return Environment(folder.name, folder.parent)


def attach_lake(connection: duckdb.DuckDBPyConnection, built: Environment) -> None:
    """Attach the databases of a lake to be written; dbt then leaves them as they are.

    Raises:
        DbtRuntimeError: The lake cannot be opened.
    """
    lake = lakes.of(built)
    try:
        lakes.load(connection, lake)
        for database in DATABASES:
            lakes.attach(connection, lake, database, read_only=False)
    except MusterError as error:
        raise DbtRuntimeError(str(error)) from None
    # What does not fit into memory, as it is of a file: beside it.
    temporary = literal(str(built.folder / "temporary"))
    connection.execute(f"set temp_directory = {temporary}")


class Plugin(BasePlugin):  # type: ignore[misc]
    """Prepares the environment's files and registers what models call."""

    def initialize(self, config: dict[str, Any]) -> None:
        """Spare dbt what takes long."""
        ctes.spare_parsing()

    def update_connection_config(self, creds: Any, config: dict[str, Any]) -> None:
        """Create files before DuckDB opens them; what comes beside them is private.

        What DuckDB and dbt write from now on is for its owner only, whatever the umask
        was: also the log of changes beside `restricted.duckdb`, which is there while a
        build runs, and after one that was killed.

        Raises:
            DbtRuntimeError: A file cannot be written.
        """
        readable = 0o666 & ~os.umask(PRIVATE)
        lake = lakes.of(built(creds)) if creds.path == MEMORY else None
        if lake:
            lake.prepare()
        attached = [(each.path, each.alias) for each in creds.attach or []]
        for place, alias in ((creds.path, MARTS), *attached):
            path = Path(place)
            if place == MEMORY or (lake and alias in DATABASES):
                continue
            try:
                if not path.parent.exists():
                    path.parent.mkdir(parents=True)
                    path.parent.chmod(0o711)
                drop_empty(path)
                is_new = not path.exists()
                if is_new:
                    session(str(path)).close()
                if alias in FOR_FEW:
                    path.chmod(0o600)
                elif is_new:
                    path.chmod(readable)
            except OSError as error:
                raise DbtRuntimeError(
                    f"Cannot write {path}: {error.strerror}. Set MUSTER_HOME to a "
                    "folder you may write to."
                ) from error

    def configure_connection(self, conn: duckdb.DuckDBPyConnection) -> None:
        """Register the pseudonym and the regression, and show the log as `raw`.

        In it, `raw_hr_tables` is what the company's mappings make of their tables.

        All models see the loads that are complete now, and no later ones. Where a
        database could not be attached, dbt comes again with all this done.

        Args:
            conn: The connection that dbt's threads share.
        """
        if self.creds is None:
            raise DbtRuntimeError("dbt gave no credentials: is the profile read?")
        if not self.creds.settings or "memory_limit" not in self.creds.settings:
            limit_memory(conn)
        require_variables()
        environment = built(self.creds)
        if self.creds.path == MEMORY:
            attach_lake(conn, environment)
        log = log_of(environment.folder)
        conn.execute("detach database if exists raw")
        log.attach(conn)
        try:
            hr_tables.show(log, conn, "raw")
            functions(conn, pseudonyms.pseudonym_key(environment.folder))
        except MusterError as error:
            raise DbtRuntimeError(str(error)) from None
