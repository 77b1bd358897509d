"""What each figure means and how to get it, for docs/metrics.md.

Everything comes from where it is kept anyway: the requirement, the exposure that
delivers it (with its query and caveats), the models' and columns' descriptions.
"""

from collections.abc import Iterator

from environment.errors import MusterError
from operations.build.artifacts import Node
from operations.requirements import Requirement, delivered
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

    Raises:
        MusterError: A requirement or an exposure lacks the other.
    """
    return "\n".join(
        line
        for requirement, exposure in delivered(manifest)
        for line in section(requirement, exposure, manifest)
    )


def section(requirement: Requirement, exposure: Node, manifest: Node) -> Iterator[str]:
    """The lines that explain one exposure and what it is made of."""
    yield f"### {exposure['label']}"
    yield ""
    yield " ".join(str(exposure["description"]).split())
    yield ""
    yield f"{requirement.id}: *{requirement.statement}* Owner: {requirement.owner}."
    yield ""
    caveats = exposure["config"]["meta"].get("caveats", ())
    for caveat in caveats:
        yield f"- {' '.join(caveat.split())}"
    if caveats:
        yield ""
    yield "```sql"
    yield query_of(exposure, manifest)
    yield "```"
    yield ""
    yield lineage.diagram(exposure, manifest)
    for key in exposure["depends_on"]["nodes"]:
        node = manifest["nodes"][key]
        if erd.is_report(node):
            yield from table(node)


def query_of(exposure: Node, manifest: Node) -> str:
    """The query that an exposure gives, else all of its first report, totals alone.

    Raises:
        MusterError: There is neither.
    """
    given = exposure["config"]["meta"].get("query")
    if given:
        return str(given).strip()
    read = (manifest["nodes"][key] for key in exposure["depends_on"]["nodes"])
    report = next((node for node in read if erd.is_report(node)), None)
    if report is None:
        message = f"The exposure {exposure['name']} reads no report: give meta a query."
        raise MusterError(message)
    columns = report["columns"].items()
    totalled = [f"{name} = 'All'" for name, c in columns if "`All`" in c["description"]]
    where = [f"where {' and '.join(totalled)}"] if totalled else []
    return "\n".join([f"from {name_of(report)}", *where, "order by all desc"])


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
