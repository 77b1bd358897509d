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
from contextlib import suppress
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
from rich.console import Console

import environment as environments
from environment import RAW, Environment
from environment.errors import MusterError
from environment.files import private_files, write_whole
from environment.locks import locked
from environment.progress import Reporter
from ingestion import clock
from ingestion.erasure.forgotten import FILE as LIST
from ingestion.erasure.forgotten import Forgotten
from ingestion.landing import BESIDE
from ingestion.log import of as log_of
from operations.erasure import holds, kept, log
from operations.erasure.kept import DELIVERED, REMOVED, REWRITTEN
from operations.erasure.person import Person, find
from operations.erasure.search import below, files
from store import lease, mirror
from store.lease import Lease
from store.releases import FOLDER as RELEASES
from store.store import Store, is_home, open_store

FOLDER = "erasure"
PLAN = ".plan.json"

HANDED_IN = "reports/handed_in"

LEFT_ALONE = ("inbox", "lease", "pseudonym.key", LIST, "ingest.lock", HANDED_IN)
"""What is not rewritten: what stands in inboxes is their sender's, and what was handed
in is as it was handed in. Both are searched, and told."""

WRITTEN = (FOLDER, RAW, RELEASES, *DELIVERED)
"""What is rewritten each in its own way."""


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
        lease.hold(store, "forget") as held,
        locked(environment.folder),
    ):
        mirror.mend(environment, store)
        mirror.pull(environment, store)
        if is_dry and _plans(environment):
            raise MusterError("An erasure was begun: run muster ingest to finish it.")
        if finish(environment, store, held, console):
            console.print("That was begun by an earlier run; for others run it again.")
            return
        people, kept_by, refused = [], [], []
        today = clock.now().date()
        for name, each in zip(named, find(environment, named, source), strict=True):
            found = holds.of({name, *each.called()}, today)
            refused += [hold for hold in found if hold.kind == holds.ALL]
            kept_by += found
            people.append(holds.kept_by(found, each))
        person = Person.of(people)
        if refused:
            if not is_dry:
                told = {"refused": _told(refused, person)}
                _enter(environment, _request(), person.scrub(reason), told)
            raise MusterError(
                "Not forgotten: a hold keeps all until"
                f" {refused[0].until_on or 'it is ended'} ({refused[0].ground}; Art."
                " 17(3) GDPR). The refusal is on file."
            )
        if is_dry:
            _tell(environment, person, console)
            return
        request = _request()
        plan = {
            "request": request,
            "reason": person.scrub(reason),
            "holds": _told(kept_by, person),
            "kept_as_shared": {kind: len(each) for kind, each in person.kept.items()},
            "person": person.to_dict(),
        }
        write_whole(_plan(environment, request), json.dumps(plan))
        finish(environment, store, held, console)


def finish(
    environment: Environment, store: Store, held: Lease, console: Console
) -> int:
    """Carry out the plans there are; the caller locks the environment.

    What the store has is here already.

    Returns:
        How many there were.
    """
    folder = environment.folder / FOLDER
    for path in folder.glob(".*"):
        # What a run was killed in the midst of writing.
        path.unlink()
    plans = _plans(environment)
    for path in plans:
        plan = json.loads(path.read_text(encoding="utf-8"))
        _carry_out(environment, store, held, plan, console)
        path.unlink()
    return len(plans)


def finish_interrupted(
    environment: Environment, store: Store, held: Lease, progress: Reporter
) -> None:
    """Finish what a run that was killed began, if it can be; the caller has the lease.

    What sources deliver meanwhile is known by the list, which is written first.
    """
    if _plans(environment):
        try:
            with locked(environment.folder):
                finish(environment, store, held, Console(quiet=True))
        except (MusterError, OSError, duckdb.Error, pa.ArrowException) as error:
            told = (
                str(error) if isinstance(error, MusterError) else type(error).__name__
            )
            progress.line(f"An erasure is not finished: {told}")


def _plans(environment: Environment) -> list[Path]:
    return sorted((environment.folder / FOLDER).glob(f"[!.]*{PLAN}"))


def _told(found: Sequence[holds.Hold], person: Person) -> list[dict[str, str]]:
    return [{**vars(each), "ground": person.scrub(each.ground)} for each in found]


def _carry_out(
    environment: Environment,
    store: Store,
    held: Lease,
    plan: dict[str, Any],
    console: Console,
) -> None:
    person, folder = Person(**plan["person"]), environment.folder
    done: Counter[str] = Counter()

    def tell(path: Path, what: str) -> None:
        if what:
            done[f"{path.relative_to(folder).parts[0]}: {what}"] += 1

    scratch = folder / FOLDER / "scratch"
    shutil.rmtree(scratch, ignore_errors=True)
    Forgotten(folder).add(person.keys)
    kept.drop_made(environment)
    for top in DELIVERED:
        for path in files(folder / top):
            tell(path, kept.rewrite_delivered(path, folder / top, person, scratch))
    loads, damaged = log.rewrite(log_of(folder), person, plan["request"])
    done["raw: rewritten"] += loads
    for path in kept.rewrite_answers(folder, person):
        tell(path, REWRITTEN if path.exists() else REMOVED)
    for release in (folder / RELEASES).glob("*"):
        if not release.is_symlink():
            for path in kept.rewrite_release(release, person):
                tell(path, REWRITTEN)
    left_alone = [folder / each for each in LEFT_ALONE]
    for path in below(
        folder, person, [*left_alone, *map(folder.joinpath, WRITTEN)]
    ).places:
        tell(path, kept.rewrite_file(path, person))
    told_company = _rewrite_company(person)
    versions = _rewrite_store(environment, store, held, person, scratch)
    shutil.rmtree(scratch, ignore_errors=True)
    found = below(folder, person, [*left_alone, _plan(environment, plan["request"])])
    if found.places:
        places = ", ".join(
            person.scrub(environments.shown(each)) for each in found.places[:5]
        )
        raise MusterError(
            f"Not yet forgotten: {len(found.places)} files hold something still"
            f" ({places}). Nobody may have them open; then run this again."
        )
    left = {
        "inboxes": len(below(folder / "inbox", person).places),
        "handed_in": len(below(folder / HANDED_IN, person).places),
        "company": told_company,
        "damaged": [person.scrub(each) for each in damaged],
        "versions": versions,
    }
    _enter(
        environment,
        plan["request"],
        plan["reason"],
        {
            "holds": plan["holds"],
            "identifiers": len(person.called()),
            "kept_as_shared": plan["kept_as_shared"],
            "done": {what: n for what, n in done.items() if n},
            "searched": {"files": found.files, "bytes": found.bytes, "found": 0},
            "left": left,
        },
    )
    console.print(
        f"Forgotten: {sum(done.values()):,} files and loads were rewritten or removed;"
        f" {found.files:,} files, {found.bytes:,} bytes, were searched and hold nothing"
        " of it. Certificate:"
        f" {environments.shown(_place(environment, plan['request']))}.",
        soft_wrap=True,
    )
    for text in _left(plan["kept_as_shared"], left):
        console.print(text, soft_wrap=True, markup=False)
    console.print(f"Run muster build --env {environment.name}: it builds all anew.")


def _left(shared: dict[str, int], left: dict[str, Any]) -> list[str]:
    """What is not ours to change, or stays, a line each."""
    told = [f"{n} {kind} stays: others bear it too." for kind, n in shared.items()]
    if left["inboxes"]:
        told.append(f"{left['inboxes']} files in inboxes name them: their sender's.")
    if left["handed_in"]:
        told.append(f"{left['handed_in']} reports were handed in, and name them.")
    told += [f"{name} named them and was rewritten." for name in left["company"]]
    told += [f"Not searched: {each}" for each in left["damaged"]]
    return told + [
        f"An old version could not be removed: {name}." for name in left["versions"]
    ]


def _rewrite_company(person: Person) -> list[str]:
    """Rewrite the company's own seeds, where one names the person."""
    told = []
    for path in files(environments.company() / "seeds"):
        with suppress(UnicodeError):
            text = path.read_text(encoding="utf-8")
            if (after := person.scrub(text, is_free=False)) != text:
                write_whole(path, after.removesuffix("\n"))
                told.append(path.name)
    return told


def _rewrite_store(
    environment: Environment, store: Store, held: Lease, person: Person, scratch: Path
) -> list[str]:
    """Let a store elsewhere have what is here, and rewrite what it alone has.

    Returns:
        The versions of objects that cannot be removed.
    """
    if is_home(store, environment):
        return []
    held.check()
    store.upload(environment.folder / LIST, LIST)
    mirror.push(environment, store)
    raw = log_of(environment.folder)
    known = {
        f"{RAW}/{dataset}/{file.path}"
        for dataset in raw.datasets()
        for load in raw.loads(dataset)
        for file in load.files
    }
    for key in store.keys(RAW):
        # What a run that was killed brought without a marker is in no search.
        if key.endswith(".parquet") and key not in known:
            store.delete(key)
    for key in store.keys(""):
        top = key.split("/")[0]
        if top not in (*LEFT_ALONE, RAW, RELEASES):
            copy = scratch / key
            store.download(key, copy)
            if top in DELIVERED:
                what = kept.rewrite_delivered(
                    copy, scratch / top, person, scratch / "draft"
                )
            else:
                what = kept.rewrite_file(copy, person)
            held.check()
            _bring(store, copy, key, what)
    for release in store.folders(RELEASES):
        folder = scratch / RELEASES / release
        for key in store.keys(f"{RELEASES}/{release}"):
            store.download(key, scratch / key)
        for path in dict.fromkeys(kept.rewrite_release(folder, person)):
            held.check()
            key = str(path.relative_to(scratch))
            _bring(store, path, key, REWRITTEN if path.exists() else REMOVED)
    return store.drop_versions()


def _bring(store: Store, copy: Path, key: str, what: str) -> None:
    if what == REMOVED:
        store.delete(key)
    elif what == REWRITTEN:
        beside = copy.with_name(copy.name + BESIDE)
        if beside.exists():
            store.upload(beside, f"{key}{BESIDE}")
        store.upload(copy, key)


def _tell(environment: Environment, person: Person, console: Console) -> None:
    """Say where the person is, and how many files hold something."""
    folder = environment.folder
    found = below(folder, person, [folder / FOLDER])
    places = Counter(each.relative_to(folder).parts[0] for each in found.places)
    console.print(
        f"{len(person.called())} identifiers and {len(person.texts)} names and"
        f" addresses in {len(found.places):,} of {found.files:,} files:"
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
