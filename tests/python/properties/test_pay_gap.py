"""What pay gaps and quarters must hold for any company, in the models' own SQL."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from oracle import pay

from properties.models import Models
from properties.people import Someone, companies, rows

LARGE = companies(10, 13)
"""Companies whose figures are not withheld for want of people."""

SMALL = companies(0, 7)

FACTORS = st.sampled_from([Decimal(f) for f in ("0.01", "0.87", "1.17", "2", "163.4")])

tried = settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
    ],
)

Row = dict[str, Any]
GapKey = tuple[str, str, str]
QuarterKey = tuple[str, str, str]


def gaps_of(models: Models, people: Sequence[Someone]) -> dict[GapKey, Row]:
    """The pay gap report of one company, by regime, basis and metric."""
    models.fill("fct_pay_levels", rows(people))
    found = {
        (row["regime"], row["basis"], row["metric"]): row
        for row in models.run("rpt_pay_gap")
    }
    assert len(found) == 18
    return found


def approximately(value: float | None) -> Any:
    """The value, with a tolerance for the order of additions; nothing for nothing."""
    return None if value is None else pytest.approx(value, rel=1e-9, abs=1e-9)


def values(found: dict[GapKey, Row]) -> dict[GapKey, Any]:
    """The figures, to be compared with others."""
    return {key: approximately(row["value_pct"]) for key, row in found.items()}


def counts(found: dict[GapKey, Row]) -> dict[GapKey, tuple[Any, ...]]:
    """How many women and men each figure rests on, and why it is withheld."""
    return {
        key: (row["women"], row["men"], row["withheld_reason"])
        for key, row in found.items()
    }


def quarters_of(
    models: Models, people: Sequence[Someone]
) -> dict[QuarterKey, tuple[int, int]]:
    """The report on quarters of one company, by regime, basis and quarter."""
    models.fill("fct_pay_levels", rows(people))
    found = {}
    for row in models.run("rpt_pay_quartiles"):
        women, men = row["women"], row["men"]
        if women + men:
            assert row["women_pct"] == approximately(100 * women / (women + men))
            assert row["men_pct"] == approximately(100 * men / (women + men))
        found[row["regime"], row["basis"], row["quartile"]] = women, men
    return found


@tried
@given(people=LARGE)
def test_gaps_are_the_oracles(models: Models, people: list[Someone]) -> None:
    levels = [someone.level(regime) for regime in ("eu", "uk") for someone in people]
    expected = {
        (key.regime, key.basis, key.metric): figure
        for key, figure in pay.gaps(levels).items()
    }
    found = gaps_of(models, people)

    assert found.keys() == expected.keys()
    for key, row in found.items():
        value, women, men, others, is_withheld = pay.shown(expected[key])
        assert (row["withheld_reason"] is not None) == is_withheld
        assert (row["women"], row["men"]) == (women, men), key
        assert row["undeclared_or_other"] == others, key
        assert row["value_pct"] == approximately(value), key
        is_missing = value is None and not is_withheld
        assert row["null_reason"] == ("no_pay_of_men" if is_missing else None), key


@tried
@given(people=LARGE, factor=FACTORS)
def test_pay_scaled_or_converted_leaves_every_gap(
    models: Models, people: list[Someone], factor: Decimal
) -> None:
    before = gaps_of(models, people)
    after = gaps_of(models, [someone.scaled(factor) for someone in people])

    assert values(after) == values(before)
    assert counts(after) == counts(before)


@tried
@given(people=LARGE)
def test_swapping_the_sexes_mirrors_every_gap(
    models: Models, people: list[Someone]
) -> None:
    before = gaps_of(models, people)
    after = gaps_of(models, [someone.swapped() for someone in people])
    other = {
        "e_component_share_women": "e_component_share_men",
        "e_component_share_men": "e_component_share_women",
    }
    for (regime, basis, metric), row in before.items():
        mirrored = after[regime, basis, other.get(metric, metric)]
        assert (mirrored["women"], mirrored["men"]) == (row["men"], row["women"])
        gap, mirror = row["value_pct"], mirrored["value_pct"]
        if metric in other:
            assert mirror == gap
        elif gap is not None and mirror is not None:
            # Women's pay for each unit of men's, and the other way round.
            assert (1 - gap / 100) * (1 - mirror / 100) == pytest.approx(1)


@tried
@given(people=LARGE, neither=st.sampled_from(["undeclared", "other"]), data=st.data())
def test_one_more_of_an_undeclared_sex_changes_headcounts_and_no_gap(
    models: Models, people: list[Someone], neither: pay.Sex, data: st.DataObject
) -> None:
    template = data.draw(st.sampled_from(people))
    one_more = Someone(
        len(people), neither, template.basic, template.components, template.hours
    )
    before = gaps_of(models, people)
    after = gaps_of(models, [*people, one_more])

    assert values(after) == values(before)
    assert counts(after) == counts(before)
    assert quarters_of(models, [*people, one_more]) == quarters_of(models, people)


@tried
@given(people=LARGE, data=st.data())
def test_the_order_of_rows_changes_nothing(
    models: Models, people: list[Someone], data: st.DataObject
) -> None:
    shuffled = data.draw(st.permutations(people))
    before, after = gaps_of(models, people), gaps_of(models, shuffled)

    assert values(after) == values(before)
    assert counts(after) == counts(before)
    assert quarters_of(models, shuffled) == quarters_of(models, people)


@tried
@given(people=SMALL)
def test_quarters_add_up_to_everybody_and_to_each_sex(
    models: Models, people: list[Someone]
) -> None:
    found = quarters_of(models, people)
    women = sum(someone.sex == "female" for someone in people)
    men = sum(someone.sex == "male" for someone in people)
    bases = {key[:2] for key in found}

    assert len(bases) == (3 if women + men else 0)
    for regime, basis in bases:
        split = [found[regime, basis, quarter] for quarter in pay.QUARTERS]
        assert sum(quarter[0] for quarter in split) == women
        assert sum(quarter[1] for quarter in split) == men
        assert [sum(quarter) for quarter in split] == pay.quarter_sizes(women + men)


@tried
@given(people=SMALL)
def test_quarters_are_the_oracles(models: Models, people: list[Someone]) -> None:
    levels = [someone.level(regime) for regime in ("eu", "uk") for someone in people]
    expected = {
        (regime, basis, quarter): tuple(split)
        for (regime, _, _, basis, quarter), split in pay.quartiles(levels).items()
    }
    found = quarters_of(models, people)

    # Where there are neither women nor men, there are no quarters to tell of.
    assert found == {
        k: v for k, v in expected.items() if any(map(sum, expected.values()))
    }


@tried
@given(people=SMALL, factor=FACTORS)
def test_pay_scaled_or_converted_leaves_every_quarter(
    models: Models, people: list[Someone], factor: Decimal
) -> None:
    scaled = [someone.scaled(factor) for someone in people]

    assert quarters_of(models, scaled) == quarters_of(models, people)
