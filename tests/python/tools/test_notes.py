"""What a version changes is its section of the changelog."""

from tools.notes import CHANGELOG, section

TEXT = """# Changelog

## Unreleased

- later

## 0.2.0 (2026-12-01)

### For those who query the marts

- a column

## 0.1.0

- the first
"""


def test_a_version_has_its_own_section_and_no_other() -> None:
    told = section(TEXT, "0.2.0")
    assert told == "### For those who query the marts\n\n- a column\n"
    assert section(TEXT, "0.1.0") == "- the first\n"


def test_a_version_that_is_not_there_has_none() -> None:
    assert section(TEXT, "0.3.0") == section(TEXT, "0.2") == ""


def test_the_changelog_has_such_sections() -> None:
    assert section(CHANGELOG.read_text("utf-8"), "Unreleased")
