"""Signed markers: without the key nobody adds a load to the log, or changes one.

Where `MUSTER_LOG_KEY` is set, each marker that is written bears an HMAC-SHA-256 of its
name and content, and none is read that does not. A marker has the checksum of each of
its files, and the ledger is loads as well: so are all rows of the log covered. How far
a source was read, which dlt keeps beside them, is not.
"""

import hmac
import json
from hashlib import sha256
from pathlib import Path
from typing import Any

from environment.errors import MusterError
from environment.keys import secret

KEY_VARIABLE = "MUSTER_LOG_KEY"
FIELD = "hmac_sha256"
"""Where a marker has its signature."""


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
        raise MusterError(
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
