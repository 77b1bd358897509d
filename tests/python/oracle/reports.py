"""Which report of the marts each function of the oracle tells.

A function that bears `@tells("people.rpt_tenure")` is compared with that table in every
cell and total, whatever was known when: tests find it by this.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple, TypeVar, get_args, get_type_hints

Tell = Callable[[Path, datetime], Mapping[Any, Any]]
TellT = TypeVar("TellT", bound=Tell)


class Report(NamedTuple):
    """A table, its grain and its figures, and the oracle's answer to it."""

    table: str
    grain: type[Any]
    figures: type[Any]
    tell: Tell


REPORTS: dict[str, Report] = {}
"""Every report that a function tells, by its table."""


def tells(table: str) -> Callable[[TellT], TellT]:
    """Say which table a function tells; grain and figures are what it returns.

    Columns are named as the fields of both, but for `month`, which is `month_start_on`.
    """

    def mark(tell: TellT) -> TellT:
        returned = get_args(get_type_hints(tell).get("return"))
        if len(returned) != 2:
            message = f"{tell.__name__} must say that it returns dict[Cell, Figures]"
            raise TypeError(message)
        grain, figures = returned
        REPORTS[table] = Report(table, grain, figures, tell)
        return tell

    return mark
