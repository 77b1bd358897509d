"""Turnover, mobility, span of control and tenure, by month and cell and every total."""

from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from statistics import mean, median
from typing import NamedTuple

from oracle.employment import Employment, Workforce, known
from oracle.headcount import (
    EXIT_KINDS,
    ONE_DAY,
    Cell,
    cell_on,
    first_of_next_month,
    months,
)
from oracle.reports import tells
from oracle.totals import percent, totals

MONTHS_OF_A_RATE = 12
TOO_YOUNG = "under_12_months_of_history"
NOBODY = "no_headcount"

TRANSFERRED = ("company", "department", "branch")
PROMOTED = ("designation", "grade")


class Turnover(NamedTuple):
    """Who left in the twelve months to a month's end, and who stayed."""

    headcount_mean: float | None
    exits: int
    exits_voluntary: int
    exits_involuntary: int
    exits_other: int
    turnover_pct: float | None
    voluntary_turnover_pct: float | None
    involuntary_turnover_pct: float | None
    other_turnover_pct: float | None
    cohort: int | None
    retained: int | None
    retention_pct: float | None
    null_reason: str | None


class Mobility(NamedTuple):
    """Who moved into a cell in the twelve months to a month's end."""

    headcount_mean: float | None
    transfers: int
    promotions: int
    mobility_pct: float | None
    null_reason: str | None


class ManagedCell(NamedTuple):
    """The grain of the span of control: where the manager is."""

    month: date
    department: str
    region: str


class Span(NamedTuple):
    """Managers with a report at the close of a month, and how many they have."""

    managers: int
    direct_reports: int
    span_mean: float
    span_median: float
    span_largest: int


class Tenure(NamedTuple):
    """Days employed at the close of a month, of the current and since the first."""

    headcount: int
    headcount_rehired: int
    tenure_days_mean: float
    tenure_days_median: float
    first_tenure_days_mean: float
    first_tenure_days_median: float


class History:
    """The workforce as it was known, with what every month's rate needs of it.

    Args:
        ledger_dir: the folder of the ledger's parquet files.
        as_at: the instant, naive UTC, whose knowledge is used.
    """

    def __init__(self, ledger_dir: Path, as_at: datetime) -> None:
        self.workforce: Workforce = known(ledger_dir, as_at)
        self.months = months(ledger_dir, as_at)
        self.employments = [e for e in self.workforce.employments if not e.is_empty()]
        # The close of the day before the first month opens the books.
        days_before = [month - ONE_DAY for month in self.months[:1]]
        closes = days_before + [last_day(month) for month in self.months]
        self.closings = [self._closing(day) for day in closes]

    def _closing(self, day: date) -> dict[int, Cell]:
        """The cell of each employment at the close of a day."""
        return {
            employment.employment_id: cell_on(self.workforce, employment, day, day)
            for employment in self.employments
            if employment.contains(day)
        }

    def windows(self) -> Iterator[tuple[date, range]]:
        """Each month, and the numbers of the months of the year that it ends.

        Numbers count from the first month, 1; number 0 is the opening balance. A year
        that began before the first month has fewer than twelve.
        """
        for number, month in enumerate(self.months, start=1):
            yield month, range(max(1, number - MONTHS_OF_A_RATE + 1), number + 1)

    def heads(self, window: range, month: date) -> Counter[Cell]:
        """The sum of the closing headcounts of the months, in each cell of a month."""
        return Counter(
            total
            for number in window
            for cell in self.closings[number].values()
            for total in totals(cell._replace(month=month))
        )


def last_day(month: date) -> date:
    """The last day of the month given by its first day."""
    return first_of_next_month(month) - ONE_DAY


def rates_are_null_because(window: range, heads: int) -> str | None:
    """Why a rate over the months of a window is null, if it is."""
    if len(window) < MONTHS_OF_A_RATE:
        return TOO_YOUNG
    return NOBODY if heads == 0 else None


def headcount_mean(window: range, heads: int) -> float | None:
    """The mean of twelve month-end headcounts; nothing under twelve months."""
    if len(window) < MONTHS_OF_A_RATE:
        return None
    return heads / MONTHS_OF_A_RATE


@tells("people.rpt_turnover_monthly")
def turnover(ledger_dir: Path, as_at: datetime) -> dict[Cell, Turnover]:
    """Turnover and retention, in each cell with a headcount or an exit in the year.

    Args:
        ledger_dir: the folder of the ledger's parquet files.
        as_at: the instant, naive UTC, whose knowledge is used.
    """
    history = History(ledger_dir, as_at)
    left: dict[str, list[Cell]] = {kind: [] for kind in EXIT_KINDS}
    for employment in history.employments:
        if employment.ended_on is not None and employment.exit_kind is not None:
            month = employment.ended_on.replace(day=1)
            before = employment.ended_on - ONE_DAY
            left[employment.exit_kind].append(
                cell_on(history.workforce, employment, before, month)
            )

    found: dict[Cell, Turnover] = {}
    for month, window in history.windows():
        of_year = {history.months[number - 1] for number in window}
        heads = history.heads(window, month)
        exits = {
            kind: Counter(
                total
                for cell in left[kind]
                if cell.month in of_year
                for total in totals(cell._replace(month=month))
            )
            for kind in EXIT_KINDS
        }
        cohorts, retained = retention(history, month, window)
        for cell in heads.keys() | {c for counts in exits.values() for c in counts}:
            in_cell = heads[cell]
            counts = {kind: exits[kind][cell] for kind in EXIT_KINDS}
            reason = rates_are_null_because(window, in_cell)
            average = headcount_mean(window, in_cell)
            of_headcount = {
                kind: None if reason or not average else percent(count, average)
                for kind, count in {"all": sum(counts.values()), **counts}.items()
            }
            is_young = reason == TOO_YOUNG
            cohort, stayed = cohorts[cell], retained[cell]
            found[cell] = Turnover(
                headcount_mean=average,
                exits=sum(counts.values()),
                exits_voluntary=counts["voluntary"],
                exits_involuntary=counts["involuntary"],
                exits_other=counts["other"],
                turnover_pct=of_headcount["all"],
                voluntary_turnover_pct=of_headcount["voluntary"],
                involuntary_turnover_pct=of_headcount["involuntary"],
                other_turnover_pct=of_headcount["other"],
                cohort=None if is_young else cohort,
                retained=None if is_young else stayed,
                retention_pct=None if is_young else percent(stayed, cohort),
                null_reason=reason,
            )
    return found


def retention(
    history: History, month: date, window: range
) -> tuple[Counter[Cell], Counter[Cell]]:
    """Who was in each cell twelve months before, and who of them is still employed.

    They count in the cell that they were in then, wherever they are now.
    """
    then = history.closings[window.start - 1]
    now = history.closings[window.stop - 1]
    cohorts: Counter[Cell] = Counter()
    retained: Counter[Cell] = Counter()
    for employment_id, cell in then.items():
        for total in totals(cell._replace(month=month)):
            cohorts[total] += 1
            retained[total] += employment_id in now
    return cohorts, retained


def moves(employment: Employment, workforce: Workforce) -> Iterator[tuple[date, bool]]:
    """The days of a person's internal moves, and whether each is a transfer."""
    for day in sorted({change.effective_on for change in employment.changes}):
        before = day - ONE_DAY
        if not (employment.contains(before) and employment.contains(day)):
            continue
        was = workforce.assignment(employment, before)
        now = workforce.assignment(employment, day)
        is_transfer = any(was[name] != now[name] for name in TRANSFERRED)
        if is_transfer or any(was[name] != now[name] for name in PROMOTED):
            yield day, is_transfer


@tells("people.rpt_mobility_monthly")
def mobility(ledger_dir: Path, as_at: datetime) -> dict[Cell, Mobility]:
    """Internal moves, in each cell with a headcount or a move into it in the year.

    Args:
        ledger_dir: the folder of the ledger's parquet files.
        as_at: the instant, naive UTC, whose knowledge is used.
    """
    history = History(ledger_dir, as_at)
    moved = [
        (is_transfer, cell_on(history.workforce, employment, day, day.replace(day=1)))
        for employment in history.employments
        for day, is_transfer in moves(employment, history.workforce)
    ]
    found: dict[Cell, Mobility] = {}
    for month, window in history.windows():
        of_year = {history.months[number - 1] for number in window}
        heads = history.heads(window, month)
        counts: dict[bool, Counter[Cell]] = {True: Counter(), False: Counter()}
        for is_transfer, cell in moved:
            if cell.month in of_year:
                counts[is_transfer].update(totals(cell._replace(month=month)))
        for cell in heads.keys() | counts[True].keys() | counts[False].keys():
            transfers, promotions = counts[True][cell], counts[False][cell]
            average = headcount_mean(window, heads[cell])
            found[cell] = Mobility(
                headcount_mean=average,
                transfers=transfers,
                promotions=promotions,
                mobility_pct=percent(transfers + promotions, average)
                if average
                else None,
                null_reason=rates_are_null_because(window, heads[cell]),
            )
    return found


@tells("people.rpt_span_of_control")
def span_of_control(ledger_dir: Path, as_at: datetime) -> dict[ManagedCell, Span]:
    """Direct reports per manager, in each cell with a manager who has one.

    Args:
        ledger_dir: the folder of the ledger's parquet files.
        as_at: the instant, naive UTC, whose knowledge is used.
    """
    history = History(ledger_dir, as_at)
    workforce = history.workforce
    found: dict[ManagedCell, Span] = {}
    for month in history.months:
        day = last_day(month)
        active = {e.person_id: e for e in history.employments if e.contains(day)}
        reports: Counter[int] = Counter()
        for person_id, employment in active.items():
            manager = workforce.assignment(employment, day)["manager_person_id"]
            if manager is not None and int(manager) in active:
                reports[int(manager)] += int(manager) != person_id
        spans: dict[ManagedCell, list[int]] = {}
        for manager_id, count in reports.items():
            if count == 0:
                continue
            state = workforce.state(active[manager_id], day)
            for total in totals(ManagedCell(month, state.department, state.region)):
                spans.setdefault(total, []).append(count)
        for cell, counts in spans.items():
            found[cell] = Span(
                managers=len(counts),
                direct_reports=sum(counts),
                span_mean=sum(counts) / len(counts),
                span_median=float(median(counts)),
                span_largest=max(counts),
            )
    return found


@tells("people.rpt_tenure")
def tenure(ledger_dir: Path, as_at: datetime) -> dict[Cell, Tenure]:
    """Tenure at the close of each month, in each cell with anyone.

    Args:
        ledger_dir: the folder of the ledger's parquet files.
        as_at: the instant, naive UTC, whose knowledge is used.
    """
    history = History(ledger_dir, as_at)
    first_joined: dict[int, date] = {}
    for employment in history.employments:
        joined = first_joined.get(employment.person_id, employment.started_on)
        first_joined[employment.person_id] = min(joined, employment.started_on)
    found: dict[Cell, Tenure] = {}
    for month in history.months:
        day = last_day(month)
        days: dict[Cell, list[tuple[int, int]]] = {}
        for employment in history.employments:
            if not employment.contains(day):
                continue
            own = (
                (day - employment.started_on).days,
                (day - first_joined[employment.person_id]).days,
            )
            for total in totals(cell_on(history.workforce, employment, day, month)):
                days.setdefault(total, []).append(own)
        for cell, pairs in days.items():
            current = [pair[0] for pair in pairs]
            since_first = [pair[1] for pair in pairs]
            found[cell] = Tenure(
                headcount=len(pairs),
                headcount_rehired=sum(now != since for now, since in pairs),
                tenure_days_mean=float(mean(current)),
                tenure_days_median=float(median(current)),
                first_tenure_days_mean=float(mean(since_first)),
                first_tenure_days_median=float(median(since_first)),
            )
    return found
