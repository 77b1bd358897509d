"""Tables of a database by a mapping: read as text, whole, and left out unchanged."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from landing_kit import Warehouse

from environment.errors import MusterError
from ingestion.hr_tables import sql
from ingestion.hr_tables.source import load

MAPPING = """\
version: 1
sql: {credentials: sources.acme.credentials}
tables:
  staff:
    table: STAFF
    shape: list
    never: [Religion]
    fields: {person_id: id, first_name: Name, started_on: Hired}
"""


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Runs statements on the database of `acme`, which has one person."""
    database = tmp_path / "acme.sqlite"
    monkeypatch.setenv("MUSTER_COMPANY", str(tmp_path / "company"))
    monkeypatch.setenv("SOURCES__ACME__CREDENTIALS", f"sqlite:///{database}")
    (tmp_path / "company" / "mappings").mkdir(parents=True)
    (tmp_path / "company" / "mappings" / "acme.yml").write_text(MAPPING)

    def run(statements: str) -> None:
        with closing(sqlite3.connect(database)) as connection:
            connection.executescript(statements)

    run(
        "create table STAFF (id integer primary key, Name text, Hired date,"
        " Pay decimal(18, 2), Religion text);"
        "insert into STAFF values (2, '', '2024-01-01', 12.5, 'SECRET')"
    )
    return run


def rows(warehouse: Warehouse) -> list[Any]:
    """What is loaded, by loads."""
    return warehouse.query(
        "select id, name, hired, pay from raw_acme.staff"
        " order by _dlt_load_id, _file_line"
    )


def test_a_table_is_loaded_as_text_and_again_when_it_has_changed(
    warehouse: Warehouse, write: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(2):
        warehouse.run(load("acme"))
    first = ("2", "", "2024-01-01", "12.5")
    assert rows(warehouse) == [first]
    assert "religion" not in warehouse.types("raw_acme")["staff"]
    # In the order of its key, however it was written, and in groups of a few rows.
    monkeypatch.setattr(sql, "ROWS", 2)
    write("insert into STAFF (id, Name) values (3, 'Cy'), (1, 'Ada'), (4, null)")
    warehouse.run(load("acme"))
    assert rows(warehouse)[1:] == [
        ("1", "Ada", None, None),
        first,
        ("3", "Cy", None, None),
        ("4", None, None, None),
    ]
    landed = (warehouse.folder / "landing" / "acme").rglob("*.parquet")
    path = max(landed, key=lambda each: each.stat().st_mtime_ns)
    assert pq.ParquetFile(path).num_row_groups == 2
    assert not list((warehouse.folder / "inbox").rglob("*.parquet"))


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("postgresql://me:SECRET@127.0.0.1:1/hr", r"acme: the database 127.0.0.1:1/hr"),
        ("sqlite:////nowhere/x.sqlite", r"there is no database .* sources.acme.cred"),
        ("", r"STAF; did you mean STAFF|has no table STAF that can be read; did you"),
    ],
)
def test_what_cannot_be_read_is_told_without_the_password(
    warehouse: Warehouse,
    write: Callable[[str], None],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    address: str,
    told: str,
) -> None:
    if address:
        monkeypatch.setenv("SOURCES__ACME__CREDENTIALS", address)
    else:
        path = tmp_path / "company" / "mappings" / "acme.yml"
        path.write_text(MAPPING.replace("table: STAFF", "table: STAF"))
    with pytest.raises(MusterError, match=told) as caught:
        warehouse.run(load("acme"))
    assert "SECRET" not in str(caught.value)


def test_a_view_without_end_ends(
    warehouse: Warehouse, write: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    write(
        "drop table STAFF; create view STAFF as with recursive n(id) as"
        " (select 1 union all select id + 1 from n)"
        " select id, 'x' as Name, '2024-01-01' as Hired from n"
    )
    monkeypatch.setenv("SOURCES__MOST_QUERY_SECONDS", "0.2")
    with pytest.raises(MusterError, match=r"cannot be read \(interrupted\)"):
        warehouse.run(load("acme"))


def test_a_table_that_is_too_large_is_told(
    warehouse: Warehouse, write: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    write(
        "insert into STAFF (id, Name) select value, 'x' from (with recursive n(value)"
        " as (select 10 union all select value + 1 from n limit 90000)"
        " select value from n)"
    )
    monkeypatch.setenv("SOURCES__MOST_QUERY_MEGABYTES", "1")
    with pytest.raises(MusterError, match="takes more than 1 MB: see whether its view"):
        warehouse.run(load("acme"))
    monkeypatch.setenv("SOURCES__MOST_QUERY_MEGABYTES", "100")
    warehouse.run(load("acme"))
    assert len(rows(warehouse)) == 90_001
