"""Landed files, typed and split: what fits as Parquet, what does not as rejected rows.

Files in which everything fits go the fast way, many at a time. The others are read line
by line here: what does not fit is rejected by line, column and reason.
"""

import shutil
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from environment.files import checksum
from environment.progress import Step
from environment.sql import escaped, literal, quote
from ingestion.columns import reject_column, reject_reason, typed_select
from ingestion.context import RunContext, faults
from ingestion.erasure.files import is_rewritten
from ingestion.fast import (
    PARQUET,
    Layout,
    Whole,
    absent,
    copy,
    layout_of,
    named_fields,
    parquet_layout,
    places,
    undeclared,
    values_of,
)
from ingestion.landing import (
    PARQUET_SUFFIX,
    WORKBOOK_SUFFIXES,
    FileResource,
    check_header,
    quarantine_landed,
    told_start,
)
from ingestion.ledger import REJECTED_SCHEMA, FileRecord
from ingestion.log import Draft
from ingestion.readers import FileFaultError, Start, Text, as_text
from ingestion.tally import Fault

BATCH_BYTES = 32 << 20
BATCH_ROWS = 1_000_000
BATCH_FILES = 200
PARQUET_ROWS = 100_000
ROW_TEXT_CHARACTERS = 4000
NAMES_TOLD = 20
NAME_CHARACTERS = 100

_IS_OBJECT = "text >= '{' and text < '|' or json_type(text) = 'OBJECT'"
"""Of valid JSON; what begins with a brace needs no parsing."""


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
    worker = _Worker(context, resource, staged, draft)
    reader = _Reader(worker, step, scratch, again=again)
    for record in records:
        try:
            if record.sha256 not in fresh:
                _verify(context, resource, record)
            reader.take(record)
        except FileFaultError as fault:
            reader.give_up(record, fault)
    reader.finish()
    shutil.rmtree(scratch)
    return staged


def _verify(context: RunContext, resource: FileResource, record: FileRecord) -> None:
    path = context.folder / record.landing_path
    if not path.exists():
        raise FileFaultError("the landed copy is gone; deliver the file again")
    name = record.inbox_path.rpartition("/")[2]
    is_delivered = resource.identity(checksum(path), name) == record.sha256
    if not is_delivered and not is_rewritten(path):
        raise FileFaultError("the landed copy is damaged; deliver the file again")


class _Reader:
    """Sends each file the fast way, with those that are alike, or the careful way."""

    def __init__(
        self, worker: "_Worker", step: Step, scratch: Path, *, again: bool
    ) -> None:
        self._worker = worker
        self._context, self._resource = worker.context, worker.resource
        self._staged, self._draft = worker.staged, worker.draft
        self._step = step
        self._scratch = scratch
        self._again = again
        self._alike: dict[Layout, list[Whole]] = {}
        self._read: dict[str, list[str]] = {}

    def take(self, record: FileRecord) -> None:
        """Read a file, now or with others.

        Raises:
            FileFaultError: It cannot be used; nothing of it was taken.
        """
        path = self._context.folder / record.landing_path
        layout: Layout | None
        if path.suffix == PARQUET_SUFFIX:
            layout = parquet_layout(self._worker.cursor, path)
            layout = replace(layout, fields=self._resource.names(layout.fields))
            file = Whole(record, path, pq.read_metadata(path).num_rows, Start((), ""))
            self._resource.check(layout.fields)
        else:
            text = self._text(path, self._scratch / record.sha256)
            try:
                start = self._resource.start(text.path)
            except FileFaultError as fault:
                fault.rows = text.lines
                raise
            above = start.line if self._resource.header_lines else 0
            file = Whole(record, text.path, text.lines - above, start)
            layout = layout_of(self._resource, text, start)
            seen = text.encoding
            is_as_said = seen.startswith("utf-8") or seen == self._resource.encoding
            told = [] if is_as_said else [f"as {seen}"]
            told += ["with lines ended by CR alone"] if text.is_cr_ended else []
            told += told_start(self._resource, start)
            if told:
                self._read.setdefault(", ".join(told), []).append(record.inbox_path)
        if layout is None or record.rows not in (None, file.rows):
            self._carefully(file, layout)
            return
        alike = self._alike.setdefault(layout, [])
        alike.append(file)
        if sum(f.rows for f in alike) >= BATCH_ROWS or len(alike) >= BATCH_FILES:
            self._copy(layout, self._alike.pop(layout))

    def _text(self, path: Path, scratch: Path) -> Text:
        """A file as text, a workbook too."""
        resource = self._resource
        if path.suffix not in WORKBOOK_SUFFIXES:
            return as_text(path, scratch, resource.encoding)
        from ingestion import workbooks

        return workbooks.as_text(
            path,
            scratch,
            resource.name,
            resource.pattern,
            resource.delimiter,
            resource.sheet,
        )

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
        for told, paths in self._read.items():
            more = f" and {len(paths) - 1:,} more" if len(paths) > 1 else ""
            self._context.tally.notes.append(
                f"{self._context.source}.{self._resource.name}: {paths[0]}{more}"
                f" {'were' if more else 'was'} read {told}"
            )

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
                raise FileFaultError(
                    f"the sender states {record.rows} rows, the file has {rows}",
                    rows + header_lines,
                )
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
            raise FileFaultError("the file is empty")
        self._staged.files[record.sha256] = record
        self._leave(file)

    def _blocks(
        self, file: Whole, layout: Layout | None
    ) -> Iterator[tuple[Layout, pa.Table]]:
        if layout is not None and layout.format == "parquet":
            yield from self._worker.parquet_blocks(file.path, layout)
            return
        for block in self._resource.read(file.path, file.start):
            if block.header is None:
                yield Layout("jsonl", file.start.header), block.table
            elif self._resource.is_open:
                yield Layout("csv", file.start.header), block.table
            else:
                if not self._resource.unpivot:
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
        self.context = context
        self.resource = resource
        self.staged = staged
        self.draft = draft
        self._pending: dict[Layout, _Pending] = {}
        self._records: list[FileRecord] = []
        self._told: dict[str, list[str]] = {}
        self.cursor: duckdb.DuckDBPyConnection = context.connection.cursor()
        self._key = ", ".join(map(quote, resource.key))
        others = [c.name for c in resource.columns if c.name not in resource.key]
        values = ", ".join(f"{quote(name)} := {quote(name)}" for name in others)
        self._value = f"struct_pack({values})"
        if resource.key:
            self.cursor.execute(
                f"create or replace temp table _newest as select {self._key}, _value"
                f" from (select {self._key}, {self._value} as _value, row_number() over"
                f" (partition by {self._key} order by _dlt_load_id desc,"
                " _file_line desc, _file_sha256 desc) as _rank"
                f" from {context.dataset}.{quote(resource.name)}) where _rank = 1"
            )

    def take(
        self, record: FileRecord, count: FileCount, layout: Layout, rows: pa.Table
    ) -> None:
        """Take rows of a file."""
        if record.sha256 not in self.staged.counts:
            self.staged.counts[record.sha256] = count
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
        for words, names in self._told.items():
            more = len(names) - NAMES_TOLD
            self.context.tally.notes.append(
                f"{self.context.source}.{self.resource.name}: {words}:"
                f" {', '.join(sorted(names)[:NAMES_TOLD])}"
                f"{f' and {more:,} more' if more > 0 else ''}"
            )

    def report(self, layout: Layout) -> None:
        """Report the fields of a layout that are not declared, and those left out."""
        if not self.resource.is_open:
            self._report(
                undeclared(self.resource, layout),
                "added, not loaded",
                "not declared and not loaded",
            )
        missing = absent(self.resource, layout)
        self._report(missing, "absent", "declared column left out")

    def parquet_blocks(
        self, path: Path, layout: Layout
    ) -> Iterator[tuple[Layout, pa.Table]]:
        """The rows of a Parquet file.

        Raises:
            FileFaultError: It is damaged.
        """
        values, _ = values_of(self.resource.of(layout.fields), layout)
        fields = ", ".join(f"{quote(name)} := {v}" for name, v in values.items())
        cursor = self.context.connection.cursor()
        try:
            yield from (
                (layout, pa.Table.from_batches([batch]))
                for batch in cursor.execute(
                    "select line, to_json(fields) as text, fields from ("
                    " select file_row_number + 1 as line,"
                    f" struct_pack({fields}) as fields from read_parquet("
                    f"{literal(escaped(path))}, hive_partitioning = false)"
                    f" as source ({named_fields(layout)}))"
                ).to_arrow_reader(PARQUET_ROWS)
            )
        except (duckdb.Error, pa.ArrowInvalid):
            raise FileFaultError(
                "the Parquet file is damaged; ask for it again"
            ) from None
        finally:
            cursor.close()

    def _stage(self, layout: Layout, pending: _Pending) -> None:
        self.cursor.register("_block", pa.concat_tables(pending.tables))
        files = {
            "_file": pa.array(range(len(self._records)), pa.int32()),
            "sha256": [r.sha256 for r in self._records],
            "name": [r.inbox_path for r in self._records],
        }
        self.cursor.register("_files", pa.table(files))
        resource = self.resource.of(layout.fields)
        relation, typeful = self._relation(resource, layout)
        query = typed_select(
            resource.columns, relation, "_file, _line, _row, _problem", typeful
        )
        fault = "case when _problem is null then _fault else -1 end"
        text = f"left({_row_text(resource, layout)}, {ROW_TEXT_CHARACTERS})"
        self.cursor.execute(
            "create or replace temp table _typed as select * exclude (_fault, _row),"
            f" {fault} as _fault, case when {fault} <> 0 then {text} end as _row"
            f" from ({query})"
        )
        self.cursor.unregister("_block")
        self._drop_known()
        self._write_rejected(resource)
        self._write_good(resource)
        self.cursor.execute("drop table _typed")
        self.cursor.unregister("_files")

    def _relation(self, resource: FileResource, layout: Layout) -> tuple[str, set[str]]:
        """The rows of a block: each declared column; and which of them have a type.

        Beside them stand `_file`, `_line`, `_row` (its text) and `_problem`.
        """
        columns, typeful = resource.columns, set[str]()
        source, text = "_block", "text"
        if layout.format == "jsonl":
            problem = self._json_problem(resource)
            fields = list(dict.fromkeys(c.field for c in columns))
            pointers = ", ".join(literal(_pointer(name)) for name in fields)
            values = {c.name: f"_values[{fields.index(c.field) + 1}]" for c in columns}
            source = (
                "(select *, case when json_valid(text) then"
                f" json_extract_string(text, [{pointers}]) end as _values from _block)"
            )
        elif layout.format == "parquet":
            self.report(layout)
            problem = "cast(null as varchar)"
            by_name, typeful = values_of(resource, layout)
            values = {name: f"fields.{quote(name)}" for name in by_name}
        else:
            self.report(layout)
            found, width = places(resource, layout), len(layout.fields)
            values = {
                c.name: f"nullif(fields[{found[c.field] + 1}], '')"
                if c.field in found
                else "cast(null as varchar)"
                for c in columns
            }
            problem = (
                "case when problem is not null then problem when len(fields) <>"
                f" {width} then 'has ' || len(fields) || ' fields, the header {width}'"
                " end"
            )
            if undeclared(resource, layout):
                kept = [place + 1 for place in sorted(found.values())]
                text = (
                    f"case when len(fields) = {width} then"
                    f" array_to_string(list_select(fields, {kept}), ';') end"
                )
        chosen = ", ".join(
            f"{value} as {quote(name)}" for name, value in values.items()
        )
        relation = (
            f"(select file as _file, line as _line, {text} as _row,"
            f" {problem} as _problem, {chosen} from {source})"
        )
        return relation, typeful

    def _json_problem(self, resource: FileResource) -> str:
        """What is wrong with a line of JSON, as SQL; the keys of lines are reported."""
        ((keys, is_twice),) = self.cursor.execute(
            "select list_distinct(flatten(list(keys))),"
            " bool_or(len(keys) > len(list_distinct(keys))) from"
            " (select distinct json_keys(text) as keys from _block"
            f" where case when json_valid(text) then {_IS_OBJECT} end)"
        ).fetchall()
        if not resource.is_open:
            self.report(Layout("jsonl", tuple(keys or ())))
        problem = (
            "case when _values is null then 'not valid JSON'"
            f" when not ({_IS_OBJECT}) then 'not a JSON object'"
        )
        if is_twice:
            fields = [literal(c.field) for c in resource.columns]
            problem += (
                " else list_filter(json_keys(text), lambda key, place:"
                f" key in ({', '.join(fields)}) and"
                " list_position(json_keys(text), key) < place)[1] || ' is there twice'"
            )
        return f"{problem} end"

    def _report(self, names: Iterable[str], change: str, words: str) -> None:
        told = dict.fromkeys(
            "".join(filter(str.isprintable, name))[:NAME_CHARACTERS] for name in names
        )
        with self.context.log.transaction():
            fresh = self.context.log.write_schema_changes(
                self.context.source, self.resource.name, filter(None, told), change
            )
        if fresh:
            self._told.setdefault(words, []).extend(fresh)

    def _drop_known(self) -> None:
        """Mark the rows that equal the newest one of their key, here or in the log."""
        if not self.resource.key:
            return
        self.cursor.execute(
            "create or replace temp table _typed as"
            f" with own as (select *, {self._value} as _value, lag({self._value}) over"
            f" (partition by _fault, {self._key} order by _line) as _before"
            " from _typed)"
            " select own.* exclude (_value, _before) replace (case when _fault = 0 and"
            " own._value is not distinct from coalesce(own._before, _newest._value)"
            " then -2 else _fault end as _fault)"
            f" from own left join _newest using ({self._key})"
        )
        self.cursor.execute(
            "create or replace temp table _newest as"
            f" select {self._key}, coalesce(later._value, _newest._value) as _value"
            " from _newest full join"
            f" (select {self._key}, arg_max({self._value}, _line) as _value from _typed"
            f" where _fault in (0, -2) group by {self._key}) as later"
            f" using ({self._key})"
        )

    def _write_rejected(self, resource: FileResource) -> None:
        columns = resource.columns
        rejected = self.cursor.execute(
            "select f.name as file, f.sha256 as file_sha256, t._line as line,"
            f" {reject_column(columns)} as column_name,"
            f" coalesce(_problem, {reject_reason(columns)}) as reason,"
            " _row as row_text"
            " from _typed as t join _files as f using (_file)"
            " where _fault not in (0, -2) order by _file, _line"
        ).to_arrow_table()
        if not len(rejected):
            return
        rejected = rejected.cast(REJECTED_SCHEMA)
        with self.context.log.transaction():
            self.context.log.write_rejected(
                self.context.source, self.resource.name, rejected
            )
        self.staged.faults += faults(self.context.source, self.resource.name, rejected)
        for counted in rejected["file_sha256"].value_counts().to_pylist():
            self.staged.counts[counted["values"]].rejected += counted["counts"]

    def _write_good(self, resource: FileResource) -> None:
        counted = self.cursor.execute(
            "select f.sha256, count(*) from _typed join _files as f using (_file)"
            " where _fault = 0 group by f.sha256"
        ).fetchall()
        for sha, rows in counted:
            self.staged.counts[sha].good += rows
        if not counted:
            return
        path = self.draft.path(self.resource.name)
        kept = ", ".join(f"t.{quote(c.name)}" for c in resource.columns)
        self.cursor.execute(
            f"copy (select {kept}, f.sha256 as _file_sha256, f.name as _file_name,"
            " t._line as _file_line from _typed as t"
            " join _files as f using (_file) where _fault = 0)"
            f" to {literal(str(path))} {PARQUET}"
        )


def _row_text(resource: FileResource, layout: Layout) -> str:
    """The text of a rejected row, without what is not declared, as SQL."""
    if layout.format != "jsonl":
        return "_row"
    fields = list(dict.fromkeys(c.field for c in resource.columns))
    taken = ", ".join(map(literal, fields))
    values = ", ".join(
        f"{literal(f)}, json_extract(_row, {literal(_pointer(f))})" for f in fields
    )
    # Of what cannot be read, nobody knows whether it holds what is never loaded.
    whole = "null" if len(fields) < len(layout.fields) else "_row"
    return (
        f"case when not json_valid(_row) then {whole}"
        f" when json_type(_row) <> 'OBJECT' then {whole}"
        f" when list_has_all([{taken}], json_keys(_row)) then _row"
        f" else cast(json_object({values}) as varchar) end"
    )


def _pointer(key: str) -> str:
    return "/" + key.replace("~", "~0").replace("/", "~1")
