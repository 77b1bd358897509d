"""What pay gaps and quarters must hold for any company, in the models' own SQL."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from oracle import pay
from trial_kit import trials

from properties.models import Models
from properties.people import Someone, companies, rows

LARGE = companies(10, 13)
"""Companies with women and men."""

SMALL = companies(0, 7)
"""Companies in which there may be few of them, or none."""

FACTORS = st.sampled_from([Decimal(f) for f in ("0.01", "0.87", "1.17", "2", "163.4")])

tried = settings(
    max_examples=trials(10, nightly=50),
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
CategoryKey = tuple[str, str, str]


def pay_out(models: Models, people: Sequence[Someone]) -> None:
    """Make the pay levels of one company of these people alone."""
    models.fill("fct_pay_levels", rows(people))


def gaps_of(models: Models) -> dict[GapKey, Row]:
    """The pay gap report, by regime, basis and metric."""
    found = {
        (row["regime"], row["basis"], row["metric"]): row
        for row in models.run("rpt_pay_gap")
    }
    assert len(found) == 24
    return found


def approximately(value: float | None) -> Any:
    """The value, with a tolerance for the order of additions; nothing for nothing."""
    return None if value is None else pytest.approx(value, rel=1e-9, abs=1e-9)


def values(found: dict[GapKey, Row]) -> dict[GapKey, Any]:
    """The figures, to be compared with others."""
    return {key: approximately(row["value_pct"]) for key, row in found.items()}


def counts(found: dict[GapKey, Row]) -> dict[GapKey, tuple[Any, ...]]:
    """How many women and men each figure rests on, and why there is none."""
    return {
        key: (row["women"], row["men"], row["null_reason"])
        for key, row in found.items()
    }


def quarters_of(models: Models) -> dict[QuarterKey, tuple[int, int]]:
    """The report on quarters, by regime, basis and quarter."""
    found = {}
    for row in models.run("rpt_pay_quartiles"):
        women, men = row["women"], row["men"]
        if women + men:
            assert row["women_pct"] == approximately(100 * women / (women + men))
            assert row["men_pct"] == approximately(100 * men / (women + men))
        found[row["regime"], row["basis"], row["quartile"]] = women, men
    return found


def categories_of(models: Models) -> dict[CategoryKey, tuple[Any, ...]]:
    """The report on categories of workers, by category, basis and component."""
    return {
        (row["worker_category"], row["basis"], row["component"]): (
            row["women"],
            row["men"],
            row["mean_gap_pct"],
            row["median_gap_pct"],
            row["is_difference_to_justify"],
        )
        for row in models.run("rpt_pay_gap_by_category")
    }


def near(found: dict[CategoryKey, tuple[Any, ...]]) -> dict[CategoryKey, list[Any]]:
    """The report on categories, to be compared with others."""
    return {
        key: [approximately(v) if isinstance(v, float) else v for v in row]
        for key, row in found.items()
    }


@tried
@given(people=st.one_of(LARGE, SMALL.filter(bool)))
def test_gaps_are_the_oracles(models: Models, people: list[Someone]) -> None:
    levels = [someone.level(regime) for regime in ("eu", "uk") for someone in people]
    expected = {
        (key.regime, key.basis, key.metric): figure
        for key, figure in pay.gaps(levels).items()
    }
    pay_out(models, people)
    found = gaps_of(models)

    assert found.keys() == expected.keys()
    for key, row in found.items():
        value, women, men, others = expected[key]
        assert (row["women"], row["men"]) == (women, men), key
        assert row["undeclared_or_other"] == others, key
        assert row["sex_missing"] == (others if key[0] == "uk" else 0), key
        assert row["value_pct"] == approximately(value), key
        assert row["null_reason"] == why_not(key[2], value, women, men, people), key


def why_not(
    metric: str, value: float | None, women: int, men: int, people: list[Someone]
) -> str | None:
    """The reason why there is no figure, by who is there, and whom it rests on."""
    if value is not None:
        return None
    if metric.startswith("e_component_share"):
        return "no_women" if metric.endswith("women") else "no_men"
    there = {someone.sex for someone in people}
    if not {"female", "male"} & there:
        return "no_women_and_no_men"
    if "female" not in there:
        return "no_women"
    if "male" not in there:
        return "no_men"
    if not women and not men:
        return "nobody_with_components"
    if not women:
        return "no_women_with_components"
    return "no_pay_of_men" if men else "no_men_with_components"


def test_hours_that_nobody_knows_withhold_pay_by_the_hour_alone(
    models: Models,
) -> None:
    """Payroll has no hours at all, or none of the men's."""
    paid: tuple[tuple[pay.Sex, int], ...] = (
        ("female", 1600),
        ("female", 1920),
        ("male", 2400),
        ("male", 2000),
    )
    people = [
        Someone(number, sex, "Managers", Decimal(basic), Decimal(20), Decimal(160))
        for number, (sex, basic) in enumerate(paid)
    ]
    with_hours = rows(people)
    without = {"hourly_gross": None, "hourly_basic": None, "hourly_component": None}
    for sexes in ({"female", "male"}, {"male"}):
        models.fill(
            "fct_pay_levels",
            [row | without if row["sex"] in sexes else row for row in with_hours],
        )
        for (regime, basis, metric), row in gaps_of(models).items():
            needs_hours = basis == "hourly" and (regime == "eu" or metric[0] in "ac")
            is_of_others = metric == "e_component_share_women" and "female" not in sexes
            is_missing = needs_hours and not is_of_others
            reason = "no_paid_hours" if is_missing else None
            assert row["null_reason"] == reason, (regime, basis, metric)
            assert (row["value_pct"] is None) == is_missing
            assert row["men_without_hours"] == (2 if needs_hours else 0)
        for row in models.run("rpt_pay_gap_by_category"):
            reason = "no_paid_hours" if row["basis"] == "hourly" else None
            assert row["null_reason"] == reason
        for row in models.run("rpt_pay_quartiles"):
            is_empty = row["basis"] == "hourly" and len(sexes) == 2
            assert row["null_reason"] == ("no_paid_hours" if is_empty else None) or (
                # Two women with hours fill two quarters.
                row["null_reason"] == "nobody_in_the_quartile" and len(sexes) == 1
            )
            assert (row["women_pct"] is None) == (row["null_reason"] is not None)


@tried
@given(people=LARGE, factor=FACTORS)
def test_pay_scaled_or_converted_leaves_every_gap(
    models: Models, people: list[Someone], factor: Decimal
) -> None:
    pay_out(models, people)
    before, categories_before = gaps_of(models), categories_of(models)
    pay_out(models, [someone.scaled(factor) for someone in people])
    after = gaps_of(models)

    assert values(after) == values(before)
    assert counts(after) == counts(before)
    assert near(categories_of(models)) == near(categories_before)


@tried
@given(people=LARGE)
def test_swapping_the_sexes_mirrors_every_gap(
    models: Models, people: list[Someone]
) -> None:
    pay_out(models, people)
    before, categories_before = gaps_of(models), categories_of(models)
    pay_out(models, [someone.swapped() for someone in people])
    after, categories_after = gaps_of(models), categories_of(models)
    other = {
        "e_component_share_women": "e_component_share_men",
        "e_component_share_men": "e_component_share_women",
    }
    for (regime, basis, metric), row in before.items():
        mirrored = after[regime, basis, other.get(metric, metric)]
        assert (mirrored["women"], mirrored["men"]) == (row["men"], row["women"])
        if metric in other:
            assert mirrored["value_pct"] == row["value_pct"]
        else:
            assert are_mirrored(row["value_pct"], mirrored["value_pct"])

    assert categories_after.keys() == categories_before.keys()
    for key, (women, men, mean, median, _) in categories_before.items():
        mirrored_row = categories_after[key]
        assert mirrored_row[:2] == (men, women)
        assert are_mirrored(mean, mirrored_row[2])
        assert are_mirrored(median, mirrored_row[3])


def are_mirrored(gap: float | None, mirror: float | None) -> bool:
    """Whether one is women's pay by men's, and the other men's by women's.

    Where there is nothing to divide by, there is no gap to compare.
    """
    if gap is None or mirror is None:
        return True
    return bool((1 - gap / 100) * (1 - mirror / 100) == pytest.approx(1, rel=1e-9))


@tried
@given(people=LARGE, neither=st.sampled_from(["undeclared", "other"]), data=st.data())
def test_one_more_of_an_undeclared_sex_changes_headcounts_and_no_gap(
    models: Models, people: list[Someone], neither: pay.Sex, data: st.DataObject
) -> None:
    alike = data.draw(st.sampled_from(people))
    one_more = replace(alike, number=len(people), sex=neither)
    pay_out(models, people)
    before, quarters, categories = told(models)
    pay_out(models, [*people, one_more])
    after, *others = told(models)

    assert values(after) == values(before)
    assert counts(after) == counts(before)
    assert others == [quarters, categories]
    for key, row in after.items():
        if row["undeclared_or_other"] is not None and key[0] == "eu":
            assert row["undeclared_or_other"] == before[key]["undeclared_or_other"] + 1


@tried
@given(people=LARGE, data=st.data())
def test_the_order_of_rows_changes_nothing(
    models: Models, people: list[Someone], data: st.DataObject
) -> None:
    shuffled = data.draw(st.permutations(people))
    pay_out(models, people)
    before, quarters, categories = told(models)
    pay_out(models, shuffled)
    after, *others = told(models)

    assert values(after) == values(before)
    assert counts(after) == counts(before)
    assert others == [quarters, categories]


def told(models: Models) -> tuple[Any, Any, Any]:
    """All three reports."""
    return gaps_of(models), quarters_of(models), near(categories_of(models))


@tried
@given(people=SMALL)
def test_quarters_add_up_to_everybody_and_to_each_sex(
    models: Models, people: list[Someone]
) -> None:
    pay_out(models, people)
    found = quarters_of(models)
    women = sum(someone.sex == "female" for someone in people)
    men = sum(someone.sex == "male" for someone in people)
    bases = {key[:2] for key in found}

    assert len(bases) == (4 if women + men else 0)
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
    pay_out(models, people)

    # Where there are neither women nor men, there are no quarters to tell of.
    is_anybody = any(map(sum, expected.values()))
    assert quarters_of(models) == (expected if is_anybody else {})


@tried
@given(people=SMALL, factor=FACTORS)
def test_pay_scaled_or_converted_leaves_every_quarter(
    models: Models, people: list[Someone], factor: Decimal
) -> None:
    pay_out(models, people)
    before = quarters_of(models)
    pay_out(models, [someone.scaled(factor) for someone in people])

    assert quarters_of(models) == before


@tried
@given(
    twentieths=st.lists(st.integers(1, 400), min_size=1, max_size=8),
    hours=st.sampled_from([1, 3, 7, 130, 173]),
    is_less_for_women=st.booleans(),
)
def test_five_per_cent_to_the_digit_has_to_be_justified(
    models: Models, twentieths: list[int], hours: int, is_less_for_women: bool
) -> None:
    """Each woman has just 95, or 105, cents for each euro of one man."""
    part = 19 if is_less_for_women else 21
    sexes: tuple[tuple[pay.Sex, int], ...] = (("male", 20), ("female", part))
    people = [
        Someone(
            number=2 * number + (sex == "female"),
            sex=sex,
            category="Managers",
            basic=Decimal(unit * parts).scaleb(-2),
            components=Decimal(0),
            hours=Decimal(hours),
        )
        for number, unit in enumerate(twentieths)
        for sex, parts in sexes
    ]
    pay_out(models, people)
    judged = {(basis, row[4]) for (_, basis, _), row in categories_of(models).items()}

    assert judged == {("hourly", True), ("annualised", True), ("as_paid", None)}
