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

_MONTHS = """
    january jan januar janvier janv enero ene gennaio januari janeiro
    february feb februar février fevrier févr fevr febrero febbraio februari fevereiro
    march mar märz maerz mrz mars marzo maart março marco
    april apr avril avr abril abr aprile
    may mai mayo maggio mei maio
    june jun juni juin junio giugno junho
    july jul juli juillet juil julio luglio julho
    august aug août aout agosto augustus
    september sep sept septembre septiembre settembre setembro
    october oct oktober okt octobre octubre ottobre outubro
    november nov novembre noviembre novembro
    december dec dezember dez décembre decembre déc diciembre dic dicembre dezembro
"""
MONTHS = {
    name: number
    for number, names in enumerate(_MONTHS.strip().splitlines(), 1)
    for name in names.split()
}
"""The number of each month by its name, in small letters."""

A_MONTH = "|".join(sorted(MONTHS, reverse=True))
"""A pattern of their names, the longer ones first."""

_PARTS = {
    "Y": r"((?:19|20|21)\d\d)",
    "y": r"(\d\d)",
    "m": r"(1[0-2]|0?[1-9])",
    # Both cases of what is no ASCII: SQL knows them of itself, Python here does not.
    "B": f"(?i:({re.sub('[^ -~]', lambda m: f'[{m[0]}{m[0].upper()}]', A_MONTH)}))",
    "d": r"(3[01]|[12]\d|0?[1-9])",
}


def codes(form: str) -> list[str]:
    """The codes of a form such as `%Y-%m`."""
    return re.findall("%(.)", form)


def pattern(form: str) -> str:
    """What finds the parts of a form in a name, with a group for each code.

    Between them there are no digits, and beside a month's name no letters.
    """
    found, before = "", ""
    for code in codes(form):
        if not before:
            found += r"(?:^|[\W\d_])" if code == "B" else r"(?:^|\D)"
        elif "B" in (code, before):
            found += r"(?:\D*[\W_])?" if code == "B" else r"(?:[\W_]\D*)?"
        else:
            found += r"\D*"
        found, before = found + _PARTS[code], code
    return found + (r"(?:[\W\d_]|$)" if before == "B" else r"(?:\D|$)")


def day(name: str, form: str) -> date | None:
    """The day that a file's name tells: without one the last of its month or year."""
    found = re.search(pattern(form), name, re.ASCII)
    if not found:
        return None
    said = dict(zip(codes(form), found.groups(), strict=True))
    year = int(said["Y"]) if "Y" in said else 2000 + int(said["y"])
    month = MONTHS[said["B"].lower()] if "B" in said else int(said.get("m", 12))
    with suppress(ValueError):
        return date(year, month, int(said.get("d", monthrange(year, month)[1])))
    return None


def version(name: str, form: str) -> tuple[int, ...]:
    """The numbers that follow the day in a name: 2 of `pay_2026-03_v2.csv`."""
    found = re.search(pattern(form), name, re.ASCII)
    rest = name[found.end(found.re.groups) :] if found else ""
    return tuple(map(int, re.findall("[0-9]+", rest)))


def stem(name: str) -> str:
    """What a file is called but for numbers and its ending."""
    return re.sub(NO_STEM, "", name.lower(), flags=re.ASCII)
