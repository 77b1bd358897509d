"""Declared columns: the one place that types a value, or says why it cannot.

Every source declares its columns as `Column` values. `split` applies them to an Arrow
table (a page of a REST answer, a batch of a SQL result) in DuckDB, and returns the rows
that fit, and the rows and values that do not, with the column and the reason.
`typed_select` types files, as a query; there a value that does not fit rejects its row.
A reason never holds the value: values may be personal.
"""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from environment.databases import session
from environment.sql import literal, quote

_ZONE = r"(Z|[+-]\d{2}(:\d{2})?)"
_CLOCK = r"\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?"
_DAY = r"\d{4}-\d{2}-\d{2}"
_DECIMAL = re.compile(r"decimal\((\d+),\s*(\d+)\)")

WITHOUT = ": loaded without it"
"""What is said besides of a value that was rejected and its row was not."""

REJECTED_SCHEMA = pa.schema(
    [
        ("row", pa.int64()),
        ("column_name", pa.string()),
        ("reason", pa.string()),
        ("row_text", pa.string()),
    ]
)


@dataclass(frozen=True)
class Column:
    """A declared column.

    Attributes:
        name: The column in raw.
        type: `text`, `bigint`, `decimal(p,s)`, `double`, `boolean`, `date`, `timestamp`
            (local time as written, no offset allowed), `instant` (ISO time with an
            offset, kept as a naive UTC timestamp) or `offset_minutes` (of such a time).
        required: A row without a value is rejected.
        source: The field it comes from, where that has another name.
        format: For a date, its `strptime` format besides ISO.
        values: For text, the only values that it takes; any when empty.
    """

    name: str
    type: str = "text"
    required: bool = False
    source: str = ""
    format: str = ""
    values: tuple[str, ...] = ()

    @property
    def field(self) -> str:
        """The name of the field it comes from."""
        return self.source or self.name


def sql_type(column: Column) -> str:
    """The DuckDB type of a column in raw."""
    if column.type == "text":
        return "varchar"
    if column.type == "instant":
        return "timestamp"
    if column.type == "offset_minutes":
        return "bigint"
    return column.type


def typed(column: Column, text: str) -> str:
    """SQL that types the text expression `text`; null where it does not fit.

    Nothing is rounded or guessed: `1.5` is no bigint, a timestamp is no date, and a
    decimal with more places than declared does not fit.
    """
    if column.values:
        taken = ", ".join(map(literal, column.values))
        return f"case when {text} in ({taken}) then {text} end"
    if column.type == "text":
        return text
    if column.type == "bigint":
        return _where(text, r"[+-]?\d{1,19}", "try_cast({} as bigint)")
    if scale := _DECIMAL.fullmatch(column.type):
        pattern = rf"[+-]?\d+(\.\d{{0,{scale[2]}}}0*)?"
        return _where(text, pattern, f"try_cast({{}} as {column.type})")
    if column.type == "double":
        pattern = r"[+-]?\d+(\.\d+)?([eE][+-]?\d+)?"
        return _where(text, pattern, "try_cast({} as double)")
    value = f"trim({text})"
    if column.type == "boolean":
        return (
            f"case when lower({value}) in ('true', '1', 'yes') then true"
            f" when lower({value}) in ('false', '0', 'no') then false end"
        )
    if column.type == "date" and column.format:
        day = f"cast(try_strptime({value}, {literal(column.format)}) as date)"
        iso = _where(text, _DAY, "try_cast({} as date)")
        return f"coalesce(case when year({day}) >= 1000 then {day} end, {iso})"
    if column.type == "date":
        return _where(text, _DAY, "try_cast({} as date)")
    if column.type == "timestamp":
        pattern = rf"{_DAY}([ T]{_CLOCK})?"
        return _where(text, pattern, "try_cast({} as timestamp)")
    instant = rf"{_DAY}[ T]{_CLOCK}{_ZONE}"
    if column.type == "instant":
        utc = "make_timestamp(epoch_us(try_cast({} as timestamptz)))"
        return _where(text, instant, utc)
    if column.type == "offset_minutes":
        # A timestamp without a zone is what the clock says, whatever its offset.
        local = "epoch_us(try_cast({0} as timestamp))"
        utc = "epoch_us(try_cast({0} as timestamptz))"
        return _where(text, instant, f"({local} - {utc}) // 60000000")
    raise ValueError(f"column {column.name}: unknown type {column.type}")


def native(column: Column, value: str) -> str:
    """SQL that types an expression that is not text; null where it does not fit."""
    if column.type == "text":
        return f"cast({value} as varchar)"
    if column.type in ("timestamp", "instant"):
        return f"make_timestamp(epoch_us({value}))"
    if column.type == "bigint" or column.type.startswith("decimal"):
        cast = f"try_cast({value} as {column.type})"
        return f"case when {cast} = {value} then {cast} end"
    if column.type == "date":
        cast = f"try_cast({value} as date)"
        return f"case when {cast} = {value} then {cast} end"
    return f"try_cast({value} as {sql_type(column)})"


def complaint(column: Column) -> str:
    """What is said of a value that does not fit the column."""
    if column.values:
        return f"{column.field} is none of {', '.join(column.values)}"
    if column.type == "date" and column.format:
        return f"{column.field} is not a date written {_human(column.format)}"
    return f"{column.field} is not " + {
        "bigint": "a whole number",
        "double": "a number",
        "boolean": "true or false",
        "date": "a date written yyyy-mm-dd",
        "timestamp": "a local date and time",
        "instant": "a date and time with its offset",
        "offset_minutes": "a date and time with its offset",
    }.get(column.type, f"a {column.type} number")


def typed_select(
    columns: Sequence[Column],
    relation: str,
    passing: str = "",
    typeful: Collection[str] = (),
) -> str:
    """A query that types text columns and marks the rows that do not fit.

    Args:
        columns: The declared columns.
        relation: A relation that holds each column's text under its name.
        passing: Further columns of the relation to keep as they are, comma-separated.
        typeful: Names of the columns that hold no text, but have a type already.

    Returns:
        A query whose rows hold `passing`, every column typed, and `_fault`: 0, or the
        number that `reason_case` and `column_case` turn into words.
    """
    values = {
        c.name: (native if c.name in typeful else typed)(c, f"source.{quote(c.name)}")
        for c in columns
    }
    return _select(columns, relation, passing, values, typeful)


def reject_reason(columns: Sequence[Column]) -> str:
    """SQL for the reason that belongs to the number in `_fault`."""
    return _case((f"{c.field} is missing", complaint(c)) for c in columns)


def reject_column(columns: Sequence[Column]) -> str:
    """SQL for the column that belongs to the number in `_fault`."""
    return _case((c.field, c.field) for c in columns)


def _case(told: Iterable[tuple[str, str]]) -> str:
    """SQL for what is told of a missing value, or a wrong one, of each column."""
    texts = enumerate((text for pair in told for text in pair), start=1)
    return (
        f"case _fault {' '.join(f'when {n} then {literal(t)}' for n, t in texts)} end"
    )


def split(
    table: pa.Table,
    columns: Sequence[Column],
    connection: duckdb.DuckDBPyConnection | None = None,
) -> tuple[pa.Table, pa.Table, pa.Table]:
    """Type an Arrow table as declared.

    Text is read by the rules of `typed`; a field that already has a type is cast, and
    does not fit where that would change it. A value that does not fit is rejected alone
    and leaves its row null there, unless its column is required: then the row is. A
    declared column that the table lacks is null (and rejects every row if required).
    Undeclared columns are left out.

    Args:
        table: Rows as they came.
        columns: The declared columns.
        connection: A DuckDB connection to work in; a private one by default.

    Returns:
        The rows that fit, typed, in their order; the rejected rows, with their first
        fault each; and the rejected values of the rows that fit. Both as
        `REJECTED_SCHEMA`: `row` (position in `table` from 1), `column_name`, `reason`
        and `row_text` (what is declared of the row, as JSON, for
        `raw_ops.rejected_rows` only).
    """
    cursor = connection.cursor() if connection else session()
    names = set(table.column_names)
    table = table.select(
        [name for name in dict.fromkeys(c.field for c in columns) if name in names]
    )
    # A null-typed Arrow column (a page where nobody has a value) reads as text.
    present = {f.name: f.type for f in table.schema}
    numbered = table.append_column(
        "_row", pa.array(range(1, len(table) + 1), pa.int64())
    )
    cursor.register("_page", numbered)
    fields = ", ".join(
        f"{quote(c.field) if c.field in present else 'null'} as {quote(c.name)}"
        for c in columns
    )
    typeful = {
        c.name for c in columns if c.field in present and not _textual(present[c.field])
    }
    values = {
        c.name: native(c, f"source.{quote(c.name)}")
        if c.name in typeful
        else typed(c, f"cast(source.{quote(c.name)} as varchar)")
        for c in columns
    }
    relation = f"(select _row, {fields} from {{}})"
    query = _select(columns, relation.format("_page"), "_row", values, typeful)
    rows = cursor.execute(query).to_arrow_table()
    kept = [c.name for c in columns]
    faulty = pc.not_equal(rows["_fault"], 0)
    rejected = lost = REJECTED_SCHEMA.empty_table()
    if pc.any(faulty).as_py():
        at = pc.subtract(rows["_row"].filter(faulty), 1)
        cursor.register("_faulty", numbered.take(at))
        faults = _select(
            columns, relation.format("_faulty"), "_row", values, typeful, every=True
        )
        original = ", ".join(
            f"{literal(n)}, cast(p.{quote(n)} as varchar)" for n in present
        )
        needed = [0] + [
            2 * i + n for i, c in enumerate(columns) if c.required for n in (1, 2)
        ]
        told = cursor.execute(
            f"with faults as (select _row, _fault, _fault in {tuple(needed)} as is_row"
            f" from ({faults}) where _fault is not null)"
            f" select _row as row, {reject_column(columns)} as column_name,"
            f" {reject_reason(columns)} || if(is_row, '', {literal(WITHOUT)})"
            " as reason,"
            f" cast(json_object({original}) as varchar) as row_text, is_row"
            " from faults join _faulty as p using (_row)"
            " qualify is_row = bool_or(is_row) over (partition by _row) and (not is_row"
            " or _fault = min(_fault) over (partition by _row, is_row))"
            " order by _row, _fault"
        ).to_arrow_table()
        cursor.unregister("_faulty")
        rejected, lost = (
            told.filter(such).select(REJECTED_SCHEMA.names).cast(REJECTED_SCHEMA)
            for such in (told["is_row"], pc.invert(told["is_row"]))
        )
        rows = rows.filter(pc.invert(pc.is_in(rows["_row"], rejected["row"])))
    cursor.unregister("_page")
    cursor.close()
    return rows.select(kept), rejected, lost


def dlt_columns(columns: Iterable[Column]) -> dict[str, Mapping[str, Any]]:
    """The columns as dlt's column hints.

    All are nullable, the required ones too: rows without a value are rejected before.
    """
    hints: dict[str, Mapping[str, Any]] = {}
    for column in columns:
        hint: dict[str, Any] = {"name": column.name, "nullable": True}
        target = sql_type(column)
        if target == "varchar":
            hint["data_type"] = "text"
        elif target == "boolean":
            hint["data_type"] = "bool"
        elif target == "timestamp":
            hint |= {"data_type": "timestamp", "timezone": False, "precision": 6}
        elif size := _DECIMAL.fullmatch(target):
            precision, scale = int(size[1]), int(size[2])
            hint |= {"data_type": "decimal", "precision": precision, "scale": scale}
        else:
            hint["data_type"] = target
        hints[column.name] = hint
    return hints


def _select(
    columns: Sequence[Column],
    relation: str,
    passing: str,
    values: Mapping[str, str],
    typeful: Collection[str],
    *,
    every: bool = False,
) -> str:
    """A query of typed rows and the first fault of each, 0 where it has none.

    With `every`, a row comes once for each column, whose fault is null where it fits.
    """
    tests = []
    for i, column in enumerate(columns):
        text, value = quote(f"_text_{i}"), quote(column.name)
        if column.name in typeful:
            is_blank = f"{text} is null"
        else:
            # What sorts after a space begins with one; only the rest needs trimming.
            is_blank = (
                f"case when {text} >= '!' then false"
                f" else coalesce(regexp_full_match({text}, '\\s*'), true) end"
            )
        missing, wrong = 2 * i + 1, 2 * i + 2
        if column.type == "text" and not column.values:
            if column.required:
                tests.append(f"when {is_blank} then {missing}")
        elif column.required:
            tests.append(
                f"when {value} is null"
                f" then case when {is_blank} then {missing} else {wrong} end"
            )
        else:
            tests.append(
                f"when case when {value} is null then not ({is_blank}) else false end"
                f" then {wrong}"
            )
    kept = f"{passing}, " if passing else ""
    inner = ", ".join(
        [f"{values[c.name]} as {quote(c.name)}" for c in columns]
        + [f"source.{quote(c.name)} as _text_{i}" for i, c in enumerate(columns)]
    )
    names = ", ".join(quote(c.name) for c in columns)
    fault = f"case {' '.join(tests)} else 0 end" if tests else "0"
    if every:
        fault = f"unnest([{', '.join(f'case {test} end' for test in tests)}])"
    return (
        f"select {kept}{names}, {fault} as _fault"
        f" from (select {kept}{inner} from {relation} as source) as typed"
    )


def _where(text: str, pattern: str, result: str) -> str:
    """SQL for `result`, of the text or of the text trimmed, where the pattern fits.

    Trimming every value would cost more than typing it.
    """
    trimmed = f"trim({text})"
    return (
        f"case when regexp_full_match({text}, {literal(pattern)})"
        f" then {result.format(text)}"
        f" when regexp_full_match({trimmed}, {literal(pattern)})"
        f" then {result.format(trimmed)} end"
    )


def _textual(kind: Any) -> bool:
    return bool(
        pa.types.is_string(kind)
        or pa.types.is_large_string(kind)
        or pa.types.is_string_view(kind)
        or pa.types.is_null(kind)
    )


def _human(pattern: str) -> str:
    for code, word in {"%d": "dd", "%m": "mm", "%Y": "yyyy", "%y": "yy"}.items():
        pattern = pattern.replace(code, word)
    return pattern
