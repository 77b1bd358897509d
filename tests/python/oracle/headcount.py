"""Monthly headcount and movements by department, region and designation."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

from oracle.employment import Employment, Workforce, known, rows_of

MEASURES = (
    "opening_headcount",
    "hires",
    "rehires",
    "transfers_in",
    "transfers_out",
    "exits_voluntary",
    "exits_involuntary",
    "exits_other",
    "closing_headcount",
)
EXIT_KINDS = ("voluntary", "involuntary", "other")

SITE_TIME_ZONE = ZoneInfo("Europe/Berlin")
ONE_DAY = timedelta(days=1)


class Cell(NamedTuple):
    """The grain of both reports."""

    month: date
    department: str
    region: str
    designation: str


def first_of_next_month(month: date) -> date:
    """The first day of the month after the one given by its first day."""
    if month.month == 12:
        return date(month.year + 1, 1, 1)
    return date(month.year, month.month + 1, 1)


def months(ledger_dir: Path, as_at: datetime) -> list[date]:
    """First days of the months reported: from go-live to the last one that is over.

    The company's system went live with its first record, at the site's local time. A
    month is over once its last day lies before the day of `as_at`.
    """
    recorded = [
        row["recorded_at"]
        for row in rows_of(ledger_dir, "employments")
        if row["recorded_at"] <= as_at
    ]
    if not recorded:
        return []
    went_live = min(recorded).replace(tzinfo=ZoneInfo("UTC")).astimezone(SITE_TIME_ZONE)
    month = date(went_live.year, went_live.month, 1)
    over = []
    while first_of_next_month(month) - ONE_DAY < as_at.date():
        over.append(month)
        month = first_of_next_month(month)
    return over


def cell_on(
    workforce: Workforce, employment: Employment, day: date, month: date
) -> Cell:
    """The cell of a month that the person is in on a day."""
    state = workforce.state(employment, day)
    return Cell(month, state.department, state.region, state.designation)


def headcount(ledger_dir: Path, as_at: datetime) -> dict[Cell, tuple[int, Decimal]]:
    """People and their FTE at the close of each month, in each cell with anyone.

    Args:
        ledger_dir: the folder of the ledger's parquet files.
        as_at: the instant, naive UTC, whose knowledge is used.
    """
    workforce = known(ledger_dir, as_at)
    cells: dict[Cell, tuple[int, Decimal]] = {}
    for month in months(ledger_dir, as_at):
        last_day = first_of_next_month(month) - ONE_DAY
        for employment in workforce.employments:
            if not employment.contains(last_day):
                continue
            state = workforce.state(employment, last_day)
            cell = Cell(month, state.department, state.region, state.designation)
            people, fte = cells.get(cell, (0, Decimal(0)))
            cells[cell] = (people + 1, fte + state.fte)
    return cells


def movements(ledger_dir: Path, as_at: datetime) -> dict[Cell, dict[str, int]]:
    """The nine measures of every month and cell in which any of them is not zero.

    Args:
        ledger_dir: the folder of the ledger's parquet files.
        as_at: the instant, naive UTC, whose knowledge is used.

    Raises:
        ValueError: an exit has no kind, or one that is not defined.
    """
    workforce = known(ledger_dir, as_at)
    reported = months(ledger_dir, as_at)
    cells: dict[Cell, dict[str, int]] = {}

    def add(cell: Cell, measure: str) -> None:
        cells.setdefault(cell, dict.fromkeys(MEASURES, 0))[measure] += 1

    for employment in workforce.employments:
        if employment.is_empty():
            continue
        for month in reported:
            day_before = month - ONE_DAY
            last_day = first_of_next_month(month) - ONE_DAY
            if employment.contains(day_before):
                cell = cell_on(workforce, employment, day_before, month)
                add(cell, "opening_headcount")
            if employment.contains(last_day):
                cell = cell_on(workforce, employment, last_day, month)
                add(cell, "closing_headcount")

        month = employment.started_on.replace(day=1)
        if month in reported:
            cell = cell_on(workforce, employment, employment.started_on, month)
            add(cell, "rehires" if employment.is_rehire else "hires")

        for day in sorted({change.effective_on for change in employment.changes}):
            month = day.replace(day=1)
            is_continuing = employment.contains(day - ONE_DAY) and employment.contains(
                day
            )
            if month not in reported or not is_continuing:
                continue
            left = cell_on(workforce, employment, day - ONE_DAY, month)
            entered = cell_on(workforce, employment, day, month)
            if left != entered:
                add(left, "transfers_out")
                add(entered, "transfers_in")

        if employment.ended_on is None:
            continue
        month = employment.ended_on.replace(day=1)
        if month in reported:
            if employment.exit_kind not in EXIT_KINDS:
                raise ValueError(
                    f"employment {employment.employment_id} ended on "
                    f"{employment.ended_on} with exit kind {employment.exit_kind!r}"
                )
            last_day_in = employment.ended_on - ONE_DAY
            cell = cell_on(workforce, employment, last_day_in, month)
            add(cell, f"exits_{employment.exit_kind}")
    return cells
