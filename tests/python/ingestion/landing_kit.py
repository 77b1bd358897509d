"""A warehouse in a temporary folder, and files of our own making for its inboxes."""

import gzip
import json
import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb

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

    def query(self, sql: str) -> list[Any]:
        """Rows of a query on `raw.duckdb`."""
        with duckdb.connect(str(self.folder / "raw.duckdb"), read_only=True) as raw:
            return raw.execute(sql).fetchall()

    def one(self, sql: str) -> Any:
        """The one value of a query."""
        return self.query(sql)[0][0]

    def loaded(self, table: str, columns: str = "*") -> list[Any]:
        """Rows of completed loads, ordered."""
        dataset = table.split(".")[0]
        return self.query(
            f"select {columns} from {table} where _dlt_load_id in"
            f" (select load_id from {dataset}._dlt_loads where status = 0) order by all"
        )

    def statuses(self) -> list[tuple[str, str]]:
        """(inbox path, status) in the order they were recorded."""
        return self.query("select inbox_path, status from raw_ops.landed_files")

    def is_balanced(self) -> bool:
        """Whether the identity in rows holds over all runs and resources."""
        return bool(
            self.one(
                "select coalesce(bool_and(delivered = loaded + rejected + quarantined"
                " + already_known), true) from raw_ops.load_counts"
            )
        )


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
