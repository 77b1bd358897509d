"""How values are shown in a terminal's table; `numbers` says how figures are."""

import math
from datetime import date, datetime
from decimal import Decimal

from operations import numbers

MONTHS = ("month_start_on", "month_end_on")
"""Columns that name a month by a day of it."""


def is_number(kind: str) -> bool:
    """Whether values of one of DuckDB's types stand right-aligned."""
    name = kind.partition("(")[0]
    return (
        name in {"DECIMAL", "DOUBLE", "FLOAT"}
        or name.endswith("INT")
        or (name in {"INTEGER", "UINTEGER", "NUMBER"})
    )


def cell(column: str, value: object) -> str:
    """A value as a table shows it; nothing where it is null.

    Args:
        column: The column's name.
        value: Its value, as DuckDB gives it to Python.
    """
    if value is None:
        return ""
    if isinstance(value, date) and column in MONTHS:
        return f"{value:%Y-%m}"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S}"
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return str(value)
    # Four digits may be a year, and are read without.
    comma = "," if not -10_000 < value < 10_000 else ""
    if isinstance(value, float) and math.isfinite(value):
        value = numbers.rounded(value, numbers.kind_of(column).decimals)
    return f"{value:{comma}}"
