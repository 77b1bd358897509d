"""Warehouses that are killed or starved, and their twins that are left alone."""

import os
import shutil
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from hashlib import sha256
from importlib import import_module
from pathlib import Path
from random import Random
from typing import Any

import duckdb
import pytest
from rich.console import Console

from demo import company
from environment import PROJECT, Environment, set_inside
from environment.progress import Reporter
from ingestion import index
from ingestion.log import SOURCES
from ingestion.log import of as log_of
from operations.build.inside.company import tell_dbt
from operations.ingest import keep_loading, load

BIN = Path(sys.executable).parent
KEY = "the same key for both, to compare the marts"

EXPORTED = """\
version: 1
say: {company: Acme, country: DE, currency: EUR, time_zone: Europe/Berlin}
tables:
  staff:
    files: "staff*"
    shape: snapshots
    exported: {file_name: "%Y-%m-%d"}
    absent: exit
    fields:
      person_id: id
      last_name: name
      born_on: born
      started_on: hired
      department: department
      weekly_hours: hours
"""
"""The mapping of a second HR system, of which there are exports alone."""

SAYS = "says"
"""The folder of what the company says of itself, beside its home."""

UNLIKE = ("_dlt_load_id", "_dlt_id", "run_id")
"""Columns that name a run or a load: another one may have loaded the same rows."""

UNLIKE_TABLES = ("_dlt_loads", index.TABLE)
"""Tables that list loads."""


class Warehouse:
    """A `MUSTER_HOME` whose log is kept in a store elsewhere.

    Args:
        folder: Where both lie.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = Environment("dev", folder / "home")
        self.log = log_of(self.environment.folder)

    def ingest(self, *sources: str) -> None:
        """Run `muster ingest`, which loads everything that is new."""
        with self.stored():
            tally = load(sources, self.environment.home, "dev", Reporter())
        assert not tally.failed, tally.failed

    def follow(self) -> None:
        """Run `muster ingest attendance --follow`."""
        with Path(os.devnull).open("w") as nowhere, self.stored():
            keep_loading(
                ["attendance"], self.environment.home, "dev", Console(file=nowhere), 0.1
            )

    def survive(self, random: Random) -> None:
        """See that all is whole; of three kills, one takes the working folder."""
        self.assert_whole()
        if random.random() < 1 / 3:
            shutil.rmtree(self.environment.home, ignore_errors=True)

    def loads(self) -> int:
        """How many loads of punches have reached the store."""
        return len(log_of(self.folder / "store" / "dev").ids("raw_attendance"))

    def assert_whole(self) -> None:
        """Here and in the store, every marker has its files, byte for byte."""
        for home in (self.environment.home, self.folder / "store"):
            log = log_of(home / "dev")
            for dataset in log.datasets():
                for each in log.loads(dataset):
                    for file in each.files:
                        content = (log.folder / dataset / file.path).read_bytes()
                        assert sha256(content).hexdigest() == file.sha256, file.path

    @contextmanager
    def stored(self) -> Iterator[None]:
        """Point the settings at its store."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("MUSTER_STORE", str(self.folder / "store"))
            yield

    def build(self) -> None:
        """Build the marts; the tests of models are for others to run."""
        settings = {
            "MUSTER_HOME": str(self.environment.home),
            "MUSTER_COMPANY": str(self.folder.parent / SAYS),
            "MUSTER_SEEDS": "",
            "MUSTER_PSEUDONYM_KEY": KEY,
            "DBT_TARGET_PATH": str(self.folder / "target"),
            "DBT_LOG_PATH": str(self.folder / "logs"),
        }
        leaving = ("--exclude-resource-type", "test", "unit_test")
        dbt = [str(BIN / "dbt"), "build", *leaving, "--target", "dev", "--quiet"]
        with set_inside(**settings):
            tell_dbt(PROJECT)
            subprocess.run(dbt, cwd=PROJECT, check=True)  # noqa: S603


def made_company(folder: Path) -> Path:
    """Create a small demo company; all that is imported late is imported here.

    Returns:
        Its home.
    """
    for name in (*(f"ingestion.{s}.source" for s in SOURCES), "confluent_kafka"):
        import_module(name)
    import_module("ingestion.destination")
    says = folder / SAYS
    shutil.copytree(PROJECT / "demo" / "company", says)
    (says / "mappings").mkdir()
    (says / "mappings" / "acme.yml").write_text(EXPORTED)
    home = folder / "company"
    size = ("--employees", "60", "--months", "6")
    subprocess.run(  # noqa: S603
        [str(BIN / "muster"), "demo", "create", *size],
        env=os.environ | {"MUSTER_HOME": str(home)},
        check=True,
    )
    return home


def forked(work: Callable[[], object]) -> int:
    """Do something in a process of its own, which has all that is imported; its id."""
    child = os.fork()
    if child:
        return child
    try:
        work()
    except BaseException:
        os.write(2, traceback.format_exc().encode())
        os._exit(1)
    return os._exit(0)


def done(work: Callable[[], object]) -> float:
    """Do something in a process of its own, to its end; the seconds that it took."""
    started = time.monotonic()
    _, ending = os.waitpid(forked(work), 0)
    assert ending == 0
    return time.monotonic() - started


def killed(work: Callable[[], object], seconds: float) -> None:
    """Do something over and over in a process of its own, and kill it after a while."""

    def at_work() -> None:
        while True:
            work()

    child = forked(at_work)
    time.sleep(seconds)
    os.kill(child, signal.SIGKILL)
    _, ending = os.waitpid(child, 0)
    assert ending == signal.SIGKILL, "it failed before it was killed"


def chance(name: str) -> Random:
    """Randomness that is the same in every run; `FAULTS_SEED` gives another."""
    return Random(f"{os.environ.get('FAULTS_SEED', '1')} {name}")


@contextmanager
def systems(home: Path, inbox: Path) -> Iterator[None]:
    """Run the demo company's systems as of its clock, and point the settings there."""
    export(inbox / "acme", company.load(home).clock.date())
    with (
        company.running(home, inbox) as settings,
        pytest.MonkeyPatch.context() as patch,
    ):
        ours = {
            "SOURCES__GRACE_SECONDS": "0",
            "SOURCES__ACME__INBOX": str(inbox / "acme"),
            "MUSTER_COMPANY": str(home.parent / SAYS),
        }
        for name, value in (settings | ours).items():
            patch.setenv(name, value)
        yield


def export(inbox: Path, until: date) -> None:
    """Write what a second HR system exports every other day, of a few weeks."""
    inbox.mkdir(parents=True, exist_ok=True)
    for number in range(30):
        day = until.replace(month=5, day=1) + timedelta(days=2 * number)
        path = inbox / f"staff_{day}.csv"
        if day > until or path.exists():
            continue
        rows = [
            f"{each},Name {each},{1960 + each % 40}-02-03,20{10 + each % 16}-05-06,"
            f"Team {(each + number // 7) % 3},{30 + each % 2 * 10}"
            # Whose turn it is leaves; one has joined by each export.
            for each in range(50 + number)
            if each > number or each % 2
        ]
        draft = path.with_suffix(".part")
        draft.write_text("\n".join(["id,name,born,hired,department,hours", *rows, ""]))
        draft.rename(path)


def differ(one: Warehouse, other: Warehouse, query: str) -> bool:
    """Whether a query, in which `{log}` is the log, gives other rows of the twin."""
    with duckdb.connect() as both:
        for name, each in (("one", one), ("other", other)):
            each.log.attach(both, name)
        return _differ(both, query.format(log="one"), query.format(log="other"))


def differences(
    one: Warehouse, other: Warehouse, datasets: Collection[str] = ()
) -> list[str]:
    """Tables of the log in which two warehouses do not have the same rows.

    Rows are compared with the instant since which they are known. Not compared are the
    ids of loads and runs, and of `load_counts` all but the sums of sources that deliver
    files: a run that died has counted nothing, and one that reads a system again finds
    more that is known. The index of loads tells of each log its own: all of them.

    Args:
        one: A warehouse.
        other: Its twin.
        datasets: Those to look at; all by default.
    """
    with duckdb.connect() as both:
        for name, each in (("one", one), ("other", other)):
            assert index.compared(each.log) == []
            each.log.attach(both, name)
        tables = both.execute(
            "select distinct schema_name, table_name from duckdb_columns()"
            " where database_name in ('one', 'other') and not internal order by all"
        ).fetchall()
        assert len(tables) > 30
        return [
            f"{schema}.{table}"
            for schema, table in tables
            if table not in UNLIKE_TABLES and schema in (datasets or [schema])
            if _differ(both, *(_rows(both, n, schema, table) for n in ("one", "other")))
        ]


def _rows(both: duckdb.DuckDBPyConnection, log: str, schema: str, table: str) -> str:
    if table == "load_counts":
        sums = ", ".join(
            f"sum({name})"
            for name in ("files", "delivered", "loaded", "rejected", "quarantined")
        )
        return (
            f"select source, resource, {sums} from {log}.{schema}.{table}"
            " where source in ('attendance', 'ats', 'fx') group by all"
        )
    names = [
        f'"{name}"'
        for (name,) in both.execute(
            "select column_name from duckdb_columns() where schema_name = ?"
            " and table_name = ? and database_name = ? order by 1",
            [schema, table, log],
        ).fetchall()
        if name not in UNLIKE
    ]
    return (
        f"select {', '.join(names)}, _known from {log}.{schema}.{table} join"
        " (select load_id as _load, inserted_at as _known"
        f" from {log}.{schema}._dlt_loads) on _load = _dlt_load_id"
    )


def _differ(both: duckdb.DuckDBPyConnection, left: str, right: str) -> bool:
    return any(
        both.execute(f"select count(*) from ({a} except all {b})").fetchone() != (0,)
        for a, b in ((left, right), (right, left))
    )


def different_marts(one: Warehouse, other: Warehouse) -> list[str]:
    """Tables of the marts, built here, in which two do not have the same rows."""
    one.build()
    other.build()
    with duckdb.connect() as both:
        tables: list[set[Any]] = []
        for name, each in (("one", one), ("other", other)):
            for path in each.environment.databases:
                both.execute(f"attach '{path}' as {name}_{path.stem} (read_only)")
            found = both.execute(
                f"select replace(table_catalog, '{name}_', ''), table_schema,"
                " table_name from information_schema.tables"
                f" where table_catalog like '{name}_%'"
            ).fetchall()
            tables.append({t for t in found if t[2].startswith(("fct_", "rpt_"))})
        assert tables[0] == tables[1]
        assert len(tables[0]) > 15
        return [
            ".".join(table)
            for table in sorted(tables[0])
            if _differ(both, *(f"from {n}_{'.'.join(table)}" for n in ("one", "other")))
        ]
