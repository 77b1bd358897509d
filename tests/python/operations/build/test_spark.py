"""What is claimed of Spark without it: refusals, places and names."""

import importlib.util
from pathlib import Path

import pytest
from typer.testing import CliRunner

from environment import Environment
from environment.errors import MusterError
from environment.spark import TARGET, tables
from operations.build.inside import spark
from operations.build.inside.pseudonyms import pseudonym
from operations.cli import app


@pytest.mark.parametrize(
    ("found", "remedy"), [(None, r"install muster\[spark\]"), ("here", "Java 17 or 21")]
)
def test_what_it_lacks_is_told(
    found: str | None, remedy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: found)
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("JAVA_HOME", raising=False)
    with pytest.raises(MusterError, match=remedy):
        spark.require()


def test_nothing_is_queried_that_is_not_released() -> None:
    done = CliRunner().invoke(app, ["query", "--target", TARGET, "select 1"])
    assert done.exit_code == 2
    assert "Nothing is released to spark" in done.output


def test_a_path_with_alternatives_names_files_and_no_others() -> None:
    files = ["t/load_id=1/00001.parquet", "t/load_id=2/00001.parquet"]
    folder = Path("/a{b,c}*`d")
    assert spark._files(folder, files) == (
        r" from parquet.`/a\{b\,c\}\*``d/{" + ",".join(files) + "}`"
    )
    assert spark._files(Path("/a"), files[:1]) == f" from parquet.`/a/{files[0]}`"


def test_a_table_is_told_by_its_schema_with_its_files(tmp_path: Path) -> None:
    built = Environment("dev", tmp_path, TARGET)
    folder = built.made / "warehouse" / "restricted_people.db" / "int_people_linked"
    folder.mkdir(parents=True)
    for name in ("_SUCCESS", "part-1.parquet", "part-2.parquet"):
        (folder / name).touch()
    assert tables(built) == {
        "restricted_people.int_people_linked": [
            folder / "part-1.parquet",
            folder / "part-2.parquet",
        ]
    }


def test_a_pseudonym_is_keyed_and_of_nobody_none() -> None:
    found = pseudonym(b"one key", "17")
    assert found != pseudonym(b"another", "17")
    assert len(found or "") == 32
    assert pseudonym(b"one key", None) is None
