"""What git says of the project that a release is built from."""

import re
import shutil
import subprocess
from pathlib import Path

ANSWERED = re.compile(r"\b(?:CR-\d+|INC-[0-9a-f]{10})\b")
"""A change request or an incident, as a commit names it."""


def revision_of(project: Path) -> tuple[str, bool]:
    """The git commit of a project, and whether files differ from it.

    Returns:
        The commit, or `unversioned` where there is none, and whether a file that git
        tracks was changed.
    """
    try:
        commit = git(project, "rev-parse", "HEAD")
        files = git(project, "status", "--porcelain", "--untracked-files=no")
    except (OSError, subprocess.CalledProcessError):
        return "unversioned", False
    return commit, bool(files)


def answers(project: Path, since: str | None) -> list[str]:
    """The change requests and incidents that commits name: `CR-12`, `INC-0123456789`.

    Args:
        project: The project's folder.
        since: The commit after which they count; where it is unknown, the last alone.
    """
    last = ("-1", "HEAD")
    for commits in ((f"{since}..HEAD",), last) if since else (last,):
        try:
            told = git(project, "log", "--format=%B", *commits, "--")
        except (OSError, subprocess.CalledProcessError):
            continue
        return sorted(set(ANSWERED.findall(told)))
    return []


def git(project: Path, *arguments: str) -> str:
    """What git says of a project.

    Raises:
        OSError: There is no git.
        subprocess.CalledProcessError: It knows nothing of what is asked.
    """
    found = shutil.which("git")
    if found is None:
        raise FileNotFoundError("git")
    return subprocess.run(  # noqa: S603
        [found, "-C", str(project), *arguments],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
