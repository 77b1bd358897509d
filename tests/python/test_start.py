"""Where Muster can start: the image, the development container, and the wheel."""

import json
import os
import re
import subprocess
import sys
import zipfile
from fnmatch import fnmatch
from pathlib import Path

import pytest
from dbt_kit import REPOSITORY

DOCKERFILE = (REPOSITORY / "Dockerfile").read_text()

IN_PLACE = {
    "Makefile",
    "pyproject.toml",
    "requirements",
    "LICENSE",
    "README.md",
    ".dlt",
}
"""What only an installation in place has."""


def instructions() -> list[tuple[str, str]]:
    """What the Dockerfile says, line by line."""
    joined = re.sub(r"\\\n\s*", " ", re.sub(r"(?m)^#.*\n", "", DOCKERFILE))
    lines = [line for line in joined.splitlines() if line.strip()]
    return [(line.split()[0], line.partition(" ")[2].strip()) for line in lines]


def tracked(*names: str) -> list[str]:
    """The files of git below some names, or all of them."""
    return subprocess.run(  # noqa: S603
        ["git", "ls-files", *names],  # noqa: S607
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()


def allowed() -> list[str]:
    """What `.dockerignore` lets into the image."""
    lines = (REPOSITORY / ".dockerignore").read_text().splitlines()
    assert lines[1] == "*", "everything is left out but what is listed"
    return [line[1:] for line in lines if line.startswith("!")]


def test_the_image_runs_as_nobody_special_and_keeps_data_in_its_volume() -> None:
    told = instructions()
    names = [name for name, _ in told]
    assert names[0] == "FROM"
    assert ":latest" not in told[0][1]
    user = names.index("USER")
    assert told[user][1] not in {"root", "0"}
    assert all(user < names.index(name) for name in ("COPY", "ENTRYPOINT"))
    assert "ADD" not in names
    assert ("VOLUME", "/data") in told
    assert ("ENTRYPOINT", '["muster"]') in told
    environment = " ".join(rest for name, rest in told if name == "ENV")
    assert "MUSTER_HOME=/data" in environment
    assert not re.search(r"(?i)secret|token|password|_key", environment)
    assert [rest for name, rest in told if name == "RUN"][-1] == "make setup"


def test_what_comes_into_the_image_is_there_and_holds_nothing_of_a_company() -> None:
    for name in allowed():
        assert (REPOSITORY / name).exists(), name
    ignored = (REPOSITORY / ".gitignore").read_text().split()
    for name in allowed():
        assert tracked(name), f"git has nothing of {name}"
        assert not any(fnmatch(f"{name}/", pattern) for pattern in ignored)


def test_the_image_holds_what_the_wheel_does(wheel: set[str]) -> None:
    roots = {name.partition("/")[0] for name in allowed()} - IN_PLACE
    packed = {name.partition("/")[0] for name in wheel}
    assert roots == {name for name in packed if not name.startswith("muster-")}


def test_the_development_container_is_made_by_the_makefile() -> None:
    path = REPOSITORY / ".devcontainer" / "devcontainer.json"
    container = json.loads(path.read_text())
    assert container["postCreateCommand"] == "make develop"
    recommended = json.loads((REPOSITORY / ".vscode" / "extensions.json").read_text())
    extensions = container["customizations"]["vscode"]["extensions"]
    assert extensions == recommended["recommendations"]
    settings = json.loads((REPOSITORY / ".vscode" / "settings.json").read_text())
    named = re.findall(r"\.venv/bin/(\w+)", json.dumps(settings))
    assert {"python", "sqlfluff"} <= set(named)
    assert not [
        name for name in named if not (Path(sys.executable).parent / name).exists()
    ]


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, as it is installed."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d"]
    subprocess.run([*build, str(folder)], cwd=REPOSITORY, check=True)  # noqa: S603
    [wheel] = folder.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "installed")
    return folder / "installed"


@pytest.fixture(scope="module")
def wheel(unpacked: Path) -> set[str]:
    """What is in the wheel."""
    return {str(path.relative_to(unpacked)) for path in unpacked.rglob("*")}


def test_the_wheel_runs_from_where_it_is_installed(
    unpacked: Path, tmp_path: Path
) -> None:
    """Of dbt's project it has every file: a build by hand has run from it."""
    variables = {"PYTHONPATH": str(unpacked), "MUSTER_HOME": str(tmp_path / "home")}

    def run(code: str, *arguments: str) -> str:
        return subprocess.run(  # noqa: S603
            [sys.executable, "-P", "-c", code, *arguments],
            cwd=tmp_path,
            env=os.environ | variables,
            capture_output=True,
            text=True,
            check=True,
        ).stdout

    muster = "from operations.cli import main; main()"
    assert run("import environment; print(environment.PROJECT)") == f"{unpacked}\n"
    assert "ingest" in run(muster, "--help")
    run(muster, "demo", "create", "--employees", "20", "--months", "2")
    assert (tmp_path / "home" / "demo" / "state.json").exists()


def test_the_wheel_has_all_that_dbt_reads(wheel: set[str]) -> None:
    read = ("models", "macros", "seeds", "demo/company", "tests/generic")
    files = tracked(*read, "tests/singular", "dbt_project.yml", "profiles.yml")
    assert len(files) > 500
    assert set(files) <= wheel


def test_pages_install_the_lock_without_asking_what_it_leaves_out() -> None:
    """What `overrides.txt` leaves out of the lock, pip would look for and not find."""
    assert (REPOSITORY / "requirements/overrides.txt").read_text().strip()
    lines = [
        line
        for name in tracked("*.md")
        for line in (REPOSITORY / name).read_text().splitlines()
        if "pip install" in line and ".lock" in line
    ]
    assert lines
    assert all("--no-deps --require-hashes" in line for line in lines)
