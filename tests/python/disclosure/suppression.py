"""The very macros that the models use, run on any table without dbt.

They are plain Jinja: dbt adds nothing to them but the file they are found in.
"""

from functools import cache
from pathlib import Path
from typing import Any

import jinja2

MACROS = Path(__file__).resolve().parents[3] / "macros" / "disclosure"


@cache
def _module(name: str) -> Any:
    environment = jinja2.Environment(autoescape=False)  # noqa: S701 - it writes SQL
    return environment.from_string((MACROS / f"{name}.sql").read_text()).module


def protected_cells(**arguments: Any) -> str:
    """SQL that judges every cell of a table; arguments as the macro has them."""
    return str(_module("protected_cells").protected_cells(**arguments))


def tied_line_moves(**arguments: Any) -> str:
    """SQL for the moves of lines that are tied; arguments as the macro has them."""
    return str(_module("tied_line_moves").tied_line_moves(**arguments))
