"""The macros that check the project's inputs, rendered without dbt."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import jinja2
import yaml

REPOSITORY = Path(__file__).resolve().parents[2]
INPUTS = sorted((REPOSITORY / "macros" / "inputs").glob("*.sql"))


def defaults(name: str) -> Any:
    """The value of a var that the project comes with."""
    return yaml.safe_load((REPOSITORY / "dbt_project.yml").read_text())["vars"][name]


def taken(call: str, **given: object) -> Any:
    """What a macro returns, with vars as given.

    Args:
        call: the macro with its arguments, such as `reporting_currency()`.
        **given: every var that there is.

    Raises:
        ValueError: the macro refuses an input; the message is what a person reads.
    """
    returned: list[Any] = []

    def refuse(message: str) -> None:
        raise ValueError(message)

    environment = jinja2.Environment(  # noqa: S701  it renders SQL, not HTML
        extensions=["jinja2.ext.do"], undefined=jinja2.StrictUndefined
    )
    environment.globals |= {
        "var": given.get,
        "return": returned.append,
        "modules": {"re": re},
        "exceptions": {"raise_compiler_error": refuse},
    }
    text = "".join(path.read_text() for path in INPUTS)
    environment.from_string(f"{text}{{{{ {call} }}}}").render()
    (value,) = returned
    return value


def parsed(inputs: dict[str, object], scratch: Path) -> str:
    """What dbt says when it parses the project with some vars."""
    return subprocess.run(  # noqa: S603
        [
            *(Path(sys.executable).with_name("dbt"), "parse"),
            *("--project-dir", REPOSITORY, "--profiles-dir", REPOSITORY),
            *("--target", "ci", "--target-path", scratch, "--log-path", scratch),
            *("--no-partial-parse", "--no-use-colors", "--vars", json.dumps(inputs)),
        ],
        env=os.environ | {"MUSTER_HOME": str(scratch)},
        capture_output=True,
        text=True,
        check=False,
    ).stdout
