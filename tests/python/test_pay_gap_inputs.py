"""The inputs of the pay gap: a wrong or missing one is an error that says which."""

import copy
from pathlib import Path
from typing import Any

import pytest
from inputs_kit import defaults, parsed, taken

Inputs = dict[str, Any]

DEFAULTS: Inputs = defaults("pay_gap")


def check(inputs: object) -> Any:
    """Take the inputs of all regimes."""
    return taken("pay_gap_regimes()", pay_gap=inputs)


def changed(regime: str, **inputs: object) -> Inputs:
    """The defaults with other inputs for a regime."""
    made = copy.deepcopy(DEFAULTS)
    made[regime] |= inputs
    return made


def without(regime: str, name: str) -> Inputs:
    """The defaults without an input of a regime."""
    made = copy.deepcopy(DEFAULTS)
    del made[regime][name]
    return made


def test_the_defaults_are_accepted() -> None:
    assert check(DEFAULTS) == DEFAULTS


@pytest.mark.parametrize("regime", ["eu", "uk", "ie"])
@pytest.mark.parametrize("name", sorted(DEFAULTS["eu"]))
def test_a_missing_input_is_named(regime: str, name: str) -> None:
    with pytest.raises(
        ValueError, match=rf"pay_gap\.{regime} is .* it lacks {name} and"
    ):
        check(without(regime, name))


@pytest.mark.parametrize(
    ("inputs", "told"),
    [
        (None, "give each of eu, uk, ie and nothing else"),
        ({"eu": DEFAULTS["eu"]}, "give each of eu, uk, ie and nothing else"),
        ({**DEFAULTS, "us": {}}, "give each of eu, uk, ie and nothing else"),
        (
            {**DEFAULTS, "uk": "default"},
            r"pay_gap\.uk is 'default': give each of population",
        ),
        (changed("eu", minimum_sell=3), "does not know minimum_sell"),
        (changed("eu", basis="hourly"), r"basis is 'hourly': give a list of"),
        (changed("eu", basis=[]), r"basis is '\[\]': give a list of hourly and annual"),
        (changed("eu", basis=["hourly", "hourly"]), "give a list of"),
        (changed("eu", basis=["monthly"]), "give a list of hourly and annual"),
        (changed("uk", basis=["annual"]), "a snapshot has no annual pay"),
        (changed("eu", population="everyone"), "give paid_in_the_year or full_pay"),
        (changed("uk", component_population="some"), "give all or recipients"),
        (changed("eu", median="lower"), "give mean_of_middle_two"),
        (changed("eu", quartile_ties="by_order"), "give proportional"),
        (changed("uk", quartile_remainder="high_first"), "give low_first"),
        (changed("uk", snapshot="02-29"), "a month and day that every year has"),
        (changed("uk", snapshot="04-31"), "a month and day that every year has"),
        (changed("uk", snapshot="2026-04-05"), "a month and day that every year has"),
        (changed("uk", snapshot=None), "a month and day that every year has"),
        (changed("ie", snapshot="07-01"), "a day in June, such as '06-30'"),
        (changed("ie", basis=["annual"]), "a snapshot has no annual pay"),
        (
            changed("eu", snapshot="04-05"),
            r"pay_gap\.eu\.snapshot is '04-05': give null",
        ),
        (changed("eu", minimum_cell=10), "does not know minimum_cell"),
        (changed("eu", whose_sex="told"), "give recorded_or_neither or recorded"),
        (changed("uk", whose_sex=None), "give recorded_or_neither or recorded"),
        (changed("eu", annual_pay_level="full"), "give annualised or as_paid"),
        (changed("eu", annual_pay_level=None), "give annualised or as_paid"),
        (changed("eu", basis=["hourly"]), "give null: basis has no annual pay"),
        (
            changed("uk", annual_pay_level="as_paid"),
            "give null: basis has no annual pay",
        ),
        (changed("eu", joint_assessment_threshold="5 %"), "per cent, 0 or more"),
        (changed("eu", joint_assessment_threshold=-1), "per cent, 0 or more"),
        (changed("eu", joint_assessment_threshold=None), "per cent, 0 or more"),
    ],
)
def test_a_wrong_input_is_told(inputs: object, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        check(inputs)


def test_dbt_refuses_a_wrong_input_when_it_parses(tmp_path: Path) -> None:
    told = parsed({"pay_gap": changed("eu", whose_sex="any")}, tmp_path)
    assert "The var pay_gap.eu.whose_sex is 'any': give recorded_or_neither or" in told
