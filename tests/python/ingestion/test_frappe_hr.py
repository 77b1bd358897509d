"""Frappe HR: paging, documents that change meanwhile, faults, and restarts."""

import json
import logging
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from landing_kit import KilledError, Warehouse, after, before, interrupt

from environment.errors import ConfigurationError, MusterError
from environment.progress import Reporter
from ingestion import extraction
from ingestion.columns import Column
from ingestion.destination import LogClient
from ingestion.frappe_hr import source
from ingestion.frappe_hr.helpers import FrappeSite, text_table
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
    `allowed` is how many requests are answered until the site asks to `wait`.
    `broken` are names of documents that it fails to deliver one by one.
    """

    documents: dict[str, dict[str, Document]] = field(default_factory=dict)
    faults: list[tuple[int, str, dict[str, str], str]] = field(default_factory=list)
    on_list: Callable[[str], None] | None = None
    requests: list[str] = field(default_factory=list)
    page_cap: int = 10_000
    allowed: int | None = None
    wait: str = "0"
    broken: set[str] = field(default_factory=set)
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
        if site.allowed == 0:
            self._answer(429, "text/plain", {"Retry-After": site.wait}, "Too many")
            return
        if site.allowed:
            site.allowed -= 1
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
            if parts[1] in site.broken:
                self._answer(500, "application/json", {}, "{}")
                return
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

    def run(*doctypes: str, tally: Tally | None = None, **more: Any) -> Tally:
        options = {
            name: more.pop(name) for name in ("is_reread", "since") & more.keys()
        }
        monkeypatch.setenv("SOURCES__FRAPPE_HR__DOCTYPES", ",".join(doctypes))
        for name, value in more.items():
            monkeypatch.setenv(f"SOURCES__FRAPPE_HR__{name.upper()}", str(value))
        return Warehouse(tmp_path).run(source, tally, **options)

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


@pytest.mark.parametrize("page_size", [1, 3, 100])
@pytest.mark.parametrize("page_cap", [2, 10_000])
def test_a_listing_holds_every_document_once(
    site: Site, page_size: int, page_cap: int
) -> None:
    site.page_cap = page_cap
    for i in range(53):
        site.put("Branch", f"B{i:02}", START + timedelta(minutes=-i % 7))
    every = [f"B{i:02}" for i in range(53)]
    assert names(frappe(site, page_size).listing("Branch")) == every
    assert (
        names(frappe(site, page_size).following("Branch", "B09", 20))[:20]
        == (every[10:30])
    )
    assert names(frappe(site).named("Branch", every[::5])) == every[::5]


def test_a_document_that_changes_while_they_are_listed_comes_once(site: Site) -> None:
    for i in range(30):
        site.put("Branch", f"B{i:02}", START + timedelta(minutes=i))

    def change(_: str) -> None:
        site.on_list = None
        for name in ("B01", "B28"):
            site.put("Branch", name, START + timedelta(hours=1))

    site.on_list = change
    found = names(frappe(site, page_size=1).listing("Branch"))
    assert found == [f"B{i:02}" for i in range(30)]


def test_names_are_asked_for_in_urls_of_bounded_length(site: Site) -> None:
    every = [f"Größe/{'ж' * 60} {i:03}" for i in range(50)]
    for name in every:
        site.put("Branch", name, START)
    assert names(frappe(site).named("Branch", every)) == every
    assert max(map(len, site.requests)) < 6000


def test_storms_of_429_and_of_proxy_errors_are_waited_out(site: Site) -> None:
    html = "<html><body>Bad gateway</body></html>"
    site.put("Branch", "B1", START)
    site.faults = [
        (429, "application/json", {}, "{}"),
        (502, "text/html", {}, html),
        (429, "text/html", {"Retry-After": "0"}, html),
        (200, "text/html; charset=utf-8", {}, "<html>maintenance</html>"),
    ]
    assert names(frappe(site).listing("Branch")) == ["B1"]


def test_a_pause_of_no_length_is_as_long_as_usual(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[float] = []
    monkeypatch.setattr(FrappeSite, "_sleep", lambda _, seconds: waited.append(seconds))
    site.put("Branch", "B1", START)
    site.faults = [(429, "text/plain", {"Retry-After": "0"}, "Too many")] * 4
    assert names(frappe(site).listing("Branch")) == ["B1"]
    assert [each for each in waited if each > 0] == [0.001, 0.002, 0.004, 0.008]


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
    with pytest.raises(MusterError, match=said) as raised:
        names(frappe(site).listing("Branch"))
    text = str(raised.value)
    assert "Branch" in text
    assert SECRET not in text
    assert "\n" not in text


def test_a_site_that_is_away_is_one_line() -> None:
    site = FrappeSite("http://127.0.0.1:9", "key", SECRET, attempts=2)
    with pytest.raises(MusterError, match="cannot be reached") as raised:
        names(site.listing("Branch"))
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
    types = {
        table: {name: kind for name, kind, *_ in rows(tmp_path, f"describe {such}")}
        for table, such in ((table, f"raw_frappe_hr.{table}") for table in TABLES)
    }
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
    load("Employee Transfer", "Deleted Document")
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
        # After the listing and its end comes the page of documents.
        if sum("/Employee%20Transfer?" in path for path in site.requests) == 3:
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
    assert load("Employee Transfer").total().loaded == 0


def test_a_value_that_does_not_fit_costs_itself_unless_it_is_required(
    site: Site, load: Callable[..., Tally], tmp_path: Path
) -> None:
    details = [
        {"name": "d1", "idx": 1, "fieldname": "grade", "new": "B"},
        {"name": "d2", "idx": "second", "fieldname": "branch", "new": "Berlin"},
    ]
    site.put("Employee Promotion", "P1", START, promotion_details=details)
    site.put("Employee Promotion", "P2", START, promotion_date="31.02.2024")
    site.put("Employee Promotion", "P3", START)
    site.documents["Employee Promotion"]["P3"]["modified"] = "soon"
    tally = load("Employee Promotion")
    faults = {(f.resource, f.file, f.line, f.column_name) for f in tally.faults}
    assert faults == {
        ("employee_promotions", "P2", 1, "promotion_date"),
        ("employee_promotions", "P3", 1, "modified"),
        ("employee_promotion_details", "P1", 2, "idx"),
    }
    count = tally.counts["frappe_hr", "employee_promotions"]
    assert (count.rejected, count.rejected_values, count.loaded) == (1, 1, 2)
    assert completed(tmp_path, "employee_promotions", "name, promotion_date") == [
        ("P1", None),
        ("P2", None),
    ]
    load("Employee Promotion")
    rejected = rows(tmp_path, "select count(*) from raw_ops.rejected_rows")
    assert rejected == [(3,)]


def test_what_known_records_lack_is_told_until_the_site_mends_it(
    site: Site, load: Callable[..., Tally]
) -> None:
    site.put("Employee", "E1", START, ctc="50,000", date_of_birth="1-2-1990")
    site.put("Employee", "E2", START, internal_work_history=[{"name": "h", "idx": "?"}])
    site.put("Employee", "E3", START)
    site.documents["Employee"]["E3"]["modified"] = "never"
    load("Employee")
    site.put("Employee", "E4", START + timedelta(days=9))
    later = load("Employee")
    assert later.counts["frappe_hr", "employees"].incomplete == 2
    assert later.counts["frappe_hr", "employee_work_history"].incomplete == 1
    assert later.counts["frappe_hr", "employees"].rejected == 1
    assert any("ctc (1), date_of_birth (1)" in note for note in later.notes)
    site.documents["Employee"]["E1"]["ctc"] = "50000"
    site.documents["Employee"]["E1"]["date_of_birth"] = "1990-02-01"
    mended = load("Employee", is_reread=True)
    assert mended.counts["frappe_hr", "employees"].incomplete == 0
    assert mended.counts["frappe_hr", "employee_work_history"].incomplete == 1


def test_forms_in_which_sites_write_dates(
    site: Site, load: Callable[..., Tally], tmp_path: Path
) -> None:
    forms = {
        "E1": ("0000-00-00", "2024-01-15 00:00:00"),
        "E2": ("0000-00-00 00:00:00", "2024-01-15T00:00:00.000000"),
        "E3": ("2024-01-15 08:00:00", "2024-01-15"),
    }
    for name, (birth, joining) in forms.items():
        site.put("Employee", name, START, date_of_birth=birth, date_of_joining=joining)
    tally = load("Employee")
    assert [(f.file, f.column_name) for f in tally.faults] == [("E3", "date_of_birth")]
    day = datetime(2024, 1, 15).date()
    found = completed(tmp_path, "employees", "date_of_birth, date_of_joining")
    assert found == [(None, day)] * 3


def test_a_field_that_vanished_stops_before_anything_of_it_is_loaded(
    site: Site, load: Callable[..., Tally], tmp_path: Path
) -> None:
    site.put("Branch", "B1", START)
    site.put("Employee", "E1", START)
    del site.documents["Employee"]["E1"]["department"]
    with pytest.raises(MusterError, match="does not deliver department"):
        load("Branch", "Employee")
    assert completed(tmp_path, "employees", "name") == []
    site.put("Employee", "E1", START)
    del site.documents["Employee"]["E1"]["iban"]
    tally = load("Branch", "Employee")
    assert any("left empty: iban" in note for note in tally.notes)
    assert completed(tmp_path, "employees", "name") == [("E1",)]
    assert not any("iban" in note for note in load("Branch", "Employee").notes)


def test_what_is_not_declared_is_not_loaded_and_named_once(
    site: Site, load: Callable[..., Tally], tmp_path: Path
) -> None:
    day = {"name": "h1", "idx": 1, "holiday_date": "2024-01-01", "weekly_off": 0}
    site.put("Holiday List", "L1", START, holidays=[day])
    load("Holiday List")
    more = {"description": "New Year", "is_half_day": 0}
    site.put("Holiday List", "L2", START, holidays=[day | more], religion="x", NAME="y")
    tally = load("Holiday List")
    assert tally.notes == [
        "frappe_hr.holiday_lists: not declared, not loaded: religion, NAME",
        "frappe_hr.holidays: not declared, not loaded: is_half_day",
    ]
    assert not load("Holiday List").notes
    columns = {
        name
        for _, name in rows(
            tmp_path,
            "select 0, column_name from"
            " duckdb_columns() where schema_name = 'raw_frappe_hr'",
        )
    }
    assert not columns & {"religion", "NAME", "is_half_day", "owner"}
    assert completed(tmp_path, "holiday_lists", "name") == [("L1",), ("L2",)]
    changes = (
        "select column_name from raw_ops.schema_changes"
        " where change = 'added, not loaded' and resource = 'holidays'"
    )
    assert rows(tmp_path, changes) == [("is_half_day",)]


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


def test_a_failure_while_reading_keeps_what_was_read(
    site: Site, load: Callable[..., Tally], tmp_path: Path
) -> None:
    site.put("Branch", "B1", START)
    site.put("Leave Application", "L1", START)

    def fail(doctype: str) -> None:
        if doctype == "Leave Application":
            site.faults = [(403, "application/json", {}, "{}")]
            site.on_list = None

    site.on_list = fail
    failed = Tally()
    with pytest.raises(MusterError, match="Leave Application"):
        load("Branch", "Leave Application", tally=failed)
    assert any("first load is not finished" in note for note in failed.notes)
    assert completed(tmp_path, "branches", "name") == [("B1",)]
    tally = load("Branch", "Leave Application")
    steps = {step for source, step in tally.steps if source == "frappe_hr"}
    assert steps == {"extract", "normalize", "load"}
    assert all(each.runs and not each.failures for each in tally.steps.values())
    assert not any("not finished" in note for note in tally.notes)
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
        ("frappe_hr", "gone_documents"),
    }
    with pytest.raises(ConfigurationError, match="known are"):
        load("Salary Slip")


def test_settings_must_be_numbers(load: Callable[..., Tally]) -> None:
    with pytest.raises(ConfigurationError, match="page_size must be a number"):
        load(page_size="some")


def test_the_secret_is_in_no_log(
    site: Site, load: Callable[..., Tally], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    load("Branch")
    assert SECRET not in caplog.text


def test_numbers_keep_their_exact_text() -> None:
    row = json.loads('{"n": 0.1234567890123456789, "b": true}', parse_float=str)
    columns = [Column("n", "double"), Column("b", "bigint"), Column("absent")]
    assert text_table([row], columns).to_pylist() == [
        {"n": "0.1234567890123456789", "b": "1"}
    ]


def at(**since_start: float) -> datetime:
    """An instant so long after the start."""
    return START + timedelta(**since_start)


def test_a_document_stamped_years_ahead_hides_no_other_and_is_named(
    site: Site, load: Callable[..., Tally], tmp_path: Path
) -> None:
    site.put("Employee", "E1", datetime(2999, 1, 1))
    first = load("System Settings", "Employee")
    site.put("Employee", "E2", at(days=1))
    site.put("Employee", "E1", at(days=2), status="Left")
    second = load("System Settings", "Employee")
    note = (
        "frappe_hr: 1 Employee documents are stamped later than the site's clock (E1)"
    )
    assert note in first.notes
    assert note not in second.notes
    assert second.counts["frappe_hr", "employees"].loaded == 2
    assert load("Employee").total().loaded == 0


def test_a_clock_that_falls_back_loses_nothing(
    site: Site, load: Callable[..., Tally], tmp_path: Path
) -> None:
    for name in ("T1", "T2"):
        site.put("Employee Transfer", name, at(hours=15))
    load("Employee Transfer")
    site.put("Employee Transfer", "T1", at(hours=7), docstatus=1)
    site.put("Employee Transfer", "T3", at(hours=-900))
    tally = load("Employee Transfer")
    assert tally.counts["frappe_hr", "employee_transfers"].loaded == 2
    assert any(
        "1 Employee Transfer documents are stamped earlier" in note
        for note in tally.notes
    )
    assert load("Employee Transfer").total().loaded == 0


def test_what_goes_back_to_what_it_was_is_loaded_again(
    site: Site, load: Callable[..., Tally], tmp_path: Path
) -> None:
    for floor in (1, 2, 1, 1):
        site.put("Branch", "B1", at(hours=floor), branch=f"floor {floor}")
        load("Branch")
    found = rows(
        tmp_path, "select branch from raw_frappe_hr.branches order by _dlt_load_id"
    )
    assert found == [("floor 1",), ("floor 2",), ("floor 1",)]


def test_a_reading_anew_finds_what_no_version_tells_and_nothing_twice(
    site: Site, load: Callable[..., Tally], tmp_path: Path
) -> None:
    history = {"name": "h1", "idx": 1, "branch": "Berlin"}
    for name in ("E1", "E2", "E3"):
        site.put(
            "Employee", name, at(days=int(name[1])), internal_work_history=[history]
        )
    load("Employee")
    site.documents["Employee"]["E2"]["grade"] = "B"
    site.documents["Employee"]["E3"]["internal_work_history"] = [
        history | {"branch": "Vienna"}
    ]
    assert load("Employee").total().loaded == 0
    since = load("Employee", is_reread=True, since=at(days=3))
    assert since.counts["frappe_hr", "employees"].loaded == 1
    assert load("Employee", is_reread=True).counts["frappe_hr", "employees"].loaded == 1
    assert load("Employee", is_reread=True).total().loaded == 0
    found = completed(tmp_path, "employees", "name, grade")
    assert found == [(name, None) for name in ("E1", "E2", "E3", "E3")] or found == [
        ("E1", None),
        ("E2", "B"),
        ("E2", None),
        ("E3", None),
        ("E3", None),
    ]
    branches = completed(tmp_path, "employee_work_history", "parent, branch")
    assert branches.count(("E3", "Vienna")) == 1


def test_what_vanished_without_a_trace_is_gone_until_it_is_back(
    site: Site,
    load: Callable[..., Tally],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MUSTER_CLOCK", "2026-07-01T06:00:00Z")
    for i in range(9):
        site.put("Leave Application", f"L{i}", at(hours=i))
    load("Leave Application", "Deleted Document")
    kept = site.documents["Leave Application"].pop("L3")
    del site.documents["Leave Application"]["L4"]
    deletion = {"deleted_doctype": "Leave Application", "deleted_name": "L4"}
    site.put("Deleted Document", "D4", at(days=1), creation=str(at(days=1)), **deletion)
    tally = load("Leave Application", "Deleted Document")
    gone = completed(tmp_path, "gone_documents", "doctype, name, noticed_at")
    assert gone == [("Leave Application", "L3", datetime(2026, 7, 1, 6))]
    assert any("gone without a trace: L3" in note for note in tally.notes)
    assert load("Leave Application", "Deleted Document").total().loaded == 0
    site.documents["Leave Application"]["L3"] = kept
    assert load("Leave Application", "Deleted Document").total().loaded == 1
    assert load("Leave Application", "Deleted Document").total().loaded == 0
    del site.documents["Leave Application"]["L3"]
    assert load("Leave Application", "Deleted Document").total().loaded == 1
    assert len(completed(tmp_path, "gone_documents", "name")) == 2


def test_a_deletion_that_is_older_than_its_document_says_explains_nothing(
    site: Site, load: Callable[..., Tally], tmp_path: Path
) -> None:
    site.put("Branch", "B1", at(days=999))
    site.put("Branch", "B2", START)
    load("Branch", "Deleted Document")
    del site.documents["Branch"]["B1"]
    site.put(
        "Deleted Document", "D", START, deleted_doctype="Branch", deleted_name="B1"
    )
    load("Branch", "Deleted Document")
    assert completed(tmp_path, "gone_documents", "name") == [("B1",)]


def test_a_permission_that_is_lost_deletes_nobody(
    site: Site, load: Callable[..., Tally], tmp_path: Path
) -> None:
    for i in range(20):
        site.put("Employee", f"E{i:02}", START)
    site.put("Branch", "B1", START)
    load("Employee", "Branch")
    site.documents["Employee"] = {
        name: document
        for name, document in site.documents["Employee"].items()
        if name < "E12"
    }
    site.put("Branch", "B2", START)
    with pytest.raises(MusterError, match="8 of 20 Employee documents") as raised:
        load("Employee", "Branch")
    assert "SOURCES__FRAPPE_HR__GONE_SHARE" in str(raised.value)
    assert completed(tmp_path, "gone_documents", "name") == []
    assert completed(tmp_path, "branches", "name") == [("B1",), ("B2",)]
    load("Employee", "Branch", gone_share=1)
    assert len(completed(tmp_path, "gone_documents", "name")) == 8


def test_a_listing_that_is_refused_or_left_out_tells_nothing_gone(
    site: Site, load: Callable[..., Tally], tmp_path: Path
) -> None:
    for i in range(30):
        site.put("Branch", f"B{i:02}", START)
        site.put("Designation", f"C{i:02}", START)
    load("Branch", "Designation", page_size=1)
    del site.documents["Branch"]["B29"]
    del site.documents["Designation"]["C29"]
    site.on_list = lambda doctype: site.faults.extend(
        [(403, "application/json", {}, "{}")] * (doctype == "Designation")
    )
    with pytest.raises(MusterError, match="Designation"):
        load("Branch", "Designation")
    site.on_list, site.faults = None, []
    assert completed(tmp_path, "gone_documents", "name") == []
    load("Branch")
    assert completed(tmp_path, "gone_documents", "name") == [("B29",)]


def departments(home: Path, table: str = "employees") -> list[tuple[Any, ...]]:
    """The names of documents with the department that is known of them."""
    sql = (
        f"select name, department from raw_frappe_hr.{table} qualify 1 = row_number()"
        " over (partition by name order by _dlt_load_id desc) order by name"
    )
    return rows(home, sql)


@pytest.mark.parametrize("killed_at", [None, 1, 2])
def test_a_department_that_is_renamed_or_merged_takes_its_people_along(
    site: Site,
    load: Callable[..., Tally],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    killed_at: int | None,
) -> None:
    def people(legal: str, works: str) -> None:
        history = [{"name": "h", "idx": 1, "department": legal}]
        site.put("Employee", "E1", START, department=legal)
        # More lines of history than employees: what these name is not their own field.
        for name in ("E2", "E4"):
            values = {"department": "Sales", "internal_work_history": history}
            site.put("Employee", name, START, **values)
        site.put("Employee", "E3", START, department=works)
        site.put("Leave Application", "L1", START, department=works, employee="E3")

    for name in ("Legal", "Works", "Sales"):
        site.put("Department", name, START, creation=str(at(days=len(name))))
    people("Legal", "Works")
    load()
    site.documents["Department"] = {
        "Law": site.documents["Department"]["Legal"] | {"name": "Law"},
        "Sales": site.documents["Department"]["Sales"],
    }
    deletion = {"deleted_doctype": "Department", "deleted_name": "Works"}
    site.put("Deleted Document", "D1", at(days=1), creation=str(at(days=1)), **deletion)
    people("Law", "Sales")
    if killed_at:
        with monkeypatch.context() as patch:
            interrupt(patch, LogClient, "complete_load", before, killed_at)
            with pytest.raises(KilledError):
                load()
    tally = load()
    if not killed_at:
        told = "frappe_hr: 1 Department documents were"
        assert f"{told} renamed: Legal to Law" in tally.notes
        assert f"{told} merged: Works to Sales" in tally.notes
    assert departments(tmp_path) == [
        ("E1", "Law"),
        *((name, "Sales") for name in ("E2", "E3", "E4")),
    ]
    assert departments(tmp_path, "leave_applications") == [("L1", "Sales")]
    assert completed(tmp_path, "employee_work_history", "parent, department") == [
        (name, department) for name in ("E2", "E4") for department in ("Law", "Legal")
    ]
    assert completed(tmp_path, "gone_documents", "name") == [("Legal",)]
    assert load().total().loaded == 0


def test_a_merge_while_the_site_is_read_is_noticed_by_the_next_run(
    site: Site, load: Callable[..., Tally], tmp_path: Path
) -> None:
    for name in ("Works", "Sales"):
        site.put("Department", name, START)
    site.put("Employee", "E1", START, department="Works")
    load()

    def merge(doctype: str) -> None:
        if doctype == "Leave Application":
            site.on_list = None
            del site.documents["Department"]["Works"]
            site.put("Employee", "E1", START, department="Sales")
            deletion = {"deleted_doctype": "Department", "deleted_name": "Works"}
            made = at(days=1)
            site.put("Deleted Document", "D1", made, creation=str(made), **deletion)

    site.on_list = merge
    assert load().total().loaded == 0
    assert load().counts["frappe_hr", "deleted_documents"].loaded == 1
    assert departments(tmp_path) == [("E1", "Sales")]
    assert load().total().loaded == 0


def test_an_employee_that_is_renamed_takes_promotions_and_reports_along(
    site: Site, load: Callable[..., Tally], tmp_path: Path
) -> None:
    site.put("Employee", "E1", START)
    site.put("Employee", "E2", START, reports_to="E1")
    site.put("Employee Promotion", "P1", START, employee="E1")
    load()
    site.documents["Employee"]["EMP-1"] = site.documents["Employee"].pop("E1") | {
        "name": "EMP-1"
    }
    site.documents["Employee"]["E2"]["reports_to"] = "EMP-1"
    site.documents["Employee Promotion"]["P1"]["employee"] = "EMP-1"
    tally = load()
    assert "frappe_hr: 1 Employee documents were renamed: E1 to EMP-1" in tally.notes
    assert completed(tmp_path, "employee_promotions", "employee") == [
        ("E1",),
        ("EMP-1",),
    ]
    assert completed(tmp_path, "employees", "name, reports_to") == [
        ("E1", None),
        ("E2", "E1"),
        ("E2", "EMP-1"),
        ("EMP-1", None),
    ]


def test_a_name_given_to_another_document_is_read_again_with_what_names_it(
    site: Site, load: Callable[..., Tally], tmp_path: Path
) -> None:
    for number in (1, 2):
        made = str(at(days=number))
        site.put("Employee", f"E{number}", START, creation=made)
    site.put("Employee Promotion", "P1", START, employee="E1")
    load()
    first, second = (site.documents["Employee"][f"E{i}"] for i in (1, 2))
    site.documents["Employee"] = {
        "E1": second | {"name": "E1"},
        "E9": first | {"name": "E9"},
    }
    site.documents["Employee Promotion"]["P1"]["employee"] = "E9"
    load()
    promoted = completed(tmp_path, "employee_promotions", "employee")
    assert promoted == [("E1",), ("E9",)]
    creations = completed(tmp_path, "employees", "name, creation")
    assert ("E1", at(days=2)) in creations


def refuse_once(site: Site, doctype: str) -> None:
    """Refuse what is asked after the next list of a doctype."""

    def refuse(listed: str) -> None:
        if listed == doctype:
            site.on_list = None
            site.faults = [(403, "application/json", {}, "{}")]

    site.on_list = refuse


def test_a_name_given_to_another_document_is_noticed_until_what_names_it_is_read(
    site: Site, load: Callable[..., Tally], tmp_path: Path
) -> None:
    site.put("Department", "Sales", START, creation=str(at(days=1)))
    site.put("Employee", "E1", START, department="Sales")
    load()
    old = site.documents["Department"]["Sales"]
    site.documents["Department"] = {"Field Sales": old | {"name": "Field Sales"}}
    site.put("Department", "Sales", at(days=3), creation=str(at(days=3)))
    site.put("Employee", "E1", START, department="Field Sales")
    refuse_once(site, "Employee")
    with pytest.raises(MusterError):
        load()
    load()
    assert departments(tmp_path) == [("E1", "Field Sales")]
    assert ("Sales", at(days=3)) in completed(tmp_path, "departments", "name, creation")
    assert load().total().loaded == 0


def test_many_that_are_renamed_at_once_are_no_lost_permission_after_a_failure(
    site: Site, load: Callable[..., Tally], tmp_path: Path
) -> None:
    for i in range(10):
        site.put("Employee", f"E{i}", START, creation=str(at(days=i)))
    load()
    employees = site.documents["Employee"]
    site.documents["Employee"] = {
        f"N{i}": employees[f"E{i}"] | {"name": f"N{i}"} for i in range(10)
    }
    refuse_once(site, "Leave Application")
    with pytest.raises(MusterError):
        load()
    load()
    assert len(completed(tmp_path, "gone_documents", "name")) == 10


def test_a_document_that_is_always_refused_holds_no_other_up(
    site: Site, load: Callable[..., Tally], tmp_path: Path
) -> None:
    for name in ("Works", "Sales"):
        site.put("Department", name, START)
    for i in range(5):
        site.put("Employee", f"E{i}", START, department="Works")
    site.put("Branch", "Berlin", START)
    load()
    del site.documents["Branch"]["Berlin"]
    del site.documents["Department"]["Works"]
    deletion = {"deleted_doctype": "Department", "deleted_name": "Works"}
    site.put("Deleted Document", "D1", at(days=1), creation=str(at(days=1)), **deletion)
    deletion = {"deleted_doctype": "Employee", "deleted_name": "E4"}
    site.put("Deleted Document", "D2", at(days=1), creation=str(at(days=1)), **deletion)
    for i in range(4):
        site.put("Employee", f"E{i}", START, department="Sales")
    del site.documents["Employee"]["E4"]
    site.put("Employee", "E5", START, department="Sales")
    site.broken = {"E1"}
    for _ in range(2):
        tally = Tally()
        with pytest.raises(MusterError, match="1 listed documents were refused"):
            load(tally=tally, attempts=2)
        note = "frappe_hr: 1 listed documents were refused: Employee E1"
        assert note in tally.notes
    known = dict(departments(tmp_path))
    assert known == {f"E{i}": "Works" if i in (1, 4) else "Sales" for i in range(6)}
    assert completed(tmp_path, "deleted_documents", "name") == [("D2",)]
    assert completed(tmp_path, "gone_documents", "name") == [("Berlin",)]
    site.broken.clear()
    load()
    assert dict(departments(tmp_path))["E1"] == "Sales"
    assert completed(tmp_path, "deleted_documents", "name") == [("D1",), ("D2",)]


@pytest.mark.parametrize("allowed", [6, 15])
def test_a_first_load_under_a_limit_goes_on_run_by_run(
    site: Site, load: Callable[..., Tally], tmp_path: Path, allowed: int
) -> None:
    for i in range(30):
        site.put("Employee", f"E{i:02}", START)
    site.wait = "2400"
    tallies: list[Tally] = []
    refusals: list[str] = []
    for _ in range(40):
        site.allowed = allowed
        tallies.append(Tally())
        try:
            load("Employee", tally=tallies[-1], longest_pause_seconds=60, workers=1)
            break
        except MusterError as error:
            refusals.append(str(error))
    assert completed(tmp_path, "employees", "name") == [
        (f"E{i:02}",) for i in range(30)
    ]
    singles = [path for path in site.requests if "/Employee/" in path]
    # What is fetched is not fetched again, but for what was under way.
    assert len(singles) <= 30 + 4 * len(refusals)
    for text in refusals:
        assert "2,400 s (429, Employee)" in text
        assert "sources.frappe_hr.longest_pause_seconds (60)" in text
    unfinished = [
        any("first load is not finished" in note for note in tally.notes)
        for tally in tallies
    ]
    assert unfinished == [True] * len(refusals) + [False]
    assert Warehouse(tmp_path).is_balanced()


def test_a_pause_that_the_site_asks_for_is_made_and_told(
    site: Site, load: Callable[..., Tally], monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[float] = []

    def wait(_: FrappeSite, seconds: float) -> None:
        if seconds > 1:
            waited.append(seconds)
            site.allowed = 30

    monkeypatch.setattr(FrappeSite, "_sleep", wait)
    lines: list[str] = []
    monkeypatch.setattr(Reporter, "line", lambda _, text: lines.append(text))
    for i in range(60):
        site.put("Employee", f"E{i:02}", START)
    site.allowed, site.wait = 30, "3000"
    assert load("Employee", workers=1).counts["frappe_hr", "employees"].loaded == 60
    assert waited
    assert max(waited) <= 3000
    assert any("waiting 3,000 s" in line for line in lines)


@pytest.mark.parametrize("workers", [1, 4])
def test_what_was_fetched_is_loaded_before_a_long_pause(
    site: Site,
    load: Callable[..., Tally],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    workers: int,
) -> None:
    def kill(_: extraction.Intake) -> None:
        original(_)
        if completed(tmp_path, "employees", "name"):
            raise KilledError

    for i in range(150):
        site.put("Employee", f"E{i:03}", START)
    site.allowed, site.wait = 130, "3000"
    original = extraction.Intake.land
    monkeypatch.setattr(extraction.Intake, "land", kill)
    with pytest.raises(KilledError):
        load("Employee", workers=workers)
    assert len(completed(tmp_path, "employees", "name")) == 100


def test_much_is_loaded_as_it_comes(
    site: Site,
    load: Callable[..., Tally],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(extraction, "LANDED_ROWS", 20)
    for i in range(90):
        site.put("Branch", f"B{i:02}", START)
    with monkeypatch.context() as patch:
        interrupt(patch, LogClient, "complete_load", after, 2)
        with pytest.raises(KilledError):
            load("Branch", page_size=15)
    kept = len(completed(tmp_path, "branches", "name"))
    assert 30 <= kept < 90
    tally = load("Branch")
    assert tally.total().loaded == 90 - kept
    assert completed(tmp_path, "branches", "name") == [(f"B{i:02}",) for i in range(90)]


def test_a_change_of_the_sites_zone_is_said(
    site: Site, load: Callable[..., Tally], tmp_path: Path
) -> None:
    load("System Settings")
    site.documents["System Settings"]["System Settings"]["time_zone"] = "UTC"
    notes = load("System Settings").notes
    assert [note for note in notes if "Europe/Berlin and is UTC" in note]
    zones = completed(tmp_path, "system_settings", "time_zone")
    assert zones == [("Europe/Berlin",), ("UTC",)]
    assert not load("System Settings").notes


def test_a_site_that_is_quiet_for_longer_than_ever_is_said(
    site: Site, load: Callable[..., Tally]
) -> None:
    now = datetime.now(UTC).replace(tzinfo=None)
    for day in range(12, 60, 3):
        site.put("Branch", f"B{day}", now - timedelta(days=day))
    assert any("nothing was changed" in note for note in load("Branch").notes)
    site.put("Branch", "new", now - timedelta(days=5))
    assert not load("Branch").notes


def test_only_a_site_that_was_read_to_the_end_counts_what_is_gone(
    site: Site, load: Callable[..., Tally], tmp_path: Path
) -> None:
    site.put("Branch", "B1", START)
    counted = (
        "select count(*) from raw_ops.load_counts where resource = 'gone_documents'"
    )
    for status in (403, 401):
        site.faults = [(status, "application/json", {}, "{}")]
        with pytest.raises(MusterError):
            load("System Settings", "Branch")
    with pytest.raises(MusterError, match="cannot be reached"):
        load("System Settings", base_url="http://127.0.0.1:9", attempts=1)
    assert rows(tmp_path, counted) == [(0,)]
    load("Branch", base_url=site.url)
    load("Branch")
    assert rows(tmp_path, counted) == [(2,)]


def test_a_load_sorts_last_also_where_this_clock_was_ahead(
    site: Site,
    load: Callable[..., Tally],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with monkeypatch.context() as patch:
        ahead = time.time() + 1e7
        patch.setattr("ingestion.log.time.time", lambda: ahead)
        site.put("Branch", "B1", START, branch="first")
        load("Branch")
    for branch in ("second", "third"):
        site.put("Branch", "B1", at(days=1), branch=branch)
        load("Branch", is_reread=True)
    found = rows(
        tmp_path, "select branch from raw_frappe_hr.branches order by _dlt_load_id"
    )
    assert found == [("first",), ("second",), ("third",)]
    assert load("Branch").total().loaded == 0
