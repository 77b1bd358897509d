"""Who was forgotten is in no byte that is kept, stays away, and counts as before."""

import gzip
import json
import random
import shutil
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from rich.console import Console
from trial_kit import at_night, trials

from acceptance.company import FORKS, Company
from acceptance.warehouse import SCHEMAS_OF_RUNS
from environment import Environment, set_inside
from environment.errors import MusterError
from environment.files import checksum
from ingestion.log import of as log_of
from operations.erasure.forget import FOLDER, forget
from store import releases
from store.store import Store

PEOPLE, FORGOTTEN = trials((8, 4), nightly=(20, 10))

TELLING = (
    "name",
    "employee_number",
    "attendance_device_id",
    "employee_name",
    "personal_email",
    "company_email",
    "cell_number",
    "passport_number",
    "iban",
)
"""What of an employee's record is of one person alone."""

KEY = "[0-9a-f]{32}"
"""The pseudonym of a person, or of what is theirs: made anew with their identifiers."""

KILLS = 50

Figures = dict[str, Counter[str]]

MARTS = ("dim_", "fct_", "rpt_")


class Planted(NamedTuple):
    """A person and what tells who it is."""

    number: str
    texts: frozenset[str]


@pytest.fixture(scope="module")
def planted(
    in_one_go: Company, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Company, list[Planted]]:
    """A company with 20 people in every place that keeps anything, to be copied."""
    company = copied(in_one_go, tmp_path_factory.mktemp("planted"))
    people = known_people(company)
    plant(company, people)
    return company, people


@pytest.fixture
def company(planted: tuple[Company, list[Planted]], tmp_path: Path) -> Company:
    return copied(planted[0], tmp_path)


@pytest.fixture
def gone(planted: tuple[Company, list[Planted]]) -> list[Planted]:
    return planted[1][:FORGOTTEN]


@pytest.fixture
def staying(planted: tuple[Company, list[Planted]]) -> list[Planted]:
    return planted[1][FORGOTTEN:]


@at_night
def test_nobody_forgotten_is_in_any_byte(
    company: Company, gone: list[Planted], staying: list[Planted]
) -> None:
    there = holding(company, [*gone, *staying])
    places = {path.parts[0] for paths in there.values() for path in paths}
    # The scan finds what it is to find, in each kind of place.
    assert set(there) == {each.number for each in (*gone, *staying)}
    assert places >= {
        *("answers", "candidates", "dbt", "landing", "quarantine", "raw", "releases"),
        *("restricted.duckdb", "reports"),
    }
    before = log_rows(company)
    forget_them(company, gone)
    assert holding(company, gone) == {}
    assert set(holding(company, staying)) == {each.number for each in staying}
    assert changed_of_others(before, log_rows(company), gone) == []
    releases.check(*released(company))
    certificate = next(path for path in (company.environment / FOLDER).glob("*.json"))
    told = json.loads(certificate.read_text())
    assert told["searched"]["found"] == 0
    assert told["searched"]["bytes"] > 1_000_000


@at_night
def test_every_figure_is_as_before_when_it_is_built_from_the_erased_log_alone(
    company: Company, gone: list[Planted], tmp_path: Path
) -> None:
    earlier = company.go_live + (company.clock - company.go_live) / 2
    before = [built(company, as_at) for as_at in (earlier, None)]
    forget_them(company, gone)
    alone = Company(tmp_path / "alone", company.desk)
    shutil.copytree(company.raw, alone.raw)
    shutil.copytree(company.home / "demo", alone.home / "demo")
    after = [built(alone, as_at) for as_at in (earlier, None)]
    for told, again in zip(before, after, strict=True):
        assert differences(told, again) == []
    assert holding(alone, gone) == {}


@at_night
def test_what_sources_deliver_again_stays_forgotten(
    company: Company, gone: list[Planted]
) -> None:
    forget_them(company, gone)
    rows = raw_rows(company)
    for path in company.inbox.rglob("*"):
        path.touch()
    company.ingest()
    assert raw_rows(company) == rows
    assert holding(company, gone) == {}
    company.set_clock(company.clock + timedelta(days=30))
    company.ingest()
    assert sum(raw_rows(company).values()) > sum(rows.values())
    assert holding(company, gone) == {}


@at_night
def test_a_log_that_was_erased_is_whole_and_can_be_made_again(
    company: Company, gone: list[Planted]
) -> None:
    forget_them(company, gone)
    log = log_of(company.environment)
    for dataset in log.datasets():
        assert log.damaged(dataset, thorough=True) == []
    (load,) = (each for each in log.loads("raw_attendance") if each.files)
    rows = raw_rows(company)["raw_attendance.punches"]
    (company.raw / "raw_attendance" / load.files[0].path).unlink()
    company.ingest("attendance")
    assert raw_rows(company)["raw_attendance.punches"] == rows
    assert holding(company, gone) == {}


@at_night
def test_killed_at_any_moment_the_next_run_finishes_it(
    planted: tuple[Company, list[Planted]], gone: list[Planted], tmp_path: Path
) -> None:
    people = gone[:3]
    chance = random.Random(15)
    kills = 0
    while kills < KILLS:
        company = copied(planted[0], tmp_path / f"{kills}")
        before = log_rows(company)
        while kills < KILLS and killed(company, people, chance.uniform(1, 25)):
            kills += 1
        forget_rest(company, people)
        assert not list((company.environment / FOLDER).glob("*.plan.json"))
        assert holding(company, people) == {}
        assert changed_of_others(before, log_rows(company), people) == []
        releases.check(*released(company))
        shutil.rmtree(company.home)


def killed(company: Company, people: list[Planted], seconds: float) -> bool:
    """Forget people in a process of its own, and kill it if it has not ended."""
    process = FORKS.Process(target=forget_them, args=(company, people))
    process.start()
    process.join(seconds)
    is_killed = process.is_alive()
    process.kill()
    process.join()
    return is_killed


def test_a_hold_refuses_and_the_refusal_is_on_file(
    company: Company, gone: list[Planted], tmp_path: Path
) -> None:
    folder = tmp_path / "company"
    shutil.copytree(Path("demo/company").resolve(), folder)
    hold = f"person,kind,ground,until_on\n{gone[0].number},all,a claim,2999-01-01\n"
    (folder / "erasure_holds.csv").write_text(hold)
    with (
        set_inside(MUSTER_COMPANY=str(folder)),
        pytest.raises(MusterError, match="a claim"),
    ):
        forget_them(company, gone[:1])
    (told,) = (company.environment / FOLDER).glob("*.json")
    assert json.loads(told.read_text())["refused"][0]["ground"] == "a claim"
    assert gone[0].number not in told.read_text()
    assert holding(company, gone[:1])


def copied(company: Company, home: Path) -> Company:
    shutil.copytree(company.home, home, dirs_exist_ok=True, symlinks=True)
    return Company(home, company.desk)


def forget_them(company: Company, people: list[Planted]) -> None:
    with set_inside(**company.variables()):
        environment = Environment("dev", company.home)
        numbers = [each.number for each in people]
        forget(environment, numbers, "Art. 17(1)(a)", Console(quiet=True))


def forget_rest(company: Company, people: list[Planted]) -> None:
    """Run it again: what was planned is finished, also if nobody is known any more."""
    with suppress(MusterError):
        forget_them(company, people)


def known_people(company: Company) -> list[Planted]:
    """People whose names are theirs alone, leavers and managers among them."""
    with log_of(company.environment).connect() as connection:
        columns = ", ".join(TELLING)
        rows = connection.execute(
            f"with own as (select {columns} from raw_frappe_hr.employees"
            " qualify count(distinct name) over (partition by employee_name) = 1"
            " and count(distinct name) over (partition by employee_number) = 1"
            " and not exists (select 1 from raw_ats.applications as a"
            "  where a.candidate_name = employee_name))"
            f" select employee_number, list(distinct [{columns}]) from own"
            " where attendance_device_id is not null"
            " group by employee_number order by md5(employee_number)"
        ).fetchall()
    return [
        Planted(number, frozenset(filter(None, (t for v in found for t in v))))
        for number, found in rows[:PEOPLE]
    ]


def plant(company: Company, people: list[Planted]) -> None:
    """Put them where what failed, was killed, or was released keeps them."""
    folder = company.environment
    lines = "".join(f"{'; '.join(sorted(each.texts))}\n" for each in people)
    damaged = gzip.compress(lines.encode() * 50)[:-9]
    fuzzed = b"\x00\xff" + lines.encode("utf-16-le") + b"{[;\"'"
    places: dict[str, bytes] = {
        "quarantine/attendance/punches/2026-07-01/damaged.jsonl.gz": damaged,
        "quarantine/ats/applications/2026-07-01/fuzzed.csv": fuzzed,
        "quarantine/ats/unknown/2026-07-01/list.txt": lines.encode(),
        "quarantine/ats/unknown/2026-07-01/list.txt.reason.txt": lines.encode(),
        "landing/.reading/ats/half": lines.encode(),
        "pipelines/dev_frappe_hr/load/half": lines.encode(),
        "dbt/dbt.log": lines.encode(),
        "dbt/run/half.sql": lines.encode(),
        "answers/register.csv": lines.encode(),
        "answers/letter.html": f"<p>{lines}</p>".encode(),
        "reports/2025/report.json": json.dumps(lines, ensure_ascii=True).encode(),
        "reports/2025/report.xlsx": b"PK" + lines.encode(),
    }
    for name, content in places.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    release = folder / "releases" / "20260701T060000.000000Z-planted"
    candidate = folder / "candidates" / "20260702T060000.000000Z-failed" / "dev"
    candidate.mkdir(parents=True)
    (release / "snapshot").mkdir(parents=True)
    for database in folder.glob("*.duckdb"):
        shutil.copy(database, candidate)
        shutil.copy(database, release)
    with duckdb.connect(str(release / "muster.duckdb"), read_only=True) as connection:
        mart = release / "snapshot" / "core.dim_employee.parquet"
        connection.execute(
            f"copy (from core.dim_employee order by all) to '{mart}' (format parquet)"
        )
    tables = [{"file": mart.name, "sha256": checksum(mart)}]
    (release / "snapshot" / "manifest.json").write_text(json.dumps({"tables": tables}))
    told = releases.Release(
        release.name,
        *("dev", "0" * 40, False, None, "2026-07-01T06:00:00+00:00"),
        verdict=releases.PASSED,
        files={
            str(path.relative_to(release)): {
                "sha256": checksum(path),
                "bytes": path.stat().st_size,
            }
            for path in sorted(release.rglob("*"))
            if path.is_file()
        },
    )
    Store(str(folder)).write_json(f"{told.key}/release.json", told.to_dict())


def released(company: Company) -> tuple[Store, releases.Release]:
    store = Store(str(company.environment))
    (found,) = releases.listed(store)
    return store, found


def holding(company: Company, people: list[Planted]) -> dict[str, list[Path]]:
    """Of whom anything is found, and where: of every byte, and of what it stands for.

    Another way than the one by which Muster searches.
    """
    found: dict[str, list[Path]] = {}
    wanted = {text: each.number for each in people for text in spelled(each)}
    texts = ["".join(f"\\x{b:02x}" for b in text) for text in wanted]
    patterns = ["|".join(texts[n : n + 50]) for n in range(0, len(texts), 50)]
    for path in sorted(company.environment.rglob("*")):
        if not path.is_file() or path.is_symlink():
            continue
        content = b"\n".join(contents(path))
        whole = pa.array([content], pa.large_binary())
        if not any(pc.match_substring_regex(whole, p)[0].as_py() for p in patterns):
            continue
        for number in {wanted[text] for text in wanted if text in content}:
            place = path.relative_to(company.environment)
            found.setdefault(number, []).append(place)
    return found


def spelled(person: Planted) -> Iterator[bytes]:
    # A number of six digits stands in others: it is looked for where it is a value.
    for text in person.texts - {person.number}:
        for encoding in ("utf-8", "cp1252"):
            yield text.encode(encoding, "replace")
    yield f"\x1f{person.number}\x1f".encode()
    for before, after in (('"', '"'), (";", ";"), (" ", ";"), (".", "@")):
        yield f"{before}{person.number}{after}".encode()


def contents(path: Path) -> Iterator[bytes]:
    content = path.read_bytes()
    yield content
    # Of UTF-16 every second byte is zero.
    yield content.replace(b"\0", b"")
    if path.suffix == ".gz":
        unpacked = b""
        try:
            with gzip.open(path) as file:
                while chunk := file.read(1000):
                    unpacked += chunk
        except (OSError, EOFError):
            pass
        yield unpacked
    if path.suffix == ".parquet":
        with duckdb.connect() as connection:
            yield cells(connection, f"read_parquet('{path}', hive_partitioning=false)")
    if path.suffix == ".duckdb":
        with duckdb.connect() as connection:
            connection.execute(f"attach '{path}' as d (read_only)")
            for schema, table in connection.execute(
                "select schema_name, table_name from duckdb_tables()"
            ).fetchall():
                yield cells(connection, f'd."{schema}"."{table}"')


def cells(connection: duckdb.DuckDBPyConnection, relation: str) -> bytes:
    columns = connection.execute(f"describe from {relation}").fetchall()
    names = [f'"{name}"' for name, kind, *_ in columns if kind == "VARCHAR"]
    if not names:
        return b""
    row = ", ".join(f"coalesce({name}, '')" for name in names)
    joined = f"string_agg(concat_ws(chr(31), '', {row}, ''), '')"
    found = connection.execute(f"select {joined} from {relation}").fetchone()
    return (found[0] or "").encode() if found else b""


def built(company: Company, as_at: datetime | None) -> Figures:
    """Every mart, published or exact, but for what tells one person from another."""
    company.build(as_at)
    found: Figures = {}
    for name in ("muster", "published", "restricted"):
        path = company.environment / f"{name}.duckdb"
        with duckdb.connect(str(path), read_only=True) as connection:
            for schema, table in connection.execute(
                "select schema_name, table_name from duckdb_tables() order by all"
            ).fetchall():
                if schema in SCHEMAS_OF_RUNS or not table.startswith(MARTS):
                    continue
                columns = connection.execute(
                    f'describe "{schema}"."{table}"'
                ).fetchall()
                kept = [
                    _told(connection, f'"{schema}"."{table}"', *each[:2])
                    for each in columns
                ]
                rows = connection.execute(
                    f'select {", ".join(kept)} from "{schema}"."{table}"'
                ).fetchall()
                found[f"{name}.{schema}.{table}"] = Counter(map(repr, rows))
    return found


def _told(
    connection: duckdb.DuckDBPyConnection, table: str, column: str, kind: str
) -> str:
    """A column as it is compared: not by which key a person is known."""
    name = f'"{column}"'
    if kind == "DOUBLE":
        # Sums of doubles depend on the order of the rows.
        return f"round({name}, 9)"
    if column.endswith("born_on"):
        return f"date_trunc('month', {name})"
    if kind != "VARCHAR":
        return name
    # Of a system's id, what it is prefixed by.
    return f"regexp_replace({name}, '^({KEY}|([a-z_]+):.*)$', '\\2')"


def differences(before: Figures, after: Figures) -> list[str]:
    """The tables that differ, with the first row of each."""
    return [
        f"{table}: {[*(rows - after[table])][:1]}, and {[*(after[table] - rows)][:1]}"
        for table, rows in before.items()
        if rows != after[table]
    ]


LogRows = dict[str, Counter[tuple[str, ...]]]


def log_rows(company: Company) -> LogRows:
    """Every row of the log but the ledger of loads, as text."""
    with log_of(company.environment).connect() as connection:
        return {
            f"{schema}.{table}": Counter(
                tuple(map(str, row))
                for row in connection.execute(f'from "{schema}"."{table}"').fetchall()
            )
            for schema, table in connection.execute(
                "select schema_name, view_name from duckdb_views()"
                " where starts_with(schema_name, 'raw_')"
                " and view_name <> 'completed_loads'"
            ).fetchall()
        }


def changed_of_others(
    before: LogRows, after: LogRows, gone: list[Planted]
) -> list[tuple[str, ...]]:
    """The rows that are another, though they name none of those who are gone."""
    theirs = {text for each in gone for text in (*each.texts, each.number)}
    assert {name: rows.total() for name, rows in before.items()} == {
        name: after[name].total() for name in before
    }
    return [
        (name, *row)
        for name, rows in before.items()
        for row in rows - after[name]
        if theirs.isdisjoint(row) and not any(t in " ".join(row) for t in theirs)
    ]


def raw_rows(company: Company) -> dict[str, int]:
    with log_of(company.environment).connect() as connection:
        tables = connection.execute(
            "select schema_name, view_name from duckdb_views()"
            " where starts_with(schema_name, 'raw_')"
            " and schema_name not in ('raw_ops', 'raw_runs')"
        ).fetchall()
        return {
            f"{schema}.{table}": connection.execute(
                f'select count(*) from {schema}."{table}"'
            ).fetchall()[0][0]
            for schema, table in tables
        }
