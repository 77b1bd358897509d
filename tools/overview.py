"""What there is, for the front page of dbt's docs and for docs/architecture.md.

Which reports answer what, with their tables and queries; and the folders of models,
with who may read them, who answers for them and who may build on them.
"""

from collections import defaultdict
from pathlib import Path
from typing import Any

from environment.errors import MusterError
from operations.build.artifacts import Node
from operations.diff.compare import name_of
from operations.requirements import delivered
from tools.metrics_page import query_of

READERS = {
    "restricted": "restricted",
    "muster": "analysts",
    "published": "everyone",
    "ops": "operations",
}
"""Database to who may read it."""

BUILDERS = {
    "private": "its own group",
    "protected": "all groups",
    "public": "all, and reports",
}
"""Access, as dbt calls it, to who may build on a table."""


def reports(manifest: Node) -> str:
    """Write what each report is there to tell, and its tables.

    Args:
        manifest: dbt's `manifest.json`.

    Returns:
        Markdown with links as dbt's docs have them, ending in a line end.

    Raises:
        MusterError: A requirement or an exposure lacks the other.
    """
    lines = ["| requirement | report | tables |", "| --- | --- | --- |"]
    for requirement, exposure in delivered(manifest):
        wanted = requirement.statement.rstrip(".").removeprefix("The system must ")
        tables = ", ".join(
            f"[{name_of(manifest['nodes'][key])}](#!/model/{key})"
            for key in exposure["depends_on"]["nodes"]
        )
        page = f"#!/exposure/{exposure['unique_id']}"
        graph = f"{page}?g_v=1&g_i=2%2Bexposure:{exposure['name']}"
        report = f"[{exposure['label']}]({page}) ([lineage]({graph}))"
        lines.append(f"| {wanted[0].upper()}{wanted[1:]} | {report} | {tables} |")
    return "\n".join([*lines, ""])


def queries(manifest: Node) -> str:
    """Write a query for each report.

    Args:
        manifest: dbt's `manifest.json`.

    Returns:
        Markdown, ending in a line end.
    """
    return "\n".join(
        f"**{exposure['label']}**\n\n```sql\n{query_of(exposure, manifest)}\n```\n"
        for _, exposure in delivered(manifest)
    )


def folders(manifest: Node) -> str:
    """Write a table of the folders of models, in the order in which data pass.

    Args:
        manifest: dbt's `manifest.json`.

    Returns:
        Markdown, ending in a line end; the same for the same project.

    Raises:
        MusterError: `models/folders.md` does not say what a folder does.
    """
    owners = {g["name"]: g["owner"]["name"] for g in manifest["groups"].values()}
    sources = {
        f"staging/{s['source_name']}": " ".join(s["source_description"].split())
        for s in manifest["sources"].values()
    }
    found: dict[str, list[Node]] = defaultdict(list)
    for node in manifest["nodes"].values():
        if node["resource_type"] == "model":
            folder = Path(node["original_file_path"]).parent.relative_to("models")
            found[str(folder)].append(node)
    lines = [
        "| folder | does | who may read | answers for it | builds on it | colour |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for name in sorted(found, key=place):
        text = sources.get(name) or said_of(name, manifest)
        nodes = found[name]
        lines.append(
            f"| `{name}` | {text} "
            f"| {told(READERS[node['database']] for node in nodes)} "
            f"| {told(owners[node['config']['group']] for node in nodes)} "
            f"| {told(BUILDERS[node['access']] for node in nodes)} "
            f"| {told(node['docs']['node_color'] for node in nodes)} |"
        )
    return "\n".join([*lines, ""])


def said_of(folder: str, manifest: Node) -> str:
    """What `models/folders.md` says of a folder."""
    name = f"folder_{folder.replace('/', '_')}"
    block = manifest["docs"].get(f"doc.muster.{name}")
    if block is None:
        message = (
            f"models/folders.md does not say what models/{folder} does: add {name}."
        )
        raise MusterError(message)
    return " ".join(block["block_contents"].split())


def place(folder: str) -> tuple[int, bool, bool, str]:
    """Where a folder stands: by layer, and marts for analysts before the others."""
    layers = ("staging", "intermediate", "marts")
    return (
        layers.index(folder.partition("/")[0]),
        folder.startswith("marts/published"),
        folder.startswith("marts/restricted"),
        folder,
    )


def told(values: Any) -> str:
    """Each of some values once."""
    return ", ".join(dict.fromkeys(sorted(values)))
