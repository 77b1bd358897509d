"""Files in which everything fits: many at a time, in one pass, into a file of the log.

DuckDB reads them as their layouts say, types them by the rules of the careful way, and
stops at the first value that does not fit, at a field that the layout does not name,
and wherever a row might not be the line that it is taken for. Then nothing is written,
and the file that was the cause goes the careful way.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from ingestion.columns import Column, literal, quote, typed_select
from ingestion.landing import FileResource, check_header, field_name
from ingestion.log import escaped
from ingestion.operations_log import FileRecord
from ingestion.readers import MAX_LINE_BYTES, FileFaultError, Text, is_regular

PARQUET = "(format parquet, parquet_version v2, compression zstd, compression_level 1)"
"""How files of the log are written: delta encodings make them small at little cost."""

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
    """

    format: str
    fields: tuple[str, ...]
    types: tuple[str, ...] = ()


@dataclass(frozen=True)
class Whole:
    """A file of which every line after the header should be a row that fits."""

    record: FileRecord
    path: Path
    rows: int


def layout_of(resource: FileResource, text: Text) -> Layout | None:
    """The layout of a text file by its first line; None where it takes more care."""
    if resource.unpivot or resource.known_by:
        return None
    with text.path.open("rb") as file:
        line = file.readline(MAX_LINE_BYTES).decode(errors="replace").rstrip("\r\n")
    try:
        if resource.format == "jsonl":
            return _json_layout(resource, json.loads(line))
        if '"' in line or not is_regular(text.path):
            return None
        header = tuple(field.strip() for field in line.split(resource.delimiter))
        check_header(header, resource)
        return Layout("csv", header) if len(header) > 1 else None
    except (ValueError, RecursionError, FileFaultError):
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
    except duckdb.Error:
        message = "the Parquet file is damaged; ask for it again"
        raise FileFaultError(message) from None
    return Layout("parquet", tuple(r[0] for r in found), tuple(r[1] for r in found))


def extra_columns(
    columns: Sequence[Column], fields: Iterable[str], declared: Iterable[str]
) -> dict[str, str]:
    """Column name to field, of the fields that are not declared."""
    taken = {c.name for c in columns}
    known = set(declared)
    extras: dict[str, str] = {}
    for field in fields:
        if field in known:
            continue
        name = base = field_name(field) or "unnamed"
        number = 2
        while name in taken or name in extras:
            name = f"{base}_{number}"
            number += 1
        extras[name] = field
    return extras


def absent(resource: FileResource, layout: Layout) -> list[str]:
    """Declared fields that a header leaves out; JSON names what it has line by line."""
    if layout.format == "jsonl":
        return []
    named = set(map(field_name, layout.fields))
    return [
        n for n in (field_name(c.field) for c in resource.columns) if n not in named
    ]


def extras_of(resource: FileResource, layout: Layout) -> dict[str, str]:
    """Column name to field, of the fields of a layout that are not declared."""
    if not resource.takes_extras:
        return {}
    if layout.format == "jsonl":
        declared = [c.field for c in resource.columns]
        return extra_columns(resource.columns, layout.fields, declared)
    named = [name for name in map(field_name, layout.fields) if name]
    declared = [field_name(c.field) for c in resource.columns]
    return extra_columns(resource.columns, named, declared)


def parquet_values(
    resource: FileResource, layout: Layout, extras: Mapping[str, str]
) -> tuple[dict[str, str], set[str]]:
    """Quoted column to its value in a Parquet file, and those that keep their type."""
    places = {
        field_name(f): (f, t)
        for f, t in zip(layout.fields, layout.types, strict=True)
        if field_name(f)
    }
    values, typeful = dict[str, str](), set[str]()
    for column in resource.columns:
        field, kind = places.get(field_name(column.field), ("", ""))
        wanted = _NATIVE.get(column.type.partition("(")[0], ())
        if kind.partition("(")[0] in wanted:
            typeful.add(column.name)
            values[quote(column.name)] = quote(field)
        else:
            value = quote(field) if field else "null"
            values[quote(column.name)] = f"cast({value} as varchar)"
    for column_name, name in extras.items():
        values[quote(column_name)] = f"cast({quote(places[name][0])} as varchar)"
    return values, typeful


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
    relation, typeful = _relation(resource, layout, files, scratch)
    extras = extras_of(resource, layout)
    names = [quote(n) for n in (*(c.name for c in resource.columns), *extras)]
    passing = ", ".join(["_file", "_row", *map(quote, extras)])
    query = typed_select(resource.columns, relation, passing, typeful)
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
            " where case when _file = 0 then false when _fault = 0"
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
    is_plain = all(f and f[0] != "_" and f.isprintable() for f in fields)
    is_plain = is_plain and len({f.lower() for f in fields}) == len(fields)
    # Without a required field, a line that is `null` would pass as a row of nulls.
    is_plain = is_plain and any(c.required for c in resource.columns)
    return Layout("jsonl", fields) if is_plain else None


def _relation(
    resource: FileResource, layout: Layout, files: Sequence[Whole], scratch: Path
) -> tuple[str, set[str]]:
    """The rows of files: each column, `_file` (from 1), `_row`; and what has a type."""
    extras = extras_of(resource, layout)
    sources = [literal(escaped(file.path)) for file in files]
    number, row = "file_index + 1", "row_number() over ()"
    if layout.format == "parquet":
        by_name, typeful = parquet_values(resource, layout, extras)
        values = [f"{value} as {name}" for name, value in by_name.items()]
        read, row = "read_parquet({}, hive_partitioning = false)", "file_row_number + 1"
    elif layout.format == "csv":
        places = {field_name(f): f"_{i}" for i, f in enumerate(layout.fields)}
        fields = ", ".join(f"_{i}: 'varchar'" for i in range(len(layout.fields)))
        named = [(c.name, places.get(field_name(c.field))) for c in resource.columns]
        named += [(name, places[field]) for name, field in extras.items()]
        values = [f"cast({p or 'null'} as varchar) as {quote(n)}" for n, p in named]
        typeful = set()
        read = (
            f"read_csv({{}}, columns = {{{{{fields}}}}}, auto_detect = false,"
            f" delim = {literal(resource.delimiter)}, quote = '\"', escape = '\"',"
            " header = true, comment = '', strict_mode = true)"
        )
    else:
        # DuckDB takes the fields from the first record, and refuses any other.
        naming = scratch / "fields.jsonl"
        naming.write_text(json.dumps(dict.fromkeys(layout.fields, "x")), "utf-8")
        sources.insert(0, literal(escaped(naming)))
        values = [f"{quote(c.field)} as {quote(c.name)}" for c in resource.columns]
        values += [f"{quote(field)} as {quote(name)}" for name, field in extras.items()]
        typeful, number = set(), "file_index"
        read = (
            "read_json({}, format = 'newline_delimited', sample_size = 1,"
            " maximum_sample_files = 1, map_inference_threshold = -1)"
        )
    relation = (
        f"(select {', '.join(values)}, cast({number} as bigint) as _file,"
        f" {row} as _row from {read.format(_list(sources))})"
    )
    return relation, typeful


def _list(items: Sequence[str]) -> str:
    return f"[{', '.join(items)}]"
