"""Bytes to numbered lines: true line numbers, quotes, damage."""

import gzip
from pathlib import Path

import pytest

from ingestion import readers
from ingestion.readers import (
    FileFaultError,
    Start,
    as_text,
    csv_rows,
    json_lines,
    starts,
)


def write(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def text(path: Path) -> Path:
    return as_text(path, path.with_name("scratch")).path


def lines(path: Path) -> list[tuple[int, str]]:
    found: list[tuple[int, str]] = []
    for block in json_lines(text(path)):
        found += zip(
            block.table["line"].to_pylist(),
            block.table["text"].to_pylist(),
            strict=True,
        )
    return found


def rows(path: Path, delimiter: str = ";") -> list[tuple[int, list[str] | None]]:
    found: list[tuple[int, list[str] | None]] = []
    for block in csv_rows(text(path), delimiter):
        found += zip(
            block.table["line"].to_pylist(),
            block.table["fields"].to_pylist(),
            strict=True,
        )
    return found


def test_lines_are_numbered_as_in_the_file(tmp_path: Path) -> None:
    path = write(tmp_path / "a.jsonl", "\ufeffone\r\n\n\nfour\nfive")
    assert lines(path) == [(1, "one"), (4, "four"), (5, "five")]


def test_line_numbers_run_on_across_blocks_and_gzip_members(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readers, "BLOCK_BYTES", 1000)
    monkeypatch.setattr(readers, "CHUNK_BYTES", 300)
    texts = [f"line {n} {'x' * (n % 50)}" for n in range(1, 2001)]
    half = len("\n".join(texts)) // 2
    whole = ("\n".join(texts) + "\n").encode()
    content = gzip.compress(whole[:half]) + gzip.compress(whole[half:]) + b"\0" * 8
    path = write(tmp_path / "a.jsonl.gz", content)
    assert lines(path) == list(enumerate(texts, start=1))


def test_a_truncated_gzip_tells_how_much_could_be_decoded(tmp_path: Path) -> None:
    whole = gzip.compress("".join(f"{n * 7919}\n" for n in range(5000)).encode())
    path = write(tmp_path / "a.jsonl.gz", whole[: len(whole) // 2])
    with pytest.raises(FileFaultError, match="truncated") as caught:
        lines(path)
    assert 1000 < caught.value.rows < 5000


@pytest.mark.parametrize(
    ("encoding", "found"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8-sig"),
        ("utf-16", "utf-16"),
        ("utf-16-le", "utf-16-le"),
        ("utf-16-be", "utf-16-be"),
        ("cp1252", "cp1252"),
    ],
)
@pytest.mark.parametrize("chunk", [3, 1 << 20])
def test_encodings_are_seen(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    encoding: str,
    found: str,
    chunk: int,
) -> None:
    monkeypatch.setattr(readers, "CHUNK_BYTES", chunk if found[4:6] != "16" else 1024)
    path = write(tmp_path / "a.csv", "id;näme\r\n1;€\r\n".encode(encoding))
    seen = as_text(path, tmp_path / "scratch")
    assert (seen.encoding, seen.lines) == (found, 2)
    assert seen.path.read_text("utf-8") == "id;näme\n1;€\n"
    assert rows(path) == [(2, ["1", "€"])]


@pytest.mark.parametrize("chunk", [16, 1 << 20])
@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "utf-16"])
def test_lines_may_end_with_a_carriage_return_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, encoding: str, chunk: int
) -> None:
    monkeypatch.setattr(readers, "CHUNK_BYTES", chunk)
    content = "id\rnäme; and more\r\r1;€\r"
    # In UTF-16, the bytes of a line end are in other characters too.
    content += "\u0a0a\u0d0d" if encoding == "utf-16" else ""
    path = write(tmp_path / "a.csv", content.encode(encoding))
    seen = as_text(path, tmp_path / "scratch")
    assert (seen.is_cr_ended, seen.lines) == (True, 4 + (encoding == "utf-16"))
    assert seen.path.read_bytes() == content.replace("\r", "\n").encode()


@pytest.mark.parametrize(
    "content", ["a\r", "a\r\n", "a\r\nb\r\n", "a\rb\nc", "a;b\n1;\r\n", "\r\n"]
)
def test_other_carriage_returns_end_no_line(tmp_path: Path, content: str) -> None:
    seen = as_text(write(tmp_path / "a.csv", content), tmp_path / "scratch")
    assert not seen.is_cr_ended
    assert seen.path.read_bytes() == content.encode()


def test_a_header_is_sought_in_each_of_the_first_lines_and_by_each_delimiter(
    tmp_path: Path,
) -> None:
    path = write(tmp_path / "a.csv", 'sep=^\n\n"a;\nb"^c\r\n1;2\n' + "x\n" * 30)
    found = [each for each in starts(path, ";") if each.line < 5]
    assert found[0] == Start(("sep=^",), ";")
    assert Start(("a;\nb", "c"), "^", 3, 7) in found
    assert {each.line for each in found} == {1, 3, 4}
    assert max(each.line for each in starts(path, ";")) == readers.HEADER_LINES
    assert list(starts(write(tmp_path / "b.csv", ""), ";")) == []


def test_utf8_with_one_bad_byte_is_not_taken_for_cp1252(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "id\nMüller\n".encode() + b"\xfc\n")
    with pytest.raises(FileFaultError, match="not UTF-8 text in line 3"):
        rows(path)
    assert as_text(path, tmp_path / "s", "cp1252").encoding == "cp1252"


def test_a_quoted_record_may_cross_blocks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(readers, "BLOCK_BYTES", 20)
    content = "id;comment\n" + '1;"a\nb\nc"\n2;plain\n3;"open\n' * 20
    found = rows(write(tmp_path / "a.csv", content))
    assert [line for line, _ in found] == [
        line + 5 * n for n in range(20) for line in (2, 5, 6)
    ]
    assert found[0] == (2, ["1", "a\nb\nc"])


def test_damage_is_told(tmp_path: Path) -> None:
    with pytest.raises(FileFaultError, match="gzip is damaged"):
        lines(write(tmp_path / "a.jsonl.gz", b"this is no gzip"))
    corrupt = bytearray(gzip.compress(b"0123456789" * 1000))
    corrupt[-5] ^= 0xFF
    with pytest.raises(FileFaultError, match="gzip is damaged"):
        lines(write(tmp_path / "b.jsonl.gz", bytes(corrupt)))
    with pytest.raises(FileFaultError, match="not UTF-8 text in line 3"):
        lines(write(tmp_path / "c.jsonl", b"a\nb\n\x81\n"))


def test_csv_fields_quotes_and_true_lines(tmp_path: Path) -> None:
    content = (
        "\ufeffid;comment;n\r\n"
        '1;"says ""no""; twice";2\r\n'
        "2;plain;3\r\n"
        '3;"two\r\nlines";4\r\n'
        "\r\n"
        '4;5" screen;5\r\n'
        ";;\r\n"
    )
    path = write(tmp_path / "a.csv", content)
    assert rows(path) == [
        (2, ["1", 'says "no"; twice', "2"]),
        (3, ["2", "plain", "3"]),
        (4, ["3", "two\nlines", "4"]),
        (7, ["4", '5" screen', "5"]),
        (8, ["", "", ""]),
    ]


def test_a_quote_that_does_not_close_costs_one_line(tmp_path: Path) -> None:
    content = 'id;comment\n1;"open\n2;fine\n3;"closed"\n4;fine\n5;"open at the end\n'
    path = write(tmp_path / "a.csv", content)
    assert rows(path) == [
        (2, None),
        (3, ["2", "fine"]),
        (4, ["3", "closed"]),
        (5, ["4", "fine"]),
        (6, None),
    ]


def test_a_header_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(FileFaultError, match="the header cannot be read"):
        rows(write(tmp_path / "a.csv", 'id;"open\n1;2\n'))
    assert rows(write(tmp_path / "b.csv", "")) == []
    assert rows(write(tmp_path / "c.csv", "\n\n")) == []
