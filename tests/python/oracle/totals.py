"""Totals of every kind, shares and percentiles, as the reports have them."""

from collections.abc import Iterator, Sequence
from itertools import product
from math import floor
from typing import NamedTuple, TypeVar

ALL = "All"
"""What a dimension reads in a total over it."""

CellT = TypeVar("CellT", bound=NamedTuple)


def totals(cell: CellT) -> Iterator[CellT]:
    """The cell and every total that it counts in; its first field is the month."""
    month, *dimensions = cell
    for values in product(*((value, ALL) for value in dimensions)):
        yield type(cell)(month, *values)


def percent(part: float, whole: float) -> float | None:
    """The part in per cent of the whole; nothing where there is no whole."""
    return None if whole == 0 else 100 * part / whole


def percentile(values: Sequence[float], share: float) -> float:
    """The value that a share of the values lies below, interpolated in between."""
    ordered = sorted(values)
    position = share * (len(ordered) - 1)
    below = floor(position)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (position - below)
