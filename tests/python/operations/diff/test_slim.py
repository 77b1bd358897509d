"""`muster slim` and `muster diff`: what is built, and what is told of it."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
from log_kit import write_load
from rich.console import Console

import environment
from environment.errors import MusterError
from ingestion import log
from operations.build import build
from operations.diff import compare, diff, slim

DBT_PROJECT = """
name: mini
version: "0.1.0"
profile: mini
flags:
  send_anonymous_usage_stats: false
"""

PROFILES = """
mini:
  target: ci
  outputs:
    ci:
      type: duckdb
      path: "{{ env_var('MUSTER_HOME') }}/ci/muster.duckdb"
      attach:
        - path: "{{ env_var('MUSTER_HOME') }}/ci/restricted.duckdb"
          alias: restricted
      plugins:
        - module: operations.build.inside.plugin
"""

MODELS = {
    "people.sql": (
        "{{ config(materialized='table', database='restricted') }}"
        " select cast(person_id as bigint) as person_id from raw.raw_fx.people"
    ),
    "unrelated.sql": "{{ config(materialized='table') }} select 1 as number",
    "rpt_levels.sql": (
        "{{ config(materialized='table') }}"
        " select person_id, 10 as level from {{ ref('people') }}"
    ),
    "rpt_counts.sql": (
        "{{ config(materialized='table') }}"
        " select count(*) as people from {{ ref('rpt_levels') }} where level > 0"
    ),
    "rpt_pay.sql": (
        "{{ config(materialized='table', database='restricted') }}"
        " select person_id, 1000 as pay, 'weekly' as period from {{ ref('people') }}"
    ),
    "rpt_later.sql": (
        "{{ config(materialized='table') }} select 1 as number where false"
    ),
}

PROPERTIES = """
models:
  - name: rpt_levels
    columns:
      - name: person_id
        data_tests:
          - unique: {config: {meta: {requirement: BR-01.1}}}
  - name: rpt_pay
    columns:
      - name: person_id
        data_tests: [unique]
exposures:
  - name: level_report
    type: analysis
    owner: {name: HR, email: hr@example.com}
    depends_on: [ref('rpt_counts')]
    config: {meta: {requirement: BR-02, query: "select level from main.rpt_levels"}}
  - name: pay_report
    type: analysis
    owner: {name: HR, email: hr@example.com}
    depends_on: [ref('rpt_pay')]
    config:
      meta: {requirement: BR-03, query: "select period from restricted.main.rpt_pay"}
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A project of four models, one of them restricted, over three people."""
    project = tmp_path / "project"
    (project / "models").mkdir(parents=True)
    (project / "dbt_project.yml").write_text(DBT_PROJECT)
    (project / "profiles.yml").write_text(PROFILES)
    (project / "models" / "models.yml").write_text(PROPERTIES)
    for name, text in MODELS.items():
        (project / "models" / name).write_text(text)
    home = tmp_path / "home"
    people = [{"person_id": number} for number in range(3)]
    write_load(log.of(home / "ci"), "raw_fx", {"people": people})
    with duckdb.connect(str(home / "ci" / "restricted.duckdb")):
        pass
    monkeypatch.setenv("MUSTER_HOME", str(home))
    monkeypatch.delenv("MUSTER_PSEUDONYM_KEY", raising=False)
    monkeypatch.setattr(environment, "PROJECT", project)
    monkeypatch.chdir(tmp_path)
    yield project
    build.close_databases()


def run(**folders: Path) -> str:
    """Run `muster slim` on `ci` and give what it writes."""
    with open(os.devnull, "w") as nowhere:  # noqa: PTH123
        console = Console(record=True, width=200, file=nowhere)
        slim.slim("ci", console, **folders)
        return console.export_text()


def models_built() -> set[str]:
    """The models that the last run built."""
    artifacts = environment.find("ci").artifacts
    results = json.loads((artifacts / "run_results.json").read_text())["results"]
    ids = (result["unique_id"].split(".") for result in results)
    return {parts[-1] for parts in ids if parts[0] == "model"}


def test_a_changed_model_and_what_depends_on_it_are_built_and_compared(
    project: Path, tmp_path: Path
) -> None:
    state, comment = tmp_path / "state", tmp_path / "out" / "diff.md"
    told = run(state=state, comment=comment, save=state)
    assert "Full build: there is no state of main to start from." in told
    assert models_built() == {name.removesuffix(".sql") for name in MODELS}
    assert "Nothing to compare with." in comment.read_text()

    changed = MODELS["rpt_levels.sql"].replace("10 as level", "10 + person_id as level")
    (project / "models" / "rpt_levels.sql").write_text(changed)
    (project / "models" / "unrelated.sql").unlink()
    told = run(state=state, comment=comment)
    assert "Slim build: 0 seeds, 2 models, 1 data test, 0 unit tests" in told
    assert models_built() == {"rpt_levels", "rpt_counts"}
    text = comment.read_text()
    assert "\n\n2 of 6 tables changed. Not compared, as neither side has rows:" in text
    assert "rows: main.rpt_later." in text
    lost = "- `main.unrelated` is gone: made from it are none, for none"
    assert text.startswith(
        "### Data diff: main to this branch\n\n**Breaking** for those who read the "
        f"marts:\n\n- `main.rpt_levels.level` is BIGINT, was INTEGER: made from it are "
        f"level_report, for BR-01, BR-02\n{lost}\n"
    )
    assert (
        "| main.rpt_levels | level was integer, is bigint | 3 | 0 | 0 | 2 (66.7 %) "
        "| level_report | BR-01, BR-02 |" in text
    )
    assert "| main.unrelated | gone | 1 |" in text
    assert (
        "| main.rpt_levels | level | 2 | 66.7 % | +1.5 | +1.5 | +2 | █▁▁▁▁▁▁█ | 0 | 0 |"
        in text
    )
    assert "| main.rpt_levels | person_id=1; person_id=2 |" in text

    # What dbt does not compare is not overlooked.
    (project / "dbt_project.yml").write_text(f"{DBT_PROJECT}vars: {{as_at: null}}\n")
    dev = environment.find("ci")
    reason = slim.why_not(state, slim.basis_of(dev))
    assert reason == "not as on main, and not compared by dbt: dbt_project.yml"
    (state / "restricted.duckdb").unlink()
    assert "is not whole" in slim.why_not(state, slim.basis_of(dev))


def test_restricted_marts_are_compared_and_no_value_of_them_is_told(
    project: Path, tmp_path: Path
) -> None:
    state, comment = tmp_path / "state", tmp_path / "diff.md"
    run(save=state)
    changed = MODELS["rpt_pay.sql"].replace("1000 as pay", "777 as pay")
    changed = changed.replace("'weekly' as period", "4711 as bonus")
    (project / "models" / "rpt_pay.sql").write_text(changed)
    run(state=state, comment=comment)
    text = comment.read_text()
    assert (
        "- `restricted.main.rpt_pay.period` is gone: made from it are pay_report, for "
        "BR-03\n"
        "- the query of `pay_report` in `docs/metrics.md` fails: Binder Error: "
        'Referenced column "period" not found' in text
    )
    assert (
        "| restricted.main.rpt_pay | added bonus (integer); removed period | 3 | 0 |"
        in text
    )
    assert "| restricted.main.rpt_pay | pay | 3 | 100.0 % |  |  |  |  | 0 | 0 |" in text
    assert "| restricted.main.rpt_pay | bonus | 0.0 % |  |  |  |" in text
    for value in ("777", "223", "1000", "4711", "person_id="):
        assert value not in text


def test_no_environment_with_real_people_is_handed_on() -> None:
    with pytest.raises(MusterError, match="holds no person's data, not on prod"):
        slim.slim("prod", Console())


def test_a_difference_tells_numbers_and_whom_it_reaches_but_no_value(
    tmp_path: Path,
) -> None:
    folders = tmp_path / "before", tmp_path / "after"
    for folder, name in zip(folders, ("Ada", "Grace"), strict=True):
        folder.mkdir()
        with duckdb.connect(str(folder / "muster.duckdb")) as connection:
            connection.execute("create schema people")
            connection.execute(
                "create table people.rpt as select range as id, case when range = 7 "
                f"then '{name}' end as who from range(10000)"
            )
    with duckdb.connect(str(folders[1] / "published.duckdb")) as connection:
        connection.execute("create table cells as select 1 as id")
    exposure = {"name": "report", "resource_type": "exposure", "config": {}}
    manifest: dict[str, Any] = {
        "nodes": {
            "model.rpt": {"resource_type": "model", "schema": "people", "name": "rpt"},
            "model.next": {"resource_type": "model", "schema": "people", "name": "n"},
            "test.unique": {
                "resource_type": "test",
                "attached_node": "model.rpt",
                "test_metadata": {"name": "unique", "kwargs": {"column_name": "id"}},
                "config": {"meta": {"requirement": "BR-07.1"}},
            },
        },
        "exposures": {"exposure.e": exposure},
        "child_map": {
            "model.rpt": ["model.next", "test.unique"],
            "model.next": ["exposure.e", "model.rpt"],
        },
    }
    found = diff.difference(*folders, manifest, ("A", "B"))
    told = json.loads(found.to_json())
    (table, published) = told["changed_tables"]
    assert (published["table"], published["rows_before"]) == ("published.cells", None)
    assert (told["before"], told["after"]) == ("A", "B")
    assert table["change_rates"] == {"who": 0.0001}
    assert (table["exposures"], table["requirements"]) == (["report"], ["BR-07"])
    page = found.to_markdown()
    row = "| people.rpt | same | 10,000 | 0 | 0 | 1 (below 0.1 %) | report | BR-07 |"
    assert row in page
    assert found.to_table().row_count == 2
    assert "Ada" not in page + found.to_json()
    assert "Grace" not in page + found.to_json()


@pytest.mark.parametrize(
    ("table", "told"),
    [
        (compare.TableChange("a.b", rows_after=5), ("new", "5", "0")),
        (compare.TableChange("a.b", rows_before=5), ("gone", "5", "0")),
        (
            compare.TableChange(
                "a.b", {"c": "DATE"}, {"d": "DATE"}, rows_before=5, rows_after=4
            ),
            ("added c (date); removed d", "5 to 4 (-1)", "no key"),
        ),
    ],
)
def test_schema_and_rows_are_told_in_words(
    table: compare.TableChange, told: tuple[str, str, str]
) -> None:
    schema = "; ".join(diff.schema_changes(table))
    assert (schema, diff.rows_told(table), diff.keys_changed(table)) == told
