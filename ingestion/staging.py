"""Landed files, typed and split: what fits as Parquet, what does not as rejected rows.

Files in which everything fits go the fast way, many at a time. The others are read line
by line here: what does not fit is rejected by line, column and reason.
"""

import shutil
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from ingestion.columns import (
    literal,
    quote,
    reject_column,
    reject_reason,
    typed_select,
)
from ingestion.context import RunContext, faults
from ingestion.fast import (
    PARQUET,
    Layout,
    Whole,
    absent,
    copy,
    extras_of,
    layout_of,
    parquet_layout,
    parquet_values,
)
from ingestion.landing import (
    FileResource,
    check_header,
    field_name,
    landed_path,
    quarantine_landed,
)
from ingestion.log import Draft, checksum, escaped
from ingestion.operations_log import REJECTED_SCHEMA, FileRecord
from ingestion.progress import Step
from ingestion.readers import FileFaultError, as_text
from ingestion.tally import Fault

BATCH_BYTES = 32 << 20
BATCH_ROWS = 1_000_000
BATCH_FILES = 200
PARQUET_ROWS = 100_000
ROW_TEXT_CHARACTERS = 4000


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
    fresh: Collection[str] = (),
    *,
    again: bool = False,
) -> Staged:
    """Parse landed files into Parquet files of a load, and rejected rows.

    Rejected rows are durable when this returns. A file that cannot be used, or whose
    landed copy no longer has its content, goes to quarantine.

    Args:
        context: The run.
        resource: What the files are of.
        records: The files.
        draft: The load.
        step: Told of rows that are done.
        fresh: The checksums of files that this run has copied, which need no proof.
        again: Whether the files were loaded before.

    Raises:
        FileFaultError: A file that was loaded before cannot be used now.
    """
    staged = Staged(resource)
    scratch = context.folder / "landing" / ".reading" / context.source
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(parents=True)
    reader = _Reader(context, resource, staged, draft, step, scratch, again=again)
    for record in records:
        try:
            if record.sha256 not in fresh:
                _verify(context, record)
            reader.take(record)
        except FileFaultError as fault:
            reader.give_up(record, fault)
    reader.finish()
    shutil.rmtree(scratch)
    return staged


def _verify(context: RunContext, record: FileRecord) -> None:
    path = landed_path(context, record)
    if not path.exists():
        message = "the landed copy is gone; deliver the file again"
        raise FileFaultError(message)
    if checksum(path) != record.sha256:
        message = "the landed copy is damaged; deliver the file again"
        raise FileFaultError(message)


class _Reader:
    """Sends each file the fast way, with those that are alike, or the careful way."""

    def __init__(
        self,
        context: RunContext,
        resource: FileResource,
        staged: Staged,
        draft: Draft,
        step: Step,
        scratch: Path,
        *,
        again: bool,
    ) -> None:
        self._context = context
        self._resource = resource
        self._staged = staged
        self._draft = draft
        self._step = step
        self._scratch = scratch
        self._again = again
        self._alike: dict[Layout, list[Whole]] = {}
        self._worker = _Worker(context, resource, staged, draft)

    def take(self, record: FileRecord) -> None:
        """Read a file, now or with others.

        Raises:
            FileFaultError: It cannot be used; nothing of it was taken.
        """
        path = landed_path(self._context, record)
        layout: Layout | None
        if self._resource.format_of(path) == "parquet":
            layout = parquet_layout(self._worker.cursor, path)
            file = Whole(record, path, pq.read_metadata(path).num_rows)
            check_header(layout.fields, self._resource)
        else:
            text = as_text(path, self._scratch / record.sha256, self._resource.encoding)
            file = Whole(record, text.path, text.lines - self._resource.header_lines)
            layout = layout_of(self._resource, text)
            if not text.encoding.startswith("utf-8"):
                self._context.tally.notes.append(
                    f"{self._context.source}.{self._resource.name}:"
                    f" {record.inbox_path} was read as {text.encoding}"
                )
        if layout is None or record.rows not in (None, file.rows):
            self._carefully(file, layout)
            return
        alike = self._alike.setdefault(layout, [])
        alike.append(file)
        if sum(f.rows for f in alike) >= BATCH_ROWS or len(alike) >= BATCH_FILES:
            self._copy(layout, self._alike.pop(layout))

    def give_up(self, record: FileRecord, fault: FileFaultError) -> None:
        """Send a file to quarantine, unless it was loaded before."""
        if self._again:
            raise fault
        rows = max(0, fault.rows - self._resource.header_lines)
        quarantine_landed(self._context, record, rows, str(fault))

    def finish(self) -> None:
        """Read what is still waiting for others."""
        for layout, files in self._alike.items():
            self._copy(layout, files)
        self._worker.finish()

    def _copy(self, layout: Layout, files: list[Whole]) -> None:
        """Read files that are alike together, but for those that take more care."""
        while files:
            target = self._draft.path(self._resource.name)
            cause = copy(
                self._worker.cursor,
                self._resource,
                layout,
                files,
                target,
                self._scratch,
            )
            done, files = files, []
            if cause:
                place = done.index(cause)
                self._copy(layout, done[:place])
                done, files = [], done[place + 1 :]
                try:
                    self._carefully(cause, layout)
                except FileFaultError as fault:
                    self.give_up(cause.record, fault)
            elif done:
                self._worker.report(layout)
            for file in done:
                self._staged.files[file.record.sha256] = file.record
                self._staged.counts[file.record.sha256] = FileCount(
                    file.rows, file.rows
                )
                self._step.advance(file.rows)
                self._leave(file)

    def _carefully(self, file: Whole, layout: Layout | None) -> None:
        record, header_lines = file.record, self._resource.header_lines
        is_parquet = layout is not None and layout.format == "parquet"
        try:
            rows = file.rows
            if record.rows is not None or is_parquet:
                rows = sum(len(table) for _, table in self._blocks(file, layout))
            if record.rows not in (None, rows):
                message = f"the sender states {record.rows} rows, the file has {rows}"
                raise FileFaultError(message, rows + header_lines)
            count = FileCount()
            has_content = False
            for found, table in self._blocks(file, layout):
                has_content = True
                self._worker.take(record, count, found, table)
                self._step.advance(len(table))
        except FileFaultError as fault:
            fault.rows = fault.rows or file.rows + header_lines
            raise
        if not has_content or (
            self._resource.format == "jsonl" and not count.delivered
        ):
            message = "the file is empty"
            raise FileFaultError(message)
        self._staged.files[record.sha256] = record
        self._leave(file)

    def _blocks(
        self, file: Whole, layout: Layout | None
    ) -> Iterator[tuple[Layout, pa.Table]]:
        if layout is not None and layout.format == "parquet":
            yield from self._worker.parquet_blocks(file.path, layout)
            return
        for block in self._resource.read(file.path):
            if block.header is None:
                yield Layout("jsonl", ()), block.table
            else:
                check_header(block.header, self._resource)
                yield Layout("csv", block.header), block.table

    def _leave(self, file: Whole) -> None:
        """Remove the text of a file that is done."""
        if file.path.parent == self._scratch:
            file.path.unlink()


@dataclass
class _Pending:
    tables: list[Any] = field(default_factory=list)
    size: int = 0


class _Worker:
    """Gathers blocks of files with the same layout, and types them batch by batch."""

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
        self._pending: dict[Layout, _Pending] = {}
        self._records: list[FileRecord] = []
        self.cursor: duckdb.DuckDBPyConnection = context.connection.cursor()
        if resource.known_by:
            self.cursor.execute(
                "create or replace temp table _staged_keys"
                f" ({', '.join(f'{quote(c)} varchar' for c in resource.known_by)})"
            )

    def take(
        self, record: FileRecord, count: FileCount, layout: Layout, rows: pa.Table
    ) -> None:
        """Take rows of a file."""
        if record.sha256 not in self._staged.counts:
            self._staged.counts[record.sha256] = count
            self._records.append(record)
        count.delivered += len(rows)
        if not len(rows):
            self.report(layout)
            return
        numbered = rows.append_column(
            "file", pa.array([len(self._records) - 1] * len(rows), pa.int32())
        )
        pending = self._pending.setdefault(layout, _Pending())
        pending.tables.append(numbered)
        pending.size += numbered.nbytes
        if pending.size >= BATCH_BYTES:
            self._stage(layout, self._pending.pop(layout))

    def finish(self) -> None:
        """Type what is pending."""
        for layout, pending in self._pending.items():
            self._stage(layout, pending)
        self.cursor.close()

    def report(self, layout: Layout) -> dict[str, str]:
        """Report the columns of a layout that are new, and those left out.

        Returns:
            Column name to field, of those that are not declared.
        """
        extras = extras_of(self._resource, layout)
        missing = absent(self._resource, layout)
        for columns, change in ((extras, "added"), (missing, "absent")):
            self._report_changes(columns, change)
        return extras

    def parquet_blocks(
        self, path: Path, layout: Layout
    ) -> Iterator[tuple[Layout, pa.Table]]:
        """The rows of a Parquet file.

        Raises:
            FileFaultError: It is damaged.
        """
        values, _ = parquet_values(
            self._resource, layout, extras_of(self._resource, layout)
        )
        fields = ", ".join(f"{name} := {value}" for name, value in values.items())
        cursor = self._context.connection.cursor()
        try:
            yield from (
                (layout, pa.Table.from_batches([batch]))
                for batch in cursor.execute(
                    "select file_row_number + 1 as line, to_json(p) as text,"
                    f" struct_pack({fields}) as fields from read_parquet("
                    f"{literal(escaped(path))}, hive_partitioning = false) as p"
                ).to_arrow_reader(PARQUET_ROWS)
            )
        except (duckdb.Error, pa.ArrowInvalid):
            message = "the Parquet file is damaged; ask for it again"
            raise FileFaultError(message) from None
        finally:
            cursor.close()

    def _stage(self, layout: Layout, pending: _Pending) -> None:
        self.cursor.register("_block", pa.concat_tables(pending.tables))
        self.cursor.register("_files", self._file_table())
        relation, extras, typeful = self._relation(layout)
        passing = ["_file", "_line", "_row", "_problem", *map(quote, extras)]
        query = typed_select(
            self._resource.columns, relation, ", ".join(passing), typeful
        )
        fault = "case when _problem is null then _fault else -1 end"
        self.cursor.execute(
            "create or replace temp table _typed as select * exclude (_fault, _row),"
            f" {fault} as _fault, case when {fault} <> 0"
            f" then left(_row, {ROW_TEXT_CHARACTERS}) end as _row from ({query})"
        )
        self.cursor.unregister("_block")
        self._drop_known()
        self._write_rejected()
        self._write_good(extras)
        self.cursor.execute("drop table _typed")
        self.cursor.unregister("_files")

    def _file_table(self) -> pa.Table:
        return pa.table(
            {
                "_file": pa.array(range(len(self._records)), pa.int32()),
                "sha256": [r.sha256 for r in self._records],
                "name": [r.inbox_path for r in self._records],
            }
        )

    def _relation(self, layout: Layout) -> tuple[str, list[str], set[str]]:
        """The rows of a block: each column, extras too; which those are; what is typed.

        Beside them stand `_file`, `_line`, `_row` (its text) and `_problem`.
        """
        columns, typeful = self._resource.columns, set[str]()
        source, problem = "_block", "problem"
        if layout.format == "jsonl":
            keys = layout.fields or self._keys()
            extras = self.report(Layout("jsonl", keys))
            paths = list(dict.fromkeys([*(c.field for c in columns), *extras.values()]))
            pointers = ", ".join(literal("/" + _pointer(path)) for path in paths)
            named = [(c.name, paths.index(c.field)) for c in columns]
            named += [(name, paths.index(key)) for name, key in extras.items()]
            values = [f"_values[{i + 1}] as {quote(name)}" for name, i in named]
            problem = (
                "case when _values is null then 'not valid JSON'"
                " when text >= '{' and text < '|' then null"
                " when json_type(text) <> 'OBJECT' then 'not a JSON object' end"
            )
            source = (
                "(select *, case when json_valid(text) then"
                f" json_extract_string(text, [{pointers}]) end as _values from _block)"
            )
        elif layout.format == "parquet":
            extras, problem = self.report(layout), "cast(null as varchar)"
            by_name, typeful = parquet_values(self._resource, layout, extras)
            values = [f"fields.{name} as {name}" for name in by_name]
        else:
            extras = self.report(layout)
            places = {field_name(f): i + 1 for i, f in enumerate(layout.fields)}
            pairs = [(c.name, field_name(c.field)) for c in columns] + [*extras.items()]
            values = [
                f"nullif(fields[{places[key]}], '') as {quote(name)}"
                if key in places
                else f"cast(null as varchar) as {quote(name)}"
                for name, key in pairs
            ]
            width = len(layout.fields)
            problem = (
                "case when problem is not null then problem when len(fields) <>"
                f" {width} then 'has ' || len(fields) || ' fields, the header {width}'"
                " end"
            )
        relation = (
            "(select file as _file, line as _line, text as _row,"
            f" {problem} as _problem, {', '.join(values)} from {source})"
        )
        return relation, list(extras), typeful

    def _keys(self) -> tuple[str, ...]:
        rows = self.cursor.execute(
            "select distinct unnest(keys) from (select distinct json_keys(text) as keys"
            " from _block where case when json_valid(text)"
            " then text >= '{' and text < '|' or json_type(text) = 'OBJECT' end)"
            " order by 1"
        ).fetchall()
        return tuple(str(row[0]) for row in rows)

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
        self.cursor.execute(
            "create or replace temp table _typed as select * replace"
            f" (case when _fault = 0 and ({known} or ({texts}) in"
            f" (select ({names}) from _staged_keys)"
            f" or row_number() over (partition by _fault, {names}"
            " order by _file, _line) > 1)"
            " then -2 else _fault end as _fault) from _typed"
        )
        self.cursor.execute(
            f"insert into _staged_keys select {texts} from _typed where _fault = 0"
        )

    def _write_rejected(self) -> None:
        columns = self._resource.columns
        rejected = self.cursor.execute(
            "select f.name as file, f.sha256 as file_sha256, t._line as line,"
            f" {reject_column(columns)} as column_name,"
            f" coalesce(_problem, {reject_reason(columns)}) as reason,"
            " _row as row_text from _typed as t join _files as f using (_file)"
            " where _fault not in (0, -2) order by _file, line"
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

    def _write_good(self, extras: Sequence[str]) -> None:
        counted = self.cursor.execute(
            "select f.sha256, count(*) from _typed join _files as f using (_file)"
            " where _fault = 0 group by f.sha256"
        ).fetchall()
        for sha, rows in counted:
            self._staged.counts[sha].good += rows
        if not counted:
            return
        names = [*(c.name for c in self._resource.columns), *extras]
        path = self._draft.path(self._resource.name)
        kept = ", ".join(f"t.{quote(name)}" for name in names)
        self.cursor.execute(
            f"copy (select {kept}, f.sha256 as _file_sha256, f.name as _file_name,"
            " t._line as _file_line from _typed as t"
            " join _files as f using (_file) where _fault = 0)"
            f" to {literal(str(path))} {PARQUET}"
        )


def _pointer(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1")
