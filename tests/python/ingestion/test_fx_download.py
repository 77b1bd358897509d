"""The rates file, fetched."""

import io
import threading
import zipfile
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from landing_kit import Warehouse

RATES = b"Date,USD,GBP,\n2024-01-02,1.0956,0.86645,\n"


class Publisher(HTTPServer):
    """A publisher of rates on loopback."""

    content = RATES

    @property
    def url(self) -> str:
        """Where the file is."""
        return f"http://127.0.0.1:{self.server_port}/eurofxref-hist"


class Handler(BaseHTTPRequestHandler):
    """Answers with what the publisher has."""

    server: Publisher

    def do_GET(self) -> None:
        """Send the file."""
        self.send_response(200 if self.server.content else 404)
        self.end_headers()
        self.wfile.write(self.server.content)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def publisher() -> Iterator[Publisher]:
    server = Publisher(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def test_rates_are_fetched_and_unchanged_ones_left_alone(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch, publisher: Publisher
) -> None:
    monkeypatch.setenv("SOURCES__FX__URL", publisher.url)
    assert warehouse.ingest("fx").total().loaded == 2
    assert warehouse.ingest("fx").total().delivered == 0
    zipped = io.BytesIO()
    with zipfile.ZipFile(zipped, "w") as archive:
        archive.writestr("eurofxref-hist.csv", RATES + b"2024-01-01,1,2,\n")
    publisher.content = zipped.getvalue()
    total = warehouse.ingest("fx").total()
    assert (total.loaded, total.already_known) == (2, 2)


def test_a_download_that_fails_is_told(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch, publisher: Publisher
) -> None:
    monkeypatch.setenv("SOURCES__FX__URL", publisher.url)
    publisher.content = b""
    failed = warehouse.ingest("fx").failed["fx"]
    assert failed == "fx: cannot fetch sources.fx.url (HTTPError); try again"
    publisher.content = b"PK\x03\x04 broken"
    assert "damaged zip" in warehouse.ingest("fx").failed["fx"]
