"""Movements add up over any span of months, in any cell and any total."""

from datetime import date

import oracle
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from oracle import Cell

from acceptance import warehouse
from acceptance.company import Company

# A fixture may build whole warehouses, on a machine that does other things too.
pytestmark = pytest.mark.timeout(1800)

JOINING = ("hires", "rehires", "transfers_in")
LEAVING = ("transfers_out", "exits_voluntary", "exits_involuntary", "exits_other")
DIMENSIONS = ("department", "region", "designation")

Measures = dict[str, int]


@pytest.fixture(scope="module")
def movements(in_one_go: Company) -> dict[Cell, Measures]:
    """The report of the first company, as it was built."""
    return warehouse.movements(in_one_go.marts)


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_movements_telescope_over_any_span_in_any_total(
    movements: dict[Cell, Measures], data: st.DataObject
) -> None:
    months = sorted({cell.month for cell in movements})
    first = data.draw(st.integers(0, len(months) - 1), label="first month")
    last = data.draw(st.integers(first, len(months) - 1), label="last month")
    anybody = data.draw(st.sampled_from(sorted(movements)), label="a cell")
    kept = data.draw(st.sets(st.sampled_from(DIMENSIONS)), label="dimensions kept")

    def added(measures: tuple[str, ...], since: date, until: date) -> int:
        return sum(
            row[measure]
            for cell, row in movements.items()
            if since <= cell.month <= until
            and all(getattr(cell, name) == getattr(anybody, name) for name in kept)
            for measure in measures
        )

    since, until = months[first], months[last]
    opening = added(("opening_headcount",), since, since)
    closing = added(("closing_headcount",), until, until)
    moved = added(JOINING, since, until) - added(LEAVING, since, until)

    assert set(JOINING) | set(LEAVING) < set(oracle.MEASURES)
    assert opening + moved == closing
