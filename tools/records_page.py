"""The record of processing (Article 30 GDPR): what is held, how long, on what ground.

What tells who somebody is says `ingestion/erasure/personal.py`, purposes and grounds
the `meta` of the sources, and how long the company's `retention.csv`.
"""

from collections import defaultdict

from ingestion.erasure import personal
from operations.build.artifacts import Node
from operations.erasure import retention
from operations.requirements import delivered
from tools.overview import READERS

_LONG = {
    retention.EMPLOYEES: "after somebody left",
    retention.APPLICANTS: "after the last news of an application that led to no job",
}


def sources(manifest: Node) -> str:
    """Write what each source holds of people.

    Args:
        manifest: dbt's `manifest.json`.

    Returns:
        Markdown, ending in a line end.
    """
    tables = defaultdict(list)
    told: dict[str, Node] = {}
    for node in manifest["sources"].values():
        tables[node["source_name"]].append(node["name"])
        told[node["source_name"]] = node
    lines = [
        "| source | of whom, and what for | ground | who answers for it"
        " | what tells who it is |",
        "| --- | --- | --- | --- | --- |",
    ]
    for name in sorted(tables):
        meta = told[name]["source_meta"]
        if "ground" not in meta:
            continue
        columns = [
            f"`{table}`: " + ", ".join(f"`{column}`" for column in roles)
            for table in sorted(tables[name])
            if (roles := personal.roles(name, table))
        ]
        of_mapping = "what the company's mapping calls a number, a name or a birth"
        telling = "; ".join(columns) or of_mapping
        cells = (f"`{name}`", meta["purpose"], meta["ground"], meta["owner"], telling)
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join([*lines, ""])


def times(_: Node) -> str:
    """Write for how long each kind of people is known by who they are.

    Returns:
        Markdown, ending in a line end.
    """
    lines = ["| of whom | known by who they are for |", "| --- | --- |"]
    lines += [
        f"| {kind} | {months} months {_LONG[kind]} |"
        for kind, months in retention.rules().items()
    ]
    return "\n".join([*lines, ""])


def recipients(manifest: Node) -> str:
    """Write who is given what is made of it.

    Args:
        manifest: dbt's `manifest.json`.

    Returns:
        Markdown, ending in a line end.

    Raises:
        MusterError: A requirement or an exposure lacks the other.
    """
    lines = ["| report | answers | who may read its tables |", "| --- | --- | --- |"]
    for requirement, exposure in delivered(manifest):
        read = {
            READERS[manifest["nodes"][key]["database"]]
            for key in exposure["depends_on"]["nodes"]
        }
        readers = ", ".join(each for each in READERS.values() if each in read)
        label = exposure["label"]
        lines.append(
            f"| {label} ({requirement.id}) | {requirement.owner} | {readers} |"
        )
    return "\n".join([*lines, ""])
