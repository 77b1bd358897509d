"""All languages say the same things, and write numbers in their own way."""

import csv
from typing import Any

import pytest

from environment import PROJECT
from environment.errors import MusterError
from operations import numbers
from operations.statutory import documents, pack


def said(words: Any, path: str = "") -> dict[str, str]:
    """The texts of a language by where they are; what is no word is itself."""
    if isinstance(words, list) and isinstance(words[0], dict):
        words = dict(enumerate(words))
    if not isinstance(words, dict):
        return {path: str(words)}
    return {
        place: text
        for name, inner in words.items()
        for place, text in said(inner, f"{path}/{name}").items()
    }


def test_german_says_all_that_english_says() -> None:
    english, german = (said(documents.words(language)) for language in ("en", "de"))

    assert english.keys() == german.keys()
    for place, text in english.items():
        holes = sorted(part.split("}")[0] for part in text.split("{")[1:])
        assert holes == sorted(x.split("}")[0] for x in german[place].split("{")[1:])
        if place.rsplit("/", 1)[1] in ("kind", "requirement"):
            assert text == german[place] or place == "/requirement"
        elif len(text) > 20:
            assert text != german[place], place


def test_german_calls_the_median_what_the_directive_does_and_no_mean_so() -> None:
    told = said(documents.words("de"))
    named = {place for place, text in told.items() if "ittleres geschlecht" in text}

    assert {place.rsplit("/", 1)[1] for place in named} == {
        "c_median_gap",
        "d_median_component_gap",
    }
    assert not [x for x in told.values() if "ittleres Gefälle" in x or "Lohngef" in x]


def test_every_rule_that_sets_records_aside_is_told_in_german() -> None:
    with (PROJECT / "seeds/set_aside_rules.csv").open(newline="") as file:
        names = [row["rule"] for row in csv.DictReader(file)]

    assert list(documents.rules("de")) == names
    assert all(len(told) == 3 for told in documents.rules("de").values())
    assert documents.rules("en") == {}


def test_every_part_of_a_report_has_its_words() -> None:
    for language in documents.LANGUAGES:
        words = documents.words(language)
        parts = {p for of in pack.PARTS.values() for told in of.values() for p in told}
        assert parts <= words.keys()


def test_numbers_are_written_as_the_language_does() -> None:
    assert documents.number(1234.55, numbers.PERCENT) == "1,234.6"
    assert documents.number(-1234.55, numbers.MONEY, "de") == "\u22121.234,55"


def test_a_language_without_words_is_refused() -> None:
    with pytest.raises(MusterError, match="--language is one of en, de"):
        documents.words("fr")
