"""The stand-in HRIS: the truth is in its documents, and it speaks Frappe's REST API."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import pytest
import walk_back

from demo import company, hris, ledger
from demo.facts import Plan
from demo.instants import to_instant
from demo.server import NO_FAULTS, Faults, Server, open_server

CLOCK = datetime(2026, 7, 1, 6, tzinfo=UTC)
PLAN = Plan(seed=1, employees=150, months=12)
Row = dict[str, Any]


@dataclass
class Answer:
    """What came back."""

    status: int
    body: bytes
    headers: dict[str, str]

    @property
    def data(self) -> Any:
        """The answer's payload."""
        return json.loads(self.body)["data"]


class Client:
    """Asks a server as one of its users."""

    def __init__(self, url: str, token: str) -> None:
        self.url = url
        self.token = token

    def get(self, path: str, token: str | None = None, **options: object) -> Answer:
        """Ask for a document or, with options, for a list."""
        values = {
            name: value if isinstance(value, str) else json.dumps(value)
            for name, value in options.items()
        }
        url = f"{self.url}/api/resource/{quote(path)}?{urlencode(values)}"
        headers = {"Authorization": self.token if token is None else token}
        request = urllib.request.Request(url, headers=headers)  # noqa: S310
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
                return Answer(answer.status, answer.read(), dict(answer.headers))
        except urllib.error.HTTPError as error:
            return Answer(error.code, error.read(), dict(error.headers))


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A company with a ledger and an HRIS, and no other system."""
    root = tmp_path_factory.mktemp("company")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(company, "_OTHER_SYSTEMS", ())
        patch.setattr(company, "_reveal", lambda *_: None)
        company.create(root, PLAN.seed, PLAN.employees, PLAN.months)
    return root


def serving(home: Path, faults: Faults) -> Iterator[Client]:
    state = company.load(home)
    with Server(home, 0, faults) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield Client(server.url, f"token {state.api_key}:{state.api_secret}")
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def client(home: Path) -> Iterator[Client]:
    yield from serving(home, NO_FAULTS)


def stored(home: Path, query: str) -> list[tuple[Any, ...]]:
    store = sqlite3.connect(home / "demo" / "hris.sqlite")
    try:
        return store.execute(query).fetchall()
    finally:
        store.close()


@pytest.mark.parametrize(
    "clock",
    [
        datetime(2025, 7, 1, 12),
        datetime(2025, 11, 1),
        datetime(2026, 3, 17, 13, 30),
        datetime(2026, 7, 1, 6),
        datetime(2026, 7, 31, 23),
    ],
    ids=str,
)
def test_walking_back_recovers_the_truth(home: Path, clock: datetime) -> None:
    truth = walk_back.from_ledger(home / "demo" / "ledger", clock)
    path = home / "demo" / "hris.sqlite"
    told = walk_back.Hris(path, to_instant(clock)).telling()
    assert set(told) == set(truth)
    for number in truth:
        turns = walk_back.days(truth, number) | walk_back.days(told, number)
        for day in turns - {walk_back.NEVER}:
            for either in (day, day - timedelta(days=1)):
                expected = walk_back.on(truth, number, either)
                assert lowered(walk_back.on(told, number, either)) == lowered(expected)


def lowered(states: list[dict[str, str]]) -> list[dict[str, str]]:
    return [{name: value.lower() for name, value in s.items()} for s in states]


def test_the_same_ledger_gives_the_same_documents(home: Path, tmp_path: Path) -> None:
    again = tmp_path / "hris.sqlite"
    hris.write(ledger.simulate(PLAN), again, lambda *_: None)
    query = "select * from versions order by doctype, name, valid_from"
    store = sqlite3.connect(again)
    assert store.execute(query).fetchall() == stored(home, query)
    store.close()


def test_versions_of_a_document_never_overlap(home: Path) -> None:
    overlaps = """
        select count(*) from versions as a join versions as b
            on a.doctype = b.doctype and a.name = b.name and a.rowid != b.rowid
            and a.valid_from < b.valid_to and b.valid_from < a.valid_to
    """
    assert stored(home, overlaps) == [(0,)]


def test_the_workforce_is_imported_in_one_instant(client: Client) -> None:
    went_live = "2025-07-01 00:00:00.000000"
    rows = client.get(
        "Employee", filters={"creation": went_live}, limit_page_length=0
    ).data
    assert len(rows) >= PLAN.employees


@pytest.mark.parametrize(
    ("path", "token", "status", "kind"),
    [
        ("Employee", "token wrong:wrong", 401, "AuthenticationError"),
        ("Employee", "", 401, "AuthenticationError"),
        ("Salary Slip", None, 403, "PermissionError"),
        ("Spaceship", None, 404, "DoesNotExistError"),
        ("Employee/HR-EMP-99999", None, 404, "DoesNotExistError"),
    ],
)
def test_refusals_are_json(
    client: Client, path: str, token: str | None, status: int, kind: str
) -> None:
    answer = client.get(path, token)
    assert (answer.status, json.loads(answer.body)["exc_type"]) == (status, kind)


@pytest.mark.parametrize(
    "options",
    [
        {"filters": [["shoe_size", "=", "43"]]},
        {"filters": [["name", "resembles", "x"]]},
        {"filters": "not json"},
        {"filters": [["name"]]},
        {"fields": ["name", "shoe_size"]},
        {"order_by": "name sideways"},
        {"limit_start": "many"},
    ],
    ids=str,
)
def test_a_bad_question_gets_417(client: Client, options: Row) -> None:
    answer = client.get("Employee", **options)
    assert answer.status == 417
    assert set(json.loads(answer.body)) == {"exc_type", "exception"}


def test_a_list_defaults_to_twenty_names(client: Client) -> None:
    rows = client.get("Employee").data
    assert len(rows) == 20
    assert all(set(row) == {"name"} for row in rows)


def test_chosen_fields_only(client: Client) -> None:
    (row,) = client.get(
        "Employee", fields=["name", "docstatus", "grade"], limit_page_length=1
    ).data
    assert list(row) == ["name", "docstatus", "grade"]
    assert row["docstatus"] == 0


def test_children_come_with_single_documents_alone(client: Client) -> None:
    options: Row = {"fields": ["*"], "limit_page_length": 1}
    (listed,) = client.get("Employee Promotion", **options).data
    single = client.get(f"Employee Promotion/{listed['name']}").data
    children = single.pop("promotion_details")
    assert single == listed
    assert children[0]["parent"] == listed["name"]
    assert children[0]["idx"] == 1


@pytest.mark.parametrize(
    ("term", "expected"),
    [
        (["status", "=", "Left"], lambda r: r["status"] == "Left"),
        (["status", "!=", "Left"], lambda r: r["status"] != "Left"),
        (["grade", "in", ["G1", "G8"]], lambda r: r["grade"] in ("G1", "G8")),
        (["grade", "not in", ["G1"]], lambda r: r["grade"] != "G1"),
        (["department", "like", "%sales%"], lambda r: "Sales" in r["department"]),
        (["relieving_date", "is", "set"], lambda r: bool(r["relieving_date"])),
        (["relieving_date", "is", "not set"], lambda r: not r["relieving_date"]),
        (
            ["date_of_joining", "between", ["2025-01-01", "2025-12-31"]],
            lambda r: r["date_of_joining"][:4] == "2025",
        ),
        (["docstatus", "<", "1"], lambda _: True),
        (["Employee", "name", ">", "HR-EMP-00100"], lambda r: r["name"][-5:] > "00100"),
    ],
    ids=lambda part: "" if callable(part) else str(part),
)
def test_filters(client: Client, term: list[Any], expected: Any) -> None:
    everyone = client.get("Employee", fields=["*"], limit_page_length=0).data
    rows = client.get("Employee", fields=["*"], filters=[term], limit_page_length=0)
    wanted = {r["name"] for r in everyone if expected({**r, **_texts(r)})}
    assert {r["name"] for r in rows.data} == wanted
    assert wanted


def _texts(row: Row) -> Row:
    return {name: row[name] or "" for name in ("department", "grade")}


def test_or_filters_widen(client: Client) -> None:
    either = [["grade", "=", "G1"], ["grade", "=", "G2"]]
    rows = client.get(
        "Employee", fields=["grade"], or_filters=either, limit_page_length=0
    ).data
    assert {row["grade"] for row in rows} == {"G1", "G2"}


def pages(client: Client, order_by: str) -> list[str]:
    names: list[str] = []
    for start in range(0, 150, 50):
        options: Row = {"limit_start": start, "limit_page_length": 50}
        rows = client.get("Employee", order_by=order_by, **options).data
        names += [row["name"] for row in rows]
    return names


def test_pages_repeat_and_skip_without_a_total_order(client: Client) -> None:
    names = pages(client, "creation asc")
    assert len(set(names)) < len(names)


def test_pages_are_stable_with_a_total_order(client: Client) -> None:
    names = pages(client, "modified asc, name asc")
    assert len(set(names)) == len(names)
    assert names == pages(client, "modified asc, name asc")


def test_keyset_paging_reads_everything_once(client: Client) -> None:
    everything = client.get("Employee", limit_page_length=0).data
    seen: list[str] = []
    filters: list[list[str]] = []
    while True:
        rows = client.get(
            "Employee",
            fields=["name", "modified"],
            filters=filters,
            order_by="modified asc, name asc",
            limit_page_length=500,
        ).data
        fresh = [row["name"] for row in rows if row["name"] not in seen]
        if not fresh:
            break
        seen += fresh
        filters = [["modified", ">=", rows[-1]["modified"]]]
    assert sorted(seen) == sorted(row["name"] for row in everything)


def test_system_settings_name_the_time_zone(client: Client) -> None:
    settings = client.get("System Settings/System Settings").data
    assert settings["time_zone"] == "Europe/Berlin"


def test_hard_deletes_leave_a_deleted_document(home: Path, client: Client) -> None:
    rows = client.get("Deleted Document", fields=["*"], limit_page_length=0).data
    doctypes = {row["deleted_doctype"] for row in rows}
    assert "Employee" in doctypes
    assert doctypes & {"Employee Promotion", "Employee Transfer"}
    for row in rows:
        gone = client.get(f"{row['deleted_doctype']}/{row['deleted_name']}")
        assert gone.status == 404
        held = json.loads(row["data"])
        assert held["name"] == row["deleted_name"]
        assert held["modified"] <= row["creation"]


def test_only_what_was_written_by_the_clock_is_shown(home: Path) -> None:
    earlier = datetime(2025, 10, 1, 6, tzinfo=UTC)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(company, "_reveal", lambda *_: None)
        try:
            for client in serving(home, NO_FAULTS):
                company.set_clock(home, earlier)
                options: Row = {"fields": ["modified"], "limit_page_length": 0}
                before = client.get("Employee", **options).data
                assert max(row["modified"] for row in before) < "2025-10-01 08:00"
                company.advance(home, 30)
                after = client.get("Employee", **options).data
                assert max(row["modified"] for row in after) > "2025-10-01 08:00"
                assert len(after) > len(before)
        finally:
            company.set_clock(home, CLOCK)


def test_faults_come_by_count_and_a_retry_succeeds(home: Path) -> None:
    for client in serving(home, Faults(rate_limit_every=5, bad_gateway_every=7)):
        answers = [client.get(f"Branch?n={number}") for number in range(1, 36)]
        statuses = [answer.status for answer in answers]
        assert statuses[4] == 429
        assert statuses[6] == 502
        limited = [answer for answer in answers if answer.status == 429]
        assert {"Retry-After" in answer.headers for answer in limited} == {True, False}
        gateway = next(answer for answer in answers if answer.status == 502)
        assert gateway.headers["Content-Type"] == "text/html"
        assert gateway.body.startswith(b"<html>")


def test_the_same_request_never_fails_twice_in_a_row(home: Path) -> None:
    for client in serving(home, Faults(rate_limit_every=1, bad_gateway_every=0)):
        statuses = [client.get("Branch").status for _ in range(4)]
        assert statuses == [429, 200, 429, 200]


def test_a_taken_port_is_one_clear_line(home: Path, client: Client) -> None:
    port = int(client.url.rsplit(":", 1)[1])
    with pytest.raises(company.DemoError, match=f"Port {port} .* --port 0"):
        open_server(home, port)


def test_a_missing_company_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(company.DemoError, match="muster demo create"):
        company.load(tmp_path)


def test_the_clock_only_advances(home: Path) -> None:
    with pytest.raises(company.DemoError, match="only advances"):
        company.advance(home, CLOCK - timedelta(days=1))
    with pytest.raises(company.DemoError, match="20 employees"):
        company.create(home / "elsewhere", employees=3)


def test_the_demo_secret_follows_the_seed(home: Path) -> None:
    state = company.load(home)
    assert state.api_secret.startswith("demo-secret-")
    assert state.plan.starts_on == date(2025, 7, 1)


_HOLD = """
import sys, time
from pathlib import Path
from demo import company
company._reveal = company.deliver = lambda *_: None
with company.running(Path(sys.argv[1])) as variables:
    print(variables["SOURCES__FRAPPE_HR__BASE_URL"], flush=True)
    time.sleep(60)
"""


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/api/method/ping", timeout=1):  # noqa: S310
            return True
    except OSError:
        return False


def test_the_server_dies_with_a_killed_parent(home: Path) -> None:
    parent = subprocess.Popen(  # noqa: S603
        [sys.executable, "-c", _HOLD, str(home)], stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    url = parent.stdout.readline().strip()
    assert answers(url)
    os.kill(parent.pid, signal.SIGKILL)
    parent.wait()
    parent.stdout.close()
    deadline = time.monotonic() + 5
    while answers(url) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not answers(url)
