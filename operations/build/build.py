"""`muster build`: dbt build with its tests, then the docs, when anything changed."""

import gc
import json
import os
import shutil
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from rich.console import Console
from rich.text import Text

import environment as environments
from environment import Environment
from environment.databases import explain, is_locked
from environment.errors import MusterError
from environment.files import own_umask, private_files, write_whole
from environment.locks import building, require_writable
from environment.progress import Step, TerminalReporter
from ingestion.log import of as log_of
from operations.build import failing, fingerprint
from operations.build.artifacts import RESULTS, read_note
from operations.build.inside import company
from operations.build.inside.pseudonyms import pseudonym_key
from operations.build.inside.unchanged import Memory, sparing
from operations.erasure import rotation
from operations.ingest import require_ingested
from operations.read import set_aside
from store import lease, releases
from store.store import open_store

NAMED = 3
"""How many nodes that failed a line names."""

SELDOM = (50_000, 20, 50)
"""How often Python looks for garbage: dbt makes millions of objects and keeps them, and
looking through them as often as usual takes a tenth of a build."""

UNWATCHED = (
    "--exclude",
    *(
        f"path:models/{folder},test_type:data"
        for folder in ("staging/runs", "intermediate/monitoring", "marts/ops")
    ),
)
"""What `muster incidents` alone tests: what runs left, which is no fault of a build."""

FINISHED = frozenset(
    {
        "LogFreshnessResult",
        "LogFunctionResult",
        "LogModelResult",
        "LogNodeNoOpResult",
        "LogNodeResult",
        "LogSeedResult",
        "LogTestResult",
        "SkippingDetails",
    }
)
"""dbt's events that end a node; failures are told in full at the end of the run."""


@dataclass
class Run:
    """What dbt tells while it works.

    Attributes:
        total: Number of nodes to run, 0 until dbt knows.
        finished: Number of nodes done or skipped.
        current: Name of the node that was started last.
        ended: Whether dbt has begun its closing report.
        report: What a person must read: warnings and failures, in full.
    """

    total: int = 0
    finished: int = 0
    current: str = "reading the project"
    ended: bool = False
    report: list[str] = field(default_factory=list)

    def on_event(self, event: Any) -> None:
        """Take in one of dbt's events."""
        name, level = event.info.name, event.info.level
        # Whoever pressed Ctrl-C knows why it ends, and is told what that means.
        if isinstance(sys.exception(), KeyboardInterrupt):
            return
        if name == "LogStartLine":
            self.total = event.data.total
            self.current = event.data.node_info.node_name or event.data.description
        elif name in FINISHED:
            self.finished += 1
        elif name == "EndOfRunSummary":
            self.ended = True
        elif name in {"Formatting", "StatsLine"}:
            return
        elif level in {"warn", "error"} or (self.ended and level == "info"):
            self.report.append(event.info.msg.strip("\r\n"))


def build(
    name: str,
    console: Console,
    *,
    as_at: str | None = None,
    force: bool = False,
    target: str = "",
    is_new_key: bool = False,
) -> None:
    """Build an environment's marts, test them and generate the docs.

    Nothing is done where nothing changed since the last successful build: the same
    completed loads, project files, variables and locked packages, and databases that
    nobody else has written.

    Args:
        name: The environment.
        console: Where progress and results are written.
        as_at: ISO date or instant (UTC unless it says otherwise); only what was known
            then counts. Default: all that is known.
        force: Build everything, also where nothing changed.
        target: Where to: the databases' files, or `lake`.
        is_new_key: Whether pseudonyms are by another key from now on.

    Raises:
        MusterError: Nothing was ingested, a database is in use or may not be
            written, pseudonyms were made by another key, or dbt failed.
    """
    environment = environments.find(name, target)
    variables = {} if as_at is None else {"as_at": instant(as_at)}
    require_ingested(environment)
    require_writable(environment)
    require_knowledge(environment, variables.get("as_at"))
    store = open_store(environment)
    with building(environment.folder):
        # Releases with pseudonyms by an earlier key go as the first by this one comes.
        is_meant = is_new_key and releases.current(store) is None
        with private_files():
            if rotation.is_begun(environment, store, is_meant=is_meant):
                with lease.hold(store, "build"):
                    rotation.sweep(environment, store)
                    left = rotation.finish(environment, store)
                for version in left:
                    console.print(f"An old version could not be removed: {version}.")
        _build(environment, variables, console, force=force)


def _build(
    environment: Environment,
    variables: dict[str, str],
    console: Console,
    *,
    force: bool,
) -> None:
    digest = fingerprint.inputs(environment, environments.PROJECT, variables)
    if not force and is_current(environment, digest):
        note = read_note(environment)
        if not is_told(environment, note):
            write_report(environment, variables.get("as_at"))
            note |= {"report": fingerprint.report(environments.PROJECT)}
            write_whole(environment.last_build, json.dumps(note, indent=1))
            show_report(environment, console)
        console.print(
            f"Nothing changed since the build of {note['finished_at']} UTC: "
            "not built again ([bold]make build[/] always builds).",
            soft_wrap=True,
        )
        return
    started = time.monotonic()
    memory = remember(environment, variables, {} if force else read_note(environment))
    begun = {"begun_at": f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S}"}
    write_whole(environment.last_build, json.dumps(begun))
    counts = run_dbt(environment, variables, console, memory)
    seconds = time.monotonic() - started
    write_report(environment, variables.get("as_at"))
    write_note(environment, digest, variables, seconds, memory)
    console.print(
        f"Built {told(counts, 'seed')}, {told(counts, 'model')}; "
        f"{told(counts, 'data test')} and {told(counts, 'unit test')} passed, "
        f"{told(counts, 'warning')}, in {seconds:.0f} s.",
        soft_wrap=True,
    )
    if memory.spared:
        console.print(memory.told(), soft_wrap=True)
    show_set_aside(environment, console)
    console.print(f"Docs: {environments.shown(environment.docs)}", soft_wrap=True)
    show_report(environment, console)


def show_report(environment: Environment, console: Console) -> None:
    """Say where the site for everybody is, if there is one."""
    if environment.report.exists():
        console.print(
            f"Report: {environments.shown(environment.report)}", soft_wrap=True
        )


def is_told(environment: Environment, note: Mapping[str, Any]) -> bool:
    """Whether the site is there and made by the words and drawings that are here."""
    return (
        note.get("report") == fingerprint.report(environments.PROJECT)
        and environment.report.exists() == environment.published.exists()
    )


def write_report(environment: Environment, as_at: str | None) -> None:
    """Write the site for everybody, where something is published.

    Drawing libraries are loaded for it alone.
    """
    if environment.published.exists():
        from operations.report.editions import of_build

        of_build(environment, as_at)


def show_set_aside(environment: Environment, console: Console) -> None:
    """Say how many records were not taken as they are, and which command shows them."""
    rules = set_aside.of(environment)
    if not rules:
        return
    told = Text(f"Records not taken as they are: {set_aside.told(rules)}. ")
    told.append(f"See them: {set_aside.command(environment)}")
    console.print(told, soft_wrap=True)
    for line in set_aside.past_bounds(rules, environment):
        console.print(Text(f"Too many for a release: {line}", "yellow"), soft_wrap=True)


def require_knowledge(environment: Environment, as_at: str | None) -> None:
    """Check that anything was known: from nothing there is nothing to build.

    Raises:
        MusterError: No load had completed by then.
    """
    known = log_of(environment.folder).instants()
    if not known:
        raise MusterError(
            f"No load into {environments.shown(environment.raw)} is complete: run "
            f"muster ingest --env {environment.name}."
        )
    if as_at is not None and datetime.fromisoformat(as_at) < known[0]:
        raise MusterError(
            f"Nothing was known at {as_at} UTC: the first load completed at "
            f"{known[0]:%Y-%m-%d %H:%M:%S}. Give --as-at that instant or a later one.",
            2,
        )


def instant(text: str) -> str:
    """Read an ISO date or instant and write it as naive UTC.

    Raises:
        MusterError: It is neither.
    """
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise MusterError(
            f"--as-at {text!r} is no date or instant: write it as 2026-03-01 or "
            "'2026-03-01 06:00:00' (UTC).",
            2,
        ) from None
    if moment.tzinfo is not None:
        moment = moment.astimezone(UTC).replace(tzinfo=None)
    return moment.isoformat(sep=" ")


def is_current(environment: Environment, digest: str) -> bool:
    """Whether the last build had these inputs, and its databases are as they were."""
    note = read_note(environment)
    return (
        note.get("inputs") == digest
        and note.get("outputs") == fingerprint.outputs(environment)
        and environment.docs.exists()
    )


def outdated(environment: Environment) -> str:
    """Why what the last build told is no longer so; empty where nothing says it."""
    note = read_note(environment)
    results = environment.artifacts / RESULTS
    if note and note.get("outputs") != fingerprint.outputs(environment):
        return "another dbt build has written the databases since"
    loads = sum(each[1] for each in fingerprint.completed_loads(environment))
    if note.get("loads", loads) != loads:
        return "data was loaded since"
    if "project" in note:
        is_changed = note["project"] != fingerprint.files(environments.PROJECT)
    else:
        # Of a release there is no note, but that of its files.
        written = results.stat().st_mtime_ns if results.exists() else 0
        folders = [
            environments.PROJECT / each
            for each in (*fingerprint.NODES, *fingerprint.FILES)
        ]
        is_changed = any(
            path.stat().st_mtime_ns > written
            for folder in (*folders, environments.company())
            for path in fingerprint.below(folder, *fingerprint.SUFFIXES)
        )
    return "the project was changed since" if is_changed else ""


def remember(
    environment: Environment, variables: Mapping[str, Any], note: Mapping[str, Any]
) -> Memory:
    """What the last build left, as far as it may be left alone.

    Args:
        environment: The environment.
        variables: dbt's variables.
        note: What the last build wrote down; empty to build everything.
    """
    key = pseudonym_key(environment.folder)
    facts = {
        "basis": fingerprint.basis(environments.PROJECT, variables, key),
        "project": fingerprint.files(environments.PROJECT),
        "loads": sum(each[1] for each in fingerprint.completed_loads(environment)),
    }
    is_kept = note.get("basis") == facts["basis"] and (
        note.get("outputs") == fingerprint.outputs(environment)
    )
    return Memory(note if is_kept else {}, facts, log_of(environment.folder), key)


def write_note(
    environment: Environment,
    digest: str,
    variables: Mapping[str, Any],
    seconds: float,
    memory: Memory | None = None,
) -> None:
    """Write down what was built, whole or not at all."""
    note = {
        "inputs": digest,
        "outputs": fingerprint.outputs(environment),
        "report": fingerprint.report(environments.PROJECT),
        "variables": variables,
        "finished_at": f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S}",
        "seconds": round(seconds, 3),
    }
    if memory is not None:
        note |= {**memory.facts, "nodes": memory.now}
    write_whole(environment.last_build, json.dumps(note, indent=1))


def run_dbt(
    environment: Environment,
    variables: dict[str, str],
    console: Console,
    memory: Memory,
) -> Counter[str]:
    """Run `dbt build` and, where docs would say anything else, `dbt docs generate`.

    Returns:
        Number of models, seeds, data tests, unit tests and warnings; what was left as
        it was does not count.

    Raises:
        MusterError: dbt failed; its report is on the console.
    """
    if not (environments.PROJECT / "dbt_project.yml").exists():
        raise MusterError(
            f"There is no dbt project in {environments.PROJECT}: install Muster in "
            "place from its repository (make setup)."
        )
    company.require_seeds(environments.PROJECT)
    common = options(environment, variables)
    with sparing(memory):
        result, is_told = dbt_build((*common, *UNWATCHED), console)
    if result.exception is None:
        for line in failing.told(environment, result.result.results):
            console.print(Text(line), soft_wrap=True)
    require_success(environment, result, is_told=is_told)
    if environment.docs.exists() and not memory.is_told_otherwise:
        close_databases()
    else:
        write_docs(environment, common, console)
    return count(
        each
        for each in result.result.results
        if each.node.unique_id not in memory.spared
    )


def dbt_build(options: Sequence[str], console: Console) -> tuple[Any, bool]:
    """Run `dbt build`, showing how far it is, and then what it reports.

    Returns:
        dbt's result, and whether it reported anything.
    """
    run = Run()
    with progress(run, console):
        result = invoke(["build", *options], run)
    if isinstance(result.exception, KeyboardInterrupt):
        raise KeyboardInterrupt
    for line in run.report:
        console.print(Text.from_ansi(line), soft_wrap=True)
    return result, bool(run.report)


def write_docs(
    environment: Environment, options: Sequence[str], console: Console
) -> None:
    """Run `dbt docs generate` in this process, of what dbt has just built.

    Raises:
        MusterError: dbt failed.
    """
    run = Run(current="writing the docs")
    with progress(run, console):
        docs = invoke(["docs", "generate", "--static", "--no-compile", *options], run)
        close_databases()
    if not docs.success:
        raise MusterError(f"The docs failed: {docs.exception or run.report}")
    environment.docs.parent.mkdir(exist_ok=True)
    shutil.copyfile(environment.artifacts / "static_index.html", environment.docs)


def options(environment: Environment, variables: dict[str, str]) -> list[str]:
    """The options of every dbt command on an environment, whose folders dbt is told."""
    os.environ["MUSTER_HOME"] = str(environment.home)
    if environment.target:
        os.environ["MUSTER_ENV"] = environment.name
    company.tell_dbt(environments.PROJECT)
    return [
        *("--project-dir", str(environments.PROJECT)),
        *("--profiles-dir", str(environments.PROJECT)),
        *("--target", environment.target or environment.name),
        *("--target-path", str(environment.artifacts)),
        *("--log-path", str(environment.artifacts)),
        *("--vars", json.dumps(company.variables() | variables)),
        *("--log-level", "none"),
        *("--log-level-file", "info"),
        "--no-print",
    ]


def invoke(arguments: Sequence[str], run: Run) -> Any:
    """Run one dbt command, importing dbt as late as possible: it takes seconds."""
    from dbt.cli.main import dbtRunner

    gc.set_threshold(*SELDOM)
    with own_umask():
        return dbtRunner(callbacks=[run.on_event]).invoke(list(arguments))


def close_databases() -> None:
    """Make dbt let go of the databases, as it does at the end of a process."""
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager

    DuckDBConnectionManager.close_all_connections()


def require_success(environment: Environment, result: Any, *, is_told: bool) -> None:
    """Check that a run succeeded.

    Raises:
        MusterError: It failed; says at what, and where the rest is.
    """
    if result.success:
        return
    message = str(result.exception or "").strip()
    if is_locked(message):
        raise MusterError(explain(message))
    if message and not is_told:
        raise MusterError(message)
    if result.exception is not None:
        raise MusterError("dbt could not run: see above.")
    log = environments.shown(environment.artifacts / "dbt.log")
    failed = [
        each.node.name
        for each in result.result.results
        if each.status.value in {"error", "fail"}
    ]
    more = f" and {len(failed) - NAMED} more" if len(failed) > NAMED else ""
    named = ", ".join(failed[:NAMED])
    raise MusterError(f"The build failed at {named}{more}: see above, and {log}.")


def count(results: Iterable[Any]) -> Counter[str]:
    """Count dbt's results by kind of node, and those that warn."""
    counts: Counter[str] = Counter()
    for result in results:
        kind = str(result.node.resource_type.value)
        counts["data test" if kind == "test" else kind.replace("_", " ")] += 1
        counts["warning"] += result.status.value == "warn"
    return counts


def told(counts: Counter[str], kind: str) -> str:
    """Write a count with its noun: `1 model`, `2 models`."""
    number = counts[kind]
    return f"{number:,} {kind}{'' if number == 1 else 's'}"


@contextmanager
def progress(run: Run, console: Console) -> Iterator[None]:
    """Show how far a run is: a bar on a terminal, else a line every few seconds."""
    done = threading.Event()
    with TerminalReporter(console).step("dbt") as step:
        thread = threading.Thread(target=follow, args=(run, step, done), daemon=True)
        thread.start()
        try:
            yield
        finally:
            done.set()
            thread.join()


def follow(run: Run, step: Step, done: threading.Event) -> None:
    """Tell a step how far a run is, until it is done."""
    shown = 0
    while not done.wait(0.1):
        step.describe(run.current[:40])
        step.advance(run.finished - shown, run.total or None)
        shown = run.finished
