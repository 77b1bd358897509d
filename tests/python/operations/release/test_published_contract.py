"""The contract of what a release publishes: right by the standard, and true."""

import json
from importlib.resources import files
from pathlib import Path
from typing import Any

import duckdb
import jsonschema
import pytest
import yaml
from open_data_contract_standard.model import OpenDataContractStandard
from release_kit import Built
from rich.console import Console

from environment import Environment
from operations.build import artifacts
from operations.release import contract
from operations.release import release as release_module
from store.releases import Release

TYPES = {"string": "varchar"}
"""A type of the contracts in YAML to DuckDB's; the others are called the same."""


@pytest.fixture(scope="session")
def manifest(parsed: Path) -> dict[str, Any]:
    return artifacts.read(parsed / "manifest.json")


def published(manifest: dict[str, Any]) -> dict[str, dict[str, str]]:
    """The columns of what is published, as the marts' contracts have them."""
    return {
        f"published.{node['alias']}": {
            name: TYPES.get(each["data_type"], each["data_type"]).upper()
            for name, each in node["columns"].items()
        }
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model" and node["database"] == "published"
    }


@pytest.fixture
def release(manifest: dict[str, Any]) -> Release:
    columns = published(manifest) | {"people.rpt_tenure": {"region": "VARCHAR"}}
    return Release(
        "20260701T060000.000000Z-fffffffff",
        "prod",
        "f" * 40,
        is_modified=False,
        as_at="2026-07-01 06:00:00",
        built_at="2026-07-01T06:00:00+00:00",
        columns=columns,
    )


def test_the_contract_is_one_by_the_standard(
    release: Release, manifest: dict[str, Any]
) -> None:
    text = contract.written(release, manifest)
    told = yaml.safe_load(text)
    official = files("open_data_contract_standard").joinpath("schema.json")
    schema = json.loads(official.read_text())
    jsonschema.Draft201909Validator(schema).validate(told)
    assert OpenDataContractStandard.from_string(text).apiVersion == "v3.1.0"
    assert contract.written(release, manifest) == text


def test_the_contract_tells_all_that_is_published_and_nothing_else(
    release: Release, manifest: dict[str, Any]
) -> None:
    told = yaml.safe_load(contract.written(release, manifest))
    assert {table["name"] for table in told["schema"]} == {
        name.removeprefix("published.") for name in published(manifest)
    }
    assert told["customProperties"][2] == {
        "property": "asKnownAt",
        "value": "2026-07-01 06:00:00",
    }
    assert told["team"]["members"][0]["role"] == "owner"
    for table in told["schema"]:
        assert table["dataGranularityDescription"].startswith("One row per ")
        keys = [each for each in table["properties"] if each.get("primaryKey")]
        assert keys, table["name"]
        assert all(each["description"] for each in table["properties"])
        assert table["quality"], table["name"]
    (headcount,) = (each for each in told["schema"] if each["name"] == "headcount")
    assert headcount["properties"][0]["name"] == "department_group"
    assert {
        "name": "a_headcount_is_there_or_has_a_reason",
        "description": "A headcount is there or has a reason.",
        "type": "sql",
        "query": (
            "select count(*) from headcount where not"
            " coalesce((withheld_reason is not null) = (headcount is null), false)"
        ),
        "mustBe": 0,
    } in headcount["quality"]


def test_what_tools_can_check_are_queries_over_what_is_there(
    release: Release, manifest: dict[str, Any]
) -> None:
    told = yaml.safe_load(contract.written(release, manifest))
    with duckdb.connect() as connection:
        for table in told["schema"]:
            columns = ", ".join(
                f"{each['name']} {each['physicalType']}" for each in table["properties"]
            )
            connection.execute(f"create table {table['name']} ({columns})")
        queries = [
            each["query"]
            for table in told["schema"]
            for each in table["quality"]
            if each["type"] == "sql"
        ]
        assert len(queries) > 5
        for query in queries:
            assert connection.execute(query).fetchall() == [(0,)]


def test_a_release_has_its_contract_among_its_files(
    tmp_path: Path, release: Release, manifest: dict[str, Any]
) -> None:
    candidate = Environment("prod", tmp_path)
    candidate.folder.mkdir()
    Built(1)(candidate, {}, Console(quiet=True))
    (candidate.folder / "snapshot").mkdir()
    release_module.promise(release, candidate)
    assert contract.FILE not in release_module.collected(release, candidate).files

    (candidate.artifacts / "manifest.json").write_text(json.dumps(manifest))
    release_module.promise(release, candidate)
    collected = release_module.collected(release, candidate)
    text = (candidate.folder / contract.FILE).read_text()
    assert text == contract.written(release, manifest)
    assert collected.files[contract.FILE]["bytes"] == len(text.encode())
