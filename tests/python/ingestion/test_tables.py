"""Sources that nobody uses have empty tables, which a first load then fills."""

from pathlib import Path

import duckdb
import pytest

from ingestion.runner import ingest


def _drop(home: Path, source: str, name: str, text: str) -> None:
    inbox = home / "dev" / "inbox" / source
    inbox.mkdir(parents=True, exist_ok=True)
    (inbox / name).write_text(text, encoding="utf-8")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SOURCES__GRACE_SECONDS", "0")
    return tmp_path


def test_a_source_that_comes_later_fills_the_table_it_was_given(home: Path) -> None:
    _drop(home, "fx", "eurofxref-hist.csv", "Date,USD,\n2026-01-02,1.1,\n")
    assert ingest(["fx"], home).exit_code == 0
    with duckdb.connect(str(home / "dev/raw.duckdb"), read_only=True) as raw:
        assert raw.execute("select count(*) from raw_ats.applications").fetchall() == [
            (0,)
        ]
        assert raw.execute("select count(*) from raw_frappe_hr.holidays").fetchall()

    _drop(
        home,
        "ats",
        "applications_2026-01-05.csv",
        "application_id;requisition_id;candidate_name;candidate_email;applied_on;"
        "employee_number;status\nA1;R1;;;02.01.2026;;open\n",
    )
    assert ingest(["ats"], home).exit_code == 0
    with duckdb.connect(str(home / "dev/raw.duckdb"), read_only=True) as raw:
        loaded = raw.execute(
            "select application_id from raw_ats.applications where _dlt_load_id in"
            " (select load_id from raw_ats._dlt_loads where status = 0)"
        ).fetchall()
    assert loaded == [("A1",)]
