"""The stand-in HRIS: Frappe HR's REST API over the demo company's documents.

It answers with the state at the clock in `state.json`, read anew for each request, and
misbehaves as real sites do: see `Faults`. Loopback only; nothing is ever written.
"""

import argparse
import itertools
import json
import os
import signal
import socketserver
import sqlite3
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl, unquote, urlsplit

from demo import company
from demo.instants import to_instant

HOST: Final = "127.0.0.1"
FORBIDDEN_DOCTYPES: Final = frozenset({"Salary Slip", "User"})
_API: Final = "/api/resource/"
_PING: Final = "/api/method/ping"
_DEFAULT_PAGE: Final = 20
_REASONS: Final = {
    200: "OK",
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    417: "Expectation Failed",
    429: "Too Many Requests",
    500: "Internal Server Error",
    502: "Bad Gateway",
}
_BAD_GATEWAY: Final = (
    b"<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n"
    b"<center><h1>502 Bad Gateway</h1></center>\r\n</body>\r\n</html>\r\n"
)
_COMPARISONS: Final = {"=", "!=", ">", ">=", "<", "<="}


@dataclass(frozen=True, slots=True)
class Faults:
    """How often the server misbehaves, by its count of requests; 0 means never.

    After the first `thin_after` requests faults are a hundred times as rare, so that a
    large company can be read in good time. The same request never fails twice in a row.
    """

    rate_limit_every: int = 97
    bad_gateway_every: int = 211
    thin_after: int = 5_000

    def of(self, number: int) -> int | None:
        """Return the status that the request with this number fails with, if any."""
        scale = 1 if number <= self.thin_after else 100
        if self.rate_limit_every and number % (self.rate_limit_every * scale) == 0:
            return 429
        if self.bad_gateway_every and number % (self.bad_gateway_every * scale) == 0:
            return 502
        return None


NO_FAULTS: Final = Faults(0, 0)


class ApiError(Exception):
    """An answer other than 200, in Frappe's form."""

    def __init__(self, status: int, kind: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.kind = kind

    def body(self) -> bytes:
        """Return the JSON body of the answer."""
        text = f"frappe.exceptions.{self.kind}: {self}"
        return json.dumps({"exc_type": self.kind, "exception": text}).encode()


@dataclass(frozen=True, slots=True)
class Doctype:
    """What may be asked of a doctype: its fields, and whether each is a number."""

    name: str
    numbers: dict[str, bool]

    def column(self, fieldname: str) -> str:
        """Return the SQL expression of a field, or complain as Frappe does."""
        bare = fieldname.replace("`", "").rsplit(".", 1)[-1]
        if bare not in self.numbers:
            raise ApiError(417, "DataError", f"Field not permitted in query: {bare}")
        return bare if bare in ("name", "modified") else f"data ->> '$.{bare}'"

    def value(self, fieldname: str, value: Any) -> Any:
        """Return a filter's value in the field's own type."""
        bare = fieldname.replace("`", "").rsplit(".", 1)[-1]
        if not self.numbers[bare]:
            return "" if value is None else str(value)
        try:
            return float(value or 0)
        except (TypeError, ValueError):
            message = f"{value!r} is not a number, for field {bare}"
            raise ApiError(417, "ValidationError", message) from None


class Site:
    """The documents and credentials of one demo company."""

    def __init__(self, home: Path, faults: Faults) -> None:
        self.faults = faults
        self._home = home
        self._path = company.folder(home) / "hris.sqlite"
        self._local = threading.local()
        self._state_path = company.folder(home) / "state.json"
        self._stamp = (0, 0)
        self._clock = 0
        self._token = ""
        self._numbers = itertools.count(1)
        self._failed: set[str] = set()
        self.refresh()
        rows = self.store.execute("select doctype, fields from doctypes")
        self._doctypes = {
            name: Doctype(
                name, {f: kind == "number" for f, kind in json.loads(fields).items()}
            )
            for name, fields in rows
        }

    @property
    def store(self) -> sqlite3.Connection:
        """This thread's connection to the documents."""
        held: sqlite3.Connection | None = getattr(self._local, "store", None)
        if held is None:
            held = sqlite3.connect(f"file:{self._path}?mode=ro", uri=True)
            held.execute("pragma mmap_size = 1073741824")
            self._local.store = held
        return held

    def refresh(self) -> None:
        """Read the clock and the credentials again where they have changed."""
        status = self._state_path.stat()
        stamp = (status.st_mtime_ns, status.st_ino)
        if stamp != self._stamp:
            state = company.load(self._home)
            self._clock = to_instant(state.clock)
            self._token = f"token {state.api_key}:{state.api_secret}"
            self._stamp = stamp

    def answer(
        self, method: str, target: str, authorization: str
    ) -> tuple[int, bytes, dict[str, str]]:
        """Return status, body and extra headers for a request."""
        parts = urlsplit(target)
        if parts.path == _PING:
            return 200, b'{"message":"pong"}', {}
        number = next(self._numbers)
        fault = self._fault(number, target)
        if fault == 502:
            return 502, _BAD_GATEWAY, {"Content-Type": "text/html"}
        if fault == 429:
            has_hint = number % (self.faults.rate_limit_every * 3) == 0
            error = ApiError(429, "RateLimitExceededError", "Too many requests")
            return 429, error.body(), {"Retry-After": "1"} if has_hint else {}
        try:
            self.refresh()
            return (
                200,
                self._resource(method, parts.path, parts.query, authorization),
                {},
            )
        except ApiError as error:
            return error.status, error.body(), {}

    def _fault(self, number: int, target: str) -> int | None:
        if target in self._failed:
            self._failed.discard(target)
            return None
        fault = self.faults.of(number)
        if fault:
            self._failed.add(target)
        return fault

    def _resource(
        self, method: str, path: str, query: str, authorization: str
    ) -> bytes:
        if authorization != self._token:
            raise ApiError(401, "AuthenticationError", "Invalid token")
        if method != "GET":
            raise ApiError(405, "PermissionError", "This HRIS can only be read")
        if not path.startswith(_API):
            raise ApiError(404, "DoesNotExistError", f"Not found: {path}")
        doctype_text, _, name = path.removeprefix(_API).partition("/")
        doctype = self._doctype(unquote(doctype_text))
        if name:
            return self._document(doctype, unquote(name))
        return self._page(doctype, dict(parse_qsl(query, keep_blank_values=True)))

    def _doctype(self, name: str) -> Doctype:
        if name in FORBIDDEN_DOCTYPES:
            raise ApiError(403, "PermissionError", f"No permission for {name}")
        if name not in self._doctypes:
            raise ApiError(404, "DoesNotExistError", f"DocType {name} not found")
        return self._doctypes[name]

    def _document(self, doctype: Doctype, name: str) -> bytes:
        row = self.store.execute(
            "select data, children from versions where doctype = ? and name = ?"
            " and valid_from <= ? and valid_to > ?",
            (doctype.name, name, self._clock, self._clock),
        ).fetchone()
        if row is None:
            raise ApiError(404, "DoesNotExistError", f"{doctype.name} {name} not found")
        data, children = row
        whole = f"{data[:-1]},{children[1:]}" if children else data
        return f'{{"data":{whole}}}'.encode()

    def _page(self, doctype: Doctype, options: dict[str, str]) -> bytes:
        where = ["doctype = ?", "valid_from <= ?", "valid_to > ?"]
        values: list[Any] = [doctype.name, self._clock, self._clock]
        for option, joint in (("filters", " and "), ("or_filters", " or ")):
            terms = [
                _condition(doctype, term)
                for term in _conditions(doctype, options.get(option))
            ]
            if terms:
                where.append("(" + joint.join(sql for sql, _ in terms) + ")")
                values += [value for _, own in terms for value in own]
        start, length = _paging(options)
        sql = (
            f"select {_selection(doctype, options.get('fields'))} from versions"
            f" where {' and '.join(where)} order by {self._order(doctype, options)}"
            f" limit ? offset ?"
        )
        rows = self.store.execute(sql, [*values, length or -1, start])
        return f'{{"data":[{",".join(row[0] for row in rows)}]}}'.encode()

    def _order(self, doctype: Doctype, options: dict[str, str]) -> str:
        """Return the order asked for; ties fall differently at every request."""
        asked = options.get("order_by") or "modified desc"
        terms = []
        for term in asked.split(","):
            fieldname, _, direction = term.strip().partition(" ")
            if direction.strip().lower() not in ("", "asc", "desc"):
                raise ApiError(417, "ValidationError", f"Illegal order by: {asked}")
            terms.append(f"{doctype.column(fieldname)} {direction.strip()}")
            if fieldname.replace("`", "").rsplit(".", 1)[-1] == "name":
                return ", ".join(terms)
        shift = next(self._numbers) * 7_919 % 104_729
        return ", ".join([*terms, f"(rowid * 31337 + {shift}) * rowid % 104729"])


def _parsed(text: str, option: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        message = f"{option} is not valid JSON: {text}"
        raise ApiError(417, "ValidationError", message) from None


def _selection(doctype: Doctype, fields: str | None) -> str:
    """Return the SQL that builds each row's JSON."""
    names = _parsed(fields, "fields") if fields else ["name"]
    if not isinstance(names, list) or not all(isinstance(n, str) for n in names):
        raise ApiError(417, "ValidationError", "fields must be a list of names")
    if "*" in names:
        return "data"
    pairs = [f"'{n}', data -> '$.{n}'" for n in names if doctype.column(n)]
    return f"json_object({', '.join(pairs)})"


def _conditions(doctype: Doctype, text: str | None) -> list[tuple[str, str, Any]]:
    """Return filters as (field, operator, value), from any form Frappe takes."""
    if not text:
        return []
    filters = _parsed(text, "filters")
    if isinstance(filters, dict):
        pairs = [
            (name, *value) if isinstance(value, list) else (name, "=", value)
            for name, value in filters.items()
        ]
    elif isinstance(filters, list):
        pairs = [
            tuple(term[1:] if len(term) == 4 and term[0] == doctype.name else term)
            if isinstance(term, list)
            else ()
            for term in filters
        ]
    else:
        pairs = [()]
    for pair in pairs:
        if len(pair) != 3 or not isinstance(pair[0], str):
            raise ApiError(417, "ValidationError", f"Invalid filter: {text}")
    return [(str(p[0]), str(p[1]).lower(), p[2]) for p in pairs]


def _condition(doctype: Doctype, term: tuple[str, str, Any]) -> tuple[str, list[Any]]:
    """Return one filter as SQL and its values; an empty field counts as ''."""
    fieldname, operator, value = term
    column = doctype.column(fieldname)
    is_indexed = column == fieldname
    empty = "0" if doctype.numbers[fieldname.rsplit(".", 1)[-1].strip("`")] else "''"
    held = column if is_indexed else f"coalesce({column}, {empty})"

    def typed(one: Any) -> Any:
        return doctype.value(fieldname, one)

    if operator in _COMPARISONS:
        return f"{held} {operator} ?", [typed(value)]
    if operator in ("like", "not like"):
        return f"{held} {operator} ?", [str(value)]
    if operator in ("in", "not in"):
        options = value if isinstance(value, list) else str(value).split(",")
        marks = ", ".join("?" for _ in options)
        return f"{held} {operator} ({marks})", [typed(option) for option in options]
    if operator == "is" and value in ("set", "not set"):
        return f"{held} {'!=' if value == 'set' else '='} {empty}", []
    if operator == "between" and isinstance(value, list) and len(value) == 2:
        return f"{held} between ? and ?", [typed(value[0]), typed(value[1])]
    message = f"Operator must be one of =, !=, like, in, is, between...: {operator}"
    raise ApiError(417, "ValidationError", message)


def _paging(options: dict[str, str]) -> tuple[int, int]:
    start = options.get("limit_start") or "0"
    length = options.get("limit_page_length") or options.get("limit")
    try:
        return int(start), int(length) if length else _DEFAULT_PAGE
    except ValueError:
        message = "limit_start and limit_page_length must be whole numbers"
        raise ApiError(417, "ValidationError", message) from None


class _Handler(socketserver.StreamRequestHandler):
    """HTTP/1.1 with keep-alive, and only as much of it as a client of an API uses."""

    server: "Server"
    disable_nagle_algorithm = True
    timeout = 120

    def handle(self) -> None:
        try:
            while self._handle_one():
                pass
        except (ConnectionError, TimeoutError):
            return

    def _handle_one(self) -> bool:
        words = self.rfile.readline(65_536).decode("latin-1").split()
        if len(words) != 3:
            return False
        method, target, _ = words
        headers = self._headers()
        self.rfile.read(int(headers.get("content-length", "0") or 0))
        try:
            status, body, extra = self.server.site.answer(
                method, target, headers.get("authorization", "")
            )
        except sqlite3.Error as error:
            failure = ApiError(500, "InternalError", str(error))
            status, body, extra = 500, failure.body(), {}
        self._send(status, body, {"Content-Type": "application/json", **extra})
        return headers.get("connection", "").lower() != "close"

    def _headers(self) -> dict[str, str]:
        headers = {}
        while (line := self.rfile.readline(65_536)) not in (b"\r\n", b"\n", b""):
            name, _, value = line.decode("latin-1").partition(":")
            headers[name.strip().lower()] = value.strip()
        return headers

    def _send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        lines = [f"HTTP/1.1 {status} {_REASONS[status]}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        lines += [f"Content-Length: {len(body)}", "", ""]
        self.request.sendall("\r\n".join(lines).encode("latin-1") + body)


class Server(socketserver.ThreadingTCPServer):
    """The stand-in HRIS on a port of loopback; port 0 takes a free one."""

    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 128

    def __init__(self, home: Path, port: int = 0, faults: Faults | None = None) -> None:
        self.site = Site(home, Faults() if faults is None else faults)
        super().__init__((HOST, port), _Handler)

    @property
    def url(self) -> str:
        """The address that the API is served under."""
        return f"http://{HOST}:{self.socket.getsockname()[1]}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Stay quiet about clients that hang up."""


def open_server(home: Path, port: int, faults: Faults | None = None) -> Server:
    """Return a server that is bound to its port, or raise `DemoError`."""
    if not company.load(home).is_complete:
        message = "The demo company was left half made. Make it again: "
        raise company.DemoError(message + "muster demo create")
    try:
        return Server(home, port, faults)
    except OSError as error:
        raise company.DemoError(
            f"Port {port} of {HOST} cannot be used ({error.strerror}). "
            "Choose another: muster demo serve --port 0"
        ) from None


def end_with(parent: int, end: Callable[[], None]) -> threading.Thread:
    """Watch the parent process and end when it is gone, however it died."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.2)
        end()

    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    return thread


def serve(home: Path, port: int, announce: Callable[[str], None]) -> None:
    """Serve until interrupted; `announce` gets the address once it answers."""
    with open_server(home, port) as server:
        announce(server.url)
        server.serve_forever(poll_interval=0.1)


def main() -> int:
    """Serve for `demo.company.running`; the first line of output is the address."""
    parser = argparse.ArgumentParser(description="The demo company's HRIS.")
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--parent", type=int, default=0)
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    if arguments.parent:
        end_with(arguments.parent, lambda: os._exit(0))

    def announce(url: str) -> None:
        sys.stdout.write(f"{url}\n")
        sys.stdout.flush()

    try:
        serve(arguments.home, arguments.port, announce)
    except company.DemoError as error:
        sys.stdout.write(f"{error}\n")
        return 1
    except KeyboardInterrupt:
        return 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
