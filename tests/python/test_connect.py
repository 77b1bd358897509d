"""The page on other tools is right: what can be run of it is run as it stands."""

import configparser
import re
from pathlib import Path

import duckdb
import pytest
from sqlalchemy.engine import make_url
from typer.testing import CliRunner

from environment import DATABASES
from operations.cli import app

PAGE = Path(__file__).resolve().parents[2] / "docs" / "connect.md"
HOME = "/srv/muster"

HEADCOUNT = """
create table {table} as
select
    'All' as region, 'All' as department_group, null::varchar as withheld_reason,
    95::bigint as headcount, date '2026-06-01' as month_start_on
"""

TOOLS = {"Excel", "Power BI", "Tableau", "DBeaver", "Metabase", "Superset", "R"}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home with one release, as small as can be."""
    prod = tmp_path / "prod"
    folder = prod / "releases" / "20260701T060000.000000Z-fffffffff"
    (folder / "snapshot").mkdir(parents=True)
    (prod / "current").symlink_to(folder.relative_to(prod))
    for name in DATABASES:
        with duckdb.connect(str(folder / f"{name}.duckdb")) as connection:
            connection.execute("create schema people")
            for table in ("people.rpt_headcount_monthly", "headcount"):
                connection.execute(HEADCOUNT.format(table=table))
            told = folder / "snapshot" / "published.headcount.parquet"
            connection.execute(f"copy headcount to '{told}' (format parquet)")
    return tmp_path


def blocks(kind: str) -> list[str]:
    """The code blocks of one language."""
    return re.findall(rf"(?ms)^```{kind}\n(.*?)^```", PAGE.read_text())


def test_python_runs_as_it_stands(home: Path) -> None:
    assert len(blocks("python")) >= 2
    for block in blocks("python"):
        told = compile(block.replace(HOME, str(home)), "connect.md", "exec")
        exec(told, {})  # noqa: S102


def test_sql_runs_as_it_stands(home: Path) -> None:
    assert len(blocks("sql")) >= 2
    for block in blocks("sql"):
        with duckdb.connect() as connection:
            assert connection.execute(block.replace(HOME, str(home))).fetchall()


def test_queries_of_the_shell_read_what_is_released(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """But for metrics, whose own tests ask them of a whole company."""
    monkeypatch.setenv("MUSTER_HOME", str(home))
    monkeypatch.chdir(tmp_path)
    lines = [line for block in blocks("sh") for line in block.splitlines()]
    queries = [line for line in lines if line.startswith("muster query")]
    assert queries
    for line in queries:
        (sql,) = re.findall(r'"(.+)"', line)
        options = line.partition('" ')[2].split()
        result = CliRunner().invoke(app, ["query", sql, *options])
        assert result.exit_code == 0, result.output
        assert "95" in Path(options[-1]).read_text()


def test_every_tool_is_told_to_read_only() -> None:
    (text,) = blocks("text")
    url = make_url(text.strip())
    assert url.query == {"access_mode": "read_only"}
    assert url.database == f"{HOME}/prod/current/published.duckdb"
    (source,) = blocks("ini")
    parser = configparser.ConfigParser()
    parser.read_string(source)
    assert parser["Muster"]["access_mode"] == "read_only"
    parts = [part.partition("\n") for part in PAGE.read_text().split("\n## ")]
    sections = {name: text for name, _, text in parts}
    assert sections.keys() >= TOOLS
    for tool in TOOLS:
        assert re.search("read.only", sections[tool]), tool


def test_what_is_named_is_what_readers_get() -> None:
    """No example reads what a build writes."""
    for path in re.findall(rf"{HOME}/prod/(\S*)", PAGE.read_text()):
        assert path.startswith("current/"), path


def test_any_duckdb_since_1_0_reads_the_files(home: Path) -> None:
    with duckdb.connect() as connection:
        path = home / "prod" / "current" / "published.duckdb"
        connection.execute(f"attach '{path}' as published (read_only)")
        ((tags,),) = connection.execute(
            "select tags from duckdb_databases() where database_name = 'published'"
        ).fetchall()
    assert tags["storage_version"].startswith("v1.0.0")
