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


def minimum(given: Any) -> int:
    """What the macro makes of the var `disclosure`."""
    returned: list[int] = []
    environment = jinja2.Environment(autoescape=False)  # noqa: S701 - it writes SQL
    environment.globals |= {
        "var": lambda name: {"disclosure": given}[name],
        "exceptions": Exceptions,
        "return": returned.append,
    }
    text = (MACROS / "disclosure_minimum.sql").read_text()
    environment.from_string(text + "{{ disclosure_minimum() }}").render()
    return returned[0]


def test_the_minimum_is_taken_from_the_var() -> None:
    assert minimum({"minimum_cell": 10}) == 10


@pytest.mark.parametrize(
    "given",
    [
        None,
        10,
        {},
        {"minimum": 10},
        {"minimum_cell": 10, "maximum_cell": 20},
        {"minimum_cell": "10"},
        {"minimum_cell": 9.5},
        {"minimum_cell": True},
        {"minimum_cell": 1},
        {"minimum_cell": None},
    ],
)
def test_a_wrong_minimum_is_an_error(given: Any) -> None:
    with pytest.raises(ParseError, match="minimum_cell"):
        minimum(given)
