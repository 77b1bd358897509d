"""What holds for every file: form, nothing secret, one command surface."""

import ast
import os
import re
import shutil
import subprocess
import tomllib
from collections.abc import Iterator
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest
import yaml

from environment import NAMES, TARGETS
from operations.build.fingerprint import PYTHON

pytestmark = pytest.mark.structure

REPOSITORY = Path(__file__).resolve().parents[2]

BINARY = {".png", ".ico", ".gz", ".parquet", ".sqlite", ".xlsx"}

TABS_MEAN_SOMETHING = {"Makefile"}

LARGEST_BYTES = 1_000_000

# Written apart, so that this file does not contain what it forbids.
SECRETS = {
    "a private key": r"-----BEGIN [A-Z ]*PRIVATE" + " KEY",
    "a cloud access key": r"\b(AKIA|ASIA)[0-9A-Z]{16}\b",
    "a code host's token": r"\b(gh[pousr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{60})",
    "a chat token": r"\bxox[abprs]-[A-Za-z0-9-]{10}",
    "a signed web token": r"\beyJ[A-Za-z0-9_-]{20,}\.[A-Za-z0-9_-]{20,}\.",
    # A host that is meant as an example has no secret.
    "a URL with a password": r"[a-z]://[^/\s:@{}<>\"']+:[^/\s:@{}<>\"'*]{6,}@"
    r"(?!host\b|localhost\b|127\.0\.0\.1\b|[\w.-]+\.(example|example\.com|invalid)\b)",
}

MACHINES = {
    "a path of somebody's machine": r"(?<![\w.$}/-])/(home|Users|root|work|mnt)/[a-z]",
    "a drive letter": r"\b[A-Z]:\\[A-Za-z]",
    "a package index": r"(files\.python"
    + r"hosted\.org|pypi"
    + r"\.org/simple|--(extra-)?"
    r"index-url|registry\.npm" + r"js\.org)",
}


# Package to what it may stand on, besides itself.
LAYERS = {
    "demo": (),
    "environment": (),
    "ingestion": ("environment",),
    "store": (
        "environment",
        "ingestion.erasure.forgotten",
        "ingestion.index",
        "ingestion.landing",
        "ingestion.ledger_tables",
        "ingestion.log",
        "ingestion.mending",
        "ingestion.signing",
    ),
    "operations": ("demo", "environment", "ingestion", "store"),
}


@cache
def tracked() -> tuple[Path, ...]:
    """Every text file that git tracks and that is there."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"],  # noqa: S607
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split("\0")
    paths = (REPOSITORY / name for name in listed if name)
    return tuple(p for p in paths if p.is_file() and p.suffix not in BINARY)


def found(pattern: str) -> list[str]:
    """File and line of every match in tracked files."""
    expression = re.compile(pattern)
    return [
        f"{path.relative_to(REPOSITORY)}:{number}"
        for path in tracked()
        for number, text in enumerate(path.read_text().splitlines(), 1)
        if expression.search(text)
    ]


def makefile_targets() -> set[str]:
    """The targets that a person can ask for."""
    lines = (REPOSITORY / "Makefile").read_text().splitlines()
    phony = (line.split(":")[1].split() for line in lines if line.startswith(".PHONY:"))
    return {target for targets in phony for target in targets}


@cache
def modules() -> dict[str, tuple[str, ...]]:
    """Every module of the packages in `LAYERS`, with the modules of ours it imports."""
    paths = {
        ".".join(path.with_suffix("").relative_to(REPOSITORY).parts): path
        for package in LAYERS
        for path in (REPOSITORY / package).rglob("*.py")
    }
    paths = {name.removesuffix(".__init__"): path for name, path in paths.items()}
    ours = {path.name for path in REPOSITORY.iterdir() if path.is_dir()}
    return {
        name: tuple(
            sorted(
                each if each in paths else each.rpartition(".")[0]
                for each in imported(ast.parse(path.read_text()))
                if each.partition(".")[0] in ours
            )
        )
        for name, path in paths.items()
    }


def imported(tree: ast.AST) -> Iterator[str]:
    """What a module imports, also later, but for what only its types need."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            continue
        if isinstance(node, ast.Import):
            yield from (f"{alias.name}." for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        else:
            yield from imported(node)


@pytest.mark.parametrize(
    ("fault", "pattern"),
    [
        ("blanks at the end of a line", r"[ \t\r]$"),
        ("a merge left open", r"^(<{7}|>{7})( |$)"),
    ],
)
def test_no_line_has(fault: str, pattern: str) -> None:
    assert not found(pattern), fault


def test_every_text_file_ends_with_one_newline() -> None:
    faulty = [
        str(path.relative_to(REPOSITORY))
        for path in tracked()
        if (text := path.read_text()) and not re.search(r"[^\n]\n\Z", text)
    ]
    assert not faulty


def test_tabs_stand_only_where_they_mean_something() -> None:
    faulty = [
        str(path.relative_to(REPOSITORY))
        for path in tracked()
        if path.name not in TABS_MEAN_SOMETHING and "\t" in path.read_text()
    ]
    assert not faulty


def test_no_large_file_is_tracked() -> None:
    large = {
        str(path.relative_to(REPOSITORY)): path.stat().st_size
        for path in tracked()
        if path.stat().st_size > LARGEST_BYTES
    }
    assert not large


@pytest.mark.parametrize("fault", SECRETS)
def test_no_file_holds_a_secret(fault: str) -> None:
    assert not found(SECRETS[fault])


@pytest.mark.parametrize("fault", MACHINES)
def test_no_file_knows_the_machine_it_was_written_on(fault: str) -> None:
    assert not found(MACHINES[fault])


def test_the_tests_of_a_file_go_to_one_worker(request: pytest.FixtureRequest) -> None:
    """What they share is made once; the group stands in the id."""
    if getattr(request.config.option, "loadgroup", False):
        assert request.node.nodeid.endswith("@test_repository")


def test_what_is_installed_is_what_the_layers_are() -> None:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())
    wheel = project["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert sorted(wheel["packages"]) == sorted(LAYERS)


@pytest.mark.parametrize("package", LAYERS)
def test_a_package_stands_on_the_layers_below_it_alone(package: str) -> None:
    allowed = (package, *LAYERS[package])
    wrong = {
        f"{name} imports {each}"
        for name, found in modules().items()
        for each in found
        if name.partition(".")[0] == package
        and not any(f"{each}.".startswith(f"{one}.") for one in allowed)
    }
    assert not wrong


def test_no_module_imports_itself_by_way_of_others() -> None:
    TopologicalSorter(modules()).prepare()


def test_what_runs_inside_dbt_is_in_every_fingerprint_with_all_below_it() -> None:
    inside = "operations.build.inside"
    found = {name for name in modules() if f"{name}.".startswith(f"{inside}.")}
    assert {f"{inside}.plugin", f"{inside}.least_squares"} <= found
    assert f"module: {inside}.plugin" in (REPOSITORY / "profiles.yml").read_text()
    waiting = list(found)
    while waiting:
        fresh = set(modules()[waiting.pop()]) - found
        found |= fresh
        waiting += fresh
    folders = tuple(f"{name.replace('/', '.')}." for name in PYTHON)
    assert not {name for name in found if not f"{name}.".startswith(folders)}


def test_dbt_knows_the_environments_that_python_knows() -> None:
    profiles = yaml.safe_load((REPOSITORY / "profiles.yml").read_text())
    assert tuple(profiles["muster"]["outputs"]) == (*NAMES, *TARGETS)


def test_make_help_lists_every_target() -> None:
    told = subprocess.run(
        ["make", "help"],  # noqa: S607
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    listed = set(re.findall(r"^  ([a-z-]+) ", told, re.MULTILINE))
    assert listed == makefile_targets()


@pytest.mark.parametrize(
    ("python", "complaint"),
    [("false", "false is not one"), ("no-such-python", "no-such-python is not one")],
)
def test_an_unfit_python_is_one_line(
    python: str, complaint: str, tmp_path: Path
) -> None:
    for name in ("Makefile", "requirements.lock", "pyproject.toml"):
        shutil.copy(REPOSITORY / name, tmp_path)
    shutil.copytree(REPOSITORY / "requirements", tmp_path / "requirements")
    result = subprocess.run(  # noqa: S603
        ["make", "setup", f"PYTHON={python}"],  # noqa: S607
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode != 0
    complaints = [
        line for line in result.stderr.splitlines() if "make: ***" not in line
    ]
    assert len(complaints) == 1
    assert "Muster needs Python 3.11, 3.12 or 3.13" in complaints[0]
    assert complaint in complaints[0]
    assert not (tmp_path / ".venv").exists()


def test_ci_runs_what_a_person_runs() -> None:
    script = REPOSITORY / ".ci" / "run"
    assert os.access(script, os.X_OK)
    commands = [
        line for line in script.read_text().splitlines() if line and line[0] != "#"
    ]
    assert commands[0] == "set -euo pipefail"
    assert commands[-1] == "exec make test"


def test_privacy_owns_what_decides_whether_a_person_can_be_told() -> None:
    roles: dict[Path, list[str]] = {}
    for line in (REPOSITORY / ".github" / "CODEOWNERS").read_text().splitlines():
        if line.startswith("/"):
            pattern, *named = line.split()
            found = list(REPOSITORY.glob(pattern.strip("/")))
            assert found, f"CODEOWNERS names {pattern}"
            # The last line that matches a path decides.
            for path in found:
                roles |= dict.fromkeys([path, *path.rglob("*")], named)
    deciding = (
        *("macros/disclosure/", "macros/inputs/", "macros/engine/pseudonym"),
        *("models/groups.yml", "models/marts/published/", "models/marts/restricted/"),
        *("models/marts/core/dim_published_group", "dbt_project.yml"),
        *("operations/attack/", "operations/build/inside/", "operations/release/audit"),
    )
    names = {str(path.relative_to(REPOSITORY)): path for path in tracked()}
    for start in deciding:
        paths = [path for name, path in names.items() if name.startswith(start)]
        assert paths, f"nothing is called {start}"
        assert not [p for p in paths if "@muster/privacy" not in roles.get(p, [])]


def test_every_hook_runs_from_the_locked_environment() -> None:
    config = yaml.safe_load((REPOSITORY / ".pre-commit-config.yaml").read_text())
    for repository in config["repos"]:
        assert repository["repo"] == "local"
        for hook in repository["hooks"]:
            assert hook["language"] == "system"
            assert hook["entry"].startswith(".venv/bin/"), hook["id"]
