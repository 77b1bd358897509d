"""Servers that misbehave: each is left within bounds, in one line that names it."""

import gzip
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from requests import Session
from requests.exceptions import RequestException

from environment.errors import MusterError
from ingestion.answers import bounded

Handler = BaseHTTPRequestHandler
ZEROS = b"0" * (1 << 16)


def part(handler: Handler, content: bytes) -> None:
    """Send a part of an answer of unknown length."""
    handler.wfile.write(b"%x\r\n%b\r\n" % (len(content), content))


def begin(handler: Handler, **headers: str) -> None:
    handler.send_response(200)
    for name, value in headers.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()


def endless(handler: Handler) -> None:
    begin(handler, Transfer_Encoding="chunked")
    while True:
        part(handler, ZEROS)


def dripping(handler: Handler) -> None:
    begin(handler, Content_Length="100000")
    while True:
        handler.wfile.write(b"0")
        time.sleep(0.05)


def dripping_in_parts(handler: Handler) -> None:
    begin(handler, Transfer_Encoding="chunked")
    while True:
        part(handler, b"0")
        time.sleep(0.05)


def packed(handler: Handler) -> None:
    content = gzip.compress(ZEROS * 100)
    begin(handler, Content_Encoding="gzip", Content_Length=str(len(content)))
    handler.wfile.write(content)


def broken_off(handler: Handler) -> None:
    begin(handler, Content_Length="100")
    handler.wfile.write(b"0" * 50)


def damaged(handler: Handler) -> None:
    begin(handler, Content_Encoding="gzip", Content_Length="10")
    handler.wfile.write(b"0" * 10)


def silent(handler: Handler) -> None:
    begin(handler, Content_Length="10")
    time.sleep(3)


def good(handler: Handler) -> None:
    if handler.path == "/good":
        handler.send_response(302)
        handler.send_header("Location", "/there")
        handler.send_header("Content-Length", "0")
        handler.end_headers()
        return
    content = gzip.compress(ZEROS)
    begin(handler, Content_Encoding="gzip", Content_Length=str(len(content)))
    handler.wfile.write(content)


ANSWERS: dict[str, Callable[[Handler], None]] = {
    each.__name__: each
    for each in (
        *(endless, dripping, dripping_in_parts, packed),
        *(broken_off, damaged, silent, good),
    )
}


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """The address of a server that answers as the path says."""

    class Answering(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            try:
                ANSWERS.get(self.path.strip("/"), good)(self)
            except OSError:
                self.close_connection = True
            if self.path == "/broken_off":
                self.close_connection = True

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    serving = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
    serving.daemon_threads = True
    threading.Thread(target=serving.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{serving.server_port}"
    serving.shutdown()


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch) -> Session:
    """A session that takes a megabyte in a second."""
    monkeypatch.setenv("SOURCES__MOST_ANSWER_MEGABYTES", "1")
    monkeypatch.setenv("SOURCES__MOST_ANSWER_SECONDS", "1")
    return bounded(Session())


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("endless", "more than 1 MB in one answer"),
        ("packed", "more than 1 MB in one answer"),
        ("dripping", "for more than 1 s in one answer"),
        ("dripping_in_parts", "for more than 1 s in one answer"),
    ],
)
def test_what_is_too_much_is_left_in_one_line(
    server: str, session: Session, name: str, what: str
) -> None:
    started = time.monotonic()
    with pytest.raises(MusterError, match=what) as caught:
        session.get(f"{server}/{name}", timeout=5)
    assert str(caught.value).startswith("127.0.0.1:")
    assert time.monotonic() - started < 5


@pytest.mark.parametrize("name", ["broken_off", "damaged", "silent"])
def test_what_breaks_off_is_an_error_of_the_network(
    server: str, session: Session, name: str
) -> None:
    with pytest.raises(RequestException):
        session.get(f"{server}/{name}", timeout=0.5)


def test_what_is_good_is_read_also_after_what_is_not(
    server: str, session: Session
) -> None:
    for _ in range(2):
        answer = session.get(f"{server}/good", timeout=5)
        assert answer.content == ZEROS
        with pytest.raises(MusterError):
            session.get(f"{server}/endless", timeout=5)
