"""A warehouse in a temporary folder, and files of our own making for its inboxes."""

import gzip
import json
import os
import re
import time
from collections.abc import Callable, Sequence
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from environment.progress import Reporter
from ingestion import log
from ingestion.context import RunContext, Source
from ingestion.ledger import Ledger
from ingestion.ledger_tables import DATASET
from ingestion.runner import ingest
from ingestion.tally import Tally


class Warehouse:
    """A `MUSTER_HOME` in a temporary folder.

    Args:
        home: The folder.
    """

    def __init__(self, home: Path) -> None:
        self.home = home
        self.folder = home / "dev"
        self.log = log.of(self.folder)

    def inbox(self, source: str) -> Path:
        """The inbox of a source, created."""
        path = self.folder / "inbox" / source
        path.mkdir(parents=True, exist_ok=True)
        return path

    def drop(self, source: str, name: str, content: str | bytes) -> Path:
        """Put a file into an inbox; text for a `.gz` name is compressed."""
        data = content
        if isinstance(data, str):
            data = data.encode()
            if name.endswith(".gz"):
                data = gzip.compress(data, mtime=0)
        path = self.inbox(source) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        return path

    def ingest(self, *sources: str) -> Tally:
        """Run an ingestion."""
        return ingest(sources, self.home, "dev")

    def run(self, source: Source, tally: Tally | None = None, **options: Any) -> Tally:
        """Run a source alone; what it raises is raised.

        Args:
            source: The source.
            tally: Counts what the run does; of use where it raises.
            options: Of the run's context.
        """
        run_id, tally = str(time.time_ns()), tally or Tally()
        shown = [DATASET, f"raw_{source.SOURCE}"]
        with self.log.connect(shown) as connection:
            operations = Ledger(connection, run_id, self.log)
            source.run(
                RunContext(
                    source.SOURCE,
                    self.home,
                    "dev",
                    run_id,
                    connection,
                    self.log,
                    operations,
                    tally,
                    Reporter(),
                    **options,
                )
            )
            operations.flush()
        assert all(count.is_balanced for count in tally.counts.values())
        return tally

    def query(self, sql: str) -> list[Any]:
        """Rows of a query on the log, of which only what it names is shown."""
        with self.log.connect(set(re.findall(r"raw_\w+", sql))) as raw:
            return raw.execute(sql).fetchall()

    def one(self, sql: str) -> Any:
        """The one value of a query."""
        return self.query(sql)[0][0]

    def loaded(self, table: str, columns: str = "*") -> list[Any]:
        """Rows of a table, ordered."""
        return self.query(f"select {columns} from {table} order by all")

    def statuses(self) -> list[tuple[str, str]]:
        """(inbox path, status) in the order they were recorded."""
        return self.query("select inbox_path, status from raw_ops.landed_files")

    def types(self, dataset: str) -> dict[str, dict[str, str]]:
        """The columns and types of each table's newest file."""
        loads = self.log.loads(dataset)
        return {file.table: file.columns for load in loads for file in load.files}

    def unmarked(self) -> list[Path]:
        """The Parquet files that lie in the log and are in no completed load."""
        marked = {
            self.log.folder / dataset / file.path
            for dataset in self.log.datasets()
            for load in self.log.loads(dataset)
            for file in load.files
        }
        return sorted({*self.log.folder.rglob("*.parquet")} - marked)

    def is_balanced(self) -> bool:
        """Whether the identity in rows holds over all runs and resources."""
        return bool(
            self.one(
                "select coalesce(bool_and(delivered = loaded + rejected + quarantined"
                " + already_known), true) from raw_ops.load_counts"
            )
        )


class KilledError(BaseException):
    """Stands for a killed process: nothing in the code catches it."""


def before(*_: Any) -> bool:
    """End before the call."""
    return True


def after(*_: Any) -> bool:
    """End after the call."""
    return False


def interrupt(
    monkeypatch: pytest.MonkeyPatch,
    owner: Any,
    name: str,
    moment: Callable[..., bool],
    call: int = 1,
) -> None:
    """End the run before or after a call of `owner.name`, with no time to tidy up."""
    original = getattr(owner, name)
    calls = count(1)

    def interrupted(*args: Any, **kwargs: Any) -> Any:
        number = next(calls)
        if number == call and moment():
            raise KilledError
        result = original(*args, **kwargs)
        if number == call:
            raise KilledError
        return result

    monkeypatch.setattr(owner, name, interrupted)
    monkeypatch.setattr(log.Log, "remove", lambda *_: None)


def punch(number: int, **changes: Any) -> str:
    """A line of the attendance app."""
    row: dict[str, Any] = {
        "event_id": f"e{number}",
        "user_id": f"u{number % 7}",
        "type": "IN" if number % 2 else "OUT",
        "device_time": f"2026-06-{number % 28 + 1:02}T08:00:00+02:00",
        "arrival_time": f"2026-06-{number % 28 + 1:02}T06:00:05Z",
        "device_id": "phone",
    }
    row |= changes
    return json.dumps({k: v for k, v in row.items() if v is not ...})


def punches(numbers: Sequence[int]) -> str:
    """A file of the attendance app."""
    return "".join(punch(n) + "\n" for n in numbers)


def settle(path: Path, seconds: float) -> None:
    """Make a file look as if it was last changed so many seconds ago."""
    then = time.time() - seconds
    os.utime(path, (then, then))
