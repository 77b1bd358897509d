"""How the file systems hand over: an outbox by delivery instant, copied to inboxes.

The outbox holds one folder for each delivery instant, named so that names sort by
time. An inbox receives what is due at the clock and not yet delivered to it; beside
the outbox a small file for each inbox says how far it has come. Delivery is at least
once: a kill between the copy and that note repeats the files of one instant.
"""

import hashlib
import json
import shutil
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import numpy as np
import pyarrow as pa

from demo.spells import naive_utc

_INSTANT = "%Y%m%dT%H%M%SZ"
_PARTIAL = ".partial"


def reset(home: Path, source: str) -> None:
    """Empty a source's outbox and forget what was delivered from it."""
    shutil.rmtree(_outbox(home, source), ignore_errors=True)
    for note in _notes(home).glob(f"{source}-*.json"):
        note.unlink()


def put(home: Path, source: str, due: datetime, name: str, content: bytes) -> None:
    """Put a file into the outbox, to be delivered at an instant.

    Args:
        home: The warehouse's root folder, MUSTER_HOME.
        source: The source it comes from, such as `attendance`.
        due: When it is delivered, UTC.
        name: The name it has in the inbox.
        content: Its bytes.
    """
    folder = _outbox(home, source) / naive_utc(due).strftime(_INSTANT)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(content)


def deliver(home: Path, source: str, inbox: Path, clock: datetime) -> list[str]:
    """Copy the files due by the clock that this inbox has not received yet.

    A file appears in the inbox complete, under its name, or not at all. A second file
    of the same name replaces one of an earlier delivery; where both are due at once,
    it is numbered (`name_2.jsonl.gz`), so that neither is lost.

    Args:
        home: The warehouse's root folder, MUSTER_HOME.
        source: The source, such as `attendance`.
        inbox: The folder to deliver to, made where it is missing. A missing or an
            empty one receives everything again.
        clock: The company's clock.

    Returns:
        The names delivered, in order.
    """
    through = read_note(home, source, inbox)
    until = naive_utc(clock).strftime(_INSTANT)
    folders = sorted(
        folder
        for folder in _outbox(home, source).glob("*Z")
        if through < folder.name <= until
    )
    inbox.mkdir(parents=True, exist_ok=True)
    names: list[str] = []
    taken: set[str] = set()
    for folder in folders:
        for path in sorted(folder.iterdir()):
            name = _free_name(path.name, taken)
            taken.add(name)
            place(inbox, name, path.read_bytes())
            names.append(name)
        write_note(home, source, inbox, folder.name)
    return names


def place(inbox: Path, name: str, content: bytes) -> None:
    """Write a file into an inbox so that no reader ever sees half of it."""
    partial = inbox / f".{name}{_PARTIAL}"
    partial.write_bytes(content)
    partial.replace(inbox / name)


def read_note(home: Path, source: str, inbox: Path) -> str:
    """Read how far an inbox has come; an empty text where it holds nothing."""
    note = _note(home, source, inbox)
    if not note.exists() or not inbox.is_dir() or not any(inbox.iterdir()):
        return ""
    return str(json.loads(note.read_text())["through"])


def write_note(home: Path, source: str, inbox: Path, through: str) -> None:
    """Note how far an inbox has come, in one step that a kill cannot halve."""
    note = _note(home, source, inbox)
    note.parent.mkdir(parents=True, exist_ok=True)
    partial = note.with_suffix(_PARTIAL)
    partial.write_text(json.dumps({"inbox": str(inbox), "through": through}))
    partial.replace(note)


def files_of(table: pa.Table) -> Iterator[tuple[object, bytes]]:
    """Cut rendered lines into files without touching them one by one.

    Args:
        table: Columns `file_key` and `line`, sorted by file; a line holds its ending.

    Yields:
        Each file's key and its bytes.
    """
    if table.num_rows == 0:
        return
    keys = table.column("file_key").combine_chunks()
    lines = table.column("line").combine_chunks()
    _, offset_buffer, text_buffer = lines.buffers()
    width = np.int64 if pa.types.is_large_string(lines.type) else np.int32
    offsets = np.frombuffer(offset_buffer, dtype=width)[lines.offset :]
    text = memoryview(text_buffer)
    numbers = keys.dictionary_encode().indices.to_numpy()
    starts = np.flatnonzero(np.diff(numbers, prepend=-1))
    ends = np.append(starts[1:], len(numbers))
    for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
        yield keys[start].as_py(), bytes(text[offsets[start] : offsets[end]])


def _free_name(name: str, taken: set[str]) -> str:
    stem, dot, endings = name.partition(".")
    number = 1
    candidate = name
    while candidate in taken:
        number += 1
        candidate = f"{stem}_{number}{dot}{endings}"
    return candidate


def _outbox(home: Path, source: str) -> Path:
    return home / "demo" / "outbox" / source


def _notes(home: Path) -> Path:
    return home / "demo" / "outbox" / "delivered"


def _note(home: Path, source: str, inbox: Path) -> Path:
    key = hashlib.sha256(str(inbox.resolve()).encode()).hexdigest()[:16]
    return _notes(home) / f"{source}-{key}.json"
