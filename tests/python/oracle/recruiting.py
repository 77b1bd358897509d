"""Applications, time to fill and the funnel, as applicant tracking told of them.

The system exports on Mondays what changed up to the Sunday, so a step taken later in
the week is not known yet.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from oracle.employment import UNASSIGNED, Employment, Workforce, known, rows_of, text
from oracle.headcount import first_of_next_month, months
from oracle.reports import tells
from oracle.totals import percent, percentile, totals

EXPORTED_AT = time(5, 30)
STAGES = {
    "Applied": "applied",
    "Screening": "screened",
    "Interview": "interviewed",
    "Offer": "offered",
    "Accepted": "accepted",
}
REACHED = tuple(STAGES.values())
OUTCOMES = {
    "Accepted": "accepted",
    "Rejected": "rejected",
    "Withdrawn": "withdrawn",
}
STATUSES = {
    "Applied": "New",
    "Accepted": "Hired",
    "Rejected": "Rejected",
    "Withdrawn": "Withdrawn",
}
UNDER_WAY = "In process"


class PlaceCell(NamedTuple):
    """The grain of both reports."""

    month: date
    department: str
    branch: str


class Application(NamedTuple):
    """One candidate's application, as far as it has come.

    `employee_number` is that of a candidate who counts as internal.
    """

    application_id: str
    requisition_id: str
    employee_number: str | None
    department: str
    branch: str
    status: str
    furthest_stage: str
    outcome: str
    is_internal: bool
    opened_on: date
    applied_on: date
    accepted_on: date | None
    decided_on: date | None


class TimeToFill(NamedTuple):
    """What was filled in a month, and how long it took."""

    filled: int
    time_to_fill_days_median: float
    time_to_fill_days_p90: float
    filled_internally: int
    internal_fill_pct: float | None


class Funnel(NamedTuple):
    """How far the applications of a month came, what became of them, and shares."""

    applications: int
    screened: int
    interviewed: int
    offered: int
    accepted: int
    rejected: int
    withdrawn: int
    open: int
    screened_pct: float | None
    interviewed_pct: float | None
    offered_pct: float | None
    accepted_pct: float | None


def is_exported(changed_on: date, as_at: datetime) -> bool:
    """Whether the export after a day has been delivered by an instant."""
    next_monday = changed_on + timedelta(days=7 - changed_on.weekday())
    return datetime.combine(next_monday, EXPORTED_AT) <= as_at


def applications(ledger_dir: Path, as_at: datetime) -> list[Application]:
    """Every application that was known, in the order of their ids.

    Args:
        ledger_dir: the folder of the ledger's parquet files.
        as_at: the instant, naive UTC, whose knowledge is used.
    """
    workforce = known(ledger_dir, as_at)
    requisitions = {
        row["requisition_id"]: row for row in rows_of(ledger_dir, "requisitions")
    }
    steps: dict[str, list[tuple[str, date]]] = {}
    changes = rows_of(ledger_dir, "stage_changes")
    for row in sorted(changes, key=lambda change: change["stage_change_id"]):
        if is_exported(row["changed_on"], as_at):
            step = (row["stage"], row["changed_on"])
            steps.setdefault(row["application_id"], []).append(step)

    employed: dict[str, list[Employment]] = {}
    for employment in workforce.employments:
        number = workforce.employee_numbers[employment.person_id]
        employed.setdefault(number, []).append(employment)

    found = []
    rows = rows_of(ledger_dir, "applications")
    for row in sorted(rows, key=lambda application: application["application_id"]):
        taken = steps.get(row["application_id"])
        if not taken:
            continue
        days = dict(taken)
        last_stage, last_on = taken[-1]
        requisition = requisitions[row["requisition_id"]]
        number = row["employee_number"]
        outcome = OUTCOMES.get(last_stage, "open")
        # Filled from within is what somebody accepts who is employed on that day.
        tells_on = last_on if outcome == "accepted" else row["applied_on"]
        is_internal = any(
            employment.contains(tells_on) for employment in employed.get(number, [])
        )
        reached = [STAGES[stage] for stage, _ in taken if stage in STAGES]
        found.append(
            Application(
                application_id=row["application_id"],
                requisition_id=row["requisition_id"],
                employee_number=number if is_internal else None,
                department=department_label(workforce, requisition["department"]),
                branch=text(requisition["branch"]) or UNASSIGNED,
                status=STATUSES.get(last_stage, UNDER_WAY),
                furthest_stage=max(reached, key=REACHED.index),
                outcome=outcome,
                is_internal=is_internal,
                opened_on=requisition["opened_on"],
                applied_on=row["applied_on"],
                accepted_on=days.get("Accepted"),
                decided_on=last_on if last_stage in OUTCOMES else None,
            )
        )
    return found


def department_label(workforce: Workforce, department: str | None) -> str:
    """The label that a requisition's department has now."""
    name = text(department)
    if name is None:
        return UNASSIGNED
    return workforce.department_labels.get(name, name)


def of_month(month: date, day: date | None) -> bool:
    """Whether a day lies in the month given by its first day."""
    return day is not None and month <= day < first_of_next_month(month)


@tells("recruiting.rpt_time_to_fill")
def time_to_fill(ledger_dir: Path, as_at: datetime) -> dict[PlaceCell, TimeToFill]:
    """What was filled in each month that is over, and how long that took.

    Args:
        ledger_dir: the folder of the ledger's parquet files.
        as_at: the instant, naive UTC, whose knowledge is used.
    """
    every = applications(ledger_dir, as_at)
    filled: dict[PlaceCell, list[tuple[int, bool]]] = {}
    for month in months(ledger_dir, as_at):
        for application in every:
            accepted_on = application.accepted_on
            if accepted_on is None or not of_month(month, accepted_on):
                continue
            days = (accepted_on - application.opened_on).days
            own = (days, application.is_internal)
            cell = PlaceCell(month, application.department, application.branch)
            for total in totals(cell):
                filled.setdefault(total, []).append(own)
    return {cell: of_fills(fills) for cell, fills in filled.items()}


def of_fills(fills: Sequence[tuple[int, bool]]) -> TimeToFill:
    """The figures of a cell, from the days of each fill and whether it was internal."""
    days = [taken for taken, _ in fills]
    internal = sum(is_internal for _, is_internal in fills)
    return TimeToFill(
        filled=len(fills),
        time_to_fill_days_median=percentile(days, 0.5),
        time_to_fill_days_p90=percentile(days, 0.9),
        filled_internally=internal,
        internal_fill_pct=percent(internal, len(fills)),
    )


@tells("recruiting.rpt_funnel")
def funnel(ledger_dir: Path, as_at: datetime) -> dict[PlaceCell, Funnel]:
    """How far the applications of each month that is over have come.

    Args:
        ledger_dir: the folder of the ledger's parquet files.
        as_at: the instant, naive UTC, whose knowledge is used.
    """
    every = applications(ledger_dir, as_at)
    by_cell: dict[PlaceCell, list[Application]] = {}
    for month in months(ledger_dir, as_at):
        for application in every:
            if of_month(month, application.applied_on):
                cell = PlaceCell(month, application.department, application.branch)
                for total in totals(cell):
                    by_cell.setdefault(total, []).append(application)
    return {cell: of_applications(own) for cell, own in by_cell.items()}


def of_applications(own: Sequence[Application]) -> Funnel:
    """The figures of a cell; who reached a stage reached all those before it."""
    reached = Counter(
        stage
        for application in own
        for stage in REACHED[: REACHED.index(application.furthest_stage) + 1]
    )
    outcomes = Counter(application.outcome for application in own)
    shares = {
        f"{stage}_pct": percent(reached[stage], reached[before])
        for before, stage in pairwise(REACHED)
    }
    return Funnel(
        applications=reached["applied"],
        screened=reached["screened"],
        interviewed=reached["interviewed"],
        offered=reached["offered"],
        accepted=reached["accepted"],
        rejected=outcomes["rejected"],
        withdrawn=outcomes["withdrawn"],
        open=outcomes["open"],
        **shares,
    )
