"""`muster diff`: two releases of a store, by id, beginning of an id, or `current`."""

import json
from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner

import environment
from operations.cli import app
from store import releases
from store.store import open_store

FIRST, SECOND = "20260701T060000.000000Z-aaaaaaa", "20260702T060000.000000Z-bbbbbbb"

MANIFEST = {
    "nodes": {
        "model.rpt": {"resource_type": "model", "schema": "main", "name": "rpt"},
        "test.unique": {
            "resource_type": "test",
            "attached_node": "model.rpt",
            "test_metadata": {"name": "unique", "kwargs": {"column_name": "id"}},
        },
    },
    "exposures": {},
    "child_map": {"model.rpt": ["test.unique"]},
}


def run(*arguments: str) -> tuple[int, str]:
    """Run a command and give its exit code and what it writes."""
    result = CliRunner().invoke(app, ["diff", *arguments])
    return result.exit_code, result.output


@pytest.mark.parametrize("address", ["", "memory://muster"])
def test_two_releases_are_compared_wherever_they_are_kept(
    address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MUSTER_HOME", str(tmp_path))
    monkeypatch.setenv("MUSTER_STORE", address)
    dev = environment.find("dev")
    dev.artifacts.mkdir(parents=True)
    (dev.artifacts / "manifest.json").write_text(json.dumps(MANIFEST))
    store = open_store(dev)
    assert run("dev", "current", FIRST)[0] == 1
    for release, rows in ((FIRST, 3), (SECOND, 5)):
        built = tmp_path / "built.duckdb"
        built.unlink(missing_ok=True)
        with duckdb.connect(str(built)) as marts:
            marts.execute(f"create table rpt as select range as id from range({rows})")
        store.upload(built, f"releases/{release}/muster.duckdb")
        made = releases.Release(
            release=release,
            environment="dev",
            revision=release[-7:],
            is_modified=False,
            as_at=None,
            built_at="2026-07-01T06:00:00+00:00",
            verdict=releases.PASSED,
        )
        store.write_json(f"releases/{release}/release.json", made.to_dict())
    releases.point(store, SECOND)

    code, told = run("dev", "20260701", "--format", "json")
    assert code == 0
    found = json.loads(told)
    assert (found["before"], found["after"]) == (FIRST, SECOND)
    assert found["changed_tables"][0]["keys_added"] == 2

    code, told = run("dev", "current", FIRST, "--format", "markdown")
    assert "| main.rpt | same | 5 to 3 (-2) | 0 | 2 | 0 | none | none |" in told
    assert "None of 1 tables changed." in run("dev", "current", "current")[1]
    assert run("dev", "1999")[0] == 2
