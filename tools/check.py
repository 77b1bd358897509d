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

BIN = Path(sys.executable).parent

MAIN = ("origin/main", "main")
"""What a branch is compared with, the best first."""

BUILT = (
    "dbt_project.yml",
    "macros/",
    "models/",
    "operations/build/inside/",
    "seeds/",
    "tests/generic/",
    "tests/singular/",
)
"""What a build depends on: where none of it changed, nothing is built."""

MANIFEST = Path("target/ci/ci/dbt/manifest.json")
"""What the build has just read of the project, so that the tests need not."""

LEFT = (
    "Left to CI (make test): the other Python tests, with the oracles, and sqlfluff on"
    " what did not change."
)


def main() -> int:
    """Check what differs from main.

    Returns:
        0 if all of it passes, else 1.
    """
    files = changed()
    steps: dict[str, Sequence[str | Path]] = {
        "Lint": (BIN / "pre-commit", "run", "--files", *files),
        "Build": ("make", "--no-print-directory", "slim"),
        "Structure": (
            *(BIN / "python", "-m", "pytest", "-q", "-m", "structure"),
            *sorted(Path("tests/python").glob("test_*.py")),
        ),
    }
    if not any(file.startswith(BUILT) for file in files):
        del steps["Build"]
    else:
        os.environ["MUSTER_MANIFEST"] = str(MANIFEST.resolve())
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


def changed() -> list[str]:
    """The files that differ from where the branch left main, with those not added."""
    bases = (git("merge-base", "HEAD", name) for name in MAIN)
    base = next((found[0] for found in bases if found), "HEAD")
    differing = git("diff", "--name-only", "--diff-filter=d", base)
    return sorted({*differing, *git("ls-files", "--others", "--exclude-standard")})


def git(*arguments: str) -> list[str]:
    """What git says, by line; nothing where it fails."""
    command = ["git", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    return done.stdout.splitlines() if not done.returncode else []


if __name__ == "__main__":
    sys.exit(main())
