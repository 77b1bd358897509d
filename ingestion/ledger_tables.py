"""What is kept of our own work: `raw_ops`, the ledger, and `raw_runs`, its runs.

Both are datasets of the log. Of a company's figures nothing is made from either but
when a source was delivered; what watches the warehouse is made from both.
"""

import pyarrow as pa

from ingestion.columns import Column

DATASET = "raw_ops"

RUNS = "raw_runs"
"""What runs did: `Log.datasets` leaves it out, since its loss loses no figure."""

LANDED, LOADED, KNOWN, QUARANTINED = (
    "landed",
    "loaded",
    "already_known",
    "quarantined",
)


def _columns(text: str) -> tuple[Column, ...]:
    words = (f"{each} text".split() for each in text.split(","))
    return tuple(Column(name, kind) for name, kind, *_ in words)


TABLES = {
    # One row per file and change of status; the newest row of a file is its state.
    "landed_files": _columns(
        "source, resource, inbox_path, inbox_version, landing_path, sha256,"
        "bytes bigint, rows bigint, received_at timestamp, status, reason, run_id,"
        "recorded_at timestamp"
    ),
    # Rows and values that did not fit: file, line, column, reason. Row texts may be
    # personal.
    "rejected_rows": _columns(
        "source, resource, file, file_sha256, line bigint, column_name, reason,"
        "row_text, run_id, recorded_at timestamp"
    ),
    # Rows per run, source and resource, to be added up.
    "load_counts": _columns(
        "run_id, source, resource, files bigint, delivered bigint, loaded bigint,"
        "rejected bigint, quarantined bigint, already_known bigint, seconds double,"
        "started_at timestamp, finished_at timestamp, rejected_values bigint,"
        "incomplete bigint"
    ),
    # The index, one row per completed load: see ingestion/index.py.
    "completed_loads": _columns(
        "dataset, load_id, rows bigint, sha256, marker, run_id, recorded_at timestamp"
    ),
    # Columns that a source began to deliver, or a declared one it left out.
    "schema_changes": _columns(
        "source, resource, column_name, change, run_id, recorded_at timestamp"
    ),
}

RUN_TABLES = {
    # One row as a run begins, one as it ends: a run that was killed has the first
    # alone, until the next on its machine sees that its process is gone.
    "run_events": _columns(
        "run_id, command, event, recorded_at timestamp, observed_at timestamp, outcome,"
        "cause, host,"
        "process bigint, revision, release_id, peak_memory_bytes bigint,"
        "memory_limit_bytes bigint, free_disk_bytes bigint, disk_bytes bigint"
    ),
    # What dbt did to a node in a run; what it left as it was is not there. `keys` are
    # some of the rows that a test found, by what tells them apart and is nobody's.
    "node_results": _columns(
        "run_id, unique_id, node, resource_type, status, seconds double,"
        "failures bigint, keys, recorded_at timestamp"
    ),
    # What a run looked at beside dbt: the audit of a release, the log, the sinks.
    "checks": _columns(
        "run_id, check_name, subject, outcome, detail, recorded_at timestamp"
    ),
    # How long dlt took to extract, normalize and load what it read of a source, in how
    # many runs of its own; files go by no such steps.
    "load_steps": _columns(
        "run_id, source, step, runs bigint, failures bigint, seconds double,"
        "recorded_at timestamp"
    ),
    # How many records a build did not take as they are, and of how many in 100.
    "set_aside_counts": _columns(
        "run_id, rule, source, resource, records bigint, share_pct double,"
        "largest_share_pct double, recorded_at timestamp"
    ),
    # What became of an incident, and whom it was told: see operations/monitoring.
    "incident_events": _columns(
        "run_id, incident_id, check_name, subject, severity, owner, event, detail,"
        "runbook, sink, ticket, recorded_at timestamp"
    ),
}

ARROW = {
    "text": pa.string(),
    "bigint": pa.int64(),
    "double": pa.float64(),
    "timestamp": pa.timestamp("us"),
}
"""Arrow's type of each of these columns."""
