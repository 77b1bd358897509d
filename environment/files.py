"""Files: their checksums, written whole or not at all, and for their owner only."""

import hashlib
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

PRIVATE = 0o077
"""The umask of files that are for their owner only."""


def checksum(path: Path) -> str:
    """The SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def digest(folder: Path, paths: Iterable[Path]) -> str:
    """The SHA-256 of several files, in hexadecimal: of their names and contents.

    Args:
        folder: What their names are told from.
        paths: The files, in an order of their own.
    """
    whole = hashlib.sha256()
    for path in paths:
        whole.update(f"{path.relative_to(folder).as_posix()}\0".encode())
        whole.update(checksum(path).encode())
    return whole.hexdigest()


def write_whole(path: Path, text: str) -> None:
    """Write a line of text as a file, whole or not at all, also in a power cut."""
    folders = path.parents[: 1 if path.parent.exists() else 3]
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    draft.write_text(text + "\n", encoding="utf-8")
    keep(draft)
    draft.replace(path)
    for folder in folders:
        keep(folder)


def keep(path: Path) -> None:
    """See that a file, or which names a folder has, is on the disk."""
    # Windows opens no folders, and keeps names by itself.
    if os.name == "nt" and path.is_dir():
        return
    opened = os.open(path, os.O_RDWR if os.name == "nt" else os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


@contextmanager
def private_files() -> Iterator[None]:
    """Files made inside are for their owner only: raw data is personal."""
    with own_umask():
        os.umask(PRIVATE)
        yield


@contextmanager
def own_umask() -> Iterator[None]:
    """Whatever umask is set inside, it is as it was afterwards."""
    before = os.umask(PRIVATE)
    os.umask(before)
    try:
        yield
    finally:
        os.umask(before)
