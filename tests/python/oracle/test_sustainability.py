"""The oracle of sustainability reports: ages, and two dimensions at once."""

from datetime import date

import pytest

from oracle.sustainability import Person, age_band


@pytest.mark.parametrize(
    ("born_on", "band"),
    [
        (date(1995, 12, 31), "30_to_50"),
        (date(1996, 1, 1), "under_30"),
        (date(1975, 1, 1), "30_to_50"),
        (date(1974, 12, 31), "over_50"),
        (None, "unknown"),
    ],
)
def test_ages_are_in_whole_years(born_on: date | None, band: str) -> None:
    assert age_band(born_on, date(2025, 12, 31)) == band


def test_two_dimensions_are_told_the_second_first() -> None:
    ada = Person(
        "female",
        "Italy",
        "South",
        "permanent",
        "part_time",
        "over_50",
        "A",
        "Clerk",
        None,
    )

    assert ada.at("all") == "All"
    assert ada.at("age_band_by_grade") == "A / over_50"
    assert ada.at("full_or_part_time_by_region") == "South / part_time"
