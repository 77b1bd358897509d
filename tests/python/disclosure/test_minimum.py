"""A wrong minimum is an error when dbt parses, and says what to give."""

from typing import Any

import pytest
from inputs_kit import defaults, taken

from operations.attack.judge import FEWEST

DEFAULTS: dict[str, Any] = defaults("minimum_people")


def minimum(given: Any, of: str = "published_figure") -> Any:
    """Take one of the minima."""
    return taken(f"minimum_people('{of}')", minimum_people=given)


@pytest.mark.parametrize("of", DEFAULTS)
def test_inputs_are_taken_from_the_var(of: str) -> None:
    assert minimum(DEFAULTS, of) == DEFAULTS[of]


@pytest.mark.parametrize(
    "given",
    [
        None,
        10,
        {},
        {"published_figure": 10},
        DEFAULTS | {"published_cell": 20},
        DEFAULTS | {"published_figure": "10"},
        DEFAULTS | {"published_figure": 10.5},
        DEFAULTS | {"published_figure": True},
        DEFAULTS | {"published_figure": None},
        DEFAULTS | {"published_group": 9},
        DEFAULTS | {"regression": 0},
    ],
)
def test_a_wrong_input_is_an_error(given: Any) -> None:
    with pytest.raises(ValueError, match=r"The var minimum_people.* is '.*': give "):
        minimum(given)


def test_what_is_published_rests_on_as_many_as_the_attack_asks_for() -> None:
    """Raising the minimum withholds more; under it, every release would fail."""
    assert minimum(DEFAULTS | {"published_figure": FEWEST}) == FEWEST
    with pytest.raises(ValueError, match=f"a whole number, {FEWEST} or more"):
        minimum(DEFAULTS | {"published_figure": FEWEST - 1})


@pytest.mark.parametrize("given", [None, 0, 0.5, "100", True])
def test_a_wrong_step_is_an_error(given: Any) -> None:
    with pytest.raises(ValueError, match=r"published_money_step is .* number, 1 or"):
        taken("published_money_step()", published_money_step=given)


@pytest.mark.parametrize("given", [None, "eur", "EURO", 978])
def test_a_wrong_currency_is_an_error(given: Any) -> None:
    with pytest.raises(ValueError, match="a currency by ISO 4217, such as EUR"):
        taken("reporting_currency()", reporting_currency=given)


@pytest.mark.parametrize("given", [None, "1950", "1950-13-01", "01.01.1950"])
def test_a_wrong_day_of_the_calendar_is_an_error(given: Any) -> None:
    with pytest.raises(ValueError, match=r"calendar_starts_on is .* a date in quotes"):
        taken("calendar_day('calendar_starts_on')", calendar_starts_on=given)
