"""Pages that need nothing beside them: templates, words, and how they write numbers."""

from decimal import ROUND_HALF_UP, Decimal
from functools import cache, partial
from pathlib import Path
from typing import Any

import jinja2
import yaml
from babel import Locale

from environment.errors import MusterError
from operations import pages

TEMPLATES = Path(__file__).parent / "templates"

WORDS = Path(__file__).parent / "words"

LANGUAGES = {"en": ".", "de": ","}
"""The languages, and what each writes before tenths."""


def words(language: str) -> Any:
    """All that is said in a language, as its file has it.

    Raises:
        MusterError: There are no words of it.
    """
    if language not in LANGUAGES:
        raise MusterError(f"--language is one of {', '.join(LANGUAGES)}.", 2)
    path = WORDS / f"{language}.yml"
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def rules(language: str) -> dict[str, list[str]]:
    """What the marts say in English of each rule that sets records aside, told anew."""
    path = WORDS / f"set_aside.{language}.yml"
    return yaml.safe_load(path.read_text(encoding="utf-8")) if path.exists() else {}


def suffix(language: str) -> str:
    """What the name of a file in a language ends in; English is not named."""
    return "" if language == "en" else f"-{language}"


def rendered(template: str, language: str = "en", **given: Any) -> str:
    """A template's text; those that end in `.html` escape what they are given."""
    found = _engine(language).get_template(template)
    said = words(language)
    return found.render(language=language, words=said, **given).rstrip("\n")


def rounded(value: float, digits: int) -> Decimal:
    """A figure as it leaves the restricted database: half away from zero."""
    return Decimal(repr(float(value))).quantize(
        Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP
    )


def number(value: float | None, digits: int = 0, language: str = "en") -> str:
    """A number as people read it, with a space that does not break at thousands."""
    if value is None:
        return "\u2013"
    text = f"{rounded(value, digits):,}".replace(",", "\u202f").replace("-", "\u2212")
    return text.replace(".", LANGUAGES[language])


@cache
def _engine(language: str) -> jinja2.Environment:
    engine = pages.templates(TEMPLATES)
    engine.filters["number"] = partial(number, language=language)
    countries = Locale(language).territories
    engine.filters["country"] = lambda code: countries.get(code, code)
    return engine
