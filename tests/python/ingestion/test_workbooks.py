"""Workbooks from the inbox to raw: values as they are, rows by their numbers."""

import io
import zipfile
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from landing_kit import Warehouse

from ingestion import workbooks

HEADER = ["Requisition ID", "opened on", "openings", "title", "status"]

ODS = """<?xml version="1.0" encoding="UTF-8"?>
<office:document-content
 xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"
 xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"
 xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0">
<office:body><office:spreadsheet><table:table table:name="Sheet1">{rows}</table:table>
</office:spreadsheet></office:body></office:document-content>"""

MANIFEST = """<?xml version="1.0" encoding="UTF-8"?>
<manifest:manifest
 xmlns:manifest="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>"""

KINDS = {str: "string", float: "float", date: "date"}


def xlsx(**sheets: Sequence[Sequence[Any]]) -> bytes:
    """A workbook of sheets; of one whose name begins with `hidden` nothing is seen."""
    written = io.BytesIO()
    with xlsxwriter.Workbook(written, {"default_date_format": "dd/mm/yy"}) as workbook:
        for name, rows in sheets.items():
            sheet = workbook.add_worksheet(name)
            for number, row in enumerate(rows):
                for place, cell in enumerate(row):
                    sheet.write(number, place, cell)
            if name.startswith("hidden"):
                sheet.hide()
    return written.getvalue()


def ods(rows: Sequence[Sequence[Any]]) -> bytes:
    """An OpenDocument workbook of one sheet."""
    cells = "".join(
        "<table:table-row>"
        + "".join(
            f'<table:table-cell office:value-type="{KINDS[type(cell)]}"'
            + (f' office:value="{cell}"' if isinstance(cell, float) else "")
            + (f' office:date-value="{cell}"' if isinstance(cell, date) else "")
            + f"><text:p>{cell}</text:p></table:table-cell>"
            for cell in row
        )
        + "</table:table-row>"
        for row in rows
    )
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as parts:
        kind = "application/vnd.oasis.opendocument.spreadsheet"
        parts.writestr("mimetype", kind)
        parts.writestr("META-INF/manifest.xml", MANIFEST)
        parts.writestr("content.xml", ODS.format(rows=cells))
    return written.getvalue()


def drop(warehouse: Warehouse, name: str, content: bytes) -> None:
    """Put a workbook into the inbox of applicant tracking."""
    warehouse.drop("ats", name, content)


def test_cells_are_loaded_as_what_their_values_are(warehouse: Warehouse) -> None:
    rows: list[list[Any]] = [
        ["Requisitions as of today"],
        [],
        HEADER,
        [17, date(2026, 3, 4), 2, "Two\nlines; and a mark", "open"],
        [],
        ["R-2", "05.03.2026", 1.0, "0,5", "open"],
        ["R-3", datetime(2026, 3, 6, 12), 1, True, "open"],
        ["R-4", date(2026, 3, 7), 1.5, "x", "open"],
    ]
    drop(warehouse, "requisitions_1.xlsx", xlsx(Export=rows))
    tally = warehouse.ingest("ats")
    assert warehouse.loaded(
        "raw_ats.requisitions", "requisition_id, opened_on, openings, title, _file_line"
    ) == [
        ("17", date(2026, 3, 4), 2, "Two lines; and a mark", 4),
        ("R-2", date(2026, 3, 5), 1, "0,5", 6),
    ]
    assert [
        (fault.line, fault.reason.partition(" is")[0]) for fault in tally.faults
    ] == [
        (7, "opened_on"),
        (8, "openings"),
    ]
    assert warehouse.is_balanced()


def test_an_open_document_is_read_likewise(warehouse: Warehouse) -> None:
    row = ["R-1", date(2026, 3, 4), 2.0, "Ärztin", "open"]
    drop(warehouse, "requisitions.ods", ods([HEADER, row]))
    warehouse.ingest("ats")
    found = warehouse.loaded(
        "raw_ats.requisitions", "requisition_id, opened_on, openings, title"
    )
    assert found == [("R-1", date(2026, 3, 4), 2, "Ärztin")]


def test_of_several_sheets_the_one_that_is_named_like_its_rows_is_read(
    warehouse: Warehouse,
) -> None:
    rows: list[list[Any]] = [HEADER, ["R-1", date(2026, 3, 4), 2, "x", "open"]]
    others: dict[str, Sequence[Sequence[Any]]] = {
        "Notes": [["of the export"]],
        "hidden": rows,
    }
    drop(warehouse, "requisitions_1.xlsx", xlsx(**others, Requisitions=rows))
    drop(warehouse, "requisitions_2.xlsx", xlsx(Notes=[], More=rows))
    (fault,) = warehouse.ingest("ats").faults
    assert fault.reason == (
        "the workbook has the sheets Notes, More: name the one with these rows"
        " requisitions"
    )
    assert warehouse.loaded("raw_ats.requisitions", "requisition_id") == [("R-1",)]


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("requisitions.xlsx", b"PK\x03\x04 and no more", "the workbook is damaged"),
        ("requisitions.xls", b"a;b\n1;2\n", "the workbook is damaged"),
        ("requisitions.xlsx.gz", b"", "the extension is none of"),
        ("requisitions.xlsx", xlsx(One=[["other"], ["x"]]), "the header lacks"),
    ],
    # A workbook holds the instant at which it was made.
    ids=["cut short", "no workbook", "packed", "of something else"],
)
def test_what_is_no_such_workbook_is_quarantined(
    warehouse: Warehouse, name: str, content: bytes, reason: str
) -> None:
    drop(warehouse, name, content or b"x")
    (fault,) = warehouse.ingest("ats").faults
    assert reason in fault.reason


def test_no_workbook_is_read_that_is_larger_than_the_bound(
    tmp_path: Path, warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workbooks, "LARGEST_UNPACKED_BYTES", 1000)
    drop(warehouse, "requisitions.xlsx", xlsx(One=[HEADER]))
    (fault,) = warehouse.ingest("ats").faults
    assert "of 0 that are read; ask for its sheet as CSV or Parquet" in fault.reason


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (0.1 + 0.2, "0.3"),
        (1e16, "10000000000000000"),
        (1e-7, "0.0000001"),
        (-0.0, "0"),
        (120.0, "120"),
        (False, "false"),
        (None, ""),
        (" a ", " a "),
    ],
)
def test_a_value_has_one_text(cell: object, text: str) -> None:
    assert workbooks.told(cell) == text
