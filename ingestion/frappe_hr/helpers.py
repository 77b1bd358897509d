"""Reads documents from a Frappe site: pages by key, retries, and plain errors."""

import json
import threading
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any, cast
from urllib.parse import quote, urlsplit

import pyarrow as pa
from dlt.common.configuration.specs import RuntimeConfiguration
from dlt.sources.helpers.requests import Client
from dlt.sources.helpers.rest_client.auth import APIKeyAuth
from dlt.sources.helpers.rest_client.client import RESTClient
from requests import RequestException, Response

from ingestion.errors import IngestionError

Document = dict[str, Any]
"""One document as delivered; numbers with a fraction as their exact text."""

Filter = list[Any]
"""One condition of a list query: field, operator, value."""


class FrappeSite:
    """One Frappe site, read through its REST API, version 1.

    Args:
        base_url: `https://<site>`, with or without `/api/resource`.
        api_key: The key of the API user.
        api_secret: Its secret; never shown in any message.
        page_size: Documents asked for in one list request.
        workers: Single documents fetched at the same time.
        attempts: How often a request is tried before giving up.
        backoff_seconds: First pause between attempts; each next one is doubled.
        longest_pause_seconds: Longest pause, also where the site asks for more.
        timeout_seconds: Longest wait for an answer.
    """

    def __init__(
        self,
        base_url: str,
        api_key: str,
        api_secret: str,
        *,
        page_size: int = 1000,
        workers: int = 4,
        attempts: int = 10,
        backoff_seconds: float = 0.1,
        longest_pause_seconds: float = 60,
        timeout_seconds: float = 120,
    ) -> None:
        self.page_size = page_size
        self.attempts = attempts
        self.workers = workers
        self.host = urlsplit(base_url).netloc.rpartition("@")[2] or base_url
        self._resources_url = _resources_url(base_url)
        self._auth = APIKeyAuth("Authorization", f"token {api_key}:{api_secret}")
        self._retrying = Client(
            raise_for_status=False,
            request_timeout=timeout_seconds,
            max_connections=workers + 1,
            request_max_attempts=attempts,
            request_backoff_factor=backoff_seconds,
            request_max_retry_delay=longest_pause_seconds,
            retry_condition=_is_no_answer_of_frappe,
        )
        self._configuration = RuntimeConfiguration()
        self._local = threading.local()
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="frappe_hr")

    def pages(
        self, doctype: str, since: str | None = None, where: Sequence[Filter] = ()
    ) -> Iterator[list[Document]]:
        """Read all documents of a doctype by key, oldest change first.

        Offsets would repeat and skip documents that change meanwhile. The key is
        (`modified`, `name`): each request starts at the last page's greatest
        `modified` and what was seen is dropped. Where one instant fills a page
        (a bulk import), its rest is read by name. Reading goes on until nothing
        new comes, so a site that caps its pages loses nothing.

        Args:
            doctype: Name of the doctype.
            since: Least `modified` to read, site-local; None reads everything.
            where: Further conditions.

        Yields:
            Non-empty lists of documents without child tables. A document that
            changes during the reading comes again, as its newer version.
        """
        start: list[Filter] = [["modified", ">=", since]] if since else []
        seen: set[tuple[str | None, str]] = set()
        while True:
            rows = self._list(doctype, [*where, *start], "modified asc, name asc")
            fresh = [row for row in rows if _key(row) not in seen]
            if not fresh:
                return
            yield fresh
            dated = [row for row in rows if row["modified"]]
            if not dated:
                raise self._undated(doctype)
            last = dated[-1]["modified"]
            if dated[0]["modified"] == last:
                yield from self._rest_of_instant(doctype, last, rows[-1]["name"], where)
                start, seen = [["modified", ">", last]], set()
            else:
                start = [["modified", ">=", last]]
                seen = {_key(row) for row in rows if row["modified"] == last}

    def document(self, doctype: str, name: str) -> Document | None:
        """Read one document with its child tables.

        The site leaves null fields out of this answer.

        Args:
            doctype: Name of the doctype.
            name: Name of the document.

        Returns:
            The document, or None when it is gone.
        """
        response = self._get(doctype, quote(doctype) + "/" + quote(name, safe=""))
        if response.status_code == 404 and not _is_html(response):
            return None
        data = self._data(response, doctype)
        if not _has_key(data):
            raise self._unreadable(doctype)
        return cast(Document, data)

    def documents(
        self, doctype: str, names: Iterable[str]
    ) -> Iterator[Document | None]:
        """Read several documents at the same time, in the order of their names."""
        yield from self._pool.map(lambda name: self.document(doctype, name), names)

    def _rest_of_instant(
        self, doctype: str, modified: str, name: str, where: Sequence[Filter]
    ) -> Iterator[list[Document]]:
        while True:
            start: list[Filter] = [["modified", "=", modified], ["name", ">", name]]
            rows = self._list(doctype, [*where, *start], "name asc")
            if not rows:
                return
            yield rows
            name = rows[-1]["name"]

    def _list(
        self, doctype: str, filters: list[Filter], order_by: str
    ) -> list[Document]:
        params = {
            "fields": '["*"]',
            "filters": json.dumps(filters),
            "order_by": order_by,
            "limit_page_length": str(self.page_size),
        }
        rows = self._data(self._get(doctype, quote(doctype), params), doctype)
        if not isinstance(rows, list) or not all(_has_key(row) for row in rows):
            raise self._unreadable(doctype)
        return rows

    def _get(
        self, doctype: str, path: str, params: dict[str, Any] | None = None
    ) -> Response:
        try:
            return self._client().get(path, params)
        except RequestException as error:
            raise IngestionError(
                f"frappe_hr: {self.host} cannot be reached ({type(error).__name__}, "
                f"{doctype}{self._tries}): check sources.frappe_hr.base_url and the "
                "network."
            ) from None

    def _client(self) -> RESTClient:
        """Give each thread its own connection: a requests session is not shared."""
        client: RESTClient | None = getattr(self._local, "client", None)
        if client is None:
            client = self._local.client = RESTClient(
                self._resources_url,
                auth=self._auth,
                session=self._retrying.session,
                config=self._configuration,
            )
        return client

    def _data(self, response: Response, doctype: str) -> Any:
        if response.status_code >= 400:
            raise IngestionError(self._refusal(response, doctype))
        try:
            return json.loads(response.text, parse_float=str)["data"]
        except (ValueError, KeyError, TypeError):
            raise self._unreadable(doctype) from None

    def _unreadable(self, doctype: str) -> IngestionError:
        return IngestionError(
            f"frappe_hr: {self.host} answered with something other than Frappe's JSON "
            f"({doctype}): a proxy or a login page may stand before it; check "
            "sources.frappe_hr.base_url."
        )

    def _undated(self, doctype: str) -> IngestionError:
        return IngestionError(
            f"frappe_hr: {self.host} holds {doctype} documents without `modified`: "
            "save them again in Frappe, they cannot be read in order."
        )

    def _refusal(self, response: Response, doctype: str) -> str:
        status = response.status_code
        match status:
            case 401:
                what = f"does not accept the API key (401, {doctype})"
                remedy = (
                    "check sources.frappe_hr.api_key and sources.frappe_hr.api_secret"
                )
            case 403:
                what = f"does not let the API user read {doctype} (403)"
                remedy = (
                    "give its role read permission, or leave the doctype out of "
                    "sources.frappe_hr.doctypes"
                )
            case 404:
                what = f"has no doctype {doctype} (404)"
                remedy = (
                    "install Frappe HR there, check sources.frappe_hr.base_url, or "
                    "leave the doctype out of sources.frappe_hr.doctypes"
                )
            case 417:
                what = f"refuses the query for {doctype} (417{_kind_of(response)})"
                remedy = "see ingestion/frappe_hr/README.md, Versions"
            case 429:
                what = f"still asks to slow down (429, {doctype}{self._tries})"
                remedy = "run again later, or lower sources.frappe_hr.workers"
            case _:
                kind = f"{status}{_kind_of(response)}"
                what = f"fails to deliver {doctype} ({kind}{self._tries})"
                remedy = "run again later, nothing is lost"
        return f"frappe_hr: {self.host} {what}: {remedy}."

    @property
    def _tries(self) -> str:
        return f", {self.attempts} attempts"


def start_of_reading(cursor: str | None, lag_seconds: float) -> str | None:
    """Step back from the cursor, for changes committed late.

    Args:
        cursor: Greatest `modified` read so far, site-local; None at the first run.
        lag_seconds: How far to step back.

    Returns:
        The least `modified` to read, with microseconds, as Frappe writes it.
    """
    if cursor is None:
        return None
    start = datetime.fromisoformat(cursor) - timedelta(seconds=lag_seconds)
    return start.isoformat(" ", "microseconds")


def later(cursor: str | None, modified: str | None) -> str | None:
    """The later of two instants; one that cannot be read does not count."""
    try:
        instant = datetime.fromisoformat(modified or "")
    except ValueError:
        return cursor
    if cursor is not None and datetime.fromisoformat(cursor) >= instant:
        return cursor
    return modified


def text_table(rows: Sequence[Document], fields: Sequence[str]) -> pa.Table:
    """Rows as an Arrow table of text; what is nested becomes JSON text."""
    return pa.table(
        {
            field: pa.array(
                [
                    value if isinstance(value := row.get(field), str) else _text(value)
                    for row in rows
                ],
                pa.string(),
            )
            for field in fields
        }
    )


def _text(value: Any) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, int):
        return str(int(value))
    return json.dumps(value, ensure_ascii=False)


def _key(row: Document) -> tuple[str | None, str]:
    return row["modified"], row["name"]


def _has_key(row: Any) -> bool:
    return (
        isinstance(row, dict)
        and isinstance(row.get("name"), str)
        and isinstance(row.get("modified"), str | None)
    )


def _resources_url(base_url: str) -> str:
    base_url = base_url.rstrip("/")
    suffix = "/api/resource"
    return base_url if base_url.endswith(suffix) else base_url + suffix


def _is_html(response: Response) -> bool:
    return "html" in response.headers.get("Content-Type", "").lower()


def _is_no_answer_of_frappe(
    response: Response | None, _error: BaseException | None
) -> bool:
    """A proxy that restarts its site may answer 200 with a page of its own."""
    return response is not None and response.status_code == 200 and _is_html(response)


def _kind_of(response: Response) -> str:
    """Take Frappe's exception type, when the body is its JSON; never the body."""
    try:
        kind = json.loads(response.text).get("exc_type")
    except (ValueError, AttributeError):
        return ""
    return f", {kind}" if isinstance(kind, str) and kind.isidentifier() else ""
