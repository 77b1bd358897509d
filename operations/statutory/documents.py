"""Pages that need nothing beside them: templates, words, and how they write numbers."""

from functools import cache, partial
from pathlib import Path
from typing import Any

import jinja2
import yaml
from babel import Locale

from environment.errors import MusterError
from operations import numbers, pages
from operations.numbers import COUNT

TEMPLATES = Path(__file__).parent / "templates"

WORDS = Path(__file__).parent / "words"

LANGUAGES = ("en", "de")


KINDS = {"count": COUNT, "pct": numbers.PERCENT, "money": numbers.MONEY}
"""The kinds of figures, as words and templates call them."""


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


def number(
    value: numbers.Number | None, kind: numbers.Kind = COUNT, language: str = "en"
) -> str:
    """A figure as it leaves the restricted database; a dash where there is none."""
    if value is None:
        return "\u2013"
    return numbers.text(numbers.rounded(value, kind.decimals), language)


@cache
def _engine(language: str) -> jinja2.Environment:
    engine = pages.templates(TEMPLATES)
    engine.filters["number"] = partial(number, language=language)
    engine.globals["kinds"] = KINDS
    countries = Locale(language).territories
    engine.filters["country"] = lambda code: countries.get(code, code)
    return engine
