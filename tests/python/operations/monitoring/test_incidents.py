"""What becomes of an incident from look to look, and who is told of it."""

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from monitoring_kit import Deaf, History

from ingestion.ledger_tables import RUNS
from operations.monitoring import incidents, runs
from operations.monitoring.incidents import decided
from operations.monitoring.look import Alarm
from operations.monitoring.seen import Incident
from operations.monitoring.sinks import CHANGED, CLOSED, OPENED, REOPENED
from store.releases import Release

NOW = datetime(2026, 7, 1, 6)

HOUR, DAY = timedelta(hours=1), timedelta(days=1)

ALARM = Alarm(
    "every_test_passes",
    "headcount_and_movements_agree",
    "critical",
    "Head of HR operations",
    NOW,
    "2 rows: region DE",
    "Tell who sends it.",
    "a-test-failed",
)


def looks(*found: Alarm | None, apart: timedelta = HOUR) -> list[str]:
    """What looks decide, one after the other, an event or nothing each."""
    known: dict[str, Incident] = {}
    told = []
    for number, alarm in enumerate(found):
        alarms = [alarm] if alarm else []
        events = list(decided([*known.values()], alarms, NOW + number * apart))
        assert len(events) <= 1
        told.append(events[0].event if events else "")
        known |= {each.incident.incident_id: each.incident for each in events}
    return told


def test_what_goes_on_is_told_again_after_a_day() -> None:
    assert looks(ALARM, ALARM, ALARM, apart=HOUR) == [OPENED, "", ""]
    assert looks(ALARM, ALARM, ALARM, apart=13 * HOUR) == [OPENED, "", CHANGED]


def test_what_gets_worse_is_told_at_once() -> None:
    worse = replace(ALARM, severity="critical")
    mild = replace(ALARM, severity="minor")
    assert looks(mild, worse) == [OPENED, CHANGED]
    other = replace(ALARM, detail="3 rows: region DE")
    assert looks(ALARM, other) == [OPENED, incidents.SEEN]


def test_two_looks_in_turn_close() -> None:
    assert looks(ALARM, None, None, None) == [OPENED, "recovered", CLOSED, ""]


def test_what_flaps_is_told_once() -> None:
    told = looks(*[ALARM, None] * 10)
    assert told == [OPENED, "recovered", *["seen", "recovered"] * 9]


def test_what_comes_back_within_a_week_is_the_same() -> None:
    came_back = [OPENED, "recovered", CLOSED, REOPENED]
    assert looks(ALARM, None, None, ALARM, apart=DAY) == came_back
    assert looks(ALARM, None, None, *[None] * 8, ALARM, apart=DAY)[-1] == OPENED


def test_two_things_are_two_incidents() -> None:
    other = replace(ALARM, subject="closing_headcount_opens_the_next_month")
    events = list(decided([], [ALARM, other], NOW))
    assert len({each.incident.incident_id for each in events}) == 2


@pytest.fixture
def history(tmp_path: Path) -> History:
    return History(tmp_path)


def noted(history: History, *events: str) -> runs.Run:
    """A log in which one incident went through events, a look each."""
    incident = incidents.opened(ALARM, NOW)
    run = runs.Run(history.environment, "incidents")
    for event in events:
        run = runs.Run(history.environment, "incidents")
        incidents.note(run, incidents.Event(incident, event))
        run.append()
    return run


def test_each_sink_is_told_what_it_was_not(history: History) -> None:
    run = noted(history, OPENED, "recovered", CLOSED, REOPENED)
    early, late = Deaf(), Deaf()

    assert not incidents.tell(history.environment, run, {"early": early}, [ALARM])
    assert not incidents.tell(history.environment, run, {"early": early}, [ALARM])
    assert [each.event for each, _ in early.told] == [OPENED, CLOSED, REOPENED]
    assert [ticket for _, ticket in early.told] == [None, "T-1", "T-1"]

    assert not incidents.tell(history.environment, run, {"late": late}, [ALARM])
    assert [each.event for each, _ in late.told] == [OPENED, CLOSED, REOPENED]


def test_a_ticket_and_the_release_that_closes_it_lead_to_each_other(
    history: History,
) -> None:
    release = Release("r2", "dev", "f" * 40, False, None, "2026-07-02T00:00:00+00:00")
    incident = incidents.opened(ALARM, NOW).incident_id
    release = replace(
        release, accepted_breaking={"people": "CR-4"}, answers=["CR-12", incident]
    )
    early = {
        "incident_id": incident,
        "check_name": ALARM.check,
        "subject": ALARM.subject,
        "severity": ALARM.severity,
        "owner": ALARM.owner,
        "detail": ALARM.detail,
        "runbook": ALARM.runbook,
        "run_id": "a",
        "recorded_at": NOW,
    }

    def text(event: str) -> str:
        row = early | {"event": event}
        return incidents.worded(history.environment, row, ALARM, release).text

    assert f"A commit that names {incident} leads" in text(OPENED)
    assert "see the release `r2`" in text(CLOSED)
    assert f"It answers CR-12, CR-4, {incident}." in text(CLOSED)


def test_who_comes_later_is_not_told_of_what_is_over(history: History) -> None:
    run = noted(history, OPENED, "recovered", CLOSED)
    late = Deaf()

    assert not incidents.tell(history.environment, run, {"late": late}, [])
    assert not late.told


def test_a_deaf_sink_keeps_nobody_else_from_hearing(history: History) -> None:
    run = noted(history, OPENED)
    deaf, hears = Deaf(), Deaf()
    deaf.is_deaf = True

    told = {"deaf": deaf, "hears": hears}
    assert incidents.tell(history.environment, run, told, [ALARM]) == [
        "deaf: nobody hears"
    ]
    assert len(hears.told) == 1
    run.append()
    with history.log.connect() as connection:
        found = connection.execute(
            f"select subject, outcome from {RUNS}.checks order by subject"
        ).fetchall()
    assert found == [("deaf", runs.FAILED), ("hears", runs.PASSED)]


def test_what_is_told_names_whom_and_what_to_do(history: History) -> None:
    run = noted(history, OPENED)
    hears = Deaf()
    alarm = replace(ALARM, figures=("Headcount",), requirements=("BR-01",))

    incidents.tell(history.environment, run, {"hears": hears}, [alarm])
    ((telling, _),) = hears.told
    assert telling.title.startswith("[critical] dev: every_test_passes: headcount")
    for told in (
        "for Head of HR operations",
        "2 rows: region DE",
        "by a hotfix",
        "Since 2026-07-01 06:00 UTC",
        "Headcount (BR-01)",
        "Tell who sends it.",
        "docs/runbook.md#a-test-failed",
    ):
        assert told in telling.text
