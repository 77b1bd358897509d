"""Working days, absence and breaches, worked out by hand."""

import gzip
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from oracle.handmade import Ledger, harbour
from oracle.headcount import Cell
from oracle.totals import ALL
from oracle.working_time import (
    Absence,
    Breach,
    BreachKey,
    Day,
    Limits,
    Session,
    absence,
    breaches,
    delivered_punches,
    sessions,
    working_days,
)

LONG_AGO = date(2020, 1, 1)
AS_AT = datetime(2026, 4, 1, 6)
LATER = datetime(2026, 12, 1, 6)
JANUARY, FEBRUARY = date(2026, 1, 1), date(2026, 2, 1)
MINUTE = timedelta(minutes=1)


def arrivals(ledger: Ledger, after: timedelta = MINUTE) -> dict[str, datetime]:
    """Every punch arrives a while after it was made."""
    return {
        row[f"{side}_event_id"]: row[f"{side}_device_at"] + after
        for row in ledger.rows["worked_sessions"]
        for side in ("in", "out")
        if row[f"{side}_event_id"]
    }


def known_sessions(
    ledger: Ledger, folder: Path, as_at: datetime = LATER
) -> list[Session]:
    return sessions(ledger.write(folder), as_at, arrivals(ledger))


@pytest.mark.parametrize(
    ("start", "end", "worked"),
    [
        (datetime(2026, 3, 28, 21), datetime(2026, 3, 29, 4), 7),
        (datetime(2026, 10, 24, 20), datetime(2026, 10, 25, 5), 9),
    ],
)
def test_a_night_over_a_change_of_clocks_is_as_long_as_it_was(
    tmp_path: Path, start: datetime, end: datetime, worked: int
) -> None:
    ledger = harbour()
    ledger.employment(1, LONG_AGO)
    ledger.session(1, start, end)
    found = working_days(known_sessions(ledger, tmp_path))

    day = Day(1, 0, 0, 0, worked * 3600, Decimal(worked), start, end)
    assert found == {("E1", start.date()): day}


def test_a_session_belongs_to_the_local_day_it_began_on(tmp_path: Path) -> None:
    ledger = harbour()
    ledger.employment(1, LONG_AGO, branch="Port Louis")
    ledger.employment(2, LONG_AGO, branch="London")
    ledger.employment(3, LONG_AGO, branch=None)
    ledger.employment(4, date(2026, 3, 10), branch="Port Louis")
    for person_id in (1, 2, 3, 4):
        start = datetime(2026, 3, 9, 23, 30)
        ledger.session(person_id, start, start + timedelta(hours=2))
    found = working_days(known_sessions(ledger, tmp_path))

    ninth, tenth = date(2026, 3, 9), date(2026, 3, 10)
    assert sorted(found) == [
        ("E1", tenth),
        ("E2", ninth),
        ("E3", tenth),
        ("E4", tenth),
    ]


def test_the_last_night_west_of_utc_is_of_the_last_day_there(tmp_path: Path) -> None:
    ledger = harbour()
    ledger.place("Austin", "US", "America/Chicago")
    ledger.employment(1, LONG_AGO, date(2026, 6, 21), "voluntary", branch="Austin")
    night = datetime(2026, 6, 21, 3, 16)
    ledger.session(1, night, night + timedelta(hours=8))
    ledger.session(1, night + timedelta(days=5), None)
    ledger.employment(2, date(2026, 6, 21), branch="Austin")
    ledger.session(2, night, night + timedelta(hours=1))

    assert sorted(working_days(known_sessions(ledger, tmp_path))) == [
        ("E1", date(2026, 6, 20)),
        ("E1", date(2026, 6, 25)),
        ("E2", date(2026, 6, 20)),
    ]


@pytest.mark.parametrize(
    ("before", "after", "days"),
    [
        # At 00:30 in Berlin it is March there and February in Austin.
        pytest.param("Berlin", "Austin", (1, 1, 1), id="neither holds"),
        pytest.param("Austin", "Berlin", (28, 28, 1), id="both hold"),
    ],
)
def test_between_two_zones_the_assignment_before_the_move_decides(
    tmp_path: Path, before: str, after: str, days: tuple[int, int, int]
) -> None:
    ledger = harbour()
    ledger.place("Austin", "US", "America/Chicago")
    mover = ledger.employment(1, LONG_AGO, branch=before)
    ledger.change(mover, date(2026, 3, 1), "branch", after)
    ledger.change(mover, date(2026, 3, 1), "designation", "Analyst")
    for instant in (
        datetime(2026, 2, 28, 23, 0),
        datetime(2026, 3, 1, 5, 59),
        datetime(2026, 3, 1, 6, 0),
    ):
        ledger.session(1, instant, None)
    found = known_sessions(ledger, tmp_path)

    assert [session.worked_on.day for session in found] == list(days)


def test_a_missing_punch_is_told_and_gives_no_hours(tmp_path: Path) -> None:
    ledger = harbour()
    ledger.employment(1, LONG_AGO)
    ninth, tenth = datetime(2026, 3, 9), datetime(2026, 3, 10)
    hour = timedelta(hours=1)
    ledger.session(1, ninth + 8 * hour, None)
    ledger.session(1, ninth + 13 * hour, ninth + 17 * hour + timedelta(seconds=1))
    ledger.session(1, None, tenth + 12 * hour)
    found = working_days(known_sessions(ledger, tmp_path))

    assert found == {
        ("E1", ninth.date()): Day(
            sessions=2,
            missing_check_ins=0,
            missing_check_outs=1,
            clock_ahead_sessions=0,
            worked_seconds=14401,
            worked_hours=Decimal("4.0003"),
            first_check_in_at=ninth + 8 * hour,
            last_check_out_at=ninth + 17 * hour + timedelta(seconds=1),
        ),
        ("E1", tenth.date()): Day(1, 1, 0, 0, 0, Decimal(0), None, tenth + 12 * hour),
    }


def test_a_punch_that_has_not_arrived_is_missing_and_of_a_stranger_nothing_is(
    tmp_path: Path,
) -> None:
    ledger = harbour()
    ledger.employment(1, LONG_AGO)
    ledger.employment(2, LONG_AGO, recorded_at=LATER + MINUTE)
    start, end = datetime(2026, 3, 9, 8), datetime(2026, 3, 9, 16)
    ledger.session(1, start, end)
    ledger.session(1, start + timedelta(days=1), end + timedelta(days=1))
    ledger.session(2, start, end)
    folder = ledger.write(tmp_path)
    found = sessions(folder, LATER, {"i1": start + MINUTE, "i3": start + MINUTE})

    assert found == [Session("E1", date(2026, 3, 9), start, None, False)]


@pytest.mark.parametrize(
    ("after", "is_ahead"),
    [(-5 * MINUTE, False), (-5 * MINUTE - timedelta(seconds=1), True)],
)
def test_a_clock_is_ahead_by_more_than_five_minutes_of_arrival(
    tmp_path: Path, after: timedelta, is_ahead: bool
) -> None:
    ledger = harbour()
    ledger.employment(1, LONG_AGO)
    start = datetime(2026, 3, 9, 8)
    ledger.session(1, start, start + timedelta(hours=8))
    [session] = sessions(ledger.write(tmp_path), LATER, arrivals(ledger, after))

    assert session.is_clock_ahead == is_ahead
    assert session.checked_in_at == start


def test_a_punch_arrives_with_the_first_whole_file_that_holds_it(
    tmp_path: Path,
) -> None:
    def line(event: str, minute: int) -> str:
        arrival = f"2026-03-09T08:0{minute}:00Z"
        return f'{{"event_id": "{event}", "arrival_time": "{arrival}"}}\n'

    whole = gzip.compress((line("a", 2) + "<html>\n" + line("a", 1)).encode())
    (tmp_path / "one.jsonl.gz").write_bytes(whole)
    cut = gzip.compress(line("b", 3).encode())[:-9]
    (tmp_path / "two.jsonl.gz").write_bytes(cut)

    assert delivered_punches(tmp_path) == {"a": datetime(2026, 3, 9, 8, 1)}


def test_days_lost_are_scheduled_days_of_approved_absence(tmp_path: Path) -> None:
    ledger = harbour()
    ledger.employment(1, LONG_AGO)
    ledger.leave(1, date(2026, 1, 5), date(2026, 1, 11))
    ledger.leave(1, date(2026, 1, 12), date(2026, 1, 12), is_half_day=True)
    ledger.leave(1, date(2026, 1, 13), date(2026, 1, 14), "Annual Leave")
    ledger.leave(1, date(2026, 1, 15), date(2026, 1, 16), status="Rejected")
    ledger.leave(1, date(2026, 1, 19), date(2026, 1, 23), decided_at=AS_AT + MINUTE)
    ledger.leave(1, date(2026, 1, 31), date(2026, 2, 2))
    found = absence(ledger.write(tmp_path), AS_AT)

    # Of 22 weekdays one is New Year's Day.
    lost, leave = Decimal("5.5"), Decimal(2)
    january = Absence(Decimal(21), lost, leave, 100 * 5.5 / 21)
    assert found[Cell(JANUARY, ALL, ALL, ALL)] == january
    february = Absence(Decimal(20), Decimal(1), Decimal(0), 5)
    assert found[Cell(FEBRUARY, "Sales", "Western Europe", "Clerk")] == february


def test_a_day_counts_in_the_cell_in_force_on_it(tmp_path: Path) -> None:
    ledger = harbour()
    mover = ledger.employment(1, date(2026, 1, 12), date(2026, 1, 30), "other")
    ledger.change(mover, date(2026, 1, 20), "designation", "Analyst")
    ledger.leave(1, date(2026, 1, 19), date(2026, 1, 20))
    found = absence(ledger.write(tmp_path), AS_AT)
    one = Decimal(1)

    assert found[Cell(JANUARY, ALL, ALL, "Clerk")][:2] == (6 * one, one)
    assert found[Cell(JANUARY, ALL, ALL, "Analyst")][:2] == (8 * one, one)
    assert found[Cell(JANUARY, "Sales", ALL, ALL)][:2] == (14 * one, 2 * one)


def work(ledger: Ledger, first: date, end: date, hours: float) -> None:
    """Work from eight o'clock UTC on every weekday but for holidays in between."""
    day = first
    while day < end:
        if day.weekday() < 5 and (day.month, day.day) != (5, 1):
            start = datetime(day.year, day.month, day.day, 8)
            ledger.session(1, start, start + timedelta(hours=hours))
        day += timedelta(days=1)


MONDAY = date(2026, 6, 1)
AFTER_17_WEEKS = MONDAY + timedelta(weeks=17)


def test_a_mean_week_over_48_hours_in_17_weeks_is_a_breach(tmp_path: Path) -> None:
    ledger = harbour()
    ledger.employment(1, LONG_AGO)
    work(ledger, MONDAY, AFTER_17_WEEKS, 9.7)
    found = known_sessions(ledger, tmp_path)
    sunday = AFTER_17_WEEKS - timedelta(days=1)
    key = BreachKey("E1", "weekly_hours", sunday)

    def known_at(as_at: datetime) -> dict[BreachKey, Breach]:
        return breaches(tmp_path, as_at, found)

    over = datetime(AFTER_17_WEEKS.year, AFTER_17_WEEKS.month, AFTER_17_WEEKS.day)
    assert known_at(over) == {key: Breach(Decimal("48.5"), Decimal(0))}
    assert known_at(over - MINUTE) == {}
    at_the_limit = Limits(weekly_hours=Decimal("48.5"))
    assert breaches(tmp_path, over, found, at_the_limit) == {}


def test_leave_is_neutral_in_the_mean_week(tmp_path: Path) -> None:
    ledger = harbour()
    ledger.employment(1, LONG_AGO)
    second = MONDAY + timedelta(weeks=1)
    work(ledger, MONDAY, second, 10)
    work(ledger, second + timedelta(weeks=1), AFTER_17_WEEKS, 10)
    ledger.leave(1, second, second + timedelta(days=6), "Annual Leave")
    as_at = datetime(AFTER_17_WEEKS.year, AFTER_17_WEEKS.month, AFTER_17_WEEKS.day)
    found = known_sessions(ledger, tmp_path)

    assert list(breaches(tmp_path, as_at, found).values()) == [
        Breach(Decimal(50), Decimal(5))
    ]


@pytest.mark.parametrize("joined_on", [MONDAY, MONDAY + timedelta(days=1)])
def test_a_reference_period_lies_in_one_employment(
    tmp_path: Path, joined_on: date
) -> None:
    ledger = harbour()
    ledger.employment(1, joined_on)
    work(ledger, MONDAY, AFTER_17_WEEKS, 10)
    as_at = datetime(AFTER_17_WEEKS.year, AFTER_17_WEEKS.month, AFTER_17_WEEKS.day)
    found = known_sessions(ledger, tmp_path)

    assert len(breaches(tmp_path, as_at, found)) == (joined_on == MONDAY)


def rests(spans: list[tuple[int, int]], folder: Path) -> dict[date, Decimal]:
    """Daily rest breached, by day, for sessions in hours from a Monday's midnight."""
    ledger = harbour()
    ledger.employment(1, LONG_AGO, branch="London")
    monday, hour = datetime(2026, 3, 2), timedelta(hours=1)
    for start, end in spans:
        ledger.session(1, monday + start * hour, monday + end * hour)
    found = breaches(folder, AS_AT, known_sessions(ledger, folder, AS_AT))
    assert {key[:2] for key in found} <= {("E1", "daily_rest")}
    assert {breach.leave_days for breach in found.values()} <= {None}
    return {key.breached_on: breach.measured_hours for key, breach in found.items()}


SECOND = date(2026, 3, 2)


@pytest.mark.parametrize(
    ("spans", "breached"),
    [
        pytest.param([(8, 23), (33, 40), (56, 64)], {SECOND: 10}, id="too soon"),
        pytest.param([(8, 22), (33, 40), (56, 64)], {}, id="eleven hours"),
        pytest.param(
            [(22, 26), (27, 30), (46, 50), (51, 54), (70, 74)], {}, id="night break"
        ),
        pytest.param([(6, 10), (22, 24), (30, 38)], {}, id="rest in the daytime"),
        pytest.param(
            [(8, 10), (20, 22), (32, 34)], {SECOND: 10}, id="two shifts a day"
        ),
        pytest.param([(8, 12), (13, 23), (33, 40)], {SECOND: 10}, id="noon break"),
        pytest.param([(8, 33), (34, 40), (80, 81)], {SECOND: 0}, id="no rest at all"),
        pytest.param([(8, 23)], {}, id="nothing follows"),
    ],
)
def test_eleven_hours_of_each_24_are_for_rest(
    tmp_path: Path, spans: list[tuple[int, int]], breached: dict[date, Decimal]
) -> None:
    assert rests(spans, tmp_path) == breached


def test_a_rest_that_a_missing_punch_hides_is_not_judged(tmp_path: Path) -> None:
    ledger = harbour()
    ledger.employment(1, LONG_AGO, branch="London")
    monday, hour = datetime(2026, 3, 2), timedelta(hours=1)
    ledger.session(1, monday + 8 * hour, None)
    ledger.session(1, monday + 30 * hour, monday + 47 * hour)
    ledger.session(1, None, monday + 60 * hour)
    ledger.session(1, monday + 61 * hour, monday + 62 * hour)
    found = known_sessions(ledger, tmp_path, AS_AT)

    assert breaches(tmp_path, AS_AT, found) == {}
