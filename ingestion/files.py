"""Sources that deliver files: land, type, remember.

Exactly once out, whatever moment a run is killed at:

1. Landed files are in the ledger (`landed`) before anything is loaded.
2. Their rows are written to the log at once, as a load whose marker comes last and says
   what became of each file.
3. The next run marks as `loaded` the files that a completed load speaks of, and reads
   the others anew. Of those it reads again what was rejected, where the ledger that
   told of it went with a machine.
"""

import shutil
import time
from collections import Counter
from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import duckdb

from environment.progress import Step
from ingestion.context import RunContext
from ingestion.erasure.files import admit
from ingestion.erasure.forgotten import Forgotten
from ingestion.erasure.personal import INBOX_PATH
from ingestion.landing import (
    Admission,
    FileResource,
    Inbox,
    Landing,
    land,
    open_inbox,
    quarantine_landed,
    settle_again,
)
from ingestion.ledger import FileRecord
from ingestion.ledger_tables import LOADED
from ingestion.log import Draft, Log
from ingestion.readers import FileFaultError
from ingestion.staging import FileCount, Staged, stage
from ingestion.tally import Count, Fault

MOST_TOLD = 1000
"""Rejected rows and values of files that an earlier run loaded, to be shown."""

Waiting = tuple[FileResource, Sequence[FileRecord]]


def load_files(
    context: RunContext, resources: Sequence[FileResource], *inboxes: Inbox
) -> None:
    """Load what is new in a source's inboxes, and what an earlier run left landed.

    Args:
        context: The run.
        resources: All that the source has.
        inboxes: Where files wait; where its settings say by default.
    """
    landing = Landing()
    forgotten = Forgotten(context.folder)

    def admitted(path: Path, resource: FileResource | None) -> Path:
        if not forgotten:
            return path
        return admit(path, context.source, resource, forgotten)

    def called(path: str) -> str:
        return forgotten.find(INBOX_PATH, path) or path

    admission = Admission(admitted, called, is_kept_again=not forgotten)
    for inbox in inboxes or (open_inbox(context),):
        landed = land(context, inbox, resources, admission)
        landing.fresh |= landed.fresh
        landing.again += landed.again
        for name, spent in landed.seconds.items():
            context.add(name, Count(seconds=spent))
    if not any(context.log.unfinished(context.source, r.name) for r in resources):
        return
    context.raw.sweep(context.dataset)
    for resource in resources:
        _recognise_loaded(context, resource, landing.fresh)
    waiting = [
        (resource, records)
        for resource in resources
        if (records := context.log.unfinished(context.source, resource.name))
    ]
    for each in _rounds(waiting):
        try:
            _load(context, each, landing.fresh)
        except duckdb.OutOfMemoryException:
            _load_apart(context, each, landing.fresh)
    settle_again(context, landing.again)


def _rounds(waiting: Sequence[Waiting]) -> list[list[Waiting]]:
    """What is loaded together: no file beside one that it takes the place of."""
    rounds: list[list[Waiting]] = []
    for resource, records in waiting:
        turns: list[list[FileRecord]] = []
        taken: Counter[str] = Counter()
        for record in records:
            group = _group(resource, record)
            turn = taken[group] if resource.is_whole else 0
            taken[group] += 1
            turns += [[]] if turn == len(turns) else []
            turns[turn].append(record)
        for turn, some in enumerate(turns):
            rounds += [[]] if turn == len(rounds) else []
            rounds[turn].append((resource, some))
    return rounds


def _group(resource: FileResource, record: FileRecord) -> str:
    return resource.group(record.inbox_path.rpartition("/")[2])


def _load(
    context: RunContext,
    waiting: Sequence[Waiting],
    fresh: Collection[str],
) -> None:
    """Load files as one load."""
    with context.raw.write(context.dataset) as draft:
        staged = [
            _stage(context, resource, records, draft, fresh)
            for resource, records in waiting
        ]
        draft.delivered += [
            {"resource": done.resource.name, "sha256": sha, **vars(count)}
            for done in staged
            for sha, count in done.counts.items()
        ]
    context.show()
    for done in staged:
        _finish(context, done.resource, done.files, done.counts, done.faults)


def _load_apart(
    context: RunContext, waiting: Sequence[Waiting], fresh: Collection[str]
) -> None:
    """Load files one by one; what memory cannot hold even so goes to quarantine."""
    for resource, records in waiting:
        for record in records:
            try:
                _load(context, [(resource, [record])], fresh)
            except duckdb.OutOfMemoryException:
                reason = (
                    "reading it needs more memory than there is; ask for it with"
                    " fewer fields in a record"
                )
                quarantine_landed(context, record, record.rows or 0, reason)


def _stage(
    context: RunContext,
    resource: FileResource,
    records: Sequence[FileRecord],
    draft: Draft,
    fresh: Collection[str],
) -> Staged:
    started = time.monotonic()
    stated = sum(record.rows or 0 for record in records)
    title = f"{context.source}.{resource.name}: loading rows"
    with context.progress.step(title, stated or None) as step:
        staged = stage(context, resource, records, draft, step, fresh)
    context.add(resource.name, Count(seconds=time.monotonic() - started))
    return staged


def _recognise_loaded(
    context: RunContext, resource: FileResource, fresh: Collection[str]
) -> None:
    """Mark as loaded the landed files of which a completed load speaks."""
    records = context.log.unfinished(context.source, resource.name)
    loads = context.raw.completed(context.dataset)
    if resource.is_whole:
        # The same content may be loaded again; but the first that waits was loaded if
        # at all in the last load, since those it replaces are loaded before, in order.
        first = {_group(resource, record): record for record in reversed(records)}
        records, loads = [*first.values()], loads[-1:]
    known = {
        each["sha256"]: each
        for load in loads
        for each in load.delivered
        if each["resource"] == resource.name
    }
    files, counts = {}, {}
    for record in records:
        found = known.get(record.sha256)
        if found:
            files[record.sha256] = record
            counts[record.sha256] = FileCount(
                found["delivered"], found["good"], found["rejected"]
            )
    faults = _told(context, resource, list(counts)) if counts else []
    lines = {(each.file, each.line) for each in faults}
    rejected = sum(count.rejected for count in counts.values())
    is_new = any(sha in fresh for sha in files)
    if is_new or len(lines) < min(rejected, MOST_TOLD):
        _reject_again(context, resource, [*files.values()], fresh)
        faults = _told(context, resource, list(counts))
    _finish(context, resource, files, counts, faults)


def _reject_again(
    context: RunContext,
    resource: FileResource,
    records: Sequence[FileRecord],
    fresh: Collection[str],
) -> None:
    """Read files that are loaded for what was rejected of them alone."""
    scratch = context.folder / "landing" / ".again"
    shutil.rmtree(scratch, ignore_errors=True)
    try:
        with suppress(FileFaultError), Log(scratch).write(context.dataset) as draft:
            stage(context, resource, records, draft, Step(), fresh, again=True)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _told(context: RunContext, resource: FileResource, shas: list[str]) -> list[Fault]:
    """The first of the rejected rows of files, as the ledger has them."""
    rows = context.connection.execute(
        "select file, line, column_name, reason from raw_ops.rejected_rows"
        " where source = ? and resource = ? and list_contains(?, file_sha256)"
        f" order by file, line limit {MOST_TOLD}",
        [context.source, resource.name, shas],
    ).fetchall()
    return [Fault(context.source, resource.name, *row) for row in rows]


def _finish(
    context: RunContext,
    resource: FileResource,
    files: dict[str, FileRecord],
    counts: dict[str, FileCount],
    faults: Sequence[Fault],
) -> None:
    """Mark files as loaded and count their rows, in one transaction."""
    if not files:
        return
    whole = Count(files=len(files))
    records = []
    for sha, record in files.items():
        count = counts[sha]
        whole.delivered += count.delivered
        whole.loaded += count.good
        whole.rejected += count.rejected
        whole.already_known += count.already_known
        records.append(replace(record, rows=count.delivered, status=LOADED))
    context.tally.add(context.source, resource.name, whole)
    with context.log.transaction():
        context.log.write_files(records)
        context.log.write_count(context.source, resource.name, whole)
    context.tally.add_faults(faults)
