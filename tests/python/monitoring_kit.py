"""Histories of runs, written to a log by hand, and servers that hear of incidents."""

import itertools
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pyarrow.parquet as pq

from environment import Environment
from ingestion.ledger_tables import DATASET, RUN_TABLES, RUNS
from ingestion.ledger_tables import TABLES as LEDGER
from ingestion.log import of as log_of
from operations.monitoring import runs
from operations.monitoring.sinks import Telling

Rows = list[dict[str, Any]]

GIB = 2**30


class History:
    """What runs left in the log of an environment.

    Args:
        home: `MUSTER_HOME`.
    """

    def __init__(self, home: Path) -> None:
        self.environment = Environment("dev", home)
        self.environment.folder.mkdir(parents=True)
        self.log = log_of(self.environment.folder)
        self._numbers = itertools.count(1)
        self._pending: dict[tuple[str, str], Rows] = {}

    def run(
        self,
        command: str,
        at: datetime,
        outcome: str | None = runs.SUCCEEDED,
        **columns: Any,
    ) -> str:
        """A run, which was killed where it has no outcome; returns its id."""
        run_id = f"run-{next(self._numbers):05}"
        begun = {"run_id": run_id, "command": command, "event": runs.BEGUN}
        self._note("run_events", begun | {"recorded_at": at, "host": "elsewhere"})
        self._write()
        if outcome is not None:
            room = {"free_disk_bytes": 50 * GIB, "disk_bytes": 100 * GIB}
            memory = {"peak_memory_bytes": GIB, "memory_limit_bytes": 8 * GIB}
            ended: dict[str, Any] = begun | {"event": runs.ENDED, "outcome": outcome}
            # Whoever says of another that it was killed knows no more of it.
            ended |= {} if outcome == runs.KILLED else room | memory
            ended |= {"recorded_at": at + timedelta(minutes=1)} | columns
            self._note("run_events", ended)
        return run_id

    def node(self, run_id: str, unique_id: str, status: str, **columns: Any) -> None:
        """What dbt said of a node in a run."""
        kind, _, name = unique_id.split(".")[:3]
        row: dict[str, Any] = {"run_id": run_id, "unique_id": unique_id, "node": name}
        row |= {"resource_type": kind, "status": status, "seconds": 1.0}
        self._note("node_results", row | columns)

    def set_aside(self, run_id: str, records: int) -> None:
        """How many records a build set aside by one rule."""
        row: dict[str, Any] = {"rule": "birth_after_joining", "source": "frappe_hr"}
        row |= {"resource": "employees", "records": records, "share_pct": 0.1}
        self._note("set_aside_counts", row | {"run_id": run_id})

    def load(self, source: str, resource: str, at: datetime, rows: int) -> None:
        """What an ingest brought of a resource."""
        count: dict[str, Any] = {
            "source": source,
            "resource": resource,
            "finished_at": at,
        }
        count |= {"delivered": rows, "loaded": rows, "started_at": at, "seconds": 1.0}
        count |= dict.fromkeys(("files", "rejected", "quarantined"), 0)
        count |= dict.fromkeys(("already_known", "rejected_values", "incomplete"), 0)
        count["run_id"] = f"ingest-{next(self._numbers):05}"
        self._note("load_counts", count, DATASET)

    def file(self, source: str, path: str, status: str, at: datetime) -> None:
        """What became of a delivered file."""
        row: dict[str, Any] = {"source": source, "inbox_path": path}
        row |= {"resource": "punches"}
        row |= {"status": status, "recorded_at": at, "run_id": "ingest"}
        self._note("landed_files", row, DATASET)

    def change(self, source: str, column: str, change: str, at: datetime) -> None:
        """A column that came anew or was left out."""
        row: dict[str, Any] = {"source": source, "column_name": column}
        row |= {"resource": "punches"}
        row |= {"change": change, "recorded_at": at, "run_id": "ingest"}
        self._note("schema_changes", row, DATASET)

    def flush(self) -> None:
        """Have all in the log that was noted."""
        self._write()

    def _note(self, table: str, row: dict[str, Any], dataset: str = RUNS) -> None:
        self._pending.setdefault((dataset, table), []).append(row)

    def _write(self) -> None:
        pending, self._pending = self._pending, {}
        for dataset in {dataset for dataset, _ in pending}:
            load_id = f"{next(self._numbers):05}"
            with self.log.write(dataset, load_id) as draft:
                for (written, name), rows in pending.items():
                    if written == dataset:
                        tables = LEDGER if dataset == DATASET else RUN_TABLES
                        content = runs.table(name, rows, tables)
                        pq.write_table(content, draft.path(name))


class Deaf:
    """A sink that hears nothing while it is deaf, and keeps what it is told after."""

    def __init__(self) -> None:
        self.told: list[tuple[Telling, str | None]] = []
        self.is_deaf = False

    def tell(self, telling: Telling, ticket: str | None) -> str:
        """Keep what is told."""
        from environment.errors import MusterError

        if self.is_deaf:
            raise MusterError("nobody hears")
        self.told.append((telling, ticket))
        return ticket or f"T-{len(self.told)}"


class Tracker:
    """GitHub and Jira on loopback: each call is checked, and may be made to fail.

    Attributes:
        calls: Method and path of each.
        issues: By their number or key: title, text, state and comments.
        failing: The answer to the next calls of a kind: `POST /comment` to a status.
    """

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.issues: dict[str, dict[str, Any]] = {}
        self.failing: dict[str, int] = {}
        self.address = ""

    def github(self, method: str, path: str, content: Any) -> tuple[int, Any]:
        """Answer as GitHub does."""
        if method == "GET" and path.startswith("/repos/acme/hr/issues?state=all"):
            found = [
                {"number": int(n), "body": i["text"]} for n, i in self.issues.items()
            ]
            return 200, found if "&page=1" in path else []
        if method == "POST" and path == "/repos/acme/hr/issues":
            assert set(content) == {"title", "body"}
            number = str(len(self.issues) + 1)
            self._open(number, content["title"], content["body"])
            return 201, {"number": int(number)}
        match = re.fullmatch(r"/repos/acme/hr/issues/(\d+)(/comments)?", path)
        assert match, path
        issue = self.issues[match[1]]
        if match[2]:
            assert method == "POST"
            issue["comments"].append(content["body"])
            return 201, {}
        assert method == "PATCH"
        assert content["state_reason"] in {"completed", "reopened"}
        issue["state"] = content["state"]
        return 200, {}

    def jira(self, method: str, path: str, content: Any) -> tuple[int, Any]:
        """Answer as Jira does."""
        path = path.removeprefix("/rest/api/2")
        if path.startswith("/search/jql?jql=labels"):
            found = re.search(r"INC-[0-9a-f]+", path)
            assert found
            keys = [k for k, i in self.issues.items() if i["labels"] == [found[0]]]
            return 200, {"issues": [{"key": key} for key in keys]}
        if path == "/issue":
            fields = content["fields"]
            assert fields["project"] == {"key": "OPS"}
            assert fields["issuetype"] == {"name": "Bug"}
            key = f"OPS-{len(self.issues) + 1}"
            self._open(key, fields["summary"], fields["description"])
            self.issues[key]["labels"] = fields["labels"]
            return 201, {"key": key}
        match = re.fullmatch(r"/issue/(OPS-\d+)/(comment|transitions)", path)
        assert match, path
        issue = self.issues[match[1]]
        if match[2] == "comment":
            issue["comments"].append(content["body"])
            return 201, {}
        ways = {"11": "new", "21": "indeterminate", "31": "done"}
        if method == "GET":
            return 200, {
                "transitions": [
                    {"id": each, "to": {"statusCategory": {"key": category}}}
                    for each, category in ways.items()
                ]
            }
        is_done = ways[content["transition"]["id"]] == "done"
        issue["state"] = "closed" if is_done else "open"
        return 204, None

    def _open(self, key: str, title: str, text: str) -> None:
        self.issues[key] = {
            "title": title,
            "text": text,
            "state": "open",
            "comments": [],
        }


@contextmanager
def serving(tracker: Tracker, kind: str) -> Iterator[Tracker]:
    """Let a tracker answer on loopback."""

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            tracker.calls.append(f"{self.command} {self.path.partition('?')[0]}")
            length = int(self.headers.get("Content-Length") or 0)
            content = json.loads(self.rfile.read(length)) if length else None
            login = self.headers["Authorization"]
            assert login == ("Bearer secret" if kind == "github" else BASIC)
            for call, status in tracker.failing.items():
                method, _, end = call.partition(" ")
                if self.command == method and self.path.partition("?")[0].endswith(end):
                    self.send_response(status)
                    self.end_headers()
                    return
            status, answer = getattr(tracker, kind)(self.command, self.path, content)
            self.send_response(status)
            body = json.dumps(answer).encode() if answer is not None else b""
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_PATCH = _answer  # noqa: N815

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    tracker.address = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield tracker
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


BASIC = "Basic b3BzQGV4YW1wbGUuY29tOnNlY3JldA=="
"""`ops@example.com:secret`, as HTTP writes it."""
