"""The pay oracle: the worked examples of the law's guidance, and cases by hand."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oracle.employment import Employment
from oracle.pay import (
    GapKey,
    Level,
    PaidLine,
    Quarter,
    Sex,
    days_of,
    gaps,
    has_to_be_justified,
    is_employed_at_any_time_of,
    mean,
    median,
    part_in,
    quarter_sizes,
    quarters,
    sex,
)
from oracle.pay_cost import cents

FEMALE: Sex = "female"
MALE: Sex = "male"


def level(
    of: Sex,
    gross: str,
    components: str = "0",
    regime: str = "uk",
    bonus: str = "0",
    hours: str = "1",
    *,
    is_in_population: bool = True,
) -> Level:
    """One person of one company."""
    return Level(
        regime=regime,
        year=2026,
        company="Acme",
        employee="E1",
        person_id=1,
        currency="GBP",
        sex=of,
        reason="",
        is_in_population=is_in_population,
        is_relevant=True,
        basic=Decimal(gross) - Decimal(components),
        components=Decimal(components),
        bonus=Decimal(bonus),
        hours=Decimal(hours),
    )


def of_acme(people: list[Level], metric: str, basis: str = "hourly") -> float | None:
    return gaps(people)[GapKey("uk", 2026, "Acme", basis, metric)].value


def spread(of: Sex, people: int, total: int) -> list[Level]:
    """People of one sex whose hourly pay adds up to a total, in whole numbers."""
    each, over = divmod(total, people)
    return [level(of, str(each + (n < over))) for n in range(people)]


def paid(*groups: tuple[int, int, int]) -> list[tuple[Fraction, Sex]]:
    """People on each pay level, given as the level, women, men."""
    people: list[tuple[Fraction, Sex]] = []
    for rate, women, men in groups:
        people += [(Fraction(rate), FEMALE)] * women + [(Fraction(rate), MALE)] * men
    return people


def test_acmes_mean_gap() -> None:
    people = spread(MALE, 1345, 23_550) + spread(FEMALE, 3100, 46_900)
    value = of_acme(people, "a_mean_gap")

    # The guidance divides the rounded means, 17.51 and 15.13.
    assert value == pytest.approx(100 * (1 - 46_900 / 3100 / (23_550 / 1345)))
    assert round(100 * (17.51 - 15.13) / 17.51, 2) == 13.59
    assert value == pytest.approx(13.59, abs=0.02)


def test_acmes_median_gap_with_an_even_number_of_women() -> None:
    people = [level(MALE, pay) for pay in ("10", "15", "20")]
    people += [level(FEMALE, pay) for pay in ("9", "13", "15", "30")]

    assert of_acme(people, "c_median_gap") == pytest.approx(100 / 15)


def test_acmes_bonus_figures_are_over_recipients_and_relevant_employees() -> None:
    people = [level(MALE, "1", bonus="2300")] * 650 + [
        level(MALE, "1", bonus="1000")
    ] * 650
    people += [level(MALE, "1")] * 75
    people += [level(FEMALE, "1", bonus="2225")] * 1000
    people += [level(FEMALE, "1", bonus="755")] * 1000
    people += [level(FEMALE, "1")] * 1125

    assert of_acme(people, "e_component_share_men") == pytest.approx(100 * 1300 / 1375)
    assert of_acme(people, "e_component_share_women") == 64.0
    assert of_acme(people, "b_mean_component_gap") == pytest.approx(
        100 * (1650 - 1490) / 1650
    )


def test_acmes_quarters() -> None:
    split = quarters(
        paid((10, 925, 187), (11, 1001, 110), (12, 813, 298), (13, 361, 750))
    )

    assert split == [
        Quarter(925, 187),
        Quarter(1001, 110),
        Quarter(813, 298),
        Quarter(361, 750),
    ]


def test_acmes_tie_over_a_boundary() -> None:
    split = quarters(paid((1, 20, 10), (2, 36, 4), (3, 50, 40)))

    assert quarter_sizes(160) == [40, 40, 40, 40]
    assert split[0] == Quarter(20 + 9, 10 + 1)
    # Ten of the ninety above the tie are in the lower middle: six women, four men.
    assert split[1] == Quarter(27 + 6, 3 + 4)


def test_a_tie_over_every_boundary_is_split_alike_everywhere() -> None:
    assert quarters(paid((1, 8, 4))) == [Quarter(2, 1)] * 4


@pytest.mark.parametrize(
    ("people", "sizes"),
    [
        (4445, [1112, 1111, 1111, 1111]),
        (6, [2, 1, 2, 1]),
        (7, [2, 2, 2, 1]),
        (8, [2, 2, 2, 2]),
        (3, [1, 1, 1, 0]),
        (0, [0, 0, 0, 0]),
    ],
)
def test_who_is_left_over_is_in_the_lower_quarters_first(
    people: int, sizes: list[int]
) -> None:
    assert quarter_sizes(people) == sizes


@given(
    st.lists(
        st.tuples(st.integers(1, 5), st.integers(0, 9), st.integers(0, 9)), max_size=6
    )
)
def test_quarters_hold_everybody_in_proportion(
    groups: Sequence[tuple[int, int, int]],
) -> None:
    people = paid(*groups)
    split = quarters(people)

    assert [sum(quarter) for quarter in split] == quarter_sizes(len(people))
    assert sum(q.women for q in split) == sum(of == FEMALE for _, of in people)
    assert all(count >= 0 for quarter in split for count in quarter)


def test_people_who_are_neither_women_nor_men_are_counted_and_move_no_gap() -> None:
    people = [level(MALE, "20"), level(FEMALE, "18")]
    more = [*people, level("other", "90"), level("undeclared", "1")]
    before, after = gaps(people), gaps(more)

    assert [figure.value for figure in after.values()] == [
        figure.value for figure in before.values()
    ]
    assert {figure.others for figure in before.values()} == {0}
    assert after[GapKey("uk", 2026, "Acme", "hourly", "a_mean_gap")].others == 2
    assert quarters([(Fraction(1), "other")]) == [Quarter(0, 0)] * 4


def test_component_gaps_of_the_eu_are_over_everyone() -> None:
    people = [
        level(MALE, "20", "4", "eu"),
        level(MALE, "20", "0", "eu"),
        level(FEMALE, "20", "1", "eu", hours="2"),
    ]
    found = gaps(people)

    def value(metric: str, basis: str) -> float | None:
        return found[GapKey("eu", 2026, "Acme", basis, metric)].value

    assert value("b_mean_component_gap", "as_paid") == 50.0
    assert value("b_mean_component_gap", "hourly") == 75.0
    assert value("e_component_share_men", "hourly") == 50.0
    assert value("e_component_share_women", "as_paid") == 100.0


def test_means_and_medians() -> None:
    values = [Fraction(n) for n in (7, 1, 4, 2)]

    assert mean(values) == Fraction(7, 2)
    assert median(values) == 3
    assert median(values[:3]) == 4
    assert mean([]) is None
    assert median([]) is None


@pytest.mark.parametrize(
    ("gender", "of"),
    [
        (" Female", "female"),
        ("male", "male"),
        (None, "undeclared"),
        ("  ", "undeclared"),
        ("Prefer not to say", "undeclared"),
        ("Transgender", "other"),
        ("Genderqueer", "other"),
    ],
)
def test_only_two_genders_are_compared(gender: str | None, of: Sex) -> None:
    assert sex(gender) == of


def test_half_a_cent_is_a_cent() -> None:
    assert cents(Fraction(1005, 1000)) == Decimal("1.01")
    assert cents(Fraction(-1005, 1000)) == Decimal("-1.01")
    assert cents(Fraction(1, 3)) == Decimal("0.33")


def test_a_month_counts_30_44_days_and_any_other_period_its_own() -> None:
    assert days_of(date(2026, 4, 1), date(2026, 4, 30)) == Fraction("30.44")
    assert days_of(date(2026, 2, 1), date(2026, 2, 28)) == Fraction("30.44")
    assert days_of(date(2026, 3, 30), date(2026, 4, 5)) == 7


@pytest.mark.parametrize(
    ("description", "part"),
    [
        ("Annual bonus", Fraction(1200) * Fraction("30.44") / Fraction("365.25")),
        (" SPOT bonus ", Fraction(1200)),
        ("Thanks", Fraction(1200) * Fraction("30.44") / Fraction("365.25")),
    ],
)
def test_of_a_bonus_counts_what_falls_to_the_month(
    description: str, part: Fraction
) -> None:
    bonus = PaidLine(
        person_id=1,
        company="Acme",
        currency="GBP",
        line_type="bonus",
        description=description,
        amount=Decimal(1200),
        hours=Decimal(0),
        period_starts_on=date(2026, 4, 1),
        period_ends_on=date(2026, 4, 30),
        paid_on=date(2026, 4, 27),
    )

    assert part_in(bonus, Fraction("30.44")) == part


@pytest.mark.parametrize(
    ("ended_on", "is_employed"),
    [
        (None, True),
        (date(2026, 4, 6), True),
        (date(2026, 4, 5), True),
        (date(2026, 4, 4), False),
    ],
)
def test_the_last_day_of_work_is_a_day_of_employment(
    ended_on: date | None, is_employed: bool
) -> None:
    employment = Employment(1, 1, date(2020, 1, 1), ended_on, None, False, {})

    assert is_employed_at_any_time_of(date(2026, 4, 5), employment) == is_employed


def test_who_never_came_is_employed_on_no_day() -> None:
    day = date(2026, 4, 5)

    assert not is_employed_at_any_time_of(
        day, Employment(1, 1, day, day, None, False, {})
    )
    assert is_employed_at_any_time_of(day, Employment(1, 1, day, None, None, False, {}))


def test_pay_as_it_was_paid_is_shown_and_not_judged() -> None:
    assert has_to_be_justified(5.0, "hourly")
    assert has_to_be_justified(-5.0, "annualised")
    assert has_to_be_justified(4.999, "annualised") is False
    assert has_to_be_justified(50.0, "as_paid") is None
    assert has_to_be_justified(None, "hourly") is None


def test_half_of_the_hours_is_no_gap_of_a_full_year() -> None:
    people = [
        level(MALE, "20", regime="eu", hours="2"),
        replace(level(FEMALE, "10", regime="eu"), scale=Fraction(2)),
    ]
    found = gaps(people)

    def value(basis: str) -> float | None:
        return found[GapKey("eu", 2026, "Acme", basis, "a_mean_gap")].value

    assert (value("hourly"), value("annualised"), value("as_paid")) == (0, 0, 50)
