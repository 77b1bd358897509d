"""The checks that open incidents, as docs/monitoring.md lists them."""

from operations.build.artifacts import Node
from operations.monitoring.look import TAG

ORDER = ("critical", "major", "minor")


def checks(manifest: Node) -> str:
    """A row for each test that is an alarm: what it says, and what it means."""
    found = sorted(
        (
            ORDER.index(test["config"]["meta"]["severity"]),
            test["name"],
            test["config"]["meta"],
        )
        for test in manifest["nodes"].values()
        if test["resource_type"] == "test" and TAG in test["config"]["tags"]
    )
    lines = ["| check | severity | runbook |", "| --- | --- | --- |"]
    for _, name, meta in found:
        section = meta["runbook"]
        told = section.replace("-", " ")
        link = f"[{told}](runbook.md#{section})"
        lines.append(f"| `{name}` | {meta['severity']} | {link} |")
    return "\n".join(lines) + "\n"
