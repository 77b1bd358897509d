"""The way of a report's figures, from the systems to the reader, as a Mermaid diagram.

One box a system, an area of intermediate models, an area of marts; the tables that the
report reads have boxes of their own. A line that another way tells too is left out,
but for the one that takes the most from a system.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from pathlib import Path

from operations.build.artifacts import Node

Line = tuple[str, str]

NOT_DRAWN = frozenset({"staging/ops"})
"""What became of each delivery: every report depends on when it was."""

SEEDS = "seeds"

MOST = 4
"""A report that reads more tables of an area has one box for them."""


def diagram(exposure: Node, manifest: Node) -> str:
    """Draw where a report comes from.

    Args:
        exposure: The report.
        manifest: dbt's `manifest.json`.

    Returns:
        Markdown of the diagram in Mermaid; the same for the same models.
    """
    everything = manifest["nodes"] | manifest["sources"]
    tables = set(exposure["depends_on"]["nodes"])
    above = ancestors(tables, everything)
    boxes = {key: box_of(everything[key]) for key in sorted(above)}
    crowded = {box for box, n in Counter(boxes[k] for k in tables).items() if n > MOST}
    boxes |= {key: key for key in tables if boxes[key] not in crowded}
    read = {boxes[key] for key in tables}
    weights: Counter[Line] = Counter(
        (boxes[parent], boxes[key])
        for key in sorted(above)
        for parent in parents_of(everything[key])
        if boxes[parent] and boxes[key] and boxes[parent] != boxes[key]
    )
    lines = reduced(without_circles(weights)) | set(main_lines(weights))
    members: dict[str, list[Node]] = defaultdict(list)
    for key, box in boxes.items():
        if box:
            members[box].append(everything[key])
    drawn = sorted({end for line in lines for end in line} | read)
    names = {box: f"n{number}" for number, box in enumerate(drawn)}
    return "\n".join(
        [
            "```mermaid",
            "flowchart LR",
            *(f'  {names[box]}["{label(members[box])}"]' for box in drawn),
            f'  reader(["{exposure["label"]}"])',
            *(f"  {names[start]} --> {names[end]}" for start, end in sorted(lines)),
            *(
                f"  {names[key]} --> reader"
                for key in drawn
                if key in read and not is_read_by_another(key, read, lines)
            ),
            *styles(names, members),
            "```",
            "",
        ]
    )


def parents_of(node: Node) -> list[str]:
    """The keys of what a node reads."""
    return [str(key) for key in (node.get("depends_on") or {}).get("nodes", ())]


def ancestors(keys: Iterable[str], everything: Node) -> set[str]:
    """Some nodes and whatever they are made of."""
    found: set[str] = set()
    left = list(keys)
    while left:
        key = left.pop()
        if key not in found:
            found.add(key)
            left += parents_of(everything[key])
    return found


def box_of(node: Node) -> str:
    """The box in which a node is drawn; empty where it is in none."""
    if node["resource_type"] == "seed":
        return SEEDS
    if node["resource_type"] == "source":
        # Its staging view stands for it.
        return ""
    folder = str(Path(node["original_file_path"]).parent.relative_to("models"))
    return "" if folder in NOT_DRAWN else folder


def label(nodes: list[Node]) -> str:
    """What is written in a box."""
    first = nodes[0]
    if first["resource_type"] == "seed":
        return f"seeds<br>{len(nodes)} of them"
    folder = Path(first["original_file_path"]).parent.relative_to("models")
    if len(nodes) == 1:
        return f"{'/'.join(folder.parts[-2:])}<br>{first['name']}"
    kind = "views" if folder.parts[0] == "staging" else "tables"
    return f"{'/'.join(folder.parts)}<br>{len(nodes)} {kind}"


def without_circles(weights: Counter[Line]) -> set[Line]:
    """Lines by how much they stand for, but those that would close a circle."""
    kept: set[Line] = set()
    for line, _ in sorted(weights.items(), key=lambda item: (-item[1], item[0])):
        if not leads(line[1], line[0], kept):
            kept.add(line)
    return kept


def leads(start: str, end: str, lines: set[Line]) -> bool:
    """Whether there is a way along lines."""
    found = {start}
    while True:
        more = {to for begin, to in lines if begin in found} - found
        if end in found | more:
            return True
        if not more:
            return False
        found |= more


def reduced(lines: set[Line]) -> set[Line]:
    """Lines but those whose ends another way joins too."""
    return {line for line in lines if not leads(line[0], line[1], lines - {line})}


def main_lines(weights: Counter[Line]) -> Iterable[Line]:
    """From each system the line that stands for the most, which is never left out."""
    ordered = sorted(weights, key=lambda line: (weights[line], line))
    from_systems = [line for line in ordered if line[0].startswith("staging/")]
    return {start: (start, end) for start, end in from_systems}.values()


def is_read_by_another(key: str, read: set[str], lines: set[Line]) -> bool:
    """Whether a table leads to another one that the report reads."""
    return any(leads(key, other, lines) for other in read - {key})


def styles(names: dict[str, str], members: dict[str, list[Node]]) -> list[str]:
    """The colours of boxes, those that dbt's docs have too."""
    by_colour: dict[str, list[str]] = defaultdict(list)
    for box, name in names.items():
        colour = (members[box][0].get("docs") or {}).get("node_color")
        if colour:
            by_colour[str(colour)].append(name)
    return [
        line
        for number, (colour, found) in enumerate(sorted(by_colour.items()))
        for line in (
            f"  classDef c{number} fill:{colour},color:#fff,stroke:{colour}",
            f"  class {','.join(found)} c{number}",
        )
    ]
