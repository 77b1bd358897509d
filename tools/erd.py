"""The entity-relationship diagram of what reports are made of.

dbterd draws it from dbt's manifest: the columns are those of the contracts, the lines
those of the relationship tests. Reports have none; docs/metrics.md has their columns.
"""

import json
import re
import tempfile
from pathlib import Path

from operations.build.artifacts import Node
from operations.diff.breaking import is_report

MARTS = "models/marts/"


def diagram(manifest: Node) -> str:
    """Draw the dimensions and facts as a Mermaid diagram.

    Args:
        manifest: dbt's `manifest.json`.

    Returns:
        Markdown of the diagram in Mermaid; the same for the same models.
    """
    from dbterd.api import DbtErd  # type: ignore[import-untyped]

    with tempfile.TemporaryDirectory(prefix="muster-erd-") as scratch:
        folder = Path(scratch)
        (folder / "manifest.json").write_text(json.dumps(related(manifest)))
        (folder / "catalog.json").write_text(json.dumps(catalog(manifest)))
        drawn = str(
            DbtErd(
                target="mermaid",
                artifacts_dir=scratch,
                output=scratch,
                entity_name_format="table",
            ).get_erd()
        )
    drawn = re.sub(r'"\w+"', lambda name: name[0].lower(), drawn)
    drawn = re.sub(r"(?m): (\w+)--(\w+)$", r': "\2 = \1"', drawn)
    return f"```mermaid\n{drawn.strip()}\n```\n"


def related(manifest: Node) -> Node:
    """The manifest as dbterd wants it: tables, and tests whose ids tell their kind.

    dbterd knows a relationship test by its id, and ours are named after what they
    claim. Many rows, or none, refer to the one.
    """
    nodes: dict[str, Node] = {}
    tables = {key for key, node in manifest["nodes"].items() if is_drawn(node)}
    for key, node in manifest["nodes"].items():
        if key in tables:
            nodes[key] = node
        elif is_relationship(node) and set(node["depends_on"]["nodes"]) <= tables:
            renamed = f"test.muster.relationships_{node['name']}"
            many_to_one = {"relationship_type": "zero-to-one"}
            nodes[renamed] = {**node, "unique_id": renamed, "meta": many_to_one}
    return {**manifest, "nodes": nodes, "sources": {}, "unit_tests": {}}


def catalog(manifest: Node) -> Node:
    """What a built warehouse would say of the tables, read from their contracts."""
    return {
        "metadata": {
            "dbt_schema_version": "https://schemas.getdbt.com/dbt/catalog/v1.json"
        },
        "nodes": {
            key: {
                "unique_id": key,
                "stats": {},
                "metadata": {
                    "type": "BASE TABLE",
                    "schema": node["schema"],
                    "name": node["name"],
                },
                "columns": {
                    name: {"name": name, "index": index, "type": plain(column)}
                    for index, (name, column) in enumerate(node["columns"].items(), 1)
                },
            }
            for key, node in manifest["nodes"].items()
            if is_drawn(node)
        },
        "sources": {},
    }


def plain(column: Node) -> str:
    """A column's type without precision, whose comma Mermaid cannot read."""
    return str(column["data_type"]).partition("(")[0]


def is_mart(node: Node) -> bool:
    """Whether a node is a model of the marts."""
    path = str(node["original_file_path"])
    return node["resource_type"] == "model" and path.startswith(MARTS)


def is_drawn(node: Node) -> bool:
    """Whether a node is a dimension or a fact."""
    return is_mart(node) and not is_report(node)


def is_relationship(node: Node) -> bool:
    """Whether a node is a test that every value is found in another model."""
    return bool((node.get("test_metadata") or {}).get("name") == "relationships")
