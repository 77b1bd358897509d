"""A look at the warehouse: what its own checks find wrong, each with what it touches.

The checks are dbt tests on `models/marts/ops`, tagged `alarm`, whose meta says how bad
it is and where the runbook tells what to do. They are built in a folder of their own,
so that a look waits for nobody, and nobody for it.
"""

import secrets
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import duckdb
from rich.console import Console
from rich.text import Text

from environment import Environment, set_inside
from environment.databases import attach, session
from environment.errors import MusterError
from environment.files import private_files
from ingestion import index
from ingestion.hr_tables import source as hr_tables
from ingestion.ledger_tables import DATASET, RUNS
from ingestion.log import of as log_of
from operations.build import artifacts, build
from operations.build.artifacts import MANIFEST, Node
from operations.build.inside import KEY_VARIABLE
from operations.monitoring.runs import Run
from operations.monitoring.seen import FOLDER, draft

TAG = "alarm"

EVERYTHING = frozenset({"every_run_ends_well", "no_release_fails_its_audit"})
"""Checks that touch whatever is built."""

SELECT = ("--select", "+path:models/marts/ops", "--exclude-resource-type", "unit_test")


@dataclass(frozen=True)
class Alarm:
    """Something that is wrong.

    Attributes:
        check: The name of the test that says it.
        subject: With what it is.
        severity: `critical`, `major` or `minor`.
        owner: Who has to see to it.
        since_at: Since when, naive UTC, where that is known.
        detail: What was found, in a line that names nobody and no file.
        remedy: What to do.
        runbook: The section of docs/runbook.md.
        figures: The exposures that rest on it, by their names for people.
        requirements: The requirements that these answer.
    """

    check: str
    subject: str
    severity: str
    owner: str
    since_at: datetime | None
    detail: str
    remedy: str
    runbook: str
    figures: tuple[str, ...] = ()
    requirements: tuple[str, ...] = ()


def verify(environment: Environment, run: Run) -> None:
    """Note of each dataset of the log whether all is there that was loaded."""
    log = log_of(environment.folder)
    faults: dict[str, list[str]] = {dataset: [] for dataset in log.datasets()}
    # What has a marker that cannot be read is found below.
    with suppress(MusterError):
        for loss in index.losses(log):
            told = f"load {loss.load_id} {loss.fault}"
            faults.setdefault(loss.dataset, []).append(told)
    for dataset, found in faults.items():
        try:
            found += [
                f"{each.file.table} {each.fault}" for each in log.damaged(dataset)
            ]
        except MusterError:
            found.append("a marker is damaged")
        told = "; ".join(found[:3])
        name = dataset.removeprefix("raw_")
        run.check("log", name, f"{len(found):,} faults: {told}", passed=not found)


def bare(environment: Environment) -> Environment:
    """An environment of its own for a look, with what it reads of the log.

    A source whose log is damaged is told by the look, and does not stop it.
    """
    apart = Environment(environment.name, environment.folder / FOLDER)
    log = log_of(environment.folder)
    if apart.raw.is_symlink():
        apart.raw.unlink()
    apart.raw.mkdir(parents=True, exist_ok=True)
    for dataset in (RUNS, DATASET):
        (apart.raw / dataset).unlink(missing_ok=True)
        with suppress(MusterError):
            log.loads(dataset)
            (apart.raw / dataset).symlink_to(log.folder / dataset)
    return apart


def look(environment: Environment, console: Console) -> list[Alarm]:
    """Build what is made of runs, as a draft, and tell what is wrong, the worst first.

    Raises:
        MusterError: dbt failed.
    """
    with private_files():
        apart = bare(environment)
        outside = {
            "MUSTER_HOME": str(apart.home),
            "MUSTER_OPS": str(draft(environment)),
            # Nothing that is made of runs is of a person.
            KEY_VARIABLE: secrets.token_hex(32),
        }
        draft(environment).unlink(missing_ok=True)
        with set_inside(**outside):
            told = build.Run()
            with build.progress(told, console):
                options = build.options(apart, {})
                result = build.invoke(["build", *options, *SELECT], told)
                build.close_databases()
        # A check that finds something is told by its incident.
        if not result.success:
            for line in told.report:
                console.print(Text.from_ansi(line), soft_wrap=True)
        build.require_success(apart, result, is_told=bool(told.report))
    manifest = artifacts.read(apart.artifacts / MANIFEST)
    failed = {
        each.node.unique_id: each.node.compiled_code
        for each in result.result.results
        if each.status.value == "warn" and TAG in each.node.tags
    }
    with session() as connection:
        attach(connection, draft(environment), FOLDER)
        found = [
            alarm
            for key, query in failed.items()
            for alarm in alarms(connection, manifest, manifest["nodes"][key], query)
        ]
    order = ("critical", "major", "minor")
    return sorted(found, key=lambda a: (order.index(a.severity), a.check, a.subject))


def alarms(
    connection: duckdb.DuckDBPyConnection, manifest: Node, test: Node, query: str
) -> Iterator[Alarm]:
    """An alarm for each row that a check found."""
    meta = test["config"]["meta"]
    rows = connection.execute(
        f"select subject, since_at, detail from ({query}) order by subject, detail"
    ).fetchall()
    for subject, since_at, detail in {row[0]: row for row in rows}.values():
        touched = touched_by(manifest, subject)
        own = next((each for each in touched if each.get("name") == subject), {})
        exposures = exposures_of(manifest, test["name"], touched)
        yield Alarm(
            check=test["name"],
            subject=subject,
            severity=own.get("config", {}).get("meta", {}).get("severity")
            or meta["severity"],
            owner=meta.get("owner") or owner_of(manifest, touched),
            since_at=since_at,
            detail=detail or "",
            remedy=" ".join(test["description"].split()),
            runbook=meta["runbook"],
            figures=tuple(sorted({each["label"] for each in exposures})),
            requirements=tuple(
                sorted({each["config"]["meta"]["requirement"] for each in exposures})
            ),
        )


def touched_by(manifest: Node, subject: str) -> list[Node]:
    """The node or the tables of the source that an alarm is about.

    What comes by a company's mapping has the mapping's name, and one contract.
    """
    nodes = {**manifest["nodes"], **manifest.get("unit_tests", {})}
    found = [each for each in nodes.values() if each["name"] == subject]
    if found:
        return found
    source = subject.rpartition(" of ")[2].partition(".")[0]
    if source in hr_tables.names():
        source = "hr_tables"
    return [
        each
        for each in manifest["sources"].values()
        if each["source_name"] == source and not each["name"].startswith("_")
    ]


def exposures_of(manifest: Node, check: str, touched: list[Node]) -> list[Node]:
    """The exposures that rest on nodes, at whatever remove."""
    children: Mapping[str, list[str]] = manifest["child_map"]
    found: set[str] = set()
    new = {str(each["unique_id"]) for each in touched}
    # A test says something of what it tests.
    new |= {
        parent
        for each in touched
        for parent in manifest["parent_map"].get(each["unique_id"], [])
        if each["resource_type"] in {"test", "unit_test"}
    }
    while new:
        found |= new
        new = {child for key in new for child in children.get(key, [])} - found
    exposures: dict[str, Any] = manifest["exposures"]
    if check in EVERYTHING:
        return list(exposures.values())
    return [exposures[key] for key in found if key in exposures]


def owner_of(manifest: Node, touched: list[Node]) -> str:
    """Who answers for nodes: a source's owner, or the group of a model."""
    groups = {each["name"]: each["owner"] for each in manifest["groups"].values()}
    for each in touched:
        config = each.get("config", {})
        if owner := (each.get("source_meta") or {}).get("owner"):
            return str(owner)
        tested = manifest["nodes"].get(each.get("attached_node") or "", each)
        group = tested.get("group") or config.get("group")
        if group in groups:
            return str(groups[group]["name"])
    return str(groups["data_engineering"]["name"])
