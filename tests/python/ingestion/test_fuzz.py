"""Fuzzed inputs: no file stops a source, loses a good row or breaks the identity."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest
from landing_kit import Warehouse, punches
from trial_kit import trials

from environment.errors import MusterError
from ingestion.log import marker_key, parse_marker

ROUNDS, FILES, MARKERS = trials((1, 20, 100), nightly=(16, 500, 2_000))
"""By night 8,000 files, 500 in a run, and 2,000 markers."""

APPLICATIONS = (
    "application_id;requisition_id;candidate_name;candidate_email;applied_on;"
    "employee_number;status\n"
)

SIGNS = [
    *(b'"', b";", b",", b"\n", b"\r", b"\0", b"\\", b"{", b"}", b"[", b"'", b"\t"),
    *(b"\xff\xfe", b"\xef\xbb\xbf", b"\x80", b"\xc3", b"\x1f\x8b\x08", b"PK\x03\x04"),
    *(b"PAR1", b"[" * 5_000, b'{"a":' * 2_000, b"9" * 400, b"NaN", b"1e999", b"null"),
    *(b"../../etc/passwd", b"'); drop table x; --", b"=cmd|'/c calc'!A1", b"\\ud800"),
]


def flipped(content: bytes, chance: Random) -> bytes:
    changed = bytearray(content)
    for _ in range(chance.choice((1, 3, 30))):
        changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
    return bytes(changed)


def cut(content: bytes, chance: Random) -> bytes:
    return content[: chance.randrange(len(content))]


def inserted(content: bytes, chance: Random) -> bytes:
    place = chance.randrange(len(content))
    return content[:place] + chance.choice(SIGNS) + content[place:]


def doubled(content: bytes, chance: Random) -> bytes:
    begin, end = sorted(chance.choices(range(len(content)), k=2))
    return content[:end] + content[begin:end] * chance.choice((1, 2, 50))


def mixed(content: bytes, chance: Random) -> bytes:
    lines = content.splitlines(keepends=True)
    chance.shuffle(lines)
    return b"".join(lines)


def recoded(content: bytes, chance: Random) -> bytes:
    encoding = chance.choice(("utf-16", "utf-16-be", "utf-32", "utf-7", "cp500"))
    return content.decode("utf-8", "replace").encode(encoding, "replace")


def noise(content: bytes, chance: Random) -> bytes:
    return chance.randbytes(len(content))


CHANGES: list[Callable[[bytes, Random], bytes]] = [
    *(flipped, cut, inserted, doubled, mixed, recoded, noise)
]


def fuzzed(content: bytes, chance: Random) -> bytes:
    """A content with some things done to it."""
    for _ in range(chance.choice((1, 1, 2, 4))):
        content = chance.choice(CHANGES)(content, chance) or b"\0"
    return content


def drop(warehouse: Warehouse, number: int, chance: Random) -> None:
    """Put a fuzzed file into an inbox."""
    first = number * 10
    rows = "".join(
        f"f{first + n};r1;Name;n@x.example;0{n + 1}.01.2024;;open\n" for n in range(5)
    )
    rates = "Date,USD,GBP,\n2024-01-02,1.0956,0.86645,\n2024-01-01,1.1,0.9,\n"
    source, name, text = chance.choice(
        (
            ("attendance", f"punches_f{number}.jsonl", punches(range(5))),
            ("ats", f"applications_f{number}.csv", APPLICATIONS + rows),
            ("fx", f"eurofxref-hist_{number}.csv", rates),
        )
    )
    content = text.replace('"event_id": "e', f'"event_id": "f{number}-').encode()
    match chance.randrange(4):
        case 0:
            name, content = f"{name}.gz", fuzzed(gzip.compress(content), chance)
        case 1:
            name, content = f"{name}.gz", gzip.compress(fuzzed(content, chance))
        case _:
            content = fuzzed(content, chance)
    warehouse.drop(source, name, content)


@pytest.mark.timeout(7200)
def test_no_fuzzed_file_stops_a_source_or_loses_a_good_row(
    warehouse: Warehouse,
) -> None:
    for turn in range(ROUNDS):
        chance = Random(f"fuzz {turn}")
        for number in range(turn * FILES, (turn + 1) * FILES):
            drop(warehouse, number, chance)
        good = punches(range(5)).replace('"event_id": "', f'"event_id": "good{turn}-')
        warehouse.drop("attendance", f"punches_good{turn}.jsonl", good)
        row = f"good{turn};r1;Name;n@x.example;01.01.2024;;open\n"
        warehouse.drop("ats", f"applications_good{turn}.csv", APPLICATIONS + row)
        tally = warehouse.ingest("attendance", "ats", "fx")
        assert tally.failed == {}
        assert all(count.is_balanced for count in tally.counts.values())
        assert "\n" not in "".join(tally.notes)
    for table, column, each in (
        ("raw_attendance.punches", "event_id", 5),
        ("raw_ats.applications", "application_id", 1),
    ):
        found = warehouse.query(
            f"select count(*), count(distinct {column}) from {table}"
            f" where {column} like 'good%'"
        )
        assert found == [(each * ROUNDS, each * ROUNDS)]
    # Each was taken, in whole or in part, or set aside by name.
    taken = warehouse.one("select count(distinct inbox_path) from raw_ops.landed_files")
    assert taken == ROUNDS * (FILES + 2)
    assert warehouse.unmarked() == []


def test_no_fuzzed_marker_leads_anywhere(warehouse: Warehouse) -> None:
    warehouse.drop("attendance", "punches_1.jsonl", punches(range(5)))
    warehouse.ingest("attendance")
    [load] = warehouse.log.loads("raw_attendance")
    marker = warehouse.log.folder / marker_key("raw_attendance", load.load_id)
    with pytest.raises(MusterError, match="is damaged"):
        parse_marker(b"[" * 100_000, str(marker))
    whole, chance, read = marker.read_bytes(), Random("markers"), 0
    for _ in range(MARKERS):
        try:
            found = parse_marker(fuzzed(whole, chance), str(marker))
        except MusterError:
            continue
        read += 1
        for file in found.files:
            path = (warehouse.log.folder / "raw_attendance" / file.path).resolve()
            assert path.is_relative_to(warehouse.log.folder / "raw_attendance")
            assert Path(file.path).suffix == ".parquet"
        assert json.dumps([vars(file) for file in found.files])
    assert read < MARKERS // 2
