"""Releases in the lake: read by many meanwhile, rolled back, expired, emptied."""

import json
import os
import re
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import duckdb
import psycopg
import pytest
from release_kit import TABLES, Built, make_log, released
from rich.console import Console
from store_kit import postgresql, s3_root, s3_settings  # noqa: F401
from trial_kit import trials

import environment as environments
from environment import DATABASES, Environment
from environment import lake as lakes
from environment.errors import MusterError
from ingestion.erasure.personal import PSEUDONYM
from operations.diff import targets
from operations.erasure import forget
from operations.erasure.person import Person
from operations.read.query import query
from operations.release import lake
from operations.release import release as release_module
from store import lease, releases
from store.store import open_store

RELEASES, READERS = trials((2, 2), nightly=(25, 10))

WORD = "worth-nothing-elsewhere"

READER = """
import sys
from pathlib import Path

from environment import Environment
from operations.release import lake
from store.releases import current
from store.store import open_store

environment, stop = Environment("dev", Path(sys.argv[1])), Path(sys.argv[2])
tags = "from muster.main.release union from restricted.main.release"
reads, seen, wrong = 0, set(), []
print("reading", flush=True)
while not stop.exists():
    release = current(open_store(environment))
    names = ("muster", "restricted")
    with lake.opened(environment, names, release=release) as connection:
        found = set()
        for table in sys.argv[3:]:
            rows = connection.execute(f"select marker from {table}").fetchall()
            found |= {marker for (marker,) in rows}
        named = connection.execute(tags).fetchall()
    reads += 1
    seen |= found
    if len(found) != 1 or named != [(release,)]:
        wrong.append((found, named))
print(reads, len(seen), len(wrong), flush=True)
"""

READ = (
    *(f"muster.people.{table}" for table in TABLES),
    "restricted.people.int_employees_conformed",
)


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """A PostgreSQL of this module's own, by the URL of its owner."""
    with postgresql() as url:
        yield url


@pytest.fixture
def url(server: str, tmp_path: Path) -> str:
    """An empty database for one test."""
    name = re.sub(r"\W", "_", tmp_path.name)
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'drop database if exists "{name}"'.encode())
        connection.execute(f'create database "{name}"'.encode())
    return server.replace("/postgres?", f"/{name}?")


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Environment:
    """An environment with a log, whose lake is in a folder."""
    monkeypatch.setattr(
        release_module, "revision_of", lambda project: ("f" * 40, False)
    )
    monkeypatch.delenv("MUSTER_STORE", raising=False)
    monkeypatch.delenv(lakes.DATA_VARIABLE, raising=False)
    monkeypatch.setenv(lakes.VARIABLE, str(tmp_path / "lake"))
    return make_log(tmp_path / "home")


def markers(environment: Environment, release: str | None = None) -> set[int]:
    """The markers that a reader of the lake sees, in all tables."""
    release = release or releases.current(open_store(environment))
    query = " union ".join(f"select marker from {table}" for table in READ)
    with lake.opened(environment, release=release) as connection:
        return {int(marker) for (marker,) in connection.execute(query).fetchall()}


def data_files(environment: Environment, database: str) -> set[Path]:
    """The data files of a database."""
    return set(Path(lakes.of(environment).folder(database)).rglob("*.parquet"))


def test_readers_of_the_lake_see_one_release_at_a_time(
    environment: Environment,
    url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(lakes.VARIABLE, url)
    monkeypatch.setenv(releases.KEEP_VARIABLE, "3")
    released(environment, 0)
    stop = tmp_path / "stop"
    command = [sys.executable, "-c", READER, str(environment.home), str(stop), *READ]
    readers = [
        subprocess.Popen(  # noqa: S603
            command,
            cwd=environments.PROJECT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(READERS)
    ]
    try:
        for reader in readers:
            assert reader.stdout is not None
            assert reader.stdout.readline() == "reading\n"
        for marker in range(1, RELEASES + 1):
            # What a build does: another table, and no release yet.
            with lake.opened(environment, read_only=False) as connection:
                for table in READ:
                    connection.execute(f"update {table} set marker = -1")
            released(environment, marker)
            if marker % 5 == 0:
                releases.rollback(environment)
    finally:
        stop.touch()
        told = [reader.communicate(timeout=120) for reader in readers]
    assert [reader.returncode for reader in readers] == [0] * READERS, told
    for reads, seen, wrong in (map(int, out.split()) for out, _ in told):
        assert wrong == 0
        assert reads >= 2
        assert seen >= 2, "the reader saw too few releases to tell anything"


def test_a_rollback_shows_the_release_before_in_the_lake_too(
    environment: Environment,
) -> None:
    first, second = released(environment, 1), released(environment, 2)
    assert markers(environment) == {2}
    releases.rollback(environment)
    assert markers(environment) == {1}
    assert markers(environment, second.release) == {2}
    assert releases.current(open_store(environment)) == first.release


def test_what_was_not_released_to_the_lake_is_told(
    environment: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = os.environ[lakes.VARIABLE]
    monkeypatch.delenv(lakes.VARIABLE)
    released(environment, 1)
    monkeypatch.setenv(lakes.VARIABLE, place)
    released(environment, 2)
    releases.rollback(environment)
    with pytest.raises(MusterError, match="is not in the lake"):
        markers(environment)


def test_tables_that_are_as_they_were_are_not_written_again(
    environment: Environment,
) -> None:
    released(environment, 1)
    before = data_files(environment, "muster")
    released(environment, 1)
    written = data_files(environment, "muster") - before
    # Nothing but the release's tag.
    assert {path.parent.name for path in written} == {"release"}
    assert markers(environment) == {1}


def test_what_no_release_has_any_more_expires_with_its_files(
    environment: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(releases.KEEP_VARIABLE, "2")
    first = released(environment, 1)
    files = {name: data_files(environment, name) for name in DATABASES}
    for marker in (2, 3):
        released(environment, marker)
    # Somebody may have begun to read them.
    assert files["muster"] <= data_files(environment, "muster")
    monkeypatch.setattr(lake, "GRACE", "0 seconds")
    released(environment, 4)
    for name in ("muster", "restricted"):
        assert not files[name] & data_files(environment, name)
    with pytest.raises(MusterError, match="is not in the lake"):
        markers(environment, first.release)
    releases.rollback(environment)
    assert markers(environment) == {3}


def test_small_files_of_a_table_become_one(
    environment: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lake, "GRACE", "0 seconds")
    released(environment, 1)
    told = "select list(number order by number) from muster.main.grown"
    with lake.opened(environment, read_only=False) as connection:
        # As models grow that are built in the lake, day by day.
        connection.execute("create table muster.main.grown (number integer)")
        for day in range(5):
            connection.execute(f"insert into muster.main.grown values ({day}), (7)")
    before = data_files(environment, "muster")
    lake.sweep(environment, open_store(environment))
    left = data_files(environment, "muster")
    assert len([each for each in before if "grown" in each.parts]) == 5
    assert len([each for each in left if "grown" in each.parts]) == 1
    with lake.opened(environment) as connection:
        assert connection.execute(told).fetchall() == [([0, 1, 2, 3, 4, *[7] * 5],)]


@pytest.mark.parametrize("is_shared", [False, True])
def test_an_emptied_lake_has_neither_files_nor_values(
    environment: Environment,
    url: str,
    is_shared: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if is_shared:
        monkeypatch.setenv(lakes.VARIABLE, url)
    for marker in (1, 2):
        released(environment, marker)
    lake.empty(environment)
    for name in DATABASES:
        assert data_files(environment, name) == set()
    if is_shared:
        with psycopg.connect(url) as connection:
            known = "select min_value from dev_restricted.ducklake_file_column_stats"
            assert connection.execute(known.encode()).fetchall() == []
    lake.renew(environment, open_store(environment))
    assert markers(environment) == {2}


def test_who_is_forgotten_is_in_no_snapshot_of_the_lake(
    environment: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MUSTER_PSEUDONYM_KEY", "a key of the tests, worth nothing")
    old, new = "a0" * 16, "b1" * 16
    people = f"values ('{old}'), ('k2')"
    for marker in (1, 2):
        released(environment, marker, builder=Built(marker, people=people))
    folder = environment.folder / forget.FOLDER
    folder.mkdir()
    plan = {"request": "r1", "reason": "", "holds": [], "kept_as_shared": {}}
    plan["person"] = Person({PSEUDONYM: {old: new}}, []).to_dict()
    (folder / f"r1{forget.PLAN}").write_text(json.dumps(plan))
    store = open_store(environment)
    with lease.hold(store, "forget") as held:
        forget.finish(environment, store, held, Console(quiet=True))
    assert markers(environment) == {2}
    with lake.opened(environment) as connection:
        keys = f"select employee_key from muster.people.{TABLES[0]}"
        assert connection.execute(f"{keys} order by all").fetchall() == [
            (new,),
            ("k2",),
        ]
        snapshots = "select count(commit_message) from muster.snapshots()"
        assert connection.execute(snapshots).fetchall() == [(1,)]


def test_each_database_of_the_lake_is_for_its_own_readers(
    environment: Environment,
) -> None:
    released(environment, 1)
    found = lakes.of(environment)
    for name in DATABASES:
        folder = Path(found.folder(name))
        mode = stat.S_IMODE(folder.stat().st_mode)
        assert mode == (0o700 if name == "restricted" else 0o755)
        for path in data_files(environment, name):
            assert stat.S_IMODE(path.stat().st_mode) == 0o644
            # Whoever has a file, a disk or a bucket alone reads what is for everyone.
            with duckdb.connect() as connection:
                query = f"select count(*) from '{path}'"
                if name == "published":
                    connection.execute(query)
                else:
                    with pytest.raises(duckdb.InvalidInputException, match="encrypt"):
                        connection.execute(query)


def test_a_lake_that_was_elsewhere_is_not_forgotten(
    environment: Environment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    released(environment, 1)
    monkeypatch.setenv(lakes.VARIABLE, str(tmp_path / "another"))
    with pytest.raises(MusterError, match="written elsewhere before"):
        lake.empty(environment)


def test_where_a_lake_is_tells_no_password() -> None:
    for url in (
        f"postgresql://muster:{WORD}@db.example/lake",
        f"postgresql:///lake?user=muster&password={WORD}&host=db.example",
    ):
        kept = lakes.Lake("dev", url, "/data", Path("note"))
        for told in (kept.place, kept.told("muster")):
            assert WORD not in told
            assert "db.example" in told
        # Whoever attaches it goes on with a password of their own.
        assert re.search("//muster@|user=muster&", kept.told("muster"))


def test_an_analyst_has_a_right_to_the_marts_alone(
    environment: Environment, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(lakes.VARIABLE, url)
    page = (environments.PROJECT / "docs" / "lake.md").read_text()
    (rights,) = re.findall(r"```sql\n(create role.*?)```", page, re.DOTALL)
    rights = re.sub(r"\b(analysts|everyone)\b", r"own_\1", rights)
    rights = rights.replace("prod_", "dev_")
    # Rights are for what is there already, and for what comes.
    with psycopg.connect(url, autocommit=True) as connection:
        for name in DATABASES:
            connection.execute(f"create schema dev_{name}".encode())
        connection.execute(rights.encode())
    released(environment, 1)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(b"create role ada login in role own_analysts")
    monkeypatch.setenv(lakes.VARIABLE, url.replace("postgres:@", "ada:@"))
    lakes.of(environment).note.unlink()
    release = releases.current(open_store(environment))
    with lake.opened(environment, ("muster", "published"), release=release) as found:
        table = f"from muster.people.{TABLES[0]}"
        assert len(found.execute(table).fetchall()) == 2
    with (
        pytest.raises(MusterError, match="restricted of the lake cannot be opened"),
        lake.opened(environment, ("restricted",)),
    ):
        pass
    with (
        lake.opened(environment, ("muster",), read_only=False) as found,
        pytest.raises(duckdb.Error, match="permission denied"),
    ):
        found.execute(f"delete {table}")


def test_data_files_may_be_in_a_bucket(
    environment: Environment,
    s3_root: str,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(lakes.DATA_VARIABLE, f"{s3_root}/lake")
    for marker in (1, 2):
        released(environment, marker)
    assert markers(environment) == {2}
    releases.rollback(environment)
    assert markers(environment) == {1}


def test_a_query_reads_the_current_release_and_no_file_beside(
    environment: Environment,
    url: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv(lakes.VARIABLE, url)
    monkeypatch.setenv("MUSTER_HOME", str(environment.home))
    for marker in (1, 2):
        released(environment, marker)
    releases.rollback(environment)
    asked = f"select distinct marker + 40 as found from people.{TABLES[0]}"
    query("dev", asked, Console(), target="lake")
    assert capsys.readouterr().out.split() == ["found", "41"]
    secret = environment.folder / "secret.csv"
    secret.write_text("a,b\n1,2\n")
    for refused in (
        f"from '{secret}'",
        "from restricted.people.int_employees_conformed",
        f"delete from people.{TABLES[0]}",
    ):
        with pytest.raises(MusterError):
            query("dev", refused, Console(), target="lake")


def test_the_sql_for_other_tools_reads_the_current_release(
    environment: Environment, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(lakes.VARIABLE, url)
    released(environment, 1)
    told = lake.statements(environment, open_store(environment), ("muster",))
    released(environment, 2)
    with duckdb.connect() as connection:
        lakes.load(connection, lakes.of(environment))
        connection.execute(" ".join(told))
        found = connection.execute(f"select marker from {READ[0]}").fetchall()
    assert {marker for (marker,) in found} == {1}


def test_what_differs_between_files_and_a_lake_is_told() -> None:
    tables = {
        "equal": ("values (1, 0.1), (1, 0.1), (2, null)",) * 2,
        "once_more": ("values (1, 0.1), (1, 0.1)", "values (1, 0.1)"),
        "summed": (
            "values (1, 3.051641935780776::double)",
            "values (1, 3.0516419357807765::double)",
        ),
        "another": ("values (1, 0.1)", "values (1, 0.2)"),
        "retyped": ("values (1, 0.1)", "values (1, '0.1')"),
        "empty": ("select 1 as a, 2 as b limit 0",) * 2,
    }
    with duckdb.connect() as ours, duckdb.connect() as theirs:
        for name, queries in tables.items():
            for connection, query in zip((ours, theirs), queries, strict=True):
                connection.execute(f"create table {name} as from ({query}) as t (a, b)")
        ours.execute("create table lacking as select 1 as a")
        found = {
            name: targets.compared_table(ours, theirs, name)
            for name in (*tables, "lacking")
        }
    assert {name: each.verdict for name, each in found.items()} == {
        "equal": targets.EQUAL,
        "once_more": targets.DIFFERS,
        "summed": targets.CLOSE,
        "another": targets.DIFFERS,
        "retyped": targets.DIFFERS,
        "empty": targets.EMPTY,
        "lacking": targets.DIFFERS,
    }
    assert found["once_more"].detail == "lacks 1 of 2 rows, has 0 more"
    assert found["retyped"].detail == "columns: b"
