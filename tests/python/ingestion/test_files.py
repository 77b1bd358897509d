"""Delivered files, from the inbox to raw: every check, every fault, the identity."""

import gzip
import io
import json
import os
import time
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import IO

import pytest
from landing_kit import Warehouse, punch, punches, settle

from environment.errors import NotConfiguredError
from ingestion.ats import settings
from ingestion.columns import Column
from ingestion.landing import Inbox
from ingestion.tally import Count

APPLICATIONS = (
    "application_id;requisition_id;candidate_name;candidate_email;applied_on;"
    "employee_number;status\n"
)


def counted(
    delivered: int,
    loaded: int = 0,
    rejected: int = 0,
    quarantined: int = 0,
    already_known: int = 0,
) -> tuple[int, ...]:
    return delivered, loaded, rejected, quarantined, already_known


def numbers(count: Count) -> tuple[int, ...]:
    assert count.is_balanced
    return (
        count.delivered,
        count.loaded,
        count.rejected,
        count.quarantined,
        count.already_known,
    )


def test_punches_are_landed_typed_and_loaded_once(warehouse: Warehouse) -> None:
    warehouse.drop("attendance", "punches_1.jsonl.gz", punches(range(1, 6)))
    late = punch(9, device_time="2026-03-29T03:30:00+02:00", device_id=None)
    warehouse.drop("attendance", "late/punches_2.jsonl", f"\n{late}\n")
    tally = warehouse.ingest("attendance")
    assert numbers(tally.count("attendance", "punches")) == counted(6, loaded=6)
    assert tally.count("attendance", "punches").files == 2
    rows = warehouse.loaded(
        "raw_attendance.punches",
        "event_id, device_time, device_time_offset_minutes, arrival_time, device_id,"
        " _file_name, _file_line",
    )
    assert rows[-1] == (
        "e9",
        datetime(2026, 3, 29, 1, 30),
        120,
        datetime(2026, 6, 10, 6, 0, 5),
        None,
        "late/punches_2.jsonl",
        2,
    )
    assert [row[-1] for row in rows[:-1]] == [1, 2, 3, 4, 5]
    known = warehouse.one("select inserted_at from raw_attendance._dlt_loads")
    assert known.replace(tzinfo=None) == datetime(2026, 7, 1, 6)
    landed = sorted((warehouse.folder / "landing/attendance/punches").rglob("*.*"))
    assert [path.parent.name for path in landed] == ["2026-07-01"] * 2
    assert {"".join(p.suffixes) for p in landed} == {".jsonl", ".jsonl.gz"}
    assert not (warehouse.folder / "staged/attendance").exists()
    assert warehouse.is_balanced()


def test_landed_copies_are_the_exact_bytes(warehouse: Warehouse) -> None:
    original = warehouse.drop("attendance", "punches_1.jsonl.gz", punches([1]))
    warehouse.ingest("attendance")
    path = warehouse.one("select landing_path from raw_ops.landed_files limit 1")
    assert (warehouse.folder / path).read_bytes() == original.read_bytes()


def test_bad_lines_are_rejected_with_their_place_and_reason(
    warehouse: Warehouse,
) -> None:
    content = "\n".join(
        [
            punch(1),
            "{not json",
            "",
            punch(2, device_time="yesterday"),
            punch(3, event_id=None),
            punch(4, user_id=...),
            "[1, 2]",
            punch(5),
            '"text"',
        ]
    )
    warehouse.drop("attendance", "punches_1.jsonl", content)
    tally = warehouse.ingest("attendance")
    count = tally.count("attendance", "punches")
    assert numbers(count) == counted(8, loaded=2, rejected=6)
    rejected = warehouse.query(
        "select file, line, column_name, reason from raw_ops.rejected_rows"
        " order by line"
    )
    name = "punches_1.jsonl"
    offset = "device_time is not a date and time with its offset"
    assert rejected == [
        (name, 2, None, "not valid JSON"),
        (name, 4, "device_time", offset),
        (name, 5, "event_id", "event_id is missing"),
        (name, 6, "user_id", "user_id is missing"),
        (name, 7, None, "not a JSON object"),
        (name, 9, None, "not a JSON object"),
    ]
    assert [fault.line for fault in tally.faults] == [2, 4, 5, 6, 7, 9]
    assert tally.exit_code == 0
    lines = warehouse.loaded("raw_attendance.punches", "event_id, _file_line")
    assert lines == [("e1", 1), ("e5", 8)]


def test_a_file_of_bad_lines_only_is_done_with(warehouse: Warehouse) -> None:
    warehouse.drop("attendance", "punches_1.jsonl", "no\nno\n")
    count = warehouse.ingest("attendance").count("attendance", "punches")
    assert numbers(count) == counted(2, rejected=2)
    assert warehouse.ingest("attendance").total().delivered == 0
    assert warehouse.one("select count(*) from raw_ops.rejected_rows") == 2


def truncated() -> bytes:
    whole = gzip.compress(punches(range(5000)).encode(), mtime=0)
    return whole[: len(whole) // 2]


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        pytest.param(
            "punches_1.jsonl.gz", truncated(), "gzip is truncated", id="truncated"
        ),
        pytest.param("punches_1.jsonl.gz", b"no gzip", "gzip is damaged", id="no gzip"),
        pytest.param("punches_1.jsonl", b"", "the file is empty", id="no byte"),
        pytest.param("punches_1.jsonl", b"\n\n", "the file is empty", id="blank"),
        pytest.param(
            "punches_1.jsonl.gz",
            gzip.compress(b"", mtime=0),
            "the file is empty",
            id="gzip of nothing",
        ),
        pytest.param(
            "punches_1.jsonl", b"ok\n\x81\n", "not UTF-8 text in line 2", id="not text"
        ),
        pytest.param(
            "punches_1.xlsx", b"PK", "the extension is none of", id="extension"
        ),
        pytest.param(
            "summary.jsonl", b"{}\n", "the name matches no resource", id="name"
        ),
    ],
)
def test_a_file_that_cannot_be_used_is_quarantined(
    warehouse: Warehouse, name: str, content: bytes, reason: str
) -> None:
    warehouse.drop("attendance", name, content)
    warehouse.drop("attendance", "punches_good.jsonl", punches([1]))
    tally = warehouse.ingest("attendance")
    whole = tally.total()
    assert whole.is_balanced
    assert whole.loaded == 1
    assert whole.files == 2
    (fault,) = tally.faults
    assert (fault.file, fault.line) == (name, None)
    assert reason in fault.reason
    path, told = warehouse.query(
        "select landing_path, reason from raw_ops.landed_files"
        " where status = 'quarantined'"
    )[0]
    assert told == fault.reason
    kept = warehouse.folder / path
    assert kept.read_bytes() == content
    assert reason in Path(f"{kept}.reason.txt").read_text()
    if "truncated" in reason:
        assert whole.quarantined > 100
    assert warehouse.ingest("attendance").total().files == 0


def test_a_quarantined_file_that_is_corrected_is_loaded(warehouse: Warehouse) -> None:
    warehouse.drop("attendance", "punches_1.jsonl.gz", b"broken")
    warehouse.ingest("attendance")
    warehouse.drop("attendance", "punches_1.jsonl.gz", punches([1, 2]))
    assert warehouse.ingest("attendance").total().loaded == 2


def test_content_delivered_twice_is_already_known(warehouse: Warehouse) -> None:
    for name in ("punches_1.jsonl", "punches_1_again.jsonl"):
        warehouse.drop("attendance", name, punches([1, 2, 3]))
    count = warehouse.ingest("attendance").count("attendance", "punches")
    assert numbers(count) == counted(6, loaded=3, already_known=3)
    warehouse.drop("attendance", "punches_2.jsonl", punches([1, 2, 3]))
    count = warehouse.ingest("attendance").count("attendance", "punches")
    assert numbers(count) == counted(3, already_known=3)
    assert len(warehouse.loaded("raw_attendance.punches")) == 3


def test_an_unchanged_inbox_costs_nothing_and_says_nothing(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    warehouse.drop("attendance", "punches_1.jsonl", punches([1]))
    warehouse.ingest("attendance")

    def unexpected(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr("ingestion.landing._receive", unexpected)
    monkeypatch.setattr("ingestion.pipelines.open_pipeline", unexpected)
    tally = warehouse.ingest("attendance")
    assert not tally.failed
    assert tally.total().delivered == 0


def test_files_still_being_written_are_left_alone(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in (".punches_1.jsonl", "punches_1.jsonl.part", "~punches.jsonl", "t.tmp"):
        warehouse.drop("attendance", name, punches([1]))
    warehouse.drop("attendance", ".hidden/punches_1.jsonl", punches([1]))
    assert warehouse.ingest("attendance").total().files == 0
    monkeypatch.setenv("SOURCES__ATTENDANCE__GRACE_SECONDS", "60")
    path = warehouse.drop("attendance", "punches_2.jsonl", punches([2]))
    assert warehouse.ingest("attendance").total().files == 0
    settle(path, 61)
    assert warehouse.ingest("attendance").total().loaded == 1


def test_a_file_that_grows_while_it_is_copied_waits(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = warehouse.drop("attendance", "punches_1.jsonl", punches([1]))
    with monkeypatch.context() as patch:
        patch.setattr("ingestion.landing.Inbox.version", lambda *_: "changed")
        assert warehouse.ingest("attendance").total().files == 0
    path.write_text(punches([1, 2]))
    assert warehouse.ingest("attendance").total().loaded == 2


def test_the_number_of_rows_the_sender_states_is_checked(warehouse: Warehouse) -> None:
    warehouse.drop("attendance", "punches_1.jsonl", punches([1, 2]))
    warehouse.drop("attendance", "punches_1.jsonl.rows", "3\n")
    warehouse.drop("attendance", "punches_2.jsonl", punches([3, 4]))
    warehouse.drop("attendance", "punches_2.jsonl.rows", "2\n")
    tally = warehouse.ingest("attendance")
    count = tally.count("attendance", "punches")
    assert numbers(count) == counted(4, loaded=2, quarantined=2)
    assert tally.faults[0].reason == "the sender states 3 rows, the file has 2"


def in_the_log(warehouse: Warehouse, text: str) -> list[str]:
    """The tables of the log in which a text stands somewhere.

    The index has no text of any row, and checksums in which every short one stands.
    """
    with warehouse.log.connect() as raw:
        tables = raw.execute(
            "select schema_name || '.' || view_name from duckdb_views()"
            " where schema_name like 'raw\\_%' escape '\\'"
            " and view_name <> 'completed_loads'"
        ).fetchall()
        return [
            name
            for (name,) in tables
            if raw.execute(
                f"from {name} as t where contains(to_json(t), '{text}')"
            ).fetchall()
        ]


def test_what_is_not_declared_is_not_loaded_and_told_once(warehouse: Warehouse) -> None:
    warehouse.drop("attendance", "punches_1.jsonl", punch(1))
    warehouse.ingest("attendance")
    more = {"GPS Zone": "hidden", "Event_ID": "hidden"}
    warehouse.drop("attendance", "punches_2.jsonl", punch(2, **more))
    bad = punch(3, type="STAY", **more) + "\n" + punch(4, text={"a": "hidden"})
    warehouse.drop("attendance", "punches_3.jsonl", bad)
    tally = warehouse.ingest("attendance")
    assert tally.notes == [
        "attendance.punches: not declared and not loaded: Event_ID, GPS Zone, text"
    ]
    warehouse.drop("attendance", "punches_4.jsonl", punch(5, **{"GPS Zone": {"a": 1}}))
    assert warehouse.ingest("attendance").notes == []
    found = warehouse.loaded("raw_attendance.punches", "event_id")
    assert found == [("e1",), ("e2",), ("e4",), ("e5",)]
    assert in_the_log(warehouse, "e3") == ["raw_ops.rejected_rows"]
    assert in_the_log(warehouse, "hidden") == []
    changes = warehouse.loaded("raw_ops.schema_changes", "column_name, change")
    assert changes == [
        (name, "added, not loaded") for name in ("Event_ID", "GPS Zone", "text")
    ]


def test_of_many_undeclared_names_some_are_told(warehouse: Warehouse) -> None:
    more = {f"more_{n:02}\n": n for n in range(29)} | {"x" * 5000: 1}
    warehouse.drop("attendance", "punches_1.jsonl", punch(1, **more))
    (note,) = warehouse.ingest("attendance").notes
    assert note.endswith("more_18, more_19 and 10 more")
    assert (
        warehouse.one("select max(len(column_name)) from raw_ops.schema_changes") < 200
    )


@pytest.mark.parametrize(
    "names",
    [
        *(["Text", "Line"], ["Problem", "File number"], ["fields", "name", "sha256"]),
        *(["_row", "_file"], ["title ", "Title", "race"], ["race", "race"]),
    ],
)
@pytest.mark.parametrize("opened_on", ["01.03.2026", "03/01/2026"])
def test_no_name_of_a_column_stops_a_file(
    warehouse: Warehouse, names: list[str], opened_on: str
) -> None:
    header = "requisition_id;opened_on;status;openings;" + ";".join(names)
    row = f"R1;{opened_on};open;2;" + ";".join("hidden" for _ in names)
    lost = f"R2;{opened_on};a;b;" + row
    warehouse.drop("ats", "requisitions_1.csv", f"{header}\n{row}\n{lost}\n")
    tally = warehouse.ingest("ats")
    assert not tally.failed
    count = tally.count("ats", "requisitions")
    assert numbers(count) == counted(2, loaded=count.loaded, rejected=2 - count.loaded)
    assert count.loaded == int(opened_on == "01.03.2026")
    kept = warehouse.loaded(
        "raw_ats.requisitions", "* exclude (_dlt_load_id, _file_sha256, _file_name)"
    )
    titled = "hidden" if "Title" in names else None
    row_ = ("R1", titled, None, None, date(2026, 3, 1), None, 2, "open", 2)
    assert kept == ([row_] if count.loaded else [])
    assert in_the_log(warehouse, "hidden") == (
        []
        if not titled
        else ["raw_ats.requisitions"]
        if kept
        else ["raw_ops.rejected_rows"]
    )


def test_declared_columns_may_have_any_name_of_our_own(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = ("line", "text", "problem", "file", "fields", "name", "sha256", "source")
    own = replace(
        settings.APPLICATIONS,
        columns=(Column("id", required=True), *(Column(name) for name in names)),
    )
    monkeypatch.setattr("ingestion.ats.source.FILES", (own,))
    values = [f"{name} {{}}" for name in names]
    rows = [";".join(["id {}", *values]).format(*[n] * 9) for n in (1, 2)]
    header = ";".join(["id", *names])
    for n, text in enumerate([f"{rows[0]}\n", f"{rows[1]}\n;\n"], start=1):
        warehouse.drop("ats", f"applications_{n}.csv", f"{header}\n{text}")
    assert numbers(warehouse.ingest("ats").total()) == counted(3, loaded=2, rejected=1)
    expected = [(f"id {n}", *(f"{name} {n}" for name in names)) for n in (1, 2)]
    assert (
        warehouse.loaded("raw_ats.applications", ", ".join(["id", *names])) == expected
    )
    with pytest.raises(ValueError, match="cannot be called _line"):
        replace(own, columns=(Column("_line"),))


REQUISITION = (
    "requisition_id;title;opened_on;status\n"
    'R1;"Köchin; Nacht";01.03.2026;open\n'
    "R2;Clerk;02.03.2026;open\n"
)


def parted(delimiter: str) -> str:
    return (
        REQUISITION.replace("; N", "+ N").replace(";", delimiter).replace("+ N", "; N")
    )


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (parted(","), "with fields parted by ',', not ';'"),
        (parted("\t"), "with fields parted by tab, not ';'"),
        (parted("|"), "with fields parted by '|', not ';'"),
        (
            "sep=^\r\n" + parted("^"),
            "with its header in line 2, with fields parted by '^', not ';'",
        ),
        ("sep=;\n" + REQUISITION, "with its header in line 2"),
        (
            'Open positions, "all"; as of 01.03.2026\n\n' + REQUISITION,
            "with its header in line 3",
        ),
        (REQUISITION.encode("cp1252"), "as cp1252"),
        (REQUISITION.encode("utf-16"), "as utf-16"),
        (
            ("Positions\r" + parted("\t")).replace("\n", "\r").encode("utf-16-le"),
            "as utf-16-le, with lines ended by CR alone, with its header in line 2,"
            " with fields parted by tab, not ';'",
        ),
        (REQUISITION.replace("\n", "\r"), "with lines ended by CR alone"),
    ],
)
def test_other_dialects_are_read_and_told(
    warehouse: Warehouse, content: str | bytes, told: str
) -> None:
    warehouse.drop("ats", "requisitions_1.csv", content)
    warehouse.drop("ats", "requisitions_1.csv.rows", "2")
    tally = warehouse.ingest("ats")
    assert tally.faults == []
    absent = "ats.requisitions: declared column left out: branch, closed_on, department"
    assert sorted(tally.notes) == [
        f"{absent}, openings",
        f"ats.requisitions: requisitions_1.csv was read {told}",
    ]
    assert warehouse.loaded(
        "raw_ats.requisitions", "requisition_id, title, opened_on"
    ) == [
        ("R1", "Köchin; Nacht", date(2026, 3, 1)),
        ("R2", "Clerk", date(2026, 3, 2)),
    ]


def test_many_files_of_another_dialect_are_told_together(warehouse: Warehouse) -> None:
    for n in range(3):
        content = parted(",").replace("R1", f"S{n}")
        warehouse.drop("ats", f"requisitions_{n}.csv", content)
    assert warehouse.ingest("ats").notes[-1] == (
        "ats.requisitions: requisitions_0.csv and 2 more were read with fields parted"
        " by ',', not ';'"
    )


LACKING = "which requisitions requires"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (
            "a;b\n1;2\n",
            f"the header lacks requisition_id, opened_on, status, {LACKING};",
        ),
        (
            "As of today\nrequisition_id,opened_on,state\nR1,01.03.2026,open\n",
            f"the header lacks status, {LACKING} (read with its header in line 2, with"
            " fields parted by ',', not ';'); ask the sender",
        ),
        (
            "x\n" * 20 + REQUISITION,
            "the header lacks requisition_id, opened_on, status",
        ),
        (
            REQUISITION.replace("\n", "\r", 1),
            "some lines end with a carriage return alone",
        ),
        (
            REQUISITION.replace("title", "Status").replace(";status", ";STATUS"),
            "the header names status twice, as Status and STATUS; ask the sender",
        ),
        (REQUISITION.replace("title", "status"), "the header names status twice"),
        (b"PK\x03\x04" + bytes(range(256)), "this is a workbook or an archive"),
    ],
)
def test_a_header_that_is_not_found_is_told(
    warehouse: Warehouse, content: str | bytes, reason: str
) -> None:
    warehouse.drop("ats", "requisitions_1.csv", content)
    (fault,) = warehouse.ingest("ats").faults
    assert fault.line is None
    assert reason in fault.reason


def test_a_key_that_is_there_twice_rejects_its_line(warehouse: Warehouse) -> None:
    twice = punch(2)[:-1] + ', "t\\u0079pe": "OUT"}'
    harmless = punch(3)[:-1] + ', "note": 1, "note": 2, "device_id_": 1}'
    warehouse.drop("attendance", "punches_1.jsonl", f"{punch(1)}\n{twice}\n{harmless}")
    tally = warehouse.ingest("attendance")
    (fault,) = tally.faults
    assert (fault.line, fault.reason) == (2, "type is there twice")
    found = warehouse.loaded("raw_attendance.punches", "event_id")
    assert found == [("e1",), ("e3",)]


def test_csv_exports_with_all_their_habits(warehouse: Warehouse) -> None:
    warehouse.drop(
        "ats",
        "applications_2024-01-01.csv",
        "\ufeff"
        + APPLICATIONS
        + '1;R1;"Doe; ""Jo""";jo@example.com;31.01.2024;;applied\r\n'
        + '2;R1;"two\nlines";;01.02.2024;0007;hired\r\n'
        + "3;R1;x;;30.02.2024;;applied\r\n"
        + "4;R1;x;;01.02.2024;applied\r\n"
        + "5;;x;;01.02.2024;;applied\r\n"
        + '6;R1;"x;;01.02.2024;;applied\r\n',
    )
    warehouse.drop(
        "ats",
        "applications_2024-01-08.csv",
        APPLICATIONS.replace("status", "status;Channel")
        + "7;R2;x;;08.01.2024;;applied;referral\n",
    )
    warehouse.drop(
        "ats",
        "requisitions_2024-01-01.csv",
        "requisition_id;title;department;branch;opened_on;closed_on;openings;status\n"
        "R1;Clerk;Sales;Berlin;01.01.2024;;2;open\n",
    )
    tally = warehouse.ingest("ats")
    count = tally.count("ats", "applications")
    assert numbers(count) == counted(7, loaded=3, rejected=4)
    assert tally.notes == ["ats.applications: not declared and not loaded: Channel"]
    found = warehouse.loaded(
        "raw_ats.applications",
        "application_id, candidate_name, applied_on, employee_number, _file_line",
    )
    assert found == [
        ("1", 'Doe; "Jo"', date(2024, 1, 31), None, 2),
        ("2", "two\nlines", date(2024, 2, 1), "0007", 3),
        ("7", "x", date(2024, 1, 8), None, 2),
    ]
    rejected = warehouse.query(
        "select line, column_name, reason from raw_ops.rejected_rows order by line"
    )
    assert rejected == [
        (5, "applied_on", "applied_on is not a date written dd.mm.yyyy"),
        (6, None, "has 6 fields, the header 7"),
        (7, "requisition_id", "requisition_id is missing"),
        (8, None, "quotes do not close, or text follows them"),
    ]
    openings = warehouse.loaded(
        "raw_ats.requisitions", "openings, opened_on, closed_on"
    )
    assert openings == [(2, date(2024, 1, 1), None)]


def test_a_required_column_that_vanished_stops_the_file(warehouse: Warehouse) -> None:
    good = APPLICATIONS + "1;R1;x;;08.01.2024;;applied\n"
    warehouse.drop("ats", "applications_1.csv", good.replace("applied_on", "date"))
    warehouse.drop(
        "ats", "applications_2.csv", good.replace("candidate_email", "status")
    )
    tally = warehouse.ingest("ats")
    count = tally.count("ats", "applications")
    assert numbers(count) == counted(2, quarantined=2)
    first, second = (fault.reason for fault in tally.faults)
    assert "the header lacks applied_on, which applications requires" in first
    assert second == "the header names status twice"


def test_an_optional_column_that_vanished_is_reported(warehouse: Warehouse) -> None:
    header = "stage_change_id;application_id;stage;changed_on\n"
    warehouse.drop("ats", "stage_changes_1.csv", header + "1;1;hired;01.02.2024\n")
    tally = warehouse.ingest("ats")
    assert tally.total().loaded == 1
    assert tally.notes == ["ats.stage_changes: declared column left out: comment"]


def test_a_header_without_rows_is_no_fault(warehouse: Warehouse) -> None:
    warehouse.drop("ats", "applications_1.csv", APPLICATIONS)
    tally = warehouse.ingest("ats")
    assert tally.faults == []
    assert ("applications_1.csv", "loaded") in warehouse.statuses()


RATES = (
    "Date,USD,JPY,GBP,\n"
    "2024-01-03,1.0919,155.28,0.86230,\n"
    "2024-01-02,1.0956,N/A,0.86645,\n"
)


def test_rates_become_rows_and_only_new_ones_are_appended(warehouse: Warehouse) -> None:
    warehouse.drop("fx", "eurofxref-hist.csv", RATES)
    count = warehouse.ingest("fx").count("fx", "reference_rates")
    assert numbers(count) == counted(5, loaded=5)
    more = RATES.replace("GBP,\n", "GBP,\n2024-01-04,1.1,156,0.9,\n")
    more = more.replace("0.86645", "0.86646")
    warehouse.drop("fx", "eurofxref-hist.csv", more)
    count = warehouse.ingest("fx").count("fx", "reference_rates")
    assert numbers(count) == counted(8, loaded=4, already_known=4)
    assert warehouse.loaded(
        "raw_fx.reference_rates", "rate_on, currency, rate, _file_line"
    ) == [
        (date(2024, 1, 2), "GBP", Decimal("0.866450"), 3),
        (date(2024, 1, 2), "GBP", Decimal("0.866460"), 4),
        (date(2024, 1, 2), "USD", Decimal("1.095600"), 3),
        (date(2024, 1, 3), "GBP", Decimal("0.862300"), 2),
        (date(2024, 1, 3), "JPY", Decimal("155.280000"), 2),
        (date(2024, 1, 3), "USD", Decimal("1.091900"), 2),
        (date(2024, 1, 4), "GBP", Decimal("0.900000"), 2),
        (date(2024, 1, 4), "JPY", Decimal("156.000000"), 2),
        (date(2024, 1, 4), "USD", Decimal("1.100000"), 2),
    ]


def test_rates_known_within_one_run_are_loaded_once(warehouse: Warehouse) -> None:
    warehouse.drop("fx", "eurofxref-hist_1.csv", RATES)
    warehouse.drop("fx", "eurofxref-hist_2.csv", RATES + "2024-01-01,1,2,3,\n")
    count = warehouse.ingest("fx").count("fx", "reference_rates")
    assert numbers(count) == counted(13, loaded=8, already_known=5)


def rate_of(warehouse: Warehouse) -> Decimal:
    """The rate that counts, as staging has it."""
    rate: Decimal = warehouse.one(
        "select rate from raw_fx.reference_rates"
        " order by _dlt_load_id desc, _file_line desc limit 1"
    )
    return rate


def test_a_rate_put_back_counts_again(warehouse: Warehouse) -> None:
    for content, loaded in (
        *(("1.1", 1), ("11.0", 1), ("1.1", 1), ("1.1", 0), ("1.10", 0), ("1.2", 1)),
        *(("11.0", 1), ("1.1", 1)),
    ):
        text = f"Date,USD,\n2024-01-02,{content},\n"
        warehouse.drop("fx", "eurofxref-hist.csv", text)
        warehouse.drop("fx", "eurofxref-copy.csv", text)
        count = warehouse.ingest("fx").count("fx", "reference_rates")
        assert (count.loaded, count.is_balanced) == (loaded, True)
        assert rate_of(warehouse) == Decimal(content)
    assert warehouse.is_balanced()


def test_of_rates_in_one_run_the_last_counts(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingestion.staging.BATCH_BYTES", 100)
    monkeypatch.setattr("ingestion.readers.BLOCK_BYTES", 20)
    for n, rates in enumerate([["1.1", "1.2"], ["1.3", "1.3", "1.1"], ["1.1"]]):
        lines = "".join(f"2024-01-02,{rate},\n" for rate in rates)
        warehouse.drop("fx", f"eurofxref_{n}.csv", f"Date,USD,\n{lines}")
    count = warehouse.ingest("fx").count("fx", "reference_rates")
    assert numbers(count) == counted(6, loaded=4, already_known=2)
    assert rate_of(warehouse) == Decimal("1.1")


def test_bad_rates_are_rejected_by_row(warehouse: Warehouse) -> None:
    content = RATES + "2023-12-29,x,155,-,\n29.12.2023,1,2,3,\n2023-12-28,1,2\n"
    content += "2023-12-27,0.000,-1.5,1,\n"
    warehouse.drop("fx", "eurofxref-hist.csv", content)
    count = warehouse.ingest("fx").count("fx", "reference_rates")
    assert numbers(count) == counted(13, loaded=7, rejected=6)
    rejected = warehouse.query(
        "select line, column_name, reason from raw_ops.rejected_rows"
        " order by line, row_text"
    )
    assert rejected == [
        (4, "rate", "rate is not a decimal(18,6) number"),
        (4, "rate", "rate is not a decimal(18,6) number"),
        (5, "rate_on", "rate_on is not a date written yyyy-mm-dd"),
        (6, None, "has 3 fields, the header 5"),
        (7, None, "rate is not above zero"),
        (7, None, "rate is not above zero"),
    ]


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_rates_parted_otherwise_are_read(warehouse: Warehouse, delimiter: str) -> None:
    content = "Reference rates\n" + RATES.replace(",", delimiter)
    warehouse.drop("fx", "eurofxref-hist.csv", content)
    assert warehouse.ingest("fx").count("fx", "reference_rates").loaded == 5


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        ("Day,USD,", "does not begin with Date"),
        ("Date,Dollar,", "names Dollar, not a currency"),
        ("Date,USD,USD,", "names USD twice"),
        ("Date,", "names no currency"),
    ],
)
def test_rates_with_another_header_are_quarantined(
    warehouse: Warehouse, header: str, reason: str
) -> None:
    warehouse.drop("fx", "eurofxref-hist.csv", f"{header}\n2024-01-02,1,1,\n")
    tally = warehouse.ingest("fx")
    assert tally.total().loaded == 0
    assert reason in tally.faults[0].reason


def test_an_inbox_elsewhere_by_url(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    import fsspec  # type: ignore[import-untyped]

    memory = fsspec.filesystem("memory")
    memory.pipe("/drops/sub/punches_1.jsonl", punches([1, 2]).encode())
    memory.pipe("/drops/.punches_2.jsonl", punches([3]).encode())
    monkeypatch.setenv("SOURCES__ATTENDANCE__INBOX", "memory://drops")
    assert warehouse.ingest("attendance").total().loaded == 2
    assert warehouse.ingest("attendance").total().delivered == 0
    memory.rm("/drops", recursive=True)


@pytest.mark.parametrize("address", ["", "memory://large"])
def test_a_file_beyond_the_bound_is_named_and_left(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    import fsspec

    monkeypatch.setenv("SOURCES__MOST_FILE_MEGABYTES", "0.001")
    if address:
        monkeypatch.setenv("SOURCES__ATTENDANCE__INBOX", address)
    memory = fsspec.filesystem("memory")
    for number, count in ((1, 100), (2, 1)):
        name, content = f"punches_{number}.jsonl", punches(range(count))
        if address:
            memory.pipe(f"/large/{name}", content.encode())
        else:
            warehouse.drop("attendance", name, content)
    opened: list[str] = []
    open_ = Inbox.open

    def noted(inbox: Inbox, path: str) -> IO[bytes]:
        opened.append(path)
        return open_(inbox, path)

    monkeypatch.setattr(Inbox, "open", noted)
    tally = warehouse.ingest("attendance")
    assert numbers(tally.count("attendance", "punches")) == counted(1, loaded=1)
    [note] = tally.notes
    assert "punches_1.jsonl: it has 0.0" in note
    assert "MB, and 0.001 are the most" in note
    assert opened == ["punches_2.jsonl"]


def test_of_what_sends_more_than_it_said_no_more_is_read(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Endless(io.BytesIO):
        sent = 0

        def read(self, size: int | None = -1) -> bytes:
            type(self).sent += size or 0
            return b"{" * (size or 0)

    warehouse.drop("attendance", "punches_1.jsonl", punches([1]))
    monkeypatch.setattr(Inbox, "open", lambda *_: Endless())
    assert warehouse.ingest("attendance").total().delivered == 0
    assert Endless.sent == 1 << 20
    monkeypatch.undo()


def test_an_object_that_may_not_be_read_stops_no_other(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    import fsspec

    memory = fsspec.filesystem("memory")
    monkeypatch.setenv("SOURCES__ATTENDANCE__INBOX", "memory://closed")
    for number in (1, 2):
        memory.pipe(f"/closed/punches_{number}.jsonl", punches([number]).encode())
    opened = Inbox.open

    def refused(inbox: Inbox, path: str) -> IO[bytes]:
        if "_1" in path:
            raise PermissionError(13, "Forbidden", path)
        return opened(inbox, path)

    monkeypatch.setattr(Inbox, "open", refused)
    tally = warehouse.ingest("attendance")
    assert tally.total().loaded == 1
    assert "punches_1.jsonl: no permission to read it" in tally.notes[0]


def test_a_missing_inbox_is_told(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(NotConfiguredError, match="no inbox; put files into"):
        warehouse.ingest("attendance")
    monkeypatch.setenv("SOURCES__ATTENDANCE__INBOX", "/nowhere/at/all")
    tally = warehouse.ingest("attendance")
    assert "/nowhere/at/all does not exist" in tally.failed["attendance"]
    assert tally.exit_code == 1


def test_many_files_and_batches(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingestion.staging.BATCH_BYTES", 5000)
    monkeypatch.setattr("ingestion.readers.BLOCK_BYTES", 1000)
    for number in range(12):
        first = number * 100
        content = punches(range(first, first + 30)) + "bad\n"
        warehouse.drop("attendance", f"punches_{number:02}.jsonl.gz", content)
    count = warehouse.ingest("attendance").count("attendance", "punches")
    assert numbers(count) == counted(372, loaded=360, rejected=12)
    found = warehouse.loaded(
        "raw_attendance.punches", "cast(substr(event_id, 2) as bigint), _file_line"
    )
    assert sorted(found) == [(n * 100 + i, i + 1) for n in range(12) for i in range(30)]


def test_a_file_that_memory_cannot_hold_stops_no_other(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingestion.runner.MEMORY", "64MB")
    fields = {f"field_{number}": 1 for number in range(40_000)}
    warehouse.drop("attendance", "punches_1.jsonl", f"{json.dumps(fields)}\n" * 8)
    warehouse.drop("attendance", "punches_2.jsonl", punches(range(3)))
    tally = warehouse.ingest("attendance")
    assert tally.exit_code == 0
    assert numbers(tally.count("attendance", "punches")) == counted(3, loaded=3)
    assert "needs more memory" in warehouse.one(
        "select reason from raw_ops.landed_files where status = 'quarantined'"
    )


def test_a_record_of_twenty_thousand_fields_is_read(warehouse: Warehouse) -> None:
    fields = {f"field_{number}": "x" for number in range(20_000)}
    bad = json.dumps({"event_id": "e1"} | fields)
    good = json.dumps(json.loads(punch(2)) | fields)
    warehouse.drop("attendance", "punches_1.jsonl", f"{bad}\n{good}\n" * 25)
    count = warehouse.ingest("attendance").count("attendance", "punches")
    assert numbers(count) == counted(50, loaded=25, rejected=25)


def test_what_is_no_file_is_named_and_left_and_stops_nobody(
    warehouse: Warehouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = tmp_path / "secret"
    secret.write_text(punches([99]))
    inbox = warehouse.inbox("attendance")
    warehouse.drop("attendance", "punches_1.jsonl", punches([1]))
    closed = warehouse.drop("attendance", "punches_closed.jsonl", punches([2]))
    os.mkfifo(inbox / "punches_pipe.jsonl")
    (inbox / "punches_link.jsonl").symlink_to(secret)
    (inbox / "punches_loop.jsonl").symlink_to(inbox / "punches_loop.jsonl")
    (inbox / "folder").symlink_to(tmp_path)
    (Path(os.fsencode(inbox).decode()) / "punches_\udcff.jsonl").write_text("{}")
    opened = os.open

    def denied(path: Path, *given: int, **options: int | None) -> int:
        if path == closed:
            raise PermissionError(13, "Permission denied", str(path))
        return opened(path, *given, **options)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(os, "open", denied)
        tally = warehouse.ingest("attendance")

    assert tally.failed == {}
    assert tally.count("attendance", "punches").loaded == 1
    left = f"attendance: left in {inbox}: "
    link = "it is a link, which is not followed; put the file itself there"
    assert [note.removeprefix(left) for note in tally.notes] == [
        f"folder: {link}",
        "punches_closed.jsonl: no permission to read it; grant it to who runs muster",
        f"punches_link.jsonl: {link}",
        f"punches_loop.jsonl: {link}",
        "punches_pipe.jsonl: it is a pipe, socket or device, and no file; take it away",
        "punches_\\xff.jsonl: its name is not UTF-8; call it otherwise",
    ]
    again = warehouse.ingest("attendance")
    assert again.count("attendance", "punches").loaded == 1
    assert warehouse.one("select count(*) from raw_attendance.punches") == 2


def test_a_file_dated_in_the_future_is_taken_with_a_note(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCES__GRACE_SECONDS", "60")
    path = warehouse.drop("attendance", "punches_1.jsonl", punches([1]))
    os.utime(path, (time.time() + 86400, time.time() + 86400))
    tally = warehouse.ingest("attendance")
    assert tally.count("attendance", "punches").loaded == 1
    assert tally.notes == [
        "attendance: punches_1.jsonl is dated in the future; taken as it is"
    ]


def test_a_name_as_long_as_may_be_is_set_aside(warehouse: Warehouse) -> None:
    warehouse.drop("attendance", "punches_1." + "x" * 240, punches([1]))
    warehouse.drop("attendance", "punches_2.jsonl", punches([2]))
    tally = warehouse.ingest("attendance")
    assert tally.failed == {}
    assert tally.count("attendance", "punches").loaded == 1
    (fault,) = tally.faults
    assert fault.file.startswith("punches_1.xxx")
