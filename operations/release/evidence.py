"""What an environment's current release says of itself, for a workflow's next step.

`python -m operations.release.evidence prod target/release` copies `release.json` and
`requirements.md` there, and writes `release=...` and `revision=...` as lines, which is
the form of GitHub's `$GITHUB_OUTPUT`; the values are empty before the first release.
"""

import sys
from pathlib import Path

import environment as environments
from environment import Environment
from environment.errors import MusterError
from store import releases
from store.store import open_store

FILES = ("release.json", "requirements.md")


def collect(environment: Environment, folder: Path) -> dict[str, str]:
    """Copy what tells of the current release.

    Returns:
        The release's id as `release` and its git commit as `revision`.

    Raises:
        MusterError: The store cannot be read, or the release is not whole.
    """
    store = open_store(environment)
    current = releases.current(store)
    if current is None:
        return {"release": "", "revision": ""}
    released = releases.read(store, current)
    if released is None:
        raise MusterError(
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
    except MusterError as error:
        sys.exit(f"muster: {error}")
    for name, value in told.items():
        sys.stdout.write(f"{name}={value}\n")


if __name__ == "__main__":
    main()
