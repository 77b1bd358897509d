"""What is installed: everything that is imported, nothing more, the same for all."""

import ast
import re
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Iterator
from functools import cache
from importlib.metadata import packages_distributions
from itertools import chain
from pathlib import Path
from typing import Any

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]

PRODUCT = ("demo", "environment", "ingestion", "operations", "store")
AROUND = ("benchmarks", "tests", "tools")

LOCKS = {"requirements.lock", "requirements/dev.lock", "requirements/spark.lock"}


@cache
def declared() -> dict[str, Any]:
    """What pyproject.toml declares."""
    return tomllib.loads((REPOSITORY / "pyproject.toml").read_text())


def project() -> dict[str, Any]:
    """The project's table in it."""
    return dict(declared()["project"])


def names(requirements: list[str]) -> set[str]:
    """The packages of requirements, as registries compare names."""
    found = (re.match(r"[\w.-]+", each) for each in requirements)
    return {normal(match[0]) for match in found if match}


def normal(name: str) -> str:
    """A package's name as registries compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def locked(lock: str) -> dict[str, str]:
    """The packages of a lock, with version, marker and hashes of each."""
    text = (REPOSITORY / lock).read_text()
    return dict(re.findall(r"(?m)^([\w.-]+)==(.*(?:\n    .*)*)", text))


def imports(folder: str) -> Iterator[tuple[Path, str]]:
    """Every top-level module of another package, with the file that imports it."""
    own = {*PRODUCT, *AROUND, *(p.stem for p in (REPOSITORY / "tests").rglob("*"))}
    for path in sorted((REPOSITORY / folder).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            found = []
            if isinstance(node, ast.Import):
                found = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and not node.level:
                found = [node.module or ""]
            for module in {name.partition(".")[0] for name in found}:
                if module not in own | sys.stdlib_module_names:
                    yield path, module


@pytest.mark.parametrize("folder", PRODUCT + AROUND)
def test_what_is_imported_is_declared(folder: str) -> None:
    """A module of the product that needs an extra tells its readers which package."""
    distributions = packages_distributions()
    dependencies = names(project()["dependencies"])
    extras = {n for e in project()["optional-dependencies"].values() for n in names(e)}
    compared = names((REPOSITORY / "requirements/benchmarks.txt").read_text().split())
    missing = []
    for path, module in imports(folder):
        packages = {normal(name) for name in distributions.get(module, [module])}
        if folder in AROUND:
            is_declared = packages & (dependencies | extras | compared)
        else:
            text = path.read_text()
            said = {name for name in packages & extras if name in text}
            is_declared = packages & dependencies | said
        if not is_declared:
            missing.append(f"{path.relative_to(REPOSITORY)}: {module}")
    assert not missing


def test_locks_hold_what_is_declared_with_hashes() -> None:
    extras = dict(project()["optional-dependencies"])
    tools, spark = extras.pop("dev"), extras.pop("spark")
    needed = project()["dependencies"]
    running = names([*needed, *chain(*extras.values())])
    # A third of a gigabyte, which few need.
    assert names([*needed, *spark]) <= locked("requirements/spark.lock").keys()
    assert not names(spark) & locked("requirements/dev.lock").keys()
    assert running <= locked("requirements.lock").keys()
    assert running | names(tools) <= locked("requirements/dev.lock").keys()
    for lock in LOCKS:
        packages = locked(lock)
        assert all("--hash=sha256:" in rest for rest in packages.values())
        # It would fetch a binary from the network while it is installed.
        assert "dbt-core-experimental-parser" not in packages


def test_tests_run_with_the_versions_that_users_have() -> None:
    larger = locked("requirements/dev.lock")
    beside = locked("requirements/spark.lock")
    both = {name: rest for name, rest in beside.items() if name in larger}
    for name, rest in [*locked("requirements.lock").items(), *both.items()]:
        version = re.match(r"[^ ]+", rest)
        assert version
        assert larger[name].startswith(f"{version[0]} "), name


IMPORT_ALL = """
import importlib, pkgutil, sys

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in absent:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

absent, folders = (set(each.split(",")) for each in sys.argv[1:])
sys.meta_path.insert(0, Absent())
for folder in folders:
    for module in pkgutil.walk_packages([folder], f"{folder}."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
"""


def test_every_module_is_imported_with_what_running_needs() -> None:
    present = locked("requirements.lock").keys() | {"muster"}
    absent = {
        module
        for module, packages in packages_distributions().items()
        if not present & {normal(package) for package in packages}
    }
    assert {"pytest", "sqlfluff", "dbterd"} <= absent
    done = subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-c", IMPORT_ALL, ",".join(absent), ",".join(PRODUCT)],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    assert not done.returncode, done.stderr


def test_only_who_builds_waits_for_dbt() -> None:
    """Its adapters take most of two seconds to import."""
    readers = "ingest, erasure.forget, monitoring.look, read.status, read.summary"
    modules = ", ".join(f"operations.{name}" for name in readers.split(", "))
    code = f"import sys, {modules}; print(*sys.modules)"
    done = subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-c", code],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=True,
    )
    assert not {"dbt.adapters", "dbt.cli", "dlt"} & set(done.stdout.split())


def test_the_wheel_holds_the_product_and_nothing_else(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d"]
    subprocess.run([*build, str(tmp_path)], cwd=REPOSITORY, check=True)  # noqa: S603
    [wheel] = tmp_path.glob("*.whl")
    packed = set(zipfile.ZipFile(wheel).namelist())
    forced = declared()["tool"]["hatch"]["build"]["targets"]["wheel"]
    read_by_dbt = {name.partition("/")[0] for name in forced["force-include"]}
    assert {name.partition("/")[0].partition("-")[0] for name in packed} == {
        *PRODUCT,
        *read_by_dbt,
        "muster",
    }
    code = {
        str(path.relative_to(REPOSITORY))
        for folder in PRODUCT
        for path in (REPOSITORY / folder).rglob("*")
        if path.suffix in {".py", ".sql"}
    }
    assert code <= packed
