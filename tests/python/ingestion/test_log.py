"""The log: what lies where, what a marker says, and what a reader sees of it."""

import hashlib
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from environment.errors import MusterError
from ingestion import log
from ingestion.log import SOURCES, Log

KNOWN = datetime(2026, 7, 1, 6, tzinfo=UTC)


@pytest.fixture
def raw(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Log:
    """An empty log, in a folder whose name means something to DuckDB and to globs."""
    monkeypatch.setenv("MUSTER_CLOCK", KNOWN.isoformat())
    return log.of(tmp_path / "o'[a-z]*?{x,y}" / "currency=EUR" / "load_id=7" / "dev")


def write(raw: Log, dataset: str, load_id: str, **tables: dict[str, list[Any]]) -> None:
    with raw.write(dataset, load_id) as load:
        for table, columns in tables.items():
            pq.write_table(pa.table(columns), load.path(table))


def read(raw: Log, sql: str) -> list[Any]:
    with raw.connect() as connection:
        return connection.execute(sql).fetchall()


def paths(folder: Path) -> list[str]:
    found = (path for path in folder.rglob("*") if path.is_file())
    return sorted(path.relative_to(folder).as_posix() for path in found)


def rates(*values: float) -> dict[str, list[Any]]:
    return {"currency": ["USD"] * len(values), "rate": list(values)}


RATES = "select currency, rate, _dlt_load_id from raw_fx.reference_rates order by all"


def test_a_load_is_its_files_and_a_marker_that_describes_them(raw: Log) -> None:
    told = {"resource": "reference_rates", "sha256": "f00", "good": 2}
    with raw.write("raw_fx", "7.10") as load:
        load.delivered.append(told)
        for values in ([1.5, 2.5], [3.5]):
            pq.write_table(pa.table(rates(*values)), load.path("reference_rates"))
    assert paths(raw.folder) == [
        "raw_fx/_dlt_loads/fx__7.10.jsonl",
        "raw_fx/reference_rates/load_id=7.10/00001.parquet",
        "raw_fx/reference_rates/load_id=7.10/00002.parquet",
    ]
    marker = raw.folder / "raw_fx/_dlt_loads/fx__7.10.jsonl"
    content = json.loads(marker.read_text())
    files = content.pop("files")
    assert content == {
        "load_id": "7.10",
        "schema_name": "fx",
        "status": 0,
        "inserted_at": KNOWN.isoformat(),
        "schema_version_hash": "",
        "delivered": [told],
    }
    for file, rows in zip(files, (2, 1), strict=True):
        data = (raw.folder / "raw_fx" / file["path"]).read_bytes()
        assert (file["rows"], file["bytes"]) == (rows, len(data))
        assert file["sha256"] == hashlib.sha256(data).hexdigest()
        assert file["columns"] == {"currency": "VARCHAR", "rate": "DOUBLE"}
    (load_read,) = raw.loads("raw_fx")
    assert (load_read.inserted_at, load_read.delivered) == (KNOWN, [told])
    assert [vars(file) for file in load_read.files] == files
    assert {file.table for file in load_read.files} == {"reference_rates"}


def test_a_load_that_fails_leaves_nothing(raw: Log) -> None:
    write(raw, "raw_fx", "1", reference_rates=rates(1))
    before = paths(raw.folder)

    def fail() -> None:
        with raw.write("raw_fx", "2") as load:
            pq.write_table(pa.table(rates(2)), load.path("reference_rates"))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert paths(raw.folder) == before


def test_a_load_of_nothing_is_no_load(raw: Log) -> None:
    with raw.write("raw_fx"):
        pass
    assert raw.datasets() == []
    with raw.write("raw_fx") as load:
        load.delivered.append({"resource": "reference_rates"})
    assert [load.files for load in raw.loads("raw_fx")] == [[]]


def test_a_load_in_progress_is_not_seen(raw: Log) -> None:
    write(raw, "raw_fx", "1", reference_rates=rates(1))
    with raw.write("raw_fx", "2") as load:
        pq.write_table(pa.table(rates(2)), load.path("reference_rates"))
        assert len(read(raw, RATES)) == 1
        assert raw.ids("raw_fx") == {"1"}
    assert len(read(raw, RATES)) == 2


def test_what_a_reader_sees_stays_until_it_looks_again(raw: Log) -> None:
    write(raw, "raw_fx", "1", reference_rates=rates(1))
    with raw.connect() as reader:
        write(raw, "raw_fx", "2", reference_rates=rates(2))
        assert len(reader.execute(RATES).fetchall()) == 1
        raw.show(reader, datasets=["raw_fx"])
        assert len(reader.execute(RATES).fetchall()) == 2


def test_a_load_is_known_since_its_marker_was_first_written(
    raw: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(raw, "raw_fx", "1", reference_rates=rates(1))
    monkeypatch.setenv("MUSTER_CLOCK", "2026-07-02T06:00:00Z")
    raw.complete("raw_fx", "1")
    assert [load.inserted_at for load in raw.loads("raw_fx")] == [KNOWN]


def test_a_load_is_known_since_an_instant_in_utc_whoever_reads(raw: Log) -> None:
    write(raw, "raw_fx", "1", reference_rates=rates(1))
    with raw.connect() as connection:
        connection.execute("set TimeZone = 'Asia/Tokyo'")
        found = connection.execute(
            "select cast(inserted_at as timestamp) from raw_fx._dlt_loads"
        ).fetchall()
    assert found == [(KNOWN.replace(tzinfo=None),)]


def test_an_empty_log_has_every_declared_table(raw: Log) -> None:
    found = read(
        raw, "select schema_name, view_name from duckdb_views() where not internal"
    )
    schemas = {schema for schema, _ in found}
    assert schemas == {"raw_ops", "raw_runs", *(f"raw_{name}" for name in SOURCES)}
    assert ("raw_frappe_hr", "holidays") in found
    assert read(raw, RATES) == read(raw, "from raw_fx._dlt_loads") == []
    assert not raw.folder.exists()


def test_columns_are_as_declared_and_then_as_delivered(raw: Log) -> None:
    write(raw, "raw_fx", "1", reference_rates=rates(1.25))
    extras: dict[str, list[Any]] = {"note": [7], "load_id": ["x"], "_more": [None]}
    write(raw, "raw_fx", "2", reference_rates=rates(2.5) | extras)
    write(raw, "raw_fx", "3", reference_rates={"currency": ["CHF"]})
    types = read(raw, "describe raw_fx.reference_rates")
    assert [(name, kind) for name, kind, *_ in types] == [
        ("rate_on", "DATE"),
        ("currency", "VARCHAR"),
        ("rate", "DECIMAL(18,6)"),
        ("_file_sha256", "VARCHAR"),
        ("_file_name", "VARCHAR"),
        ("_file_line", "BIGINT"),
        ("note", "VARCHAR"),
        ("load_id", "VARCHAR"),
        ("_more", "VARCHAR"),
        ("_dlt_load_id", "VARCHAR"),
    ]
    assert read(
        raw,
        "select _dlt_load_id, currency, cast(rate as double), note, load_id, rate_on"
        " from raw_fx.reference_rates order by all",
    ) == [
        ("1", "USD", 1.25, None, None, None),
        ("2", "USD", 2.5, "7", "x", None),
        ("3", "CHF", None, None, None, None),
    ]


def test_datasets_are_apart(raw: Log) -> None:
    write(raw, "raw_fx", "1", reference_rates=rates(1))
    write(raw, "raw_own", "1", things={"n": [1, 2]}, others={"n": [3]})
    assert raw.datasets() == ["raw_fx", "raw_own"]
    assert read(raw, "select n from raw_own.things order by all") == [("1",), ("2",)]
    (raw.folder / "raw_fx/_dlt_loads/fx__1.jsonl").unlink()
    raw.sweep("raw_fx")
    assert [path for path in paths(raw.folder) if path.startswith("raw_fx")] == []
    assert len(read(raw, "from raw_own.others")) == 1


def test_ids_are_texts_and_in_order(raw: Log) -> None:
    for load_id in ("20.10", "20.1", "007", "20260701T060000.5-9-000010"):
        write(raw, "raw_fx", load_id, reference_rates=rates(1))
    expected = ["007", "20.1", "20.10", "20260701T060000.5-9-000010"]
    assert [load.load_id for load in raw.loads("raw_fx")] == expected
    assert [row[2] for row in read(raw, RATES)] == expected
    marked = "select load_id, status, inserted_at from raw_fx._dlt_loads order by all"
    known = KNOWN.replace(tzinfo=None)
    assert read(raw, marked) == [(each, 0, known) for each in expected]
    chosen = "select count(*) from raw_fx.reference_rates where _dlt_load_id = '20.10'"
    assert read(raw, chosen) == [(1,)]


def test_what_has_no_marker_is_swept_and_what_has_is_kept(raw: Log) -> None:
    write(raw, "raw_fx", "1", reference_rates=rates(1))
    state = raw.folder / "raw_fx/_dlt_pipeline_state"
    state.mkdir()
    (state / "dev_fx__1__00ff.jsonl").touch()
    kept = paths(raw.folder)
    (state / "dev_fx__2__00ff.jsonl").touch()
    left = log.Draft("2", raw.folder / "raw_fx")
    left.path("reference_rates").write_bytes(b"PAR1 half")
    assert len(read(raw, RATES)) == 1
    raw.sweep("raw_fx")
    assert paths(raw.folder) == kept


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "null", "7", '{"load_id": "1"}', '{"files": [{}]}', "\xff"]
)
def test_a_damaged_marker_is_named(raw: Log, text: str) -> None:
    write(raw, "raw_fx", "1", reference_rates=rates(1))
    marker = raw.folder / "raw_fx/_dlt_loads/fx__1.jsonl"
    marker.write_bytes(text.encode("latin-1"))
    with pytest.raises(MusterError) as raised:
        raw.connect()
    assert str(raised.value).startswith(f"{marker} is damaged")
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"load_id": "7.10"', '"load_id": "../../7.10"'),
        ('"load_id": "7.10"', '"load_id": "7.11"'),
        ("reference_rates/load_id", "../reference_rates/load_id"),
        ("00001.parquet", "/etc/rates.parquet"),
        ('"status": 0', '"status": 0, "replaced": ["7.9/../../.."]'),
    ],
)
def test_a_marker_leads_nowhere_else(raw: Log, old: str, new: str) -> None:
    write(raw, "raw_fx", "7.10", reference_rates=rates(1.5))
    marker = raw.folder / "raw_fx" / "_dlt_loads" / "fx__7.10.jsonl"
    text = marker.read_text()
    assert old in text
    marker.write_text(text.replace(old, new))
    with pytest.raises(MusterError, match=r"fx__7\.10\.jsonl is damaged"):
        log.of(raw.folder.parent).loads("raw_fx")


def test_the_log_can_be_attached_under_a_name(raw: Log) -> None:
    write(raw, "raw_fx", "1", reference_rates=rates(1))
    with Log(raw.folder.parent / "other").connect() as connection:
        raw.attach(connection)
        found = connection.execute("select count(*) from raw.raw_fx.reference_rates")
        assert found.fetchall() == [(1,)]
        assert connection.execute(RATES).fetchall() == []


def test_merged_loads_read_as_before(raw: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log, "MANY", 2)
    instants = ["06-01T06:00", "06-01T06:30", "06-02T06:00", "06-02T06:30"]
    for number, instant in enumerate([*instants, "07-01T06:00"], 1):
        monkeypatch.setenv("MUSTER_CLOCK", f"2026-{instant}:00Z")
        write(raw, "raw_fx", f"{number}", reference_rates=rates(number))
    every = "from raw_fx.reference_rates order by all"
    loads = "from raw_fx._dlt_loads order by all"
    before = read(raw, every), read(raw, loads)
    assert raw.compact("raw_fx") == 6
    assert len(raw.loads("raw_fx")) == 2
    assert (read(raw, every), read(raw, loads)) == before


# Many small loads become one


def hourly(raw: Log, monkeypatch: pytest.MonkeyPatch, hours: range) -> None:
    """Loads of one row each, an hour apart."""
    for hour in hours:
        instant = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=hour)
        monkeypatch.setenv("MUSTER_CLOCK", instant.isoformat())
        rows = pa.table({"event_id": [f"e{hour:04}"], "user_id": ["u"]})
        with raw.write("raw_attendance", f"{hour:04}") as draft:
            pq.write_table(rows, draft.path("punches"))


def known(raw: Log) -> list[tuple[object, ...]]:
    """Each event with the instant at which it became known."""
    with raw.connect() as connection:
        return connection.execute(
            "select event_id, _dlt_load_id, cast(inserted_at as timestamp)"
            " from raw_attendance.punches inner join raw_attendance._dlt_loads"
            " on _dlt_load_id = load_id order by all"
        ).fetchall()


def test_small_loads_of_a_month_become_one_and_are_known_as_before(
    raw: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log, "MANY", 10)
    hourly(raw, monkeypatch, range(700, 760))
    before, reader = known(raw), raw.connect()
    assert raw.compact("raw_attendance") == 44
    assert known(raw) == before
    assert len(raw.loads("raw_attendance")) == 1 + 16
    # Who had begun to read goes on; a day later what was replaced is gone.
    count = "select count(*) from raw_attendance.punches"
    assert reader.execute(count).fetchone() == (60,)
    monkeypatch.setattr(log, "KEPT_SECONDS", -1)
    raw.compact("raw_attendance")
    raw.sweep("raw_attendance")
    assert known(Log(raw.folder)) == before
    assert len(list(raw.folder.rglob("*.parquet"))) == 17


def test_a_marker_that_goes_while_others_are_read_holds_nobody_up(
    raw: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log, "MANY", 10)
    hourly(raw, monkeypatch, range(700, 760))
    before = known(raw)
    raw.compact("raw_attendance")
    listed = {"raw_attendance": raw._paths("raw_attendance")}
    monkeypatch.setattr(log, "KEPT_SECONDS", -1)
    raw.compact("raw_attendance")
    monkeypatch.setattr(Log, "_paths", lambda _, dataset: listed.get(dataset, []))
    assert known(Log(raw.folder)) == before


def test_killed_while_it_merges_nothing_is_there_twice(
    raw: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log, "MANY", 10)
    hourly(raw, monkeypatch, range(700, 760))
    before = known(raw)

    def dies(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(Log, "complete", dies)
        with pytest.raises(KeyboardInterrupt):
            raw.compact("raw_attendance")
    assert known(raw) == before
    assert raw.compact("raw_attendance") == 44
    assert known(raw) == before


def test_a_new_id_sorts_behind_the_others_whatever_the_clock_says(raw: Log) -> None:
    ids = ["9999999999.5", "9999999999.75-merged", "9999999999.7500001"]
    for load_id in ids:
        write(raw, "raw_fx", load_id, reference_rates=rates(1.5))
    assert raw.next_id("raw_fx") == "9999999999.750001"
    assert raw.next_id("raw_ats") < ids[0]
    with raw.write("raw_fx") as load:
        pq.write_table(pa.table(rates(2.5)), load.path("reference_rates"))
    assert max(raw.ids("raw_fx")) == "9999999999.750001"
