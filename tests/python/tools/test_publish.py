"""`make publish`: what it publishes, and what it refuses to."""

import os
import subprocess
import tomllib
from pathlib import Path

import pytest
from dbt_kit import REPOSITORY

PROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]
VERSION = PROJECT["version"]


def publish(
    folder: Path, tag: str, status: str, registry: str = "images.example.com"
) -> tuple[int, str, str]:
    """Run it with a `gh` and a `docker` that note what they are asked.

    Args:
        folder: Where those lie.
        tag: The tag that was pushed.
        status: How GitHub compares the revision with main.
        registry: Where images go; nowhere where it is empty.

    Returns:
        The exit code, what was said, and what was asked of the two.
    """
    asked = folder / "asked"
    for name in ("gh", "docker"):
        path = folder / name
        path.write_text(
            f'#!/bin/sh\necho "{name} $*" >> {asked}\n'
            f'case "$1" in api) echo {status};; login) cat > /dev/null;; esac\n'
        )
        path.chmod(0o755)
    done = subprocess.run(
        ["make", "publish"],  # noqa: S607
        cwd=REPOSITORY,
        env=os.environ
        | {
            "PATH": f"{folder}:{os.environ['PATH']}",
            "GH_TOKEN": "a token",
            "GITHUB_ACTOR": "somebody",
            "GITHUB_REF_NAME": tag,
            "GITHUB_REPOSITORY": "Harbour/Muster",
            "MUSTER_REGISTRY": registry,
        },
        capture_output=True,
        text=True,
        check=False,
    )
    told = asked.read_text() if asked.exists() else ""
    return done.returncode, done.stdout + done.stderr, told


def test_a_version_is_published_with_its_image_and_its_notes(tmp_path: Path) -> None:
    code, said, asked = publish(tmp_path, f"v{VERSION}", "identical")
    assert code == 0, said
    assert f"docker push images.example.com/harbour/muster:{VERSION}\n" in asked
    assert f"gh release create v{VERSION} --verify-tag" in asked
    assert "--notes-file target/product/notes.md" in asked
    assert "a token" not in asked + said


def test_without_a_registry_the_image_is_attached_alone(tmp_path: Path) -> None:
    code, said, asked = publish(tmp_path, f"v{VERSION}", "identical", registry="")
    assert code == 0, said
    assert "docker" not in asked
    assert "pushed nowhere" in said
    assert "target/product/*.tar.gz" in asked


@pytest.mark.parametrize(
    ("tag", "status", "reason"),
    [
        ("v99.0.0", "identical", f"is not v{VERSION}"),
        (f"v{VERSION}", "ahead", "is not on main"),
        (f"v{VERSION}", "diverged", "is not on main"),
    ],
)
def test_what_is_not_the_version_of_main_is_not_published(
    tmp_path: Path, tag: str, status: str, reason: str
) -> None:
    code, said, asked = publish(tmp_path, tag, status)
    assert code != 0
    assert reason in said
    assert "push" not in asked
    assert "release create" not in asked
