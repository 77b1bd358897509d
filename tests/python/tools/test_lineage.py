"""The drawn way of a report: few boxes, no circle, nothing that is read missing."""

from collections import Counter
from typing import Any

from tools import lineage


def node(path: str, *read: str, kind: str = "model") -> dict[str, Any]:
    """A node of a manifest, as far as it is drawn."""
    return {
        "name": path.rsplit("/", 1)[-1].removesuffix(".sql"),
        "resource_type": kind,
        "original_file_path": path,
        "depends_on": {"nodes": list(read)},
    }


MANIFEST: dict[str, Any] = {
    "sources": {"s": node("models/staging/hr/_sources.yml", kind="source")},
    "nodes": {
        "seed": node("seeds/labels.csv", kind="seed"),
        "loads": node("models/staging/ops/stg_loads.sql"),
        "stg": node("models/staging/hr/stg_people.sql", "s"),
        "int_1": node("models/intermediate/people/int_1.sql", "stg", "loads"),
        "int_2": node("models/intermediate/people/int_2.sql", "int_1", "seed"),
        "dim": node("models/marts/core/dim.sql", "int_2", "stg", "seed"),
        "rpt": node("models/marts/people/rpt.sql", "dim"),
    },
}


def drawn(*read: str) -> list[str]:
    """The lines of a diagram without marks of form."""
    exposure = {"label": "Report", "depends_on": {"nodes": list(read)}}
    lines = lineage.diagram(exposure, MANIFEST).splitlines()
    return [line.strip() for line in lines[2:-1]]


def test_an_area_is_one_box_and_a_table_that_is_read_one_of_its_own() -> None:
    lines = drawn("dim", "rpt")
    boxes = [line.split('"')[1] for line in lines if '"' in line]
    assert sorted(boxes) == [
        "Report",
        "intermediate/people<br>2 tables",
        "marts/core<br>dim",
        "marts/people<br>rpt",
        "seeds<br>1 of them",
        "staging/hr<br>stg_people",
    ]
    # The last table leads to the reader; dim does so by way of it.
    assert sum("--> reader" in line for line in lines) == 1


def test_a_line_that_another_way_tells_is_left_out() -> None:
    lines = {("a", "b"), ("b", "c"), ("a", "c")}
    assert lineage.reduced(lines) == {("a", "b"), ("b", "c")}


def test_of_a_circle_the_lightest_line_is_left_out() -> None:
    weights = Counter({("a", "b"): 3, ("b", "c"): 2, ("c", "a"): 1})
    assert lineage.without_circles(weights) == {("a", "b"), ("b", "c")}


def test_what_a_system_gives_most_of_is_always_drawn() -> None:
    weights = Counter({("staging/x", "a"): 1, ("staging/x", "b"): 9, ("a", "b"): 1})
    assert set(lineage.main_lines(weights)) == {("staging/x", "b")}
