"""Frappe HR: paging, documents that change meanwhile, faults, and restarts."""

import json
import logging
import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from landing_kit import KilledError, Warehouse, before, interrupt

from ingestion.destination import LogClient
from ingestion.errors import ConfigurationError, IngestionError
from ingestion.frappe_hr import source
from ingestion.frappe_hr.helpers import FrappeSite, later, start_of_reading, text_table
from ingestion.frappe_hr.settings import DOCTYPES, TABLES
from ingestion.tally import Tally

SECRET = "not-to-be-shown"  # noqa: S105 - invented, for the server below
CHILDREN = {d.name: {child.field for child in d.children} for d in DOCTYPES}
START = datetime(2024, 1, 1, 8)

Document = dict[str, Any]


@dataclass
class Site:
    """A small Frappe site: documents in memory, and faults on request.

    `faults` are answers given before any other: status, content type, headers, body.
    `on_list` is called after each list answer is made, to change documents meanwhile.
    """

    documents: dict[str, dict[str, Document]] = field(default_factory=dict)
    faults: list[tuple[int, str, dict[str, str], str]] = field(default_factory=list)
    on_list: Callable[[str], None] | None = None
    requests: list[str] = field(default_factory=list)
    page_cap: int = 10_000
    url: str = ""

    def put(self, doctype: str, name: str, modified: datetime, **values: Any) -> None:
        """Write a document, with every declared field."""
        declared = next(d for d in DOCTYPES if d.name == doctype)
        blank = dict.fromkeys(column.field for column in declared.columns)
        stamps = {"creation": str(START), "modified": str(modified), "docstatus": 0}
        document = blank | {"name": name, "owner": "hr@example.com"} | stamps | values
        self.documents.setdefault(doctype, {})[name] = document

    def list(self, doctype: str, query: dict[str, str]) -> list[Document]:
        """Answer a list request: filtered, ordered, cut; without child tables."""
        rows = list(self.documents.get(doctype, {}).values())
        for name, operator, value in json.loads(query.get("filters", "[]")):
            rows = [row for row in rows if _holds(row[name], operator, value)]
        order = [part.split()[0] for part in query["order_by"].split(", ")]
        rows.sort(key=lambda row: [row[name] for name in order])
        children = CHILDREN[doctype]
        size = min(int(query["limit_page_length"]), self.page_cap)
        return [{k: v for k, v in r.items() if k not in children} for r in rows[:size]]


def _holds(value: Any, operator: str, other: Any) -> bool:
    match operator:
        case "in":
            return value in other
        case ">=":
            return bool(value >= other)
        case ">":
            return bool(value > other)
    return bool(value == other)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    site: Site

    def do_GET(self) -> None:
        site = self.site
        site.requests.append(self.path)
        if site.faults:
            self._answer(*site.faults.pop(0))
            return
        if self.headers["Authorization"] != f"token key:{SECRET}":
            self._answer(401, "application/json", {}, "{}")
            return
        url = urlsplit(self.path)
        parts = [unquote(part) for part in url.path.split("/")[3:]]
        if len(parts) == 1:
            query = {key: values[0] for key, values in parse_qs(url.query).items()}
            data: Any = site.list(parts[0], query)
            if site.on_list:
                site.on_list(parts[0])
        else:
            document = site.documents.get(parts[0], {}).get(parts[1])
            if document is None:
                self._answer(
                    404, "application/json", {}, '{"exc_type": "DoesNotExist"}'
                )
                return
            data = {k: v for k, v in document.items() if v is not None}
        self._answer(200, "application/json", {}, json.dumps({"data": data}))

    def _answer(
        self, status: int, content_type: str, headers: dict[str, str], body: str
    ) -> None:
        payload = body.encode()
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(payload)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(payload)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Keep quiet."""


@pytest.fixture
def site() -> Iterator[Site]:
    site = Site()
    server = ThreadingHTTPServer(
        ("127.0.0.1", 0), type("Handler", (_Handler,), {"site": site})
    )
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    site.url = f"http://127.0.0.1:{server.server_port}"
    site.put(
        "System Settings", "System Settings", START, time_zone="Europe/Berlin", rows=5
    )
    yield site
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def load(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Tally]:
    settings = {
        "BASE_URL": site.url,
        "API_KEY": "key",
        "API_SECRET": SECRET,
        "BACKOFF_SECONDS": "0.001",
    }
    for name, value in settings.items():
        monkeypatch.setenv(f"SOURCES__FRAPPE_HR__{name}", value)

    def run(*doctypes: str, **more: str) -> Tally:
        monkeypatch.setenv("SOURCES__FRAPPE_HR__DOCTYPES", ",".join(doctypes))
        for name, value in more.items():
            monkeypatch.setenv(f"SOURCES__FRAPPE_HR__{name.upper()}", value)
        return Warehouse(tmp_path).run(source)

    return run


def rows(home: Path, sql: str) -> list[tuple[Any, ...]]:
    """Rows of a query on the log."""
    return Warehouse(home).query(sql)


def completed(home: Path, table: str, columns: str) -> list[tuple[Any, ...]]:
    return Warehouse(home).loaded(f"raw_frappe_hr.{table}", columns)


def frappe(site: Site, page_size: int = 1000) -> FrappeSite:
    return FrappeSite(
        site.url, "key", SECRET, page_size=page_size, backoff_seconds=0.001, attempts=5
    )


def names(pages: Iterator[list[Document]]) -> list[str]:
    return [row["name"] for page in pages for row in page]


@pytest.mark.parametrize("page_size", [1, 2, 3, 7, 100])
@pytest.mark.parametrize("page_cap", [2, 10_000])
def test_pages_hold_every_document_once_in_order(
    site: Site, page_size: int, page_cap: int
) -> None:
    site.page_cap = page_cap
    for i in range(23):
        instant = START + timedelta(minutes=0 if i < 9 else i // 3)
        site.put("Branch", f"B{i:02}", instant)
    found = names(frappe(site, page_size).pages("Branch"))
    assert found == [f"B{i:02}" for i in range(23)]


def test_a_bulk_import_of_one_instant_larger_than_a_page_is_read_whole(
    site: Site,
) -> None:
    for i in range(40):
        site.put("Branch", f"B{i:02}", START)
    site.put("Branch", "later", START + timedelta(microseconds=1))
    found = names(frappe(site, page_size=7).pages("Branch"))
    assert found == [f"B{i:02}" for i in range(40)] + ["later"]


def test_reading_starts_at_the_instant_given_and_includes_it(site: Site) -> None:
    for i in range(5):
        site.put("Branch", f"B{i}", START + timedelta(minutes=i))
    pages = frappe(site).pages("Branch", str(START + timedelta(minutes=3)))
    assert names(pages) == ["B3", "B4"]


def test_a_document_that_changes_while_paging_comes_again_as_its_newer_version(
    site: Site,
) -> None:
    for i in range(10):
        site.put("Branch", f"B{i}", START + timedelta(minutes=i))

    def change(_: str) -> None:
        site.on_list = None
        for name in ("B1", "B8"):
            site.put("Branch", name, START + timedelta(hours=1))

    site.on_list = change
    found = names(frappe(site, page_size=3).pages("Branch"))
    assert sorted(found) == sorted([*(f"B{i}" for i in range(10)), "B1"])
    assert found[-2:] == ["B1", "B8"]


def test_storms_of_429_and_of_proxy_errors_are_waited_out(site: Site) -> None:
    html = "<html><body>Bad gateway</body></html>"
    site.put("Branch", "B1", START)
    site.faults = [
        (429, "application/json", {}, "{}"),
        (502, "text/html", {}, html),
        (429, "text/html", {"Retry-After": "0"}, html),
        (200, "text/html; charset=utf-8", {}, "<html>maintenance</html>"),
    ]
    assert names(frappe(site).pages("Branch")) == ["B1"]


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ((401, "application/json", {}, "{}"), "api_key"),
        ((403, "application/json", {}, "{}"), "read permission"),
        ((404, "text/html", {}, "<html>"), "has no doctype Branch"),
        (
            (417, "application/json", {}, '{"exc_type": "DataError"}'),
            "417, DataError",
        ),
        ((502, "text/html", {}, "<html>"), "502, 5 attempts"),
        ((429, "application/json", {}, "{}"), "slow down"),
        ((200, "text/html", {}, "<html>"), "something other than Frappe's JSON"),
        ((200, "application/json", {}, '{"message": 1}'), "something other"),
    ],
)
def test_a_refusal_is_one_line_that_says_what_to_do(
    site: Site, fault: tuple[int, str, dict[str, str], str], said: str
) -> None:
    site.faults = [fault] * 5
    with pytest.raises(IngestionError, match=said) as raised:
        names(frappe(site).pages("Branch"))
    text = str(raised.value)
    assert "Branch" in text
    assert SECRET not in text
    assert "\n" not in text


def test_a_site_that_is_away_is_one_line() -> None:
    site = FrappeSite("http://127.0.0.1:9", "key", SECRET, attempts=2)
    with pytest.raises(IngestionError, match="cannot be reached") as raised:
        names(site.pages("Branch"))
    assert SECRET not in str(raised.value)


def test_the_first_run_makes_every_table_and_the_second_loads_nothing(
    site: Site, load: Callable[..., Tally], tmp_path: Path
) -> None:
    for i in range(30):
        history = [{"name": f"h{i}", "idx": 1, "from_date": "2023-01-01"}]
        site.put(
            "Employee",
            f"HR-EMP-{i:05}",
            START,
            first_name="Ada ",
            branch="" if i else "Berlin",
            date_of_birth="1990-02-28",
            ctc=51234.567,
            internal_work_history=history if i % 2 else [],
            education=[
                {"name": f"e{i}", "idx": 1, "level": "Graduate", "school_univ": "Own"}
            ]
            * (i % 3 == 0),
        )
    first = load(page_size="7")
    assert first.counts["frappe_hr", "employees"].loaded == 30
    assert first.counts["frappe_hr", "employee_work_history"].loaded == 15
    assert first.counts["frappe_hr", "employee_education"].loaded == 10
    school = "select 1 from duckdb_columns() where column_name = 'school_univ'"
    assert not rows(tmp_path, school)
    types = Warehouse(tmp_path).types("raw_frappe_hr")
    assert types.keys() == TABLES.keys()
    expected = {
        "date_of_birth": "DATE",
        "modified": "TIMESTAMP",
        "ctc": "DECIMAL(21,9)",
        "docstatus": "BIGINT",
        "branch": "VARCHAR",
    }
    assert expected.items() <= types["employees"].items()
    sample = "name, branch, first_name, cast(ctc as varchar), modified"
    assert completed(tmp_path, "employees", sample)[0] == (
        "HR-EMP-00000",
        "Berlin",
        "Ada ",
        "51234.567000000",
        START,
    )
    site.requests.clear()
    second = load()
    assert second.total().loaded == 0
    assert second.counts["frappe_hr", "employees"].already_known == 30
    assert not [path for path in site.requests if "/Employee/" in path]
    assert len(completed(tmp_path, "employees", "name")) == 30


def test_a_change_brings_a_new_version_also_of_an_emptied_child_table(
    site: Site, load: Callable[..., Tally], tmp_path: Path
) -> None:
    detail = {"name": "d1", "idx": 1, "fieldname": "grade", "current": "A", "new": "B"}
    site.put("Employee Promotion", "P1", START, promotion_details=[detail])
    load("Employee Promotion")
    newer = START + timedelta(days=1)
    site.put("Employee Promotion", "P1", newer, docstatus=2, promotion_details=[])
    tally = load("Employee Promotion")
    assert tally.counts["frappe_hr", "employee_promotions"].loaded == 1
    versions = completed(tmp_path, "employee_promotions", "modified, docstatus")
    assert versions == [(START, 0), (newer, 2)]
    children = completed(
        tmp_path,
        "employee_promotion_details",
        'parent, parent_modified, idx, fieldname, "current", "new"',
    )
    assert children == [("P1", START, 1, "grade", "A", "B")]


def test_a_late_commit_within_the_lag_is_found(
    site: Site, load: Callable[..., Tally], tmp_path: Path
) -> None:
    site.put("Branch", "B1", START)
    load("Branch")
    site.put("Branch", "late", START - timedelta(seconds=90))
    assert load("Branch", lag_seconds="60").counts["frappe_hr", "branches"].loaded == 0
    assert load("Branch", lag_seconds="100").counts["frappe_hr", "branches"].loaded == 1
    assert completed(tmp_path, "branches", "name") == [("B1",), ("late",)]


def test_a_document_gone_between_list_and_read_is_left_to_its_deletion(
    site: Site, load: Callable[..., Tally], tmp_path: Path
) -> None:
    for i in range(3):
        site.put("Employee Transfer", f"T{i}", START)

    def delete(doctype: str) -> None:
        if doctype == "Employee Transfer" and "T1" in site.documents[doctype]:
            del site.documents[doctype]["T1"]
            site.put(
                "Deleted Document",
                "x1",
                START,
                deleted_doctype=doctype,
                deleted_name="T1",
                data="{}",
            )

    site.put("Deleted Document", "x0", START, deleted_doctype="Note", deleted_name="N1")
    site.on_list = delete
    tally = load("Employee Transfer", "Deleted Document")
    assert completed(tmp_path, "employee_transfers", "name") == [("T0",), ("T2",)]
    assert tally.counts["frappe_hr", "employee_transfers"].delivered == 2
    deleted = completed(tmp_path, "deleted_documents", "deleted_doctype, deleted_name")
    assert deleted == [("Employee Transfer", "T1")]


def test_a_document_changed_between_list_and_read_is_of_one_version(
    site: Site, load: Callable[..., Tally], tmp_path: Path
) -> None:
    def transfer(modified: datetime, new: str) -> None:
        detail = {"name": "d", "idx": 1, "fieldname": "branch", "new": new}
        site.put(
            "Employee Transfer",
            "T1",
            modified,
            new_company=new,
            transfer_details=[detail],
        )

    def change(doctype: str) -> None:
        if doctype == "Employee Transfer":
            site.on_list = None
            transfer(START + timedelta(hours=1), "Vienna")

    transfer(START, "Berlin")
    site.put("Employee Transfer", "T0", START)
    site.on_list = change
    load("Employee Transfer")
    expected = [("T1", START + timedelta(hours=1), "Vienna")]
    parents = completed(tmp_path, "employee_transfers", "name, modified, new_company")
    assert parents[1:] == expected
    details = 'parent, parent_modified, "new"'
    assert completed(tmp_path, "employee_transfer_details", details) == expected


def test_values_that_do_not_fit_are_rejected_with_the_document_and_the_reason(
    site: Site, load: Callable[..., Tally], tmp_path: Path
) -> None:
    details = [
        {"name": "d1", "idx": 1, "fieldname": "grade", "new": "B"},
        {"name": "d2", "idx": "second", "fieldname": "branch", "new": "Berlin"},
    ]
    site.put("Employee Promotion", "P1", START, promotion_details=details)
    site.put("Employee Promotion", "P2", START, promotion_date="31.02.2024")
    tally = load("Employee Promotion")
    faults = {(f.resource, f.file, f.line, f.column_name) for f in tally.faults}
    assert faults == {
        ("employee_promotions", "P2", 1, "promotion_date"),
        ("employee_promotion_details", "P1", 2, "idx"),
    }
    assert tally.counts["frappe_hr", "employee_promotions"].rejected == 1
    assert completed(tmp_path, "employee_promotions", "name") == [("P1",)]
    load("Employee Promotion")
    rejected = rows(tmp_path, "select count(*) from raw_ops.rejected_rows")
    assert rejected == [(2,)]


def test_a_field_that_vanished_stops_before_anything_is_loaded(
    site: Site, load: Callable[..., Tally], tmp_path: Path
) -> None:
    site.put("Branch", "B1", START)
    site.put("Employee", "E1", START)
    del site.documents["Employee"]["E1"]["department"]
    with pytest.raises(IngestionError, match="does not deliver department"):
        load("Branch", "Employee")
    site.put("Employee", "E1", START)
    del site.documents["Employee"]["E1"]["iban"]
    tally = load("Branch", "Employee")
    assert tally.counts["frappe_hr", "branches"].loaded == 1
    assert any("left empty: iban" in note for note in tally.notes)
    assert completed(tmp_path, "branches", "name") == [("B1",)]
    assert not any("iban" in note for note in load("Branch", "Employee").notes)


def test_a_new_field_is_loaded_as_text_and_reported_once(
    site: Site, load: Callable[..., Tally], tmp_path: Path
) -> None:
    site.put("Branch", "B1", START)
    load("Branch")
    site.put("Branch", "B2", START, floor=3, tags=[{"a": 1}], blood_group="A")
    tally = load("Branch")
    assert any("floor" in note and "tags" in note for note in tally.notes)
    assert not any("blood_group" in note for note in tally.notes)
    found = completed(tmp_path, "branches", "name, floor, tags")
    assert found == [("B1", None, None), ("B2", "3", '[{"a": 1}]')]
    site.put("Branch", "B3", START, floor=4)
    assert not load("Branch").notes
    changes = "select column_name from raw_ops.schema_changes order by all"
    assert rows(tmp_path, changes) == [("floor",), ("tags",)]


def test_a_new_field_of_child_rows_is_loaded_as_text_and_reported(
    site: Site, load: Callable[..., Tally], tmp_path: Path
) -> None:
    day = {"name": "h1", "idx": 1, "holiday_date": "2024-01-01", "weekly_off": 0}
    more = {"description": "New Year", "is_half_day": 0, "parenttype": "Holiday List"}
    site.put("Holiday List", "Berlin", START, holidays=[day | more])
    tally = load("Holiday List")
    assert tally.notes == ["frappe_hr.holidays: loaded as text: is_half_day"]
    assert completed(
        tmp_path, "holidays", "parent, holiday_date, description, is_half_day"
    ) == [("Berlin", START.date(), "New Year", "0")]


def test_settings_keep_declared_fields_only(
    site: Site, load: Callable[..., Tally], tmp_path: Path
) -> None:
    assert not load("System Settings").notes
    settings = "name, time_zone, modified"
    assert completed(tmp_path, "system_settings", settings) == [
        ("System Settings", "Europe/Berlin", START)
    ]


def test_a_crash_while_loading_leaves_the_same_rows_after_the_next_run(
    site: Site,
    load: Callable[..., Tally],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    detail = {"name": "d1", "idx": 1, "fieldname": "grade", "new": "B"}
    for i in range(20):
        site.put(
            "Employee Promotion",
            f"P{i}",
            START + timedelta(minutes=i),
            promotion_details=[detail],
        )

    with monkeypatch.context() as patch:
        interrupt(patch, LogClient, "complete_load", before)
        with pytest.raises(KilledError):
            load("Employee Promotion")
    site.put("Employee Promotion", "P3", START + timedelta(hours=2))
    load("Employee Promotion")
    versions = completed(tmp_path, "employee_promotions", "name, modified")
    assert len(set(versions)) == len(versions) == 21
    details = completed(tmp_path, "employee_promotion_details", "parent")
    assert len(set(details)) == len(details) == 20


def test_a_failure_while_reading_loads_nothing_and_the_next_run_everything(
    site: Site, load: Callable[..., Tally], tmp_path: Path
) -> None:
    site.put("Branch", "B1", START)
    site.put("Leave Application", "L1", START)

    def fail(doctype: str) -> None:
        if doctype == "Leave Application":
            site.faults = [(403, "application/json", {}, "{}")]
            site.on_list = None

    site.on_list = fail
    with pytest.raises(IngestionError, match="Leave Application"):
        load("Branch", "Leave Application")
    load("Branch", "Leave Application")
    assert completed(tmp_path, "branches", "name") == [("B1",)]
    assert completed(tmp_path, "leave_applications", "name") == [("L1",)]


def test_a_lost_log_is_filled_again(
    site: Site, load: Callable[..., Tally], tmp_path: Path
) -> None:
    site.put("Branch", "B1", START)
    site.put("Branch", "B2", START + timedelta(days=1))
    load("Branch")
    shutil.rmtree(Warehouse(tmp_path).log.folder)
    load("Branch")
    assert completed(tmp_path, "branches", "name") == [("B1",), ("B2",)]


def test_doctypes_can_be_chosen(site: Site, load: Callable[..., Tally]) -> None:
    site.put("Branch", "B1", START)
    tally = load("Branch", "Department")
    assert set(tally.counts) == {
        ("frappe_hr", "branches"),
        ("frappe_hr", "departments"),
    }
    with pytest.raises(ConfigurationError, match="known are"):
        load("Salary Slip")


def test_settings_must_be_numbers(load: Callable[..., Tally]) -> None:
    with pytest.raises(ConfigurationError, match="lag_seconds must be a number"):
        load(lag_seconds="soon")


def test_the_secret_is_in_no_log(
    site: Site, load: Callable[..., Tally], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    load("Branch")
    assert SECRET not in caplog.text


def test_the_start_of_reading_steps_back_over_the_lag() -> None:
    assert start_of_reading(None, 60) is None
    start = start_of_reading("2024-01-01 00:00:30.5", 60)
    assert start == "2023-12-31 23:59:30.500000"


def test_the_later_instant_wins_whatever_its_fraction() -> None:
    assert later("2024-01-01 08:00:00.5", "2024-01-01 08:00:00") == (
        "2024-01-01 08:00:00.5"
    )
    assert later(None, "2024-01-01 08:00:00") == "2024-01-01 08:00:00"
    assert later("2024-01-01 08:00:00", "yesterday") == "2024-01-01 08:00:00"


def test_numbers_keep_their_exact_text() -> None:
    row = json.loads('{"n": 0.1234567890123456789, "b": true}', parse_float=str)
    assert text_table([row], ["n", "b", "none"]).to_pylist() == [
        {"n": "0.1234567890123456789", "b": "1", "none": None}
    ]
