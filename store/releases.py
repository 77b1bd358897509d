"""What was released to an environment: the list, the pointer, rollback and retention.

A release is a folder of the store with a `release.json`, which is written last and
never changed. Readers follow one pointer: `current`, a symbolic link, in a folder, or
`current.json` in an object store.
"""

import json
import os
import shutil
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass, field, fields
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from environment import Environment
from environment.errors import MusterError
from environment.files import keep
from store import lease
from store.store import Store, open_store

FOLDER = "releases"
LINK = "current"
POINTER = "current.json"

ID_TIME = "%Y%m%dT%H%M%S.%fZ"
"""How an id begins."""

PASSED, FAILED = "passed", "failed"

KEEP_VARIABLE, KEEP_DEFAULT = "MUSTER_KEEP_RELEASES", 10
"""How many releases are kept, the newest."""

DAYS_VARIABLE, DAYS_DEFAULT = "MUSTER_KEEP_DAYS", 90
"""How many days a release is kept."""


@dataclass(frozen=True)
class Finding:
    """What a check of the audit found.

    Attributes:
        check: Its name.
        passed: Whether the candidate may be published as far as it is concerned.
        detail: One line: what was checked, or what is wrong and what to do.
    """

    check: str
    passed: bool
    detail: str


@dataclass(frozen=True)
class Release:
    """What was built, from what, and what the audit found; `release.json`.

    Attributes:
        release: Its id: time (UTC) and git revision. Ids sort by time.
        environment: The environment.
        revision: The git commit it was built from.
        is_modified: Whether the working tree had changes that no commit holds.
        as_at: Instant (UTC) of which it tells what was known.
        built_at: Instant (UTC) at which its build began.
        seconds: How long build and audit took.
        verdict: `passed` or `failed`.
        reason: Why it failed; empty where it did not.
        replaces: The release that was current when it was built.
        accepted_breaking: Table or column whose change breaks readers to the change
            request that accepts it; of older releases the request alone.
        answers: The change requests and incidents that commits name since the release
            that it replaces.
        files: Name to `sha256` and `bytes`.
        tables: `schema.table` of every mart that is exported to its number of rows.
        columns: `schema.table` of every mart to its columns and their types.
        requirements: Id of every criterion to its verdict.
        audit: What every check of the audit found.
    """

    release: str
    environment: str
    revision: str
    is_modified: bool
    as_at: str | None
    built_at: str
    seconds: float = 0.0
    verdict: str = FAILED
    reason: str = ""
    replaces: str | None = None
    accepted_breaking: dict[str, str] | str | None = None
    answers: list[str] = field(default_factory=list)
    files: dict[str, dict[str, Any]] = field(default_factory=dict)
    tables: dict[str, int] = field(default_factory=dict)
    columns: dict[str, dict[str, str]] = field(default_factory=dict)
    requirements: dict[str, str] = field(default_factory=dict)
    audit: list[Finding] = field(default_factory=list)

    @property
    def key(self) -> str:
        """Its folder in the store."""
        return f"{FOLDER}/{self.release}"

    @property
    def bytes(self) -> int:
        """The size of its files together."""
        return sum(int(facts["bytes"]) for facts in self.files.values())

    @property
    def requests(self) -> list[str]:
        """The change requests and incidents that it answers, or that accept it."""
        accepted = self.accepted_breaking
        named = accepted.values() if isinstance(accepted, dict) else [accepted]
        return sorted({*self.answers, *filter(None, named)})

    @property
    def instant(self) -> datetime:
        """When its build began."""
        return datetime.fromisoformat(self.built_at)

    def to_dict(self) -> dict[str, Any]:
        """As it is written to `release.json`."""
        return asdict(self)


def read(store: Store, release: str) -> Release | None:
    """Read a release.

    Returns:
        The release, or None where there is none, or what is there is no whole one. One
        whose `release.json` is damaged is as one that failed: the others are there.
    """
    key = f"{FOLDER}/{release}/release.json"
    try:
        content = json.loads(store.read_bytes(key))
        known = {part.name for part in fields(Release)}
        given = {name: value for name, value in content.items() if name in known}
        findings = [Finding(**finding) for finding in given.pop("audit", [])]
        found = Release(**given, audit=findings)
        # What is shown and compared of every release.
        if (found.release, found.instant.tzinfo) != (release, UTC):
            raise ValueError
    except FileNotFoundError:
        return None
    except (ValueError, TypeError, AttributeError, RecursionError):
        reason = f"{store.url(key)} is damaged: restore it from a backup"
        return Release(release, "", "", False, None, _built_at(release), reason=reason)
    return found


def _built_at(release: str) -> str:
    """When a release was begun, as its id tells; long ago where it does not."""
    with suppress(ValueError):
        instant = datetime.strptime(release.partition("-")[0], ID_TIME)
        return instant.replace(tzinfo=UTC).isoformat()
    return datetime.fromtimestamp(0, UTC).isoformat()


def ids(store: Store) -> list[str]:
    """Ids of what lies in the folder of releases, whole or not, oldest first."""
    if store.is_local:
        folder = store.path(FOLDER)
        return sorted(path.name for path in folder.iterdir()) if folder.exists() else []
    return sorted({key.split("/")[1] for key in store.keys(FOLDER)})


def listed(store: Store) -> list[Release]:
    """All releases, also those that failed, oldest first."""
    found = (read(store, release) for release in ids(store))
    return [release for release in found if release is not None]


def current(store: Store) -> str | None:
    """Id of the release that readers see, or None before the first."""
    if store.is_local:
        try:
            return store.path(LINK).readlink().name
        except FileNotFoundError:
            return None
    try:
        return str(store.read_json(POINTER)["release"])
    except FileNotFoundError:
        return None


def fetched(store: Store, release: str, names: Iterable[str], scratch: Path) -> Path:
    """The folder of a release's files, which are fetched from an object store.

    Args:
        store: Where the release is.
        release: Its id.
        names: The files to fetch; those that it lacks are left out.
        scratch: The folder to fetch them to.
    """
    key = f"{FOLDER}/{release}"
    if store.is_local:
        return store.path(key)
    for name in names:
        if store.exists(f"{key}/{name}"):
            store.download(f"{key}/{name}", scratch / name)
    return scratch


def point(store: Store, release: str) -> None:
    """Let readers see a release from now on: in one step, or not at all."""
    if not store.is_local:
        store.write_json(POINTER, {"release": release})
        return
    link = store.path(LINK)
    draft = link.with_name(f".{LINK}.{os.getpid()}")
    draft.unlink(missing_ok=True)
    draft.symlink_to(Path(FOLDER, release))
    draft.replace(link)
    keep(link.parent)


def delete(store: Store, release: str) -> None:
    """Remove a release: first what makes it one, then its files."""
    key = f"{FOLDER}/{release}"
    store.delete(f"{key}/release.json")
    if store.is_local:
        shutil.rmtree(store.path(key), ignore_errors=True)
        return
    for name in store.keys(key):
        store.delete(name)


def rollback(
    environment: Environment,
    release: str | None = None,
    *,
    store: Store | None = None,
    lease_seconds: float = lease.SECONDS,
) -> tuple[str, str]:
    """Let readers see an earlier release again; nothing is rebuilt or deleted.

    Args:
        environment: The environment.
        release: Id of a release that passed its audit, or its beginning. Default: the
            one that the current one replaced.
        store: Where the releases are; by default what `MUSTER_STORE` says.
        lease_seconds: How long another process waits for one that died.

    Returns:
        The ids before and after.

    Raises:
        MusterError: There is no such release, it failed its audit or is damaged, or
            another process is at work on the environment.
    """
    store = store or open_store(environment)
    with lease.hold(store, "rollback", lease_seconds) as held:
        now = current(store)
        if now is None:
            raise MusterError(
                f"Nothing is released to {environment.name}: run "
                f"muster release {environment.name}."
            )
        target = (
            before(store, now) if release is None else find(store, environment, release)
        )
        if target is None:
            raise MusterError(
                f"No release of {environment.name} before {now} is left to go back to: "
                f"muster releases {environment.name} lists them."
            )
        check(store, target)
        if target.release != now:
            held.check()
            point(store, target.release)
        return now, target.release


def before(store: Store, release: str) -> Release | None:
    """The release that another replaced; else the newest older one that passed."""
    passed = [each for each in listed(store) if each.verdict == PASSED]
    by_id = {each.release: each for each in passed}
    replaced = by_id[release].replaces if release in by_id else None
    if replaced in by_id:
        return by_id[str(replaced)]
    older = [each for each in passed if each.release < release]
    return older[-1] if older else None


def find(store: Store, environment: Environment, release: str) -> Release:
    """Find a release by its id, or by the beginning of its id.

    Raises:
        MusterError: There is none, or several, or it failed its audit.
    """
    matches = [each for each in listed(store) if each.release.startswith(release)]
    exact = [each for each in matches if each.release == release] or matches
    if len(exact) != 1:
        raise MusterError(
            f"{'Several releases begin' if exact else 'No release begins'} with "
            f"{release!r}: muster releases {environment.name} lists them.",
            2,
        )
    if exact[0].verdict != PASSED:
        raise MusterError(
            f"Release {exact[0].release} failed its audit ({exact[0].reason}): choose "
            f"one that passed; muster releases {environment.name} lists them."
        )
    return exact[0]


def check(store: Store, release: Release) -> None:
    """Check that a release's files are as they were written, before anybody reads them.

    Raises:
        MusterError: A file is missing or was changed.
    """
    for name, facts in release.files.items():
        key, found = f"{release.key}/{name}", ""
        with suppress(FileNotFoundError):
            found = store.checksum(key)
        if found != facts["sha256"]:
            raise MusterError(
                f"{store.url(key)} is missing or was changed since it was released: "
                "choose another release."
            )


def clean(store: Store) -> list[str]:
    """Remove what a process that died left behind; the caller holds the lease.

    Returns:
        Ids of the releases that were not whole.
    """
    whole = {each.release for each in listed(store)}
    leftovers = [release for release in ids(store) if release not in whole]
    for release in leftovers:
        delete(store, release)
    if store.is_local:
        for draft in store.path("").glob(f".{LINK}.*"):
            draft.unlink(missing_ok=True)
    return leftovers


def prune(store: Store, now: datetime | None = None) -> list[str]:
    """Delete releases beyond the number and age to keep; the caller holds the lease.

    The current one and the one that a rollback would go to are always kept. Those that
    failed count for themselves.

    Args:
        store: Where the releases are.
        now: The present instant, by default the wall clock's.

    Returns:
        Ids of what was deleted.

    Raises:
        MusterError: A setting is no number.
    """
    keep = setting(KEEP_VARIABLE, KEEP_DEFAULT)
    oldest = (now or datetime.now(UTC)) - timedelta(
        days=setting(DAYS_VARIABLE, DAYS_DEFAULT)
    )
    pointed = current(store)
    predecessor = before(store, pointed) if pointed else None
    protected = {pointed, predecessor.release if predecessor else None}
    releases = listed(store)
    deleted = []
    for verdict in (PASSED, FAILED):
        newest_first = [each for each in releases if each.verdict == verdict][::-1]
        for position, each in enumerate(newest_first):
            is_kept = position < keep and each.instant >= oldest
            if not is_kept and each.release not in protected:
                delete(store, each.release)
                deleted.append(each.release)
    return deleted


def setting(name: str, default: int) -> int:
    """A whole number from 1 on, from the environment variables.

    Raises:
        MusterError: It is none.
    """
    text = os.environ.get(name) or str(default)
    if not text.isdigit() or int(text) < 1:
        raise MusterError(f"{name}={text} is not a whole number from 1 on.", 2)
    return int(text)
