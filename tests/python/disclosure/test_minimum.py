"""A wrong minimum is an error when dbt parses, and says what to give."""

from pathlib import Path
from typing import Any

import jinja2
import pytest

MACROS = Path(__file__).resolve().parents[3] / "macros" / "disclosure"


class ParseError(Exception):
    """What dbt raises while it parses."""


class Exceptions:
    """The part of dbt's `exceptions` that the macro uses."""

    @staticmethod
    def raise_compiler_error(message: str) -> None:
        """Stop, with a message for the person who set the var."""
        raise ParseError(message)


def minimum(given: Any, name: str = "minimum_cell") -> int:
    """What the macro makes of an input of the var `disclosure`."""
    returned: list[int] = []
    environment = jinja2.Environment(autoescape=False)  # noqa: S701 - it writes SQL
    environment.globals |= {
        "var": lambda name: {"disclosure": given}[name],
        "exceptions": Exceptions,
        "return": returned.append,
    }
    text = (MACROS / "disclosure.sql").read_text()
    environment.from_string(text + "{{ disclosure('" + name + "') }}").render()
    return returned[0]


GIVEN = {"minimum_cell": 10, "minimum_group": 30, "money_step": 100}


def test_inputs_are_taken_from_the_var() -> None:
    assert [minimum(GIVEN, name) for name in GIVEN] == [10, 30, 100]


@pytest.mark.parametrize(
    "given",
    [
        None,
        10,
        {},
        {"minimum": 10},
        {"minimum_cell": 10},
        GIVEN | {"maximum_cell": 20},
        GIVEN | {"minimum_cell": "10"},
        GIVEN | {"minimum_cell": 10.5},
        GIVEN | {"minimum_cell": True},
        GIVEN | {"minimum_cell": 9},
        GIVEN | {"minimum_cell": None},
        GIVEN | {"minimum_group": 9},
        GIVEN | {"money_step": 0},
    ],
)
def test_a_wrong_input_is_an_error(given: Any) -> None:
    with pytest.raises(ParseError, match=r"minimum_cell|minimum_group|money_step"):
        minimum(given)
