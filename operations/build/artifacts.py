"""What dbt writes of a project and of its runs: the manifest and the results."""

import json
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from environment import PROJECT, Environment, shown, silence_telemetry
from environment.errors import MusterError
from operations.build.inside import company

MANIFEST = "manifest.json"
RESULTS = "run_results.json"

Node = Mapping[str, Any]
"""An artifact, or a node of one."""


def read(path: Path, *, is_needed: bool = True) -> dict[str, Any]:
    """Read an artifact.

    Args:
        path: One of dbt's files.
        is_needed: Whether one that is missing is an error, or else is empty.

    Raises:
        MusterError: It is missing or is no JSON object.
    """
    try:
        content = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        content = None if is_needed or not isinstance(error, FileNotFoundError) else {}
    if not isinstance(content, dict):
        raise MusterError(
            f"{shown(path)} is missing or unreadable: run muster build "
            "--force, which writes it."
        )
    return content


def parsed() -> dict[str, Any]:
    """Let dbt read the project as it stands, without any database.

    Returns:
        The manifest.

    Raises:
        SystemExit: dbt cannot read the project.
    """
    from dbt.cli.main import dbtRunner

    silence_telemetry()
    company.tell_dbt(PROJECT)
    with tempfile.TemporaryDirectory(prefix="muster-parsed-") as scratch:
        options = [
            *("--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT)),
            *("--target-path", scratch, "--log-path", scratch, "--log-level", "none"),
        ]
        result = dbtRunner().invoke(["parse", *options])
        if not result.success:
            sys.exit(f"dbt cannot read the project: {result.exception}")
        return read(Path(scratch) / MANIFEST)


def read_note(environment: Environment) -> dict[str, Any]:
    """What the last successful build wrote down; empty where there was none."""
    try:
        note = json.loads(environment.last_build.read_text())
    except (OSError, ValueError):
        return {}
    return note if isinstance(note, dict) else {}
