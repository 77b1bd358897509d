"""What each figure means and how to get it, for docs/metrics.md.

Everything comes from where it is kept anyway: the requirement, the exposure that
delivers it (with its query and caveats), the models' and columns' descriptions.
"""

from collections.abc import Iterator

import yaml

from operations.build.artifacts import Node
from operations.requirements import FILE as REQUIREMENTS
from operations.requirements import ids_of
from tools import erd, lineage

FOR_WHOM = {
    "muster": "",
    "restricted": " Only in the restricted database, for those who may see it.",
    "published": " Safe to publish.",
}
"""Database to what is said of who may read it."""


def figures(manifest: Node) -> str:
    """Write a section for each requirement, in the order of their file.

    Args:
        manifest: dbt's `manifest.json`.

    Returns:
        Markdown, ending in a line end; the same for the same project.
    """
    exposures = {
        requirement: exposure
        for exposure in manifest["exposures"].values()
        for requirement in ids_of(exposure)
    }
    requirements = yaml.safe_load(REQUIREMENTS.read_text())["requirements"]
    return "\n".join(
        line
        for requirement in requirements
        for line in section(requirement, exposures[requirement["id"]], manifest)
    )


def section(requirement: Node, exposure: Node, manifest: Node) -> Iterator[str]:
    """The lines that explain one exposure and what it is made of."""
    yield f"### {exposure['label']}"
    yield ""
    yield " ".join(str(exposure["description"]).split())
    yield ""
    yield (
        f"{requirement['id']}: *{' '.join(requirement['statement'].split())}* "
        f"Owner: {requirement['owner']}."
    )
    yield ""
    meta = exposure["config"]["meta"]
    for caveat in meta.get("caveats", ()):
        yield f"- {' '.join(caveat.split())}"
    if meta.get("caveats"):
        yield ""
    yield "```sql"
    yield str(meta["query"]).strip()
    yield "```"
    yield ""
    yield lineage.diagram(exposure, manifest)
    for key in exposure["depends_on"]["nodes"]:
        node = manifest["nodes"][key]
        if erd.is_mart(node) and is_report(node):
            yield from table(node)


def is_report(node: Node) -> bool:
    """Whether a mart holds figures, and not what they are counted from."""
    return not str(node["name"]).startswith(("dim_", "fct_"))


def table(node: Node) -> Iterator[str]:
    """The lines that explain a mart's columns."""
    who = FOR_WHOM[node["database"]]
    yield f"`{name_of(node)}`: {' '.join(str(node['description']).split())}{who}"
    yield ""
    yield "| column | meaning |"
    yield "| --- | --- |"
    for name, column in node["columns"].items():
        meaning = " ".join(str(column["description"]).split()).replace("|", "\\|")
        yield f"| `{name}` | {meaning} |"
    yield ""


def name_of(node: Node) -> str:
    """How a query names a mart, from `muster.duckdb` and what is attached beside it."""
    if node["database"] == "muster":
        return f"{node['schema']}.{node['name']}"
    if node["database"] == "published":
        return f"published.{node['alias']}"
    return f"{node['database']}.{node['schema']}.{node['name']}"
