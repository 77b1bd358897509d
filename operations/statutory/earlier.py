"""What earlier reports said: read from the copies kept when they were handed in.

Article 9(9) of Directive (EU) 2023/970: the gaps by category of the four years before
are told on request, as far as they are there.
"""

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

from python_calamine import CalamineWorkbook

from operations.statutory import documents

YEARS = 4
"""How many years back are told."""


class Reported(NamedTuple):
    """One figure of an earlier report, as it was handed in.

    Attributes:
        handed_in_on: The day on which it was handed in last.
        category: The category of workers.
        basis: The pay level, as the marts name it.
        figure: Which of the gaps in a category, by their order.
        value: In per cent; or why there was none, in the report's words.
    """

    handed_in_on: date
    category: str
    basis: str
    figure: int
    value: Decimal | str


def gap_titles(words: Any) -> list[str]:
    """What the gaps within a category are called, in their order."""
    columns = words["categories"]["columns"]
    return [column["title"] for column in columns if column.get("kind") == "pct"]


def reported(folder: Path, place: str, regime: str) -> list[Reported]:
    """The gaps by category of one earlier report, as it was handed in last.

    Args:
        folder: Where what was handed in is kept.
        place: The year and employer in it.
        regime: By whose rules the report is.
    """
    kept = sorted((folder / place).glob(f"*/authority-{regime}*.xlsx"))
    if not kept:
        return []
    book = CalamineWorkbook.from_path(str(kept[-1]))
    for language in documents.LANGUAGES:
        words = documents.words(language)
        if words["categories"]["sheet"] in book.sheet_names:
            break
    else:
        return []
    bases = {title: basis for basis, title in words["bases"].items()}
    columns = words["categories"]["columns"]
    places = [n for n, column in enumerate(columns) if column.get("kind") == "pct"]
    rows = book.get_sheet_by_name(words["categories"]["sheet"]).to_python()
    # By place: what was handed in long ago may have been told in other words.
    start = next(i for i, row in enumerate(rows) if all(row[n] for n in places))
    return [
        Reported(
            date.fromisoformat(kept[-1].parent.name),
            str(row[0]),
            bases.get(str(row[1]), str(row[1])),
            figure,
            Decimal(repr(row[place]))
            if isinstance(row[place], float)
            else str(row[place]),
        )
        for row in rows[start + 1 :]
        for figure, place in enumerate(places)
    ]
