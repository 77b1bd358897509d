"""What a query gives, as a file or on standard output."""

import csv
import io
import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest
import yaml
from dbt_kit import REPOSITORY
from python_calamine import CalamineWorkbook
from typer.testing import CliRunner, Result

from environment import Environment
from environment.databases import session
from operations.cli import app
from operations.read import shown

ROWS = (
    "select cast('2026-06-01' as date) as month_start_on, 'DE' as region,"
    " cast(1234.50 as decimal(9, 2)) as cost, 12 as people, 2.0 / 3 as share,"
    " null as nothing union all"
    " select cast('2026-07-01' as date), '=1+1', -5.25, 0, 1.5, null order by 1"
)


@pytest.fixture(autouse=True)
def dev(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Environment:
    monkeypatch.setenv("MUSTER_HOME", str(tmp_path))
    found = Environment("dev", tmp_path)
    found.folder.mkdir()
    for path in found.databases:
        duckdb.connect(str(path)).close()
    return found


def muster(*arguments: str, given: str | None = None) -> Result:
    """Run `muster query`."""
    return CliRunner().invoke(app, ["query", *arguments], input=given)


def test_a_table_is_to_be_read() -> None:
    told = muster(ROWS).output.splitlines()
    assert told[0].split() == [
        "month_start_on",
        "region",
        "cost",
        "people",
        "share",
        "nothing",
    ]
    assert told[1].split() == ["2026-06", "DE", "1234.50", "12", "0.67"]
    assert told[2].split() == ["2026-07", "=1+1", "-5.25", "0", "1.50"]
    end = told[0].index("people") + len("people")
    assert told[1][:end].endswith(" 12"), "numbers stand on the right"


@pytest.mark.parametrize(
    ("column", "value", "told"),
    [
        ("a", None, ""),
        ("a", True, "True"),
        ("a", 1_234_567, "1,234,567"),
        ("reference_year", 2026, "2026"),
        ("a", 3.0, "3.00"),
        ("turnover_pct", 0.05, "0.1"),
        ("lost_days", -0.25, "-0.3"),
        ("a", float("nan"), "nan"),
        ("a", "x", "x"),
    ],
)
def test_how_a_value_is_shown(column: str, value: object, told: str) -> None:
    assert shown.cell(column, value) == told


def test_csv_runs_nothing_and_loses_nothing(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    assert f"2 rows: {path}" in muster(ROWS, "-o", str(path)).output

    first, second = csv.DictReader(io.StringIO(path.read_text()))
    assert first["share"].startswith("0.66666")
    assert (second["region"], second["cost"]) == ("'=1+1", "-5.25")
    texts = "select unnest(['-x', '+4930', '@a', '-5', 'a=b']) as text"
    muster(texts, "-o", str(path))
    found = [row["text"] for row in csv.DictReader(io.StringIO(path.read_text()))]
    assert found == ["'-x", "+4930", "'@a", "-5", "a=b"]


def test_each_format_has_the_same_rows(tmp_path: Path) -> None:
    for kind in ("csv", "json", "parquet", "xlsx"):
        assert muster(ROWS, "-o", str(tmp_path / f"rows.{kind}")).exit_code == 0
    told = json.loads((tmp_path / "rows.json").read_text())
    assert [each["cost"] for each in told] == [1234.5, -5.25]
    assert told[0]["month_start_on"] == "2026-06-01"
    assert pq.read_table(tmp_path / "rows.parquet").column("people").to_pylist() == [
        12,
        0,
    ]
    sheet = CalamineWorkbook.from_path(tmp_path / "rows.xlsx").get_sheet_by_index(0)
    head, first, second = sheet.to_python()
    assert head[:3] == ["month_start_on", "region", "cost"]
    assert first[2:4] == [1234.5, 12]
    assert second[1] == "=1+1", "as text"
    assert {path.name for path in tmp_path.iterdir()} == {
        "dev",
        *(f"rows.{kind}" for kind in ("csv", "json", "parquet", "xlsx")),
    }, "no draft is left"


def test_a_statement_comes_from_a_file_or_standard_input(tmp_path: Path) -> None:
    path = tmp_path / "rows.sql"
    path.write_text("-- a comment first\nselect 7 as seven;\n")
    for told in (
        muster("-f", str(path)),
        muster("-", given=path.read_text()),
        muster("--format", "csv", "-f", str(path)),
    ):
        assert told.exit_code == 0, told.output
    assert muster("-f", str(path)).output.split() == ["seven", "7"]


def test_a_limit_is_kept_and_said(tmp_path: Path) -> None:
    many = "select range as number from range(100)"
    assert "The first 40 rows; there are more" in muster(many).output
    assert "The first 3 rows" in muster(many, "--limit", "3").output
    for kind in ("csv", "xlsx"):
        path = tmp_path / f"rows.{kind}"
        assert "3 rows" in muster(many, "--limit", "3", "-o", str(path)).output
    assert len((tmp_path / "rows.csv").read_text().splitlines()) == 4


def test_what_few_may_read_is_written_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    muster(ROWS, "--restricted", "-o", str(path))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ([], "Give a statement, or a file"),
        (["select 1", "-f", "x.sql"], "Give a statement, or a file"),
        (["-f", "nothing.sql"], "nothing.sql cannot be read"),
        (["select 1; select 2"], "There are 2 statements: give one at a time"),
        ([" -- nothing"], "There is no statement"),
        (["select 1", "--format", "pdf"], "There is no format 'pdf'"),
        (["select 1", "--format", "xlsx"], "say which by --output"),
        (["select 1", "--format", "table", "-o", "a.txt"], "table is for the terminal"),
    ],
)
def test_what_cannot_be_done_is_one_line(arguments: list[str], told: str) -> None:
    ended = muster(*arguments)
    assert ended.exit_code == 2
    assert told in " ".join(ended.output.split())
    assert len(ended.output.splitlines()) == 1


def test_a_folder_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    for kind in ("csv", "xlsx"):
        ended = muster("select 1", "-o", str(tmp_path / "no" / f"rows.{kind}"))
        assert ended.exit_code == 1
        assert "cannot be written" in ended.output


def test_rows_follow_what_standard_output_has_and_nothing_else(tmp_path: Path) -> None:
    """Also where it is a file, and where the last build did not end well."""
    (tmp_path / "dev" / "build.json").write_text('{"begun_at": "2026-07-01"}')
    path = tmp_path / "told.csv"
    code = "from operations.cli import main; main()"
    with path.open("w") as file:
        file.write("before\n")
        file.flush()
        subprocess.run(  # noqa: S603
            [sys.executable, "-c", code, "query", "select 1 as a", "--format", "csv"],
            env=os.environ | {"MUSTER_HOME": str(tmp_path)},
            cwd=REPOSITORY,
            stdout=file,
            check=True,
        )
    assert path.read_text() == "before\na\n1\n"


def test_a_query_that_takes_long_draws_no_bar_among_its_rows() -> None:
    asked = "select current_setting('enable_progress_bar')"
    with session() as connection:
        assert connection.execute(asked).fetchall() == [(False,)]
        assert connection.cursor().execute(asked).fetchall() == [(False,)]
    profile = yaml.safe_load((REPOSITORY / "profiles.yml").read_text())["muster"]
    for output in profile["outputs"].values():
        if output["type"] != "duckdb":
            continue
        assert output["settings"]["enable_progress_bar"] is False


def test_who_reads_the_first_rows_alone_is_told_nothing_else(tmp_path: Path) -> None:
    code = "from operations.cli import main; main()"
    asked = [sys.executable, "-c", code, "query", "from range(1000000)"]
    with subprocess.Popen(  # noqa: S603
        [*asked, "--format", "csv"],
        env=os.environ | {"MUSTER_HOME": str(tmp_path)},
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as running:
        assert running.stdout
        assert running.stderr
        assert running.stdout.readline() == b"range\n"
        running.stdout.close()
        assert running.stderr.read() == b""
    assert running.returncode == 0
