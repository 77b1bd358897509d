"""The fast way and the careful way give the same rows, of any file."""

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from trial_kit import trials

from environment.progress import Reporter
from ingestion import staging
from ingestion.columns import Column
from ingestion.context import RunContext
from ingestion.files import load_files
from ingestion.landing import FileResource, Inbox
from ingestion.ledger import Ledger
from ingestion.log import Log
from ingestion.tally import Tally

SOURCE = "attendance"

COLUMNS = (
    Column("id", required=True),
    Column("kind", values=("IN", "OUT")),
    Column("at", "instant"),
    Column("offset", "offset_minutes", source="at"),
    Column("local", "timestamp"),
    Column("day", "date"),
    Column("day_first", "date", format="%d.%m.%Y"),
    Column("whole", "bigint"),
    Column("rate", "decimal(18,6)"),
    Column("ratio", "double"),
    Column("flag", "boolean"),
)
FIELDS = tuple(dict.fromkeys(column.field for column in COLUMNS))

JSON_LINES = FileResource("punches", "*", "jsonl", COLUMNS)
CSV = FileResource("punches", "*", "csv", COLUMNS)

tried = settings(
    max_examples=trials(8, nightly=25),
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)

WORDS = st.sampled_from(
    [
        *("", " ", "IN", "OUT", "in", "x", "ü", "€", "\u00a0", "NULL", "null", "\\N"),
        *("2024-02-29", "2024-02-30", "2024-2-9", "0999-01-01", "infinity", "epoch"),
        *("2024-06-01T08:00:00+02:00", "2024-06-01 08:00:00Z", "2024-06-01T08:00:00"),
        *("2024-06-01T08:00+02", "2024-06-01T24:00:00.123456789-05:30", "20240601"),
        *(" 2024-06-01 ", "2024-06-01T08:00:60Z", "2024-06-01 08:00:00 UTC"),
        *("31.12.2024", "1.2.2024", "31.12.24", "true", "No", "1", "0", "-0", "+7"),
        *("1.5", "1e3", "1.0000000", "1.0000001", "9223372036854775808", "1e400"),
        *("123456789012345678901234567890", "nan", "inf", "0x10", "1_000", "٣"),
        *('"', '""', '"a"', 'a"b', 'a "b" c', "'", ";", "a;b", "\\", "#", "\r", "\n"),
        *("\0", "\t", "a\nb", "\ufeff", "x" * 40),
    ]
)
VALUES = st.one_of(
    WORDS,
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(),
    st.sampled_from([[], [1, "a"], {}, {"a": {"b": 1.50}}, {"a": 1, "b": None}]),
)
GOOD = {
    "id": "1",
    "kind": "IN",
    "at": "2024-06-01T08:00:00+02:00",
    "local": "2024-06-01 08:00:00",
    "day": "2024-06-01",
    "day_first": "01.06.2024",
    "whole": "12",
    "rate": "1.250000",
    "ratio": "0.5",
    "flag": "yes",
}
NAMES = st.one_of(
    st.sampled_from([*FIELDS, "extra", "Extra", "ex-tra", "ID", "Kind", "", "line"]),
    st.sampled_from(["_row", "text", "source", "file_index", "filename", "problem"]),
    st.text(max_size=3),
)


@st.composite
def lines_of_json(draw: st.DrawFn) -> bytes:
    """Mostly records that fit, and sometimes anything."""
    lines = []
    for _ in range(draw(st.integers(0, 5))):
        record: dict[str, Any] = dict(GOOD)
        if draw(st.booleans()):
            record |= draw(st.dictionaries(NAMES, VALUES, max_size=2))
        for name in draw(st.sets(st.sampled_from(FIELDS), max_size=1)):
            record.pop(name, None)
        line = json.dumps(record, ensure_ascii=draw(st.booleans()))
        if draw(st.integers(0, 5)) == 0:
            twice = draw(
                st.sampled_from(['"kind": 1', '"k\\u0069nd": 1', '"extra": 1'])
            )
            line = f"{line[:-1]}, {twice}, {twice}}}"
        lines.append(line.encode("utf-8", "surrogatepass"))
        if draw(st.integers(0, 9)) == 0:
            lines[-1] = draw(
                st.sampled_from(
                    [
                        *(b"", b" ", b"null", b"1", b"[]", b"{", b"{}", b'"a"', b"\0"),
                        *(
                            line.encode() + b"x",
                            line.encode() * 2,
                            b" " + line.encode(),
                        ),
                        *(b'{"id":"1","id":"2"}', b'{"id":"1",}', b'{"id":NaN}'),
                        *(b'{"id":"\\ud800"}', b'{"id":"\\u0000"}', b'{"i\\u0064":1}'),
                        *(
                            b'{"id":\r1}',
                            b'{"id":1.50,"ID":2}',
                            b"\xff",
                            b'{"id":"\t"}',
                        ),
                        b'{"id":"1","extra":[1.50, "\\u00e9"]}',
                    ]
                )
            )
    return draw(written(lines))


@st.composite
def lines_of_csv(draw: st.DrawFn) -> bytes:
    """A header and rows that mostly fit."""
    names = list(FIELDS)
    if draw(st.booleans()):
        names += draw(st.lists(NAMES, max_size=2))
    if draw(st.booleans()):
        names.remove(draw(st.sampled_from(FIELDS[1:])))
    delimiter = draw(st.sampled_from([";", ";", ",", "\t", "|"]))
    titles = st.sampled_from(["", "Rows of today", "sep=;", "a;b;c", '"a', "id"])
    lines = draw(st.one_of(st.just([]), st.lists(titles, max_size=22)))
    lines.append(delimiter.join(names))
    for _ in range(draw(st.integers(0, 5))):
        values = [GOOD.get(name, "") for name in names]
        if draw(st.booleans()):
            values[draw(st.integers(0, len(values) - 1))] = draw(WORDS)
        if draw(st.booleans()):
            place = draw(st.integers(0, len(values) - 1))
            quoted = values[place].replace('"', '""')
            values[place] = f'"{quoted}"'
        if draw(st.integers(0, 9)) == 0:
            values = draw(st.sampled_from([[""], [], values[1:], [*values, ""]]))
        lines.append(delimiter.join(values))
    return draw(written([line.encode("utf-8", "surrogatepass") for line in lines]))


@st.composite
def written(draw: st.DrawFn, lines: list[bytes]) -> bytes:
    """Lines as a file: with its mark, its line ends, and its end."""
    end = draw(st.sampled_from([b"\n", b"\n", b"\n", b"\r\n", b"\r", b"\n\n"]))
    mark = draw(st.sampled_from([b"", b"", b"", b"\xef\xbb\xbf"]))
    whole = end.join(lines) + draw(st.sampled_from([end, b"", b"\n", b"\0"]))
    encoding = draw(st.sampled_from([*["utf-8"] * 4, "cp1252", "utf-16", "utf-16-be"]))
    if encoding == "utf-8":
        return mark + whole
    return whole.decode(errors="replace").encode(encoding, "replace")


def outcome(resource: FileResource, files: dict[str, bytes]) -> tuple[Any, ...]:
    """All that a run says of files and keeps of them."""
    with TemporaryDirectory() as folder:
        home = Path(folder)
        inbox = home / "inbox"
        inbox.mkdir()
        for name, content in files.items():
            (inbox / name).write_bytes(content)
        raw = Log(home / "dev" / "raw")
        connection = raw.connect()
        log = Ledger(connection, "run", raw)
        context = RunContext(
            *(SOURCE, home, "dev", "run", connection, raw, log, Tally(), Reporter())
        )
        load_files(context, [resource], Inbox(str(inbox), grace_seconds=0))
        log.flush()
        raw.show(connection)
        rows = connection.execute(
            "select * exclude (_dlt_load_id) from raw_attendance.punches"
            " order by _file_name, _file_line"
        )
        found = [
            dict(zip([d[0] for d in rows.description or []], row, strict=True))
            for row in rows.fetchall()
        ]
        rejected = connection.execute(
            "select file, line, column_name, reason, row_text from"
            " raw_ops.rejected_rows order by all"
        ).fetchall()
        states = connection.execute(
            "select inbox_path, status, rows, reason from raw_ops.landed_files"
            " order by all"
        ).fetchall()
        count = context.tally.count(SOURCE, "punches")
        assert count.is_balanced
        connection.close()
        kept = [{k: repr(v) for k, v in row.items() if v is not None} for row in found]
        return kept, rejected, states, sorted(context.tally.notes), count.loaded


def assert_alike(resource: FileResource, contents: list[bytes]) -> None:
    suffix = {"jsonl": ".jsonl", "csv": ".csv"}[resource.format]
    files = {f"{n}{suffix}": content for n, content in enumerate(contents)}
    with patch.object(staging, "layout_of", lambda *_: None):
        careful = outcome(resource, files)
    assert outcome(resource, files) == careful


def test_a_file_in_which_everything_fits_goes_the_fast_way() -> None:
    punch = json.dumps(GOOD).encode() + b"\n"
    more = json.dumps(GOOD | {"extra": {"a": 1.50}}).encode() + b"\n"
    header = ";".join([*GOOD, "extra"]).encode() + b"\n"
    row = ";".join([*GOOD.values(), '"a;""b"""']).encode() + b"\n"
    table = header + row * 2
    tabs = table.replace(b";", b"\t").decode()
    with patch.object(staging._Reader, "_carefully", side_effect=AssertionError):
        kept, *_, notes, loaded = outcome(
            JSON_LINES, {"1.jsonl": punch * 3, "2.jsonl": punch, "3.jsonl": more * 2}
        )
        assert loaded == 6
        assert [row["_file_line"] for row in kept] == ["1", "2", "3", "1", "1", "2"]
        assert not any("extra" in row for row in kept)
        assert notes == ["attendance.punches: not declared and not loaded: extra"]
        for each in (table, tabs.encode(), tabs.replace("\n", "\r").encode("utf-16")):
            kept, *_, loaded = outcome(CSV, {"1.csv": each, "2.csv": header})
            assert [row["_file_line"] for row in kept] == ["2", "3"]
            assert len(kept[0]) == len(COLUMNS) + 3


def test_a_row_with_an_empty_field_too_many_is_rejected_either_way() -> None:
    header, row = (";".join(each).encode() for each in (GOOD, GOOD.values()))
    quoted = row.replace(b"yes", b'"yes"')
    contents = [
        b"\n".join([header, *rows]) + last
        for end in (b";", b";;", b';""', b";\r", b';"";')
        for rows in ([row, row + end], [row + end, row], [quoted, quoted + end])
        for last in (b"", b"\n")
    ]
    assert_alike(CSV, contents)
    files = {f"{n}.csv": content for n, content in enumerate(contents)}
    _, rejected, *_, loaded = outcome(CSV, files)
    assert len(rejected) == loaded == len({*contents})


@tried
@given(contents=st.lists(lines_of_json(), min_size=1, max_size=3))
def test_json_lines_are_read_alike_either_way(contents: list[bytes]) -> None:
    assert_alike(JSON_LINES, contents)


@tried
@given(contents=st.lists(lines_of_csv(), min_size=1, max_size=3))
def test_csv_is_read_alike_either_way(contents: list[bytes]) -> None:
    assert_alike(CSV, contents)
