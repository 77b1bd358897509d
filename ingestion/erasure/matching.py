"""Where texts name somebody: by whole words, in one way for all who ask.

A word is what stands between blanks and signs, with the points, hyphens and `@` inside
it: `smith@mail.example` is no part of `john.smith@mail.example`, nor `Ann` of `Joann`.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property

SHORTEST = 6
"""Characters of an identifier that can be told from other text by itself."""

Keys = Mapping[str, Mapping[str, str]]
"""Of each kind of identifier, the identifiers to the keys that take their places."""

_WORD = re.compile(r"\w+(?:(?:[.@+-]+|(?<=\d):(?=\d))\w+)*")


def words(text: str) -> list[str]:
    """The words of a text, without their case."""
    return [each.casefold() for each in _WORD.findall(text)]


class Known:
    """People who are known by something: an identifier, or a text of theirs.

    Attributes:
        has_texts: Whether also what is no identifier of theirs may name them.
    """

    has_texts = True

    def find(self, kind: str, identifier: str) -> str | None:
        """The key that takes an identifier's place, if it is theirs.

        Args:
            kind: What it is one of: what is one person's badge is another's number.
            identifier: As it was delivered.
        """
        raise NotImplementedError

    def may_name(self, text: str, *, is_free: bool) -> bool:
        """Whether it is worth while to look closer."""
        raise NotImplementedError

    def begins(
        self, following: Sequence[str], *, is_free: bool
    ) -> tuple[int, str] | None:
        """How many of some words are theirs from the first on, and what replaces them.

        Args:
            following: The words.
            is_free: Whether they are of free text, in which also short identifiers and
                bare numbers count.
        """
        raise NotImplementedError

    def scrub(self, text: str, *, is_free: bool = True) -> str:
        """A text without them: the same, where it names none of them."""
        composed = unicodedata.normalize("NFC", text)
        if not self.may_name(composed, is_free=is_free):
            return text
        found = [*_WORD.finditer(composed)]
        spoken = [each[0] for each in found]
        parts, end, place = [], 0, 0
        while place < len(found):
            match = self.begins(spoken[place:], is_free=is_free)
            if match:
                length, fresh = match
                parts += [composed[end : found[place].start()], fresh]
                end = found[place + length - 1].end()
            place += match[0] if match else 1
        return "".join([*parts, composed[end:]]) if parts else text

    def names(self, text: str, *, is_free: bool = True) -> bool:
        """Whether a text names one of them."""
        return self.scrub(text, is_free=is_free) != text


class Matcher(Known):
    """People of whom all is known that identifies them.

    Args:
        keys: Their identifiers.
        texts: Names, addresses and numbers that nobody else has.
    """

    def __init__(self, keys: Keys, texts: Iterable[str]) -> None:
        self.keys = keys
        self.texts = sorted(texts)

    def find(self, kind: str, identifier: str) -> str | None:
        """As of `Known`."""
        return self.keys.get(kind, {}).get(identifier.strip())

    def may_name(self, text: str, *, is_free: bool) -> bool:
        """As of `Known`."""
        return not self._sought[is_free].keys().isdisjoint(words(text))

    def begins(
        self, following: Sequence[str], *, is_free: bool
    ) -> tuple[int, str] | None:
        """As of `Known`."""
        for wanted, fresh in self._sought[is_free].get(following[0].casefold(), ()):
            there = [each.casefold() for each in following[: len(wanted)]]
            if there == wanted:
                return len(wanted), fresh
        return None

    @cached_property
    def _sought(self) -> dict[bool, dict[str, list[tuple[list[str], str]]]]:
        """First word to what begins with it, the longest first; of free text or any."""
        replaced = [(each, "") for each in self.texts]
        for kind, identifiers in self.keys.items():
            replaced += identifiers.items()
            # As models and the company's seeds name a system's person.
            replaced += [(f"{kind}:{k}", f"{kind}:{v}") for k, v in identifiers.items()]
        sought: dict[bool, dict[str, list[tuple[list[str], str]]]] = {
            True: {},
            False: {},
        }
        for text, fresh in replaced:
            wanted = words(unicodedata.normalize("NFC", text))
            if not wanted:
                continue
            for is_free in (True, False) if tells(text) else (True,):
                sought[is_free].setdefault(wanted[0], []).append((wanted, fresh))
        for firsts in sought.values():
            for found in firsts.values():
                found.sort(key=lambda each: -len(each[0]))
        return sought


def tells(text: str) -> bool:
    """Whether an identifier can be told from other text by itself."""
    return len(text) >= SHORTEST and not text.isdigit()
