"""Reports of the marts whose every cell and total the oracle can tell."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from oracle import Cell, people, recruiting, working_time

from acceptance import warehouse


class Report(NamedTuple):
    """A table, its grain and its figures, and the oracle's answer to it."""

    table: str
    grain: type[Any]
    figures: type[Any]
    tell: Callable[[Path, datetime], dict[Any, Any]]

    def disagreements(self, expected: dict[Any, Any], marts: Path) -> list[str]:
        """Where a database says otherwise, a line for each cell."""
        found = warehouse.report(marts, self.table, self.grain, self.figures)
        return warehouse.near_disagreements(expected, found)


WORKFORCE = (
    Report("people.rpt_turnover_monthly", Cell, people.Turnover, people.turnover),
    Report("people.rpt_mobility_monthly", Cell, people.Mobility, people.mobility),
    Report(
        "people.rpt_span_of_control",
        people.ManagedCell,
        people.Span,
        people.span_of_control,
    ),
    Report("people.rpt_tenure", Cell, people.Tenure, people.tenure),
)
ABSENCE = Report(
    "working_time.rpt_absence_monthly",
    Cell,
    working_time.Absence,
    working_time.absence,
)
TIME_TO_FILL = Report(
    "recruiting.rpt_time_to_fill",
    recruiting.PlaceCell,
    recruiting.TimeToFill,
    recruiting.time_to_fill,
)
FUNNEL = Report(
    "recruiting.rpt_funnel",
    recruiting.PlaceCell,
    recruiting.Funnel,
    recruiting.funnel,
)
REPORTS = (*WORKFORCE, ABSENCE, TIME_TO_FILL, FUNNEL)
