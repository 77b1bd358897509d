"""`make check`: the quick loop of a change, in a minute; the rest is CI's.

It lints the files that differ from main, builds and tests the models that they change
with what is made from those, and runs the tests of the repository's structure.
"""

import os
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from operations.build import fingerprint
from operations.diff import slim

BIN = Path(sys.executable).parent

MAIN = ("origin/main", "main")
"""What a branch is compared with, the best first."""

BUILT = (*fingerprint.NODES, *slim.UNSEEN)
"""What a build depends on: where none of it changed, nothing is built."""

PARSED = Path("target/ci/ci/dbt")
"""Where the build has just read the project, so that the tests need not."""

LEFT = (
    "Left to CI (make test): the other Python tests, with the oracles, and sqlfluff on"
    " what did not change."
)


def main() -> int:
    """Check what differs from main.

    Returns:
        0 if all of it passes, 1 if not, 2 if there is nothing to compare with.
    """
    base = next((found[0] for name in MAIN if (found := merge_base(name))), "")
    if not base:
        sys.stderr.write(
            "make check: main is not here, or git is not: git fetch origin main\n"
        )
        return 2
    differing = git("diff", "--name-only", base)
    files = {*differing, *git("ls-files", "--others", "--exclude-standard")}
    there = sorted(file for file in files if Path(file).exists())
    steps: dict[str, Sequence[str | Path]] = {
        "Lint": (BIN / "pre-commit", "run", "--files", *there),
        "Build": ("make", "--no-print-directory", "slim"),
        "Structure": (
            *(BIN / "python", "-m", "pytest", "-q", "-m", "structure"),
            *sorted(Path("tests/python").glob("test_*.py")),
        ),
    }
    if not any(file.startswith(BUILT) for file in files):
        del steps["Build"]
    else:
        os.environ["MUSTER_PARSED"] = str(PARSED.resolve())
    failed = [name for name, command in steps.items() if not passes(name, command)]
    told = f"Failed: {', '.join(failed)}." if failed else f"{len(files)} files checked."
    sys.stdout.write(f"\n{told} {LEFT}\n")
    return bool(failed)


def passes(name: str, command: Sequence[str | Path]) -> bool:
    """Run one step, and tell how long it took."""
    sys.stdout.write(f"\n── {name}\n")
    sys.stdout.flush()
    started = time.monotonic()
    code = subprocess.run(command, check=False).returncode  # noqa: S603
    sys.stdout.write(f"{name}: {time.monotonic() - started:.0f} s\n")
    return not code


def merge_base(name: str) -> list[str]:
    """Where the branch left another one; nothing where that is not here."""
    return git("merge-base", "HEAD", name)


def git(*arguments: str) -> list[str]:
    """What git says, by line; nothing where it fails."""
    try:
        done = subprocess.run(  # noqa: S603
            ["git", *arguments],  # noqa: S607
            capture_output=True,
            text=True,
            check=False,
        )
    except FileNotFoundError:
        return []
    return done.stdout.splitlines() if not done.returncode else []


if __name__ == "__main__":
    sys.exit(main())
