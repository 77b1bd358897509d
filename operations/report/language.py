"""The words of one language, and how it writes numbers, amounts and dates."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml
from babel.dates import format_date

from operations import numbers
from operations.report import figures
from operations.report.figures import ALL, Row

WORDS = Path(__file__).parent / "words"

LANGUAGES = ("en", "de")
"""The languages of the pages; those of the first lie at the top."""

NO_BREAK = "\N{NO-BREAK SPACE}"

AND_OTHER = " and other"
"""What the published name of a group ends in that small ones were added to."""

FEW_PEOPLE = re.compile(r"fewer than (?P<people>\d+) people, or nearly all of one")
"""The published reason of what is withheld."""

Value = int | Decimal | None


@dataclass(frozen=True)
class Language:
    """A language of the pages.

    Attributes:
        code: Such as `en`.
        words: Its file, as it is.
    """

    code: str
    words: Mapping[str, Any]

    def number(self, value: int | Decimal) -> str:
        """A number as it is published, with all its digits."""
        return numbers.text(value, self.words["locale"])

    def plain(self, value: int | Decimal) -> str:
        """A number for a file: as spreadsheets of the language read it."""
        return str(value).replace(".", self.words["csv"]["decimal"])

    def amount(
        self, value: int | Decimal, kind: numbers.Kind, currency: str | None
    ) -> str:
        """A number with its unit."""
        if not kind.unit:
            return self.number(value)
        form = self.words["site"][kind.unit]
        if kind == numbers.MILLIONS:
            value = numbers.in_millions(value)
        text = form.format(value=self.number(value), currency=currency or "")
        return str(text.strip().replace(" ", NO_BREAK))

    def period(self, row: Row) -> str:
        """A month, a year of a table by years, or a reference year."""
        if isinstance(row.period, date) and row.is_month:
            return self.month(row.period)
        return str(row.year)

    def month(self, day: date) -> str:
        """The month of a day."""
        text = format_date(day, format="LLLL y", locale=self.words["locale"])
        return text.replace(" ", NO_BREAK)

    def instant(self, text: str) -> str:
        """An ISO instant to the minute; what is none is written as it is."""
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            return text
        day = format_date(moment, format="d MMMM y", locale=self.words["locale"])
        if self.code == "de":
            day = format_date(moment, format="long", locale=self.words["locale"])
        return f"{day}, {moment:%H:%M}".replace(" ", NO_BREAK)

    def key(self, name: str, value: str) -> str:
        """What a row is about: a group by its own name, else by our word."""
        if value == ALL and name in self.words["all"]:
            return str(self.words["all"][name])
        own = value.removesuffix(AND_OTHER) if name in figures.CELL else value
        told = str(self.words["values"].get(name, {}).get(own, own))
        return told if own == value else str(self.words["and_other"].format(name=told))

    def reason(self, row: Row, measure: str, company_alone: frozenset[str]) -> str:
        """Why a measure of a row is not told; empty where it is."""
        if row.values[measure] is not None:
            return ""
        words = self.words["reasons"]
        is_of_group = any(row.keys.get(each, ALL) != ALL for each in figures.CELL)
        if measure in company_alone and is_of_group:
            return str(words["company_alone"])
        few = FEW_PEOPLE.fullmatch(row.reason or "")
        if few:
            return str(words["few_people"].format(people=few["people"]))
        return str(words.get(row.reason or "unknown", words["unknown"]))


def read(code: str) -> Language:
    """Read the words of a language."""
    return Language(code, yaml.safe_load((WORDS / f"{code}.yml").read_text()))
