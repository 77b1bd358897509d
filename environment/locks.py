"""Who may write an environment's folder: one ingestion at a time."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from environment import Environment, shown
from environment.databases import connect, drop_empty
from environment.errors import MusterError, no_room
from environment.files import private_files

PATIENCE_SECONDS = 30
"""How long a command waits for another one that writes the same small file."""


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold an environment's folder, which is made where it is missing.

    Raises:
        MusterError: Another process holds it, or it cannot be written.
    """
    with writable(folder):
        folder.mkdir(parents=True, exist_ok=True)
        # Analysts may open the marts by name; every other file is its owner's alone.
        folder.chmod(0o711)
    holder = folder / "ingest.pid"
    try:
        with FileLock(folder / "ingest.lock", timeout=0):
            holder.write_text(str(os.getpid()), encoding="ascii")
            yield
            holder.unlink(missing_ok=True)
    except Timeout:
        raise MusterError(
            f"another muster ingest{_told(holder)} is loading {folder};"
            " wait until it is done, or end it"
        ) from None
    except PermissionError as error:
        raise _not_writable(folder, error) from None


@contextmanager
def building(folder: Path) -> Iterator[None]:
    """Hold what a build reads and writes: its databases, and every load of the log.

    Raises:
        MusterError: A build holds it, or an erasure, or it cannot be written.
    """
    with writable(folder):
        folder.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(folder / "build.lock", timeout=0, mode=0o600):
            yield
    except Timeout:
        raise MusterError(
            f"another muster command builds or erases in {shown(folder)}: wait until it"
            " is done, or end it"
        ) from None
    except PermissionError as error:
        raise _not_writable(folder, error) from None


@contextmanager
def held(folder: Path, name: str) -> Iterator[None]:
    """Hold one file of a private folder, which is made where it is missing.

    Raises:
        MusterError: Another process holds it for long, or it cannot be written.
    """
    with private_files(), writable(folder):
        folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(folder / f".{name}.lock", timeout=PATIENCE_SECONDS, mode=0o600)
        try:
            with lock:
                yield
        except Timeout:
            raise MusterError(
                f"Another muster command is writing {folder / name}: try again when it"
                " is done."
            ) from None


@contextmanager
def writable(folder: Path) -> Iterator[None]:
    """Say in one line why a folder of an environment cannot be written.

    Raises:
        MusterError: It cannot.
    """
    try:
        yield
    except OSError as error:
        raise _not_writable(folder, error) from None


def require_writable(environment: Environment) -> None:
    """Check that the marts can be written, before an hour of work says so.

    Raises:
        MusterError: A folder or file may not be written, or is in use.
    """
    if not os.access(environment.folder, os.W_OK):
        raise MusterError(
            f"No permission to write in {shown(environment.folder)}: change its "
            "permissions, or set MUSTER_HOME to a folder of yours."
        )
    for path in environment.databases:
        drop_empty(path)
        if path.exists():
            connect(path, read_only=False).close()


def _told(holder: Path) -> str:
    try:
        return f" (process {int(holder.read_text('ascii'))})"
    except (OSError, ValueError):
        return ""


def _not_writable(folder: Path, error: OSError) -> MusterError:
    if full := no_room(error, folder):
        return MusterError(full)
    what = (error.strerror or "no permission").lower()
    return MusterError(
        f"cannot write {folder} ({what}); make sure of room and of write permission"
        " there, or set MUSTER_HOME to a folder of your own"
    )
