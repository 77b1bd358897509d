"""What each figure means and how to get it, for docs/metrics.md.

Everything comes from where it is kept anyway: the requirement, the exposure that
delivers it (with its query and caveats), the models' and columns' descriptions.
"""

from collections.abc import Iterator

from environment.errors import MusterError
from operations.build.artifacts import Node
from operations.diff import breaking
from operations.diff.compare import name_of
from operations.requirements import Requirement, delivered
from tools import lineage

FOR_WHOM = {
    "muster": "",
    "restricted": " Only in the restricted database, for those who may see it.",
    "published": " Safe to publish.",
    "ops": " For those who run the warehouse, in `ops.duckdb`.",
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
        if breaking.is_report(node):
            yield from table(node)


def names(manifest: Node) -> str:
    """Write a table of the metrics that are asked for by name, by their mart.

    Args:
        manifest: dbt's `manifest.json`.

    Returns:
        Markdown, ending in a line end; the same for the same project.
    """
    models = {
        each["name"]: manifest["nodes"][each["depends_on"]["nodes"][0]]
        for each in manifest["semantic_models"].values()
    }
    lines = [
        "| metric | meaning | of | who answers for it |",
        "| --- | --- | --- | --- |",
    ]
    metrics = manifest["metrics"]
    for metric in sorted(metrics.values(), key=lambda each: str(each["name"])):
        if metric["type_params"].get("is_private"):
            continue
        simple = metric
        while simple["type"] != "simple":
            simple = metrics[next(iter(simple["depends_on"]["nodes"]))]
        params = simple["type_params"]["metric_aggregation_params"]
        mart = name_of(models[params["semantic_model"]])
        owner = manifest["groups"][f"group.muster.{metric['group']}"]["owner"]["name"]
        meaning = " ".join(str(metric["description"]).split())
        lines.append(f"| `{metric['name']}` | {meaning} | `{mart}` | {owner} |")
    return "\n".join([*lines, ""])


def query_of(exposure: Node, manifest: Node) -> str:
    """As `breaking.query_of`.

    Raises:
        MusterError: The exposure has none.
    """
    if query := breaking.query_of(exposure, manifest):
        return query
    message = f"The exposure {exposure['name']} reads no report: give meta a query."
    raise MusterError(message)


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
