"""The log: Parquet files, written once, each load completed by a marker.

    <env>/raw/<dataset>/<table>/load_id=<id>/<file>.parquet
    <env>/raw/<dataset>/_dlt_loads/<schema>__<id>.jsonl

A dataset is a source's, `raw_<source>`, or our own, `raw_ops` and `raw_runs`. The
marker is written last and names each file with its rows, size, checksum and columns: a
load without one is not there for any reader. dlt's filesystem destination writes the
same layout. Nobody locks anybody: a reader has the loads that were complete when it
looked.

Many small loads of one hour, and of one month, become one file a table, whose rows say
in `_dlt_load_id` which load brought them, and whose marker speaks of each. What it
replaces lies there for a day more, for those who have begun to read it.
"""

import importlib
import json
import re
import shutil
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from environment import RAW
from environment.databases import session
from environment.errors import MusterError
from environment.files import checksum, keep, write_whole
from environment.sql import escaped, literal, quote
from ingestion import clock, signing
from ingestion.columns import Column, sql_type
from ingestion.ledger_tables import DATASET, RUN_TABLES, RUNS, TABLES

MARKERS = "_dlt_loads"
SOURCES = ("frappe_hr", "payroll", "attendance", "ats", "fx")
LOAD_ID = "_dlt_load_id"

# Not by DuckDB's partitions: any folder above named a=b would be one.
_OWN_ID = f"regexp_extract(_dlt_file, '.*/load_id=([^/]*)', 1) as {LOAD_ID}"

_ID = re.compile(r"\w[\w.+-]*")
_PATH = re.compile(rf"\w+/load_id={_ID.pattern}/\w[\w.+-]*\.parquet")

UNDECLARED = {"_file_line": "BIGINT"}
"""The types of columns that are no text, of tables that nobody declares."""

MERGED = "-merged"
"""What the id of a load that replaces others ends with."""

MANY = 100
"""Loads of one hour, or month, that are worth merging."""

KEPT_SECONDS = 24 * 3600
"""How long loads that were merged are kept for those who are reading them."""

_LOADS = {
    "load_id": "varchar",
    "schema_name": "varchar",
    "status": "bigint",
    "inserted_at": "timestamp",
    "schema_version_hash": "varchar",
}
"""The columns of `_dlt_loads`."""


@dataclass(frozen=True)
class File:
    """A file of a load.

    Attributes:
        path: Where it lies below the dataset's folder.
        rows: How many rows it has.
        bytes: Its size.
        sha256: Its checksum.
        columns: Column to DuckDB type, in their order.
    """

    path: str
    rows: int
    bytes: int
    sha256: str
    columns: dict[str, str]

    @property
    def table(self) -> str:
        """The table that it is of."""
        return self.path.partition("/")[0]

    def fault(self, path: Path, *, thorough: bool = False) -> str:
        """What is wrong with a copy of it, if anything is: empty where nothing is.

        Args:
            path: Where the copy lies.
            thorough: Whether to read it for its checksum, and not only see its size.
        """
        try:
            size = path.stat().st_size
        except FileNotFoundError:
            return "is missing"
        if size != self.bytes:
            return f"is damaged: it has {size:,} bytes, and should have {self.bytes:,}"
        if thorough and checksum(path) != self.sha256:
            return "is damaged: its checksum is not the one in its marker"
        return ""


@dataclass(frozen=True)
class Load:
    """A completed load, as its marker tells.

    Attributes:
        load_id: Its id; later ones sort behind.
        schema_name: The source's name.
        inserted_at: The known time, aware UTC: when its rows became known.
        schema_version_hash: dlt's, of the tables' columns; empty without dlt.
        files: What it brought.
        delivered: Of delivered files, what became of each, as whoever loads says.
        merged: The loads whose rows these are, where it replaces others.
        replaced: The ids of those, and of those that they had replaced.
    """

    load_id: str
    schema_name: str
    inserted_at: datetime
    schema_version_hash: str = ""
    files: Sequence[File] = ()
    delivered: Sequence[Mapping[str, Any]] = ()
    merged: Sequence["Load"] = ()
    replaced: Sequence[str] = ()

    @property
    def parts(self) -> Sequence["Load"]:
        """The loads whose rows these are: itself, unless it replaces others."""
        return self.merged or (self,)


@dataclass(frozen=True)
class Damage:
    """A file of a completed load that is not as its marker says.

    Attributes:
        dataset: The dataset.
        load: The load.
        file: The file.
        path: Where it should lie.
        fault: What is wrong with it.
    """

    dataset: str
    load: Load
    file: File
    path: Path
    fault: str

    def __str__(self) -> str:
        """One line for people: what is wrong with which file, and what to do."""
        return (
            f"{self.path} {self.fault}; it is of {self.dataset}.{self.file.table}, load"
            f" {self.load.load_id}, {self.file.rows:,} rows. Run muster mend"
            f" {self.path.parents[4].name}, or put it back from a backup."
        )


@dataclass
class Draft:
    """A load that is being written.

    Attributes:
        load_id: Its id.
        folder: The dataset's.
        delivered: As in `Load`.
    """

    load_id: str
    folder: Path
    delivered: list[Mapping[str, Any]] = field(default_factory=list)
    _number: int = 0

    def path(self, table: str) -> Path:
        """Where the next file of a table is to be written."""
        self._number += 1
        folder = self.folder / table / f"load_id={self.load_id}"
        folder.mkdir(parents=True, exist_ok=True)
        return folder / f"{self._number:05}.parquet"


class DamagedMarkerError(MusterError):
    """What should be the marker of a load is none."""


class Log:
    """The log of one environment.

    Args:
        folder: Where it lies: `<env>/raw`.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._known: dict[Path, Load] = {}

    def datasets(self) -> list[str]:
        """The datasets that have ever been written to, but for the runs.

        What is damaged or lost of runs loses no figure, and stops nobody.
        """
        if not self.folder.is_dir():
            return []
        return sorted(
            each.name
            for each in self.folder.iterdir()
            if each.name != RUNS and (each / MARKERS).is_dir()
        )

    def loads(self, dataset: str) -> list[Load]:
        """The completed loads of a dataset, by their ids, without those replaced.

        Raises:
            MusterError: A marker cannot be read.
        """
        found = self._marked(dataset)
        replaced = {each for load in found for each in load.replaced}
        return [load for load in found if load.load_id not in replaced]

    def completed(self, dataset: str) -> list[Load]:
        """What `_dlt_loads` tells: the loads by their ids, also those merged since."""
        return [each for load in self.loads(dataset) for each in load.parts]

    def known(self) -> dict[str, list[Load]]:
        """Each source's dataset, with its completed loads; those without are left out.

        The ledger is not among them: it grows with every run, also one that found
        nothing new, and nothing is made from it.
        """
        found = {each: self.completed(each) for each in self.datasets()}
        return {each: some for each, some in found.items() if some and each != DATASET}

    def instants(self) -> list[datetime]:
        """When loads of sources completed, naive UTC, each once and in order."""
        loads = chain.from_iterable(self.known().values())
        return sorted({naive(load.inserted_at) for load in loads})

    def ids(self, dataset: str) -> set[str]:
        """The ids of all loads of a dataset that are here, merged or not."""
        found = self._marked(dataset)
        here = {each.load_id for load in found for each in (load, *load.merged)}
        return here | {each for load in found for each in load.replaced}

    def next_id(self, dataset: str) -> str:
        """The id of a new load: behind all there are, whatever the clock says."""
        now = f"{time.time():.6f}"
        last = max(self.ids(dataset), default="")
        if now > last:
            return now
        return f"{Decimal(last.partition('-')[0]) + Decimal('0.000001'):.6f}"

    @contextmanager
    def write(self, dataset: str, load_id: str | None = None) -> Iterator[Draft]:
        """Write a load: its files inside, its marker at the end, if there are any.

        Args:
            dataset: The dataset.
            load_id: Its id; a new one by default.
        """
        draft = Draft(load_id or self.next_id(dataset), self.folder / dataset)
        try:
            yield draft
        except BaseException:
            self.remove(dataset, draft.load_id)
            raise
        if draft.delivered or any(self._written(dataset, draft.load_id)):
            self.complete(dataset, draft.load_id, delivered=draft.delivered)

    def complete(
        self,
        dataset: str,
        load_id: str,
        version: str = "",
        delivered: Sequence[Mapping[str, Any]] = (),
        replaced: Sequence[Load] = (),
    ) -> None:
        """Write the marker of a load, once: it was known when it was first written."""
        folder = self.folder / dataset
        schema = dataset.removeprefix("raw_")
        marker = self.folder / marker_key(dataset, load_id)
        if marker.exists():
            return
        with _reader().cursor() as connection:
            files = [
                _described(connection, path, folder)
                for path in self._written(dataset, load_id)
            ]
        # What the marker speaks of must outlast a power cut before the marker does.
        for file in files:
            keep(folder / file.path)
        for kept in {p for file in files for p in (folder / file.path).parents[:2]}:
            keep(kept)
        merged = [replace(each, files=()) for load in replaced for each in load.parts]
        names = [each for load in replaced for each in (load.load_id, *load.replaced)]
        now = clock.now()
        write_marker(
            marker,
            Load(load_id, schema, now, version, files, delivered, merged, names),
        )

    def damaged(
        self,
        dataset: str,
        loads: Iterable[Load] | None = None,
        *,
        thorough: bool = False,
    ) -> list[Damage]:
        """The files of completed loads that are not as their markers say.

        Args:
            dataset: The dataset.
            loads: Those to look at; all by default.
            thorough: Whether to read all for their checksums; by default their sizes
                are seen, which takes microseconds a file.
        """
        return [
            Damage(dataset, load, file, path, fault)
            for load in (self.loads(dataset) if loads is None else loads)
            for file in load.files
            for path in (self.folder / dataset / file.path,)
            if (fault := file.fault(path, thorough=thorough))
        ]

    def sweep(self, dataset: str) -> None:
        """Remove what runs that died left behind without a marker.

        Args:
            dataset: The dataset; nobody may be loading into it, nor have a load that is
                yet to be completed.
        """
        kept = self.ids(dataset)
        for path in (self.folder / dataset).glob("*/load_id=*"):
            if path.name.removeprefix("load_id=") not in kept:
                shutil.rmtree(path)
        # A state that is ahead of the log would leave its rows out for ever.
        for path in (self.folder / dataset / "_dlt_pipeline_state").glob("*.jsonl"):
            if signing.unsigned(path.stem.split("__")[-2]) not in kept:
                path.unlink()

    def compact(self, dataset: str) -> int:
        """Merge the loads of each past hour, and month, in which many are.

        What earlier runs replaced a day ago or more is removed.

        Args:
            dataset: The dataset; nobody may be loading into it.

        Returns:
            How many loads were merged.

        Raises:
            MusterError: A file is damaged: merged, its checksum would hide it.
        """
        merged = 0
        if len(self._paths(dataset)) < MANY:
            return merged
        for unit in ("%Y-%m-%d %H", "%Y-%m"):
            groups: dict[str, list[Load]] = {}
            for load in self.loads(dataset):
                last = load.parts[-1].inserted_at
                groups.setdefault(last.strftime(unit), []).append(load)
            # The newest is not over yet.
            for key in sorted(groups)[:-1]:
                if len(groups[key]) >= MANY:
                    self.merge(dataset, groups[key])
                    merged += len(groups[key])
        self.drop_replaced(dataset, KEPT_SECONDS)
        return merged

    def drop_replaced(self, dataset: str, seconds: float = 0) -> None:
        """Remove the loads that others took the place of, so many seconds ago or more.

        Args:
            dataset: The dataset; nobody may be loading into it.
            seconds: How long those who are reading them have had.
        """
        for path in self._paths(dataset):
            load = self._read(path)
            if load.replaced and time.time() - path.stat().st_mtime >= seconds:
                for load_id in load.replaced:
                    replaced = self.folder / marker_key(dataset, load_id)
                    replaced.unlink(missing_ok=True)
                    self.remove(dataset, load_id)

    def merge(
        self, dataset: str, loads: Sequence[Load], made: "Log | None" = None
    ) -> None:
        """Let one load take the place of several; they stay known since when they were.

        Args:
            dataset: The dataset; nobody may be loading into it.
            loads: The loads.
            made: A log that holds the same loads, made again, and no others; their rows
                take the place of those that are damaged here.

        Raises:
            MusterError: A file is damaged.
        """
        origin = made or self
        read = made.loads(dataset) if made else loads
        files: dict[tuple[str, ...], list[File]] = {}
        for file in (file for load in read for file in load.files):
            path = origin.folder / dataset / file.path
            if fault := file.fault(path, thorough=True):
                raise MusterError(f"{path} {fault}")
            layout = (file.table, *chain.from_iterable(file.columns.items()))
            files.setdefault(layout, []).append(file)
        load_id = f"{loads[-1].load_id}{MERGED}"
        self.remove(dataset, load_id)
        draft = Draft(load_id, self.folder / dataset)
        with session() as connection:
            for (table, *_), some in files.items():
                columns = [*map(quote, some[0].columns)]
                if LOAD_ID not in some[0].columns:
                    columns.append(_OWN_ID)
                connection.execute(
                    f"copy (select {', '.join(columns)}"
                    f" from {origin._scan(dataset, some)}) to"
                    f" {literal(str(draft.path(table)))}"
                    " (format parquet, compression zstd)"
                )
        self.complete(dataset, load_id, replaced=loads)

    def connect(
        self, datasets: Iterable[str] | None = None
    ) -> duckdb.DuckDBPyConnection:
        """A connection on which the log's tables are there by schema and name.

        Args:
            datasets: Those to show; all by default.
        """
        connection = session()
        connection.execute("set TimeZone = 'UTC'")
        self.show(connection, datasets=datasets)
        return connection

    def attach(self, connection: duckdb.DuckDBPyConnection, name: str = "raw") -> None:
        """Attach the log to a connection, under a name."""
        connection.execute(f"attach ':memory:' as {name}")
        self.show(connection, name)

    def show(
        self,
        connection: duckdb.DuckDBPyConnection,
        catalog: str | None = None,
        datasets: Iterable[str] | None = None,
        before: str | None = None,
    ) -> None:
        """Make a view of each table as of the loads that are complete now.

        A table of which a file is missing, or has another size, says so when it is
        read; the others can be read.

        Args:
            connection: Where.
            catalog: The database there; the current one by default.
            datasets: Those to look at; all, with those of every source, by default.
            before: A load's id; only earlier loads are shown then.
        """
        declared: dict[str, Mapping[str, Sequence[Column]]] = {
            DATASET: TABLES,
            RUNS: RUN_TABLES,
        }
        for source in SOURCES:
            settings = importlib.import_module(f"ingestion.{source}.settings")
            declared[f"raw_{source}"] = settings.TABLES
        place = f"{quote(catalog)}." if catalog else ""
        for dataset in datasets or sorted({*self.datasets(), *declared}):
            schema = place + quote(dataset)
            loads = [
                load
                for load in self.loads(dataset)
                if before is None or load.load_id < before
            ]
            connection.execute(f"create schema if not exists {schema}")
            completed = [each for load in loads for each in load.parts]
            columns = ", ".join(map(" ".join, _LOADS.items()))
            connection.execute(
                f"create or replace table {schema}.{MARKERS} ({columns})"
            )
            if completed:
                connection.register("_markers", _as_table(completed))
                connection.execute(f"insert into {schema}.{MARKERS} from _markers")
                connection.unregister("_markers")
            files: dict[str, list[File]] = {}
            for load in loads:
                for file in load.files:
                    files.setdefault(file.table, []).append(file)
            own = declared.get(dataset, {})
            damaged = {each.file.table: each for each in self.damaged(dataset, loads)}
            for table in sorted({*own, *files}):
                rows = self._rows(
                    dataset,
                    own.get(table, ()),
                    files.get(table, []),
                    damaged.get(table),
                )
                connection.execute(
                    f"create or replace view {schema}.{quote(table)} as {rows}"
                )

    def _rows(
        self,
        dataset: str,
        declared: Sequence[Column],
        files: Sequence[File],
        damage: Damage | None,
    ) -> str:
        """A select of files' rows: the columns declared, then those delivered besides.

        Files with the same columns are read together, of which DuckDB opens one to
        know what is in all.
        """
        columns = {c.name: sql_type(c).upper() for c in declared}
        condition = "false"
        for file in files:
            for name in file.columns:
                if name != LOAD_ID:
                    columns.setdefault(name, UNDECLARED.get(name, "VARCHAR"))
        alike: dict[tuple[tuple[str, str], ...], list[File]] = {}
        for file in files:
            alike.setdefault(tuple(file.columns.items()), []).append(file)
        parts = []
        for layout, some in alike.items():
            found = dict(layout)
            chosen = [
                f"cast({quote(n) if n in found else 'null'} as {kind}) as {quote(n)}"
                if found.get(n, "").replace(" ", "") != kind.replace(" ", "")
                else quote(n)
                for n, kind in columns.items()
            ]
            load_id = LOAD_ID if LOAD_ID in found else _OWN_ID
            parts.append(
                f"select {', '.join([*chosen, load_id])}"
                f" from {self._scan(dataset, some)}"
            )
        if damage:
            parts, condition = [], f"cast(error({literal(str(damage))}) as boolean)"
        if not parts:
            nothing = [f"cast(null as {k}) as {quote(n)}" for n, k in columns.items()]
            nothing.append(f"cast(null as varchar) as {LOAD_ID}")
            parts.append(f"select {', '.join(nothing)} where {condition}")
        return " union all ".join(parts)

    def _scan(self, dataset: str, files: Sequence[File]) -> str:
        paths = ", ".join(
            literal(escaped(self.folder / dataset / file.path)) for file in files
        )
        return (
            f"read_parquet([{paths}], hive_partitioning = false,"
            " filename = '_dlt_file')"
        )

    def _paths(self, dataset: str) -> list[Path]:
        markers = (self.folder / dataset / MARKERS).glob("*.jsonl")
        return sorted(markers, key=lambda path: path.stem.rpartition("__")[2])

    def _marked(self, dataset: str) -> list[Load]:
        found = []
        for path in self._paths(dataset):
            # One that was replaced long ago may go while others are read.
            with suppress(FileNotFoundError):
                found.append(self._read(path))
        return found

    def unreadable(self, dataset: str) -> list[Path]:
        """The markers of a dataset that are none any more."""
        found = []
        for path in self._paths(dataset):
            try:
                self._read(path)
            except FileNotFoundError:
                continue
            except DamagedMarkerError:
                found.append(path)
        return found

    def _read(self, path: Path) -> Load:
        """What a marker tells: it never changes."""
        if path not in self._known:
            self._known[path] = parse_marker(path.read_bytes(), str(path))
        return self._known[path]

    def _written(self, dataset: str, load_id: str) -> Iterator[Path]:
        yield from sorted(
            (self.folder / dataset).glob(f"*/load_id={load_id}/*.parquet")
        )

    def remove(self, dataset: str, load_id: str) -> None:
        """Remove the files of a load that has no marker, or that another replaced."""
        for path in (self.folder / dataset).glob(f"*/load_id={load_id}"):
            shutil.rmtree(path)


def of(environment: Path) -> Log:
    """The log of an environment's folder."""
    return Log(environment / RAW)


def naive(instant: datetime) -> datetime:
    """An aware instant as a naive one, UTC."""
    return instant.astimezone(UTC).replace(tzinfo=None)


def marker_key(dataset: str, load_id: str) -> str:
    """Where the marker of a load lies below the log's folder."""
    return f"{dataset}/{MARKERS}/{dataset.removeprefix('raw_')}__{load_id}.jsonl"


def parse_marker(content: bytes, place: str) -> Load:
    """What the content of a marker tells.

    Names and paths become places that are read, written and removed: none that leads
    out of the dataset's folder is taken, nor a marker under another load's name.

    Args:
        content: The content.
        place: Where it was found, for people.

    Raises:
        DamagedMarkerError: It is damaged.
        MusterError: It is not signed where there is a key.
    """
    try:
        told = json.loads(content)
        load = _load(told)
        if load.load_id != Path(place).stem.rpartition("__")[2]:
            raise ValueError
    except (ValueError, KeyError, TypeError, RecursionError):
        raise DamagedMarkerError(
            f"{place} is damaged: it is not the marker of a load; put it back from a"
            " backup, or from another machine or store that has it"
        ) from None
    signing.check(told, place)
    return load


def write_marker(path: Path, load: Load) -> None:
    """Write a marker, whole or not at all, signed where there is a key."""
    write_whole(path, signing.signed(path.name, json.dumps(_content(load))))


def _content(load: Load) -> dict[str, Any]:
    content = vars(load) | {
        "status": 0,
        "inserted_at": load.inserted_at.isoformat(),
        "files": [vars(file) for file in load.files],
        "delivered": list(load.delivered),
        "merged": [_content(each) for each in load.merged],
        "replaced": list(load.replaced),
    }
    return {name: value for name, value in content.items() if value != []}


def _load(content: Mapping[str, Any]) -> Load:
    ids = [content["load_id"], *content.get("replaced", ())]
    paths = [each["path"] for each in content.get("files", ())]
    if not (all(map(_ID.fullmatch, ids)) and all(map(_PATH.fullmatch, paths))):
        raise ValueError
    return Load(
        load_id=content["load_id"],
        schema_name=content["schema_name"],
        inserted_at=datetime.fromisoformat(content["inserted_at"]),
        schema_version_hash=content["schema_version_hash"],
        files=[File(**each) for each in content.get("files", ())],
        delivered=content.get("delivered", ()),
        merged=[_load(each) for each in content.get("merged", ())],
        replaced=content.get("replaced", ()),
    )


@cache
def _reader() -> duckdb.DuckDBPyConnection:
    """What looks into files, opened once: that takes longer than to look into one."""
    return session(config={"threads": 1, "enable_external_file_cache": False})


def _described(connection: duckdb.DuckDBPyConnection, path: Path, folder: Path) -> File:
    place = literal(escaped(path))
    columns = connection.execute(
        f"describe select * from read_parquet({place}, hive_partitioning = false)"
    ).fetchall()
    counted = connection.execute(
        f"select coalesce(sum(num_rows), 0) from parquet_file_metadata({place})"
    ).fetchone()
    return File(
        path=path.relative_to(folder).as_posix(),
        rows=int(counted[0]) if counted else 0,
        bytes=path.stat().st_size,
        sha256=checksum(path),
        columns={str(name): str(kind) for name, kind, *_ in columns},
    )


def _as_table(loads: Sequence[Load]) -> pa.Table:
    rows = [
        {name: getattr(load, name, 0) for name in _LOADS}
        # Naive UTC, so that a reader's own time zone changes nothing.
        | {"inserted_at": naive(load.inserted_at)}
        for load in loads
    ]
    return pa.Table.from_pylist(rows)
