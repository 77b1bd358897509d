"""Whom we forgot: a keyed list, so that what a source tells again stays forgotten.

`<env>/forgotten.json` has, by kind, for each identifier its HMAC-SHA-256 under the
pseudonym's key, and the key that took its place. Nobody learns an identifier from it
without that secret; with it, whoever delivers one is told from others.
"""

import hmac
import json
import os
import unicodedata
from collections.abc import Iterable, Sequence
from functools import cached_property
from pathlib import Path

from environment.errors import MusterError
from environment.files import write_whole
from ingestion.erasure.matching import Keys, Known, Where, words
from ingestion.erasure.personal import PSEUDONYM

FILE = "forgotten.json"

REMEMBERED = 100_000
"""Of how many texts it is remembered whether they are on the list."""

_TEXT = "text"
"""The kind of names and addresses, as words without their case."""

KEY_VARIABLES = ("MUSTER_FORGOTTEN_KEY", "MUSTER_PSEUDONYM_KEY")
"""Where the key is looked for; the first is for a list older than the second's."""


class Forgotten(Known):
    """The list of one environment.

    Args:
        folder: The environment's folder.
    """

    has_texts = False
    longest = 4

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE
        self._folder = folder
        content = json.loads(self._path.read_text()) if self._path.exists() else {}
        self._proof: str = content.get("proof", "")
        self._keys: dict[str, dict[str, str]] = content.get("keys", {})
        self._seen: dict[tuple[str, str], str | None] = {}

    def __bool__(self) -> bool:
        """Whether anybody was forgotten."""
        return bool(self._keys)

    def __len__(self) -> int:
        """How many identifiers it holds."""
        return sum(map(len, self._keys.values()))

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

    def find(self, kind: str, identifier: str) -> str | None:
        """The key that took an identifier's place; None where it is of nobody.

        Raises:
            MusterError: The list's key is not here.
        """
        text = identifier.strip()
        if kind not in self._keys or not text:
            return None
        if (kind, text) not in self._seen:
            if len(self._seen) >= REMEMBERED:
                self._seen.clear()
            digest = self._digest(f"{kind}\0{text}", self._secret)
            self._seen[kind, text] = self._keys[kind].get(digest)
        return self._seen[kind, text]

    def may_name(self, text: str, where: Where) -> bool:
        """As of `Known`."""
        return where is Where.FREE and bool(self)

    def begins(self, following: Sequence[str], where: Where) -> tuple[int, str] | None:
        """As of `Known`."""
        for kind in self._keys:
            if (key := self.find(kind, following[0])) is not None:
                return 1, key
        for length in range(len(following), 0, -1):
            said = " ".join(each.casefold() for each in following[:length])
            if self.find(_TEXT, said) is not None:
                return length, ""
        return None

    def add(self, keys: Keys, texts: Iterable[str] = ()) -> None:
        """Put people on the list.

        Args:
            keys: Their identifiers, with what takes their places.
            texts: What else tells who they are: free text is kept without it.
        """
        said = (words(unicodedata.normalize("NFC", each)) for each in texts)
        known = {" ".join(each): "" for each in said if len(each) <= self.longest}
        for kind, identifiers in {**keys, _TEXT: known}.items():
            if kind != PSEUDONYM and identifiers:
                self._keys.setdefault(kind, {}).update(
                    (self._digest(f"{kind}\0{each.strip()}", self._secret), key)
                    for each, key in identifiers.items()
                )
        proof = self._digest("", self._secret)
        content = {"proof": proof, "keys": self._keys}
        write_whole(self._path, json.dumps(content, indent=1, sort_keys=True))
        self._seen.clear()

    def _digest(self, text: str, secret: bytes) -> str:
        return hmac.digest(secret, b"forgotten\0" + text.encode(), "sha256").hex()
