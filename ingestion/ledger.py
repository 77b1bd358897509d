"""`raw_ops`: what was delivered, what became of it, what was rejected and why.

Tables of the log like any other, appended in small loads of their own. Each event and
its counts are one load, so the identity

    delivered = loaded + rejected + quarantined + already_known

holds over `load_counts` at any moment, also after a run that was killed.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import astuple, dataclass
from datetime import datetime
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from ingestion import index
from ingestion.clock import now_naive
from ingestion.ledger_tables import ARROW, DATASET, KNOWN, LANDED, TABLES
from ingestion.log import Log
from ingestion.tally import Count

_READ = ("landed_files", "schema_changes")
"""The tables that a run reads as it has written them."""

_SCHEMAS = {
    table: pa.schema([(column.name, ARROW[column.type]) for column in columns])
    for table, columns in TABLES.items()
}

REJECTED_SCHEMA = pa.schema([*_SCHEMAS["rejected_rows"]][2:8])


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


class Ledger:
    """The `raw_ops` tables of one environment, in one run.

    What is written is read at once and is durable when a transaction ends, or with
    `flush`.

    Args:
        connection: An open connection on which the log is shown.
        run_id: The run that writes.
        log: The log.
    """

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, run_id: str, log: Log
    ) -> None:
        self._connection = connection.cursor()
        self._run_id = run_id
        self._log = log
        self._loads = 0
        self._pending: dict[str, list[tuple[Any, ...]]] = {}
        self._rejected: list[pa.Table] = []
        for table in _READ:
            self._connection.execute(
                f"create or replace table raw_ops._{table} as"
                f" select * exclude (_dlt_load_id) from raw_ops.{table}"
            )

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All that is written inside is in the log together, or not at all."""
        before = {table: len(rows) for table, rows in self._pending.items()}
        try:
            yield
        except BaseException:
            self._rejected = []
            for table, rows in self._pending.items():
                del rows[before.get(table, 0) :]
            raise
        self.flush()

    def flush(self) -> None:
        """Append what was written so far to the log, as one load."""
        tables = {
            table: _table(table, rows) for table, rows in self._pending.items() if rows
        }
        if self._rejected:
            tables["rejected_rows"] = pa.concat_tables(self._rejected)
        if not tables:
            return
        self._loads += 1
        with self._log.write(DATASET, f"{self._run_id}-{self._loads:06}") as load:
            for table, rows in tables.items():
                pq.write_table(rows, load.path(table), compression="zstd")
        self._pending, self._rejected = {}, []
        if "rejected_rows" in tables:
            self._log.show(self._connection, datasets=[DATASET])

    def write_files(self, records: Sequence[FileRecord]) -> None:
        """Append states of files."""
        self._write(
            "landed_files", [(*astuple(r), self._run_id, now_naive()) for r in records]
        )

    def write_rejected(self, source: str, resource: str, rows: pa.Table) -> None:
        """Remember rejected rows, as `REJECTED_SCHEMA`; the same is written once."""
        if not len(rows):
            return
        self._connection.register("_rows", rows.cast(REJECTED_SCHEMA))
        fresh = self._connection.execute(
            "select $source as source, $resource as resource, n.file, n.file_sha256,"
            " n.line, n.column_name, n.reason, n.row_text, $run_id as run_id,"
            " cast($now as timestamp) as recorded_at from _rows as n"
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
        ).to_arrow_table()
        self._connection.unregister("_rows")
        if len(fresh):
            self._rejected.append(fresh.cast(_SCHEMAS["rejected_rows"]))

    def write_count(self, source: str, resource: str, count: Count) -> None:
        """Add to the counts of this run's resource."""
        instant, numbers = now_naive(), astuple(count)
        row = (*numbers[:7], instant, instant, *numbers[7:])
        self._write("load_counts", [(self._run_id, source, resource, *row)])

    def write_schema_changes(
        self, source: str, resource: str, columns: Iterable[str], change: str
    ) -> list[str]:
        """Remember changed columns; returns those that were not known yet."""
        rows = self._connection.execute(
            "select column_name from raw_ops._schema_changes"
            " where source = ? and resource = ? and change = ?",
            [source, resource, change],
        ).fetchall()
        known = {name for (name,) in rows}
        fresh = [name for name in columns if name not in known]
        self._write(
            "schema_changes",
            [
                (source, resource, name, change, self._run_id, now_naive())
                for name in fresh
            ],
        )
        return fresh

    def write_loads(self) -> None:
        """Enter the completed loads that are in no index yet, if there is one to tell.

        Nothing is entered where the only ones are the ledger's own: each time there
        would be one more.
        """
        rows = self._connection.execute(
            f"select dataset, load_id from {DATASET}.{index.TABLE}"
        ).fetchall()
        found = index.unrecorded(self._log, {(d, load_id) for d, load_id in rows})
        if any(dataset != DATASET for dataset, *_ in found) or self._pending:
            self._write(
                index.TABLE, [(*each, self._run_id, now_naive()) for each in found]
            )

    def seen_versions(self, source: str) -> dict[tuple[str, str], str]:
        """Resource and inbox path to the version (size and time) last examined."""
        rows = self._connection.execute(
            "select resource, inbox_path, arg_max(inbox_version, rowid)"
            " from raw_ops._landed_files where source = ? group by all",
            [source],
        ).fetchall()
        return {(str(name), str(path)): str(version) for name, path, version in rows}

    def contents(self, source: str) -> dict[tuple[str, str], FileRecord]:
        """(resource, sha256) of all contents ever delivered, to their newest states."""
        found = self._states(source)
        return {(record.resource, record.sha256): record for record in found}

    def unfinished(self, source: str, resource: str) -> list[FileRecord]:
        """Files landed and neither loaded nor quarantined since, oldest first."""
        return self._states(
            source, " and resource = ? and status = ?", resource, LANDED
        )

    def _states(self, source: str, such: str = "", *given: str) -> list[FileRecord]:
        names = ", ".join(FileRecord.__dataclass_fields__)
        rows = self._connection.execute(
            "with states as (select *, rowid as position, row_number() over ("
            "  partition by source, resource, sha256 order by rowid desc) as recency"
            "  from raw_ops._landed_files where status <> ? and source = ?)"
            f" select {names} from states where recency = 1{such} order by position",
            [KNOWN, source, *given],
        ).fetchall()
        return [FileRecord(*row) for row in rows]

    def _write(self, table: str, rows: list[tuple[Any, ...]]) -> None:
        if not rows:
            return
        self._pending.setdefault(table, []).extend(rows)
        if table in _READ:
            self._connection.register("_rows", _table(table, rows))
            self._connection.execute(f"insert into raw_ops._{table} from _rows")
            self._connection.unregister("_rows")


def _table(table: str, rows: Sequence[tuple[Any, ...]]) -> pa.Table:
    schema = _SCHEMAS[table]
    columns = zip(*rows, strict=True)
    return pa.table(
        [pa.array(c, f.type) for c, f in zip(columns, schema, strict=True)],
        schema=schema,
    )
