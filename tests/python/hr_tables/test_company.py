"""The company's folder: its seeds and variables, and what builds know of mappings."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from rich.console import Console

import environment
from environment.errors import ConfigurationError
from ingestion.log import Log
from operations.build import build, fingerprint
from operations.build.inside import company
from operations.build.inside.unchanged import Memory

MAPPING = """\
version: 1
tables:
  staff:
    files: "staff*"
    shape: snapshot
    exported: {date: 2026-05-31}
    fields: {person_id: nr, first_name: name}
"""

PROJECT = {
    "dbt_project.yml": """
name: small
profile: small
SEED_PATHSvars: {floor: 1, roof: 9}
""",
    "profiles.yml": """
small:
  target: dev
  outputs:
    dev:
      type: duckdb
      path: "{{ env_var('MUSTER_HOME') }}/dev/muster.duckdb"
      settings: {TimeZone: UTC}
      plugins: [{module: operations.build.inside.plugin}]
""",
    "seeds/branches.yml": "seeds: [{name: branches}]",
    "models/sources.yml": """
sources:
  - name: hr_tables
    database: raw
    schema: raw_hr_tables
    tables: [{name: people}, {name: pay_lines}]
""",
    "models/people.sql": "{{ config(materialized='table') }}"
    " select first_name, {{ var('floor') }} as floor, {{ var('roof') }} as roof"
    " from {{ source('hr_tables', 'people') }}",
    "models/paid.sql": "{{ config(materialized='table') }}"
    " select line_type from {{ source('hr_tables', 'pay_lines') }}",
    "models/at.sql": "{{ config(materialized='table') }}"
    " select branch from {{ ref('branches') }}",
}

SETTINGS = (environment.PROJECT / "dbt_project.yml").read_text()
SEED_PATHS = SETTINGS[SETTINGS.index("seed-paths:") : SETTINGS.index("macro-paths:")]

OWN = {
    "mappings/acme.yml": MAPPING,
    "seeds/branches.csv": "branch\nRome\n",
    "vars.yml": "vars: {floor: 2}\n",
}


def write(folder: Path, files: dict[str, str]) -> None:
    """Write files below a folder."""
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of a company, beside a small project and a home with one load."""
    write(tmp_path / "project", PROJECT)
    write(tmp_path / "company", OWN)
    monkeypatch.setenv("MUSTER_HOME", str(tmp_path / "home"))
    (tmp_path / "project" / "dbt_project.yml").write_text(
        PROJECT["dbt_project.yml"].replace("SEED_PATHS", SEED_PATHS)
    )
    monkeypatch.setenv("MUSTER_COMPANY", str(tmp_path / "company"))
    monkeypatch.setenv("MUSTER_SEEDS", "")
    monkeypatch.delenv("MUSTER_PSEUDONYM_KEY", raising=False)
    monkeypatch.setattr(environment, "PROJECT", tmp_path / "project")
    monkeypatch.chdir(tmp_path)
    load("staff", "Ada")
    return tmp_path / "company"


def load(table: str, name: str) -> None:
    """Complete a load of `acme`, of one row."""
    row = {"nr": ["1"], "name": [name], "_file_name": ["x"], "_file_sha256": ["x"]}
    row |= {"_file_line": pa.array([2], pa.int64())}
    with Log(environment.find("dev").raw).write("raw_acme") as draft:
        pq.write_table(pa.table(row), draft.path(table))


def edit(path: Path, old: str, new: str) -> Callable[[], None]:
    """A change of a file."""

    def change() -> None:
        assert old in path.read_text()
        path.write_text(path.read_text().replace(old, new))

    return change


def again() -> set[str]:
    """Build, and give the names of the nodes that were built."""
    with Path(os.devnull).open("w") as nowhere:
        console = Console(record=True, width=200, file=nowhere)
        build.build("dev", console)
    build.close_databases()
    if "Nothing changed" in console.export_text():
        return set()
    results = environment.find("dev").artifacts / "run_results.json"
    return {
        each["unique_id"].rpartition(".")[2]
        for each in json.loads(results.read_text())["results"]
        if each["message"] != "as before"
    }


def people() -> object:
    """The rows of the model of people."""
    import duckdb

    with duckdb.connect(str(environment.find("dev").marts), read_only=True) as marts:
        return marts.execute("from people").fetchall()


def test_a_build_takes_what_the_company_says_and_sees_what_changed(own: Path) -> None:
    assert again() == {"people", "paid", "at", "branches"}
    assert people() == [("Ada", 2, 9)]
    assert again() == set()
    assert (own / "seeds" / "branches.csv").read_text() == OWN["seeds/branches.csv"]

    # A corrected mapping needs no load, and touches what reads it alone.
    edit(own / "mappings" / "acme.yml", "first_name: name", "first_name: nr")()
    assert again() == {"people"}
    assert people() == [("1", 2, 9)]
    edit(own / "seeds" / "branches.csv", "Rome", "Bonn")()
    assert again() == {"branches", "at"}
    edit(own / "vars.yml", "2", "3")()
    assert again() == {"people", "paid", "at", "branches"}
    assert people() == [("1", 3, 9)]
    load("staff", "Bo")
    assert again() == {"people"}


def test_plain_dbt_asks_for_variables_that_it_does_not_read(
    own: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = own.rename(environment.PROJECT / "mine")
    monkeypatch.setenv("MUSTER_COMPANY", "mine")
    run = build.Run()
    options = ["--project-dir", "project", "--profiles-dir", "project"]
    result = build.invoke(["run", *options, "--log-level", "none"], run)
    build.close_databases()
    assert not result.success
    told = " ".join(run.report)
    assert "run muster build, or give dbt --vars '{\"floor\": 2}'" in told
    options += ["--vars", "floor: 2"]
    assert build.invoke(["build", *options, "--log-level", "none"], run).success
    build.close_databases()
    assert (own / "seeds" / "branches.csv").read_text() == OWN["seeds/branches.csv"]


def test_plain_dbt_writes_into_no_company_outside_of_the_project(own: Path) -> None:
    run = build.Run()
    options = ["--project-dir", "project", "--profiles-dir", "project"]
    result = build.invoke(["build", *options, "--log-level", "none"], run)
    build.close_databases()
    assert "depends on a node named 'branches' which was not found" in str(
        result.exception
    )


@pytest.mark.parametrize(
    ("files", "told"),
    [
        ({"mappings/acme.yml": "version: 2\n"}, "acme.yml:1: version is none of 1"),
        ({"vars.yml": "floor: 2\n"}, "company/vars.yml cannot be read: write it as"),
        ({"seeds/branches.csv": None}, r"company/seeds lacks branches.csv: copy them"),
        (
            {"seeds/un.csv": "a\n", "../project/seeds/un.csv": "a\n"},
            "may not hold un.c",
        ),
    ],
)
def test_what_is_wrong_in_it_is_one_clear_error(
    own: Path, files: dict[str, str | None], told: str
) -> None:
    for name, text in files.items():
        if text is None:
            (own / name).unlink()
        else:
            write(own, {name: text})
    with pytest.raises(ConfigurationError, match=told) as caught:
        again()
    assert "Traceback" not in str(caught.value)


def test_a_folder_that_is_not_there_is_told(
    own: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MUSTER_COMPANY", "nowhere")
    with pytest.raises(ConfigurationError, match="There is no folder project/nowh"):
        company.require_seeds(environment.PROJECT)


def states() -> dict[str, str]:
    """The states of the contract's views."""
    log = Log(environment.find("dev").raw)
    sources = Memory({}, {}, log, b"secret")._sources
    return {name: each["state"] for (s, name), each in sources.items() if "hr_" in s}


def test_a_view_is_another_by_its_mapping_and_by_the_loads_of_what_it_reads(
    own: Path,
) -> None:
    path = own / "mappings" / "acme.yml"
    before = states()
    assert states() == before
    load("of_another_mapping", "Ada")
    assert differing(before, states()) == {"_dlt_loads"}
    load("staff", "Bo")
    of_people = {"people", "employments", "faults", "table_exports", "_dlt_loads"}
    assert differing(before, states()) == of_people
    before = states()
    edit(path, "first_name: name", "last_name: name")()
    assert differing(before, states()) == {"people", "faults"}
    edit(path, "version: 1", "# Of no consequence.\nversion: 1")()
    assert differing(before, states()) == {"people", "faults"}


def differing(left: dict[str, str], right: dict[str, str]) -> set[str]:
    """The views whose state is not the same."""
    return {name for name in left if left[name] != right[name]}


def test_every_part_of_the_folder_makes_another_build(own: Path) -> None:
    for name in OWN:
        whole = fingerprint.files(environment.PROJECT)
        basis = fingerprint.basis(environment.PROJECT, {}, b"")
        (own / name).write_text("another")
        assert fingerprint.files(environment.PROJECT) != whole, name
        is_other = fingerprint.basis(environment.PROJECT, {}, b"") != basis
        assert is_other == (name == "vars.yml")
