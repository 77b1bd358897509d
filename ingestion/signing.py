"""Signed markers: without the key nobody adds a load to the log, or changes one.

Where `MUSTER_LOG_KEY` is set, each marker that is written bears an HMAC-SHA-256 of its
name and content, and none is read that does not. A marker has the checksum of each of
its files, and the ledger is loads as well: so are all rows of the log covered. What dlt
keeps beside them, columns and how far a source was read, is read as dlt wrote it: of
these files the name bears the signature.
"""

import hmac
import json
import re
from hashlib import sha256
from pathlib import Path
from typing import Any

from environment.errors import MusterError
from environment.keys import secret

KEY_VARIABLE = "MUSTER_LOG_KEY"
FIELD = "hmac_sha256"
"""Where a marker has its signature."""

_SIGNATURE = re.compile("-[0-9a-f]{64}$")


def signed(name: str, text: str) -> str:
    """The text of a marker with its signature, if there is a key."""
    key = secret(KEY_VARIABLE)
    if key is None:
        return text
    content, _ = _parted(json.loads(text))
    return json.dumps(content | {FIELD: _signature(key, name, content)})


def check(content: dict[str, Any], place: str) -> None:
    """See that what a marker tells was written by who has the key, if there is one.

    Args:
        content: What it tells.
        place: Where it was found; it ends with its name.

    Raises:
        MusterError: It bears no signature of this key.
    """
    key = secret(KEY_VARIABLE)
    if key is None:
        return
    rest, given = _parted(content)
    if not hmac.compare_digest(given, _signature(key, Path(place).name, rest)):
        raise _unsigned(place)


def named(path: Path, text: str) -> Path:
    """Where a file of dlt's goes: its name is signed, if there is a key.

    Args:
        path: Where it would go, signed or not: `<name>__<load>__<hash>.jsonl`.
        text: What it tells.
    """
    beginning, load_id, rest = path.name.rsplit("__", 2)
    load_id = unsigned(load_id)
    key = secret(KEY_VARIABLE)
    if key is not None:
        told = f"{beginning}__{load_id}__{rest}\0{text}"
        load_id += f"-{hmac.new(key, told.encode(), sha256).hexdigest()}"
    return path.with_name(f"{beginning}__{load_id}__{rest}")


def unsigned(load_id: str) -> str:
    """A load's id in the name of a file of dlt's, without the signature behind it."""
    return _SIGNATURE.sub("", load_id)


def check_named(path: Path) -> None:
    """See that a file of dlt's was written by who has the key, if there is one.

    Raises:
        MusterError: Its name bears no signature of this key.
    """
    if secret(KEY_VARIABLE) and named(path, path.read_text("utf-8").strip()) != path:
        raise _unsigned(str(path))


def _unsigned(place: str) -> MusterError:
    return MusterError(
        f"{place} is not signed with {KEY_VARIABLE}: whoever wrote it did not have"
        " the key. Take it away, if nobody knows where it comes from; a log that"
        " was written before there was a key is signed by muster mend ENV --sign."
    )


def digest(text: str) -> str:
    """The SHA-256 of a marker's text as it is without a signature, in hexadecimal."""
    content, given = _parted(json.loads(text))
    if given:
        text = json.dumps(content) + "\n"
    return sha256(text.encode()).hexdigest()


def _parted(content: dict[str, Any]) -> tuple[dict[str, Any], str]:
    rest = {name: value for name, value in content.items() if name != FIELD}
    return rest, str(content.get(FIELD, ""))


def _signature(key: bytes, name: str, content: dict[str, Any]) -> str:
    told = f"{name}\0{json.dumps(content)}"
    return hmac.new(key, told.encode(), sha256).hexdigest()
