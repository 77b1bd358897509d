"""What was handed in is read, whatever its columns were called then."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import xlsxwriter

from operations.statutory import earlier


def test_a_kept_report_is_read_though_its_columns_had_other_names(
    tmp_path: Path,
) -> None:
    kept = tmp_path / "2025/a/2026-01-15/authority-eu-de.xlsx"
    kept.parent.mkdir(parents=True)
    with xlsxwriter.Workbook(str(kept)) as book:
        sheet = book.add_worksheet("Gruppen")
        sheet.write_row(0, 0, ["Gefälle"])
        sheet.write_row(2, 0, [f"Früher {n}" for n in range(11)])
        sheet.write_row(
            3, 0, ["Experts", "Je Stunde", 3, 4, 1.5, "nobody", 3, 4, 5, 6, "nein"]
        )

    found = earlier.reported(tmp_path, "2025/a", "eu")

    assert [x.figure for x in found] == [0, 1, 2, 3, 4, 5]
    assert found[0] == (date(2026, 1, 15), "Experts", "hourly", 0, Decimal("1.5"))
    assert found[1].value == "nobody"
