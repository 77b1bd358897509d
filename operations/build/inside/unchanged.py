"""What a build does not do again: what is made as it was, of what is as it was.

Every node has a key: its definition, with the macros that it calls, and the states of
what it reads. A node whose key is that of the last build is left as it is. The state of
a source's table is which loads brought files of it; that of a view is its key; that of
anything else is a digest of its rows: what reads a table that was built again and has
the same rows is left as it is too.
"""

import hmac
import json
import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from environment.sql import quote
from ingestion.hr_tables import shown
from ingestion.log import MARKERS, Log

Record = Mapping[str, str]
"""What is noted of a node: a `key`; of a relation also `columns` and `state`."""

OF_ONE_RUN = frozenset(
    {
        "_event_status",
        "build_path",
        "compiled",
        "compiled_code",
        "compiled_path",
        "created_at",
        "extra_ctes",
        "extra_ctes_injected",
        "root_path",
    }
)
"""What dbt notes of a node that says nothing of what it makes."""

RELATIONS = frozenset({"model", "seed"})
TESTS = frozenset({"test", "unit_test"})

PASSING = "ops"
"""The database that is there while dbt runs alone."""

OUTSIDE = "current_release"
"""The variable that names files which a test reads: it is done in every build."""


class Memory:
    """What the last build left, and what this one leaves.

    Args:
        note: What the last build noted; empty where everything is built.
        facts: What this build notes that is of no node.
        log: What was loaded.
        secret: What digests are keyed by, since rows of few values could be guessed.

    Attributes:
        now: Of each node, what this build notes.
        spared: The nodes that it left as they were.
    """

    def __init__(
        self, note: Mapping[str, Any], facts: Mapping[str, Any], log: Log, secret: bytes
    ) -> None:
        self.facts = facts
        self.now: dict[str, Record] = {}
        self.spared: set[str] = set()
        self._note = note
        self._before: Mapping[str, Record] = note.get("nodes", {})
        self._secret = secret
        self._macros: dict[str, str] = {}
        self._by_name: set[str] | None = None
        # Looked at before dbt does: what completes meanwhile is new to the next build.
        self._sources = {
            (dataset, name): record
            for dataset in log.datasets()
            for name, record in self._loaded(log, dataset)
        }
        self._sources |= self._mapped(log)

    @property
    def is_told_otherwise(self) -> bool:
        """Whether docs would say anything else than those of the last build."""
        columns, before = (
            {key: each.get("columns") for key, each in nodes.items()}
            for nodes in (self.now, self._before)
        )
        return columns != before or self.facts["project"] != self._note.get("project")

    def told(self) -> str:
        """One line about what was built again, and why."""
        total, new = len(self.now), self.facts["loads"] - self._note["loads"]
        why = f"{new:,} new {'load' if new == 1 else 'loads'}"
        if self.facts["project"] != self._note["project"]:
            why += " and what changed in the project"
        return f"{total - len(self.spared):,} of {total:,} nodes: what {why} touch."

    def digest(self, *parts: object) -> str:
        """A keyed digest of what JSON can write."""
        text = json.dumps(parts, sort_keys=True, default=str)
        return hmac.digest(self._secret, text.encode(), "sha256").hex()[:32]

    def key(self, node: Any, manifest: Any) -> str:
        """What a node is made by, and of what."""
        if node.resource_type != "unit_test":
            read = [self._state(key, node, manifest) for key in _read(node)]
            return self.digest(self._definition(node, manifest), read)
        # A unit test reads no rows, but takes the types of columns from what there is.
        model = manifest.nodes[node.depends_on.nodes[0]]
        columns = [self._record(key, manifest).get("columns") for key in _read(model)]
        definitions = [self._definition(each, manifest) for each in (node, model)]
        return self.digest(definitions, columns)

    def run(self, runner: Any, manifest: Any, run: Callable[[Any], Any]) -> Any:
        """Run a node, or answer as the last build did where nothing has changed."""
        from dbt.artifacts.schemas.results import RunStatus, TestStatus

        node = runner.node
        key, is_test = self.key(node, manifest), node.resource_type in TESTS
        before = self._before.get(node.unique_id, {})
        is_kept = node.resource_type == "unit_test" or node.database != PASSING
        is_kept = is_kept and not _reads_outside(node, manifest)
        if is_kept and before.get("key") == key:
            self.now[node.unique_id] = before
            self.spared.add(node.unique_id)
            return runner._build_run_result(
                node=node,
                start_time=time.time(),
                status=TestStatus.Pass if is_test else RunStatus.Success,
                timing_info=[],
                message="as before",
                failures=0 if is_test else None,
            )
        result = run(manifest)
        # Whatever warns is done, and told, again.
        is_done = result.status in {RunStatus.Success, TestStatus.Pass}
        record = {"key": key if is_done else ""}
        if is_done and not is_test:
            record |= self._left(node, key, runner.adapter)
        self.now[node.unique_id] = record
        return result

    def _left(self, node: Any, key: str, adapter: Any) -> dict[str, str]:
        """The columns and the state of a relation that was built."""
        name, kind = node.relation_name, node.config.materialized
        if kind == "ephemeral":
            return {"state": key}
        with adapter.connection_named(f"state of {node.unique_id}"):
            described = _fetch(adapter, f"describe {name}")
            columns = self.digest([row[:2] for row in described])
            if kind == "view":
                return {"columns": columns, "state": key}
            rows = _fetch(
                adapter,
                "select count(*), 'sum ' || sum(hash(everything))"
                f" from {name} as everything",
            )
            return {"columns": columns, "state": self.digest(columns, rows)}

    def _definition(self, node: Any, manifest: Any) -> str:
        """What a node says, and the macros that it calls, and those that they call."""
        content = {
            name: value
            for name, value in node.to_dict().items()
            if name not in OF_ONE_RUN
        }
        macros: set[str] = set()
        found = list(node.depends_on.macros)
        while found:
            macro = found.pop()
            if macro not in macros and macro in manifest.macros:
                macros.add(macro)
                found += manifest.macros[macro].depends_on.macros
        macros |= self._found_by_name(manifest)
        texts = [self._macro(key, manifest) for key in sorted(macros)]
        return self.digest(content, texts)

    def _found_by_name(self, manifest: Any) -> set[str]:
        """The project's macros that dbt may call where nobody names them."""
        if self._by_name is None:
            mine: set[tuple[str, str]] = set()
            others: set[tuple[str, str]] = set()
            for key, macro in manifest.macros.items():
                is_mine = macro.package_name == manifest.metadata.project_name
                (mine if is_mine else others).add((macro.name, key))
            names = {name for name, _ in others}
            self._by_name = {key for name, key in mine if name in names or "__" in name}
        return self._by_name

    def _macro(self, key: str, manifest: Any) -> str:
        if key not in self._macros:
            self._macros[key] = self.digest(key, manifest.macros[key].macro_sql)
        return self._macros[key]

    def _state(self, key: str, node: Any, manifest: Any) -> str | None:
        """The state of what a node reads.

        New loads count by the tables that they brought: rows of the same source's
        tables are read beside its list of loads only to know which of them completed.
        """
        source = manifest.sources.get(key)
        if source is not None and source.identifier == MARKERS:
            others = (manifest.sources.get(each) for each in _read(node))
            if any(
                each is not None
                and each.schema == source.schema
                and each.identifier not in {MARKERS, "sources"}
                for each in others
            ):
                return None
        return self._record(key, manifest).get("state")

    def _record(self, key: str, manifest: Any) -> Record:
        source = manifest.sources.get(key)
        if source is not None:
            return self._sources.get((source.schema, source.identifier), {})
        # Of what is not known, it is not known either whether it is as it was.
        return self.now.get(key, {"state": secrets.token_hex()})

    def _loaded(self, log: Log, dataset: str) -> Iterator[tuple[str, Record]]:
        """Each table of a dataset, with the loads that brought files of it."""
        loads = log.loads(dataset)
        completed = [each.load_id for each in log.completed(dataset)]
        yield MARKERS, {"state": self.digest(completed)}
        ids: dict[str, set[str]] = {}
        columns: dict[str, set[tuple[str, str]]] = {}
        for load in loads:
            for file in load.files:
                ids.setdefault(file.table, set()).add(load.load_id)
                columns.setdefault(file.table, set()).update(file.columns.items())
        for table, found in ids.items():
            kinds = self.digest(sorted(columns[table]))
            yield (
                table,
                {"columns": kinds, "state": self.digest(kinds, sorted(found))},
            )

    def _mapped(self, log: Log) -> dict[tuple[str, str], Record]:
        """The views by mapping: what they say, and which loads they read.

        Loads are listed for them only to know which completed, as in `_state`.
        """
        found: dict[tuple[str, str], Record] = {}
        for name, sql in shown.views(log, "raw").items():
            read = {
                f"{dataset}.{table}": record.get("state")
                for (dataset, table), record in self._sources.items()
                if f"{quote(dataset)}.{quote(table)}" in sql
                and (table != MARKERS or name == MARKERS)
            }
            state = self.digest(sql, read)
            found[shown.SCHEMA, name] = {"columns": self.digest(name), "state": state}
        return found


@contextmanager
def sparing(memory: Memory) -> Iterator[None]:
    """Let `dbt build` leave alone, in its run, what the memory spares.

    dbt selects before it runs, when nobody knows yet which tables will have the same
    rows again: so its task is asked at every node.
    """
    from dbt.task import build

    module: Any = build
    whole = module.BuildTask

    class Task(whole):  # type: ignore[misc, valid-type]
        """dbt's, which asks first."""

        def get_runner(self, node: Any) -> Any:
            """A runner that answers as the last build did where it may."""
            runner = super().get_runner(node)
            if node.resource_type in {*RELATIONS, *TESTS}:
                run = runner.run_with_hooks
                runner.run_with_hooks = lambda manifest: (
                    run(manifest) if runner.skip else memory.run(runner, manifest, run)
                )
            return runner

    module.BuildTask = Task
    try:
        yield
    finally:
        module.BuildTask = whole


def _read(node: Any) -> list[str]:
    """What a node reads; of a seed dbt knows only macros."""
    return sorted(set(getattr(node.depends_on, "nodes", ())))


def _reads_outside(node: Any, manifest: Any) -> bool:
    """Whether a node reads files, of which no state tells."""
    return any(
        OUTSIDE in manifest.macros[macro].macro_sql
        for macro in node.depends_on.macros
        if macro in manifest.macros
    )


def _fetch(adapter: Any, sql: str) -> list[list[str]]:
    _, table = adapter.execute(sql, fetch=True)
    return [[str(value) for value in row] for row in table.rows]
