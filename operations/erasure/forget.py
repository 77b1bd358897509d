"""Forgets people: a plan first, then steps that may be done again, then a certificate.

The plan, `<env>/erasure/<request>.plan.json`, is for its owner only and has what is to
be taken out and what takes its place. Whatever moment a run is killed at, the next one
does all steps of the plan again: what is rewritten already stays as it is. When a
search of every byte finds nothing any more, the plan goes, and a certificate without
identifiers takes its place.
"""

import json
import secrets
import shutil
from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

from rich.console import Console

import environment as environments
from environment import Environment
from environment.errors import MusterError
from environment.files import private_files, write_whole
from environment.locks import locked
from ingestion import clock
from ingestion.erasure.forgotten import FILE as LIST
from ingestion.erasure.forgotten import Forgotten
from ingestion.landing import BESIDE
from ingestion.log import of as log_of
from operations.erasure import holds, kept, log
from operations.erasure.kept import REMOVED, REWRITTEN
from operations.erasure.person import Person, find
from operations.erasure.search import Found, Search, files
from store import lease, mirror
from store.releases import FOLDER as RELEASES
from store.store import Store, is_home, open_store

FOLDER = "erasure"
PLAN = ".plan.json"

LEFT_ALONE = (FOLDER, "inbox", "lease", "pseudonym.key", LIST, "ingest.lock")
"""What a search leaves out: senders' inboxes are theirs, and are named instead."""


def forget(
    environment: Environment,
    named: Sequence[str],
    reason: str,
    console: Console,
    *,
    source: str | None = None,
    is_dry: bool = False,
) -> None:
    """Forget people, or tell what would be.

    Args:
        environment: The environment.
        named: Who: employee numbers, or ids of records or applications.
        reason: Why, for the certificate.
        console: Where progress is told.
        source: Whose id it is, where several sources have it.
        is_dry: Whether only to tell what would be done.

    Raises:
        MusterError: Nobody is known by it, a hold keeps all, or another process is at
            work on the environment.
    """
    store = open_store(environment)
    with (
        private_files(),
        lease.hold(store, "forget"),
        locked(environment.folder),
    ):
        if finish(environment, store, console) and not is_dry:
            console.print("That was begun by an earlier run; for others run it again.")
            return
        mirror.mend(environment, store)
        mirror.pull(environment, store)
        people, held, refused = [], [], []
        today = clock.now().date()
        for name, each in zip(named, find(environment, named, source), strict=True):
            found = holds.of({name, *each.keys}, today)
            refused += [hold for hold in found if hold.kind == holds.ALL]
            held += found
            people.append(holds.kept_by(found, each))
        if refused:
            if not is_dry:
                told = {"refused": [vars(each) for each in refused]}
                _enter(environment, _request(), Person.of(people).scrub(reason), told)
            raise MusterError(
                "Not forgotten: a hold keeps all until"
                f" {refused[0].until_on or 'it is ended'} ({refused[0].ground}; Art."
                " 17(3) GDPR). The refusal is on file."
            )
        person = Person.of(people)
        if is_dry:
            _tell(environment, person, console)
            return
        request = _request()
        plan = {
            "request": request,
            "reason": person.scrub(reason),
            "holds": [vars(each) for each in held],
            "person": person.to_dict(),
        }
        write_whole(_plan(environment, request), json.dumps(plan))
        finish(environment, store, console)


def finish(environment: Environment, store: Store, console: Console) -> int:
    """Carry out the plans there are; the caller holds the environment and the lease.

    Returns:
        How many there were.
    """
    plans = sorted((environment.folder / FOLDER).glob(f"*{PLAN}"))
    for path in plans:
        plan = json.loads(path.read_text(encoding="utf-8"))
        _carry_out(environment, store, plan, console)
        path.unlink()
    return len(plans)


def finish_interrupted(environment: Environment, store: Store) -> None:
    """Finish what a run that was killed began; the caller holds the lease."""
    if any((environment.folder / FOLDER).glob(f"*{PLAN}")):
        with locked(environment.folder):
            finish(environment, store, Console(quiet=True))


def _carry_out(
    environment: Environment, store: Store, plan: dict[str, Any], console: Console
) -> None:
    person, folder = Person(**plan["person"]), environment.folder
    search = Search(person)
    done: Counter[tuple[str, str]] = Counter()

    def tell(path: Path, what: str) -> None:
        done[path.relative_to(folder).parts[0], what] += 1

    scratch = folder / FOLDER / "scratch"
    shutil.rmtree(scratch, ignore_errors=True)
    kept.drop_working(folder)
    Forgotten(folder).add(person.keys)
    kept.rewrite_delivered(folder, person, search, scratch, tell)
    raw = log_of(folder)
    if loads := log.rewrite(raw, person, f"forget-{plan['request']}"):
        done["raw", REWRITTEN] += loads
    # The next build does everything anew.
    environment.last_build.unlink(missing_ok=True)
    raw = log_of(folder)
    for path in files(folder):
        if path.relative_to(folder).parts[0] not in (*LEFT_ALONE, "landing"):
            is_log = path.is_relative_to(raw.folder) and path.suffix == ".parquet"
            if not is_log and (what := kept.rewrite_file(path, person, search, raw)):
                tell(path, what)
    for release in (folder / RELEASES).glob("*"):
        kept.renew_release(release)
    told_company = _rewrite_company(person)
    versions = _rewrite_store(environment, store, person, scratch)
    shutil.rmtree(scratch, ignore_errors=True)
    found = search.below(folder, [folder / each for each in LEFT_ALONE])
    if found.places:
        places = ", ".join(
            person.scrub(environments.shown(each)) for each in found.places[:5]
        )
        raise MusterError(
            f"Not yet forgotten: {len(found.places)} files hold something still"
            f" ({places}). Nobody may have them open; then run this again."
        )
    inbox = search.below(folder / "inbox")
    _enter(
        environment,
        plan["request"],
        plan["reason"],
        {
            "holds": plan["holds"],
            "identifiers": len(person.keys),
            "kept_as_shared": person.kept,
            "done": {f"{place}: {what}": n for (place, what), n in done.items()},
            "searched": {"files": found.files, "bytes": found.bytes, "found": 0},
            "left": {
                "inboxes": len(inbox.places),
                "company": told_company,
                "versions": versions,
            },
        },
    )
    console.print(
        f"Forgotten: {sum(done.values()):,} files and loads were rewritten or removed;"
        f" {found.files:,} files, {found.bytes:,} bytes, were searched and hold nothing"
        " of it. Certificate:"
        f" {environments.shown(_place(environment, plan['request']))}.",
        soft_wrap=True,
    )
    for text in _left(person, len(inbox.places), told_company, versions):
        console.print(text, soft_wrap=True, markup=False)
    console.print(f"Run muster build --env {environment.name}: it builds all anew.")


def _left(
    person: Person, inboxes: int, company: list[str], versions: list[str]
) -> list[str]:
    """What is not ours to change, or stays, a line each."""
    told = [
        f"{number} {kind} stays: others bear it too."
        for kind, number in person.kept.items()
    ]
    if inboxes:
        told.append(f"{inboxes} files in inboxes name them still: their sender's.")
    told += [f"{name} named them and was rewritten." for name in company]
    told += [f"An old version could not be removed: {name}." for name in versions]
    return told


def _rewrite_company(person: Person) -> list[str]:
    """Rewrite the company's own seeds, where one names the person."""
    told = []
    for path in files(environments.company() / "seeds"):
        text = path.read_text(encoding="utf-8")
        if (after := person.scrub(text)) != text:
            write_whole(path, after.removesuffix("\n"))
            told.append(path.name)
    return told


def _rewrite_store(
    environment: Environment, store: Store, person: Person, scratch: Path
) -> list[str]:
    """Let a store elsewhere have what is here, and rewrite what it alone has.

    Returns:
        The versions of objects that cannot be removed.
    """
    if is_home(store, environment):
        return []
    folder, raw = environment.folder, log_of(environment.folder)
    store.upload(folder / LIST, LIST)
    mirror.push(environment, store)
    changed = []
    for key in store.keys(""):
        top = key.split("/")[0]
        if top in ("lease", "raw", LIST):
            continue
        local = folder / key
        if top in ("landing", "quarantine") and local.is_file():
            if store.checksum(key) != sha256(local.read_bytes()).hexdigest():
                store.upload(local, key)
                changed.append(key)
            beside = local.with_name(local.name + BESIDE)
            if beside.exists():
                store.upload(beside, f"{key}{BESIDE}")
            continue
        copy = scratch / key
        store.download(key, copy)
        what = kept.rewrite_file(copy, person, Search(person), raw)
        if what == REMOVED:
            store.delete(key)
        elif what == REWRITTEN:
            store.upload(copy, key)
        if what:
            changed.append(key)
    _renew_stored_releases(store, scratch)
    return store.drop_versions()


def _renew_stored_releases(store: Store, scratch: Path) -> None:
    for release in (scratch / RELEASES).glob("*"):
        kept.renew_release(release)
        for name in ("snapshot/manifest.json", "release.json"):
            if (release / name).exists():
                store.upload(release / name, f"{RELEASES}/{release.name}/{name}")


def _tell(environment: Environment, person: Person, console: Console) -> None:
    """Say where the person is, and how many files hold something."""
    folder = environment.folder
    found: Found = Search(person).below(folder, [folder / FOLDER])
    places = Counter(each.relative_to(folder).parts[0] for each in found.places)
    console.print(
        f"{len(person.keys)} identifiers and {len(person.texts)} names and addresses in"
        f" {len(found.places):,} of {found.files:,} files:"
    )
    for place, number in sorted(places.items()):
        console.print(f"  {place}: {number:,}")
    console.print("Nothing was changed.")


def _request() -> str:
    return f"{datetime.now().astimezone():%Y%m%dT%H%M%S}-{secrets.token_hex(4)}"


def _plan(environment: Environment, request: str) -> Path:
    return environment.folder / FOLDER / f"{request}{PLAN}"


def _place(environment: Environment, request: str) -> Path:
    return environment.folder / FOLDER / f"{request}.json"


def _enter(
    environment: Environment, request: str, reason: str, told: dict[str, Any]
) -> None:
    """Write a request and what became of it, with a checksum of that."""
    content = {
        "request": request,
        "ended_at": clock.now().isoformat(timespec="seconds"),
        "reason": reason,
        **told,
    }
    text = json.dumps(content, sort_keys=True)
    content["sha256"] = sha256(text.encode()).hexdigest()
    write_whole(_place(environment, request), json.dumps(content, indent=1))
