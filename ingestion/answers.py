"""Answers of servers, read within bounds: no server's size or manners are trusted.

A timeout of `requests` is that of a single wait: a server that sends a byte a minute
holds a run for ever, and one that sends without end fills the memory.
"""

import socket
import threading
import time
from contextlib import suppress
from typing import Any
from urllib.parse import urljoin

from requests import PreparedRequest, Response, Session
from requests.adapters import HTTPAdapter
from requests.exceptions import (
    ChunkedEncodingError,
    ConnectionError,  # noqa: A004 - as requests calls it
    ContentDecodingError,
    InvalidURL,
)
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import DecodeError, HTTPError, ReadTimeoutError

from environment.errors import MusterError
from ingestion.context import dlt_setting

MEGABYTE = 1 << 20
MOST_MEGABYTES = 256
MOST_SECONDS = 900.0
PART = 1 << 16


def bounded(session: Session) -> Session:
    """Let a session read no answer that is too large, or for too long.

    Bounds are `sources.most_answer_megabytes`, unpacked, and
    `sources.most_answer_seconds`.
    """
    adapter = _Bounded(
        float(dlt_setting("sources.most_answer_megabytes", MOST_MEGABYTES)),
        float(dlt_setting("sources.most_answer_seconds", MOST_SECONDS)),
    )
    session.mount("http://", adapter)
    session.mount("https://", adapter)
    return session


class _Bounded(HTTPAdapter):
    """Reads what is answered itself, part by part."""

    # What a copy of the session has too: dlt makes some.
    __attrs__ = (*HTTPAdapter.__attrs__, "_megabytes", "_seconds")

    def __init__(self, megabytes: float, seconds: float) -> None:
        self._megabytes = megabytes
        self._seconds = seconds
        super().__init__()

    def init_poolmanager(self, *given: Any, **options: Any) -> None:
        """Make connections that wait no longer for the head of an answer."""
        super().init_poolmanager(*given, **options)
        self.poolmanager.pool_classes_by_scheme = _pools(self._seconds)

    def proxy_manager_for(self, *given: Any, **options: Any) -> Any:
        """So by a proxy."""
        manager = super().proxy_manager_for(*given, **options)
        manager.pool_classes_by_scheme = _pools(self._seconds)
        return manager

    def send(
        self,
        request: PreparedRequest,
        stream: bool = False,
        *given: Any,
        **options: Any,
    ) -> Response:
        """Send a request and read its answer.

        Raises:
            MusterError: The answer is too large, or takes too long.
            RequestException: There is none, or it breaks off.
        """
        until = time.monotonic() + self._seconds
        response = super().send(request, True, *given, **options)
        try:
            urljoin(str(request.url), response.headers.get("Location", ""))
        except ValueError as error:
            response.close()
            raise InvalidURL(error, request=request) from error
        if not stream:
            try:
                content = self._read(response, until)
            except BaseException:
                response.close()
                raise
            response._content = content
            response._content_consumed = True  # type: ignore[attr-defined]
        return response

    def _read(self, response: Response, until: float) -> bytes:
        content = bytearray()
        try:
            while part := response.raw.read1(PART, decode_content=True):
                content += part
                if len(content) > self._megabytes * MEGABYTE:
                    self._refuse(
                        response,
                        f"more than {self._megabytes:g} MB",
                        "sources.most_answer_megabytes",
                    )
                if time.monotonic() > until:
                    self._refuse(
                        response,
                        f"for more than {self._seconds:g} s",
                        "sources.most_answer_seconds",
                    )
        except ReadTimeoutError as error:
            raise ConnectionError(error, request=response.request) from error
        except DecodeError as error:
            raise ContentDecodingError(error, request=response.request) from error
        except HTTPError as error:
            raise ChunkedEncodingError(error, request=response.request) from error
        response.raw.release_conn()
        return bytes(content)

    def _refuse(self, response: Response, what: str, setting: str) -> None:
        host = str(response.url).partition("://")[2].partition("/")[0]
        raise _refused(host.rpartition("@")[2], what, setting)


def _refused(host: str, what: str, setting: str) -> MusterError:
    return MusterError(
        f"{host} sends {what} in one answer, and was left: ask it for less at a time,"
        f" or raise {setting}."
    )


class _Watched:
    """A connection that is closed when the head of an answer takes too long.

    Its lines are waited for each by itself, and so is one after the other that says
    that the answer is yet to come.
    """

    seconds = MOST_SECONDS
    sock: socket.socket
    host: str
    port: int

    def getresponse(self) -> Any:
        """The head of the answer.

        Raises:
            MusterError: It takes too long.
        """
        late, connected = threading.Event(), self.sock

        def leave() -> None:
            late.set()
            with suppress(OSError):
                connected.shutdown(socket.SHUT_RDWR)

        watch = threading.Timer(self.seconds, leave)
        watch.daemon = True
        watch.start()
        try:
            answer = super().getresponse()  # type: ignore[misc]
        except Exception:
            if not late.is_set():
                raise
        finally:
            watch.cancel()
        if late.is_set():
            raise _refused(
                f"{self.host}:{self.port}",
                f"for more than {self.seconds:g} s",
                "sources.most_answer_seconds",
            ) from None
        return answer


def _pools(seconds: float) -> dict[str, type[HTTPConnectionPool]]:
    """Pools of watched connections, by scheme."""

    class Plain(_Watched, HTTPConnection):
        pass

    class Secure(_Watched, HTTPSConnection):
        pass

    class Plains(HTTPConnectionPool):
        ConnectionCls = Plain

    class Secures(HTTPSConnectionPool):
        ConnectionCls = Secure

    Plain.seconds = Secure.seconds = seconds
    return {"http": Plains, "https": Secures}
