"""Sources that deliver files: land, check, stage, load, remember.

Exactly once out, whatever moment a run is killed at:

1. Landed files are in the ledger (`landed`) before anything is loaded.
2. The next run lets dlt complete the loads it left behind, and marks as `loaded` the
   files whose rows are in a completed load.
3. The other landed files are staged anew. Rows of a load that was never completed do
   not count, and do not stand in the way: a batch is inserted whole, unless its first
   row is in this load or a completed one.
"""

import shutil
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from ingestion.clock import now_naive
from ingestion.columns import Column, dlt_columns, literal, quote
from ingestion.context import RunContext
from ingestion.landing import FILE_COLUMNS, FileResource, Inbox, land, open_inbox
from ingestion.operations_log import LOADED, FileRecord
from ingestion.staging import Batch, FileCount, Staged, stage, staging_folder
from ingestion.tally import Count, Fault


def load_files(
    context: RunContext, resources: Sequence[FileResource], inbox: Inbox | None = None
) -> None:
    """Load what is new in a source's inbox, and what an earlier run left landed."""
    seconds = land(context, inbox or open_inbox(context), resources)
    for name, spent in seconds.items():
        context.add(name, seconds=spent)
    if not any(context.log.unfinished(context.source, r.name) for r in resources):
        return
    pipeline = context.pipeline()
    folder = staging_folder(context)
    shutil.rmtree(folder, ignore_errors=True)
    staged = []
    for resource in resources:
        _recognise_loaded(context, resource)
        records = context.log.unfinished(context.source, resource.name)
        if records:
            staged.append(_stage(context, resource, records))
    rows = sum(s.rows for s in staged)
    started = time.monotonic()
    if rows:
        with context.progress.step(f"{context.source}: loading {rows:,} rows"):
            pipeline.run(_dlt_source(context, [s for s in staged if s.rows]))
    elapsed = time.monotonic() - started
    for done in staged:
        share = elapsed * done.rows / rows if rows else 0.0
        _finish(context, done.resource, done.files, done.counts, done.faults, share)
    shutil.rmtree(folder, ignore_errors=True)


def _stage(
    context: RunContext, resource: FileResource, records: Sequence[FileRecord]
) -> Staged:
    started = time.monotonic()
    stated = sum(record.rows or 0 for record in records)
    title = f"{context.source}.{resource.name}: checking rows"
    with context.progress.step(title, stated or None) as step:
        staged = stage(context, resource, records, step)
    context.add(resource.name, seconds=time.monotonic() - started)
    return staged


def _recognise_loaded(context: RunContext, resource: FileResource) -> None:
    """Mark as loaded the landed files whose rows are in a completed load."""
    records = {
        r.sha256: r for r in context.log.unfinished(context.source, resource.name)
    }
    if not records or not context.has_table(resource.name):
        return
    dataset = context.dataset
    cursor = context.connection.cursor()
    found = cursor.execute(
        f"select _file_sha256, count(*) from {dataset}.{quote(resource.name)}"
        f" where _dlt_load_id in (select load_id from {dataset}._dlt_loads"
        " where status = 0) and list_contains(?, _file_sha256) group by _file_sha256",
        [list(records)],
    ).fetchall()
    if not found:
        return
    rejected = context.log.rejected_counts(
        context.source, resource.name, [sha for sha, _ in found]
    )
    counts = {}
    for sha, good in found:
        bad = rejected.get(sha, 0)
        delivered = max(records[sha].rows or 0, good + bad)
        counts[sha] = FileCount(delivered, good, bad)
    files = {sha: records[sha] for sha in counts}
    told = cursor.execute(
        "select file, line, column_name, reason from raw_ops.rejected_rows"
        " where source = ? and resource = ? and list_contains(?, file_sha256)"
        " order by file, line limit 1000",
        [context.source, resource.name, list(counts)],
    ).fetchall()
    faults = [Fault(context.source, resource.name, *row) for row in told]
    _finish(context, resource, files, counts, faults, 0.0)


def _finish(
    context: RunContext,
    resource: FileResource,
    files: dict[str, FileRecord],
    counts: dict[str, FileCount],
    faults: Sequence[Fault],
    seconds: float,
) -> None:
    """Mark files as loaded and count their rows, in one transaction."""
    if not files:
        return
    whole = Count(files=len(files), seconds=seconds)
    records = []
    for sha, record in files.items():
        count = counts[sha]
        whole.delivered += count.delivered
        whole.loaded += count.good
        whole.rejected += count.rejected
        whole.already_known += count.already_known
        state = {name: getattr(record, name) for name in record.__dataclass_fields__}
        state |= {"rows": count.delivered, "status": LOADED}
        records.append(FileRecord(**state))
    context.tally.add(context.source, resource.name, **vars(whole))
    with context.log.transaction():
        context.log.write_files(records)
        instant = now_naive()
        context.log.write_count(context.source, resource.name, whole, instant, instant)
    context.tally.add_faults(faults)


def _dlt_source(context: RunContext, staged: Sequence[Staged]) -> Any:
    """A dlt source with one model job for each staged batch."""
    import dlt

    def resource_of(one: Staged) -> Any:
        def batches() -> Iterator[Any]:
            load_id = dlt.current.load_package_state()["load_id"]
            for batch in one.batches:
                model = batch.path.with_suffix(".model")
                model.write_text(
                    _model(context, one.resource, batch, load_id), encoding="utf-8"
                )
                yield dlt.mark.with_file_import(str(model), "model", batch.rows)

        columns = (*one.resource.columns, *map(Column, one.extras), *FILE_COLUMNS)
        hints: Any = dlt_columns(columns)
        return dlt.resource(
            batches,
            name=one.resource.name,
            write_disposition="append",
            columns=hints,
        )

    resources = [resource_of(one) for one in staged]
    return dlt.source(lambda: resources, name=context.source)()


def _model(
    context: RunContext, resource: FileResource, batch: Batch, load_id: str
) -> str:
    """The file of a model job: a dialect and one select, guarded against a repeat."""
    columns = ", ".join(quote(name) for name in batch.columns)
    table = f"{quote(context.dataset)}.{quote(resource.name)}"
    loads = f"{quote(context.dataset)}.{quote('_dlt_loads')}"
    return (
        "dialect: duckdb\n"
        f"select {columns} from read_parquet({literal(_posix(batch.path))})"
        f" where not exists (select 1 from {table} as present"
        f" where present._file_sha256 = {literal(batch.first_sha256)}"
        f" and present._file_line = {batch.first_line}"
        f" and (present._dlt_load_id = {literal(load_id)} or present._dlt_load_id in"
        f" (select load_id from {loads} where status = 0)))\n"
    )


def _posix(path: Path) -> str:
    return path.resolve().as_posix()
