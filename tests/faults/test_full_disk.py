"""A full disk ends a run in one line; with room again, a clean run has it all."""

import os
import resource
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from faults_kit import Warehouse, chance, differences, done, made_company, systems

from demo import company
from environment.errors import MusterError
from environment.progress import Reporter
from operations.ingest import load

LIMITS = (0, 300, 2_000, 6_000, 20_000, 60_000)
"""Bytes that a file may have, from where nothing can be written to where much can."""

TRIALS = 8
MEGABYTE = 1 << 20


@pytest.fixture(scope="module")
def twin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    """A warehouse that had room, while the company's systems run."""
    folder = tmp_path_factory.mktemp("full")
    home = made_company(folder)
    company.set_clock(home, datetime(2026, 5, 29, 6, tzinfo=UTC))
    with systems(home, folder / "inbox"):
        twin = Warehouse(folder / "twin")
        done(twin.ingest)
        yield twin


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 64 MB, where one may be mounted."""
    path = tmp_path / "disk"
    path.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", str(path)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:  # noqa: S603
        pytest.skip("may not mount")
    yield path
    subprocess.run(["umount", "--lazy", str(path)], check=True)  # noqa: S603, S607


def told(warehouse: Warehouse) -> str:
    """What a run says that fails; empty where all is loaded."""
    try:
        with warehouse.stored():
            home = warehouse.environment.home
            tally = load((), home, "dev", Reporter())
    except MusterError as error:
        return str(error)
    return "\n".join(tally.failed.values())


def starve(warehouse: Warehouse, limit: int | None = None) -> str:
    """Run in a process of its own, in which a file may have so many bytes."""
    reading, writing = os.pipe()

    def run() -> None:
        if limit is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
        os.write(writing, told(warehouse).encode())

    done(run)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        return pipe.read()


def assert_told(warehouse: Warehouse, said: str) -> None:
    """Each line names a place and says what to do, and what is there is whole."""
    for line in said.splitlines():
        assert "no room to write /" in line
        assert "make room there, then run this again" in line
    warehouse.assert_whole()


@pytest.mark.parametrize("limit", LIMITS)
def test_files_that_cannot_grow(tmp_path: Path, twin: Warehouse, limit: int) -> None:
    one = Warehouse(tmp_path)
    said = starve(one, limit)
    assert said
    assert_told(one, said)
    done(one.ingest)
    assert differences(one, twin) == []


@pytest.mark.parametrize("part", ["home", "store"])
@pytest.mark.parametrize("trial", range(TRIALS))
def test_a_disk_that_is_full(
    tmp_path: Path, disk: Path, twin: Warehouse, trial: int, part: str
) -> None:
    one = Warehouse(tmp_path)
    (tmp_path / part).symlink_to(disk)
    ballast = disk / "ballast"
    free = chance(f"{part} {trial}").randrange(2 * MEGABYTE)
    ballast.write_bytes(bytes(64 * MEGABYTE - (free & -4096)))
    said = starve(one)
    assert_told(one, said)
    ballast.unlink()
    done(one.ingest)
    assert differences(one, twin) == []
