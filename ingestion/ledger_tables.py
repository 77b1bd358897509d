"""What the tables of the ledger hold: `raw_ops`, a dataset of the log."""

import pyarrow as pa

from ingestion.columns import Column

DATASET = "raw_ops"

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

ARROW = {
    "text": pa.string(),
    "bigint": pa.int64(),
    "double": pa.float64(),
    "timestamp": pa.timestamp("us"),
}
"""Arrow's type of each of these columns."""
