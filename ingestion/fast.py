"""Files in which everything fits: many at a time, in one pass, into a file of the log.

DuckDB reads them as their layouts say, types them by the rules of the careful way, and
stops at the first value that does not fit, at a field that the layout does not name,
and wherever a row might not be the line that it is taken for. Then nothing is written,
and the file that was the cause goes the careful way.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from environment.sql import escaped, literal, quote
from ingestion.columns import typed_select
from ingestion.landing import FileResource
from ingestion.ledger import FileRecord
from ingestion.readers import MAX_LINE_BYTES, FileFaultError, Start, Text, is_regular

PARQUET = "(format parquet, parquet_version v2, compression zstd, compression_level 1)"
"""How files of the log are written: delta encodings make them small at little cost."""

MOST_FIELDS = 1000
"""Records of more fields go the careful way: DuckDB takes long over so many columns."""

_NUMBERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "FLOAT", "DOUBLE")
_NATIVE = {
    "bigint": (*_NUMBERS, "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "DECIMAL"),
    "boolean": ("BOOLEAN",),
    "date": ("DATE",),
    "timestamp": ("TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS"),
    "instant": ("TIMESTAMP WITH TIME ZONE",),
}
_NATIVE["decimal"] = _NATIVE["double"] = _NATIVE["bigint"]


@dataclass(frozen=True)
class Layout:
    """What the rows of a file hold; files that are alike are read together.

    Attributes:
        format: `jsonl`, `csv` or `parquet`.
        fields: The names of its fields, in their order.
        types: Their DuckDB types, of Parquet.
        delimiter: What parts them, of CSV.
    """

    format: str
    fields: tuple[str, ...]
    types: tuple[str, ...] = ()
    delimiter: str = ""


@dataclass(frozen=True)
class Whole:
    """A file of which every line after the header should be a row that fits."""

    record: FileRecord
    path: Path
    rows: int
    start: Start


def layout_of(resource: FileResource, text: Text, start: Start) -> Layout | None:
    """The layout of a text file by its first line; None where it takes more care."""
    if resource.unpivot or resource.key or start.line > 1:
        return None
    with text.path.open("rb") as file:
        line = file.readline(MAX_LINE_BYTES).decode(errors="replace").rstrip("\r\n")
    try:
        if resource.format == "jsonl":
            return _json_layout(resource, json.loads(line))
        width = len(start.header)
        delimiters = (width - 1) * text.lines
        # With quotes of which each is closed, it is one line all the same.
        is_open = line.count('"') % 2 or ('"' in line and not resource.is_open)
        if is_open or not is_regular(text.path, start.delimiter, delimiters):
            return None
        layout = Layout("csv", start.header, delimiter=start.delimiter)
        return layout if 1 < width <= MOST_FIELDS else None
    except (ValueError, RecursionError):
        return None


def parquet_layout(connection: duckdb.DuckDBPyConnection, path: Path) -> Layout:
    """The layout of a Parquet file.

    Raises:
        FileFaultError: It is damaged.
    """
    try:
        found = connection.execute(
            f"describe from read_parquet({literal(escaped(path))},"
            " hive_partitioning = false)"
        ).fetchall()
        # DuckDB gives names that differ in case alone new ones.
        names = pq.read_schema(path).names
    except (duckdb.Error, pa.ArrowException):
        raise FileFaultError("the Parquet file is damaged; ask for it again") from None
    return Layout("parquet", tuple(names), tuple(row[1] for row in found))


def places(resource: FileResource, layout: Layout) -> dict[str, int]:
    """Declared field to its place among those of a layout, from 0."""
    if layout.format != "jsonl":
        return resource.places(layout.fields)
    declared = {c.field for c in resource.columns}
    return {name: i for i, name in enumerate(layout.fields) if name in declared}


def undeclared(resource: FileResource, layout: Layout) -> list[str]:
    """The fields of a layout that are not loaded."""
    taken = set(places(resource, layout).values())
    return [f for i, f in enumerate(layout.fields) if f and i not in taken]


def absent(resource: FileResource, layout: Layout) -> list[str]:
    """Declared fields that a header leaves out; JSON names what it has line by line."""
    if layout.format == "jsonl":
        return []
    return resource.absent(layout.fields)


def values_of(
    resource: FileResource, layout: Layout
) -> tuple[dict[str, str], set[str]]:
    """Column to its value where fields are called `_0` and so on; and what is typed."""
    found = places(resource, layout)
    values, typeful = dict[str, str](), set[str]()
    for column in resource.columns:
        place = found.get(column.field)
        field = "null" if place is None else f"_{place}"
        kind = layout.types[place] if layout.types and place is not None else ""
        if kind.partition("(")[0] in _NATIVE.get(column.type.partition("(")[0], ()):
            typeful.add(column.name)
            values[column.name] = field
        elif resource.is_open:
            values[column.name] = told(field, kind)
        else:
            values[column.name] = f"cast({field} as varchar)"
    return values, typeful


def told(field: str, kind: str) -> str:
    """SQL of a typed field as text: ISO, days as days, whole numbers as such."""
    text = f"cast({field} as varchar)"
    if kind.startswith("TIMESTAMP"):
        return (
            f"case when {field} = date_trunc('day', {field})"
            f" then left({text}, 10) else replace({text}, ' ', 'T') end"
        )
    if kind in ("FLOAT", "DOUBLE"):
        return (
            f"case when isnan({field}) then null"
            f" when {field} = trunc({field}) and abs({field}) < 1e15"
            f" then cast(cast({field} as bigint) as varchar) else {text} end"
        )
    return text


def named_fields(layout: Layout) -> str:
    """Names for the fields of a layout that no delivered name can be taken for."""
    return ", ".join(f"_{place}" for place in range(len(layout.fields)))


def copy(
    connection: duckdb.DuckDBPyConnection,
    resource: FileResource,
    layout: Layout,
    files: Sequence[Whole],
    target: Path,
    scratch: Path,
) -> Whole | None:
    """Read files that are alike into one Parquet file, if everything in them fits.

    Returns:
        Nothing where it was written; else one of the files, that may be the cause.
    """
    resource = resource.of(layout.fields)
    relation, typeful = _relation(resource, layout, files, scratch)
    names = [quote(c.name) for c in resource.columns]
    query = typed_select(resource.columns, relation, "_file, _row, _rest", typeful)
    total = sum(file.rows for file in files)
    before, first = [0], 1 if layout.format != "csv" else 2
    for file in files:
        before.append(before[-1] + (0 if layout.format == "parquet" else file.rows))
    # A record that only names the fields goes before the first of JSON lines.
    shift = 1 if layout.format == "jsonl" else 0
    starts = _list([str(each + shift) for each in before[:-1]])
    rows = _list([str(file.rows) for file in files])
    paths = _list([literal(str(file.path)) for file in files])
    try:
        copied = connection.execute(
            f"copy (select {', '.join(names)},"
            f" {_list([literal(f.record.sha256) for f in files])}[_file]"
            " as _file_sha256,"
            f" {_list([literal(f.record.inbox_path) for f in files])}[_file]"
            " as _file_name,"
            f" _row - {starts}[_file] + {first - 1} as _file_line from ({query})"
            " where case when _file = 0 then false when _fault = 0 and _rest >= 0"
            f" and _row - {starts}[_file] between 1 and {rows}[_file] then true"
            f" else error({paths}[case when _row > {starts}[_file] then _file"
            " else _file - 1 end]) end"
            f") to {literal(str(target))} {PARQUET}"
        ).fetchone()
        if copied and copied[0] == total:
            return None
        told = ""
    except duckdb.Error as error:
        told = str(error).partition("\nLINE ")[0]
    target.unlink(missing_ok=True)
    # A file that is short of rows makes the next begin too early, or is the last.
    last = next((f for f in reversed(files) if f.rows), files[-1])
    return next((f for f in files if str(f.path) in told), last)


def _json_layout(resource: FileResource, record: object) -> Layout | None:
    if not isinstance(record, dict):
        return None
    declared = dict.fromkeys(c.field for c in resource.columns)
    fields = (*declared, *sorted(key for key in record if key not in declared))
    is_plain = all(f and f.isprintable() for f in fields)
    is_plain = is_plain and len({f.lower() for f in fields}) == len(fields)
    # Without a required field, a line that is `null` would pass as a row of nulls.
    is_plain = is_plain and any(c.required for c in resource.columns)
    is_plain = is_plain and len(fields) <= MOST_FIELDS
    return Layout("jsonl", fields) if is_plain else None


def _relation(
    resource: FileResource, layout: Layout, files: Sequence[Whole], scratch: Path
) -> tuple[str, set[str]]:
    """The rows of files: each column, `_file` (from 1), `_row`; and what has a type.

    Beside them stands `_rest`, a number that is made of the fields that are left out.
    """
    sources = [literal(escaped(file.path)) for file in files]
    number, row, rest = "file_index + 1", "row_number() over ()", "0"
    if layout.format == "parquet":
        read, row = "read_parquet({}, hive_partitioning = false)", "file_row_number + 1"
    elif layout.format == "csv":
        fields = ", ".join(f"_{i}: 'varchar'" for i in range(len(layout.fields)))
        read = (
            f"read_csv({{}}, columns = {{{{{fields}}}}}, auto_detect = false,"
            f" delim = {literal(layout.delimiter)}, quote = '\"', escape = '\"',"
            " header = true, comment = '', strict_mode = true)"
        )
    else:
        # DuckDB takes the fields from the first record, and refuses any other, or one
        # that is there twice, if it has to read all of them.
        naming = scratch / "fields.jsonl"
        naming.write_text(json.dumps(dict.fromkeys(layout.fields, "x")), "utf-8")
        sources.insert(0, literal(escaped(naming)))
        number = "file_index"
        taken = places(resource, layout).values()
        others = [f"_{i}" for i in range(len(layout.fields)) if i not in taken]
        rest = f"length(concat({', '.join(others)}))" if others else rest
        read = (
            "read_json({}, format = 'newline_delimited', sample_size = 1,"
            " maximum_sample_files = 1, map_inference_threshold = -1)"
        )
    values, typeful = values_of(resource, layout)
    chosen = ", ".join(f"{value} as {quote(name)}" for name, value in values.items())
    relation = (
        f"(select {chosen}, cast({number} as bigint) as _file, {row} as _row,"
        f" {rest} as _rest from {read.format(_list(sources))}"
        f" as source ({named_fields(layout)}))"
    )
    return relation, typeful


def _list(items: Sequence[str]) -> str:
    return f"[{', '.join(items)}]"
