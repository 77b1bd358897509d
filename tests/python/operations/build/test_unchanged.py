"""What a build does again: what changed or reads what changed, and its tests."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet
import pytest
from rich.console import Console

import environment
from environment.errors import MusterError
from ingestion.log import Log
from operations.build import build

PROJECT = {
    "dbt_project.yml": """
name: mini
version: "0.1.0"
profile: mini
flags: {send_anonymous_usage_stats: false}
models: {mini: {+materialized: table, listed: {+materialized: view}}}
""",
    "profiles.yml": """
mini:
  target: dev
  outputs:
    dev:
      type: duckdb
      path: "{{ env_var('MUSTER_HOME') }}/dev/muster.duckdb"
      plugins: [{module: operations.build.inside.plugin}]
""",
    "macros/twice.sql": "{% macro twice(x) %}2 * {{ x }}{% endmacro %}",
    "seeds/people.csv": "id,age\n1,20\n2,30\n",
    "models/sources.yml": """
sources:
  - name: fx
    database: raw
    schema: raw_fx
    tables: [{name: _dlt_loads}, {name: rates}, {name: names}]
  - name: ats
    database: raw
    schema: raw_ats
    tables: [{name: _dlt_loads}]
""",
    "models/listed/rates.sql": """
select name, rate from {{ source('fx', 'rates') }}
where _dlt_load_id in (select load_id from {{ source('fx', '_dlt_loads') }})
""",
    "models/listed/names.sql": """
select name from {{ source('fx', 'names') }}
where _dlt_load_id in (select load_id from {{ source('fx', '_dlt_loads') }})
""",
    "models/listed/loads.sql": "select load_id from {{ source('fx', '_dlt_loads') }}",
    "models/best.sql": "select max(rate) as rate from {{ ref('rates') }}",
    "models/after_best.sql": "select rate from {{ ref('best') }}",
    "models/named.sql": "select name from {{ ref('names') }}",
    "models/doubled.sql": """
select id, {{ twice('age') }} as age from {{ ref('people') }}
""",
    "models/first.sql": "select id, age from {{ ref('doubled') }} where id = 1",
    "models/after_first.sql": "select age from {{ ref('first') }}",
    "models/models.yml": """
models:
  - name: doubled
    columns: [{name: age, data_tests: [{not_null: {name: an_age_is_told}}]}]
  - name: after_best
    columns: [{name: rate, data_tests: [{not_null: {name: a_rate_is_told}}]}]
  - name: first
    columns:
      - name: age
        data_tests:
          - accepted_values:
              name: the_first_is_forty
              arguments: {values: [40], quote: false}
              config: {severity: warn}
unit_tests:
  - name: an_age_is_doubled
    model: doubled
    given: [{input: ref('people'), rows: [{id: 7, age: 4}]}]
    expect: {rows: [{id: 7, age: 8}]}
  - name: the_first_is_kept
    model: first
    given: [{input: ref('doubled'), rows: [{id: 1, age: 4}, {id: 2, age: 5}]}]
    expect: {rows: [{id: 1, age: 4}]}
""",
}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A home with one load, and a small project."""
    for name, text in PROJECT.items():
        path = tmp_path / "project" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    monkeypatch.setenv("MUSTER_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("MUSTER_PSEUDONYM_KEY", raising=False)
    monkeypatch.setattr(environment, "PROJECT", tmp_path / "project")
    monkeypatch.chdir(tmp_path)
    load("raw_fx", rates=[("eur", 3), ("sek", 1)], names=[("euro", 0)])
    yield tmp_path / "home"
    build.close_databases()


def load(dataset: str, **tables: list[tuple[str, int]]) -> None:
    """Write a load."""
    log = Log(environment.find("dev").raw)
    with log.write(dataset) as draft:
        for table, rows in tables.items():
            content = {
                "name": [name for name, _ in rows],
                "rate": [rate for _, rate in rows],
            }
            pa.parquet.write_table(pa.table(content), draft.path(table))


def change(name: str, old: str, new: str) -> None:
    """Change a file of the project."""
    path = environment.PROJECT / name
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))


def again(*, force: bool = False) -> set[str]:
    """Build, and give the names of the nodes that were built or tested."""
    console = Console(record=True, width=200, file=open(os.devnull, "w"))  # noqa: PTH123, SIM115
    build.build("dev", console, force=force)
    told = console.export_text()
    if "Nothing changed" in told:
        return set()
    results = json.loads(
        (environment.find("dev").artifacts / "run_results.json").read_text()
    )
    done = {
        each["unique_id"].split(".")[
            -2 if each["unique_id"].startswith("test.") else -1
        ]
        for each in results["results"]
        if each["message"] != "as before"
    }
    if len(done) < len(results["results"]):
        assert f"{len(done)} of {len(results['results'])} nodes" in told
    return done


def value(query: str) -> object:
    """One value from the marts."""
    with duckdb.connect(str(environment.find("dev").marts), read_only=True) as marts:
        found = marts.execute(query).fetchone()
    return found and found[0]


EVERYTHING = {
    *("people", "rates", "names", "loads"),
    *("best", "after_best", "named", "doubled", "first", "after_first"),
    *("an_age_is_told", "a_rate_is_told", "the_first_is_forty"),
    *("an_age_is_doubled", "the_first_is_kept"),
}


def test_new_rows_are_built_as_far_as_they_make_a_difference(home: Path) -> None:
    assert again() == EVERYTHING
    assert again() == set()

    # A rate that is not the best changes nothing that reads the best.
    load("raw_fx", rates=[("nok", 2)])
    assert again() == {"loads", "rates", "best"}
    load("raw_fx", rates=[("gbp", 4)])
    assert again() == {"loads", "rates", "best", "after_best", "a_rate_is_told"}
    assert value("select rate from after_best") == "4"

    # Of another table of that source; of a source of which nothing is read.
    load("raw_fx", names=[("pound", 0)])
    assert again() == {"loads", "names", "named"}
    load("raw_ats", applications=[("a", 1)])
    assert again() == set()
    assert again(force=True) == EVERYTHING


def test_what_changed_is_tested_again(home: Path) -> None:
    again()

    # A macro, and what it makes; its rows are as they were, so what reads them is too.
    change("macros/twice.sql", "2 * {{ x }}", "{{ x }} + {{ x }}")
    assert again() == {"doubled", "an_age_is_doubled"}

    change("models/models.yml", "{id: 2, age: 5}", "{id: 3, age: 5}")
    assert again() == {"the_first_is_kept"}

    change("models/models.yml", "{name: an_age_is_told}", "{name: it_is_told}")
    assert again() == {"it_is_told"}

    change("seeds/people.csv", "2,30", "2,31")
    assert again() == {"people", "doubled", "it_is_told", "first"}
    assert value("select age from doubled where id = 2") == 62

    # What warns is told again, whatever else is built.
    change("seeds/people.csv", "1,20", "1,21")
    first = {"first", "after_first", "the_first_is_forty"}
    assert again() == {"people", "doubled", "it_is_told"} | first
    load("raw_fx", names=[("pound", 0)])
    assert again() == {"loads", "names", "named", "the_first_is_forty"}

    # The types of what a unit test reads are those of the tables.
    change("models/doubled.sql", "as age", "as age, 'a' as letter")
    assert again() == {
        "doubled",
        "it_is_told",
        *first,
        "the_first_is_kept",
        "an_age_is_doubled",
    } - {"after_first"}

    # On this everything may depend.
    change("profiles.yml", "muster.duckdb", "./muster.duckdb")
    assert again() == EVERYTHING - {"an_age_is_told"} | {"it_is_told"}


def test_after_a_failure_everything_is_built(home: Path) -> None:
    again()
    change(
        "models/models.yml",
        "expect: {rows: [{id: 7, age: 8}]}",
        "expect: {rows: [{id: 7, age: 9}]}",
    )
    with pytest.raises(MusterError, match="an_age_is_doubled"):
        again()
    change(
        "models/models.yml",
        "expect: {rows: [{id: 7, age: 9}]}",
        "expect: {rows: [{id: 7, age: 8}]}",
    )
    assert again() == EVERYTHING


def test_a_mart_that_another_has_written_is_built(home: Path) -> None:
    again()
    with duckdb.connect(str(environment.find("dev").marts)) as marts:
        marts.execute("update after_best set rate = 0")
    assert again() == EVERYTHING
    assert value("select rate from after_best") == "3"
