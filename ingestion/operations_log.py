"""`raw_ops`: what was delivered, what became of it, what was rejected and why.

Our own tables in `raw.duckdb`, written in plain DuckDB transactions, never by dlt. Each
event and its counts are written together, so the identity

    delivered = loaded + rejected + quarantined + already_known

holds over `load_counts` at any moment, also after a run that was killed.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

import duckdb
import pyarrow as pa

from ingestion.clock import now_naive
from ingestion.tally import Count

LANDED, LOADED, KNOWN, QUARANTINED = (
    "landed",
    "loaded",
    "already_known",
    "quarantined",
)

_TABLES = """
create schema if not exists raw_ops;
create table if not exists raw_ops.landed_files (
    source varchar, resource varchar, inbox_path varchar, inbox_version varchar,
    landing_path varchar, sha256 varchar, bytes bigint, rows bigint,
    received_at timestamp, status varchar, reason varchar, run_id varchar,
    recorded_at timestamp
);
create table if not exists raw_ops.rejected_rows (
    source varchar, resource varchar, file varchar, file_sha256 varchar, line bigint,
    column_name varchar, reason varchar, row_text varchar, run_id varchar,
    recorded_at timestamp
);
create table if not exists raw_ops.load_counts (
    run_id varchar, source varchar, resource varchar, files bigint, delivered bigint,
    loaded bigint, rejected bigint, quarantined bigint, already_known bigint,
    seconds double, started_at timestamp, finished_at timestamp
);
create table if not exists raw_ops.schema_changes (
    source varchar, resource varchar, column_name varchar, change varchar,
    run_id varchar, recorded_at timestamp
);
comment on table raw_ops.landed_files is
    'One row per file and change of status; the newest row of a file is its state.';
comment on table raw_ops.rejected_rows is
    'Rows that did not fit: file, line, column and reason. Row texts may be personal.';
comment on table raw_ops.load_counts is
    'Rows per run, source and resource. delivered = loaded + rejected + quarantined'
    ' + already_known.';
comment on table raw_ops.schema_changes is
    'Columns that a source began to deliver, or a declared one it left out.';
"""

_FILE_SCHEMA = pa.schema(
    [
        ("source", pa.string()),
        ("resource", pa.string()),
        ("inbox_path", pa.string()),
        ("inbox_version", pa.string()),
        ("landing_path", pa.string()),
        ("sha256", pa.string()),
        ("bytes", pa.int64()),
        ("rows", pa.int64()),
        ("received_at", pa.timestamp("us")),
        ("status", pa.string()),
        ("reason", pa.string()),
    ]
)

REJECTED_SCHEMA = pa.schema(
    [
        ("file", pa.string()),
        ("file_sha256", pa.string()),
        ("line", pa.int64()),
        ("column_name", pa.string()),
        ("reason", pa.string()),
        ("row_text", pa.string()),
    ]
)


@dataclass(frozen=True)
class FileRecord:
    """The state of a delivered file. `rows` is None while it is not known."""

    source: str
    resource: str
    inbox_path: str
    inbox_version: str
    landing_path: str
    sha256: str
    bytes: int
    rows: int | None
    received_at: datetime
    status: str
    reason: str | None = None


class OperationsLog:
    """The `raw_ops` tables of one environment, in one run.

    Args:
        connection: An open connection to `raw.duckdb`.
        run_id: The run that writes.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, run_id: str) -> None:
        self._connection = connection.cursor()
        self._run_id = run_id
        self._connection.execute(_TABLES)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All that is written inside is committed together, or not at all."""
        self._connection.execute("begin")
        try:
            yield
        except BaseException:
            self._connection.execute("rollback")
            raise
        self._connection.execute("commit")

    def write_files(self, records: Sequence[FileRecord]) -> None:
        """Append states of files."""
        if not records:
            return
        rows = [
            {name: getattr(r, name) for name in _FILE_SCHEMA.names} for r in records
        ]
        self._insert("landed_files", pa.Table.from_pylist(rows, _FILE_SCHEMA))

    def write_rejected(self, source: str, resource: str, rows: pa.Table) -> None:
        """Remember rejected rows, once: the same file and line is written once only.

        Args:
            source: The source.
            resource: The resource.
            rows: As `REJECTED_SCHEMA`.
        """
        if not len(rows):
            return
        rows = rows.cast(REJECTED_SCHEMA)
        self._connection.register("_rows", rows)
        self._connection.execute(
            "insert into raw_ops.rejected_rows"
            " select $source, $resource, n.file, n.file_sha256, n.line, n.column_name,"
            " n.reason, n.row_text, $run_id, $now from _rows as n"
            " where not exists (select 1 from raw_ops.rejected_rows as o"
            "  where o.source = $source and o.resource = $resource"
            "  and o.file_sha256 is not distinct from n.file_sha256"
            "  and o.line is not distinct from n.line"
            "  and o.column_name is not distinct from n.column_name"
            "  and o.reason is not distinct from n.reason"
            "  and o.row_text is not distinct from n.row_text)",
            {
                "source": source,
                "resource": resource,
                "run_id": self._run_id,
                "now": now_naive(),
            },
        )
        self._connection.unregister("_rows")

    def write_count(
        self,
        source: str,
        resource: str,
        count: Count,
        started_at: datetime,
        finished_at: datetime,
    ) -> None:
        """Add to the counts of this run's resource."""
        key = [self._run_id, source, resource]
        numbers = [
            count.files,
            count.delivered,
            count.loaded,
            count.rejected,
            count.quarantined,
            count.already_known,
            count.seconds,
        ]
        changed = self._connection.execute(
            "update raw_ops.load_counts set files = files + ?,"
            " delivered = delivered + ?, loaded = loaded + ?, rejected = rejected + ?,"
            " quarantined = quarantined + ?, already_known = already_known + ?,"
            " seconds = seconds + ?, finished_at = ?"
            " where run_id = ? and source = ? and resource = ?",
            [*numbers, finished_at, *key],
        ).fetchone()
        if not changed or not changed[0]:
            self._connection.execute(
                "insert into raw_ops.load_counts values"
                " (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [*key, *numbers, started_at, finished_at],
            )

    def write_schema_changes(
        self, source: str, resource: str, columns: Iterable[str], change: str
    ) -> list[str]:
        """Remember changed columns; returns those that were not known yet."""
        known = {
            str(row[0])
            for row in self._connection.execute(
                "select column_name from raw_ops.schema_changes"
                " where source = ? and resource = ? and change = ?",
                [source, resource, change],
            ).fetchall()
        }
        fresh = [name for name in columns if name not in known]
        for name in fresh:
            self._connection.execute(
                "insert into raw_ops.schema_changes values (?, ?, ?, ?, ?, ?)",
                [source, resource, name, change, self._run_id, now_naive()],
            )
        return fresh

    def added_columns(self, source: str, resource: str) -> list[str]:
        """Undeclared columns that the source has delivered so far, in order."""
        rows = self._connection.execute(
            "select column_name from raw_ops.schema_changes"
            " where source = ? and resource = ? and change = 'added'"
            " order by recorded_at, column_name",
            [source, resource],
        ).fetchall()
        return [str(row[0]) for row in rows]

    def seen_versions(self, source: str) -> dict[str, str]:
        """Inbox path to the version (size and time) in which it was last examined."""
        rows = self._connection.execute(
            "select inbox_path, arg_max(inbox_version, rowid) from raw_ops.landed_files"
            " where source = ? group by inbox_path",
            [source],
        ).fetchall()
        return {str(path): str(version) for path, version in rows}

    def known_contents(self, source: str) -> dict[tuple[str, str], str]:
        """(resource, sha256) of contents landed or loaded before, with their path."""
        rows = self._connection.execute(
            "select resource, sha256, any_value(landing_path) from raw_ops.landed_files"
            f" where source = ? and status in ('{LANDED}', '{LOADED}')"
            " group by resource, sha256",
            [source],
        ).fetchall()
        return {(str(r), str(s)): str(p) for r, s, p in rows}

    def unfinished(self, source: str, resource: str) -> list[FileRecord]:
        """Files landed and neither loaded nor quarantined since, oldest first."""
        rows = self._connection.execute(
            "with states as (select *, rowid as position, row_number() over ("
            "  partition by source, resource, sha256 order by rowid desc) as recency"
            "  from raw_ops.landed_files"
            f"  where status <> '{KNOWN}' and source = ? and resource = ?)"
            f" select {', '.join(_FILE_SCHEMA.names)} from states"
            f" where recency = 1 and status = '{LANDED}' order by position",
            [source, resource],
        ).fetchall()
        return [FileRecord(*row) for row in rows]

    def rejected_counts(
        self, source: str, resource: str, shas: Sequence[str]
    ) -> dict[str, int]:
        """Rejected rows by file."""
        rows = self._connection.execute(
            "select file_sha256, count(*) from raw_ops.rejected_rows"
            " where source = ? and resource = ? and list_contains(?, file_sha256)"
            " group by file_sha256",
            [source, resource, list(shas)],
        ).fetchall()
        return {str(sha): int(count) for sha, count in rows}

    def _insert(self, table: str, rows: pa.Table) -> None:
        self._connection.register("_rows", rows)
        self._connection.execute(
            f"insert into raw_ops.{table} select *, $run_id, $now from _rows",
            {"run_id": self._run_id, "now": now_naive()},
        )
        self._connection.unregister("_rows")
