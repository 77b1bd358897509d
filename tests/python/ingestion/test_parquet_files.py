"""Files that are delivered as Parquet: what their types tell, and what does not fit."""

from datetime import datetime
from pathlib import Path
from unittest.mock import patch

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from landing_kit import Warehouse

from ingestion import staging

PUNCH = (
    "'e' || i as event_id, 'u' as user_id, 'IN' as type, {} as device_time,"
    " timestamptz '2026-06-01 06:00:05+00' as arrival_time"
)
TEXT = "'2026-06-01T08:00:00+02:00'"
NATIVE = "timestamptz '2026-06-01 06:00:00+00'"


def parquet(path: Path, select: str) -> bytes:
    duckdb.execute(f"copy ({select}) to '{path}' (format parquet)")
    return path.read_bytes()


@pytest.mark.parametrize("is_fast", [True, False])
@pytest.mark.parametrize(("value", "offset"), [(TEXT, 120), (NATIVE, 0)])
def test_text_and_times_with_a_zone_are_taken(
    warehouse: Warehouse, tmp_path: Path, is_fast: bool, value: str, offset: int
) -> None:
    more = "i as p, i as file_row_number, {'a': i} as fields"
    select = f"select {PUNCH.format(value)}, {more}"
    content = parquet(tmp_path / "a", f"{select} from range(3) as numbers (i)")
    warehouse.drop("attendance", "punches_1.parquet", content)
    way = (
        patch.object(staging._Reader, "_carefully", side_effect=AssertionError)
        if is_fast
        else patch.object(
            staging,
            "copy",
            lambda _, __, ___, files, *____: files[0] if files else None,
        )
    )
    with way:
        tally = warehouse.ingest("attendance")
    assert sorted(tally.notes) == [
        "attendance.punches: declared column left out: device_id",
        "attendance.punches: not declared and not loaded: fields, file_row_number, p",
    ]
    found = warehouse.loaded(
        "raw_attendance.punches",
        "event_id, device_time, device_time_offset_minutes, _file_line",
    )
    when = datetime(2026, 6, 1, 6)
    assert found == [(f"e{i}", when, offset, i + 1) for i in range(3)]


@pytest.mark.parametrize("bad", ["", "2026-06-01"])
def test_of_two_spellings_the_declared_one_is_taken(
    warehouse: Warehouse, tmp_path: Path, bad: str
) -> None:
    rows = {
        "User_ID": ["hidden", "hidden"],
        "event_id": ["e1", "e2"],
        "user_id": ["u", "u"],
        "TYPE": ["IN", "OUT"],
        "device_time": ["2026-06-01T08:00:00+02:00", bad or "2026-06-01T08:00:00Z"],
        "arrival_time": ["2026-06-01T08:00:05Z"] * 2,
    }
    for name, table in (
        ("punches_1.parquet", pa.table(rows)),
        ("punches_2.parquet", pa.table(rows | {"Type": ["OUT", "IN"]})),
    ):
        pq.write_table(table, warehouse.inbox("attendance") / name)
    tally = warehouse.ingest("attendance")
    twice = "the header names type twice, as TYPE and Type; ask the sender for one"
    assert tally.faults[0].reason == twice
    assert tally.notes[0] == "attendance.punches: not declared and not loaded: User_ID"
    found = warehouse.loaded("raw_attendance.punches", "event_id, user_id, type")
    assert found == [("e1", "u", "IN"), ("e2", "u", "OUT")][: 1 if bad else 2]
    rejected = warehouse.loaded("raw_ops.rejected_rows", "line, row_text")
    assert [line for line, _ in rejected] == [2][: 1 if bad else 0]
    assert not any("hidden" in text for _, text in rejected)


def test_rows_that_do_not_fit_are_rejected(
    warehouse: Warehouse, tmp_path: Path
) -> None:
    text = f"case when i = 1 then '2026-06-01 08:00:00' else {TEXT} end"
    content = parquet(
        tmp_path / "a",
        f"select * replace (nullif(event_id, 'e2') as event_id)"
        f" from (select {PUNCH.format(text)} from range(4) as numbers (i))",
    )
    warehouse.drop("attendance", "punches_1.parquet", content)
    count = warehouse.ingest("attendance").count("attendance", "punches")
    assert (count.loaded, count.rejected, count.is_balanced) == (2, 2, True)
    assert warehouse.query(
        "select line, column_name, reason from raw_ops.rejected_rows order by line"
    ) == [
        (2, "device_time", "device_time is not a date and time with its offset"),
        (3, "event_id", "event_id is missing"),
    ]


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("punches_cut.parquet", "the Parquet file is damaged"),
        ("punches_bad.parquet", "the Parquet file is damaged"),
        ("punches_less.parquet", "the header lacks user_id"),
        ("punches_1.parquet.gz", "the extension is none of"),
        ("punches_2.parquet", "the sender states 2 rows, the file has 3"),
    ],
)
def test_a_file_that_cannot_be_used_is_quarantined(
    warehouse: Warehouse, tmp_path: Path, name: str, reason: str
) -> None:
    select = f"select {PUNCH.format(TEXT)} from range(3) as numbers (i)"
    if "less" in name:
        select = f"select * exclude (user_id) from ({select})"
    content = parquet(tmp_path / "a", select)
    if "cut" in name:
        content = content[:-20]
    if "bad" in name:
        content = content[:4] + b"\xff" * 200 + content[204:]
    warehouse.drop("attendance", name, content)
    if "_2" in name:
        warehouse.drop("attendance", f"{name}.rows", "2")
    tally = warehouse.ingest("attendance")
    assert not tally.failed
    assert tally.total().loaded == 0
    assert tally.total().is_balanced
    (fault,) = tally.faults
    assert reason in fault.reason
