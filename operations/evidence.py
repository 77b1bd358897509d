"""What an environment's current release says of itself, for a workflow's next step.

`python -m operations.evidence prod target/release` copies `release.json` and
`requirements.md` there, and writes `release=...` and `revision=...` as lines, which is
the form of GitHub's `$GITHUB_OUTPUT`; the values are empty before the first release.
"""

import sys
from pathlib import Path

from operations import environment as environments
from operations import releases
from operations.environment import Environment
from operations.errors import OperationError
from operations.store import open_store

FILES = ("release.json", "requirements.md")


def collect(environment: Environment, folder: Path) -> dict[str, str]:
    """Copy what tells of the current release.

    Args:
        environment: The environment.
        folder: Where the files go; it is made.

    Returns:
        The release's id as `release` and its git commit as `revision`.

    Raises:
        OperationError: The store cannot be read, or the release is not whole.
    """
    store = open_store(environment)
    current = releases.current(store)
    if current is None:
        return {"release": "", "revision": ""}
    released = releases.read(store, current)
    if released is None:
        raise OperationError(
            f"{environment.name} shows the release {current}, which is not in the "
            f"store: run muster rollback {environment.name}."
        )
    folder.mkdir(parents=True, exist_ok=True)
    for name in FILES:
        store.download(f"{released.key}/{name}", folder / name)
    return {"release": released.release, "revision": released.revision}


def main() -> None:
    """Collect as the command line says."""
    try:
        told = collect(environments.find(sys.argv[1]), Path(sys.argv[2]))
    except OperationError as error:
        sys.exit(f"muster: {error}")
    for name, value in told.items():
        sys.stdout.write(f"{name}={value}\n")


if __name__ == "__main__":
    main()
