"""Templates of the contract: what is in them, and that filled ones are read."""

import csv
from pathlib import Path

import duckdb
import pytest
from python_calamine import CalamineWorkbook
from typer.testing import CliRunner

from ingestion.hr_tables import compiled, contract
from ingestion.hr_tables.mapping import all_in, raw_column, read
from operations.cli import app
from operations.onboard import template

PAID = {
    "person_id": "1",
    "as_of": "2025-12-31",
    "sex": "female",
    "company": "Acme",
    "designation": "Buyer",
    "worker_category": "Specialists",
    "weekly_hours": "38.5",
    "pay_rate": "4250",
    "pay_currency": "EUR",
    "pay_period": "month",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("templates") / "new"
    template.write_templates(folder)
    return folder


def header(path: Path) -> list[str]:
    with path.open(encoding="utf-8-sig", newline="") as opened:
        return next(csv.reader(opened))


def test_what_is_written_is_told_and_may_be_written_again(folder: Path) -> None:
    told = template.write_templates(folder)
    assert sorted(told) == sorted(p for p in folder.rglob("*") if p.is_file())


def test_each_table_has_a_file_and_a_sheet_with_the_same_columns(folder: Path) -> None:
    book = CalamineWorkbook.from_path(folder / template.WORKBOOK)
    assert book.sheet_names == [template.READ_ME, *contract.tables()]
    for table in contract.tables():
        (row,) = book.get_sheet_by_name(table).to_python()
        assert row == header(folder / f"{table}.csv")
        assert len(set(row)) == len(row)


def test_every_column_of_the_contract_is_in_a_template_that_needs_no_event(
    folder: Path,
) -> None:
    found = {c for t in contract.tables() for c in header(folder / f"{t}.csv")}
    assert set(contract.fields()) - found == {"event", "is_employed"}


def test_the_mappings_read_each_column_of_the_templates(folder: Path) -> None:
    mappings = all_in(folder / "mappings")
    assert {m.name for m in mappings} == set(template.MAPPINGS)
    for mapping in mappings:
        assert [*mapping.tables] == [*contract.tables()]
        for name, table in mapping.tables.items():
            assert sorted(table.named) == sorted(header(folder / f"{name}.csv"))
            assert (table.sheet == name) is template.MAPPINGS[mapping.name]
            assert name in mapping.gives(name)


def test_a_row_of_people_is_enough_for_the_pay_gap_of_a_year(folder: Path) -> None:
    assert set(PAID) <= set(header(folder / "people.csv"))
    told = dict(template.FILL)
    (figure,) = (each for each in told if "Article 9" in each)
    assert all(name in told[figure] for name in PAID)
    columns = [raw_column(each) for each in header(folder / "people.csv")]
    database = duckdb.connect()
    database.execute("create schema raw_template")
    database.execute(
        "create table raw_template.people as select '7' as _dlt_load_id, 'people.csv'"
        " as _file_name, 2::bigint as _file_line, "
        + ", ".join(f"cast(${n} as varchar) as {n}" for n in columns),
        {name: PAID.get(name) for name in columns},
    )
    database.execute(
        "create table raw_template._dlt_loads as select '7' as load_id, 0::bigint as"
        " status, timestamp '2026-01-05' as inserted_at"
    )
    mapping = read(folder / "mappings/template.yml")
    views = compiled.views([mapping], {"template": {"people": columns}})
    found: dict[str, object] = {}
    for name in mapping.gives("people"):
        answer = database.execute(views[name])
        names = [each[0] for each in answer.description]
        (row,) = answer.fetchall()
        found |= dict(zip(names, row, strict=True))
    assert database.execute(views["faults"]).fetchall() == []
    assert {n: str(found[n]) for n in PAID if n in found} == (
        {n: v for n, v in PAID.items() if n != "as_of"}
        | {"weekly_hours": "38.50", "pay_rate": "4250.0000"}
    )
    assert str(found["observed_on"]) == PAID["as_of"]


def test_the_command_tells_what_to_fill_and_makes_the_companys_seeds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MUSTER_COMPANY", str(tmp_path / "company"))
    done = CliRunner().invoke(app, ["template", str(tmp_path / "sheets")])
    assert done.exit_code == 0, done.output
    assert all(figure in done.output for figure, _ in template.FILL)
    assert (tmp_path / "sheets" / template.WORKBOOK).is_file()
    assert (tmp_path / "company/seeds/branches.csv").is_file()
