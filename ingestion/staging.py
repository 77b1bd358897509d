"""Landed files, typed and split: what fits as Parquet, what does not as rejected rows.

Each batch of files is parsed once, in DuckDB, into a file of the log.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import duckdb
import pyarrow as pa

from ingestion.columns import (
    literal,
    quote,
    reject_column,
    reject_reason,
    typed_select,
)
from ingestion.context import RunContext, faults
from ingestion.landing import (
    FileResource,
    field_name,
    landed_path,
    quarantine_landed,
)
from ingestion.log import Draft
from ingestion.operations_log import REJECTED_SCHEMA, FileRecord
from ingestion.progress import Step
from ingestion.readers import Block, FileFaultError
from ingestion.tally import Fault

BATCH_BYTES = 48 << 20
ROW_TEXT_CHARACTERS = 4000

Header = tuple[str, ...] | None


@dataclass
class FileCount:
    """What became of one file's rows."""

    delivered: int = 0
    good: int = 0
    rejected: int = 0

    @property
    def already_known(self) -> int:
        """Rows left out because an equal one was loaded before."""
        return self.delivered - self.good - self.rejected


@dataclass
class Staged:
    """What became of a resource's new files."""

    resource: FileResource
    files: dict[str, FileRecord] = field(default_factory=dict)
    counts: dict[str, FileCount] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)


def stage(
    context: RunContext,
    resource: FileResource,
    records: Sequence[FileRecord],
    draft: Draft,
    step: Step,
) -> Staged:
    """Parse landed files into Parquet files of a load, and rejected rows.

    Rejected rows are durable when this returns. A file whose landed copy no longer has
    its content goes to quarantine.
    """
    staged = Staged(resource)
    worker = _Worker(context, resource, staged, draft)
    for record in records:
        staged.files[record.sha256] = record
        staged.counts[record.sha256] = FileCount()
        try:
            _verify(context, record)
            for block in resource.read(landed_path(context, record)):
                worker.take(record, block)
                step.advance(len(block.table))
        except FileFaultError as fault:
            quarantine_landed(context, record, str(fault))
            staged.files.pop(record.sha256)
            staged.counts.pop(record.sha256)
    worker.finish()
    return staged


def _verify(context: RunContext, record: FileRecord) -> None:
    path = landed_path(context, record)
    if not path.exists():
        message = "the landed copy is gone; deliver the file again"
        raise FileFaultError(message)
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if digest != record.sha256:
        message = "the landed copy is damaged; deliver the file again"
        raise FileFaultError(message)


@dataclass
class _Pending:
    tables: list[Any] = field(default_factory=list)
    size: int = 0


class _Worker:
    """Gathers blocks of files with the same header, and types them batch by batch."""

    def __init__(
        self,
        context: RunContext,
        resource: FileResource,
        staged: Staged,
        draft: Draft,
    ) -> None:
        self._context = context
        self._resource = resource
        self._staged = staged
        self._draft = draft
        self._pending: dict[Header, _Pending] = {}
        self._numbers: dict[str, int] = {}
        self._records: list[FileRecord] = []
        self._cursor: duckdb.DuckDBPyConnection = context.connection.cursor()
        if resource.known_by:
            self._cursor.execute(
                "create or replace temp table _staged_keys"
                f" ({', '.join(f'{quote(c)} varchar' for c in resource.known_by)})"
            )

    def take(self, record: FileRecord, block: Block) -> None:
        if record.sha256 not in self._numbers:
            self._numbers[record.sha256] = len(self._records)
            self._records.append(record)
        number = self._numbers[record.sha256]
        rows = len(block.table)
        self._staged.counts[record.sha256].delivered += rows
        if not rows:
            return
        numbered = block.table.append_column(
            "file_number", pa.array([number] * rows, pa.int32())
        )
        pending = self._pending.setdefault(block.header, _Pending())
        pending.tables.append(numbered)
        pending.size += numbered.nbytes
        if pending.size >= BATCH_BYTES:
            self._pending.pop(block.header)
            self._stage(block.header, pending)

    def finish(self) -> None:
        for header, pending in self._pending.items():
            self._stage(header, pending)
        self._pending = {}
        self._cursor.close()

    def _stage(self, header: Header, pending: _Pending) -> None:
        if not pending.tables:
            return
        self._cursor.register("_block", pa.concat_tables(pending.tables))
        self._cursor.register("_files", self._file_table())
        if header is None:
            self._prepare_json()
        else:
            self._prepare_csv(header)
        passing = ["file_number", "line", "text", "problem", *map(quote, self._present)]
        query = typed_select(self._resource.columns, "_prepared", ", ".join(passing))
        fault = "case when problem is null then _fault else -1 end"
        self._cursor.execute(
            "create or replace temp table _typed as select * exclude (_fault, text),"
            f" {fault} as _fault, case when {fault} <> 0"
            f" then left(text, {ROW_TEXT_CHARACTERS}) end as row_text from ({query})"
        )
        self._cursor.unregister("_block")
        self._drop_known()
        self._write_rejected()
        self._write_good()
        self._cursor.execute("drop table _typed")
        self._cursor.execute("drop view if exists _prepared")
        self._cursor.unregister("_files")

    def _file_table(self) -> pa.Table:
        return pa.table(
            {
                "file_number": pa.array(range(len(self._records)), pa.int32()),
                "sha256": [r.sha256 for r in self._records],
                "name": [r.inbox_path for r in self._records],
            }
        )

    def _prepare_json(self) -> None:
        """View `_prepared` over JSON lines: declared columns and extras as text."""
        declared = [c.field for c in self._resource.columns]
        fields = list(dict.fromkeys(declared))
        extras = self._new_keys(fields) if self._resource.takes_extras else {}
        paths = [*fields, *extras.values()]
        pointers = ", ".join(literal("/" + _pointer(p)) for p in paths)
        places = {name: i + 1 for i, name in enumerate(paths)}
        values = [
            f"_values[{places[c.field]}] as {quote(c.name)}"
            for c in self._resource.columns
        ]
        values += [f"_values[{places[key]}] as {quote(n)}" for n, key in extras.items()]
        self._present = list(extras)
        self._cursor.execute(
            "create or replace temp view _prepared as select file_number, line, text,"
            " case when _values is null then 'not valid JSON'"
            " when text >= '{' and text < '|' then null"
            " when json_type(text) <> 'OBJECT' then 'not a JSON object' end as problem,"
            f" {', '.join(values)}"
            " from (select *, case when json_valid(text)"
            f" then json_extract_string(text, [{pointers}]) end as _values from _block)"
        )

    def _new_keys(self, fields: Sequence[str]) -> dict[str, str]:
        rows = self._cursor.execute(
            "select distinct unnest(keys) from (select distinct json_keys(text) as keys"
            " from _block where case when json_valid(text)"
            " then text >= '{' and text < '|' or json_type(text) = 'OBJECT' end)"
            " order by 1"
        ).fetchall()
        return self._name_extras([str(row[0]) for row in rows], fields)

    def _prepare_csv(self, header: tuple[str, ...]) -> None:
        """View `_prepared` over CSV rows: declared columns and extras as text."""
        places = {field_name(f): i + 1 for i, f in enumerate(header) if field_name(f)}
        declared = [field_name(c.field) for c in self._resource.columns]
        values = [
            f"nullif(fields[{places[name]}], '') as {quote(c.name)}"
            if name in places
            else f"cast(null as varchar) as {quote(c.name)}"
            for c, name in zip(self._resource.columns, declared, strict=True)
        ]
        extras: dict[str, str] = {}
        if self._resource.takes_extras:
            extras = self._name_extras(places, declared)
            values += [
                f"nullif(fields[{places[key]}], '') as {quote(name)}"
                for name, key in extras.items()
            ]
        self._present = list(extras)
        missing = [n for n in declared if n not in places]
        self._report_changes(missing, "absent")
        self._cursor.execute(
            "create or replace temp view _prepared as select file_number, line, text,"
            " case when problem is not null then problem"
            f" when len(fields) <> {len(header)} then 'has ' || len(fields) ||"
            f" ' fields, the header {len(header)}' end as problem,"
            f" {', '.join(values)} from _block"
        )

    def _name_extras(
        self, fields: Iterable[str], declared: Sequence[str]
    ) -> dict[str, str]:
        """Column name to field, of the fields that are not declared."""
        taken = {c.name for c in self._resource.columns}
        extras: dict[str, str] = {}
        for key in fields:
            if key in declared:
                continue
            name = base = field_name(key) or "unnamed"
            number = 2
            while name in taken or name in extras:
                name = f"{base}_{number}"
                number += 1
            extras[name] = key
        self._report_changes(extras, "added")
        return extras

    def _report_changes(self, columns: Iterable[str], change: str) -> None:
        with self._context.log.transaction():
            fresh = self._context.log.write_schema_changes(
                self._context.source, self._resource.name, columns, change
            )
        words = {"added": "new column", "absent": "declared column left out:"}
        self._context.tally.notes.extend(
            f"{self._context.source}.{self._resource.name}: {words[change]} {name}"
            for name in fresh
        )

    def _drop_known(self) -> None:
        """Mark the rows that were loaded, or staged in this run, before."""
        keys = self._resource.known_by
        if not keys:
            return
        names = ", ".join(map(quote, keys))
        texts = ", ".join(f"cast({quote(c)} as varchar)" for c in keys)
        known = (
            f"({names}) in (select ({names})"
            f" from {self._context.dataset}.{quote(self._resource.name)})"
        )
        self._cursor.execute(
            "create or replace temp table _typed as select * replace"
            f" (case when _fault = 0 and ({known} or ({texts}) in"
            f" (select ({names}) from _staged_keys)"
            f" or row_number() over (partition by _fault, {names}"
            " order by file_number, line) > 1)"
            " then -2 else _fault end as _fault) from _typed"
        )
        self._cursor.execute(
            f"insert into _staged_keys select {texts} from _typed where _fault = 0"
        )

    def _write_rejected(self) -> None:
        columns = self._resource.columns
        rejected = self._cursor.execute(
            "select f.name as file, f.sha256 as file_sha256, t.line,"
            f" {reject_column(columns)} as column_name,"
            f" coalesce(problem, {reject_reason(columns)}) as reason,"
            " row_text from _typed as t join _files as f using (file_number)"
            " where _fault not in (0, -2) order by file_number, line"
        ).to_arrow_table()
        if not len(rejected):
            return
        rejected = rejected.cast(REJECTED_SCHEMA)
        with self._context.log.transaction():
            self._context.log.write_rejected(
                self._context.source, self._resource.name, rejected
            )
        self._staged.faults += faults(
            self._context.source, self._resource.name, rejected
        )
        for counted in rejected["file_sha256"].value_counts().to_pylist():
            self._staged.counts[counted["values"]].rejected += counted["counts"]

    def _write_good(self) -> None:
        counted = self._cursor.execute(
            "select f.sha256, count(*) from _typed join _files as f using (file_number)"
            " where _fault = 0 group by f.sha256"
        ).fetchall()
        for sha, rows in counted:
            self._staged.counts[sha].good += rows
        if not counted:
            return
        names = [c.name for c in self._resource.columns] + self._present
        path = self._draft.path(self._resource.name)
        kept = ", ".join(f"t.{quote(name)}" for name in names)
        self._cursor.execute(
            f"copy (select {kept}, f.sha256 as _file_sha256, f.name as _file_name,"
            " t.line as _file_line from _typed as t"
            " join _files as f using (file_number) where _fault = 0)"
            f" to {literal(str(path))} (format parquet, compression zstd)"
        )


def _pointer(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1")
