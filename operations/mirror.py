"""The log and the landing zone in a store elsewhere, and here: each has what it lacks.

The log's folder is a cache of the store then. Files go first, the marker of their load
last, sources before the ledger that calls their files loaded: whatever moment a run is
killed at, what is there is whole. Where the store is `MUSTER_HOME`, nothing is copied.
"""

import shutil
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import pyarrow.parquet as pq

from ingestion.log import MARKERS, MERGED, File, Load, Log, checksum, read_marker
from ingestion.operations_log import DATASET, KNOWN, LANDED, QUARANTINED
from ingestion.progress import Reporter
from operations.environment import Environment
from operations.errors import OperationError
from operations.store import WORKERS, Store, is_home

T = TypeVar("T")

DLT = ("_dlt_version", "_dlt_pipeline_state")
"""What dlt keeps beside the loads: columns, and how far a source was read."""


@dataclass(frozen=True)
class Moved:
    """What was copied: loads, their rows, and delivered files."""

    loads: int = 0
    rows: int = 0
    files: int = 0


def push(
    environment: Environment,
    store: Store,
    progress: Reporter | None = None,
    check: Callable[[], None] = lambda: None,
) -> Moved:
    """Copy the completed loads that the store lacks, and the files they came from.

    Args:
        environment: The environment; nobody may be loading into it.
        store: Its store; the lease on it is held.
        progress: Where to report.
        check: Called before each marker; raises where the lease was lost.
    """
    if is_home(store, environment):
        return Moved()
    datasets = _in_order(environment.log.datasets())
    stored = {dataset: _stored(store, dataset) for dataset in datasets}
    lacking = [
        (dataset, load)
        for dataset in datasets
        for load in environment.log.loads(dataset)
        if load.load_id not in stored[dataset]
    ]
    files = 0
    with (progress or Reporter()).step("writing the log", len(lacking)) as step:
        for dataset, load in lacking:
            paths = [f"raw/{dataset}/{file.path}" for file in load.files]
            if dataset == DATASET:
                landed = _landed(environment.log, load)
                files += len(landed)
                paths += landed
            _each(paths, lambda path: store.upload(environment.folder / path, path))
            check()
            marker = _marker(dataset, load)
            store.upload(environment.folder / marker, marker)
            step.advance()
    for dataset in datasets:
        _remove_replaced(environment, store, dataset, stored[dataset])
        known = set(_dlt_keys(store, dataset))
        for path in _dlt_files(environment, dataset):
            if path not in known:
                store.upload(environment.folder / path, path)
    return Moved(len(lacking), _rows(load for _, load in lacking), files)


def pull(
    environment: Environment, store: Store, progress: Reporter | None = None
) -> Moved:
    """Bring the loads that are lacking here, and files that are yet to be loaded.

    Where nothing is here, dlt's working folder goes too: its cursors could be ahead of
    the log. dlt takes its state from the log instead.

    Args:
        environment: The environment; nobody may be loading into it.
        store: Its store.
        progress: Where to report.

    Raises:
        OperationError: A file is missing or damaged, there and here.
    """
    progress = progress or Reporter()
    if is_home(store, environment):
        return Moved()
    log = environment.log
    if not log.datasets():
        shutil.rmtree(environment.folder / "pipelines", ignore_errors=True)
    brought: list[Load] = []
    for dataset in _in_order(store.folders("raw")):
        lacking = sorted(_stored(store, dataset) - log.ids(dataset))
        if not lacking:
            continue
        with progress.step(f"fetching {dataset}", len(lacking)) as step:
            # What replaces others first: they are then lacking no longer.
            for load_id in sorted(lacking, key=lambda each: not each.endswith(MERGED)):
                if load_id not in log.ids(dataset):
                    brought.append(_fetch(environment, store, dataset, load_id))
                step.advance()
        for path in _dlt_keys(store, dataset):
            if not (environment.folder / path).exists():
                store.download(path, environment.folder / path)
    files = _fetch_landed(environment, store, progress) if brought else 0
    return Moved(len(brought), _rows(brought), files)


def _remove_replaced(
    environment: Environment, store: Store, dataset: str, stored: set[str]
) -> None:
    """Remove from the store what was merged and removed here."""
    for load in environment.log.loads(dataset):
        for load_id in stored.intersection(load.replaced):
            key = _marker_key(dataset, load_id)
            if not (environment.folder / key).exists():
                files = store.read_json(key).get("files", ())
                store.delete(key)
                for file in files:
                    store.delete(f"raw/{dataset}/{file['path']}")


def _fetch(environment: Environment, store: Store, dataset: str, load_id: str) -> Load:
    """Bring a load: its files, checked, and then its marker."""
    key = _marker_key(dataset, load_id)
    marker = environment.folder / key
    draft = marker.with_name(f".{marker.name}.fetched")
    store.download(key, draft)
    load = read_marker(draft)

    def fetch(file: File) -> None:
        path = f"raw/{dataset}/{file.path}"
        target = environment.folder / path
        try:
            store.download(path, target)
        except FileNotFoundError:
            message = f"{store.url(path)} is missing, and its marker names it"
        else:
            if (target.stat().st_size, checksum(target)) == (file.bytes, file.sha256):
                return
            target.unlink()
            message = (
                f"{store.url(path)} is damaged: its checksum is not the one in its"
                " marker"
            )
        raise OperationError(
            f"{message}. Put it back from a backup of the store; or, where another"
            f" machine still has the load, delete {store.url(key)} and run muster"
            " ingest there, which writes it again."
        )

    _each(load.files, fetch)
    draft.replace(marker)
    return load


def _fetch_landed(environment: Environment, store: Store, progress: Reporter) -> int:
    """Bring the files that were landed and are yet to be loaded."""
    with environment.log.connect() as connection:
        rows = connection.execute(
            "with states as (select *, row_number() over ("
            " partition by source, resource, sha256"
            " order by _dlt_load_id desc, recorded_at desc) as recency"
            " from raw_ops.landed_files where status <> ?)"
            " select landing_path from states where recency = 1 and status = ?"
            " order by 1",
            [KNOWN, LANDED],
        ).fetchall()
    lacking = [path for (path,) in rows if not (environment.folder / path).is_file()]

    def fetch(path: str) -> None:
        try:
            store.download(path, environment.folder / path)
        except FileNotFoundError:
            raise OperationError(
                f"{store.url(path)} is missing, and a run that ended early has yet to"
                " load it: put it back from a backup of the store or from its sender."
            ) from None

    with progress.step("fetching files that are yet to be loaded", len(lacking)):
        _each(lacking, fetch)
    return len(lacking)


def _landed(log: Log, load: Load) -> list[str]:
    """The delivered files that a load of the ledger speaks of first."""
    found = []
    for file in load.files:
        if file.table != "landed_files":
            continue
        rows = pq.read_table(
            log.folder / DATASET / file.path, columns=["landing_path", "status"]
        ).to_pylist()
        for row in rows:
            path = str(row["landing_path"])
            if row["status"] in (LANDED, QUARANTINED):
                found.append(path)
            if row["status"] == QUARANTINED:
                found.append(f"{path}.reason.txt")
    # What was quarantined after it was landed lies there no longer.
    return [path for path in found if (log.folder.parent / path).is_file()]


def _in_order(datasets: Iterable[str]) -> list[str]:
    """The datasets, the ledger last."""
    return sorted(datasets, key=lambda name: (name == DATASET, name))


def _stored(store: Store, dataset: str) -> set[str]:
    keys = store.keys(f"raw/{dataset}/{MARKERS}")
    return {Path(key).stem.rpartition("__")[2] for key in keys}


def _marker_key(dataset: str, load_id: str) -> str:
    return f"raw/{dataset}/{MARKERS}/{dataset.removeprefix('raw_')}__{load_id}.jsonl"


def _marker(dataset: str, load: Load) -> str:
    return _marker_key(dataset, load.load_id)


def _dlt_keys(store: Store, dataset: str) -> list[str]:
    return [key for name in DLT for key in store.keys(f"raw/{dataset}/{name}")]


def _dlt_files(environment: Environment, dataset: str) -> list[str]:
    folder = environment.log.folder / dataset
    return [
        path.relative_to(environment.folder).as_posix()
        for name in DLT
        for path in sorted((folder / name).glob("*.jsonl"))
    ]


def _rows(loads: Iterable[Load]) -> int:
    return sum(file.rows for load in loads for file in load.files)


def _each(things: Sequence[T], do: Callable[[T], None]) -> None:
    """Do something with each of several things, some at a time."""
    with ThreadPoolExecutor(WORKERS) as pool:
        list(pool.map(do, things))
