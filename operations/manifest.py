"""What dbt says of the project as it stands: its manifest."""

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from operations.environment import PROJECT, silence_telemetry

Manifest = dict[str, Any]


def parsed() -> Manifest:
    """Let dbt read the project as it stands, without any database.

    Returns:
        The manifest.

    Raises:
        SystemExit: dbt cannot read the project.
    """
    from dbt.cli.main import dbtRunner

    silence_telemetry()
    with tempfile.TemporaryDirectory(prefix="muster-manifest-") as scratch:
        options = [
            *("--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT)),
            *("--target-path", scratch, "--log-path", scratch, "--log-level", "none"),
        ]
        result = dbtRunner().invoke(["parse", *options])
        if not result.success:
            sys.exit(f"dbt cannot read the project: {result.exception}")
        manifest = json.loads((Path(scratch) / "manifest.json").read_text())
    assert isinstance(manifest, dict)  # noqa: S101 - for the type checker
    return manifest
