"""Each metric is its report in every cell and every total."""

from collections.abc import Sequence
from datetime import date
from itertools import chain, combinations
from math import isclose
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from acceptance.company import Company
from acceptance.warehouse import TOLERANCE
from operations.metrics import engine
from operations.metrics.ask import opened
from operations.metrics.engine import Layer, Question

# A fixture may build whole warehouses, on a machine that does other things too.
pytestmark = pytest.mark.timeout(1800)

CELL = ("department", "region", "designation")
EXITS = ("exits_voluntary", "exits_involuntary", "exits_other")
KINDS = ("voluntary", "involuntary", "other")


class Report(NamedTuple):
    """A report, and what tells the same.

    Attributes:
        table: The report.
        dimensions: What its cells are of, beside the month.
        has_totals: Whether it has rows that read `All`.
        figures: Metric to the report's expression.
    """

    table: str
    dimensions: Sequence[str]
    has_totals: bool
    figures: dict[str, str]


def same(*names: str) -> dict[str, str]:
    return {name: name for name in names}


REPORTS = [
    Report(
        "people.rpt_headcount_monthly",
        CELL,
        False,
        same("headcount", "headcount_assumed", "fte"),
    ),
    Report(
        "people.rpt_movements_monthly",
        CELL,
        False,
        same("hires", "rehires", "transfers_in", "transfers_out", *EXITS)
        | {
            "exits": " + ".join(EXITS),
            "joiners": "hires + rehires",
            "net_change": f"hires + rehires - {' - '.join(EXITS)}",
        },
    ),
    Report(
        "people.rpt_turnover_monthly",
        CELL,
        True,
        same("headcount_mean", "turnover_pct")
        | same(*(f"{kind}_turnover_pct" for kind in KINDS))
        | {"exits_12_months": "exits"}
        | {f"exits_{kind}_12_months": f"exits_{kind}" for kind in KINDS},
    ),
    Report(
        "working_time.rpt_absence_monthly",
        CELL,
        True,
        same("scheduled_days", "lost_days", "leave_days", "absence_pct"),
    ),
    Report(
        "recruiting.rpt_funnel",
        ("department", "branch"),
        True,
        same("applications", "screened", "interviewed", "offered", "accepted")
        | same("screened_pct", "interviewed_pct", "offered_pct", "accepted_pct")
        | {
            f"{end}_applications": f'"{end}"'
            for end in ("rejected", "withdrawn", "open")
        },
    ),
    Report(
        "recruiting.rpt_time_to_fill",
        ("department", "branch"),
        True,
        same("filled", "filled_internally", "internal_fill_pct")
        | same("time_to_fill_days_median", "time_to_fill_days_p90"),
    ),
]

OF_WORKING_DAYS = {
    "working_days": "count(*)",
    "people_at_work": "count(distinct employee_key)",
    "worked_hours": "sum(worked_seconds) / 3600",
    "work_sessions": "sum(sessions)",
    "missing_punches": "sum(missing_check_ins + missing_check_outs)",
    "worked_hours_per_day": "sum(worked_seconds) / 3600 / count(*)",
}
"""Of what no report tells: the metrics of the mart itself."""

Rows = dict[tuple[Any, ...], tuple[Any, ...]]


@pytest.fixture(scope="module")
def layer(parsed: Path) -> Layer:
    return engine.parsed(parsed / engine.MANIFEST)


def rows(company: Company, sql: str, keys: int) -> Rows:
    """What a query gives, by its first columns."""
    from environment import Environment

    with opened(Environment("dev", company.home)) as connection:
        connection.execute("use muster")
        found = connection.execute(sql).fetchall()
    told = {row[:keys]: row[keys:] for row in found}
    assert len(told) == len(found), "there are two rows of a cell"
    return told


def differences(told: Rows, expected: Rows) -> list[str]:
    """Where two disagree, cell by cell."""
    assert told.keys() == expected.keys()
    return [
        f"{key}: {told[key]}, not {figures}"
        for key, figures in expected.items()
        if not all(map(agree, told[key], figures))
    ]


def agree(one: Any, other: Any) -> bool:
    if one is None or other is None:
        return one is other
    return isclose(one, other, rel_tol=TOLERANCE, abs_tol=TOLERANCE)


@pytest.mark.parametrize("report", REPORTS, ids=lambda report: report.table)
def test_each_metric_is_its_report_in_every_cell_and_total(
    in_one_go: Company, layer: Layer, report: Report
) -> None:
    every = tuple(report.dimensions)
    subsets = chain.from_iterable(combinations(every, n) for n in range(len(every) + 1))
    ((begin, end),) = rows(
        in_one_go,
        "select min(month_start_on), last_day(max(month_start_on))"
        f" from {report.table}",
        2,
    )
    for by in list(subsets) if report.has_totals else [every]:
        question = Question(list(report.figures), by, "month", begin=begin, end=end)
        told = rows(in_one_go, layer.sql(question), 1 + len(by))
        totals = [f"{name} = 'All'" for name in every if name not in by]
        cells = [f"{name} <> 'All'" for name in by]
        expected = rows(
            in_one_go,
            f"select {', '.join(['month_start_on', *by, *report.figures.values()])}"
            f" from {report.table} where {' and '.join([*totals, *cells])}",
            1 + len(by),
        )
        figures = {key: row[: len(report.figures)] for key, row in told.items()}
        assert expected, "there is nothing to compare"
        assert differences(figures, expected) == []


def test_working_days_are_those_of_their_mart(in_one_go: Company, layer: Layer) -> None:
    """By region as of the day: where people were when they worked."""
    question = Question(list(OF_WORKING_DAYS), ["region"], "month")
    told = rows(in_one_go, layer.sql(question), 2)
    expected = rows(
        in_one_go,
        "select cast(date_trunc('month', worked_on) as date), region,"
        f" {', '.join(OF_WORKING_DAYS.values())}"
        " from working_time.fct_working_days left join core.dim_employee_history"
        " as history using (employee_key)"
        " where worked_on >= history.effective_from"
        " and worked_on < history.effective_to"
        " group by all",
        2,
    )
    assert expected
    assert (
        differences(
            {key: figures for key, figures in told.items() if key in expected}, expected
        )
        == []
    )


def test_headcount_of_a_quarter_is_that_of_its_last_month(
    in_one_go: Company, layer: Layer
) -> None:
    """And of all the time the last: who is there does not add up over time."""
    asked = Question(["headcount"], grain="quarter", end=date(2026, 3, 31))
    last = (
        "select sum(headcount) from people.rpt_headcount_monthly where month_start_on"
    )
    by_quarter = rows(in_one_go, layer.sql(asked), 1)
    ((march,),) = rows(in_one_go, f"{last} = date '2026-03-01'", 1)
    assert by_quarter[(date(2026, 1, 1),)][0] == march
    ((now,),) = rows(
        in_one_go,
        f"{last} = (select max(month_start_on) from people.rpt_headcount_monthly)",
        1,
    )
    ((told, _),) = rows(in_one_go, layer.sql(Question(["headcount"])), 2)
    assert told == now


def test_every_metric_is_compared(layer: Layer) -> None:
    compared = {name for report in REPORTS for name in report.figures}
    assert {*compared, *OF_WORKING_DAYS} == set(layer.metrics)


def test_every_saved_query_finds_something(in_one_go: Company, layer: Layer) -> None:
    for saved in layer.manifest.saved_queries:
        assert rows(in_one_go, layer.sql(Question([saved.name])), 2), saved.name
