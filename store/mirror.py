"""The log and the landing zone in a store elsewhere, and here: each has what it lacks.

The log's folder is a cache of the store then. Files go first, the marker of their load
last, sources before the ledger that calls their files loaded: whatever moment a run is
killed at, what is there is whole. Where the store is `MUSTER_HOME`, nothing is copied.
"""

import shutil
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import chain
from pathlib import Path

import pyarrow.parquet as pq

from environment import RAW, Environment
from environment.errors import MusterError
from environment.files import write_whole
from environment.progress import Reporter
from ingestion import index, signing
from ingestion.erasure.forgotten import FILE as FORGOTTEN
from ingestion.landing import BESIDE
from ingestion.ledger_tables import DATASET, KNOWN, LANDED, QUARANTINED, RUNS
from ingestion.log import (
    LOAD_ID,
    MARKERS,
    MERGED,
    File,
    Load,
    marker_key,
    parse_marker,
)
from ingestion.log import of as log_of
from ingestion.mending import make_again
from store.store import WORKERS, Store, is_home

DLT = ("_dlt_version", "_dlt_pipeline_state")
"""What dlt keeps beside the loads: columns, and how far a source was read."""


def push(
    environment: Environment,
    store: Store,
    progress: Reporter | None = None,
    check: Callable[[], None] = lambda: None,
    datasets: Sequence[str] | None = None,
) -> int:
    """Copy the completed loads that the store lacks, and the files they came from.

    Args:
        environment: The environment; nobody may be loading into it.
        store: Its store; the lease on it is held.
        progress: Where to report.
        check: Called before each marker; raises where the lease was lost.
        datasets: Those to copy; all by default.

    Returns:
        How many loads were copied.

    Raises:
        MusterError: A file here is damaged. All sources are copied but for its load,
            and of the ledger, which calls its rows loaded, nothing.
    """
    if is_home(store, environment):
        return 0
    log, damaged = log_of(environment.folder), list[str]()
    datasets = datasets or [RUNS, *_in_order(log.datasets())]
    stored = {dataset: _ids(store, dataset) for dataset in datasets}
    loads = {dataset: log.loads(dataset) for dataset in datasets}
    total = sum(
        load.load_id not in stored[dataset]
        for dataset, some in loads.items()
        for load in some
    )
    with (progress or Reporter()).step("writing the log", total) as step:
        for dataset, some in loads.items():
            if dataset == DATASET and damaged:
                raise MusterError(" ".join(damaged))
            for load in some:
                if load.load_id in stored[dataset]:
                    continue
                found = log.damaged(dataset, [load], thorough=True)
                if found:
                    damaged += map(str, found if dataset != RUNS else ())
                    continue
                paths = [f"{RAW}/{dataset}/{file.path}" for file in load.files]
                if dataset == DATASET:
                    paths += _received(environment, load, stored[dataset])
                _upload(environment, store, paths)
                check()
                _upload(environment, store, [_marker(dataset, load.load_id)])
                step.advance()
            _remove_replaced(environment, store, dataset, some, stored[dataset])
            # How far a source was read is told after what was read.
            kept = [
                path.relative_to(environment.folder).as_posix()
                for name in DLT
                for path in (environment.raw / dataset / name).glob("*.jsonl")
            ]
            known = _dlt_keys(store, dataset) if kept else []
            _upload(environment, store, sorted(set(kept) - set(known)))
    if DATASET in datasets and (log.folder / index.END).exists():
        _upload(environment, store, [f"{RAW}/{index.END}"])
    return total


def pull(
    environment: Environment, store: Store, progress: Reporter | None = None
) -> int:
    """Bring the loads that are lacking here, and files that are yet to be loaded.

    Where nothing is here, dlt's working folder goes: its cursors could be ahead of the
    log. dlt takes its state from the log instead.

    Args:
        environment: The environment; nobody may be loading into it.
        store: Its store.
        progress: Where to report.

    Returns:
        How many loads were brought.

    Raises:
        MusterError: A marker or a file is damaged, or a file is missing.
    """
    progress = progress or Reporter()
    log = log_of(environment.folder)
    for damage in log.damaged(DATASET):
        raise MusterError(str(damage))
    if not log.datasets():
        shutil.rmtree(environment.folder / "pipelines", ignore_errors=True)
    if is_home(store, environment):
        return 0
    if store.exists(FORGOTTEN):
        store.download(FORGOTTEN, environment.folder / FORGOTTEN)
    brought = 0
    for dataset in _in_order(store.folders(RAW)):
        stored = _ids(store, dataset)
        if stored <= log.ids(dataset):
            continue
        merged = {load_id for load_id in stored if load_id.endswith(MERGED)}
        # With those that replace others, many are lacking no longer.
        for some in (merged, stored - merged):
            lacking = sorted(some - log.ids(dataset))
            with (
                progress.step(f"fetching {dataset}", len(lacking)) as step,
                ThreadPoolExecutor(WORKERS) as pool,
            ):
                fetch = partial(_fetch, environment, store, dataset)
                for _ in pool.map(fetch, lacking):
                    step.advance()
            brought += len(lacking)
        for path in _dlt_keys(store, dataset):
            if not (environment.folder / path).exists():
                store.download(path, environment.folder / path)
    _fetch_end(environment, store)
    _fetch_landed(environment, store, progress)
    return brought


def mend(
    environment: Environment,
    store: Store,
    progress: Reporter | None = None,
    *,
    thorough: bool = False,
) -> list[str]:
    """Bring the log's files that are damaged here again, or make them again.

    Args:
        environment: The environment; nobody may be loading into it.
        store: Its store; the lease on it is held.
        progress: Where what was mended is told.
        thorough: Whether to read all files for their checksums, or see their sizes.

    Returns:
        What could not be mended, a line each.

    Raises:
        MusterError: A marker is damaged.
    """
    progress, left = progress or Reporter(), list[str]()
    log = log_of(environment.folder)
    for loss in index.losses(log):
        if index.restore(log, loss):
            progress.line(f"{loss.path} {loss.fault}: written again as it was")
        else:
            left.append(str(loss))
            progress.line(left[-1])
    log = log_of(environment.folder)
    # The ledger, which says what was landed, is needed to make others again.
    for dataset in reversed(_in_order(log.datasets())):
        for damage in log.damaged(dataset, thorough=thorough):
            key = f"{RAW}/{dataset}/{damage.file.path}"
            is_elsewhere = not is_home(store, environment)
            if is_elsewhere and not fetch_file(environment, store, key, damage.file):
                progress.line(f"{damage.path} {damage.fault}: brought from the store")
                continue
            try:
                if damage.load in log.loads(dataset):
                    make_again(environment.home, environment.name, damage)
            except MusterError as error:
                left.append(f"{damage} It cannot be made again: {error}.")
                progress.line(left[-1])
            else:
                progress.line(f"{damage.path} {damage.fault}: made again")
    return left


def sign(environment: Environment, store: Store) -> int:
    """Sign each load, and what dlt keeps, with the key that is set, here and there.

    Args:
        environment: The environment, its log read through; nobody may be loading.
        store: Its store.

    Returns:
        How many markers there are.
    """
    log, count = log_of(environment.folder), 0
    for dataset in log.datasets():
        markers = sorted((environment.raw / dataset / MARKERS).glob("*.jsonl"))
        for path in markers:
            write_whole(path, signing.signed(path.name, path.read_text()))
        if not is_home(store, environment):
            keys = [path.relative_to(environment.folder).as_posix() for path in markers]
            _upload(environment, store, keys)
        count += len(markers)
        for name in DLT:
            for path in sorted((environment.raw / dataset / name).glob("*.jsonl")):
                _rename(environment, store, path)
    if (end := log.folder / index.END).exists():
        write_whole(end, signing.signed(end.name, end.read_text()))
        if not is_home(store, environment):
            _upload(environment, store, [f"{RAW}/{index.END}"])
    return count


def _rename(environment: Environment, store: Store, path: Path) -> None:
    """Let the name of a file of dlt's bear the signature of the key that is set."""
    target = signing.named(path, path.read_text("utf-8").strip())
    if target != path:
        path.replace(target)
        if not is_home(store, environment):
            old, new = (
                each.relative_to(environment.folder).as_posix()
                for each in (path, target)
            )
            store.upload(target, new)
            store.delete(old)


def _fetch(environment: Environment, store: Store, dataset: str, load_id: str) -> None:
    """Bring a load: its files, checked, and then its marker."""
    marker = _marker(dataset, load_id)
    load = parse_marker(store.read_bytes(marker), store.url(marker))
    for file in load.files:
        path = f"{RAW}/{dataset}/{file.path}"
        wrong = fetch_file(environment, store, path, file)
        if wrong:
            raise MusterError(
                f"{store.url(path)} {wrong}. Put it back from a backup of the store;"
                " or, where another machine still has the load, delete"
                f" {store.url(marker)} and run muster ingest there, which writes it"
                " again."
            )
    store.download(marker, environment.folder / marker)


def fetch_file(environment: Environment, store: Store, key: str, file: File) -> str:
    """Bring a file of a load, if the store's is as its marker says.

    Returns:
        What is wrong with the store's; empty where it was brought.
    """
    target = environment.folder / key
    part = target.with_name(f".{target.name}.part")
    try:
        store.download(key, part)
    except FileNotFoundError:
        return "is missing, and its marker names it"
    fault = file.fault(part, thorough=True)
    if fault:
        part.unlink()
    else:
        part.replace(target)
    return fault


def _fetch_end(environment: Environment, store: Store) -> None:
    """Know also by the store which loads are the ledger's newest."""
    key = f"{RAW}/{index.END}"
    if store.exists(key):
        theirs = index.parse_end(store.read_bytes(key), store.url(key))
        index.join_end(log_of(environment.folder), theirs)


def _fetch_landed(environment: Environment, store: Store, progress: Reporter) -> None:
    """Bring the files that were landed and are yet to be loaded."""
    with log_of(environment.folder).connect() as connection:
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
    with progress.step("fetching files that are yet to be loaded", len(lacking)):
        for path in lacking:
            try:
                if store.exists(f"{path}{BESIDE}"):
                    beside = environment.folder / f"{path}{BESIDE}"
                    store.download(f"{path}{BESIDE}", beside)
                store.download(path, environment.folder / path)
            except FileNotFoundError:
                raise MusterError(
                    f"{store.url(path)} is missing, and a run that ended early has yet"
                    " to load it: put it back from a backup of the store or from its"
                    " sender."
                ) from None


def _received(environment: Environment, load: Load, stored: set[str]) -> list[str]:
    """The delivered files that a load of the ledger speaks of first."""
    found = []
    for file in load.files:
        if file.table != "landed_files":
            continue
        path = environment.raw / DATASET / file.path
        for row in pq.ParquetFile(path).read().to_pylist():
            if row.get(LOAD_ID) in stored:
                continue
            landed = str(row["landing_path"])
            if row["status"] in (LANDED, QUARANTINED):
                found.append(landed)
            if row["status"] == QUARANTINED:
                found.append(f"{landed}.reason.txt")
    found += [f"{path}{BESIDE}" for path in found]
    # An earlier version moved what it quarantined.
    return [path for path in found if (environment.folder / path).is_file()]


def _remove_replaced(
    environment: Environment,
    store: Store,
    dataset: str,
    loads: Iterable[Load],
    stored: set[str],
) -> None:
    """Remove from the store what was merged and removed here."""
    for load_id in stored.intersection(
        chain.from_iterable(load.replaced for load in loads)
    ):
        marker = _marker(dataset, load_id)
        if not (environment.folder / marker).exists():
            load = parse_marker(store.read_bytes(marker), store.url(marker))
            store.delete(marker)
            for file in load.files:
                store.delete(f"{RAW}/{dataset}/{file.path}")


def _upload(environment: Environment, store: Store, paths: Iterable[str]) -> None:
    """Copy files of the environment to the store, some at a time."""
    with ThreadPoolExecutor(WORKERS) as pool:
        list(
            pool.map(lambda path: store.upload(environment.folder / path, path), paths)
        )


def _in_order(datasets: Iterable[str]) -> list[str]:
    """The datasets, the ledger last."""
    return sorted(datasets, key=lambda name: (name == DATASET, name))


def _marker(dataset: str, load_id: str) -> str:
    return f"{RAW}/{marker_key(dataset, load_id)}"


def _ids(store: Store, dataset: str) -> set[str]:
    """The loads of a dataset that the store holds whole."""
    keys = store.keys(f"{RAW}/{dataset}/{MARKERS}")
    return {Path(key).stem.rpartition("__")[2] for key in keys}


def _dlt_keys(store: Store, dataset: str) -> list[str]:
    return [key for name in DLT for key in store.keys(f"{RAW}/{dataset}/{name}")]
