"""The inputs of working time: a wrong or missing one is an error that says which."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import jinja2
import pytest
import yaml

REPOSITORY = Path(__file__).resolve().parents[2]
MACRO = REPOSITORY / "macros" / "working_time" / "working_time.sql"

Inputs = dict[str, Any]


def defaults() -> Inputs:
    """The inputs that the project comes with."""
    project = yaml.safe_load((REPOSITORY / "dbt_project.yml").read_text())
    inputs = project["vars"]["working_time"]
    assert isinstance(inputs, dict)
    return inputs


def rendered(inputs: object, name: str = "reference_weeks") -> str:
    """Render the macro that gives an input, as dbt does when it parses."""

    def refuse(message: str) -> None:
        raise ValueError(message)

    environment = jinja2.Environment(  # noqa: S701  it renders SQL, not HTML
        undefined=jinja2.StrictUndefined
    )
    environment.globals |= {
        "var": lambda _name: inputs,
        "return": lambda value: value,
        "exceptions": {"raise_compiler_error": refuse},
    }
    text = MACRO.read_text() + f"{{{{ working_time('{name}') }}}}"
    return environment.from_string(text).render().strip()


@pytest.mark.parametrize("name", sorted(defaults()))
def test_the_defaults_are_given(name: str) -> None:
    assert rendered(defaults(), name) == str(defaults()[name])


@pytest.mark.parametrize("name", sorted(defaults()))
def test_a_missing_input_is_named(name: str) -> None:
    others = {key: value for key, value in defaults().items() if key != name}
    with pytest.raises(ValueError, match=f"lacks '{name}'; it needs longest_session"):
        rendered(others)


@pytest.mark.parametrize(
    ("inputs", "told"),
    [
        (None, "working_time is 'None': give a value for each of longest_session"),
        (48, "working_time is '48': give a value for each of longest_session"),
        ({**defaults(), "weekly_hours": 48}, "has no input 'weekly_hours'"),
        (
            {**defaults(), "longest_session_hours": 25},
            "longest_session_hours is '25': give a whole number from 1 to 24",
        ),
        (
            {**defaults(), "longest_session_hours": 15.5},
            "longest_session_hours is '15.5': give a whole number",
        ),
        (
            {**defaults(), "reference_weeks": 0},
            "reference_weeks is '0': give a whole number from 1 to 52",
        ),
        (
            {**defaults(), "weekly_hours_limit": "48"},
            "weekly_hours_limit is '48': give a number from 1 to 168",
        ),
        (
            {**defaults(), "weekly_hours_limit": None},
            "weekly_hours_limit is 'None': give a number",
        ),
        (
            {**defaults(), "daily_rest_hours": True},
            "daily_rest_hours is 'True': give a number from 1 to 24",
        ),
    ],
)
def test_a_wrong_input_is_told(inputs: object, told: str) -> None:
    with pytest.raises(ValueError, match=told):
        rendered(inputs)


def test_hours_need_not_be_whole() -> None:
    inputs = {**defaults(), "weekly_hours_limit": 37.5}
    assert rendered(inputs, "weekly_hours_limit") == "37.5"


def test_dbt_refuses_a_wrong_input_when_it_parses(tmp_path: Path) -> None:
    inputs = {"working_time": {**defaults(), "reference_weeks": 60}}
    parsed = subprocess.run(  # noqa: S603
        [
            *(Path(sys.executable).with_name("dbt"), "parse"),
            *("--project-dir", REPOSITORY, "--profiles-dir", REPOSITORY),
            *("--target", "ci", "--target-path", tmp_path, "--log-path", tmp_path),
            *("--no-partial-parse", "--no-use-colors"),
            *("--vars", json.dumps(inputs)),
        ],
        env=os.environ | {"MUSTER_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert parsed.returncode != 0
    assert "In the var working_time reference_weeks is '60'" in parsed.stdout
