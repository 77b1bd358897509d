"""The contract of HR tables: a data contract of ODCS v3.1.0, and how it is read."""

from typing import Any

import yaml

from ingestion.hr_tables import compiled, contract

# Of each object of the standard, the words that are used here, as its schema has them.
WORDS = {
    "contract": "apiVersion kind id name version status domain description schema",
    "description": "purpose usage limitations",
    "table": "name physicalName physicalType logicalType dataGranularityDescription"
    " description properties",
    "column": "name logicalType physicalType required primaryKey primaryKeyPosition"
    " description examples quality customProperties",
    "check": "metric mustBe arguments",
    "property": "property value",
}
TYPES = {"string", "date", "number", "integer", "boolean"}

VIEWS = {
    "people": "person_id, employee_number, first_name, last_name, sex, born_on,"
    " education_level",
    "employments": "person_id, employment_id, started_on, ended_on, is_employed,"
    " exit_reason, exit_kind, resigned_on, event, effective_from, effective_to,"
    " observed_on",
    "assignments": "person_id, company, department, place, designation, grade,"
    " employment_type, manager_id, effective_from, effective_to, observed_on,"
    " states_company, states_department, states_place, states_designation,"
    " states_grade, states_employment_type, states_manager_id",
    "departments": "department, department_name, parent_department, company",
    "designations": "designation, designation_name",
    "places": "place, place_company, country, place_time_zone",
    "contracted_hours": "person_id, weekly_hours, is_assumed, effective_from,"
    " effective_to, observed_on",
    "pay_rates": "person_id, pay_rate, pay_currency, pay_period, is_full_time,"
    " effective_from, effective_to, observed_on",
    "pay_lines": "person_id, paid_from, paid_to, paid_on, line_type, line_description,"
    " line_amount, line_currency, line_hours",
    "absences": "person_id, leave_type, absent_from, absent_to, is_half_day",
    "job_evaluations": "designation, worker_category, requirement_level,"
    " position_level",
}
REQUIRED = {
    "people": {"person_id"},
    "employments": {"person_id"},
    "assignments": {"person_id"},
    "departments": {"department"},
    "designations": {"designation"},
    "places": {"place"},
    "contracted_hours": {"person_id", "weekly_hours"},
    "pay_rates": {"person_id", "pay_rate", "pay_period"},
    "pay_lines": {"person_id", "line_amount"},
    "absences": {"person_id", "absent_from", "absent_to"},
    "job_evaluations": {"designation"},
}


def words_of(kind: str, said: dict[str, Any]) -> None:
    assert not set(said) - set(WORDS[kind].split()), f"{kind}: {said.get('name')}"


def test_the_file_has_only_words_of_the_standard() -> None:
    said = yaml.safe_load(contract.FILE.read_text("utf-8"))
    assert (said["apiVersion"], said["kind"]) == ("v3.1.0", "DataContract")
    assert {"id", "version", "status"} <= set(said)
    words_of("contract", said)
    words_of("description", said["description"])
    for table in said["schema"]:
        words_of("table", table)
        assert table["logicalType"] == "object"
        for column in table["properties"]:
            words_of("column", column)
            assert column["logicalType"] in TYPES
            for check in column.get("quality", ()):
                words_of("check", check)
                assert (check["metric"], check["mustBe"]) == ("invalidValues", 0)
            for each in column["customProperties"]:
                words_of("property", each)
            assert (
                column.get("required")
                or not column.get("primaryKey")
                or (column["name"] == contract.FROM)
            )


def test_every_view_has_the_columns_that_models_read() -> None:
    for name, columns in VIEWS.items():
        assert [*compiled.types_of(name)] == [*compiled.ORIGIN, *columns.split(", ")]
    assert [*contract.tables()] == [*VIEWS]


def test_a_table_requires_what_its_rows_cannot_do_without() -> None:
    for name, table in contract.tables().items():
        assert {f.name for f in table.fields if f.is_required} == REQUIRED[name]


def test_a_column_is_the_same_in_every_table_but_for_its_words() -> None:
    for table in contract.tables().values():
        for field in table.fields:
            first = contract.fields()[field.name]
            assert (field.type, field.sql_type) == (first.type, first.sql_type)
            assert field.description.endswith(".")


def test_a_column_is_some_tables_own_or_a_key() -> None:
    owned = [f for t in contract.tables() for f in contract.own_fields(t)]
    assert len(owned) == len(set(owned))
    assert set(contract.fields()) - set(owned) == {"person_id", "effective_from"}


def test_examples_are_values_that_are_allowed() -> None:
    for field in contract.fields().values():
        assert field.examples
        assert not field.values or set(field.examples) <= set(field.values)
        if field.type == "boolean":
            assert set(field.examples) <= {"true", "false"}
