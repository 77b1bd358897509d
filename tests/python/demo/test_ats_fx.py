"""The applicant tracking system's exports and the file of currency rates."""

import csv
import io
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from small_company import write_small_company

from demo import ats, fx

END = datetime(2026, 7, 1, 6, tzinfo=UTC)
KEYS = {
    "requisitions": "requisition_id",
    "applications": "application_id",
    "stage_changes": "stage_change_id",
}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = write_small_company(tmp_path_factory.mktemp("ats"), months=9)
    ats.write_all(folder)
    fx.write_all(folder)
    return folder


@pytest.fixture(scope="module")
def inbox(home: Path) -> Path:
    folder = home / "inbox"
    ats.deliver(home, folder, END)
    return folder


def ask(home: Path, query: str) -> list[tuple[Any, ...]]:
    """Ask the ledger, each table a view."""
    with duckdb.connect() as database:
        for path in (home / "demo" / "ledger").glob("*.parquet"):
            database.execute(f"create view {path.stem} as select * from '{path}'")
        return database.execute(query).fetchall()


def rows_of(path: Path) -> list[dict[str, str]]:
    """Read a drop as a careful reader would."""
    text = path.read_bytes().decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline=""), delimiter=";"))


def newest(inbox: Path, resource: str) -> dict[str, dict[str, str]]:
    """Give each record's newest state, oldest drop first."""
    states: dict[str, dict[str, str]] = {}
    for path in sorted(inbox.glob(f"{resource}_*.csv")):
        for row in rows_of(path):
            states[row[KEYS[resource]]] = row
    return states


def test_the_same_seed_gives_the_same_bytes(home: Path, tmp_path: Path) -> None:
    again = write_small_company(tmp_path / "again", months=9)
    ats.write_all(again)
    fx.write_all(again)
    names = [
        path.relative_to(home)
        for folder in ("outbox/ats", "outbox/fx", "ledger")
        for path in (home / "demo" / folder).rglob("*")
        if path.is_file()
    ]
    assert len(names) > 50
    for name in names:
        assert (again / name).read_bytes() == (home / name).read_bytes()


def test_drops_begin_with_a_mark_and_come_weekly(inbox: Path) -> None:
    for path in inbox.iterdir():
        assert path.read_bytes().startswith(b"\xef\xbb\xbf")
        day = date.fromisoformat(path.stem.removesuffix("_2")[-10:])
        assert day.weekday() == 0


def test_a_column_appears_half_way(inbox: Path) -> None:
    headers = {
        path.stem[-10:]: path.read_text("utf-8-sig").splitlines()[0].split(";")
        for path in inbox.glob("applications_*.csv")
    }
    with_channel = [
        day for day, header in sorted(headers.items()) if "channel" in header
    ]
    assert with_channel[0] > "2026-02-01"
    assert with_channel == [day for day in sorted(headers) if day >= with_channel[0]]
    assert len(with_channel) < len(headers)


def test_the_drops_tell_the_ledger(home: Path, inbox: Path) -> None:
    requisitions = newest(inbox, "requisitions")
    applications = newest(inbox, "applications")
    stages = newest(inbox, "stage_changes")
    expected = ask(
        home,
        """
        select requisition_id, title, strftime(opened_on, '%d.%m.%Y'), openings
        from requisitions
        where opened_on < date '2026-06-29'
        """,
    )
    assert expected
    for key, title, opened_on, openings in expected:
        row = requisitions[key]
        assert (row["title"], row["opened_on"]) == (title, opened_on)
        assert row["openings"] == str(openings)
    expected = ask(
        home,
        """
        select application_id, candidate_name, coalesce(employee_number, ''),
            case outcome when 'Accepted' then 'Hired' else outcome end
        from applications
        where decided_on < date '2026-06-29'
        """,
    )
    assert expected
    for key, name, number, status in expected:
        row = applications[key]
        assert (row["candidate_name"], row["employee_number"]) == (name, number)
        assert row["status"] == status
    expected = ask(
        home,
        """
        select stage_change_id, stage, coalesce(comment, '')
        from stage_changes
        where changed_on < date '2026-06-29'
        """,
    )
    assert {key: (r["stage"], r["comment"]) for key, r in stages.items()} == {
        key: (stage, comment) for key, stage, comment in expected
    }


def test_everyone_who_joined_was_accepted_before(home: Path) -> None:
    assert (
        ask(
            home,
            """
        select employments.employment_id
        from employments
        left join applications
            on employments.employment_id = applications.employment_id
            and not applications.is_internal
            and applications.outcome = 'Accepted'
            and applications.decided_on < employments.started_on
            and applications.applied_on < applications.decided_on
        where employments.started_on > date '2025-10-01'
        group by employments.employment_id
        having count(applications.application_id) != 1
        """,
        )
        == []
    )
    ((internal, numbered),) = ask(
        home,
        """
        select count(*), count(employee_number) from applications where is_internal
        """,
    )
    assert internal == numbered > 0


def test_stages_follow_each_other(home: Path) -> None:
    ((wrong,),) = ask(
        home,
        """
        select count(*)
        from (
            select
                changed_on < lag(changed_on) over (
                    partition by application_id order by stage_change_id
                ) as is_earlier
            from stage_changes
        )
        where is_earlier
        """,
    )
    assert wrong == 0


def test_free_text_holds_what_breaks_careless_readers(inbox: Path) -> None:
    comments = [row["comment"] for row in newest(inbox, "stage_changes").values()]
    assert any("\n" in text for text in comments)
    assert any(";" in text for text in comments)
    assert any('""' in text for text in comments)
    names = [row["candidate_name"] for row in newest(inbox, "applications").values()]
    assert any('"' in name for name in names)


def test_faults_are_as_the_ledger_says(home: Path, inbox: Path) -> None:
    rows = ask(home, "select kind, expected, file, line from faults_ats order by kind")
    assert [row[:2] for row in rows] == [
        ("impossible_date", "rejected"),
        ("missing_column", "quarantined"),
        ("too_few_columns", "rejected"),
    ]
    (_, _, impossible, line), (_, _, missing, _), (_, _, short, short_line) = rows
    text = (inbox / impossible).read_text("utf-8-sig").splitlines()
    assert ";31.02." in text[line - 1]
    text = (inbox / short).read_text("utf-8-sig").splitlines()
    assert text[short_line - 1].count(";") == 1
    header = (inbox / missing).read_text("utf-8-sig").splitlines()[0]
    assert header == "stage_change_id;application_id;changed_on;comment"
    again = inbox / missing.replace(".csv", "_2.csv")
    assert rows_of(again)[0]["stage"]


def test_rates_have_the_format_of_the_ecb(home: Path, tmp_path: Path) -> None:
    assert fx.deliver(home, tmp_path, END) == [fx.FILE_NAME]
    header, *lines = (tmp_path / fx.FILE_NAME).read_text().splitlines()
    assert header.startswith("Date,USD,JPY,BGN,CYP,")
    assert header.endswith(",THB,ZAR,")
    days = [line[:10] for line in lines]
    assert days == sorted(set(days), reverse=True)
    assert days[0] == "2026-06-30"
    assert days[-1] < "2024-10-05"
    assert all(date.fromisoformat(day).weekday() < 5 for day in days)
    assert all(line.endswith(",") for line in lines)
    assert all(line.count(",") == header.count(",") for line in lines)
    columns = header.split(",")
    first = dict(zip(columns, lines[0].split(","), strict=True))
    assert first["HRK"] == "N/A"
    assert "N/A" not in (first["USD"], first["GBP"])
    ((rate,),) = ask(
        home,
        "select rate from reference_rates where currency = 'USD' and rate_on = "
        "date '2026-06-30'",
    )
    assert rate == Decimal(first["USD"])


def test_rates_are_delivered_where_there_are_new_ones(
    home: Path, tmp_path: Path
) -> None:
    friday = datetime(2026, 6, 26, 14, tzinfo=UTC)
    assert fx.deliver(home, tmp_path, friday) == [fx.FILE_NAME]
    before = (tmp_path / fx.FILE_NAME).read_text().splitlines()
    assert fx.deliver(home, tmp_path, friday) == []
    assert fx.deliver(home, tmp_path, friday.replace(hour=15)) == [fx.FILE_NAME]
    after = (tmp_path / fx.FILE_NAME).read_text().splitlines()
    assert after[0] == before[0]
    assert after[1].startswith("2026-06-26")
    assert after[2:] == before[1:]
    assert fx.deliver(home, tmp_path, friday.replace(day=28)) == []
