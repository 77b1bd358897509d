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
from collections.abc import Iterator, Sequence
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
from environment import lake as lakes
from environment.errors import MusterError
from environment.files import private_files, write_whole
from environment.locks import building, locked, require_writable
from environment.progress import Reporter
from ingestion import clock
from ingestion.erasure.forgotten import FILE as LIST
from ingestion.erasure.forgotten import Forgotten
from ingestion.erasure.matching import Where
from ingestion.landing import BESIDE
from ingestion.ledger_tables import RUNS
from ingestion.log import of as log_of
from operations.erasure import holds, kept, log
from operations.erasure.kept import HANDED_IN, REMOVED, REPORTS, REWRITTEN
from operations.erasure.person import Person, find, with_paths
from operations.erasure.search import Found, below, files, is_in
from operations.release import lake
from store import lease, mirror
from store.lease import Lease
from store.releases import FOLDER as RELEASES
from store.store import Store, is_home, open_store

FOLDER = "erasure"
PLAN, DONE = ".plan.json", ".done.json"

PLACES = ("answers", "landing", "quarantine", RELEASES, REPORTS)
"""The folders whose files are counted each for itself."""

LEFT_ALONE = ("inbox", "lease", "pseudonym.key", LIST, "ingest.lock")
"""What is not rewritten, beside reports that were handed in: what stands in inboxes is
their sender's. Both are searched, and told."""


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
        building(environment.folder),
    ):
        mirror.mend(environment, store)
        mirror.pull(environment, store)
        if is_dry and plans(environment):
            raise MusterError("An erasure was begun: run muster ingest to finish it.")
        if finish(environment, store, held, console):
            console.print("That was begun by an earlier run; for others run it again.")
            return
        people, kept_by, refused = [], [], []
        on_file = holds.on_file(environment, clock.now().date())
        for name, each in zip(named, find(environment, named, source), strict=True):
            found = holds.of({name, *each.called()}, on_file)
            refused += [hold for hold in found if hold.kind == holds.ALL]
            kept_by += found
            people.append(holds.kept_by(found, each))
        person = with_paths(environment, Person.of(people))
        if refused:
            if not is_dry:
                told = {"refused": _told(refused, person)}
                _enter(environment, request_id(), person.scrub(reason), told)
            raise MusterError(
                "Not forgotten: a hold keeps all until"
                f" {refused[0].until_on or 'it is ended'} ({refused[0].ground}; Art."
                " 17(3) GDPR). The refusal is on file."
            )
        if is_dry:
            _tell(environment, person, console)
            return
        request = request_id()
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
    begun = plans(environment)
    for path in begun:
        plan, person = _read(path)
        _carry_out(environment, store, held, plan, person, console)
        path.unlink()
        path.with_name(plan["request"] + DONE).unlink(missing_ok=True)
    return len(begun)


def finish_interrupted(
    environment: Environment, store: Store, held: Lease, progress: Reporter
) -> None:
    """Finish what a run that was killed began, if it can be; the caller has the lease.

    What sources deliver meanwhile is known by the list, which is written first.
    """
    begun = plans(environment)
    if begun:
        try:
            for path in begun:
                person = _read(path)[1]
                Forgotten(environment.folder).add(person.keys, person.texts)
            with locked(environment.folder), building(environment.folder):
                finish(environment, store, held, Console(quiet=True))
        except (MusterError, OSError, duckdb.Error, pa.ArrowException) as error:
            told = (
                str(error) if isinstance(error, MusterError) else type(error).__name__
            )
            progress.line(f"An erasure is not finished: {told}")


def plans(environment: Environment) -> list[Path]:
    """What was begun and is not finished."""
    return sorted((environment.folder / FOLDER).glob(f"[!.]*{PLAN}"))


def _read(path: Path) -> tuple[dict[str, Any], Person]:
    plan = json.loads(path.read_text(encoding="utf-8"))
    return plan, Person(**plan["person"])


def _told(found: Sequence[holds.Hold], person: Person) -> list[dict[str, str]]:
    return [
        {
            "kind": each.kind,
            "ground": person.scrub(each.ground),
            "until_on": each.until_on,
        }
        for each in found
    ]


def _carry_out(
    environment: Environment,
    store: Store,
    held: Lease,
    plan: dict[str, Any],
    person: Person,
    console: Console,
) -> None:
    folder, request = environment.folder, plan["request"]
    done = Done(folder / FOLDER / f"{request}{DONE}")
    scratch = folder / FOLDER / "scratch"
    shutil.rmtree(scratch, ignore_errors=True)
    Forgotten(folder).add(person.keys, person.texts)
    require_writable(environment)
    kept.drop_made(environment)
    loads, damaged = log.rewrite(log_of(folder), person, request)
    done.add("raw", REWRITTEN, loads)
    for unit in _units(folder):
        done.enter(folder, kept.rewrite(unit, folder, person, scratch))
    told_company = _rewrite_company(person)
    for path in _of_dbt():
        if is_in(path, path.parent, person):
            path.unlink()
            done.add("dbt", REMOVED)
    shutil.rmtree(scratch, ignore_errors=True)
    left_alone = [*map(folder.joinpath, LEFT_ALONE), folder / REPORTS / HANDED_IN]
    found = below(folder, person, [*left_alone, _plan(environment, request)])
    versions = []
    if not is_home(store, environment):
        _rewrite_store(environment, store, held, person, scratch, done, found)
        versions = store.drop_versions()
    shutil.rmtree(scratch, ignore_errors=True)
    if found.places:
        places = ", ".join(
            person.scrub(environments.shown(each)) for each in found.places[:5]
        )
        raise MusterError(
            f"Not yet forgotten: {len(found.places)} files hold something still"
            f" ({places}). Nobody may have them open; then run this again."
        )
    if lakes.is_kept(environment):
        lake.renew(environment, store)
    left = {
        "inboxes": len(below(folder / "inbox", person).places),
        "handed_in": len(below(folder / REPORTS / HANDED_IN, person).places),
        "company": told_company,
        "damaged": [person.scrub(each) for each in damaged],
        "versions": versions,
    }
    _enter(
        environment,
        request,
        plan["reason"],
        {
            "holds": plan["holds"],
            "identifiers": len(person.called()),
            "kept_as_shared": plan["kept_as_shared"],
            "runs": done.runs,
            "done": done.counts,
            "searched": {"files": found.files, "bytes": found.bytes, "found": 0},
            "left": left,
        },
    )
    console.print(
        f"Forgotten: {sum(done.counts.values()):,} files and loads were rewritten or"
        f" removed; {found.files:,} files, {found.bytes:,} bytes, were searched and"
        " hold nothing of it. Certificate:"
        f" {environments.shown(_place(environment, request))}.",
        soft_wrap=True,
    )
    for text in _left(plan["kept_as_shared"], left):
        console.print(text, soft_wrap=True, markup=False)
    console.print(f"Run muster build --env {environment.name}: it builds all anew.")


class Done:
    """What was rewritten and removed, also by runs that were killed.

    Args:
        path: Where it is kept until all is done: counts alone.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        told = json.loads(path.read_text()) if path.exists() else {}
        self.runs = told.get("runs", 0) + 1
        self.counts: Counter[str] = Counter(told.get("counts", {}))
        self.add("", "", 0)

    def add(self, place: str, what: str, number: int = 1) -> None:
        """Count what was done in a place."""
        if number:
            self.counts[f"{place}: {what}"] += number
        told = {"runs": self.runs, "counts": self.counts}
        write_whole(self._path, json.dumps(told))

    def enter(self, root: Path, done: kept.Done) -> None:
        """Count files that were rewritten or removed below a folder."""
        for path, what in done.items():
            top, *rest = path.relative_to(root).parts
            # What somebody put there may be called by whom it is about.
            self.add(top if rest and top in PLACES else "others", what)


def _units(folder: Path) -> Iterator[Path]:
    """What is rewritten at once: a file, or a release."""
    for top in sorted(folder.iterdir()):
        if top.is_symlink() or top.name in (*LEFT_ALONE, FOLDER, RAW):
            continue
        if top.name == RELEASES:
            yield from (each for each in top.iterdir() if not each.is_symlink())
        else:
            handed_in = folder / REPORTS / HANDED_IN
            yield from (each for each in files(top) if handed_in not in each.parents)


def _of_dbt() -> Iterator[Path]:
    """What dbt leaves in the project, where it is called without Muster."""
    yield from files(environments.PROJECT / "logs")
    target = environments.PROJECT / "target"
    for made in ("compiled", "run"):
        yield from files(target / made)
    yield from (path for path in target.glob("*") if path.is_file())


def _left(shared: dict[str, int], left: dict[str, Any]) -> list[str]:
    """What is not ours to change, or stays, a line each."""
    told = [f"{kind}: {n} of others too, or held; stays." for kind, n in shared.items()]
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
            if (after := person.scrub(text, Where.DATA)) != text:
                write_whole(path, after.removesuffix("\n"))
                told.append(path.name)
    return told


def _rewrite_store(
    environment: Environment,
    store: Store,
    held: Lease,
    person: Person,
    scratch: Path,
    done: Done,
    found: Found,
) -> None:
    """Let a store elsewhere have what is here, and rewrite what it has beside."""
    held.check()
    store.upload(environment.folder / LIST, LIST)
    mirror.push(environment, store)
    raw = log_of(environment.folder)
    known = {
        f"{RAW}/{dataset}/{file.path}"
        for dataset in (*raw.datasets(), RUNS)
        for load in raw.loads(dataset)
        for file in load.files
    }
    for key in store.keys(RAW):
        # What a run that was killed brought without a marker is in no search.
        if key.endswith(".parquet") and key not in known:
            store.delete(key)
    units: dict[str, list[str]] = {}
    for key in store.keys(""):
        top, *rest = key.split("/")
        if top not in (*LEFT_ALONE, RAW) and not key.endswith(BESIDE):
            is_release = top == RELEASES and len(rest) > 1
            units.setdefault(f"{top}/{rest[0]}" if is_release else key, []).append(key)
    for unit, keys in units.items():
        root = scratch / "store"
        for key in keys:
            store.download(key, root / key)
        changed = kept.rewrite(root / unit, root, person, scratch / "draft")
        for path, what in changed.items():
            held.check()
            _bring(store, path, path.relative_to(root).as_posix(), what)
        done.enter(root, changed)
        searched = below(root / unit, person, root=root)
        found.files += searched.files
        found.bytes += searched.bytes
        found.places += searched.places
        shutil.rmtree(root)


def _bring(store: Store, copy: Path, key: str, what: str) -> None:
    beside = copy.with_name(copy.name + BESIDE)
    if what == REMOVED:
        store.delete(key)
        store.delete(f"{key}{BESIDE}")
    elif what == REWRITTEN:
        if beside.exists():
            store.upload(beside, f"{key}{BESIDE}")
        store.upload(copy, key)


def _tell(environment: Environment, person: Person, console: Console) -> None:
    """Say where the person is, and how many files hold something."""
    folder = environment.folder
    found = below(folder, person, [folder / FOLDER])
    places = Counter(each.relative_to(folder).parts[0] for each in found.places)
    for kind, known in sorted(person.keys.items()):
        console.print(f"{kind}: {len(known)}", markup=False)
    for kind, shared in sorted(person.kept.items()):
        console.print(f"{kind}: {len(shared)} of others too; stays", markup=False)
    console.print(
        f"With {len(person.texts)} names and addresses they are in"
        f" {len(found.places):,} of {found.files:,} files:"
    )
    for place, number in sorted(places.items()):
        console.print(f"  {place}: {number:,}")
    console.print("Nothing was changed.")


def request_id() -> str:
    """The id of a request, which no other has."""
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
