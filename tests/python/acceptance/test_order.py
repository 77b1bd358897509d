"""In whatever way things are delivered: the same marts, row for row."""

from collections import Counter

import pytest
from trial_kit import at_night

from acceptance import order, warehouse
from acceptance.company import Company

# A fixture may build whole warehouses, on a machine that does other things too.
pytestmark = pytest.mark.timeout(1800)


def test_day_by_day_killed_and_again_gives_the_same_marts_as_in_one_go(
    in_one_go: Company, day_by_day: order.DayByDay
) -> None:
    differences = warehouse.table_differences(
        in_one_go.marts, day_by_day.marts, but=warehouse.SCHEMAS_OF_KNOWN_TIME
    )

    assert len(warehouse.tables(day_by_day.marts)) >= 10
    assert differences == []
    staged = warehouse.staged_files(day_by_day.restricted, day_by_day.company.raw)
    assert warehouse.staged_differences(staged_in_one_go(in_one_go), staged) == []


@at_night
@pytest.mark.parametrize("name", ["shuffled", "twice", "with_kills"])
def test_shuffled_delivered_twice_or_killed_gives_the_same_marts(
    in_one_go: Company,
    fresh: Company,
    name: str,
) -> None:
    getattr(order, f"load_{name}")(fresh)
    fresh.build()

    but = warehouse.SCHEMAS_OF_KNOWN_TIME if name == "with_kills" else ()
    assert warehouse.table_differences(in_one_go.marts, fresh.marts, but=but) == []
    staged = warehouse.staged_files(fresh.restricted, fresh.raw)
    assert warehouse.staged_differences(staged_in_one_go(in_one_go), staged) == []


def staged_in_one_go(
    company: Company,
) -> dict[str, Counter[tuple[object, ...]]]:
    """What staging makes of the files, had they come in one go."""
    staged = warehouse.staged_files(company.restricted, company.raw)
    assert len(staged) == 5
    assert all(staged.values()), "a staging view is empty: nothing is shown"
    return staged
