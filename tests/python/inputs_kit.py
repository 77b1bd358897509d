"""The macros that check the project's inputs, rendered without dbt."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import jinja2

from tools.rendering import names, project

REPOSITORY = Path(__file__).resolve().parents[2]


def defaults(name: str) -> Any:
    """The value of a var that the project comes with."""
    return project()["vars"][name]


def taken(call: str, **given: object) -> Any:
    """What a macro returns, with vars as given.

    Args:
        call: the macro with its arguments, such as `reporting_currency()`.
        **given: every var that there is.

    Raises:
        ValueError: the macro refuses an input; the message is what a person reads.
    """
    known = names(given)
    environment = jinja2.Environment()  # noqa: S701 - SQL, which no browser reads
    return environment.compile_expression(call)(known)


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
