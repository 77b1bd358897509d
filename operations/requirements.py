"""`muster requirements`: which test proves which criterion, and whether it does."""

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import yaml
from rich.table import Table

import environment as environments
from environment import Environment
from environment.errors import MusterError
from operations.build import artifacts
from operations.build.artifacts import MANIFEST, RESULTS, Node

FILE = environments.PROJECT / "docs" / "requirements.yml"
"""The business requirements."""

PRIORITIES = ("must", "should", "could")

REQUIREMENT_FIELDS = ("id", "statement", "owner", "priority", "exposure", "criteria")
CRITERION_FIELDS = ("id", "statement")

REQUIREMENT_ID = re.compile(r"[A-Z]{2,4}-\d{2,}")

FAILED = frozenset({"fail", "error", "runtime error"})
"""What dbt calls a test that did not hold, or could not be run."""

HEADINGS = ("Criterion", "Statement", "Test", "Result")

NO_TEST = "no test"
NOT_RUN = "not run"


@dataclass(frozen=True)
class Criterion:
    """What must hold for a requirement to be met.

    Attributes:
        id: Such as `BR-01.1`.
        statement: A sentence.
    """

    id: str
    statement: str


@dataclass(frozen=True)
class Requirement:
    """What the company needs to know.

    Attributes:
        id: Such as `BR-01`.
        statement: A sentence.
        owner: The role that asks for it.
        priority: One of `PRIORITIES`.
        exposure: Name of the exposure that delivers it.
        criteria: How the company can tell that it is met.
    """

    id: str
    statement: str
    owner: str
    priority: str
    exposure: str
    criteria: tuple[Criterion, ...]


@dataclass(frozen=True)
class Row:
    """One test of one criterion.

    Attributes:
        requirement: The requirement's id.
        criterion: The criterion's id.
        test: Name of the test; empty where there is none.
        kind: `data test` or `unit test`; empty where there is no test.
        result: What dbt said of it (`pass`, `warn`, `fail`, `error`, `skipped`),
            `not run`, or `no test`.
    """

    requirement: str
    criterion: str
    test: str
    kind: str
    result: str


@dataclass(frozen=True)
class Matrix:
    """Requirement, criterion, test and result, and what is wrong with them.

    Attributes:
        requirements: The requirements, as far as they could be read.
        rows: One per criterion and test, and one per criterion without any.
        problems: A line each; none where every requirement is proven.
        ran_at: When the tests ran, as dbt wrote it (ISO, UTC).
    """

    requirements: tuple[Requirement, ...]
    rows: tuple[Row, ...]
    problems: tuple[str, ...]
    ran_at: str

    @property
    def passed(self) -> bool:
        """Whether every criterion is proven and nothing else is wrong."""
        return not self.problems

    def to_dict(self) -> dict[str, Any]:
        """The matrix in plain types, for `release.json` and the like."""
        return {
            "passed": self.passed,
            "ran_at": self.ran_at,
            "problems": list(self.problems),
            "requirements": [
                asdict(requirement)
                | {
                    "criteria": [
                        asdict(each)
                        | {
                            "tests": [
                                {"test": r.test, "kind": r.kind, "result": r.result}
                                for r in self.rows
                                if r.criterion == each.id and r.test
                            ]
                        }
                        for each in requirement.criteria
                    ]
                }
                for requirement in self.requirements
            ],
        }

    def to_json(self) -> str:
        """The matrix as the text of a JSON file."""
        return json.dumps(self.to_dict(), indent=2) + "\n"

    def to_markdown(self) -> str:
        """The matrix as the text of a Markdown file or a job summary."""
        lines = ["# Requirements", "", self.verdict(), ""]
        if self.problems:
            lines += [*(f"- {problem}" for problem in self.problems), ""]
        for requirement in self.requirements:
            lines += [
                f"## {requirement.id}: {requirement.statement}",
                "",
                f"Owner: {requirement.owner}. Priority: {requirement.priority}. "
                f"Delivered by the exposure `{requirement.exposure}`.",
                "",
            ]
            statements = {c.id: c.statement for c in requirement.criteria}
            cells = []
            for row in self.rows:
                if row.requirement == requirement.id:
                    # A criterion is told once, at the first of its tests.
                    told = (row.criterion, statements.pop(row.criterion, ""))
                    test = f"`{row.test}`" if row.test else ""
                    cells.append((*(told if told[1] else ("", "")), test, row.result))
            lines += [*markdown_table(HEADINGS, cells), ""]
        return "\n".join(lines)

    def to_table(self) -> Table:
        """The matrix for a terminal."""
        table = Table(box=None, header_style="bold", pad_edge=False)
        for title in ("requirement", "criterion", "test", "result"):
            table.add_column(title, overflow="fold")
        before = Row("", "", "", "", "")
        for row in self.rows:
            table.add_row(
                row.requirement if row.requirement != before.requirement else "",
                row.criterion if row.criterion != before.criterion else "",
                row.test,
                row.result if row.result == "pass" else f"[bold]{row.result}[/]",
            )
            before = row
        return table

    def verdict(self) -> str:
        """One sentence: how many criteria passing tests prove, of how many."""
        criteria = {row.criterion for row in self.rows}
        proven = criteria - unproven(self.rows)
        tests = {(row.kind, row.test) for row in self.rows if row.test}
        problems = len(self.problems)
        return (
            f"{len(proven)} of {len(criteria)} criteria of {len(self.requirements)} "
            f"requirements are proven, by {len(tests)} tests; "
            f"{problems or 'no'} problem{'' if problems == 1 else 's'}."
        )


def matrix(run_results: Path, manifest: Path, requirements: Path = FILE) -> Matrix:
    """Join the requirements with the tests that carry their ids and with a run.

    Args:
        run_results: dbt's `run_results.json` of a build.
        manifest: dbt's `manifest.json` of the same project.
        requirements: The requirements.

    Returns:
        The matrix; what is wrong with it is in its problems.

    Raises:
        MusterError: A file is missing, unreadable or not of a build.
    """
    project = artifacts.read(manifest)
    known, problems = agreed(project, requirements)
    run = artifacts.read(run_results)
    command = run.get("args", {}).get("which")
    if command not in {"build", "test"}:
        raise MusterError(
            f"{environments.shown(run_results)} tells of dbt {command}, not of a "
            "build: run muster build --force."
        )
    results = {result["unique_id"]: result["status"] for result in run["results"]}
    rows = tuple(joined(known, project, results))
    problems += shortcomings(rows)
    ran_at = str(run.get("metadata", {}).get("generated_at", ""))
    return Matrix(tuple(known), rows, tuple(problems), ran_at)


def of_last_build(environment: Environment, requirements: Path = FILE) -> Matrix:
    """The matrix of the last build of an environment.

    Raises:
        MusterError: Nothing was built, or a file cannot be read.
    """
    run_results = environment.artifacts / RESULTS
    if not run_results.exists():
        raise MusterError(
            f"Nothing is built yet in {environments.shown(environment.folder)}: run "
            f"muster build --env {environment.name}."
        )
    return matrix(run_results, environment.artifacts / MANIFEST, requirements)


def agreed(manifest: Node, path: Path = FILE) -> tuple[list[Requirement], list[str]]:
    """Read the requirements, and tell where tests and exposures do not fit them.

    Returns:
        Those that are well-formed, in order, and the problems, a line each.

    Raises:
        MusterError: There is no such file, or it is no YAML.
    """
    known, problems = read(path)
    if not problems:
        problems += [*unknown_ids(known, manifest), *deliveries(known, manifest)]
    return known, problems


def delivered(manifest: Node) -> list[tuple[Requirement, Node]]:
    """Each requirement, in the order of their file, with the exposure for it.

    Raises:
        MusterError: A requirement or an exposure lacks the other.
    """
    known, problems = agreed(manifest)
    if problems:
        raise MusterError("\n".join(problems))
    exposures = {node["name"]: node for node in manifest["exposures"].values()}
    return [(each, exposures[each.exposure]) for each in known]


def read(path: Path) -> tuple[list[Requirement], list[str]]:
    """Read the requirements, and tell in a line each what is wrong with the file.

    Returns:
        Those that are well-formed, in order, and the problems.

    Raises:
        MusterError: There is no such file, or it is no YAML.
    """
    name = environments.shown(path)
    try:
        document = yaml.safe_load(path.read_text())
    except OSError as error:
        raise MusterError(f"{name} cannot be read: {error.strerror}.") from None
    except yaml.YAMLError as error:
        detail = " ".join(str(error).split())
        raise MusterError(f"{name} is no YAML: {detail}.") from None
    listed = document.get("requirements") if isinstance(document, dict) else None
    if not isinstance(listed, list) or not listed:
        return [], [f"{name}: needs a list of requirements below `requirements:`."]
    found: list[Requirement] = []
    problems: list[str] = []
    for number, entry in enumerate(listed, 1):
        place = f"{name}: requirement {number}"
        wrong = list(faults(entry))
        problems += [f"{place}{named(entry)}: {fault}" for fault in wrong]
        if not wrong:
            found.append(formed(entry))
    ids = Counter([r.id for r in found] + [c.id for r in found for c in r.criteria])
    problems += [f"{name}: {i} is there twice." for i, n in ids.items() if n > 1]
    return found, problems


def named(entry: Any) -> str:
    """A requirement's id in brackets, where it has one."""
    return f" ({entry['id']})" if isinstance(entry, dict) and entry.get("id") else ""


def faults(entry: Any) -> Iterator[str]:
    """What is wrong with one requirement as written."""
    if not isinstance(entry, dict):
        yield f"must be a mapping of {', '.join(REQUIREMENT_FIELDS)}."
        return
    yield from field_faults(entry, REQUIREMENT_FIELDS)
    number = entry.get("id")
    if isinstance(number, str) and not REQUIREMENT_ID.fullmatch(number):
        yield f"id {number!r} is not written as BR-01."
    if entry.get("priority") and entry["priority"] not in PRIORITIES:
        yield f"priority {entry['priority']!r} is none of {', '.join(PRIORITIES)}."
    criteria = entry.get("criteria")
    if not isinstance(criteria, list):
        if criteria:
            yield "criteria must be a list."
        return
    for position, criterion in enumerate(criteria, 1):
        place = f"criterion {position}{named(criterion)}: "
        if not isinstance(criterion, dict):
            yield f"{place}must be a mapping of {', '.join(CRITERION_FIELDS)}."
            continue
        for fault in field_faults(criterion, CRITERION_FIELDS):
            yield place + fault
        own = criterion.get("id")
        if isinstance(own, str) and not re.fullmatch(
            rf"{re.escape(str(number))}\.[1-9]\d*", own
        ):
            yield f"{place}its id must be {number}. and a number."


def field_faults(entry: Mapping[Any, Any], fields: tuple[str, ...]) -> Iterator[str]:
    """Which fields are missing, unknown, or no text."""
    for field in fields:
        value = entry.get(field)
        if value is None or value in ("", []):
            yield f"{field} is missing."
        elif field != "criteria" and not isinstance(value, str):
            yield f"{field} must be text."
    for field in entry:
        if field not in fields:
            yield f"{field!r} is not known: use {', '.join(fields)}."


def formed(entry: Mapping[str, Any]) -> Requirement:
    """A requirement, from an entry without faults."""
    texts = {f: " ".join(entry[f].split()) for f in REQUIREMENT_FIELDS[:-1]}
    criteria = tuple(
        Criterion(criterion["id"], " ".join(criterion["statement"].split()))
        for criterion in entry["criteria"]
    )
    return Requirement(**texts, criteria=criteria)


def ids_of(node: Node) -> list[str]:
    """The ids of requirements or criteria that a test or exposure carries."""
    meta = {
        **(node.get("meta") or {}),
        **((node.get("config") or {}).get("meta") or {}),
    }
    given = meta.get("requirement") or []
    return [str(i) for i in given] if isinstance(given, list) else [str(given)]


def tests_of(manifest: Node) -> Iterator[tuple[str, str, Node]]:
    """Every test of a project: its unique id, kind and node, by name."""
    kinds = {"test": "data test", "unit_test": "unit test"}
    nodes = {**manifest["nodes"], **manifest.get("unit_tests", {})}
    for key, node in sorted(nodes.items(), key=lambda item: item[1]["name"]):
        if kind := kinds.get(node["resource_type"]):
            yield key, kind, node


def joined(
    requirements: list[Requirement], manifest: Node, results: Mapping[str, str]
) -> Iterator[Row]:
    """One row per criterion and test of it, or one that says that there is none."""
    tests: dict[str, list[tuple[str, str, str]]] = {}
    for key, kind, node in tests_of(manifest):
        result = results.get(key, NOT_RUN)
        for named_id in ids_of(node):
            tests.setdefault(named_id, []).append((node["name"], kind, result))
    for requirement in requirements:
        for criterion in requirement.criteria:
            found = tests.get(criterion.id, [("", "", NO_TEST)])
            for name, kind, result in found:
                yield Row(requirement.id, criterion.id, name, kind, result)


def unproven(rows: tuple[Row, ...]) -> set[str]:
    """Criteria without a passing test, or with a failed one."""
    failed = {row.criterion for row in rows if row.result in FAILED}
    passing = {row.criterion for row in rows if row.result == "pass"}
    return {row.criterion for row in rows} - passing | failed


def shortcomings(rows: tuple[Row, ...]) -> Iterator[str]:
    """A line for each criterion that is not proven."""
    for criterion in sorted(unproven(rows)):
        of_it = [row for row in rows if row.criterion == criterion]
        if not of_it[0].test:
            yield (
                f"{criterion} has no test: let one carry meta: "
                f"{{requirement: {criterion}}}."
            )
            continue
        failed = [f"{r.test} ({r.result})" for r in of_it if r.result != "pass"]
        yield f"{criterion} is not proven: {', '.join(failed)}."


def unknown_ids(requirements: list[Requirement], manifest: Node) -> Iterator[str]:
    """A line for each test that names no known criterion."""
    known = {c.id for requirement in requirements for c in requirement.criteria}
    for _, kind, node in tests_of(manifest):
        for named_id in ids_of(node):
            if named_id not in known:
                yield (
                    f"The {kind} {node['name']} ({node['original_file_path']}) names "
                    f"{named_id}, which is no criterion in {FILE.name}."
                )


def deliveries(requirements: list[Requirement], manifest: Node) -> Iterator[str]:
    """A line wherever a requirement and its exposure do not name each other."""
    exposures = {node["name"]: node for node in manifest.get("exposures", {}).values()}
    known = {requirement.id for requirement in requirements}
    for name, node in sorted(exposures.items()):
        ids = ids_of(node)
        place = f"The exposure {name} ({node['original_file_path']})"
        if not ids:
            yield f"{place} names no requirement: give it meta: {{requirement: ...}}."
        for unknown in sorted(set(ids) - known):
            yield f"{place} names {unknown}, which is no requirement in {FILE.name}."
    for requirement in requirements:
        if requirement.exposure not in exposures:
            yield (
                f"{requirement.id} is delivered by the exposure "
                f"{requirement.exposure}, which does not exist: write it beside the "
                f"report's model, with meta: {{requirement: {requirement.id}}}."
            )
        elif requirement.id not in ids_of(exposures[requirement.exposure]):
            yield (
                f"{requirement.id} is delivered by the exposure "
                f"{requirement.exposure}, which does not name it."
            )


def markdown_table(
    headings: tuple[str, ...], rows: Iterable[tuple[str, ...]]
) -> Iterator[str]:
    """The lines of a Markdown table."""
    for cells in (headings, ("---",) * len(headings), *rows):
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"
