"""Where texts name somebody: by whole words, in one way for all who ask.

A word is what stands between blanks and signs, with the points, hyphens and `@` inside
it: `smith@mail.example` is no part of `john.smith@mail.example`, nor `Ann` of `Joann`.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from enum import IntEnum
from functools import cached_property

SHORTEST = 6
"""Characters of an identifier that can be told from other text by itself."""

Keys = Mapping[str, Mapping[str, str]]
"""Of each kind of identifier, the identifiers to the keys that take their places."""


class Where(IntEnum):
    """Where a text stands, which says what in it counts."""

    FREE = 0
    """In free text: also what is short, and bare numbers."""

    DATA = 1
    """Anywhere else: only what can be told from other text by itself."""

    PATH = 2
    """In a file's name, where also _ and . part words: numbers of five digits too."""


_WORD = re.compile(r"\w+(?:(?:[.@+-]+|(?<=\d):(?=\d))\w+)*")
_PARTED = str.maketrans("_.", "  ")
_DAY = re.compile(r"(19|20)\d{6}")


def words(text: str, where: Where = Where.FREE) -> list[str]:
    """The words of a text, without their case."""
    return [*map(str.casefold, _WORD.findall(_parted(text, where)))]


def _parted(text: str, where: Where) -> str:
    return text.translate(_PARTED) if where is Where.PATH else text


class Known:
    """People who are known by something: an identifier, or a text of theirs.

    Attributes:
        has_texts: Whether also what is no identifier of theirs may name them.
        longest: The words of the longest that they are known by.
    """

    has_texts = True
    longest = 1

    def find(self, kind: str, identifier: str) -> str | None:
        """The key that takes an identifier's place, if it is theirs.

        Args:
            kind: What it is one of: what is one person's badge is another's number.
            identifier: As it was delivered.
        """
        raise NotImplementedError

    def may_name(self, text: str, where: Where) -> bool:
        """Whether it is worth while to look closer."""
        raise NotImplementedError

    def begins(self, following: Sequence[str], where: Where) -> tuple[int, str] | None:
        """How many of some words are theirs from the first on, and what replaces them.

        Args:
            following: The words.
            where: Where they stand.
        """
        raise NotImplementedError

    def scrub(self, text: str, where: Where = Where.FREE) -> str:
        """A text without them: the same, where it names none of them."""
        composed = unicodedata.normalize("NFC", text)
        if not self.may_name(composed, where):
            return text
        found = [*_WORD.finditer(_parted(composed, where))]
        spoken = [each[0] for each in found]
        parts, end, place = [], 0, 0
        while place < len(found):
            match = self.begins(spoken[place : place + self.longest], where)
            if match:
                length, fresh = match
                parts += [composed[end : found[place].start()], fresh]
                end = found[place + length - 1].end()
            place += match[0] if match else 1
        return "".join([*parts, composed[end:]]) if parts else text

    def names(self, text: str, where: Where = Where.FREE) -> bool:
        """Whether a text names one of them."""
        return self.scrub(text, where) != text


class Matcher(Known):
    """People of whom all is known that identifies them.

    Args:
        keys: Their identifiers.
        texts: Names, addresses and numbers that nobody else has.
    """

    def __init__(self, keys: Keys, texts: Iterable[str]) -> None:
        self.keys = keys
        self.texts = sorted(texts)
        ids = (each for found in keys.values() for each in found)
        known = (len(words(each, Where.PATH)) for each in (*self.texts, *ids))
        # A system's name may stand before an identifier.
        self.longest = max(known, default=0) + 1

    def find(self, kind: str, identifier: str) -> str | None:
        """As of `Known`."""
        return self.keys.get(kind, {}).get(identifier.strip())

    def may_name(self, text: str, where: Where) -> bool:
        """As of `Known`."""
        return not self._sought[where].keys().isdisjoint(words(text, where))

    def begins(self, following: Sequence[str], where: Where) -> tuple[int, str] | None:
        """As of `Known`."""
        for wanted, fresh in self._sought[where].get(following[0].casefold(), ()):
            there = [each.casefold() for each in following[: len(wanted)]]
            if there == wanted:
                return len(wanted), fresh
        return None

    @cached_property
    def _sought(self) -> dict[Where, dict[str, list[tuple[list[str], str]]]]:
        """First word to what begins with it, the longest first, by where it stands."""
        replaced = [(each, "") for each in self.texts]
        for kind, identifiers in self.keys.items():
            replaced += identifiers.items()
            # As models and the company's seeds name a system's person.
            replaced += [(f"{kind}:{k}", f"{kind}:{v}") for k, v in identifiers.items()]
        sought: dict[Where, dict[str, list[tuple[list[str], str]]]] = {}
        for where in Where:
            firsts = sought.setdefault(where, {})
            for text, fresh in sorted(replaced, key=lambda each: -len(each[0])):
                wanted = words(unicodedata.normalize("NFC", text), where)
                if wanted and tells(text, where):
                    firsts.setdefault(wanted[0], []).append((wanted, fresh))
        return sought


def tells(text: str, where: Where = Where.DATA) -> bool:
    """Whether an identifier can be told from other text, by where that stands."""
    if where is Where.PATH and text.isdigit():
        return len(text) >= SHORTEST - 1 and not _DAY.fullmatch(text)
    return where is Where.FREE or (len(text) >= SHORTEST and not text.isdigit())
