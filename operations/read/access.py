"""Who read what only few may: a line for each command, without what was read."""

import json
import os
from datetime import UTC, datetime

from environment import Environment, shown
from environment.errors import MusterError

FILE = "access.jsonl"
"""One JSON object a line: `read_at` (UTC), `uid`, `user`, `command`, `databases`."""


def note(environment: Environment, command: str, *databases: str) -> None:
    """Note who reads databases of few, before they are read.

    Args:
        environment: The environment.
        command: The command of `muster` that reads them.
        databases: Their names.

    Raises:
        MusterError: It cannot be noted; then nothing is to be read.
    """
    path = environment.folder / FILE
    line = {
        "read_at": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
        **_reader(),
        "command": command,
        "databases": databases,
    }
    try:
        opened = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        with os.fdopen(opened, "a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
    except OSError as error:
        raise MusterError(
            f"{shown(path)} cannot be written ({error.strerror}): who reads"
            f" {' and '.join(databases)} is noted there, so nothing was read."
        ) from None


def _reader() -> dict[str, object]:
    """Who runs the command, as the system knows it; no variable says otherwise."""
    if os.name == "nt":
        return {"uid": None, "user": os.getlogin()}
    import pwd

    uid = os.getuid()
    try:
        return {"uid": uid, "user": pwd.getpwuid(uid).pw_name}
    except KeyError:
        return {"uid": uid, "user": None}
