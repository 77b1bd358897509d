"""The lake: the databases as DuckLake catalogues, which many read while one writes.

A catalogue says which Parquet files a table has at each snapshot. Each database has a
catalogue and a folder of its own, so that each has its own rights.
"""

import importlib.util
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import duckdb

from environment import DATABASES, Environment, shown
from environment.databases import session
from environment.errors import MusterError
from environment.files import write_whole
from environment.sql import literal, quote

TARGET = "lake"
"""What `--target` calls it, and its output in `profiles.yml`."""

VARIABLE = "MUSTER_LAKE"
"""Where catalogues are: a folder, or the URL of a PostgreSQL database."""

DATA_VARIABLE = "MUSTER_LAKE_DATA"
"""Where data files are: a folder, or a URL such as `s3://bucket/lake`."""

SERVER = ("postgres://", "postgresql://")
"""What a catalogue's URL begins with that many processes write and read."""

_PASSWORD = re.compile(r"(?<=://)([^/?:]*)(?::[^/?]*)?@|(?<=[?&])password=[^&]*&?")

OPEN = frozenset({"published"})
"""The databases whose files are not encrypted: they are for everyone."""


@dataclass(frozen=True)
class Lake:
    """Where the lake of one environment is.

    Attributes:
        name: The environment.
        catalogue: A folder, or the URL of a PostgreSQL database.
        data: A folder, or a URL; without a slash at its end.
        note: The file that says where it is, once it was written.
    """

    name: str
    catalogue: str
    data: str
    note: Path

    @property
    def place(self) -> str:
        """Where it is, for people: no password, and not who reads it."""
        return f"{_PASSWORD.sub('', self.catalogue)} {self.data}"

    @property
    def is_shared(self) -> bool:
        """Whether others may read while one writes: of a file only one process may."""
        return self.catalogue.startswith(SERVER)

    @property
    def is_remote(self) -> bool:
        """Whether data files are elsewhere than in a folder."""
        return "://" in self.data

    def folder(self, database: str) -> str:
        """Where the data files of a database are, with a slash at the end."""
        return f"{self.data}/{self.name}/{database}/"

    def schema(self, database: str) -> str:
        """The schema of PostgreSQL that a database's catalogue is in."""
        return f"{self.name}_{database}"

    def address(self, database: str) -> str:
        """What `attach` is given for a database."""
        if self.is_shared:
            return f"ducklake:postgres:{self.catalogue}"
        return f"ducklake:{self.file(database)}"

    def told(self, database: str) -> str:
        """The address for people: who reads it, and no password."""
        return _PASSWORD.sub(
            lambda m: f"{m[1]}@" if m[1] else "", self.address(database)
        )

    def file(self, database: str) -> Path:
        """The file of a database's catalogue, where catalogues are files."""
        return Path(self.catalogue, self.name, database, "catalogue.ducklake")

    def options(self, database: str) -> dict[str, str | int | bool]:
        """The options of `attach`, besides whether it is only read.

        Rows are in data files alone: few rows would else be in the catalogue.
        """
        found: dict[str, str | int | bool] = {
            "data_path": self.folder(database),
            "data_inlining_row_limit": 0,
        }
        if self.is_shared:
            found["metadata_schema"] = self.schema(database)
        if database not in OPEN:
            found["encrypted"] = True
        return found

    def prepare(self) -> None:
        """Make the folders that are lacking; those of few are their owner's alone.

        Raises:
            MusterError: One cannot be made.
        """
        write_whole(self.note, self.place)
        self.note.chmod(0o644)
        for folder in {self.note.parent, self.note.parent / self.name}:
            if folder.exists():
                folder.chmod(0o711)
        for database in DATABASES:
            places = [] if self.is_remote else [Path(self.folder(database))]
            places += [] if self.is_shared else [self.file(database).parent]
            for place in places:
                try:
                    place.mkdir(parents=True, exist_ok=True)
                    place.chmod(0o700 if database == "restricted" else 0o755)
                except OSError as error:
                    raise MusterError(
                        f"The lake's folder {shown(place)} cannot be made"
                        f" ({error.strerror}): correct {VARIABLE} or {DATA_VARIABLE}."
                    ) from None


def of(environment: Environment) -> Lake:
    """The lake of an environment; by default it is a folder beside its log.

    Raises:
        MusterError: It was elsewhere when it was written last.
    """
    own = environment.folder / TARGET
    catalogue, data = (
        os.environ.get(name) or str(own) for name in (VARIABLE, DATA_VARIABLE)
    )
    lake = Lake(environment.name, _place(catalogue), _place(data), own / "place")
    if lake.note.exists() and lake.note.read_text("utf-8").strip() != lake.place:
        raise MusterError(
            f"The lake of {environment.name} was written elsewhere before: set"
            f" {VARIABLE} and {DATA_VARIABLE} as {shown(lake.note)} says. If it moved,"
            " or is no more, remove that file.",
            2,
        )
    return lake


def built_in(environment: Environment) -> Environment:
    """The environment as one that is built in its lake."""
    return replace(environment, target=TARGET)


def is_set() -> bool:
    """Whether a lake is kept beside releases: somebody said where."""
    return bool(os.environ.get(VARIABLE))


def is_kept(environment: Environment) -> bool:
    """Whether there is a lake, or was one."""
    return is_set() or (environment.folder / TARGET / "place").exists()


def _place(text: str) -> str:
    """A URL as it is given, or an absolute folder."""
    if "://" in text:
        return text.rstrip("/") if not text.startswith(SERVER) else text
    return str(Path(text).expanduser().resolve())


def load(connection: duckdb.DuckDBPyConnection, lake: Lake) -> None:
    """Load what DuckDB needs for a lake, from installed packages: nothing is fetched.

    Raises:
        MusterError: A package is not installed, or is of another version than DuckDB.
    """
    # Without httpfs DuckDB reads what is encrypted, and writes none.
    needed = ["httpfs", "ducklake", *(["postgres_scanner"] if lake.is_shared else ())]
    for name in needed:
        package = f"duckdb_extension_{name}"
        spec = importlib.util.find_spec(package)
        found = Path(spec.origin or "").parent if spec else Path()
        file = (
            found / "extensions" / f"v{duckdb.__version__}" / f"{name}.duckdb_extension"
        )
        if spec is None or not file.exists():
            raise MusterError(
                f"A lake needs {package.replace('_', '-')} of DuckDB's own version,"
                f" {duckdb.__version__}: install muster[lake].",
                2,
            )
        connection.execute(f"load {literal(str(file))}")
    if lake.is_remote:
        import fsspec  # type: ignore[import-untyped]

        protocol = lake.data.partition("://")[0]
        try:
            connection.register_filesystem(fsspec.filesystem(protocol))
        except (ImportError, ValueError) as error:
            raise MusterError(f"{DATA_VARIABLE} cannot be used: {error}.", 2) from None


def attach(
    connection: duckdb.DuckDBPyConnection,
    lake: Lake,
    database: str,
    *,
    alias: str = "",
    snapshot: int | None = None,
    read_only: bool = True,
) -> None:
    """Attach a database of a lake to a connection that has what it needs.

    Args:
        connection: One that `load` was given.
        lake: The lake.
        database: One of `DATABASES`.
        alias: What it is called; by default its own name.
        snapshot: The snapshot to read, by default what was written last.
        read_only: Whether it is only read.

    Raises:
        MusterError: It is not there, or may not be read or written.
    """
    options: dict[str, Any] = dict(lake.options(database))
    if snapshot is not None:
        options["snapshot_version"] = snapshot
    if read_only:
        options["read_only"] = True
    try:
        connection.execute(
            f"attach {literal(lake.address(database))} as {alias or database}"
            f" ({written(options)})"
        )
    except duckdb.Error as error:
        # What PostgreSQL says may hold the whole URL, with its password.
        reason = str(error).replace(lake.catalogue, "<URL>").splitlines()[0]
        raise MusterError(
            f"{database} of the lake cannot be opened: {reason[:300]}. Correct"
            f" {VARIABLE}, or build or release into it first."
        ) from None


def written(options: Mapping[str, str | int | bool]) -> str:
    """The options of `attach` as SQL."""
    return ", ".join(
        f"{name} {literal(value) if isinstance(value, str) else str(value).lower()}"
        for name, value in options.items()
    )


def heads(environment: Environment) -> dict[str, int]:
    """The newest snapshot of each database that is there."""
    lake, found = of(environment), {}
    with session() as connection:
        load(connection, lake)
        for database in DATABASES:
            try:
                attach(connection, lake, database)
            except MusterError:
                continue
            newest = f"select max(snapshot_id) from {quote(database)}.snapshots()"
            found[database] = int(connection.execute(newest).fetchall()[0][0])
    return found
