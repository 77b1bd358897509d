"""Sessions worked, absence, and the limits on working time.

The ledger tells each session as it was worked, and which of its punches was missing.
Nothing here pairs punches: the true sessions are what pairing must find again.
"""

import gzip
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import zip_longest
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

from oracle.employment import Employment, Workforce, counts_at, known, rows_of
from oracle.headcount import ONE_DAY, SITE_TIME_ZONE, Cell, first_of_next_month, months
from oracle.reports import tells
from oracle.totals import percent, totals

CLOCK_TOLERANCE = timedelta(minutes=5)
SATURDAY = 5
WORKING_DAYS_OF_A_WEEK = 5

# The holiday lists of the demo's five countries hold the same days of each year.
HOLIDAYS = {(1, 1), (5, 1), (12, 25), (12, 26)}

ABSENCES = {"sick leave", "strike"}
KNOWN_LEAVE_TYPES = ABSENCES | {
    "annual leave",
    "casual leave",
    "compensatory off",
    "leave without pay",
    "parental leave",
    "unpaid leave",
}

NOTHING = Decimal(0)
A_DAY = Decimal(1)
HALF_A_DAY = Decimal("0.5")
FOUR_PLACES = Decimal("0.0001")


@dataclass(frozen=True)
class Limits:
    """What the law allows, as inputs."""

    weekly_hours: Decimal | int = 48
    reference_weeks: int = 17
    daily_rest_hours: int = 11


class Session(NamedTuple):
    """One session of one person, with whatever punches of it are known."""

    employee_number: str
    worked_on: date
    checked_in_at: datetime | None
    checked_out_at: datetime | None
    is_clock_ahead: bool

    @property
    def seconds(self) -> int:
        """How long it lasted; nothing where a punch is missing."""
        if self.checked_in_at is None or self.checked_out_at is None:
            return 0
        return int((self.checked_out_at - self.checked_in_at).total_seconds())

    @property
    def known_at(self) -> datetime:
        """The instant by which sessions are put in order."""
        instant = self.checked_in_at or self.checked_out_at
        if instant is None:
            raise ValueError(f"a session of {self.employee_number} without a punch")
        return instant


class Day(NamedTuple):
    """What one person's sessions of one local day come to."""

    sessions: int
    missing_check_ins: int
    missing_check_outs: int
    clock_ahead_sessions: int
    worked_seconds: int
    worked_hours: Decimal
    first_check_in_at: datetime | None
    last_check_out_at: datetime | None


class Absence(NamedTuple):
    """Scheduled working days of a month, and how many were lost or on leave."""

    scheduled_days: Decimal
    lost_days: Decimal
    leave_days: Decimal
    absence_pct: float | None


class BreachKey(NamedTuple):
    """What identifies a breach."""

    employee_number: str
    breach_type: str
    breached_on: date


class Breach(NamedTuple):
    """What was measured, and the days of leave that were left out of it."""

    measured_hours: Decimal
    leave_days: Decimal | None


def delivered_punches(inbox: Path) -> dict[str, datetime]:
    """When each punch that was delivered whole first arrived, by its event; UTC.

    Args:
        inbox: the folder that the app's files are delivered to.
    """
    arrivals: dict[str, datetime] = {}
    for path in sorted(inbox.glob("*.jsonl.gz")):
        try:
            lines = gzip.decompress(path.read_bytes()).splitlines()
        except EOFError:
            continue
        for line in lines:
            try:
                punch = json.loads(line)
                arrived_at = datetime.fromisoformat(punch["arrival_time"])
                event_id = punch["event_id"]
            except (ValueError, KeyError, TypeError):
                continue
            naive = arrived_at.astimezone(UTC).replace(tzinfo=None)
            arrivals[event_id] = min(naive, arrivals.get(event_id, naive))
    return arrivals


def branch_zones(ledger_dir: Path) -> dict[str, ZoneInfo]:
    """The time zone of each branch that has one."""
    return {
        row["branch"]: ZoneInfo(row["time_zone"])
        for row in rows_of(ledger_dir, "branches")
        if row["time_zone"]
    }


def by_person(employments: Iterable[Employment]) -> dict[int, list[Employment]]:
    """Everybody's employments that contain a day; somebody may have none."""
    held: dict[int, list[Employment]] = {}
    for employment in employments:
        own = held.setdefault(employment.person_id, [])
        if not employment.is_empty():
            own.append(employment)
    return held


class Stay(NamedTuple):
    """The days, from the first up to the end, over which somebody was in one zone."""

    first: date
    end: date
    zone: ZoneInfo

    def day(self, instant: datetime) -> date:
        """What the calendar there says at an instant, naive UTC."""
        return instant.replace(tzinfo=UTC).astimezone(self.zone).date()

    def holds(self, instant: datetime) -> bool:
        """Whether the day there is one of the stay's."""
        return self.first <= self.day(instant) < self.end


def stays(
    workforce: Workforce, zones: Mapping[str, ZoneInfo], held: Iterable[Employment]
) -> list[Stay]:
    """Where each assignment of a person was, in order; without a branch at the site."""
    found = []
    for employment in sorted(held, key=lambda own: own.started_on):
        moved = {change.effective_on for change in employment.changes}
        begun = {day for day in moved if employment.contains(day)}
        firsts = sorted(begun | {employment.started_on})
        ends = [*firsts[1:], employment.ended_on or date.max]
        for first, end in zip(firsts, ends, strict=True):
            branch = workforce.assignment(employment, first)["branch"]
            found.append(Stay(first, end, zones.get(branch or "", SITE_TIME_ZONE)))
    return found


def local_day(of_person: Sequence[Stay], instant: datetime) -> date:
    """The local day of an instant, where the person then was.

    The assignment that holds on the day in its own zone decides. Where none does, the
    last that has begun there decides, and where two do, the earlier of them; before
    the first assignment it is the first. Who never had one is at the HR system's site.
    """
    if not of_person:
        return Stay(date.min, date.max, SITE_TIME_ZONE).day(instant)
    holding = [stay for stay in of_person if stay.holds(instant)]
    if holding:
        return holding[0].day(instant)
    begun = [stay for stay in of_person if stay.first <= stay.day(instant)]
    return (begun[-1] if begun else of_person[0]).day(instant)


def sessions(
    ledger_dir: Path, as_at: datetime, arrivals: Mapping[str, datetime]
) -> list[Session]:
    """The true sessions of people known, with the punches that had arrived.

    Args:
        ledger_dir: the folder of the ledger's parquet files.
        as_at: the instant, naive UTC, whose knowledge is used.
        arrivals: when each known punch arrived, by its event.
    """
    workforce = known(ledger_dir, as_at)
    zones = branch_zones(ledger_dir)
    stays_of = {
        person_id: stays(workforce, zones, held)
        for person_id, held in by_person(workforce.employments).items()
    }
    found = []
    for row in rows_of(ledger_dir, "worked_sessions"):
        punches = {
            side: (row[f"{side}_device_at"], arrivals[row[f"{side}_event_id"]])
            for side in ("in", "out")
            if row[f"{side}_event_id"] in arrivals
        }
        if not punches or row["person_id"] not in stays_of:
            continue
        checked_in_at, _ = punches.get("in", (None, None))
        checked_out_at, _ = punches.get("out", (None, None))
        # The check-in decides on the day; the check-out does where that is missing.
        decides, _ = next(iter(punches.values()))
        found.append(
            Session(
                employee_number=workforce.employee_numbers[row["person_id"]],
                worked_on=local_day(stays_of[row["person_id"]], decides),
                checked_in_at=checked_in_at,
                checked_out_at=checked_out_at,
                is_clock_ahead=any(
                    device_at > arrived_at + CLOCK_TOLERANCE
                    for device_at, arrived_at in punches.values()
                ),
            )
        )
    found.sort(key=lambda session: (session.employee_number, session.known_at))
    return found


def hours(seconds: int) -> Decimal:
    """Seconds as hours, with four places."""
    return (Decimal(seconds) / 3600).quantize(FOUR_PLACES, ROUND_HALF_UP)


def working_days(found: Iterable[Session]) -> dict[tuple[str, date], Day]:
    """What sessions come to, by employee number and local day."""
    by_day: dict[tuple[str, date], list[Session]] = {}
    for session in found:
        key = (session.employee_number, session.worked_on)
        by_day.setdefault(key, []).append(session)
    return {key: day_of(own) for key, own in by_day.items()}


def day_of(own: list[Session]) -> Day:
    """What the sessions of one day come to."""
    seconds = sum(session.seconds for session in own)
    ins = [s.checked_in_at for s in own if s.checked_in_at is not None]
    outs = [s.checked_out_at for s in own if s.checked_out_at is not None]
    return Day(
        sessions=len(own),
        missing_check_ins=len(own) - len(ins),
        missing_check_outs=len(own) - len(outs),
        clock_ahead_sessions=sum(session.is_clock_ahead for session in own),
        worked_seconds=seconds,
        worked_hours=hours(seconds),
        first_check_in_at=min(ins, default=None),
        last_check_out_at=max(outs, default=None),
    )


@dataclass
class DaysOff:
    """The shares of days that a person's approved leave covers."""

    absence: dict[date, Decimal]
    leave: dict[date, Decimal]

    def share(self, day: date) -> Decimal:
        """How much of a day any leave covers; never more than all of it."""
        off = self.absence.get(day, NOTHING) + self.leave.get(day, NOTHING)
        return min(A_DAY, off)


def days_off(ledger_dir: Path, as_at: datetime) -> dict[int, DaysOff]:
    """The approved leave of each person, day by day; sick days are absence.

    Args:
        ledger_dir: the folder of the ledger's parquet files.
        as_at: the instant, naive UTC, whose knowledge is used.

    Raises:
        ValueError: a type of leave that nobody said is an absence or not.
    """
    off: dict[int, DaysOff] = {}
    for row in rows_of(ledger_dir, "leaves"):
        is_decided = row["decided_at"] is not None and row["decided_at"] <= as_at
        if not counts_at(row, as_at) or not is_decided or row["status"] != "Approved":
            continue
        kind = row["leave_type"].strip().lower()
        if kind not in KNOWN_LEAVE_TYPES:
            raise ValueError(f"leave {row['leave_id']}: unknown type {kind}")
        person = off.setdefault(row["person_id"], DaysOff({}, {}))
        covered = person.absence if kind in ABSENCES else person.leave
        share = HALF_A_DAY if row["is_half_day"] else A_DAY
        for day in days(row["from_on"], row["to_on"] + ONE_DAY):
            covered[day] = min(A_DAY, covered.get(day, NOTHING) + share)
    return off


def days(first: date, end: date) -> Iterator[date]:
    """The days from the first up to the end, which is not one of them."""
    for number in range((end - first).days):
        yield first + timedelta(days=number)


def is_scheduled(day: date) -> bool:
    """Whether people work on the day: Monday to Friday, but for holidays."""
    return day.weekday() < SATURDAY and (day.month, day.day) not in HOLIDAYS


@tells("working_time.rpt_absence_monthly")
def absence(ledger_dir: Path, as_at: datetime) -> dict[Cell, Absence]:
    """Scheduled days and days lost, in each cell with a scheduled day in a month.

    Args:
        ledger_dir: the folder of the ledger's parquet files.
        as_at: the instant, naive UTC, whose knowledge is used.
    """
    workforce = known(ledger_dir, as_at)
    off = days_off(ledger_dir, as_at)
    reported = months(ledger_dir, as_at)
    counts: dict[Cell, list[Decimal]] = {}
    for employment in workforce.employments:
        own = off.get(employment.person_id, DaysOff({}, {}))
        for month in reported:
            for cell, day in placed_days(workforce, employment, month):
                added = (
                    A_DAY,
                    own.absence.get(day, NOTHING),
                    own.leave.get(day, NOTHING),
                )
                sums = counts.setdefault(cell, [NOTHING] * 3)
                for number, value in enumerate(added):
                    sums[number] += value
    with_totals: dict[Cell, list[Decimal]] = {}
    for cell, sums in counts.items():
        for total in totals(cell):
            summed = with_totals.setdefault(total, [NOTHING] * 3)
            for number, value in enumerate(sums):
                summed[number] += value
    return {
        cell: Absence(
            scheduled_days=scheduled,
            lost_days=lost,
            leave_days=on_leave,
            absence_pct=percent(float(lost), float(scheduled)),
        )
        for cell, (scheduled, lost, on_leave) in with_totals.items()
    }


def placed_days(
    workforce: Workforce, employment: Employment, month: date
) -> Iterator[tuple[Cell, date]]:
    """A person's scheduled days in a month, each with the cell in force on it."""
    end = first_of_next_month(month)
    changed = {change.effective_on for change in employment.changes}
    cell = None
    for day in days(max(month, employment.started_on), end):
        if not employment.contains(day):
            break
        if cell is None or day in changed:
            state = workforce.state(employment, day)
            cell = Cell(month, state.department, state.region, state.designation)
        if is_scheduled(day):
            yield cell, day


def breaches(
    ledger_dir: Path,
    as_at: datetime,
    found: list[Session],
    limits: Limits | None = None,
) -> dict[BreachKey, Breach]:
    """Every breach of the weekly limit and of the daily rest.

    Args:
        ledger_dir: the folder of the ledger's parquet files.
        as_at: the instant, naive UTC, whose knowledge is used.
        found: the sessions known, as `sessions` gives them.
        limits: what the law allows.
    """
    given = limits or Limits()
    return {
        **weekly_breaches(ledger_dir, as_at, found, given),
        **rest_breaches(found, given),
    }


def weekly_breaches(
    ledger_dir: Path, as_at: datetime, found: list[Session], limits: Limits
) -> dict[BreachKey, Breach]:
    """Weeks that end a reference period whose mean week is over the limit.

    Leave is neutral: it takes its days out of the weeks that are divided by. A
    reference period lies wholly in one employment and in the time that punches are
    known of.
    """
    if not found:
        return {}
    workforce = known(ledger_dir, as_at)
    off = days_off(ledger_dir, as_at)
    held = by_person(workforce.employments)
    first_punch_on = min(session.known_at for session in found).date()
    worked: dict[str, dict[date, Decimal]] = {}
    for (number, day), own in working_days(found).items():
        weeks = worked.setdefault(number, {})
        weeks[week_of(day)] = weeks.get(week_of(day), NOTHING) + own.worked_hours

    breached = {}
    for person_id, employments in held.items():
        number = workforce.employee_numbers[person_id]
        hours_in = worked.get(number, {})
        days_off_in = weekly_days_off(off.get(person_id))
        for employment in employments:
            earliest = max(first_punch_on, employment.started_on)
            end = min(as_at.date(), employment.ended_on or date.max)
            for period in reference_periods(earliest, end, limits.reference_weeks):
                total = sum((hours_in.get(week, NOTHING) for week in period), NOTHING)
                left_out = sum((days_off_in.get(w, NOTHING) for w in period), NOTHING)
                counted = len(period) - left_out / WORKING_DAYS_OF_A_WEEK
                if counted > 0 and total / counted > limits.weekly_hours:
                    sunday = period[-1] + timedelta(days=6)
                    mean = (total / counted).quantize(FOUR_PLACES, ROUND_HALF_UP)
                    key = BreachKey(number, "weekly_hours", sunday)
                    breached[key] = Breach(mean, left_out)
    return breached


def week_of(day: date) -> date:
    """The Monday of the day's week."""
    return day - timedelta(days=day.weekday())


def weekly_days_off(off: DaysOff | None) -> dict[date, Decimal]:
    """The scheduled days of each week that leave covers, by its Monday."""
    weeks: dict[date, Decimal] = {}
    if off is not None:
        for day in off.absence.keys() | off.leave.keys():
            if is_scheduled(day):
                covered = weeks.get(week_of(day), NOTHING)
                weeks[week_of(day)] = covered + off.share(day)
    return weeks


def reference_periods(first: date, end: date, length: int) -> Iterator[list[date]]:
    """The Mondays of each run of whole weeks from the first day up to the end."""
    monday = first + timedelta(days=-first.weekday() % 7)
    while monday + timedelta(weeks=length) <= end:
        yield [monday + timedelta(weeks=number) for number in range(length)]
        monday += timedelta(weeks=1)


def rest_breaches(found: Iterable[Session], limits: Limits) -> dict[BreachKey, Breach]:
    """Days in whose 24 hours, from the first check-in, no rest was long enough.

    Directive 2003/88/EC, Art. 3: 11 consecutive hours in each period of 24 hours. A
    break within a shift is no daily rest, on whichever side of midnight it falls. A
    day on which a punch is missing, so that a rest is unknown, is not judged.
    """
    by_number: dict[str, list[Session]] = {}
    for session in found:
        by_number.setdefault(session.employee_number, []).append(session)
    breached = {}
    for number, own in by_number.items():
        for position, session in enumerate(own):
            is_first = position == 0 or own[position - 1].worked_on != session.worked_on
            longest = longest_rest(own[position:]) if is_first else None
            if longest is not None and longest < limits.daily_rest_hours * 3600:
                key = BreachKey(number, "daily_rest", session.worked_on)
                breached[key] = Breach(hours(longest), None)
    return breached


def longest_rest(own: list[Session]) -> int | None:
    """The longest rest that begins in the 24 hours from the first check-in, in seconds.

    Nothing where a punch that it depends on is missing, or the next one is to come.
    """
    begun_at = own[0].checked_in_at
    if begun_at is None:
        return None
    longest = 0
    for session, following in zip_longest(own, own[1:]):
        if session.known_at >= begun_at + ONE_DAY:
            return longest
        if session.checked_in_at is None or session.checked_out_at is None:
            return None
        if session.checked_out_at >= begun_at + ONE_DAY:
            return longest
        if following is None or following.checked_in_at is None:
            return None
        rest = following.checked_in_at - session.checked_out_at
        longest = max(longest, int(rest.total_seconds()))
    return None
