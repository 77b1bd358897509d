"""What earlier reports said: read from the copies kept when they were handed in.

Article 9(9) of Directive (EU) 2023/970: the gaps by category of the four years before
are told on request, as far as they are there.
"""

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

from python_calamine import CalamineWorkbook

YEARS = 4
"""How many years back are told."""


class Reported(NamedTuple):
    """One figure of an earlier report, as it was handed in.

    Attributes:
        year: The reference year.
        handed_in_on: The day on which it was handed in last.
        category: The category of workers.
        level: The pay level, in the report's words.
        figure: The column's heading.
        value: In per cent; or why there was none, in the report's words.
    """

    year: int
    handed_in_on: date
    category: str
    level: str
    figure: str
    value: Decimal | str


def reported(folder: Path, place: str, file: str, part: Any) -> list[Reported]:
    """The gaps by category of one earlier report, as it was handed in last.

    Args:
        folder: Where what was handed in is kept.
        place: The year and employer in it.
        file: The report's workbook.
        part: The words of the table of categories.
    """
    kept = sorted((folder / place).glob(f"*/{file}"))
    if not kept:
        return []
    year, handed_in_on = (
        int(place.split("/")[0]),
        date.fromisoformat(kept[-1].parent.name),
    )
    book = CalamineWorkbook.from_path(str(kept[-1]))
    if part["sheet"] not in book.sheet_names:
        return []
    rows = book.get_sheet_by_name(part["sheet"]).to_python()
    titles = [column["title"] for column in part["columns"]]
    start = next((i for i, row in enumerate(rows) if row[:2] == titles[:2]), len(rows))
    figures = [x["title"] for x in part["columns"] if x.get("kind") == "pct"]
    return [
        Reported(year, handed_in_on, str(row[0]), str(row[1]), str(title), _told(cell))
        for row in rows[start + 1 :]
        for title, cell in zip(rows[start], row, strict=True)
        if title in figures
    ]


def _told(cell: Any) -> Decimal | str:
    return Decimal(repr(cell)) if isinstance(cell, float) else str(cell)
