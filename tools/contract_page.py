"""The contract of HR tables, for docs/onboarding.md."""

from collections.abc import Iterator

from ingestion.hr_tables import contract
from operations.build.artifacts import Node


def tables(_: Node) -> str:
    """Write a section for each table of the contract, in its order.

    Returns:
        Markdown, ending in a line end.
    """
    return "\n".join(
        line for each in contract.tables().values() for line in _section(each)
    )


def _section(table: contract.Table) -> Iterator[str]:
    yield f"### {table.name}"
    yield ""
    yield f"{table.description} {table.row}"
    yield ""
    yield "| field | type | is | for |"
    yield "| --- | --- | --- | --- |"
    for each in table.fields:
        needed = ", ".join(figure.replace("_", " ") for figure in each.needed_for)
        star = " \\*" if each.is_required else ""
        yield f"| `{each.name}`{star} | {each.type} | {_meaning(each)} | {needed} |"
    yield ""


def _meaning(field: contract.Field) -> str:
    said = field.description
    if field.values:
        said += f" One of {', '.join(field.values)}."
    elif field.examples and field.type != "boolean":
        said += f" As {', '.join(field.examples)}."
    return said.replace("|", "\\|")
