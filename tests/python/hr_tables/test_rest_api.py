"""Resources of a REST API by a mapping, from stand-ins of two kinds of API."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

import pytest
from landing_kit import Warehouse

from environment.errors import MusterError
from ingestion.hr_tables import rest_api
from ingestion.hr_tables.source import load

PEOPLE = [
    {"id": n, "name": {"first": f"P{n}", "last": "X"}, "tags": ["a"], "faith": "SECRET"}
    for n in range(1, 6)
]

# Pages by offset, with a list of the fields that are wanted.
BY_OFFSET = """\
version: 1
rest_api:
  client:
    base_url: URL
    auth: {type: bearer}
    paginator: {type: offset, limit: 2, total_path: total}
  resources:
    - name: employees
      endpoint: {path: employees, params: {fields: "id,name,tags"}, data_selector: data}
tables:
  staff:
    resource: employees
    shape: snapshot
    never: [faith]
    fields: {person_id: id, first_name: name.first, last_name: name.last}
"""

# Pages by a token; pay of each person from a cursor on.
BY_PAGE = """\
version: 1
say: {currency: EUR}
rest_api:
  client:
    base_url: URL
    auth: {type: api_key, name: X-Key, location: header}
    paginator: {type: cursor, cursor_path: next, cursor_param: page}
  resources:
    - name: persons
      endpoint: {path: persons, data_selector: items}
    - name: pay
      include_from_parent: [id]
      endpoint:
        path: persons/{resources.persons.id}/pay
        data_selector: items
        params: {since: "{incremental.start_value}"}
        incremental: {cursor_path: at, initial_value: "2024-01-01"}
tables:
  persons:
    resource: persons
    shape: snapshot
    fields: {person_id: id}
  pay:
    resource: pay
    shape: payments
    replaces: nothing
    fields: {person_id: _persons_id, line_amount: amount, paid_on: at}
"""


class Api(BaseHTTPRequestHandler):
    """Both kinds of API."""

    pay: ClassVar[list[dict[str, Any]]] = []
    asked: ClassVar[list[str]] = []
    status: ClassVar[int] = 200

    def do_GET(self) -> None:
        """Answer a page."""
        parts = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        self.asked.append(self.path)
        is_known = "right" in (self.headers["Authorization"] or self.headers["X-Key"])
        body: dict[str, Any] = {}
        if parts.path == "/employees":
            start = int(query["offset"])
            fields = {*query["fields"].split(","), "faith"}
            some = PEOPLE[start : start + int(query["limit"])]
            body["data"] = [{k: p[k] for k in p if k in fields} for p in some]
            body["total"] = len(PEOPLE)
        elif parts.path == "/persons":
            page = int(query.get("page", 0))
            body["items"] = [{"id": f"p{page}"}]
            body["next"] = str(page + 1) if page < 1 else None
        elif parts.path == "/persons/p0/pay":
            body["items"] = [each for each in self.pay if each["at"] >= query["since"]]
        else:
            body["items"] = []
        self.send_response(self.status if is_known else 401)
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture
def api(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder of mappings, which name the API as URL."""
    monkeypatch.setenv("MUSTER_COMPANY", str(tmp_path / "company"))
    monkeypatch.setenv("SOURCES__ACME__TOKEN", "right")
    monkeypatch.setenv("SOURCES__ACME__API_KEY", "right")
    folder = tmp_path / "company" / "mappings"
    folder.mkdir(parents=True)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Api)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"http://127.0.0.1:{server.server_port}/"
    Api.pay, Api.asked, Api.status = [], [], 200
    for name, text in {"offset.yml": BY_OFFSET, "token.yml": BY_PAGE}.items():
        (folder / name).write_text(text.replace("URL", url))
    yield folder
    server.shutdown()
    server.server_close()


def run(warehouse: Warehouse, api: Path, mapping: str) -> Any:
    """Load by one of the mappings, as `acme`."""
    (api / "acme.yml").write_text((api / mapping).read_text())
    return warehouse.run(load("acme"))


def test_pages_by_offset_are_one_export_that_is_left_out_unchanged(
    warehouse: Warehouse, api: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(warehouse, api, "offset.yml")
    run(warehouse, api, "offset.yml")
    assert warehouse.loaded("raw_acme.staff", "id, name_first, name_last, tags") == [
        (str(n), f"P{n}", "X", '["a"]') for n in range(1, 6)
    ]
    assert "faith" not in warehouse.types("raw_acme")["staff"]
    landed = (warehouse.folder / "landing").rglob("*.jsonl")
    assert not any(b"SECRET" in path.read_bytes() for path in landed)
    monkeypatch.setitem(PEOPLE[0], "tags", ["b"])
    run(warehouse, api, "offset.yml")
    assert warehouse.one("select count(*) from raw_acme.staff") == 10


def pay(warehouse: Warehouse) -> list[Any]:
    """The payments that are loaded."""
    return warehouse.loaded("raw_acme.pay", 'persons_id, "at", amount')


def test_children_are_asked_from_where_the_log_ends(
    warehouse: Warehouse, api: Path
) -> None:
    Api.pay = [{"at": "2024-02-01", "amount": 10.5}]
    run(warehouse, api, "token.yml")
    assert [i for (i,) in warehouse.loaded("raw_acme.persons", "id")] == ["p0", "p1"]
    first = ("p0", "2024-02-01", "10.5")
    assert pay(warehouse) == [first]
    # Another of the day that was the last, and a later one; the first comes again.
    Api.pay += [{"at": "2024-02-01", "amount": 7}, {"at": "2024-03-01", "amount": 8}]
    for _ in range(2):
        run(warehouse, api, "token.yml")
    more = [("p0", "2024-02-01", "7"), ("p0", "2024-03-01", "8")]
    assert pay(warehouse) == [first, *more]
    since = [path.partition("since=")[2] for path in Api.asked if "/p0/pay" in path]
    assert since == ["2024-01-01", "2024-02-01", "2024-03-01"]
    assert len(warehouse.log.loads("raw_acme")) == 2
    # That there was nothing new is remembered: so long is known who is paid.
    told = "select resource, status from raw_ops.landed_files where bytes = 0"
    assert warehouse.query(told) == [("pay", "already_known")]


def test_never_holds_however_deep_a_key_is(
    warehouse: Warehouse, api: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = api / "offset.yml"
    text = path.read_text().replace('"id,name,tags"', '"id,name,tags,bank,jobs"')
    path.write_text(text.replace("[faith]", "[faith, bank, jobs.iban]"))
    monkeypatch.setitem(PEOPLE[0], "bank", {"iban": "SECRET"})
    monkeypatch.setitem(PEOPLE[0], "jobs", [{"at": 1, "iban": "SECRET"}])
    run(warehouse, api, "offset.yml")
    assert warehouse.loaded("raw_acme.staff", "jobs")[0] == ('[{"at": 1}]',)
    everything = [path for path in warehouse.folder.rglob("*") if path.is_file()]
    assert not any(b"SECRET" in path.read_bytes() for path in everything)


def test_an_answer_is_told_without_the_id_of_a_person() -> None:
    config = {"resources": [{"endpoint": {"path": "persons/{resources.p.id}/pay"}}]}
    said = "/persons/{resources.p.id}/pay"
    assert rest_api._path(config, "/v2/persons/4711/pay") == said
    assert rest_api._path(config, "/v2/people/4711") == ""


def wrong_key(path: Path, patch: pytest.MonkeyPatch) -> None:
    """Send another key than the API knows."""
    patch.setenv("SOURCES__ACME__API_KEY", "SECRET")


def inline(path: Path, _: pytest.MonkeyPatch) -> None:
    """Write the key into the mapping."""
    text = path.read_text()
    path.write_text(text.replace("type: api_key,", "type: api_key, api_key: SECRET,"))


def replacing(path: Path, _: pytest.MonkeyPatch) -> None:
    """Let what is new take the place of all."""
    path.write_text(path.read_text().replace("    replaces: nothing\n", ""))


def misspelled(path: Path, _: pytest.MonkeyPatch) -> None:
    """Ask for a resource that is not there."""
    path.write_text(path.read_text().replace("resource: persons", "resource: person"))


def unknown_word(path: Path, patch: pytest.MonkeyPatch) -> None:
    """Say a word that dlt's `auth` has not: dlt then tells of all of its words."""
    patch.setenv("SOURCES__ACME__API_KEY", "SECRET-of-theirs")
    text = path.read_text()
    path.write_text(text.replace("name: X-Key,", "names: X-Key,"))


def cut_short(_: Path, patch: pytest.MonkeyPatch) -> None:
    """Let dlt tell of a value as it is, and cut it short."""
    patch.setenv("SOURCES__ACME__API_KEY", "SECRET-of-theirs")

    def refuse(config: Any, **_: Any) -> None:
        raise ValueError(f"of {config['client']['auth']['api_key'][:9]}...")

    patch.setattr(rest_api, "rest_api_source", refuse)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (wrong_key, r"acme: http://127.0.0.1:\d+ /persons answers 401 Unauthorized"),
        (inline, r"acme.yml:3: api_key is a secret: put it into .dlt/secrets.toml"),
        (replacing, r"acme.yml:\d+: pay is read from a cursor on: say replaces: noth"),
        (misspelled, r"rest_api has no resource person"),
        (unknown_word, "rest_api is not as dlt's: .* received unexpected field"),
        (cut_short, "rest_api is not as dlt's: ValueError, whose words hold a secret"),
    ],
)
def test_what_is_wrong_is_told_without_secrets(
    warehouse: Warehouse,
    api: Path,
    monkeypatch: pytest.MonkeyPatch,
    change: Any,
    told: str,
) -> None:
    change(api / "token.yml", monkeypatch)
    with pytest.raises(MusterError, match=told) as caught:
        run(warehouse, api, "token.yml")
    assert "SECRET" not in str(caught.value)
    assert warehouse.log.loads("raw_acme") == []
