"""`muster diff`: what differs between two releases, and whom it reaches.

It tells tables, columns, numbers and rates; how much numbers differ, keys of rows and
what columns hold only of the demo company, whose people are invented.
"""

import json
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import duckdb
from rich.table import Table

from environment import Environment, databases
from environment.errors import MusterError
from operations.build import artifacts
from operations.build.artifacts import MANIFEST, Node
from operations.diff import compare
from operations.diff.breaking import (
    Broken,
    broken_columns,
    broken_queries,
    model_versions,
    queries_of,
)
from operations.diff.compare import Comparison, TableChange
from operations.diff.sizes import Size
from operations.requirements import ids_of, markdown_table
from store import releases
from store.store import Store, open_store

CURRENT = "current"
"""What the release that readers see may be called."""

TABLES = 25
"""How many changed tables are shown: a screen."""

NAMED = 3
"""How many exposures and requirements of a table are named."""

TOLD = 10
"""How many empty tables are named."""

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
        broken: What readers lose.
        queries: Exposure whose query no longer runs to the reason.
    """

    before: str
    after: str
    comparison: Comparison
    reach: dict[str, Reach]
    broken: tuple[Broken, ...] = ()
    queries: dict[str, str] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """The difference in plain types."""
        told = self.comparison.to_dict()
        for table in told["changed_tables"]:
            table |= asdict(self.reach[table["table"]])
        return {
            "before": self.before,
            "after": self.after,
            "breaking": [asdict(each) for each in self.broken],
            "broken_queries": self.queries,
            **told,
        }

    def to_json(self) -> str:
        """The difference as the text of a JSON file."""
        return json.dumps(self.to_dict(), indent=2) + "\n"

    def verdict(self) -> str:
        """How many tables changed, of how many, and which tell nothing."""
        tables = len(self.comparison.tables)
        changed = len(self.comparison.changed)
        told = f"{changed or 'None'} of {tables} tables changed."
        if empty := self.comparison.empty:
            told += (
                f" Not compared, as neither side has rows: {shortened(empty, TOLD)}."
            )
        return told

    def to_markdown(self) -> str:
        """The difference as a comment on a pull request."""
        lines = [f"### Data diff: {self.before} to {self.after}", ""]
        if self.broken or self.queries:
            lines += ["**Breaking** for those who read the marts:", ""]
            lines += [f"- {line}" for line in self.breaking()]
            lines.append("")
        lines += [self.verdict(), ""]
        changed = self.ordered()
        if changed:
            shown = changed[:TABLES]
            lines += markdown_table(HEADINGS, (self.cells(table) for table in shown))
            if more := len(changed) - len(shown):
                lines += ["", f"And {more} more: {shortened(names(changed[TABLES:]))}."]
            lines += [
                "",
                "Rows are matched by the tested key; where there is none, whole rows "
                "are compared, and a changed row is one removed and one added.",
                "",
            ]
        for summary, headings, cells in (
            ("Changed columns", RATE_HEADINGS, rate_cells(changed)),
            ("New columns", PROFILE_HEADINGS, profile_cells(changed)),
            ("Some of the changed keys", SAMPLE_HEADINGS, sample_cells(changed)),
        ):
            if rows := list(cells):
                table = markdown_table(headings, rows)
                opening = f"<details><summary>{summary}</summary>"
                lines += [opening, "", *table, "", "</details>", ""]
        return "\n".join(lines)

    def breaking(self) -> Iterator[str]:
        """A line for each column or table that readers lose, and each broken query."""
        for each in self.broken:
            reached = self.reach.get(each.table, Reach())
            yield (
                f"`{each.name}` {each.how}: made from it are "
                f"{shortened(reached.exposures)}, for {shortened(reached.requirements)}"
            )
        for exposure, why in self.queries.items():
            yield f"the query of `{exposure}` in `docs/metrics.md` fails: {why}"

    def ordered(self) -> list[TableChange]:
        """The changed tables, those first that break somebody."""
        broken = {each.table for each in self.broken}
        changed = self.comparison.changed
        return sorted(changed, key=lambda each: (each.table not in broken, each.table))

    def to_table(self) -> Table:
        """The difference for a terminal."""
        table = Table(box=None, header_style="bold", pad_edge=False)
        for title in (*HEADINGS, "change rate per column"):
            table.add_column(title.lower(), overflow="fold")
        for changed in self.ordered():
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
            shortened(reached.exposures),
            shortened(reached.requirements),
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

RATE_HEADINGS = (
    "Table",
    "Column",
    "Keys changed",
    "Rate",
    "Mean difference",
    "Median",
    "Largest",
    "Spread",
    "Nulls gained",
    "Nulls lost",
)

PROFILE_HEADINGS = ("Table", "Column", "Nulls", "Values", "Least", "Greatest")

SAMPLE_HEADINGS = ("Table", "Keys")


def difference(
    before: Path,
    after: Path,
    manifest: Node,
    names: tuple[str, str],
    *,
    manifest_before: Node | None = None,
    is_demo: bool = False,
) -> Difference:
    """Compare what people read of two builds.

    Args:
        before: The folder of the earlier databases.
        after: The folder of the later ones.
        manifest: dbt's manifest of the later one, for keys and what depends on a table.
        names: What to call them.
        manifest_before: dbt's manifest of the earlier one, if it is known: for what
            depended on a table that is gone, and the queries that were given then.
        is_demo: Whether the company is invented: see `compare.folders`.

    Raises:
        MusterError: A database is missing, in use, or none.
    """
    comparison = compare.folders(
        before, after, compare.keys_of(manifest), is_demo=is_demo
    )
    manifests = (manifest_before or manifest, manifest)
    models = [compare.models_of(each) for each in manifests]
    reached = {}
    for table in comparison.changed:
        which = 0 if table.table not in models[1] else 1
        reached[table.table] = reach(
            manifests[which], models[which].get(table.table, "")
        )
    databases_read = compare.MARTS if is_demo else compare.READ
    with (
        opened(before, databases_read) as earlier,
        opened(after, databases_read) as later,
    ):
        old, new = (
            {
                compare.shown(name, table): columns
                for name in databases_read
                for table, columns in compare.marts_of(each, name, name).items()
            }
            for each in (earlier, later)
        )
        return Difference(
            *names,
            comparison,
            reached,
            tuple(broken_columns(old, new, model_versions(manifest))),
            broken_queries(queries_of(manifests[0]), earlier, later),
        )


def opened(
    folder: Path, names: Iterable[str]
) -> AbstractContextManager[duckdb.DuckDBPyConnection]:
    """A connection to databases of an environment or a release, to be read."""
    return databases.opened({name: folder / f"{name}.duckdb" for name in names})


def shortened(parts: Sequence[str], most: int = NAMED) -> str:
    """A few of some names, and how many more there are."""
    more = f" and {len(parts) - most} more" if len(parts) > most else ""
    return ", ".join(parts[:most]) + more if parts else "none"


def names(tables: Iterable[TableChange]) -> list[str]:
    """The names of tables."""
    return [table.table for table in tables]


def reach(manifest: Node, model: str) -> Reach:
    """What is made from a model, at any distance."""
    children = manifest.get("child_map", {})
    nodes = {
        **manifest.get("nodes", {}),
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


def rate_cells(tables: Iterable[TableChange]) -> Iterator[tuple[str, ...]]:
    """A row per table and changed column, below `RATE_HEADINGS`."""
    for table in tables:
        for column, rate in table.rates.items():
            size = table.sizes.get(column, Size())
            yield (
                *(table.table, column, f"{table.changes[column]:,}", percent(rate)),
                *(figure(number) for number in (size.mean, size.median, size.largest)),
                *(size.spread, f"{size.nulls_gained:,}", f"{size.nulls_lost:,}"),
            )


def profile_cells(tables: Iterable[TableChange]) -> Iterator[tuple[str, ...]]:
    """A row per table and new column, below `PROFILE_HEADINGS`."""
    for table in tables:
        for column, each in table.profiles.items():
            nulls = "no rows" if each.nulls is None else percent(each.nulls)
            distinct = "" if each.distinct is None else f"{each.distinct:,}"
            ends = (each.least or "", each.greatest or "")
            yield table.table, column, nulls, distinct, *ends


def sample_cells(tables: Iterable[TableChange]) -> Iterator[tuple[str, ...]]:
    """A row per table with changed keys, below `SAMPLE_HEADINGS`."""
    for table in tables:
        if table.samples:
            yield table.table, "; ".join(table.samples)


def figure(number: float | None) -> str:
    """A difference for people, with its sign."""
    return "" if number is None else f"{number:+,.4g}"


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
