"""What `selectors.yml` selects."""

from pathlib import Path

import dbt_kit
import pytest
import yaml
from dbt_kit import REPOSITORY, dbt
from test_models import manifest

__all__ = ["manifest"]  # a fixture

SELECTORS = yaml.safe_load((REPOSITORY / "selectors.yml").read_text())["selectors"]

READERS = ("published", "analysts", "restricted", "ops")


@pytest.fixture(scope="module")
def selected(
    parsed: Path, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, set[str]]:
    """The names of the models of each selector."""
    folder = tmp_path_factory.mktemp("selected")
    listing = ["ls", "--no-write-json", "--resource-type", "model", "--output", "name"]
    project = dbt_kit.parsed(parsed)  # nothing that is listed changes it
    return {
        each["name"]: set(
            dbt([*listing, "--selector", each["name"]], folder, "ci", project)
        )
        for each in SELECTORS
    }


def test_every_selector_selects_something_and_says_what(
    selected: dict[str, set[str]],
) -> None:
    assert all(selected.values())
    assert all(each["description"] for each in SELECTORS)
    assert selected["published"] < selected["published_whole"]


def test_every_mart_has_its_readers_and_its_area(
    selected: dict[str, set[str]], manifest: dict[str, dict[str, dict[str, object]]]
) -> None:
    """What is published or about runs is an area of its own."""
    marts = {
        str(node["name"]): str(node["group"])
        for node in manifest["nodes"].values()
        if str(node["original_file_path"]).startswith("models/marts/")
        and node["resource_type"] == "model"
    }
    read = [name for each in READERS for name in selected[each]]
    assert sorted(read) == sorted(marts)
    areas = {
        name
        for each, names in selected.items()
        if each not in ("analysts", "restricted", "published_whole", "staging")
        for name in names
    }
    assert not marts.keys() - areas
    assert set(marts.values()) <= {
        group["name"] for group in manifest["groups"].values()
    }
