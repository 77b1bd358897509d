"""Answers of servers, read within bounds: no server's size or manners are trusted.

A timeout of `requests` is that of a single wait: a server that sends a byte a minute
holds a run for ever, and one that sends without end fills the memory.
"""

import time
from typing import Any

from requests import PreparedRequest, Response, Session
from requests.adapters import HTTPAdapter
from requests.exceptions import (
    ChunkedEncodingError,
    ConnectionError,  # noqa: A004 - as requests calls it
    ContentDecodingError,
)
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

    def __init__(self, megabytes: float, seconds: float) -> None:
        super().__init__()
        self._megabytes = megabytes
        self._seconds = seconds

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
        raise MusterError(
            f"{host.rpartition('@')[2]} sends {what} in one answer, and was left: ask"
            f" it for less at a time, or raise {setting}."
        )
