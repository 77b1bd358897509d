"""A stranger's files as tables of text: what parts their columns, and what names them.

Rows are read as ingestion reads them, with the line that each began in. DuckDB and the
`csv` module say independently what they see; where they differ, a note says so.
"""

import atexit
import csv
import re
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from glob import escape
from itertools import islice
from pathlib import Path

import duckdb
from python_calamine import CalamineWorkbook, SheetVisibleEnum

from environment.databases import session
from environment.errors import MusterError
from ingestion import readers, workbooks
from ingestion.readers import DELIMITERS, HEADER_LINES, FileFaultError

WORKBOOKS = (".xlsx", ".xls", ".xlsb", ".xlsm", ".ods")
TEXTS = (".csv", ".txt", ".tsv", ".tab")
JSON_LINES = (".jsonl", ".ndjson")
PARQUET = (".parquet",)
KNOWN = (*WORKBOOKS, *TEXTS, *JSON_LINES, *PARQUET)

MOST_ROWS = 200_000
"""Of one file, that are looked at where a mapping is proposed."""

HEAD_RECORDS = 60

NUMBER_OR_DATE = re.compile(r"[-+(]?\W{0,3}\d[\d.,'/: -]*\W{0,3}")


@dataclass
class Reading:
    """One table of one file.

    Attributes:
        path: The file.
        table: Its name in DuckDB: `line`, `c0`, `c1`, ... all text, `problem`.
        header: The columns' names; white space in them is one blank.
        rows: How many rows were read.
        sheet: Which, of a workbook with several.
        header_rows: The header's lines, from 1.
        delimiter: What parts columns, of text.
        encoding: Of text.
        format: csv, jsonl, workbook or parquet.
        is_cut: Whether there are more rows than were read.
        notes: What a person should know.
    """

    path: Path
    table: str
    header: list[str]
    rows: int = 0
    sheet: str = ""
    header_rows: tuple[int, ...] = (1,)
    delimiter: str = ""
    encoding: str = ""
    format: str = "csv"
    is_cut: bool = False
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Wanted:
    """What a mapping says of how a table's files are written; all may be left open.

    Attributes:
        sheet: Of a workbook.
        header_rows: The header's lines, from 1.
        delimiter: What parts columns.
        encoding: Of text.
        names: Columns of which some are in the header.
    """

    sheet: str = ""
    header_rows: tuple[int, ...] = ()
    delimiter: str = ""
    encoding: str = ""
    names: tuple[str, ...] = ()


def counted(number: int, what: str) -> str:
    """A number of things, in words."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def suffix(path: Path) -> str:
    """A file's ending in lower case, without `.gz`."""
    name = path.name.lower().removesuffix(".gz")
    return Path(name).suffix


def connect(memory: str) -> duckdb.DuckDBPyConnection:
    """A DuckDB for people's rows; what memory has no room for is for their owner only.

    Args:
        memory: The most that it takes, such as `1GB`.
    """
    folder = tempfile.mkdtemp(prefix="muster-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return session(
        config={"threads": 2, "memory_limit": memory, "temp_directory": folder}
    )


def files_of(place: Path) -> tuple[list[Path], list[tuple[Path, str]]]:
    """The files in a folder that can be read, or the one file; the others, and why.

    Raises:
        MusterError: There are none.
    """
    if not place.exists():
        raise MusterError(f"There is no {place}: name a folder or a file.", 2)
    found = sorted(place.iterdir()) if place.is_dir() else [place]
    found = [each for each in found if not each.name.startswith((".", "~$"))]
    why = {each: reason for each in found if (reason := _unreadable(each))}
    if len(why) == len(found):
        raise MusterError(
            f"{place} has no file to read: those that end with {', '.join(KNOWN)} are.",
            2,
        )
    return [each for each in found if each not in why], list(why.items())


def _unreadable(path: Path) -> str:
    if path.is_dir():
        return "it is a folder; name it by itself"
    if not path.is_file():
        return "it is a pipe, socket or device, or leads nowhere; take it away"
    if suffix(path) not in KNOWN:
        return f"it ends with none of {', '.join(KNOWN)}; export it as one of these"
    return ""


def sheets(path: Path) -> list[str]:
    """The sheets of a workbook that are to be seen."""
    book = CalamineWorkbook.from_path(path)
    return [
        str(each.name)
        for each in book.sheets_metadata
        if each.visible == SheetVisibleEnum.Visible
    ]


def read(
    con: duckdb.DuckDBPyConnection,
    path: Path,
    table: str,
    scratch: Path,
    wanted: Wanted = Wanted(),
    most: int | None = None,
) -> Reading:
    """Read one table of a file into DuckDB.

    Args:
        con: Where to.
        path: The file.
        table: The table's name there.
        scratch: A folder for what is decoded.
        wanted: What is known of how the file is written.
        most: How many rows at most.

    Raises:
        FileFaultError: It cannot be used.
    """
    ending = suffix(path)
    if ending in PARQUET:
        return _read_parquet(con, path, table, most)
    text_path = scratch / f"{table}.txt"
    if ending in WORKBOOKS:
        spelled = "_".join(escape(wanted.sheet).lower().split())
        pattern = "_".join(wanted.sheet.lower().split())
        text = workbooks.as_text(path, text_path, spelled or "*", pattern or "*", ",")
        reading = Reading(path, table, [], format="workbook", sheet=wanted.sheet)
        wanted = replace(wanted, delimiter=",")
    else:
        text = readers.as_text(path, text_path, wanted.encoding)
        reading = Reading(path, table, [], encoding=text.encoding)
        if ending in JSON_LINES:
            reading.format = "jsonl"
            return _read_json(con, text.path, reading, most)
    if not text.path.stat().st_size:
        raise FileFaultError("it is empty; ask for the file again")
    _find_header(text.path, reading, wanted)
    if reading.format == "csv":
        _cross_check(con, text.path, reading, wanted)
    _read_rows(con, text.path, reading, most)
    return reading


def _records(path: Path, delimiter: str) -> Iterator[tuple[int, list[str]]]:
    """The first records of a CSV text with the lines that they begin in."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file, delimiter=delimiter)
        line = 1
        try:
            for fields in islice(reader, HEAD_RECORDS):
                yield line, [" ".join(each.split()) for each in fields]
                line = reader.line_num + 1
        except csv.Error:
            return


def _width(records: Sequence[tuple[int, list[str]]]) -> tuple[int, float]:
    """How many columns most records have, and the share of records with as many."""
    counted = Counter(len(fields) for _, fields in records if any(fields))
    if not counted:
        return 0, 0.0
    width, times = max(counted.items(), key=lambda each: (each[1], each[0]))
    return width, times / counted.total()


def _delimiter(path: Path) -> str:
    """What parts most records into equally many columns."""

    def score(delimiter: str) -> tuple[float, int]:
        width, share = _width(list(_records(path, delimiter)))
        return (share if width > 1 else 0.0, width)

    return max(DELIMITERS, key=score)


def is_header(fields: Sequence[str], width: int) -> bool:
    """Whether a record may name columns: texts, most there, none twice."""
    named = [each for each in fields if each]
    return (
        len(fields) >= width
        and len(named) >= max(2, 0.6 * width)
        and len(set(named)) == len(named)
        and not any(NUMBER_OR_DATE.fullmatch(each) for each in named)
    )


def _find_header(path: Path, reading: Reading, wanted: Wanted) -> None:
    reading.delimiter = wanted.delimiter or _delimiter(path)
    records = list(_records(path, reading.delimiter))
    width, _ = _width(records)
    if width < 2:
        raise FileFaultError(
            "it has one column alone: what parts its columns could not be told."
            f" Write it with one of {' '.join(DELIMITERS[:2])} tab | between them, or"
            " say delimiter: in the mapping"
        )
    if wanted.header_rows:
        places = dict(records)
        chosen = [places.get(line, []) for line in wanted.header_rows]
        reading.header_rows = wanted.header_rows
    else:
        at = next(
            (
                n
                for n, (_, fields) in enumerate(records[:HEADER_LINES])
                if is_header(fields, width)
                or len(set(fields) & set(wanted.names)) > len(wanted.names) / 2
            ),
            None,
        )
        if at is None:
            raise FileFaultError(
                f"none of its first {HEADER_LINES} lines names the columns: each"
                " needs a name, and none twice"
            )
        chosen = [records[at][1]]
        reading.header_rows = (records[at][0],)
        if not wanted.names and _is_more_header(records[at + 1 : at + 20], width):
            chosen.append(records[at + 1][1])
            reading.header_rows += (records[at + 1][0],)
    longest = max(len(fields) for fields in chosen)
    reading.header = [
        " ".join(f[n] for f in chosen if n < len(f) and f[n]) for n in range(longest)
    ]
    if above := reading.header_rows[0] - 1:
        reading.notes.append(f"{counted(above, 'line')} above the header")


def _is_more_header(records: Sequence[tuple[int, list[str]]], width: int) -> bool:
    """Whether the first record goes on with the header: units or halves of names."""
    if len(records) < 3:
        return False
    first, rest = records[0][1], [fields for _, fields in records[1:]]
    if len(first) < width or any(any(c.isdigit() for c in each) for each in first):
        return False
    filled = [n for n in range(width) if first[n]]

    def is_counted(n: int) -> bool:
        values = [f[n] for f in rest if n < len(f) and f[n]]
        return bool(values) and all(NUMBER_OR_DATE.fullmatch(v) for v in values)

    return sum(is_counted(n) for n in filled) >= 2 or (
        0 < len(filled) <= width / 2 and all(is_counted(n) for n in filled)
    )


def _cross_check(
    con: duckdb.DuckDBPyConnection, path: Path, reading: Reading, wanted: Wanted
) -> None:
    """Note where DuckDB's sniffer or `csv.Sniffer` see other delimiters."""
    seen = {}
    try:
        row = con.execute(
            "select Delimiter from sniff_csv(?, ignore_errors = true,"
            " store_rejects = true)",
            [str(path)],
        ).fetchone()
        seen["DuckDB"] = row[0] if row else ""
    except duckdb.Error:
        seen["DuckDB"] = ""
    with path.open(encoding="utf-8-sig") as file:
        head = file.read(20_000)
    try:
        seen["csv.Sniffer"] = csv.Sniffer().sniff(head, "".join(DELIMITERS)).delimiter
    except csv.Error:
        seen["csv.Sniffer"] = ""
    others = {who: what for who, what in seen.items() if what != reading.delimiter}
    if len(others) == len(seen) and not wanted.delimiter:
        told = ", ".join(f"{who} sees {what!r}" for who, what in others.items())
        reading.notes.append(
            f"{reading.delimiter!r} seems to part its columns, but {told}: look at it"
        )


def _read_rows(
    con: duckdb.DuckDBPyConnection, path: Path, reading: Reading, most: int | None
) -> None:
    first, offset = reading.header_rows[0], 0
    with path.open("rb") as file:
        for _ in range(first - 1):
            offset += len(file.readline())
    names = ", ".join(f"c{n} varchar" for n in range(len(reading.header)))
    con.execute(f"create table {reading.table} (line bigint, {names}, problem varchar)")
    last = reading.header_rows[-1]
    columns = ", ".join(f"trim(fields[{n + 1}])" for n in range(len(reading.header)))
    many = len(reading.header)
    blocks = readers.csv_rows(path, reading.delimiter, None, first, offset)
    for block in blocks:
        rows = block.table
        con.register("_block", rows)
        con.execute(
            f"insert into {reading.table} select line, {columns},"
            f" coalesce(problem, case when len(fields) > {many}"
            f" and len(list_filter(fields[{many + 1}:], f -> f != '')) > 0"
            " then 'more fields than the header' end)"
            f" from _block where line > {last} and (problem is not null"
            " or fields[1] != '' or len(list_filter(fields, f -> f != '')) > 0)"
        )
        con.unregister("_block")
        if most and _count(con, reading.table) >= most:
            reading.is_cut = True
            con.execute(
                f"delete from {reading.table} where line not in"
                f" (select line from {reading.table} order by line limit {most})"
            )
            break
    reading.rows = _count(con, reading.table)
    broken = _count(con, f"{reading.table} where problem is not null")
    if broken:
        reading.notes.append(
            f"{broken:,} rows have more fields than the header, or broken quotes"
        )


def _count(con: duckdb.DuckDBPyConnection, what: str) -> int:
    row = con.execute(f"select count(*) from {what}").fetchone()
    return int(row[0]) if row else 0


def _read_parquet(
    con: duckdb.DuckDBPyConnection, path: Path, table: str, most: int | None
) -> Reading:
    try:
        names = con.read_parquet(str(path)).columns
    except duckdb.Error:
        raise FileFaultError("the Parquet file is damaged; ask for it again") from None
    return _as_text(con, f"read_parquet('{_quoted(path)}')", names, path, table, most)


def _read_json(
    con: duckdb.DuckDBPyConnection, text: Path, reading: Reading, most: int | None
) -> Reading:
    places = f"read_json('{_quoted(text)}', format = 'newline_delimited')"
    try:
        names = con.sql(f"select * from {places}").columns
    except duckdb.Error:
        raise FileFaultError("its lines are not all JSON; ask for it again") from None
    made = _as_text(con, places, names, reading.path, reading.table, most)
    made.format, made.encoding = "jsonl", reading.encoding
    return made


def _as_text(
    con: duckdb.DuckDBPyConnection,
    relation: str,
    names: Sequence[str],
    path: Path,
    table: str,
    most: int | None,
) -> Reading:
    columns = ", ".join(
        f'trim("{name.replace(chr(34), chr(34) * 2)}"::varchar) as c{n}'
        for n, name in enumerate(names)
    )
    limit = f"limit {most + 1}" if most else ""
    con.execute(
        f"create table {table} as select row_number() over () as line, {columns},"
        f" null::varchar as problem from {relation} {limit}"
    )
    reading = Reading(path, table, list(names), format="parquet")
    reading.rows = _count(con, table)
    if most and reading.rows > most:
        con.execute(f"delete from {table} where line > {most}")
        reading.rows, reading.is_cut = most, True
    return reading


def _quoted(path: Path) -> str:
    return str(path).replace("'", "''")
