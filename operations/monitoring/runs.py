"""The memory of runs: what each ingest, build and release did, appended to the log.

It lies beside what they load, `raw_runs`, and not in what they build: a rollback keeps
it. A run is noted as it begins and as it ends. One that was killed cannot say so: the
next run sees that its process is gone, or `int_runs` that others began after it.
"""

import os
import platform
import resource
import secrets
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

import environment as environments
from environment import Environment
from environment.databases import session
from environment.errors import MusterError, no_room
from environment.files import private_files
from environment.locks import writable
from ingestion.columns import Column
from ingestion.ledger_tables import ARROW, RUN_TABLES, RUNS
from ingestion.log import Log, marker_key
from ingestion.log import of as log_of
from ingestion.tally import Tally
from operations.build import artifacts, failing
from operations.build.artifacts import RESULTS
from operations.read import set_aside
from store import mirror, releases
from store.store import open_store

SUCCEEDED, FAILED, INTERRUPTED, KILLED = "succeeded", "failed", "interrupted", "killed"
"""How a run ends."""

PASSED = "passed"
"""How what a run looks at is found; else `FAILED`."""

BEGUN, ENDED = "begun", "ended"

DISK, MEMORY, OTHER = "disk", "memory", "other"
AUDIT, SINKS, SOURCES, USAGE = "audit", "sinks", "sources", "usage"
"""Why a run failed, where no node of dbt says it."""

FULL = "no room to write"
"""What `no_room` says."""

LONGEST = 300
"""How much of what was found is kept."""

BUILDS = frozenset({"build", "release"})
"""The commands that build: a build may end while another command runs."""

AS_BEFORE = "as before"
"""dbt's message of a node that was left as it was."""


@dataclass
class Run:
    """A run of a command on an environment.

    Attributes:
        environment: The environment.
        command: The command of `muster`.
        run_id: Its id; later ones sort behind.
        begun_at: When it began, by the wall clock, aware UTC.
        release: The release it made, if any.
        cause: Why it failed, where the command knows.
        rows: What is yet to be appended: table to rows by column.
    """

    environment: Environment
    command: str
    run_id: str = ""
    begun_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    release: str | None = None
    cause: str | None = None
    rows: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Name it: by when it began, and by chance."""
        name = f"{self.begun_at:%Y%m%dT%H%M%S.%f}-{secrets.token_hex(3)}"
        self.run_id = self.run_id or name

    def add(self, table: str, **columns: Any) -> None:
        """Note a row of one of `RUN_TABLES`; it is appended with the others."""
        now = datetime.now(UTC).replace(tzinfo=None)
        row = {"run_id": self.run_id, "recorded_at": now} | columns
        self.rows.setdefault(table, []).append(row)

    def check(self, name: str, subject: str, detail: str = "", *, passed: bool) -> None:
        """Note what was looked at, and whether it was as it should be."""
        outcome = PASSED if passed else FAILED
        self.add("checks", check_name=name, subject=subject, outcome=outcome)
        self.rows["checks"][-1]["detail"] = detail[:LONGEST]

    def sources(self, tally: Tally) -> None:
        """Note which sources an ingest read, which failed, and dlt's steps of each."""
        for (source, step), found in sorted(tally.steps.items()):
            self.add("load_steps", source=source, step=step, **asdict(found))
        for source in sorted({*tally.elapsed, *tally.failed}):
            # Why may name a file: it is told to whoever ingests.
            told = "it was left out; muster ingest tells why"
            self.check("source", source, told, passed=source not in tally.failed)
        if tally.failed:
            is_full = any(FULL in each for each in tally.failed.values())
            self.cause = DISK if is_full else SOURCES

    def audit(self) -> None:
        """Note what the audit of the release found that this run made, if it did."""
        made = releases.listed(open_store(self.environment))
        for release in [each for each in made if each.instant >= self.begun_at]:
            self.release = release.release
            for each in release.audit:
                # What a check found may be of few people: it is told to who releases.
                told = "muster releases tells what it found"
                self.check("audit", each.check, told, passed=each.passed)
            if release.verdict == releases.FAILED and release.audit:
                self.cause = AUDIT

    def append(self) -> None:
        """Append what was noted to the log, as one load, and bring it to the store."""
        tables = {name: table(name, rows) for name, rows in self.rows.items()}
        log, self.rows = log_of(self.environment.folder), {}
        load_id = f"{log.next_id(RUNS)}-{secrets.token_hex(3)}"
        with private_files(), writable(self.environment.folder):
            with log.write(RUNS, load_id) as draft:
                for name, content in tables.items():
                    pq.write_table(content, draft.path(name), compression="zstd")
            mirror.push(self.environment, open_store(self.environment), datasets=[RUNS])


def table(
    name: str,
    rows: Sequence[Mapping[str, Any]],
    tables: Mapping[str, Sequence[Column]] = RUN_TABLES,
) -> pa.Table:
    """Rows of one of the declared tables; columns that they lack are null."""
    columns = tables[name]
    schema = pa.schema([(each.name, ARROW[each.type]) for each in columns])
    return pa.Table.from_pylist(
        [{each.name: row.get(each.name) for each in columns} for row in rows], schema
    )


@contextmanager
def recorded(
    environment: Environment, command: str, observed_at: datetime | None = None
) -> Iterator[Run]:
    """Remember a run: that it began, how it ended, and what it did.

    Where nothing can be noted, as on a full disk, the run goes on: a line says so.

    Args:
        environment: The environment; its folder is made where it is missing.
        command: The command.
        observed_at: Of a look for incidents, by when sources are late, naive UTC.
    """
    run = Run(environment, command)
    with _told(run):
        with private_files(), writable(environment.folder):
            if not environment.folder.exists():
                environment.folder.mkdir(parents=True)
                environment.folder.chmod(0o711)
        end_dead(run)
        revision = os.environ.get("GITHUB_SHA") or None
        run.add(
            "run_events",
            command=command,
            event=BEGUN,
            observed_at=observed_at,
            revision=revision,
            **machine(),
        )
        run.append()
    outcome = SUCCEEDED
    try:
        yield run
        outcome = FAILED if run.cause else SUCCEEDED
    except BaseException as error:
        # What it says may name a file or hold a value: whoever runs it is told.
        is_stopped = isinstance(error, KeyboardInterrupt)
        outcome = INTERRUPTED if is_stopped else FAILED
        run.cause = run.cause or cause_of(error)
        raise
    finally:
        with _told(run):
            if command in BUILDS:
                collect(run)
        with _told(run):
            run.add(
                "run_events",
                command=command,
                event=ENDED,
                outcome=outcome,
                cause=run.cause,
                release_id=run.release,
                **machine(),
                **room(environment.folder),
            )
            run.append()


@contextmanager
def _told(run: Run) -> Iterator[None]:
    """Say in a line where a run cannot be noted; it is no reason not to run."""
    try:
        yield
    except (MusterError, OSError, duckdb.Error, pa.ArrowException) as error:
        told = " ".join(str(error).split())
        print(f"muster: this {run.command} was not noted: {told}", file=sys.stderr)  # noqa: T201


def end_dead(run: Run) -> None:
    """Note of runs here whose processes are gone that they were killed.

    Notes that are damaged go: no figure rests on them.
    """
    log = log_of(run.environment.folder)
    if damaged := {damage.load.load_id for damage in log.damaged(RUNS)}:
        for load_id in damaged:
            (log.folder / marker_key(RUNS, load_id)).unlink(missing_ok=True)
        told = f"muster: {len(damaged)} damaged notes of earlier runs were left out"
        print(told, file=sys.stderr)  # noqa: T201
        log = log_of(run.environment.folder)
    for run_id, command, process in open_here(log):
        if not is_alive(process):
            run.add("run_events", command=command, event=ENDED, outcome=KILLED)
            run.rows["run_events"][-1]["run_id"] = run_id


def open_here(log: Log) -> list[tuple[str, str, int]]:
    """The runs of this machine that never said that they ended.

    Returns:
        Their ids, commands and processes.
    """
    if not (log.folder / RUNS).is_dir():
        return []
    with session() as connection:
        log.show(connection, datasets=[RUNS])
        return connection.execute(
            "select run_id, any_value(command), any_value(process)"
            f" from {RUNS}.run_events where host = ? or event = ? group by run_id"
            " having count(*) filter (where event = ?) = 0",
            [platform.node(), ENDED, ENDED],
        ).fetchall()


def is_alive(process: int) -> bool:
    """Whether there is a process of this number on this machine."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return process != os.getpid()


def cause_of(error: BaseException) -> str:
    """Why a run failed, as far as the error tells."""
    told = str(error) if isinstance(error, MusterError) else ""
    if FULL in (told or no_room(error, environments.home())):
        return DISK
    if isinstance(error, MemoryError | duckdb.OutOfMemoryException):
        return MEMORY
    is_usage = isinstance(error, MusterError) and error.exit_code == 2
    return USAGE if is_usage else OTHER


def machine() -> dict[str, Any]:
    """Where this runs."""
    return {"host": platform.node(), "process": os.getpid()}


def room(folder: Path) -> dict[str, int]:
    """What this run took of memory at most, what there is, and of the disk: bytes."""
    peak = max(
        resource.getrusage(who).ru_maxrss
        for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    limit = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    try:
        given = Path("/sys/fs/cgroup/memory.max").read_text("ascii").strip()
        limit = min(limit, int(given))
    except (OSError, ValueError):
        pass
    disk = shutil.disk_usage(folder)
    return {
        "peak_memory_bytes": peak * (1 if sys.platform == "darwin" else 1024),
        "memory_limit_bytes": limit,
        "free_disk_bytes": disk.free,
        "disk_bytes": disk.total,
    }


def collect(run: Run) -> None:
    """Note what dbt wrote of its nodes since the run began, and what was set aside."""
    begun = run.begun_at.timestamp()
    folder = run.environment.folder
    found = [
        path
        for path in (
            run.environment.artifacts / RESULTS,
            *folder.glob(f"candidates/*/*/dbt/{RESULTS}"),
        )
        if path.exists() and path.stat().st_mtime >= begun
    ]
    for path in found[-1:]:
        keys = failing.kept(path.parent)
        for result in artifacts.read(path)["results"]:
            if result.get("message") == AS_BEFORE:
                continue
            unique_id = str(result["unique_id"])
            run.add(
                "node_results",
                unique_id=unique_id,
                node=unique_id.split(".")[3 if unique_id.startswith("unit") else 2],
                resource_type=unique_id.split(".")[0],
                status=str(result["status"]),
                seconds=float(result["execution_time"]),
                failures=result.get("failures"),
                keys=keys.get(unique_id),
            )
        for rule in set_aside.of(built(run.environment, path.parents[2])):
            run.add(
                "set_aside_counts",
                rule=rule.rule,
                source=rule.source,
                resource=rule.resource,
                records=rule.records,
                share_pct=number(rule.share_pct),
                largest_share_pct=number(rule.largest_share_pct),
            )


def built(environment: Environment, home: Path) -> Environment:
    """Where the marts are that were built below a home: there, or released by now."""
    found = Environment(environment.name, home)
    store = open_store(environment)
    if found.marts.exists() or not store.is_local:
        return found
    return Environment(releases.LINK, store.path(""))


def number(value: float | None) -> float | None:
    """A decimal number as Arrow takes it."""
    return None if value is None else float(value)
