"""A mapping's resources of a REST API, written as files that are landed like any other.

They are asked for by dlt's own declarative source. Where a resource has a cursor, what
the log has of it says how far it was read: no state is kept beside.
"""

import json
import re
from collections.abc import Iterator
from contextlib import ExitStack
from copy import deepcopy
from hashlib import sha256
from http.client import responses
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlsplit

import requests
from dlt.common.exceptions import DictValidationException
from dlt.sources.helpers.requests import Client
from dlt.sources.rest_api import rest_api_source

from environment.errors import ConfigurationError, MusterError
from environment.sql import quote
from ingestion.answers import bounded
from ingestion.clock import now_naive
from ingestion.context import RunContext
from ingestion.hr_tables.files import READ, of_table, without
from ingestion.hr_tables.mapping import Mapping, raw_column
from ingestion.ledger import FileRecord
from ingestion.ledger_tables import KNOWN

SECRETS = {
    "bearer": ("token",),
    "api_key": ("api_key",),
    "http_basic": ("username", "password"),
    "oauth2_client_credentials": ("client_id", "client_secret"),
}
"""What each kind of `auth` takes from dlt's secrets, as `sources.NAME.<word>`."""

OPEN = ("username", "client_id")
"""Of these, what a mapping may say itself."""


def read(context: RunContext, mapping: Mapping, folder: Path) -> None:
    """Write the items of each resource that the mapping has a table for.

    Args:
        context: The run.
        mapping: The mapping.
        folder: Where; nobody else writes there.

    Raises:
        ConfigurationError: The mapping's `rest_api` is wrong.
        MusterError: What the API answers.
    """
    tables = {t.resource: name for name, t in mapping.tables.items() if t.resource}
    where = mapping.where("rest_api")
    config = deepcopy(mapping.rest_api or {})
    _add_secrets(context, config.get("client", {}), where)
    begun = {}
    for each in config.get("resources", ()):
        name = each if isinstance(each, str) else str(each.get("name", ""))
        for cursor in _cursors(each):
            if name in tables:
                begun[name] = _continue(context, mapping, tables[name], cursor)
        endpoint = each.get("endpoint") if isinstance(each, dict) else None
        if isinstance(endpoint, dict):
            _add_secrets(context, endpoint, where)
    try:
        if isinstance(config.get("client"), dict):
            session = Client(raise_for_status=False).session
            config["client"]["session"] = bounded(session)
        source = rest_api_source(config, name=mapping.name)  # type: ignore[arg-type]
        lacking = sorted(set(map(str, tables)) - set(source.resources))
    except (DictValidationException, ValueError, KeyError, TypeError) as error:
        line = " ".join(str(error).split())[:500]
        auths = [each.get("auth") for each in _clients(config)]
        secrets = [
            str(auth[word])
            for auth in auths
            if isinstance(auth, dict)
            for words in SECRETS.values()
            for word in words
            if auth.get(word)
        ]
        # dlt tells of values too, and may cut them short.
        if any(secret[:4] in line for secret in secrets):
            line = f"{type(error).__name__}, whose words hold a secret"
        raise ConfigurationError(f"{where}: rest_api is not as dlt's: {line}") from None
    if lacking:
        raise ConfigurationError(f"{where}: rest_api has no resource {lacking[0]}")
    paths = {}
    with ExitStack() as opened:
        for resource, name in tables.items():
            path = folder / f"{name}{READ}jsonl.part"
            file = opened.enter_context(path.open("w", encoding="utf-8"))
            writer = _Writer(file, context, mapping, name, begun.get(resource))
            source.resources[str(resource)].add_map(writer.take)
            paths[path] = writer
        with context.progress.step(f"{mapping.name}: asking the API") as step:
            try:
                for _ in source.with_resources(*map(str, tables)):
                    step.advance()
            except Exception as error:
                raise _failure(context, mapping, error) from None
    for path, writer in paths.items():
        if writer.written:
            path.replace(path.with_suffix(""))
        elif writer.is_continued:
            _say_nothing_new(context, writer.name, path.with_suffix("").name)


def _say_nothing_new(context: RunContext, name: str, file: str) -> None:
    """Remember that the API had nothing new: until then it tells of its people."""
    of_nothing = sha256(b"").hexdigest()
    record = FileRecord(
        *(context.source, name, file, "", "", of_nothing),
        bytes=0,
        rows=0,
        received_at=now_naive(),
        status=KNOWN,
    )
    with context.log.transaction():
        context.log.write_files([record])


class _Writer:
    """Writes items as JSON lines: every value as text, nested ones as `a.b`."""

    def __init__(
        self,
        file: IO[str],
        context: RunContext,
        mapping: Mapping,
        name: str,
        begun: "tuple[str, str] | None",
    ) -> None:
        self.written = 0
        self.name = name
        self.is_continued = begun is not None
        self._file = file
        self._never = of_table(mapping, name).never
        # Those of the newest cursor come again, since more of them may have come.
        self._known = _rows(context, name, *begun) if begun else set()

    def take(self, item: Any) -> Any:
        """Write an item, unless it is in the log; the item goes on to its children."""
        kept = without(item if isinstance(item, dict) else {"value": item}, self._never)
        row = dict(_flat(kept))
        named = frozenset((raw_column(key), value) for key, value in row.items())
        if named not in self._known:
            self._file.write(json.dumps(row, ensure_ascii=False) + "\n")
            self.written += 1
        return item


def _flat(item: dict[str, Any], above: str = "") -> Iterator[tuple[str, str]]:
    for key, value in item.items():
        name = f"{above}{key}"
        if isinstance(value, dict):
            yield from _flat(value, f"{name}.")
        elif isinstance(value, str):
            yield name, value
        elif value is not None:
            yield name, json.dumps(value, ensure_ascii=False, default=str)


def _clients(config: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Where an `auth` may stand."""
    resources = [r for r in config.get("resources", ()) if isinstance(r, dict)]
    for each in (config.get("client"), *(r.get("endpoint") for r in resources)):
        if isinstance(each, dict):
            yield each


def _cursors(resource: Any) -> Iterator[dict[str, Any]]:
    """What a resource says of being asked for what is new alone."""
    endpoint = resource.get("endpoint") if isinstance(resource, dict) else None
    if isinstance(endpoint, dict):
        if isinstance(endpoint.get("incremental"), dict):
            yield endpoint["incremental"]
        for each in endpoint.get("params", {}).values():
            if isinstance(each, dict) and each.get("type") == "incremental":
                yield each


def _continue(
    context: RunContext, mapping: Mapping, name: str, cursor: dict[str, Any]
) -> tuple[str, str] | None:
    """Let a cursor begin where the log ends; its column and the text of that, if any.

    Raises:
        ConfigurationError: The table says that what is new replaces what was.
    """
    if mapping.tables[name].replaces != "nothing":
        raise ConfigurationError(
            f"{mapping.where('tables', name)}: {name} is read from a cursor on: say"
            " replaces: nothing, since an answer holds only what is new"
        )
    column = raw_column(str(cursor.get("cursor_path", "")))
    files = (f for load in context.raw.loads(context.dataset) for f in load.files)
    if not any(f.table == name and column in f.columns for f in files):
        return None
    place = f"{context.dataset}.{quote(name)}"
    told = context.connection.execute(
        f"with told as (select {quote(column)} as value,"
        f" try_cast({quote(column)} as hugeint) as number from {place}"
        f" where {quote(column)} is not null)"
        " select case when count(value) = count(number) then"
        " arg_max(value, number) else max(value) end,"
        " count(value) = count(number) from told"
    ).fetchone()
    if not told or told[0] is None:
        return None
    cursor["initial_value"] = int(told[0]) if told[1] else str(told[0])
    return column, str(told[0])


def _rows(
    context: RunContext, name: str, column: str, value: str
) -> set[frozenset[tuple[str, str]]]:
    """The rows of the log that have a value, as what an item is written as."""
    cursor = context.connection.cursor()
    found = cursor.execute(
        f"select * exclude (_file_sha256, _file_name, _file_line, _dlt_load_id)"
        f" from {context.dataset}.{quote(name)} where {quote(column)} = ?",
        [value],
    )
    names = [each[0] for each in found.description]
    return {
        frozenset((n, v) for n, v in zip(names, row, strict=True) if v is not None)
        for row in found.fetchall()
    }


def _add_secrets(context: RunContext, client: dict[str, Any], where: str) -> None:
    """Put secrets into an `auth`, from dlt's secrets alone.

    Raises:
        ConfigurationError: The mapping holds one.
        NotConfiguredError: One is not set.
    """
    auth = client.get("auth")
    if auth is None:
        return
    if isinstance(auth, str):
        auth = {"type": auth}
    words = SECRETS.get(str(auth.get("type", "bearer")))
    if words is None:
        raise ConfigurationError(f"{where}: auth is none of {', '.join(SECRETS)}")
    for word in words:
        if word in auth and word not in OPEN:
            raise ConfigurationError(
                f"{where}: {word} is a secret: put it into .dlt/secrets.toml as"
                f" sources.{context.source}.{word}, and not into the mapping"
            )
        auth.setdefault(word, None)
        auth[word] = auth[word] or str(context.require(word))
    client["auth"] = auth


def _path(config: dict[str, Any], path: str) -> str:
    """A path as the mapping writes it: that which was asked for may name a person."""
    for each in _clients(config):
        said = str(each.get("path") or "").strip("/")
        parts = map(re.escape, re.split(r"\{[^}]*\}", said))
        if said and re.search(f"(^|/){'[^/]+'.join(parts)}/*$", path):
            return f"/{said}"
    return ""


def _failure(context: RunContext, mapping: Mapping, error: Exception) -> MusterError:
    """Say what went wrong, in one line and without what an address may hold."""
    cause: BaseException | None = error
    found: BaseException = error
    while cause is not None:
        if isinstance(cause, MusterError):
            return cause
        found = cause
        if isinstance(cause, requests.RequestException):
            break
        cause = cause.__cause__ or cause.__context__
    answer = getattr(found, "response", None)
    asked = (
        getattr(answer, "url", None) or (mapping.rest_api or {})["client"]["base_url"]
    )
    parts = urlsplit(str(asked))
    place = f"{parts.scheme}://{parts.hostname}{f':{parts.port}' if parts.port else ''}"
    said = f"cannot be read: {type(found).__name__}"
    if answer is not None:
        asked_for = _path(mapping.rest_api or {}, parts.path)
        reason = responses.get(answer.status_code, "")
        said = f"{asked_for} answers {answer.status_code} {reason}".strip()
    elif isinstance(found, requests.ConnectionError | requests.Timeout):
        said = "cannot be reached"
    elif isinstance(found, OSError):
        raise found
    return MusterError(
        f"{context.source}: {place} {said}; check {mapping.where('rest_api')} and the"
        f" secrets sources.{context.source}.*"
    )
