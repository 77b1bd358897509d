"""Reads documents from a Frappe site: pages by key, retries, and plain errors."""

import json
import math
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from itertools import chain, count
from typing import Any, cast
from urllib.parse import quote, urlsplit

import pyarrow as pa
from dlt.sources.helpers.rest_client.auth import APIKeyAuth
from requests import RequestException, Response, Session

from environment.errors import MusterError
from ingestion.answers import bounded
from ingestion.columns import Column
from ingestion.extraction import LANDED_SECONDS
from ingestion.frappe_hr.settings import (
    LISTED_PAGES,
    LONGEST_PAUSE_SECONDS,
    NAMES_AT_ONCE,
    NAMES_BYTES,
    PAGE_SIZE,
    WORKERS,
)

Document = dict[str, Any]
"""One document as delivered; numbers with a fraction as their exact text."""

Filter = list[Any]
"""One condition of a list query: field, operator, value."""

LONGEST_BACKOFF_SECONDS = 60.0
"""Longest pause of our own, where the site does not say how long."""

POLL_SECONDS = 1.0
"""How often it is looked whether those who fetch pause."""

TOLD_SECONDS = 5.0
"""From how long on a pause is told."""

_PASSING = (429, 500, 502, 503, 504)
"""What a site answers that may answer otherwise in a while."""

_BARE = json.dumps(["name", "modified", "creation"])
_WHOLE = json.dumps(["*"])


class RefusedError(MusterError):
    """The site refuses a single document; others it may deliver."""


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
        longest_pause_seconds: Longest pause that is made where the site asks for one.
        timeout_seconds: Longest wait for an answer.
        tell: Gets a line about each long pause.

    Attributes:
        now: The site's clock at its last answer; None where it does not say.
        before_pause: Is called before a pause of more than a minute, and may be called
            again during it; in the thread that reads.
    """

    def __init__(
        self,
        base_url: str,
        api_key: str,
        api_secret: str,
        *,
        page_size: int = PAGE_SIZE,
        workers: int = WORKERS,
        attempts: int = 10,
        backoff_seconds: float = 0.1,
        longest_pause_seconds: float = LONGEST_PAUSE_SECONDS,
        timeout_seconds: float = 120,
        tell: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.page_size = page_size
        self.attempts = attempts
        self.host = urlsplit(base_url).netloc.rpartition("@")[2] or base_url
        self.now: datetime | None = None
        self.before_pause: Callable[[], None] = lambda: None
        self._resources_url = _resources_url(base_url)
        self._auth = APIKeyAuth("Authorization", f"token {api_key}:{api_secret}")
        self._backoff_seconds = backoff_seconds
        self._longest_pause_seconds = longest_pause_seconds
        self._timeout_seconds = timeout_seconds
        self._tell = tell
        self._paused_until = 0.0
        self._reader = threading.get_ident()
        self._is_closed = threading.Event()
        self._local = threading.local()
        self._lock = threading.Lock()
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="frappe_hr")

    def close(self) -> None:
        """End what is being fetched, also where it pauses."""
        self._is_closed.set()
        self._pool.shutdown(wait=False, cancel_futures=True)

    def listing(
        self, doctype: str, where: Sequence[Filter] = ()
    ) -> Iterator[list[Document]]:
        """Name, `modified` and `creation` of all documents of a doctype, by name.

        The name is a document's key, whatever clocks say: what changes meanwhile
        comes once, and what is imported in one instant needs no care. Reading goes on
        until nothing comes, so a site that caps its pages loses nothing.

        Yields:
            Non-empty lists of documents, as the site orders their names.
        """
        return self._by_name(doctype, _BARE, self.page_size * LISTED_PAGES, where)

    def following(
        self, doctype: str, after: str, number: int, where: Sequence[Filter] = ()
    ) -> Iterator[list[Document]]:
        """The documents whose names follow one, without child tables.

        Args:
            doctype: Name of the doctype.
            after: The name; empty for those from the first on.
            number: How many.
            where: Conditions.
        """
        return self._by_name(
            doctype, _WHOLE, self.page_size, where, after=after, number=number
        )

    def named(self, doctype: str, names: Sequence[str]) -> Iterator[list[Document]]:
        """The documents of these names that are there, without child tables."""
        for portion in _portions(names):
            number = len(portion)
            where: list[Filter] = [["name", "in", portion]]
            yield from self._by_name(doctype, _WHOLE, number, where, number=number)

    def _by_name(
        self,
        doctype: str,
        fields: str,
        size: int,
        where: Sequence[Filter],
        *,
        after: str = "",
        number: float = math.inf,
    ) -> Iterator[list[Document]]:
        while number > 0:
            start: list[Filter] = [["name", ">", after]] if after else []
            params = {
                "fields": fields,
                "filters": json.dumps([*where, *start]),
                "order_by": "name asc",
                "limit_page_length": str(size),
            }
            rows = self._data(self._get(doctype, quote(doctype), params), doctype)
            if not isinstance(rows, list) or not all(_has_key(row) for row in rows):
                raise self._unreadable(doctype)
            if not rows:
                return
            if rows[-1]["name"] == after:
                raise self._unreadable(doctype)
            yield rows
            after = rows[-1]["name"]
            number -= len(rows)

    def document(self, doctype: str, name: str) -> Document | None:
        """Read one document with its child tables.

        The site leaves null fields out of this answer.

        Returns:
            The document, or None when it is gone.
        """
        response = self._get(doctype, quote(doctype) + "/" + quote(name, safe=""))
        if response.status_code == 404 and not _is_html(response):
            return None
        if response.status_code in (403, 404, 417, 500):
            raise RefusedError(self._refusal(response, doctype))
        data = self._data(response, doctype)
        if not _has_key(data):
            raise self._unreadable(doctype)
        return cast(Document, data)

    def documents(
        self, doctype: str, names: Iterable[str]
    ) -> Iterator[Document | RefusedError | None]:
        """Read several documents at the same time, in the order of their names."""
        futures = [self._pool.submit(self._tried, doctype, name) for name in names]
        try:
            for future in futures:
                while not wait([future], POLL_SECONDS).done:
                    self._announce()
                yield future.result()
        finally:
            for future in futures:
                future.cancel()

    def _tried(self, doctype: str, name: str) -> Document | RefusedError | None:
        try:
            return self.document(doctype, name)
        except RefusedError as error:
            return error

    def _get(
        self, doctype: str, path: str, params: dict[str, Any] | None = None
    ) -> Response:
        """Ask, and ask again after a pause where that may help.

        A site that says how long to wait is obeyed, by all threads.

        Raises:
            MusterError: It cannot be reached, or asks for too long a pause.
        """
        pause = self._backoff_seconds
        for attempt in count(1):
            self._sleep(self._paused_until - time.monotonic())
            try:
                response = self._session().get(
                    f"{self._resources_url}/{path}",
                    params=params,
                    timeout=self._timeout_seconds,
                )
            except RequestException as error:
                if attempt >= self.attempts:
                    raise MusterError(
                        f"frappe_hr: {self.host} cannot be reached "
                        f"({type(error).__name__}, {doctype}{self._tries}): check "
                        "sources.frappe_hr.base_url and the network."
                    ) from None
            else:
                self.now = _instant(response.headers.get("Date")) or self.now
                is_passing = response.status_code in _PASSING or (
                    # A proxy that restarts its site may answer with a page of its own.
                    response.status_code == 200 and _is_html(response)
                )
                if not is_passing:
                    return response
                asked = self._asked_pause(response)
                if asked is not None and asked > self._longest_pause_seconds:
                    raise MusterError(
                        f"frappe_hr: {self.host} asks to wait {asked:,.0f} s"
                        f" ({response.status_code}, {doctype}), longer than"
                        " sources.frappe_hr.longest_pause_seconds"
                        f" ({self._longest_pause_seconds:,.0f}): raise that, or run"
                        " again then."
                    )
                if attempt >= self.attempts:
                    return response
                if asked is not None and asked >= pause:
                    self._pause(asked, doctype)
                    continue
            self._sleep(min(pause, LONGEST_BACKOFF_SECONDS))
            pause *= 2
        raise AssertionError

    def _asked_pause(self, response: Response) -> float | None:
        """The seconds that the site asks to wait: a number, or until an instant."""
        asked = response.headers.get("Retry-After", "").strip()
        if asked.isdecimal():
            return float(asked)
        until = _instant(asked)
        if until is None:
            return None
        return max(0.0, (until - (self.now or datetime.now(UTC))).total_seconds())

    def _pause(self, seconds: float, doctype: str) -> None:
        with self._lock:
            until = time.monotonic() + seconds
            if seconds >= TOLD_SECONDS and until > self._paused_until + 1:
                self._tell(
                    f"frappe_hr: {self.host} asks to slow down ({doctype}): waiting"
                    f" {seconds:,.0f} s"
                )
            self._paused_until = max(self._paused_until, until)
        if threading.get_ident() == self._reader:
            self._announce()

    def _announce(self) -> None:
        if self._paused_until - time.monotonic() > LANDED_SECONDS:
            self.before_pause()

    def _sleep(self, seconds: float) -> None:
        if self._is_closed.wait(max(0.0, seconds)):
            raise MusterError("frappe_hr: the reading was ended")

    def _session(self) -> Session:
        """Give each thread its own connection: a requests session is not shared."""
        session: Session | None = getattr(self._local, "session", None)
        if session is None:
            session = self._local.session = bounded(Session())
            session.auth = self._auth
        return session

    def _data(self, response: Response, doctype: str) -> Any:
        if response.status_code >= 400:
            raise MusterError(self._refusal(response, doctype))
        try:
            return json.loads(response.text, parse_float=str)["data"]
        except (ValueError, KeyError, TypeError, RecursionError):
            raise self._unreadable(doctype) from None

    def _unreadable(self, doctype: str) -> MusterError:
        return MusterError(
            f"frappe_hr: {self.host} answered with something other than Frappe's JSON "
            f"({doctype}): a proxy or a login page may stand before it; check "
            "sources.frappe_hr.base_url."
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
                remedy = (
                    "run again later, lower sources.frappe_hr.workers or raise "
                    "sources.frappe_hr.attempts"
                )
            case _:
                kind = f"{status}{_kind_of(response)}"
                what = f"fails to deliver {doctype} ({kind}{self._tries})"
                remedy = "run again later, nothing is lost"
        return f"frappe_hr: {self.host} {what}: {remedy}."

    @property
    def _tries(self) -> str:
        return f", {self.attempts} attempts"


def text_table(rows: Sequence[Document], columns: Sequence[Column]) -> pa.Table:
    """Rows as an Arrow table of text, of what is declared.

    What is nested becomes JSON text. `0000-00-00` is how MariaDB writes no date, and a
    date may be written with midnight behind it.

    Args:
        rows: The documents, or child rows.
        columns: The declared columns; fields that no row has are left out, unless there
            are no rows.
    """
    present = set(chain(*rows))
    return pa.table(
        {
            column.field: pa.array(
                [_text(row.get(column.field), column.type) for row in rows],
                pa.string(),
            )
            for column in columns
            if column.field in present or not rows
        }
    )


def _text(value: Any, kind: str) -> str | None:
    if value is None:
        return None
    if isinstance(value, str):
        if kind in ("date", "timestamp"):
            if value.startswith("0000-00-00"):
                return None
            if kind == "date" and value[10:] in _MIDNIGHT:
                return value[:10]
        return value
    if isinstance(value, int):
        return str(int(value))
    return json.dumps(value, ensure_ascii=False)


_MIDNIGHT = tuple(
    f"{between}00:00:00{fraction}"
    for between in " T"
    for fraction in ("", ".0", ".000", ".000000")
)


def _portions(names: Sequence[str]) -> Iterator[list[str]]:
    """Names that together fit into a URL."""
    portion: list[str] = []
    room = 0
    for name in names:
        needed = len(quote(json.dumps(name), safe="")) + 3
        if portion and (room + needed > NAMES_BYTES or len(portion) == NAMES_AT_ONCE):
            yield portion
            portion, room = [], 0
        portion.append(name)
        room += needed
    if portion:
        yield portion


def _instant(text: str | None) -> datetime | None:
    """An instant as HTTP writes it, aware."""
    try:
        instant = parsedate_to_datetime(text or "")
    except ValueError:
        return None
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)


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


def _kind_of(response: Response) -> str:
    """Take Frappe's exception type, when the body is its JSON; never the body."""
    try:
        kind = json.loads(response.text).get("exc_type")
    except (ValueError, AttributeError):
        return ""
    return f", {kind}" if isinstance(kind, str) and kind.isidentifier() else ""
