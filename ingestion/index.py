"""The index: each completed load's marker, in the ledger, so that a loss shows.

A marker alone says that a load is there: where it is gone, there never was one. The run
that completes a load enters its marker in `raw_ops`, or the next run where that one
dies. What the index tells of is missing or was changed where the log has no such
marker; what it does not, though it tells of later ones, is foreign: somebody copied it
in, or a run died whose ledger is on another machine. It is entered and told.

The ledger's newest loads are in no other load of it: `raw/index.json` tells of them.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from environment.databases import session
from environment.errors import MusterError
from environment.files import write_whole
from ingestion import signing
from ingestion.ledger_tables import DATASET
from ingestion.log import MERGED, Log, marker_key

TABLE = "completed_loads"
"""A row per load: its dataset, id, rows, marker and the marker's checksum."""

END = "index.json"
"""Below the log's folder: what the index does not tell yet, as rows of it."""

_ROW = [str, str, int, str, str]

MISSING, CHANGED, FOREIGN = "is missing", "was changed", "is of no run of this log"


@dataclass(frozen=True)
class Loss:
    """A marker that is not as the index says.

    Attributes:
        dataset: The dataset.
        load_id: The load's id.
        rows: How many rows it has, as the index or else the marker says.
        path: Where the marker lies, or should lie.
        fault: What is wrong with it: `MISSING`, `CHANGED` or `FOREIGN`.
    """

    dataset: str
    load_id: str
    rows: int
    path: Path
    fault: str

    def __str__(self) -> str:
        """One line for people: what is wrong with which marker, and what to do."""
        remedy = (
            "Take it away, if nobody knows where it comes from"
            if self.fault == FOREIGN
            else f"Run muster mend {self.path.parents[3].name}, or put it back from a"
            " backup"
        )
        return (
            f"{self.path} {self.fault}; it is the marker of load {self.load_id} of"
            f" {self.dataset}, {self.rows:,} rows. {remedy}."
        )


def unrecorded(log: Log, known: set[tuple[str, str]]) -> list[tuple[Any, ...]]:
    """The completed loads that are in no index yet.

    Args:
        log: The log.
        known: The datasets and ids of those that are.

    Returns:
        For each its dataset, id, rows, marker's checksum and marker. The checksum is
        that of the marker without its signature.
    """
    found = []
    for dataset, load_id, rows, path in _markers(log, log.datasets()):
        if (dataset, load_id) not in known:
            text = path.read_text()
            found.append((dataset, load_id, rows, signing.digest(text), text))
    return found


def losses(log: Log) -> list[Loss]:
    """The markers that are missing or were changed, by dataset and load.

    Raises:
        MusterError: As by `compared`.
    """
    return [loss for loss in compared(log) if loss.fault != FOREIGN]


def compared(log: Log) -> list[Loss]:
    """The markers that are not as the index says, foreign ones too.

    Of a dataset with a marker that is none any more that alone is told.

    Raises:
        MusterError: A marker of the ledger cannot be read, or one is not signed.
    """
    recorded = {
        (str(dataset), str(load_id)): (int(rows), str(sha256))
        for dataset, load_id, rows, sha256, _ in _recorded(log)
    }
    found, whole = [], []
    for dataset in log.datasets():
        damaged = log.unreadable(dataset)
        if not damaged:
            whole.append(dataset)
        for path in damaged:
            load_id = path.stem.rpartition("__")[2]
            rows, _ = recorded.get((dataset, load_id), (0, ""))
            found.append(Loss(dataset, load_id, rows, path, CHANGED))
    here = {(dataset, each) for dataset in whole for each in log.ids(dataset)}
    gone = {dataset for dataset, _ in recorded} - {*log.datasets()}
    found += [
        Loss(dataset, load_id, rows, log.folder / marker_key(dataset, load_id), MISSING)
        for (dataset, load_id), (rows, _) in recorded.items()
        if (dataset, load_id) not in here and dataset in {*whole, *gone}
    ]
    newest: dict[str, str] = {}
    for dataset, load_id in recorded:
        newest[dataset] = max(load_id, newest.get(dataset, ""))
    for dataset, load_id, rows, path in _markers(log, whole):
        _, sha256 = recorded.get((dataset, load_id), (0, ""))
        if not sha256:
            # One that takes the place of others is not told until the next run.
            if load_id < newest.get(dataset, "") and not load_id.endswith(MERGED):
                found.append(Loss(dataset, load_id, rows, path, FOREIGN))
        elif signing.digest(path.read_text()) != sha256:
            found.append(Loss(dataset, load_id, rows, path, CHANGED))
    return sorted(found, key=lambda loss: (loss.dataset, loss.load_id))


def restore(log: Log, loss: Loss) -> bool:
    """Write a marker as the index has it; whether it has one."""
    wanted = (loss.dataset, loss.load_id)
    kept = [str(text) for *load, _, _, text in _recorded(log) if tuple(load) == wanted]
    if kept:
        text = kept[0].removesuffix("\n")
        write_whole(loss.path, signing.signed(loss.path.name, text))
    return bool(kept)


def note_end(log: Log) -> None:
    """Note what no load of the ledger tells yet."""
    known = {(str(dataset), str(load_id)) for dataset, load_id, *_ in _entered(log)}
    _write_end(log, unrecorded(log, known))


def join_end(log: Log, theirs: Iterable[tuple[Any, ...]]) -> None:
    """Note besides what another machine noted last."""
    _write_end(log, dict.fromkeys([*_end(log), *theirs]))


def _write_end(log: Log, rows: Iterable[tuple[Any, ...]]) -> None:
    content = {"loads": [*map(list, rows)]}
    write_whole(log.folder / END, signing.signed(END, json.dumps(content)))


def parse_end(content: bytes, place: str) -> list[tuple[Any, ...]]:
    """What the index does not tell yet, as rows of it.

    Args:
        content: As it was written.
        place: Where it was found, for people.

    Raises:
        MusterError: It is damaged, or not signed where there is a key.
    """
    try:
        told = json.loads(content)
        rows = [tuple(row) for row in told["loads"]]
        if any([*map(type, row)] != _ROW for row in rows):
            raise ValueError
    except (ValueError, KeyError, TypeError, RecursionError):
        raise MusterError(
            f"{place} is damaged: put it back from a backup; or take it away, where"
            " muster verify finds nothing else, and the next muster ingest writes it."
        ) from None
    signing.check(told, place)
    return rows


def _end(log: Log) -> list[tuple[Any, ...]]:
    path = log.folder / END
    return parse_end(path.read_bytes(), str(path)) if path.exists() else []


def _recorded(log: Log) -> list[tuple[Any, ...]]:
    """All that is known of loads: dataset, id, rows, marker's checksum and marker."""
    return _entered(log) + _end(log)


def _entered(log: Log) -> list[tuple[Any, ...]]:
    """What the ledger tells of it."""
    with session() as connection:
        log.show(connection, datasets=[DATASET])
        return connection.execute(
            f"select dataset, load_id, rows, sha256, marker from {DATASET}.{TABLE}"
        ).fetchall()


def _markers(log: Log, datasets: Iterable[str]) -> Iterator[tuple[str, str, int, Path]]:
    """Each marker that is here: its dataset, load, rows, and where it lies."""
    for dataset in datasets:
        for load in log.loads(dataset):
            path = log.folder / marker_key(dataset, load.load_id)
            yield dataset, load.load_id, sum(file.rows for file in load.files), path
