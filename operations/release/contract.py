"""What a release promises to everybody: a data contract of what it publishes.

It is written in the Open Data Contract Standard, v3.1.0, from dbt's manifest and the
columns that are there: the same release writes the same bytes.
"""

from collections.abc import Iterator, Sequence
from importlib.metadata import version
from typing import Any

import yaml

from operations.build.artifacts import Node
from operations.diff.compare import name_of
from store.releases import Release

FILE = "published.odcs.yaml"

DATABASE = "published"

ID = "5b0a8f6e-6d0c-4f0f-9a53-8d1c2f2f3a17"
"""Of the contract, whichever release it is of."""

LOGICAL = {
    "BIGINT": "integer",
    "BOOLEAN": "boolean",
    "DATE": "date",
    "DOUBLE": "number",
}
"""DuckDB's type, without its digits, to that of the standard."""

Said = dict[str, Any]


def written(release: Release, manifest: Node) -> str:
    """The contract of a release.

    Args:
        release: With its columns.
        manifest: dbt's `manifest.json` of what was released.

    Returns:
        YAML; empty where nothing is published.
    """
    models = sorted(
        (
            node
            for node in manifest.get("nodes", {}).values()
            if node["resource_type"] == "model"
            and node["database"] == DATABASE
            and name_of(node) in release.columns
        ),
        key=name_of,
    )
    if not models:
        return ""
    owners = {name: group["owner"] for name, group in _groups(manifest).items()}
    groups = sorted({str(node["group"]) for node in models})
    contract: Said = {
        "apiVersion": "v3.1.0",
        "kind": "DataContract",
        "id": ID,
        "name": DATABASE,
        "version": version("muster"),
        "status": "active",
        "domain": "workforce",
        "description": {
            "purpose": "Figures of the workforce that everybody may read.",
            "usage": (
                "Read them below `current`, where each release takes the place of the"
                " one before. A figure that is null has its reason beside it."
            ),
            "limitations": (
                "Counts are in steps and rates rounded, of groups that are large"
                " enough: parts need not add up to the whole."
            ),
        },
        "servers": [
            {
                "server": release.environment,
                "type": "duckdb",
                "environment": release.environment,
                "database": f"current/{DATABASE}.duckdb",
                "schema": "main",
            }
        ],
        "team": {
            "name": owners[groups[0]]["name"],
            "members": [
                {
                    "username": owners[group]["email"],
                    "name": owners[group]["name"],
                    "role": "owner",
                }
                for group in groups
            ],
        },
        "customProperties": [
            {"property": "release", "value": release.release},
            {"property": "revision", "value": release.revision},
            {"property": "asKnownAt", "value": release.as_at or ""},
        ],
        "contractCreatedTs": release.built_at,
        "schema": [_table(node, release, manifest) for node in models],
    }
    return yaml.safe_dump(contract, sort_keys=False, allow_unicode=True, width=100)


def _groups(manifest: Node) -> dict[str, Node]:
    return {each["name"]: each for each in manifest["groups"].values()}


def _table(node: Node, release: Release, manifest: Node) -> Said:
    tests = _tests(node, manifest)
    key: Sequence[str] = next(
        (
            test["test_metadata"]["kwargs"]["columns"]
            for test in tests
            if test["test_metadata"]["name"] == "unique_combination"
        ),
        [],
    )
    description = _prose(node["description"])
    return {
        "name": str(node["alias"]),
        "physicalName": str(node["alias"]),
        "physicalType": "table",
        "logicalType": "object",
        "dataGranularityDescription": f"{description.partition('. ')[0].rstrip('.')}.",
        "description": description,
        "properties": [
            _column(name, kind, node["columns"].get(name, {}), tests, key)
            for name, kind in release.columns[name_of(node)].items()
        ],
        "quality": [
            said
            for test in tests
            if not test.get("column_name")
            for said in _quality(test, str(node["alias"]))
        ],
    }


def _column(
    name: str, kind: str, column: Node, tests: Sequence[Node], key: Sequence[str]
) -> Said:
    of_it = [test for test in tests if test.get("column_name") == name]
    kinds = {test["test_metadata"]["name"] for test in of_it}
    said: Said = {
        "name": name,
        "logicalType": LOGICAL.get(kind, "number" if "DECIMAL" in kind else "string"),
        "physicalType": kind.lower(),
        "required": "not_null" in kinds,
    }
    if name in key:
        said |= {"primaryKey": True, "primaryKeyPosition": key.index(name) + 1}
    said["description"] = _prose(column.get("description", ""))
    quality = [each for test in of_it for each in _quality(test, "")]
    return said | ({"quality": quality} if quality else {})


def _tests(node: Node, manifest: Node) -> list[Node]:
    """What is tested of a model, and stops a release where it is not so."""
    nodes = (
        manifest["nodes"].get(key) for key in manifest["child_map"][node["unique_id"]]
    )
    tests = (
        each
        for each in nodes
        if each
        and each["resource_type"] == "test"
        and each.get("attached_node") == node["unique_id"]
        and str(each["config"]["severity"]).lower() == "error"
    )
    return sorted(tests, key=lambda each: str(each["name"]))


def _quality(test: Node, table: str) -> Iterator[Said]:
    """What a test holds, in a form that tools can check where there is one."""
    kind, given = test["test_metadata"]["name"], test["test_metadata"]["kwargs"]
    if kind == "not_null":
        return
    name = str(test["name"])
    claim = _prose(test["description"]) or f"{name.replace('_', ' ').capitalize()}."
    said: Said = {"name": name, "description": claim}
    condition = _prose(str(given.get("condition", "")))
    if kind == "unique_combination":
        unique = {"arguments": {"properties": list(given["columns"])}, "mustBe": 0}
        yield said | {"type": "library", "metric": "duplicateValues"} | unique
    elif kind == "accepted_values":
        valid = {"arguments": {"validValues": list(given["values"])}, "mustBe": 0}
        yield said | {"type": "library", "metric": "invalidValues"} | valid
    elif kind == "row_condition" and table and "{" not in condition:
        query = f"select count(*) from {table} where not coalesce({condition}, false)"
        yield said | {"type": "sql", "query": query, "mustBe": 0}
    else:
        yield said | {"type": "text"}


def _prose(text: str) -> str:
    return " ".join(text.split())
