"""The inputs of the pay gap: a wrong or missing one is an error that says which."""

import copy
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jinja2
import pytest
import yaml

REPOSITORY = Path(__file__).resolve().parents[2]
MACROS = REPOSITORY / "macros" / "pay" / "pay_gap.sql"

Inputs = dict[str, Any]


def defaults() -> Inputs:
    """The inputs that the project comes with."""
    project = yaml.safe_load((REPOSITORY / "dbt_project.yml").read_text())
    inputs = project["vars"]["pay_gap"]
    assert isinstance(inputs, dict)
    return inputs


def check(inputs: object) -> str:
    """Render the macro that checks the inputs, as dbt does when it parses."""

    def refuse(message: str) -> None:
        raise ValueError(message)

    environment = jinja2.Environment(  # noqa: S701  it renders SQL, not HTML
        extensions=["jinja2.ext.do"], undefined=jinja2.StrictUndefined
    )
    environment.globals |= {
        "var": lambda _name, _default: inputs,
        "return": lambda value: value,
        "modules": {"re": re},
        "exceptions": {"raise_compiler_error": refuse},
    }
    text = MACROS.read_text() + "{{ pay_gap_regimes() }}"
    return environment.from_string(text).render()


def changed(regime: str, **inputs: object) -> Inputs:
    """The defaults with other inputs for a regime."""
    made = copy.deepcopy(defaults())
    made[regime] |= inputs
    return made


def without(regime: str, name: str) -> Inputs:
    """The defaults without an input of a regime."""
    made = copy.deepcopy(defaults())
    del made[regime][name]
    return made


def test_the_defaults_are_accepted() -> None:
    assert check(defaults())


@pytest.mark.parametrize("regime", ["eu", "uk"])
@pytest.mark.parametrize("name", sorted(defaults()["eu"]))
def test_a_missing_input_is_named(regime: str, name: str) -> None:
    with pytest.raises(ValueError, match=rf"pay_gap\.{regime} lacks the input {name}"):
        check(without(regime, name))


@pytest.mark.parametrize(
    ("inputs", "told"),
    [
        (None, "exactly the regimes eu and uk"),
        ({"eu": defaults()["eu"]}, "exactly the regimes eu and uk"),
        ({**defaults(), "us": {}}, "exactly the regimes eu and uk"),
        ({**defaults(), "uk": "default"}, r"pay_gap\.uk is default: give its inputs"),
        (changed("eu", minimum_sell=3), "has no input minimum_sell"),
        (changed("eu", basis="hourly"), r"basis is hourly: give a list of"),
        (changed("eu", basis=[]), r"basis is \[\]: give a list of hourly and annual"),
        (changed("eu", basis=["hourly", "hourly"]), "give a list of"),
        (changed("eu", basis=["monthly"]), "give a list of hourly and annual"),
        (changed("uk", basis=["annual"]), "a pay period has no annual pay"),
        (changed("eu", population="everyone"), "give paid_in_the_year or full_pay"),
        (changed("uk", component_population="some"), "give all or recipients"),
        (changed("eu", median="lower"), "give mean_of_middle_two"),
        (changed("eu", quartile_ties="by_order"), "give proportional"),
        (changed("uk", quartile_remainder="high_first"), "give low_first"),
        (changed("uk", snapshot="02-29"), "a month and day that every year has"),
        (changed("uk", snapshot="04-31"), "a month and day that every year has"),
        (changed("uk", snapshot="2026-04-05"), "a month and day that every year has"),
        (changed("uk", snapshot=None), "a month and day that every year has"),
        (changed("eu", snapshot="04-05"), r"pay_gap\.eu\.snapshot is 04-05: give null"),
        (changed("eu", minimum_cell=10), "pay_gap.eu has no input minimum_cell"),
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


@pytest.fixture
def parse(tmp_path: Path) -> Callable[[Inputs], str]:
    """What dbt says when it parses the project with some inputs."""

    def run(inputs: Inputs) -> str:
        return subprocess.run(  # noqa: S603
            [
                *(Path(sys.executable).with_name("dbt"), "parse"),
                *("--project-dir", REPOSITORY, "--profiles-dir", REPOSITORY),
                *("--target", "ci", "--target-path", tmp_path, "--log-path", tmp_path),
                *("--no-partial-parse", "--no-use-colors"),
                *("--vars", json.dumps({"pay_gap": inputs})),
            ],
            env=os.environ | {"MUSTER_HOME": str(tmp_path)},
            capture_output=True,
            text=True,
            check=False,
        ).stdout

    return run


def test_dbt_refuses_a_wrong_input_when_it_parses(
    parse: Callable[[Inputs], str],
) -> None:
    told = parse(changed("eu", whose_sex="any"))
    assert "The var pay_gap.eu.whose_sex is any: give recorded_or_neither or" in told
