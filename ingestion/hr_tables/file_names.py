"""What the names of exports tell: the day, and what they are called besides.

As Python here, and as SQL in `compiled`, by the same patterns.
"""

import re
from calendar import monthrange
from contextlib import suppress
from datetime import date

NO_STEM = r"[ _.-]*\(\d+\)|[ _.-]v\d+|\d+|\.[a-z]+(\.gz)?$"
"""Of a name in lower case, what does not part one file from another: numbers, those of
versions and copies too, and the ending."""

_PARTS = {
    "Y": r"((?:19|20|21)\d\d)",
    "y": r"(\d\d)",
    "m": r"(1[0-2]|0?[1-9])",
    "d": r"(3[01]|[12]\d|0?[1-9])",
}


def codes(form: str) -> list[str]:
    """The codes of a form such as `%Y-%m`."""
    return re.findall("%(.)", form)


def pattern(form: str) -> str:
    """What finds the digits of a form in a name, with a group for each code."""
    return r"(?:^|\D)" + r"\D*".join(_PARTS[c] for c in codes(form)) + r"(?:\D|$)"


def day(name: str, form: str) -> date | None:
    """The day that a file's name tells: without one the last of its month or year."""
    found = re.search(pattern(form), name, re.ASCII)
    if not found:
        return None
    said = dict(zip(codes(form), map(int, found.groups()), strict=True))
    year = said["Y"] if "Y" in said else 2000 + said["y"]
    month = said.get("m", 12)
    with suppress(ValueError):
        return date(year, month, said.get("d", monthrange(year, month)[1]))
    return None


def version(name: str, form: str) -> tuple[int, ...]:
    """The numbers that follow the day in a name: 2 of `pay_2026-03_v2.csv`."""
    found = re.search(pattern(form), name, re.ASCII)
    rest = name[found.end(found.re.groups) :] if found else ""
    return tuple(map(int, re.findall("[0-9]+", rest)))


def stem(name: str) -> str:
    """What a file is called but for numbers and its ending."""
    return re.sub(NO_STEM, "", name.lower(), flags=re.ASCII)
