"""`muster diff`: what differs between two releases, and whom it reaches.

It tells tables, columns, numbers and rates, and no value of any row: what it writes may
be read by all who may read a pull request.
"""

import json
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.table import Table

from environment import Environment
from environment.errors import MusterError
from operations.build import artifacts
from operations.build.artifacts import MANIFEST, Node
from operations.diff import compare
from operations.diff.compare import Comparison, TableChange
from operations.requirements import ids_of, markdown_table
from store import releases
from store.store import Store, open_store

CURRENT = "current"
"""What the release that readers see may be called."""

SMALLEST_RATE = 0.001
"""Rates below are told as less than it, rather than as none."""


@dataclass(frozen=True)
class Reach:
    """What is made from a table, at any distance.

    Attributes:
        exposures: Names of the exposures.
        requirements: Ids of the requirements that they deliver, or that a test of the
            table or of what is made from it proves.
    """

    exposures: tuple[str, ...] = ()
    requirements: tuple[str, ...] = ()


@dataclass(frozen=True)
class Difference:
    """What differs between two builds, and whom it reaches.

    Attributes:
        before: What the earlier one is called.
        after: What the later one is called.
        comparison: The tables.
        reach: `schema.table` of each changed table to what is made from it.
    """

    before: str
    after: str
    comparison: Comparison
    reach: dict[str, Reach]

    def to_dict(self) -> dict[str, Any]:
        """The difference in plain types."""
        told = self.comparison.to_dict()
        for table in told["changed_tables"]:
            reached = self.reach[table["table"]]
            table["exposures"] = list(reached.exposures)
            table["requirements"] = list(reached.requirements)
        return {"before": self.before, "after": self.after, **told}

    def to_json(self) -> str:
        """The difference as the text of a JSON file."""
        return json.dumps(self.to_dict(), indent=2) + "\n"

    def verdict(self) -> str:
        """One sentence: how many tables changed, of how many."""
        changed, tables = self.comparison.changed, self.comparison.tables
        if not changed:
            return f"None of {len(tables)} tables changed."
        return f"{len(changed)} of {len(tables)} tables changed."

    def to_markdown(self) -> str:
        """The difference as a comment on a pull request."""
        lines = [
            f"### Data diff: {self.before} to {self.after}",
            "",
            self.verdict(),
            "",
        ]
        changed = self.comparison.changed
        if changed:
            lines += markdown_table(HEADINGS, (self.cells(table) for table in changed))
            lines += [
                "",
                "Rows are matched by the tested key; where there is none, whole rows "
                "are compared, and a changed row is one removed and one added.",
                "",
            ]
        rates = [table for table in changed if table.changes]
        if rates:
            lines += [
                "<details><summary>Change rate per column</summary>",
                "",
                *markdown_table(RATE_HEADINGS, rate_cells(rates)),
                "",
                "</details>",
                "",
            ]
        return "\n".join(lines)

    def to_table(self) -> Table:
        """The difference for a terminal."""
        table = Table(box=None, header_style="bold", pad_edge=False)
        for title in (*HEADINGS, "change rate per column"):
            table.add_column(title.lower(), overflow="fold")
        for changed in self.comparison.changed:
            rates = (f"{c} {percent(r)}" for c, r in changed.rates.items())
            table.add_row(*self.cells(changed), ", ".join(rates))
        return table

    def cells(self, table: TableChange) -> tuple[str, ...]:
        """One changed table as a row, below `HEADINGS`."""
        reached = self.reach[table.table]
        return (
            table.table,
            "; ".join(schema_changes(table)) or "same",
            rows_told(table),
            f"{table.keys_added:,}",
            f"{table.keys_removed:,}",
            keys_changed(table),
            ", ".join(reached.exposures) or "none",
            ", ".join(reached.requirements) or "none",
        )


HEADINGS = (
    "Table",
    "Schema",
    "Rows",
    "Keys added",
    "Keys removed",
    "Keys changed",
    "Exposures",
    "Requirements",
)

RATE_HEADINGS = ("Table", "Column", "Keys changed", "Rate")


def difference(
    before: Path,
    after: Path,
    manifest: Node,
    names: tuple[str, str],
) -> Difference:
    """Compare what people read of two builds.

    Args:
        before: The folder of the earlier databases.
        after: The folder of the later ones.
        manifest: dbt's manifest of the later one, for keys and what depends on a table.
        names: What to call them.

    Raises:
        MusterError: A database is missing, in use, or none.
    """
    comparison = compare.folders(before, after, compare.keys_of(manifest))
    models = compare.models_of(manifest)
    reached = {
        table.table: reach(manifest, models.get(table.table, ""))
        for table in comparison.changed
    }
    return Difference(*names, comparison, reached)


def reach(manifest: Node, model: str) -> Reach:
    """What is made from a model, at any distance."""
    children = manifest.get("child_map", {})
    nodes = {
        **manifest["nodes"],
        **manifest.get("unit_tests", {}),
        **manifest.get("exposures", {}),
    }
    waiting, seen = [model], {model}
    exposures, requirements = set(), set()
    while waiting:
        key = waiting.pop()
        node = nodes.get(key, {})
        # A criterion's id begins with its requirement's.
        requirements |= {given.partition(".")[0] for given in ids_of(node)}
        if node.get("resource_type") == "exposure":
            exposures.add(str(node["name"]))
        found = [child for child in children.get(key, ()) if child not in seen]
        seen.update(found)
        waiting += found
    return Reach(tuple(sorted(exposures)), tuple(sorted(requirements)))


def schema_changes(table: TableChange) -> Iterator[str]:
    """What changed in a table's columns, each in a few words."""
    if table.is_new:
        yield "new"
    if table.is_gone:
        yield "gone"
    for column, data_type in table.columns_added.items():
        yield f"added {column} ({data_type.lower()})"
    for column in table.columns_removed:
        yield f"removed {column}"
    for column, (old, new) in table.columns_retyped.items():
        yield f"{column} was {old.lower()}, is {new.lower()}"


def rows_told(table: TableChange) -> str:
    """A table's number of rows, before and after where it differs."""
    if table.rows_before is None or table.rows_after is None:
        return f"{table.rows_before or table.rows_after or 0:,}"
    more = table.rows_after - table.rows_before
    if not more:
        return f"{table.rows_after:,}"
    return f"{table.rows_before:,} to {table.rows_after:,} ({more:+,})"


def keys_changed(table: TableChange) -> str:
    """A table's number of changed keys, and their share of those that were kept."""
    if table.is_new or table.is_gone or not table.key:
        return "no key" if not (table.is_new or table.is_gone) else "0"
    if not table.keys_changed:
        return "0"
    return f"{table.keys_changed:,} ({percent(table.keys_changed / table.keys_kept)})"


def rate_cells(tables: list[TableChange]) -> Iterator[tuple[str, ...]]:
    """A row per table and changed column, below `RATE_HEADINGS`."""
    for table in tables:
        for column, rate in table.rates.items():
            yield table.table, column, f"{table.changes[column]:,}", percent(rate)


def percent(rate: float) -> str:
    """A rate for people: `12.5 %`."""
    if 0 < rate < SMALLEST_RATE:
        return f"below {SMALLEST_RATE:.1%}".replace("%", " %")
    return f"{rate:.1%}".replace("%", " %")


def of_releases(environment: Environment, before: str, after: str) -> Difference:
    """Compare two releases of an environment.

    Args:
        environment: The environment.
        before: The id of the earlier release, the beginning of one, or `current`.
        after: The later one, likewise.

    Raises:
        MusterError: There is no such release, or a database cannot be read.
    """
    store = open_store(environment)
    ids = [release_id(store, environment, given) for given in (before, after)]
    path = environment.artifacts / MANIFEST
    # Without a build, the project as it stands tells of keys and of what depends.
    manifest = artifacts.read(path) if path.exists() else artifacts.parsed()
    files = [f"{name}.duckdb" for name in compare.READ]
    with tempfile.TemporaryDirectory(prefix="muster-diff-") as scratch:
        earlier, later = (
            releases.fetched(store, each, files, Path(scratch, each)) for each in ids
        )
        return difference(earlier, later, manifest, (ids[0], ids[1]))


def release_id(store: Store, environment: Environment, given: str) -> str:
    """The id of a release that a person named.

    Raises:
        MusterError: There is no such release.
    """
    if given != CURRENT:
        return releases.find(store, environment, given).release
    found = releases.current(store)
    if found is None:
        raise MusterError(
            f"Nothing is released yet to {environment.name}: run "
            f"muster release {environment.name}."
        )
    return found
