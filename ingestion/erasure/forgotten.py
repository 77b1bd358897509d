"""Whom we forgot: a keyed list, so that what a source tells again stays forgotten.

`<env>/forgotten.json` has, for each identifier, its HMAC-SHA-256 under the pseudonym's
key, and the key that took its place. Nobody learns an identifier from it without that
secret; with it, whoever delivers one is told from others.
"""

import hmac
import json
import os
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path

from environment.errors import MusterError
from environment.files import write_whole

FILE = "forgotten.json"

KEY_VARIABLES = ("MUSTER_FORGOTTEN_KEY", "MUSTER_PSEUDONYM_KEY")
"""Where the key is looked for; the first is for a list older than the second's."""


class Forgotten:
    """The list of one environment.

    Args:
        folder: The environment's folder.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE
        self._folder = folder
        content = json.loads(self._path.read_text()) if self._path.exists() else {}
        self._proof: str = content.get("proof", "")
        self._keys: dict[str, str] = content.get("keys", {})
        self._seen: dict[str, str | None] = {}

    def __bool__(self) -> bool:
        """Whether anybody was forgotten."""
        return bool(self._keys)

    def __len__(self) -> int:
        """How many identifiers it holds."""
        return len(self._keys)

    @cached_property
    def _secret(self) -> bytes:
        given = [os.environ.get(name, "") for name in KEY_VARIABLES]
        local = self._folder / "pseudonym.key"
        given.append(local.read_text() if local.exists() else "")
        for secret in filter(None, given):
            if not self._proof or self._digest("", secret.encode()) == self._proof:
                return secret.encode()
        raise MusterError(
            f"{self._path}: people were forgotten, and the key that tells them again is"
            f" not here: set {KEY_VARIABLES[0]} to the pseudonym key of that time."
        )

    def find(self, identifier: str) -> str | None:
        """The key that took an identifier's place; None where it is of nobody.

        Raises:
            MusterError: The list's key is not here.
        """
        if not self._keys:
            return None
        if identifier not in self._seen:
            text = identifier.strip()
            short = text.lstrip("0")
            digests = (self._digest(each, self._secret) for each in (text, short))
            found = (self._keys.get(each) for each in digests)
            self._seen[identifier] = next(filter(None, found), None) if short else None
        return self._seen[identifier]

    def add(self, keys: Mapping[str, str]) -> None:
        """Put identifiers on the list, with what takes their places."""
        self._keys |= {
            self._digest(identifier.strip(), self._secret): key
            for identifier, key in keys.items()
        }
        proof = self._digest("", self._secret)
        content = {"proof": proof, "keys": dict(sorted(self._keys.items()))}
        write_whole(self._path, json.dumps(content, indent=1))
        self._seen.clear()

    def _digest(self, text: str, secret: bytes) -> str:
        return hmac.digest(secret, b"forgotten\0" + text.encode(), "sha256").hex()
