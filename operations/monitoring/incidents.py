"""`muster incidents`: one ticket for each thing that is wrong, until it is right again.

An incident is a check and what it is about. It is opened when a look finds it, told
again when it is worse or a day is over, and closed when two looks in turn find it
right; what comes back within a week opens the same one again. What is decided is in the
log before anybody is told, and who was told after: a look that is killed is finished by
the next.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

from rich.console import Console
from rich.text import Text

from environment import Environment
from environment.databases import session
from environment.errors import MusterError
from environment.files import private_files
from environment.locks import held, locked
from ingestion.ledger_tables import RUNS
from ingestion.log import naive
from ingestion.log import of as log_of
from operations.monitoring import look, runs, seen, sinks
from operations.monitoring.look import Alarm
from operations.monitoring.seen import Incident
from operations.monitoring.sinks import CHANGED, CLOSED, OPENED, REOPENED, Sink, Telling
from store import mirror, releases
from store.releases import Release
from store.store import is_home, open_store

SEEN, RECOVERED, TOLD = "seen", "recovered", "told"
"""What is noted of an incident beside what sinks are told of."""

TELLABLE = (OPENED, CHANGED, REOPENED, CLOSED)

AGAIN = timedelta(days=1)
"""After how long an incident that goes on is told again."""

BACK = timedelta(days=7)
"""How long after its end what comes back is the same incident."""

SECTION = "docs/runbook.md#"

WHAT_IT_MEANS = {
    "critical": "Figures are wrong or late: mend it now, by a hotfix if need be.",
    "major": "Mend it with the next release.",
    "minor": "Mend it with a next release.",
}


@dataclass(frozen=True)
class Event:
    """What a look decided of an incident."""

    incident: Incident
    event: str
    alarm: Alarm | None = None


def incidents(
    environment: Environment,
    console: Console,
    observed_at: datetime,
    told: Mapping[str, Sink] | None = None,
) -> list[Incident]:
    """Look, open and close incidents, and tell those who want to know.

    Args:
        environment: The environment.
        console: Where progress is told.
        observed_at: The instant by which sources are late, aware.
        told: Who is told; by default those that are configured.

    Returns:
        The incidents that are open now, the worst first.

    Raises:
        MusterError: The look failed, or somebody could not be told.
    """
    told = sinks.configured() if told is None else told
    bring(environment, console)
    with (
        held(environment.folder, "incidents"),
        runs.recorded(environment, "incidents", naive(observed_at)) as run,
    ):
        look.verify(environment, run)
        run.append()
        alarms = look.look(environment, console)
        before = seen.read_from(seen.draft(environment)).incidents
        # What is decided goes by the wall clock, as runs do.
        now = datetime.now(UTC).replace(tzinfo=None)
        events = list(decided(before, alarms, now))
        for each in events:
            note(run, each)
        if run.rows:
            run.append()
        seen.keep(environment, [each.incident for each in events])
        failed = tell(environment, run, told, alarms)
        run.cause = runs.SINKS if failed else None
    changed = {each.incident.incident_id: each.incident for each in events}
    after = [changed.get(each.incident_id, each) for each in before]
    known = {each.incident_id for each in before}
    after += [each for key, each in changed.items() if key not in known]
    if failed:
        raise MusterError(f"Not everybody was told: {'; '.join(failed)}.")
    return [each for each in after if each.state != "closed"]


def bring(environment: Environment, console: Console) -> None:
    """Bring what other machines have written to the log since.

    Where another process is loading, it is looked at what is here.
    """
    store = open_store(environment)
    if is_home(store, environment):
        return
    try:
        with private_files(), locked(environment.folder):
            mirror.pull(environment, store)
    except MusterError as error:
        console.print(Text(f"Looked at what is here: {error}", "yellow"))


def decided(
    before: Sequence[Incident], alarms: Sequence[Alarm], now: datetime
) -> Iterable[Event]:
    """What becomes of each incident.

    Args:
        before: As the last look left them.
        alarms: What is wrong now.
        now: Naive UTC.
    """
    known: dict[tuple[str, str], Incident] = {}
    for each in sorted(before, key=lambda each: each.opened_at):
        known[each.check_name, each.subject] = each
    wrong = {(each.check, each.subject): each for each in alarms}
    for key, alarm in wrong.items():
        last = known.get(key)
        if last is None or is_over(last, now):
            yield Event(opened(alarm, now), OPENED, alarm)
            continue
        present = replace(
            last,
            severity=alarm.severity,
            owned_by=alarm.owner,
            detail=alarm.detail,
            state="open",
            closed_at=None,
        )
        if last.state == "closed":
            yield Event(replace(present, told_at=now), REOPENED, alarm)
        elif alarm.severity != last.severity or now - last.told_at >= AGAIN:
            yield Event(replace(present, told_at=now), CHANGED, alarm)
        elif last.state != "open" or alarm.detail != last.detail:
            yield Event(present, SEEN, alarm)
    for key, last in known.items():
        if key in wrong or last.state == "closed":
            continue
        if last.state == "open":
            yield Event(replace(last, state="recovering"), RECOVERED)
        else:
            ended = replace(last, state="closed", closed_at=now, told_at=now)
            yield Event(ended, CLOSED)


def is_over(last: Incident, now: datetime) -> bool:
    """Whether an incident ended so long ago that another one is a new one."""
    return last.closed_at is not None and now - last.closed_at > BACK


def opened(alarm: Alarm, now: datetime) -> Incident:
    """A new incident, with an id of its own."""
    name = f"{alarm.check}\n{alarm.subject}\n{now.isoformat()}"
    return Incident(
        f"INC-{sha256(name.encode()).hexdigest()[:10]}",
        alarm.check,
        alarm.subject,
        alarm.severity,
        alarm.owner,
        alarm.detail,
        alarm.runbook,
        "open",
        now,
        now,
        None,
    )


def note(run: runs.Run, event: Event, **told: str) -> None:
    """Note what became of an incident, or who was told."""
    each = event.incident
    run.add(
        "incident_events",
        incident_id=each.incident_id,
        check_name=each.check_name,
        subject=each.subject,
        severity=each.severity,
        owner=each.owned_by,
        runbook=each.runbook,
        **{"event": event.event, "detail": each.detail} | told,
    )


def tell(
    environment: Environment,
    run: runs.Run,
    told: Mapping[str, Sink],
    alarms: Sequence[Alarm],
) -> list[str]:
    """Tell each sink what it was not told yet; one that fails is told by the next look.

    Returns:
        A line for each sink that failed.
    """
    failed: dict[str, str] = {}
    wrong = {(each.check, each.subject): each for each in alarms}
    store = open_store(environment)
    pointed = releases.current(store)
    shown = releases.read(store, pointed) if pointed else None
    for name, sink in told.items():
        opened_now: dict[str, str] = {}
        for row, known in untold(environment, name):
            alarm = wrong.get((row["check_name"], row["subject"]))
            telling = worded(environment, row, alarm, shown)
            try:
                ticket = sink.tell(telling, known or opened_now.get(row["incident_id"]))
            except MusterError as error:
                failed[name] = f"{name}: {error}"
                break
            opened_now[row["incident_id"]] = ticket
            told_row = {k: row[k] for k in ("incident_id", "check_name", "subject")}
            run.add(
                "incident_events",
                **told_row,
                event=TOLD,
                sink=name,
                ticket=ticket,
                detail=row["run_id"],
            )
            run.append()
        run.check("sink", name, failed.get(name, ""), passed=name not in failed)
    return list(failed.values())


def untold(
    environment: Environment, sink: str
) -> list[tuple[dict[str, Any], str | None]]:
    """What a sink was not told yet, in order, each with the ticket, if there is one."""
    with session() as connection:
        log_of(environment.folder).show(connection, datasets=[RUNS])
        result = connection.execute(
            "select run_id, incident_id, check_name, subject, severity, owner, event,"
            " detail, runbook, sink, ticket, recorded_at"
            f" from {RUNS}.incident_events order by _dlt_load_id"
        )
        names = [each[0] for each in result.description or ()]
        rows = [dict(zip(names, row, strict=True)) for row in result.fetchall()]
    tickets = {
        row["incident_id"]: row["ticket"]
        for row in rows
        if row["event"] == TOLD and row["sink"] == sink
    }
    done = {
        (row["incident_id"], row["detail"])
        for row in rows
        if row["event"] == TOLD and row["sink"] == sink
    }
    last = {r["incident_id"]: r["event"] for r in rows if r["event"] in TELLABLE}
    return [
        (row, tickets.get(row["incident_id"]))
        for row in rows
        if row["event"] in TELLABLE
        and (row["incident_id"], row["run_id"]) not in done
        # Whoever came later is not told of what was over before.
        and (row["incident_id"] in tickets or last[row["incident_id"]] != CLOSED)
    ]


def worded(
    environment: Environment,
    row: Mapping[str, Any],
    alarm: Alarm | None,
    shown: Release | None,
) -> Telling:
    """What is told: no person, no file and no figure is in it."""
    where = f"{environment.name}: {row['check_name']}: {row['subject']}"
    lines = [f"**{row['severity']}** in `{environment.name}`, for {row['owner']}."]
    if row["event"] == CLOSED:
        lines = [f"It is right again since two looks; it was {row['detail']}."]
        if shown is not None:
            lines.append(f"Readers see the release `{shown.release}`.")
            if shown.requests:
                lines.append(f"It answers {', '.join(shown.requests)}.")
    else:
        lines.append(
            f"`{row['check_name']}` does not hold of `{row['subject']}`:"
            f" {row['detail']}."
        )
        lines.append(WHAT_IT_MEANS[row["severity"]])
    if alarm is not None:
        if alarm.since_at is not None:
            lines.append(f"Since {alarm.since_at:%Y-%m-%d %H:%M} UTC.")
        if alarm.figures:
            lines.append(
                f"Rests on it: {', '.join(alarm.figures)}"
                f" ({', '.join(alarm.requirements)})."
            )
        lines.append(f"What to do: {alarm.remedy}")
    lines.append(f"Runbook: {SECTION}{row['runbook']}")
    lines.append(
        f"A commit that names {row['incident_id']} leads from here to its release."
        if row["event"] == OPENED
        else ""
    )
    return Telling(
        incident=row["incident_id"],
        number=f"{row['incident_id']}-{row['run_id']}",
        event=row["event"],
        title=f"[{row['severity']}] {where}",
        text="\n\n".join(filter(None, lines)),
        since=f"{row['recorded_at'] - timedelta(days=BACK.days + 1):%Y-%m-%d}",
        severity=row["severity"],
    )


def show(found: Sequence[Incident], console: Console) -> None:
    """Show the incidents that are open."""
    if not found:
        console.print("No incident is open.")
        return
    for each in found:
        style = {"critical": "bold red", "major": "yellow"}.get(each.severity, "")
        line = Text(f"{each.severity:<9}", style)
        line.append(f"{each.check_name}: {each.subject}: {each.detail}", "default")
        about = f"{each.incident_id}, for {each.owned_by}, since {each.opened_at:%F %R}"
        about += (
            " UTC; right in the last look" if each.state == "recovering" else " UTC"
        )
        console.print(line, soft_wrap=True)
        console.print(Text(f"{'':9}{about}", "dim"), soft_wrap=True)
