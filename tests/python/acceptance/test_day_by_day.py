"""What is built where something changed equals what is built from nothing."""

import shutil
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import duckdb
import pytest
from dbt_kit import REPOSITORY
from rich.console import Console
from trial_kit import at_night

import environment
from acceptance.company import PSEUDONYM_KEY, create
from acceptance.warehouse import TABLES_OF_RUNS
from environment import Environment
from ingestion import index
from operations.build import build

# A build takes a while, on a machine that does other things too. By day
# `test_unchanged.py` looks at a small project.
pytestmark = [pytest.mark.timeout(3600), at_night]

PARTS = ("dbt_project.yml", "profiles.yml", "models", "macros", "seeds", "demo/company")
SOURCES = ("frappe_hr", "payroll", "attendance", "ats", "fx")


def built(home: Path, monkeypatch: pytest.MonkeyPatch, *, force: bool = False) -> str:
    """What `muster build` tells; `test_unchanged.py` tests what it tests again."""
    console = Console(record=True, width=200, file=StringIO())
    invoke = build.invoke
    left_out = ["--exclude-resource-type", "test", "--exclude-resource-type"]

    def tables_only(arguments: Sequence[str], run: build.Run) -> Any:
        if arguments[0] == "build":
            arguments = [*arguments, *left_out, "unit_test"]
        return invoke(arguments, run)

    with monkeypatch.context() as patch:
        patch.setenv("MUSTER_HOME", str(home))
        patch.setattr(build, "invoke", tables_only)
        patch.setattr(build, "write_docs", lambda *_: build.close_databases())
        patch.setattr(build, "write_report", lambda *_: None)
        build.build("dev", console, force=force)
    return console.export_text()


def differences(left: Environment, right: Environment) -> Iterator[str]:
    """Every table of the three databases whose rows are not the same."""
    for one, other in zip(left.databases, right.databases, strict=True):
        with duckdb.connect() as connection:
            tables = []
            for name, path in (("l", one), ("r", other)):
                connection.execute(f"attach '{path}' as {name} (read_only)")
                found = connection.execute(
                    "select schema_name, table_name from duckdb_tables()"
                    " where database_name = ? order by all",
                    [name],
                )
                tables.append(found.fetchall())
            assert tables[0] == tables[1]
            for schema, table in tables[0]:
                if table in TABLES_OF_RUNS:
                    continue
                for a, b in ("lr", "rl"):
                    name = f'"{schema}"."{table}"'
                    more = connection.execute(
                        f"from {a}.{name} except all from {b}.{name}"
                    ).fetchone()
                    if more is not None:
                        yield f"{schema}.{table}: {more}"


def edit_file(path: Path, old: str, new: str) -> None:
    """Change a file of the project."""
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_every_day_equals_a_build_from_nothing(
    tmp_path: Path, desk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = tmp_path / "project"
    project.mkdir()
    for part in PARTS:
        copy = shutil.copytree if (REPOSITORY / part).is_dir() else shutil.copy
        copy(REPOSITORY / part, project / part)
    shutil.copytree(REPOSITORY / "tests" / "generic", project / "tests" / "generic")
    monkeypatch.setattr(environment, "PROJECT", project)
    monkeypatch.setenv("MUSTER_PSEUDONYM_KEY", PSEUDONYM_KEY)

    # All is loaded twice; the markers of the second loads come in source by source.
    company = create(tmp_path / "day", desk, seed=1, employees=40, months=4)
    last = company.clock
    company.set_clock(last - timedelta(days=33))
    company.ingest()
    day, kept = (Environment("dev", tmp_path / each) for each in ("day", "kept"))
    kept.folder.mkdir(parents=True)
    before = set(day.raw.glob("*/_dlt_loads/*.jsonl"))
    company.set_clock(last)
    company.ingest()
    later = set(day.raw.glob("*/_dlt_loads/*.jsonl")) - before
    for marker in later:
        marker.rename(marker.with_suffix(".later"))
    (day.raw / index.END).unlink()
    built(day.home, monkeypatch)

    def arrival(sources: Sequence[str]) -> Callable[[], None]:
        def arrive() -> None:
            for source in sources:
                folder = f"raw_{source}"
                ours = [each for each in later if each.parent.parent.name == folder]
                assert ours
                for marker in ours:
                    marker.with_suffix(".later").rename(marker)

        return arrive

    def edit() -> None:
        exits = "demo/company/seeds/exit_reasons.csv"
        kind = (project / exits).read_text().splitlines()[-1]
        edit_file(project / exits, kind, kind.replace(",", ",in"))
        edit_file(project / "macros/pay/per_hour.sql", "hours) -%}", "hours) -%} 2 * ")

    steps = [*(arrival([source]) for source in SOURCES), edit]
    # A build from nothing takes long: what an arrival left stale shows after the last,
    # unless a later one has built it again.
    compared = steps[-2:]
    for take in steps:
        take()
        assert " nodes: " in built(day.home, monkeypatch)
        if take not in compared:
            continue
        for path in day.databases:
            path.replace(kept.folder / path.name)
        built(day.home, monkeypatch, force=True)
        assert list(differences(kept, day)) == []
