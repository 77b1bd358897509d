"""Workbooks (XLSX, XLSB, XLS, ODS) as text: one sheet, a line for each of its rows.

A cell becomes what its value is, not what it looks like: a day is ISO, a number has all
its digits and no separators. Line ends within a cell become spaces, so that a line's
number is that of the row.
"""

import csv
import zipfile
from datetime import date, datetime, time
from decimal import Decimal
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from python_calamine import (
    CalamineError,
    CalamineWorkbook,
    PasswordError,
    SheetTypeEnum,
    SheetVisibleEnum,
)

from ingestion.readers import FileFaultError, Text

LARGEST_BYTES = 200 << 20
"""Of a workbook, which is read whole; such a table should come as text."""

LARGEST_UNPACKED_BYTES = 2 << 30
"""Of what its parts say that they are, unpacked."""


def as_text(
    path: Path, scratch: Path, name: str, pattern: str, delimiter: str, wanted: str = ""
) -> Text:
    """Write a sheet as CSV text.

    Args:
        path: The workbook.
        scratch: Where the text is written.
        name: What the rows are of, such as `people`.
        pattern: What names of files with them look like, in lower case.
        delimiter: What shall part fields.
        wanted: What the sheet is called, like a file's name; empty where nobody says.

    Raises:
        FileFaultError: It is damaged, protected, too large, or no sheet can be told.
    """
    _require_size(path)
    try:
        workbook = CalamineWorkbook.from_path(path)
        sheet = workbook.get_sheet_by_name(_chosen(workbook, name, pattern, wanted))
        above = sheet.start[0] if sheet.start else 0
        with scratch.open("w", encoding="utf-8", newline="") as target:
            writer = csv.writer(target, delimiter=delimiter, lineterminator="\n")
            # Rows are counted from the sheet's first, also where that is empty.
            target.write("\n" * above)
            for row in sheet.iter_rows():
                texts = [told(cell) for cell in row]
                if any(texts):
                    writer.writerow(texts)
                else:
                    target.write("\n")
        return Text(scratch, above + sheet.height, "utf-8")
    except PasswordError:
        raise FileFaultError(
            "the workbook is protected by a password; ask for it without"
        ) from None
    except (CalamineError, OSError):
        raise FileFaultError("the workbook is damaged; ask for it again") from None


def _require_size(path: Path) -> None:
    size, limit = path.stat().st_size, LARGEST_BYTES
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as parts:
            unpacked = sum(part.file_size for part in parts.infolist())
        if unpacked > LARGEST_UNPACKED_BYTES:
            size, limit = unpacked, LARGEST_UNPACKED_BYTES
    if size > limit:
        raise FileFaultError(
            f"the workbook has {size >> 20:,} MB, of {limit >> 20:,} that are read;"
            " ask for its sheet as CSV or Parquet"
        )


def _chosen(workbook: CalamineWorkbook, name: str, pattern: str, wanted: str) -> str:
    """The one sheet that is to be seen, or of several the one that is named like it."""
    sheets = [
        each.name
        for each in workbook.sheets_metadata
        if each.typ == SheetTypeEnum.WorkSheet
        and each.visible == SheetVisibleEnum.Visible
    ]
    if len(sheets) == 1 and not wanted:
        return str(sheets[0])
    spelled = {each: _spelled(each) for each in sheets}
    for such in (_spelled(wanted),) if wanted else (name, pattern):
        found = [each for each, text in spelled.items() if fnmatch(text, such)]
        if len(found) == 1:
            return found[0]
    raise FileFaultError(
        f"the workbook has the sheets {', '.join(sheets) or 'none'}: name the one with"
        f" these rows {wanted or name}"
    )


def _spelled(name: str) -> str:
    return "_".join(name.lower().split())


def told(cell: Any) -> str:
    """The text of a cell's value."""
    if isinstance(cell, str):
        return " ".join(cell.splitlines())
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, float):
        # A spreadsheet knows fifteen digits.
        number = Decimal(f"{cell:.15g}")
        return f"{number.normalize() + 0:f}"
    if isinstance(cell, datetime):
        return (cell.date() if cell.time() == time() else cell).isoformat()
    if isinstance(cell, date | time):
        return cell.isoformat()
    return "" if cell is None else str(cell)
