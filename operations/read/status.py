"""`muster status`: what every environment shows, how old it is, and what is wrong.

What is late now is told by the log; incidents and how long things took are of the last
look, `muster incidents`.
"""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import yaml
from rich.console import Console
from rich.table import Table
from rich.text import Text

import environment as environments
from environment import Environment
from environment.errors import MusterError
from ingestion import clock, index
from ingestion.hr_tables import source as hr_tables
from ingestion.ledger_tables import DATASET
from ingestion.log import of as log_of
from operations.monitoring import seen
from operations.monitoring.seen import Seen
from operations.read import set_aside
from store import releases
from store.releases import FAILED, Release
from store.store import open_store

SOURCES = "models/staging/*/_*__sources.yml"
"""Where each source says how often it comes, and after how long it is late."""

PERIODS = {"minute": "minutes", "hour": "hours", "day": "days"}
"""dbt's periods, as `timedelta` calls them."""


@dataclass(frozen=True)
class Cadence:
    """How often a source is loaded.

    Attributes:
        source: Its name.
        told: As people say it, such as `daily`.
        late_after: Time since the last ingest from which on it is late.
    """

    source: str
    told: str
    late_after: timedelta


@dataclass(frozen=True)
class Ingest:
    """When a source was last loaded.

    Attributes:
        source: Its name.
        told: Its cadence.
        finished_at: When a run last finished, UTC; None where none ever did.
        is_late: Whether its cadence asked for another since.
        refused: Rows that the last run rejected or put into quarantine, and values that
            known records lack because they did not fit.
    """

    source: str
    told: str
    finished_at: datetime | None
    is_late: bool
    refused: int


@dataclass(frozen=True)
class Status:
    """The state of an environment.

    Attributes:
        environment: Its name.
        release: What readers see.
        released_at: When that was built, UTC.
        ingests: The last ingest of every source.
        failures: A line each.
        set_aside: How many records were not taken as they are; empty where none.
        seen: What the last look for incidents left.
    """

    environment: str
    release: str | None
    released_at: datetime | None
    ingests: list[Ingest]
    failures: list[str]
    set_aside: str = ""
    seen: Seen = field(default_factory=Seen)


def cadences(project: Path = environments.PROJECT) -> list[Cadence]:
    """What the sources' YAML files say of how often they come."""
    found = []
    for path in sorted(project.glob(SOURCES)):
        for source in yaml.safe_load(path.read_text())["sources"]:
            told = source.get("config", {}).get("meta", {}).get("cadence", "")
            for table in source.get("tables", []):
                limit = table.get("config", {}).get("freshness", {}).get("warn_after")
                if limit:
                    late_after = timedelta(**{PERIODS[limit["period"]]: limit["count"]})
                    found.append(Cadence(str(source["name"]), str(told), late_after))
                    break
    return found


def of(environment: Environment, now: datetime) -> Status:
    """The state of an environment, at an aware instant."""
    store = open_store(environment)
    pointed = releases.current(store)
    shown = releases.read(store, pointed) if pointed else None
    failures = []
    if pointed and shown is None:
        failures.append(f"the current release {pointed} has no release.json")
    failures += [
        f"release {each.release} failed: {each.reason}"
        for each in releases.listed(store)
        if each.verdict == FAILED and (not pointed or each.release >= pointed)
    ]
    ingests: list[Ingest] = []
    try:
        ingests = last_ingests(environment, now)
        failures += map(str, index.losses(log_of(environment.folder)))
    except MusterError as error:
        failures.append(str(error))
    failures += [
        f"{each.source} is late: last loaded {age(each.finished_at, now)}, "
        f"due {each.told}"
        for each in ingests
        if each.is_late
    ]
    return Status(
        environment.name,
        pointed,
        shown.instant if shown else None,
        ingests,
        failures,
        told_set_aside(environment, shown),
        seen.read(environment),
    )


def told_set_aside(environment: Environment, shown: Release | None) -> str:
    """How many records were not taken as they are: in what is released, else built."""
    if shown:
        found = [each.detail for each in shown.audit if each.check == "set aside"]
        return found[0] if found else ""
    try:
        rules = set_aside.of(environment)
    except MusterError:
        return ""
    return set_aside.told(rules) if rules else ""


def last_ingests(environment: Environment, now: datetime) -> list[Ingest]:
    """When each source was last loaded, and whether that is longer ago than agreed."""
    log = log_of(environment.folder)
    if not log.datasets():
        return []
    with log.connect([DATASET]) as raw:
        rows = raw.execute(
            "with runs as (select source, run_id, max(finished_at) filter (source not"
            " in ('frappe_hr', 'payroll') or resource in ('gone_documents', 'gone_rows'"
            ")) as finished_at,"
            " sum(rejected + quarantined + coalesce(incomplete, 0)) as refused"
            " from raw_ops.load_counts group by all) select source, max(finished_at),"
            " arg_max(refused, finished_at) from runs where finished_at is not null"
            " group by source"
        ).fetchall()
    last = {
        str(source): (finished_at.replace(tzinfo=UTC), int(refused))
        for source, finished_at, refused in rows
    }
    found = []
    agreed = {each.source: each for each in cadences()}
    common = agreed.pop("hr_tables", Cadence("", "", timedelta.max))
    for name in hr_tables.names():
        agreed[name] = replace(common, source=name)
    for cadence in agreed.values():
        finished_at, refused = last.get(cadence.source, (None, 0))
        is_late = finished_at is not None and now - finished_at > cadence.late_after
        found.append(
            Ingest(cadence.source, cadence.told, finished_at, is_late, refused)
        )
    return found


def age(instant: datetime | None, now: datetime) -> str:
    """How long ago an instant was, in its largest unit."""
    if instant is None:
        return "never"
    seconds = max(0, int((now - instant).total_seconds()))
    for size, unit in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if seconds >= size:
            number = seconds // size
            return f"{number} {unit}{'' if number == 1 else 's'} ago"
    return "just now"


def clock_of(environment: Environment, *, is_demo: bool) -> datetime:
    """The present instant by which the sources are late.

    It is the demo company's where that is asked for, or nothing was loaded after it.
    """
    state = environment.home / "demo" / "state.json"
    if state.exists():
        demos = datetime.fromisoformat(json.loads(state.read_text())["clock"])
        log = log_of(environment.folder)
        loaded = [
            load.inserted_at
            for dataset in log.datasets()
            if dataset != DATASET and not log.unreadable(dataset)
            for load in log.loads(dataset)
        ]
        if is_demo or (loaded and max(loaded) <= demos):
            return demos
    return clock.now()


def every(*, is_demo: bool) -> list[tuple[Status, datetime]]:
    """The state of every environment that has any, each with the instant it is told by.

    Args:
        is_demo: Whether the demo company's clock tells how late its systems are.
    """
    found = [environments.find(name) for name in environments.NAMES]
    clocks = [(each, clock_of(each, is_demo=is_demo)) for each in found]
    return [
        (of(each, now), now)
        for each, now in clocks
        if each.folder.exists() or releases.current(open_store(each))
    ]


def show(console: Console, *, is_demo: bool = False) -> None:
    """Show the state of every environment.

    Args:
        console: Where.
        is_demo: Whether the demo company's clock tells how late its systems are.
    """
    statuses = every(is_demo=is_demo)
    if not statuses:
        console.print("Nothing is loaded or released yet: run make.")
        return
    table = Table(box=None, header_style="bold", pad_edge=False)
    for title in ("environment", "release", "released", "source", "cadence", "loaded"):
        table.add_column(title, overflow="fold")
    table.add_column("refused", justify="right")
    wall = datetime.now(UTC)
    for status, now in statuses:
        release = status.release or "none"
        first = (status.environment, release, age(status.released_at, wall))
        for cells in ingest_cells(status, now):
            table.add_row(*first, *cells)
            first = ("", "", "")
    console.print(table)
    for status, _ in statuses:
        for line, style in lines(status, wall):
            told = Text(f"{status.environment}: {line}", style)
            console.print(told, soft_wrap=True)


def lines(status: Status, wall: datetime) -> Iterator[tuple[str, str]]:
    """What else is told of an environment, a line each with its style."""
    if status.set_aside:
        yield (
            (
                f"records not taken as they are: {status.set_aside} "
                f"(muster summary --env {status.environment})"
            ),
            "",
        )
    for failure in status.failures:
        yield failure, "yellow"
    last = status.seen
    if last.looked_at is None:
        return
    looked = age(last.looked_at.replace(tzinfo=UTC), wall)
    for each in last.open_incidents:
        what = f"{each.check_name}: {each.subject}: {each.detail}"
        told = f"{each.severity} {each.incident_id}: {what} (for {each.owned_by})"
        yield told, "red" if each.severity == "critical" else "yellow"
    if not last.open_incidents:
        yield f"no incident was open {looked}", ""
    slow = ", ".join(f"{each.subject} {each.seconds:.1f} s" for each in last.slowest)
    if slow:
        yield f"slowest models: {slow}", ""


def as_json(*, is_demo: bool = False) -> str:
    """The state of every environment, as JSON: instants are UTC."""

    def plain(value: object) -> str:
        return value.isoformat() if isinstance(value, datetime) else str(value)

    told = [asdict(status) for status, _ in every(is_demo=is_demo)]
    return json.dumps(told, indent=2, default=plain, ensure_ascii=False)


def as_metrics(*, is_demo: bool = False) -> str:
    """The state of every environment, in the text format of Prometheus."""
    samples: dict[tuple[str, str], list[str]] = {}

    def add(name: str, told: str, value: float, **labels: str) -> None:
        named = ",".join(f'{key}="{each}"' for key, each in labels.items())
        found = samples.setdefault((f"muster_{name}", told), [])
        found.append(f"muster_{name}{{{named}}} {value:g}")

    wall = datetime.now(UTC)
    for status, now in every(is_demo=is_demo):
        own = {"environment": status.environment}
        if status.released_at:
            old = (wall - status.released_at).total_seconds()
            add("release_age_seconds", "Age of what readers see.", old, **own)
        for each in status.ingests:
            of_it = own | {"source": each.source}
            if each.finished_at:
                old = (now - each.finished_at).total_seconds()
                add("source_age_seconds", "Since a source was loaded.", old, **of_it)
            add("source_is_late", "1 where a source is late.", each.is_late, **of_it)
        count = Counter(each.severity for each in status.seen.open_incidents)
        for severity in ("critical", "major", "minor"):
            of_it = own | {"severity": severity}
            add("incidents_open", "Open incidents.", count[severity], **of_it)
        for slow in status.seen.slowest:
            of_it = own | {"model": slow.subject, "command": slow.command}
            add("model_seconds", "The slowest models.", slow.seconds, **of_it)
        last = {run.command: run for run in status.seen.runs}
        for command, run in last.items():
            of_it = own | {"command": command}
            add("run_seconds", "The last run that ended.", run.seconds, **of_it)
    text = [
        line
        for (name, told), found in samples.items()
        for line in (f"# HELP {name} {told}", f"# TYPE {name} gauge", *found)
    ]
    return "\n".join(text)


def ingest_cells(status: Status, now: datetime) -> list[tuple[str | Text, ...]]:
    """The cells of an environment's sources: what, how often, when last, refused."""
    return [
        (
            each.source,
            each.told,
            Text(age(each.finished_at, now), "yellow" if each.is_late else ""),
            f"{each.refused:,}",
        )
        for each in status.ingests
    ] or [("", "", "nothing loaded here", "")]
