"""Servers that misbehave: each is left within bounds, in one line that names it."""

import gzip
import socket
import struct
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from landing_kit import Warehouse
from requests import Session
from requests.exceptions import RequestException
from trial_kit import at_night, trials

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


def endless_without_length(handler: Handler) -> None:
    begin(handler, Connection="close")
    while True:
        handler.wfile.write(ZEROS)


def dripping_head(handler: Handler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Long: ")
    dripped(handler, b"0")


def dripping_status(handler: Handler) -> None:
    dripped(handler, b"H")


def ever_to_come(handler: Handler) -> None:
    dripped(handler, b"HTTP/1.1 100 Continue\r\n\r\n")


def dripped(handler: Handler, content: bytes) -> None:
    while True:
        handler.wfile.write(content)
        handler.wfile.flush()
        time.sleep(0.05)


def packed_otherwise(handler: Handler) -> None:
    content = zlib.compress(ZEROS * 100)
    begin(handler, Content_Encoding="deflate", Content_Length=str(len(content)))
    handler.wfile.write(content)


def packed_in_parts(handler: Handler) -> None:
    begin(handler, Content_Encoding="gzip", Transfer_Encoding="chunked")
    packer = zlib.compressobj(wbits=31)
    while True:
        part(handler, packer.compress(ZEROS) + packer.flush(zlib.Z_SYNC_FLUSH))


def many_headers(handler: Handler) -> None:
    handler.send_response(200)
    for number in range(1000):
        handler.send_header(f"X-{number}", "0")
    handler.end_headers()


def long_header(handler: Handler) -> None:
    begin(handler, X_Long="0" * 100_000)


def no_http(handler: Handler) -> None:
    handler.wfile.write(b"220 mail.example ESMTP\r\n" * 10)


def no_part(handler: Handler) -> None:
    begin(handler, Transfer_Encoding="chunked")
    handler.wfile.write(b"many\r\n0\r\n")


def negative_length(handler: Handler) -> None:
    begin(handler, Transfer_Encoding="chunked")
    handler.wfile.write(b"-5\r\n00000\r\n")


def reset(handler: Handler) -> None:
    handler.connection.setsockopt(
        socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
    )
    handler.connection.close()
    raise OSError


def hung_up(handler: Handler) -> None:
    raise OSError


def redirected(handler: Handler, to: str) -> None:
    handler.send_response(302)
    handler.send_header("Location", to)
    handler.send_header("Content-Length", "0")
    handler.end_headers()


def round_and_round(handler: Handler) -> None:
    redirected(handler, handler.path)


def ever_on(handler: Handler) -> None:
    redirected(handler, f"/ever_on?{time.monotonic_ns()}")


def to_a_file(handler: Handler) -> None:
    redirected(handler, "file:///etc/passwd")


def to_nowhere(handler: Handler) -> None:
    redirected(handler, "http://[")


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


TOO_MUCH: dict[Callable[[Handler], None], str] = {
    **dict.fromkeys(
        (endless, endless_without_length, packed, packed_otherwise, packed_in_parts),
        "more than 1 MB in one answer",
    ),
    **dict.fromkeys(
        (dripping, dripping_in_parts, dripping_head, dripping_status, ever_to_come),
        "for more than 0.5 s in one answer",
    ),
}
BROKEN = (
    *(broken_off, damaged, silent, many_headers, long_header, no_http, no_part),
    *(negative_length, reset, hung_up, round_and_round, ever_on, to_a_file, to_nowhere),
)
"""What servers do; by day some of it is tried."""

ANSWERS: dict[str, Callable[[Handler], None]] = {
    each.__name__: each for each in (*TOO_MUCH, *BROKEN, good)
}


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """The address of a server that answers as the path says."""

    class Answering(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            try:
                ANSWERS.get(self.path.partition("?")[0].strip("/"), good)(self)
            except OSError:
                self.close_connection = True
            if not self.path.startswith(("/good", "/there")):
                self.close_connection = True

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    serving = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
    serving.daemon_threads = True
    threading.Thread(target=serving.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{serving.server_port}"
    serving.shutdown()


def bind(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let an answer have a megabyte and half a second."""
    monkeypatch.setenv("SOURCES__MOST_ANSWER_MEGABYTES", "1")
    monkeypatch.setenv("SOURCES__MOST_ANSWER_SECONDS", "0.5")


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch) -> Session:
    """A session within these bounds."""
    bind(monkeypatch)
    return bounded(Session())


def name(server: str) -> str:
    return server.partition("://")[2]


@pytest.mark.parametrize("does", trials([*TOO_MUCH][::2], nightly=[*TOO_MUCH]))
def test_what_is_too_much_is_left_in_one_line(
    server: str, session: Session, does: Callable[[Handler], None]
) -> None:
    started = time.monotonic()
    with pytest.raises(MusterError, match=TOO_MUCH[does]) as caught:
        session.get(f"{server}/{does.__name__}", timeout=5)
    assert str(caught.value).startswith(f"{name(server)} sends")
    assert "\n" not in str(caught.value)
    assert time.monotonic() - started < 5


@pytest.mark.parametrize("does", trials(BROKEN[::3], nightly=BROKEN))
def test_what_breaks_off_is_an_error_of_the_network(
    server: str, session: Session, does: Callable[[Handler], None]
) -> None:
    with pytest.raises(RequestException):
        session.get(f"{server}/{does.__name__}", timeout=0.4)


def test_a_server_that_speaks_no_tls_is_an_error_of_the_network(
    server: str, session: Session
) -> None:
    with pytest.raises(RequestException):
        session.get(f"https://{name(server)}/good", timeout=0.4)


@at_night
@pytest.mark.parametrize("does", [*TOO_MUCH, *BROKEN])
def test_no_server_holds_a_run_or_its_locks(
    server: str,
    warehouse: Warehouse,
    monkeypatch: pytest.MonkeyPatch,
    does: Callable[[Handler], None],
) -> None:
    bind(monkeypatch)
    monkeypatch.setattr("ingestion.fx.helpers.DOWNLOAD_SECONDS", 0.4)
    for name in ("max_attempts", "backoff_factor", "max_retry_delay"):
        monkeypatch.setenv(f"RUNTIME__REQUEST_{name.upper()}", "1")
    monkeypatch.setenv("SOURCES__FX__URL", f"{server}/{does.__name__}")
    started = time.monotonic()
    failed = warehouse.ingest("fx").failed["fx"]
    assert time.monotonic() - started < 30
    assert "\n" not in failed
    assert "Traceback" not in failed
    assert "sources.fx.url" in failed or " sends " in failed
    monkeypatch.delenv("SOURCES__FX__URL")
    warehouse.drop("fx", "eurofxref-hist.csv", "Date,USD,\n2024-01-02,1.0956,\n")
    assert warehouse.ingest("fx").total().loaded == 1


def test_what_is_good_is_read_also_after_what_is_not(
    server: str, session: Session
) -> None:
    for _ in range(2):
        answer = session.get(f"{server}/good", timeout=5)
        assert answer.content == ZEROS
        with pytest.raises(MusterError):
            session.get(f"{server}/endless", timeout=5)
