"""Files that come by a mapping: all columns as text, whole exports in their order."""

import io
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter
from landing_kit import KilledError, Warehouse, after, before, interrupt, settle

from environment.errors import ConfigurationError
from ingestion import files, landing, log
from ingestion.hr_tables.source import load
from ingestion.mending import make_again

Company = Callable[..., None]

STAFF = """\
    files: "staff*"
    shape: list
    fields: {person_id: Nr, first_name: Name, started_on: Eintritt}
"""


@pytest.fixture(autouse=True)
def company(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Company:
    """Writes the mapping of a source `acme`, of tables by name."""
    monkeypatch.setenv("MUSTER_COMPANY", str(tmp_path / "company"))
    monkeypatch.setenv("SOURCES__GRACE_SECONDS", "0")
    path = tmp_path / "company" / "mappings" / "acme.yml"
    path.parent.mkdir(parents=True)

    def write(**tables: str) -> None:
        told = "".join(f"  {name}:\n{words}" for name, words in tables.items())
        path.write_text(f"version: 1\ntables:\n{told}")

    write(staff=STAFF)
    return write


def run(warehouse: Warehouse) -> Any:
    """Load what came for `acme`."""
    return warehouse.run(load("acme"))


def rows(warehouse: Warehouse, columns: str = "nr, name, eintritt") -> list[Any]:
    """What is loaded of its staff."""
    return warehouse.loaded("raw_acme.staff", columns)


ADA = ("1", "Ada", "2024-01-01")


def workbook() -> bytes:
    """Two sheets, one of them with staff below two lines of a header."""
    made = io.BytesIO()
    with xlsxwriter.Workbook(made) as book:
        book.add_worksheet("Info").write_row(0, 0, ["Nr"])
        sheet = book.add_worksheet("Alle Mitarbeiter")
        sheet.write_row(1, 0, ["", "", "Ein\ntritt"])
        sheet.write_row(2, 0, ["Nr", "Name", "am"])
        sheet.write_row(3, 0, [1, "Ada"])
        sheet.write_datetime(
            3, 2, datetime(2024, 1, 1), book.add_format({"num_format": "d.m.yy"})
        )
    return made.getvalue()


def parquet(**columns: Any) -> bytes:
    """A Parquet file."""
    made = io.BytesIO()
    pq.write_table(pa.table(columns), made)
    return made.getvalue()


SHEET = (
    STAFF.replace("Eintritt", "Ein tritt am")
    + '    sheet: "alle mit*"\n    headerRows: [2, 3]\n'
)
JSON = STAFF + "    format: jsonl\n"


@pytest.mark.parametrize(
    ("words", "name", "content"),
    [
        (STAFF, "staff.csv", "Nr;Name;Eintritt\n1;Ada;2024-01-01\n"),
        (STAFF, "Staff.CSV.gz", "Nr,Name,Eintritt\n1,Ada,2024-01-01\n"),
        (STAFF, "staff.txt", '"Nr"\t"Name"\t"Eintritt"\n1\tAda\t2024-01-01\n'),
        (STAFF, "staff.csv", 'All staff\n\n" nr ";NAME;"Eintritt"\n1;Ada;2024-01-01\n'),
        (SHEET, "staff.xlsx", workbook()),
        (JSON, "staff.jsonl", '{"Nr": 1, "Name": "Ada", "Eintritt": "2024-01-01"}\n'),
        (
            STAFF,
            "staff.parquet",
            parquet(Nr=[1.0], Name=["Ada"], Eintritt=[datetime(2024, 1, 1)]),
        ),
        (
            STAFF,
            "staff.parquet",
            parquet(Nr=[1], Name=["Ada"], Eintritt=[date(2024, 1, 1)]),
        ),
    ],
    ids=["csv", "gzip", "quoted", "below", "workbook", "jsonl", "pandas", "parquet"],
)
def test_every_kind_of_file_is_loaded_as_text(
    warehouse: Warehouse, company: Company, words: str, name: str, content: str | bytes
) -> None:
    company(staff=words)
    warehouse.drop("acme", name, content)
    run(warehouse)
    entry = "ein_tritt_am" if words == SHEET else "eintritt"
    assert rows(warehouse, f"nr, name, {entry}") == [ADA]
    kinds = warehouse.types("raw_acme")["staff"]
    assert {kinds.pop("_file_line"), *kinds.values()} == {"BIGINT", "VARCHAR"}


def test_columns_have_safe_names_each_once_and_never_is_never(
    warehouse: Warehouse, company: Company
) -> None:
    company(staff=STAFF + "    never: [Religion]\n")
    header = "Nr;Name;Eintritt;;Größe (m);nr;_file_name;Religion;text;fields"
    warehouse.drop(
        "acme",
        "staff.csv",
        f"{header}\n1;Ada;2024-01-01;a;b;c;d;SECRET;e;f\n2;Bo;;a;b;c;d;SECRET\n",
    )
    tally = run(warehouse)
    assert list(warehouse.types("raw_acme")["staff"])[:9] == [
        *("nr", "name", "eintritt", "column_4", "groesse_m", "nr_2", "file_name"),
        *("text", "fields"),
    ]
    assert rows(warehouse, "nr_2, file_name, text, fields") == [("c", "d", "e", "f")]
    assert tally.faults[0].reason == "has 8 fields, the header 10"
    everything = b"".join(
        path.read_bytes() for path in warehouse.log.folder.rglob("*.parquet")
    )
    assert b"SECRET" not in everything
    rejected = warehouse.query("select row_text from raw_ops.rejected_rows")
    assert rejected == [(None,)]


def test_never_holds_for_nested_keys_of_json(
    warehouse: Warehouse, company: Callable[..., None]
) -> None:
    company(staff=JSON + "    never: [bank.iban, jobs.iban]\n")
    held = (
        '"bank": {"iban": "SECRET", "bic": "X"}, "jobs": [{"iban": "SECRET", "at": 1}]'
    )
    good = f'{{"Nr": 1.10, "Name": "Ada", "Eintritt": "2024-01-01", {held}}}'
    warehouse.drop("acme", "staff.jsonl", f'{good}\n{{"bank": {{"iban": "SECRET\n')
    warehouse.ingest("acme")
    assert warehouse.loaded("raw_acme.staff", "nr, bank, jobs") == [
        ("1.10", '{"bic":"X"}', '[{"at":1}]')
    ]
    raw = (path for path in (warehouse.folder / "raw").rglob("*") if path.is_file())
    assert not any(b"SECRET" in path.read_bytes() for path in raw)


def test_never_holds_for_json_that_cannot_be_read(
    warehouse: Warehouse, company: Company
) -> None:
    company(staff=JSON + "    never: [Religion]\n")
    good = '{"Nr": 1, "Name": "Ada", "Eintritt": "2024-01-01", "Religion": "SECRET"}'
    warehouse.drop("acme", "staff.jsonl", f'{good}\n{{"Religion": "SECRET\n')
    run(warehouse)
    assert rows(warehouse) == [ADA]
    assert warehouse.query("select row_text from raw_ops.rejected_rows") == [(None,)]


def test_a_header_without_what_is_needed_is_quarantined(warehouse: Warehouse) -> None:
    warehouse.drop("acme", "staff.csv", "Nrr;Name;Eintritt\n1;Ada;2024-01-01\n")
    tally = run(warehouse)
    ((fault),) = tally.faults
    assert "no header names Nr; did you mean nrr?, which" in fault.reason
    assert "acme.yml:3 needs" in fault.reason
    assert warehouse.statuses()[-1] == ("staff.csv", "quarantined")


def test_a_header_that_lacks_what_is_not_needed_is_told(warehouse: Warehouse) -> None:
    warehouse.drop("acme", "staff.csv", "Nr;Eintritt;New\n1;2024-01-01;x\n")
    tally = run(warehouse)
    assert tally.notes == ["acme.staff: declared column left out: Name"]
    assert rows(warehouse, "nr, new") == [("1", "x")]


def export(warehouse: Warehouse, name: str, who: str, age: float = 0) -> None:
    """Deliver a whole export of one person."""
    content = f"Nr;Name;Eintritt\n1;{who};2024-01-01\n"
    settle(warehouse.drop("acme", name, content), age)


def who(warehouse: Warehouse) -> list[str]:
    """The names in the order in which they were loaded."""
    told = "select name from raw_acme.staff order by _dlt_load_id, _file_name"
    return [name for (name,) in warehouse.query(told)]


def test_an_export_is_loaded_again_where_another_was_between(
    warehouse: Warehouse,
) -> None:
    for turn, name in enumerate(["A", "A", "B", "A", "A"]):
        export(warehouse, f"staff_{turn}.csv", name)
        run(warehouse)
    assert who(warehouse) == ["A", "B", "A"]
    # Of several at once, too; the oldest comes first, whatever it is called.
    for turn, name in enumerate(["C", "A", "B"]):
        export(warehouse, f"staff_2{turn}.csv", name, age=turn * 100)
    run(warehouse)
    assert who(warehouse) == ["A", "B", "A", "B", "A", "C"]
    assert len(warehouse.log.loads("raw_acme")) == 6
    assert warehouse.is_balanced()


DATED = "    exported: {file_name: '%Y-%m'}\n"
SNAPSHOTS = STAFF.replace("list", "snapshots") + DATED


def test_an_unchanged_export_of_another_day_is_another(
    warehouse: Warehouse, company: Company
) -> None:
    company(staff=SNAPSHOTS)
    for month, name in [("01", "A"), ("02", "A"), ("03", "B")]:
        export(warehouse, f"staff_2024-{month}.csv", name)
    run(warehouse)
    assert who(warehouse) == ["A", "A", "B"]
    assert len(warehouse.log.loads("raw_acme")) == 1
    # January again, unchanged; then corrected, and corrected back.
    for turn, name in enumerate(["A", "C", "A"]):
        export(warehouse, f"more/{turn}/staff_2024-01.csv", name)
        run(warehouse)
    assert who(warehouse) == ["A", "A", "B", "C", "A"]


PAY = """\
    files: "pay*"
    shape: payments
    exported: {file_name: '%Y-%m'}
    fields:
      person_id: Nr
      line_type: {constant: base}
      line_amount: Betrag
      line_currency: {constant: EUR}
"""


@pytest.mark.parametrize(
    ("words", "names", "told"),
    [
        (PAY, ["pay_2026-03.csv", "pay_2026-03_v2.csv"], ["0", "1"]),
        (PAY, ["pay_2026-03 (1).csv", "pay_2026-03.csv"], ["1", "0"]),
        (
            PAY,
            ["pay_2026-03_corrected_20260410.csv", "pay_2026-03.xlsx.csv"],
            ["1", "0"],
        ),
        (PAY, ["pay_2026-03.csv", "pay_2026-04.csv"], ["0 1"]),
        (
            PAY.replace("payments", "snapshots"),
            ["pay_2026-03.csv", "pay-2026-03-v2.csv"],
            ["0", "1"],
        ),
        (
            PAY + "    replaces: same_file\n",
            ["pay_2026-03.csv", "pay_bonus_2026-03.csv", "pay_2026-03_v2.csv"],
            ["0 1", "2"],
        ),
    ],
)
def test_of_two_versions_of_a_day_the_later_is_loaded_later(
    warehouse: Warehouse,
    company: Company,
    words: str,
    names: list[str],
    told: list[str],
) -> None:
    company(pay=words)
    for number, name in enumerate(names):
        content = f"Nr;Betrag\n1;{number}\n"
        settle(warehouse.drop("acme", name, content), 100)
    run(warehouse)
    loads = warehouse.query(
        "select string_agg(betrag, ' ' order by betrag) from raw_acme.pay"
        " group by _dlt_load_id order by _dlt_load_id"
    )
    assert [load for (load,) in loads] == told
    assert run(warehouse).total().files == 0


def test_equal_files_of_one_day_are_two_where_their_names_are(
    warehouse: Warehouse, company: Company
) -> None:
    company(staff=SNAPSHOTS + "    replaces: same_file\n")
    for name in ("staff_2024-01.csv", "staff_b_2024-01.csv", "staff_2024-01 (1).csv"):
        export(warehouse, name, "A")
    run(warehouse)
    assert who(warehouse) == ["A", "A"]


def test_what_replaces_nothing_is_loaded_once(
    warehouse: Warehouse, company: Company
) -> None:
    company(staff=STAFF + "    replaces: nothing\n")
    for turn, name in enumerate(["A", "B", "A"]):
        export(warehouse, f"staff_{turn}.csv", name)
        run(warehouse)
    assert who(warehouse) == ["A", "B"]


def test_a_file_is_read_by_each_table_that_takes_it(
    warehouse: Warehouse, company: Company
) -> None:
    company(staff=STAFF, gone=STAFF.replace("list", "snapshot"))
    export(warehouse, "staff.csv", "A")
    run(warehouse)
    run(warehouse)
    assert who(warehouse) == ["A"]
    assert warehouse.loaded("raw_acme.gone", "name") == [("A",)]
    assert len(warehouse.log.loads("raw_acme")) == 1


def test_a_file_is_read_by_tables_that_come_later(
    warehouse: Warehouse, company: Company
) -> None:
    export(warehouse, "staff.csv", "A")
    company(staff=STAFF.replace("staff*", "other*"))
    assert "matches no resource" in run(warehouse).faults[0].reason
    company(staff=STAFF)
    run(warehouse)
    # Another beside it, and then both called otherwise.
    company(staff=STAFF, gone=STAFF.replace("list", "snapshot"))
    run(warehouse)
    company(people=STAFF, left=STAFF.replace("list", "snapshot"))
    run(warehouse)
    for table in ("staff", "gone", "people", "left"):
        assert warehouse.loaded(f"raw_acme.{table}", "name") == [("A",)]
    assert run(warehouse).total().files == 0
    assert warehouse.is_balanced()


STEPS = [
    (landing, "_move", after, 2),
    (landing, "_remember", before, 1),
    (landing, "_remember", after, 1),
    (files, "stage", after, 1),
    *((log, "write_marker", before, n) for n in range(2, 6)),
    (files, "_finish", before, 1),
    (files, "_finish", before, 2),
]


@pytest.mark.parametrize(("owner", "name", "moment", "call"), STEPS)
def test_whole_exports_are_loaded_exactly_once_whatever_was_interrupted(
    warehouse: Warehouse,
    monkeypatch: pytest.MonkeyPatch,
    owner: Any,
    name: str,
    moment: Callable[..., bool],
    call: int,
) -> None:
    for turn, told in enumerate(["B", "A"]):
        export(warehouse, f"staff_{turn}.csv", told, age=100 - turn)
    with monkeypatch.context() as patch:
        interrupt(patch, owner, name, moment, call)
        with pytest.raises(KilledError):
            run(warehouse)
    # What was newest comes once more, when an older one may still wait.
    export(warehouse, "staff_9.csv", "A")
    run(warehouse)
    run(warehouse)
    assert who(warehouse) == ["B", "A"]
    assert not [path for path in warehouse.unmarked() if "raw_acme" in path.parts]
    assert warehouse.is_balanced()


def test_a_damaged_load_is_made_again(warehouse: Warehouse, company: Company) -> None:
    company(staff=SNAPSHOTS)
    export(warehouse, "staff_2024-01.csv", "A")
    run(warehouse)
    (load,) = warehouse.log.loads("raw_acme")
    (warehouse.log.folder / "raw_acme" / load.files[0].path).write_bytes(b"damaged")
    (damage,) = warehouse.log.damaged("raw_acme")
    make_again(warehouse.home, "dev", damage)
    assert who(warehouse) == ["A"]


def test_mappings_are_sources_beside_the_others(
    warehouse: Warehouse, tmp_path: Path
) -> None:
    export(warehouse, "staff.csv", "A")
    (tmp_path / "company" / "mappings" / "broken.yml").write_text("version: 2\n")
    tally = warehouse.ingest()
    assert who(warehouse) == ["A"]
    assert list(tally.failed) == ["broken"]
    assert "broken.yml:1: version is none of 1" in tally.failed["broken"]
    with pytest.raises(ConfigurationError, match=r"unknown source acne; .* acme, brok"):
        warehouse.ingest("acne")
    with pytest.raises(ConfigurationError, match="version is none of 1"):
        warehouse.ingest("broken")
