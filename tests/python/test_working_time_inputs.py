"""The inputs of working time: a wrong or missing one is an error that says which."""

from pathlib import Path
from typing import Any

import pytest
from inputs_kit import defaults, parsed, taken

Inputs = dict[str, Any]

DEFAULTS: Inputs = defaults("working_time")


def given(inputs: object, name: str = "reference_weeks") -> Any:
    """Take one of the inputs."""
    return taken(f"working_time('{name}')", working_time=inputs)


@pytest.mark.parametrize("name", sorted(DEFAULTS))
def test_the_defaults_are_given(name: str) -> None:
    assert given(DEFAULTS, name) == DEFAULTS[name]


@pytest.mark.parametrize("name", sorted(DEFAULTS))
def test_a_missing_input_is_named(name: str) -> None:
    others = {key: value for key, value in DEFAULTS.items() if key != name}
    with pytest.raises(ValueError, match=f"it lacks {name} and does not know none"):
        given(others)


@pytest.mark.parametrize(
    ("inputs", "told"),
    [
        (None, "working_time is 'None': give each of longest_session"),
        (48, "working_time is '48': give each of longest_session"),
        ({**DEFAULTS, "weekly_hours": 48}, "does not know weekly_hours"),
        (
            {**DEFAULTS, "longest_session_hours": 25},
            "longest_session_hours is '25': give a whole number, 1 to 24",
        ),
        (
            {**DEFAULTS, "longest_session_hours": 15.5},
            "longest_session_hours is '15.5': give a whole number",
        ),
        (
            {**DEFAULTS, "reference_weeks": 0},
            "reference_weeks is '0': give a whole number, 1 to 52",
        ),
        (
            {**DEFAULTS, "weekly_hours_limit": "48"},
            "weekly_hours_limit is '48': give a number, 1 to 168",
        ),
        (
            {**DEFAULTS, "weekly_hours_limit": None},
            "weekly_hours_limit is 'None': give a number",
        ),
        (
            {**DEFAULTS, "daily_rest_hours": True},
            "daily_rest_hours is 'True': give a number, 1 to 24",
        ),
    ],
)
def test_a_wrong_input_is_told(inputs: object, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        given(inputs)


def test_hours_need_not_be_whole() -> None:
    inputs = {**DEFAULTS, "weekly_hours_limit": 37.5}
    assert given(inputs, "weekly_hours_limit") == 37.5


def test_dbt_refuses_a_wrong_input_when_it_parses(tmp_path: Path) -> None:
    told = parsed({"working_time": {**DEFAULTS, "reference_weeks": 60}}, tmp_path)
    assert "The var working_time.reference_weeks is '60'" in told
