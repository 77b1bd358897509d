"""The example notebook runs from its first cell to its last, and shows its curves."""

import json
from pathlib import Path

import pytest
from dbt_kit import REPOSITORY

from acceptance.company import ENVIRONMENT, Company
from tools import notebook

# A fixture may build whole warehouses, on a machine that does other things too.
pytestmark = pytest.mark.timeout(1800)

ATTRITION = REPOSITORY / "docs" / "notebooks" / "attrition.ipynb"


def pictures(document: notebook.Notebook) -> int:
    """How many pictures the cells of a notebook show."""
    return sum(
        "image/png" in output.get("data", {})
        for cell in document["cells"]
        for output in cell.get("outputs", [])
    )


def test_the_notebook_runs_on_a_small_company(
    in_one_go: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MUSTER_HOME", str(in_one_go.home))
    monkeypatch.setenv("MUSTER_ENV", ENVIRONMENT)
    monkeypatch.chdir(ATTRITION.parent)
    document = json.loads(ATTRITION.read_text())

    names = notebook.run(document)

    assert pictures(document) == 1
    assert 0 <= names["auc"] <= 1
    assert 0 < names["base_rate"] < 0.2
    assert names["tested"]["month_start_on"].min() > max(
        names["months"][: names["last_train"]]
    )


def test_the_notebook_is_kept_with_what_it_shows() -> None:
    document = json.loads(ATTRITION.read_text())
    code = [cell for cell in document["cells"] if cell["cell_type"] == "code"]

    assert pictures(document) == 1
    assert [cell["execution_count"] for cell in code] == [*range(1, len(code) + 1)]


def test_a_cell_that_fails_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cells = [
        {"cell_type": "markdown", "source": ["A word"]},
        {"cell_type": "code", "source": ["answer = 42\n", "print(answer)\n", "answer"]},
        {"cell_type": "code", "source": ["1 / 0"]},
    ]
    path = tmp_path / "broken.ipynb"
    path.write_text(json.dumps({"cells": cells}))

    assert notebook.main([str(path)]) == 1
    assert "cell 2: ZeroDivisionError" in capsys.readouterr().err

    path.write_text(json.dumps({"cells": cells[:2]}))
    assert notebook.main([str(path)]) == 0
    printed, shown = json.loads(path.read_text())["cells"][1]["outputs"]
    assert printed["text"] == ["42\n"]
    assert shown["data"]["text/plain"] == ["42"]
