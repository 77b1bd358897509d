"""What the docs say exists, and the ERD and the requirements are current."""

import configparser
import re
import subprocess
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import typer
from pydantic import BaseModel
from test_models import manifest
from test_repository import makefile_targets

import tools.pages
from ingestion.hr_tables import mapping
from operations import requirements
from tools import erd

__all__ = ["manifest"]  # a fixture

pytestmark = pytest.mark.structure

REPOSITORY = Path(__file__).resolve().parents[2]
DECISIONS = REPOSITORY / "docs" / "decisions"

SECTIONS_OF_A_DECISION = ("Context", "Decision", "Not chosen", "Cost")

# These explain by a source and a report that are not there.
EXAMPLES = {"CONTRIBUTING.md"}


@cache
def pages() -> dict[str, str]:
    """Every Markdown page of the repository by its path."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],  # noqa: S607
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split("\0")
    found = {n: REPOSITORY / n for n in listed if n.endswith(".md")}
    return {name: path.read_text() for name, path in found.items() if path.is_file()}


def code(page: str) -> list[str]:
    """Code blocks, line by line, and code spans of a page."""
    blocks = re.findall(r"(?ms)^```\w*\n(.*?)^```", page)
    prose = re.sub(r"(?ms)^```.*?^```", "", page)
    lines = [line for block in blocks for line in block.splitlines()]
    return [*lines, *(" ".join(s.split()) for s in re.findall(r"`([^`]+)`", prose))]


def heading_anchors(page: str) -> set[str]:
    """The anchors of a page's headings."""
    headings = re.findall(r"(?m)^#+ (.*)$", page)
    plain = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings)
    return {heading.replace(" ", "-") for heading in plain}


@cache
def commands() -> dict[str, set[str]]:
    """Every command of `muster`, such as `demo advance`, with its options."""
    from demo.cli import app as demo
    from operations.cli import app

    found: dict[str, set[str]] = {}

    def collect(group: Any, name: str) -> None:
        if hasattr(group, "commands"):
            for part, command in group.commands.items():
                collect(command, f"{name} {part}".strip())
            return
        options = (option for p in group.params for option in p.opts)
        found[name] = {o for o in options if o.startswith("--")} | {"--help"}

    collect(typer.main.get_command(app), "")
    collect(typer.main.get_command(demo), "demo")
    return found


def test_there_are_docs() -> None:
    assert {"README.md", "CONTRIBUTING.md", "docs/architecture.md"} <= pages().keys()


@pytest.mark.parametrize("name", sorted(pages()))
def test_links_lead_somewhere(name: str) -> None:
    broken = []
    for target in re.findall(r"\]\(([^)\s]+)\)", pages()[name]):
        # Elsewhere, or a page of dbt's docs.
        if re.match(r"[a-z]+:|#!/", target):
            continue
        path, _, anchor = target.partition("#")
        file = (REPOSITORY / name).parent / path if path else REPOSITORY / name
        if not file.exists() or (
            anchor and anchor not in heading_anchors(file.read_text())
        ):
            broken.append(target)
    assert not broken


def test_every_page_is_linked() -> None:
    linked = {
        ((REPOSITORY / name).parent / target.partition("#")[0]).resolve()
        for name, page in pages().items()
        for target in re.findall(r"\]\(([^)\s:]+)\)", page)
    }
    docs = {REPOSITORY / name for name in pages() if name.startswith("docs/")}
    assert not docs - linked


def test_make_targets_exist() -> None:
    named = {
        (name, target)
        for name, page in pages().items()
        for text in code(page)
        for line in re.findall(r"^(?:\$ )?make((?: +[a-z]+)*)(?=$|\s|;)", text)
        for target in line.split()
    }
    assert len(named) > 10
    assert not {(name, t) for name, t in named if t not in makefile_targets()}


def test_muster_commands_and_options_exist() -> None:
    wrong = []
    for name, page in pages().items():
        for text in code(page):
            call = re.match(r"(?:\$ )?(?:\.venv/bin/)?muster ([a-z][^#;|]*)", text)
            if not call:
                continue
            words = call[1].split()
            groups = {c.partition(" ")[0] for c in commands() if " " in c}
            command = " ".join(words[:2]) if words[0] in groups else words[0]
            options = set(re.findall(r"(?<!\S)--[a-z-]+", call[1]))
            known = commands().get(command)
            if (known is None and command not in groups) or options - (known or set()):
                wrong.append(f"{name}: muster {call[1]}")
    assert not wrong


def test_files_that_are_named_exist() -> None:
    roots = {p.name for p in REPOSITORY.iterdir() if p.is_dir()} - {"warehouse"}
    missing = [
        f"{name}: {text}"
        for name, page in pages().items()
        if name not in EXAMPLES
        for text in code(page)
        if re.fullmatch(r"[\w.-]+/[\w./-]+", text) and text.partition("/")[0] in roots
        # What setting up makes, and what people keep to themselves.
        if not text.startswith((".venv/", ".dlt/secrets", "docs/index"))
        if not (REPOSITORY / text).exists()
    ]
    assert not missing


def test_schedules_are_right_as_they_stand() -> None:
    """Each is parsed, and loads, releases and looks, whatever of that fails."""
    text = (REPOSITORY / "docs" / "schedule.md").read_text()
    nights = {"cron", "systemd", "Airflow", "Dagster", "Prefect"}
    for section in text.split("\n## ")[1:]:
        name = section.partition("\n")[0]
        for kind, block in re.findall(r"(?ms)^```(\w+)\n(.*?)^```", section):
            if kind == "python":
                compile(block, name, "exec")
            elif kind == "ini":
                unit = configparser.ConfigParser(strict=False, interpolation=None)
                unit.read_string(block)
            else:
                assert re.match(r"(\S+ +){5}\S+  ", block)
        if name in nights:
            nights.remove(name)
            told = re.sub(r"[\",]", "", section)
            for command in ("ingest", "release", "incidents"):
                found = re.search(rf"{command} (--env )?prod", told)
                assert found, f"{name} does not {command}"
    assert not nights


def test_a_newcomers_questions_are_answered_by_paths() -> None:
    section = pages()["CONTRIBUTING.md"].partition("## Where is what?")[2]
    rows = re.findall(r"(?m)^\| (.+\?) \| (.+) \|$", section.partition("\n## ")[0])
    assert len(rows) >= 10
    for question, answer in rows:
        named = [n for n in re.findall(r"`([^`]+)`", answer) if re.search(r"[/.]", n)]
        assert named, question
        assert not [n for n in named if not (REPOSITORY / n).exists()], question


def test_settings_of_the_files_are_read() -> None:
    for name in ("config.toml", "example.secrets.toml"):
        text = (REPOSITORY / ".dlt" / name).read_text()
        # What is shown as a comment counts as what is set.
        shown = re.sub(r"(?m)^# (?=\[|\w+ = )", "", text)
        for source, settings in tomllib.loads(shown).get("sources", {}).items():
            folder = REPOSITORY / "ingestion" / source
            files = [*folder.glob("*.py"), *(REPOSITORY / "ingestion").glob("*.py")]
            for key in settings:
                assert any(f'"{key}' in f.read_text() for f in files), f"{source}.{key}"
        for source, key in re.findall(r"sources\.(\w+)\.(\w+)", text):
            assert key in tomllib.loads(shown)["sources"][source], f"{source}.{key}"


def test_settings_that_are_named_are_read() -> None:
    for name, page in pages().items():
        for source, key in re.findall(r"`sources\.(\w+)\.(\w+)", page):
            folder = REPOSITORY / "ingestion" / source
            assert folder.is_dir(), f"{name} names the source {source}"
            files = [*folder.glob("*.py"), *(REPOSITORY / "ingestion").glob("*.py")]
            read = any(re.search(rf'"{key}\b', f.read_text()) for f in files)
            assert read, f"{name}: nothing reads sources.{source}.{key}"


def test_every_word_of_a_mapping_is_told_and_no_other() -> None:
    told = re.findall(r"(?m)^\| (\w+) \| `(\w+)` \|", pages()["docs/onboarding.md"])
    models: dict[str, type[BaseModel]] = {
        "mapping": mapping.Mapping,
        "say": mapping.Say,
        "table": mapping.Table,
        "exported": mapping.Exported,
        "field": mapping.FieldSource,
        "refuse": mapping.Refuse,
    }
    # What a mapping is called is no word in it.
    words = {
        (place, field.alias or name)
        for place, model in models.items()
        for name, field in model.model_fields.items()
    } - {("mapping", "name"), ("mapping", "path")}
    assert set(told) == words
    assert len(told) == len(words)


def test_mappings_that_are_shown_whole_are_right() -> None:
    blocks = re.findall(r"(?ms)^```yaml\n(.*?)^```", pages()["docs/onboarding.md"])
    whole = [block for block in blocks if block.startswith("version:")]
    parts = [block for block in blocks if block.startswith("  ")]
    tables = [block for block in parts if not block.startswith("    ")]
    assert len(whole) >= 3
    assert len(tables) >= 5
    for block in whole:
        assert len(block.splitlines()) < 40
        mapping.parse(block, Path("acme.yml"))
    for block in tables:
        text = (
            block if "fields:" in block else f"{block}    fields: {{person_id: id}}\n"
        )
        head = "version: 1\nsay: {currency: EUR}\ntables:\n"
        mapping.parse(head + text, Path("acme.yml"))


def test_marts_that_are_named_exist(manifest: dict[str, Any]) -> None:
    nodes = [node for node in manifest["nodes"].values() if erd.is_mart(node)]
    marts = {f"{node['schema']}.{node['name']}" for node in nodes}
    areas = "|".join(sorted({str(node["schema"]) for node in nodes}))
    for name, page in pages().items():
        for text in code(page):
            for table in re.findall(rf"\b(?:{areas})\.(?:dim|fct|rpt|ftr)_\w+", text):
                assert table in marts, f"{name} names {table}, which is no mart"


def test_the_readme_asks_a_question_of_each_area(manifest: dict[str, Any]) -> None:
    """Every report of it is in docs/metrics.md, which `make pages` writes."""
    areas = {node["schema"] for node in manifest["nodes"].values() if erd.is_mart(node)}
    asked = re.findall(r"(?m)^\| .+\? \| (.+) \|$", pages()["README.md"])
    named = set(re.findall(r"`(\w+)\.\w+`", " ".join(asked)))
    missing = areas - named - {"main"}
    assert not missing, f"README.md needs a question and a table of {sorted(missing)}"


def test_decisions_are_numbered_and_complete() -> None:
    files = sorted(p for p in DECISIONS.glob("*.md") if p.name != "README.md")
    assert [p.name[:4] for p in files] == [f"{n + 1:04}" for n in range(len(files))]
    index = (DECISIONS / "README.md").read_text()
    for path in files:
        text = path.read_text()
        title = text.splitlines()[0].removeprefix(f"# {path.name[:4]}: ")
        assert f"[{path.name[:4]}]({path.name}) | {title} |" in index
        assert [h for h in SECTIONS_OF_A_DECISION if f"**{h}.**" not in text] == []


def test_requirements_fit_the_tests_and_exposures(manifest: dict[str, Any]) -> None:
    known, problems = requirements.agreed(manifest)
    tests = requirements.joined(known, manifest, {})
    untested = [row.criterion for row in tests if not row.test]
    assert not problems, "\n".join(problems)
    assert not untested, "of each let a test carry meta: {requirement: its id}"


@pytest.mark.parametrize("name", sorted(tools.pages.WRITTEN))
def test_what_is_written_from_the_models_is_current(
    manifest: dict[str, Any], name: str
) -> None:
    renewed = tools.pages.renewed(name, manifest)
    is_current = (REPOSITORY / name).read_text() == renewed
    assert is_current, f"{name} is not what the models say: run make pages"


def test_every_check_leads_to_a_section_of_the_runbook(
    manifest: dict[str, Any],
) -> None:
    runbook = (REPOSITORY / "docs" / "runbook.md").read_text()
    headings = re.findall(r"(?m)^### (.+)$", runbook)
    sections = {heading.lower().replace(" ", "-") for heading in headings}
    named = {
        test["config"]["meta"]["runbook"]
        for test in manifest["nodes"].values()
        if "alarm" in test["config"].get("tags", [])
    }
    assert named == sections


def test_the_erd_has_every_dimension_fact_and_relationship(
    manifest: dict[str, Any],
) -> None:
    drawn = erd.diagram(manifest)
    nodes = manifest["nodes"]
    # Tables by the names that queries give them.
    marts = {key: node["alias"] for key, node in nodes.items() if erd.is_drawn(node)}
    assert set(re.findall(r'(?m)^  "(\w+)" {$', drawn)) == set(marts.values())
    related = [
        node
        for node in nodes.values()
        if erd.is_relationship(node) and set(node["depends_on"]["nodes"]) <= set(marts)
    ]
    assert len(re.findall(r"}o--\|\|", drawn)) == len(related) > 0


def test_every_threat_names_the_test_that_guards_against_it() -> None:
    page = pages()["docs/security.md"]
    rows = [line.split(" | ") for line in page.splitlines() if line.startswith("| ")]
    threats = [row for row in rows if row[0] not in ("| what is done", "| ---")]
    assert len(threats) > 30
    for threat in threats:
        place, _, name = threat[-1].strip(" |`").partition("::")
        folder = "" if place.startswith("tests/") else "tests/python"
        text = (REPOSITORY / folder / place).read_text()
        assert f"\ndef {name}(" in text, threat
