"""A second HR system, small, in a copy of the project: made as CONTRIBUTING.md says.

It knows people, departments and days off. Leave, education and the rest it lacks.
"""

import shutil
from datetime import date
from pathlib import Path
from typing import Any

import yaml

REPOSITORY = Path(__file__).resolve().parents[3]

ROWS: dict[str, list[dict[str, Any]]] = {
    # Whom the first system knows by number, whom a mapping names, and one of its own.
    "people": [
        {"id": "7", "number": "N-BOTH", "born": date(1985, 5, 5), "unit": "10"},
        {"id": "8", "number": "OTHER-8", "born": date(1990, 1, 1), "unit": "10"},
        {"id": "9", "number": "OTHER-9", "born": date(1990, 1, 1), "unit": "10"},
    ],
    "units": [
        {"id": "1", "above": None, "name": "Other Mills"},
        {"id": "10", "above": "1", "name": "Research"},
    ],
    "days_off": [{"day": date(2026, 10, 26), "country": "AT"}],
}
"""What its tables hold in raw; the first column is the key."""

COMPANY = "Other Mills"

STAGING = {
    "people": """
        cast(known.id as string) as person_number,
        cast(known.number as string) as employee_number,
        cast(known.unit as string) as unit_id,
        cast(known.born as date) as born_on
    """,
    "units": """
        cast(known.id as string) as unit_id,
        cast(known.above as string) as above_unit_id,
        cast(known.name as string) as unit_name
    """,
    "days_off": """
        cast(known.day as date) as day_off_on,
        cast(known.country as string) as country_code
    """,
}
"""The columns of its staging models, by resource."""

CONFORMED = {
    "employees_conformed": (
        "people",
        """
        'second_hr:' || people.person_number as person_id,
        people.employee_number,
        cast(null as string) as first_name,
        cast(null as string) as last_name,
        cast(null as string) as gender,
        people.born_on
        """,
    ),
    "employments_derived": (
        "people",
        """
        'second_hr:' || people.person_number as employment_id,
        'second_hr:' || people.person_number as person_id,
        people.employee_number,
        cast(null as string) as exit_kind,
        people.born_on,
        cast(null as date) as resigned_on,
        cast('2025-01-01' as date) as started_on,
        cast('9999-12-31' as date) as ended_on,
        people.is_now,
        people.known_at
        """,
    ),
    "assignments_walked_back": (
        "people",
        f"""
        'second_hr:' || people.person_number as record_id,
        'second_hr:' || people.person_number as employment_id,
        'second_hr:' || people.person_number as person_id,
        cast(null as string) as manager_person_id,
        '{COMPANY}' as company_id,
        'second_hr:' || people.unit_id as department_id,
        'Vienna' as branch_id,
        'second_hr:clerk' as designation_id,
        cast(null as string) as grade_id,
        cast(null as string) as employment_type_id,
        cast('2025-01-01' as date) as effective_from,
        cast('9999-12-31' as date) as effective_to,
        people.is_now,
        people.known_at
        """,
    ),
    "records_known": (
        "people",
        """
        'second_hr:' || people.person_number as record_id,
        'second_hr:' || people.person_number as employment_id,
        'second_hr:' || people.person_number as person_id,
        people.is_now,
        people.known_at
        """,
    ),
    "labels_known": (
        "units",
        """
        'second_hr:' || units.unit_id as link_value,
        'department' as field_name,
        units.unit_name as link_label,
        units.known_from,
        units.known_to
        """,
    ),
    "identifiers_claimed": (
        "people",
        """
        'second_hr:' || people.person_number as person_id,
        'employee_number' as identifier_kind,
        people.employee_number as identifier,
        cast('2025-01-01' as date) as claimed_from,
        cast('9999-12-31' as date) as claimed_to
        """,
    ),
    "departments_conformed": (
        "units",
        f"""
        'second_hr:' || units.unit_id as department_id,
        'second_hr:' || units.above_unit_id as parent_department_id,
        '{COMPANY}' as company_id,
        units.unit_name as department_name,
        units.above_unit_id is null as is_group,
        false as is_disabled
        """,
    ),
    "designations_conformed": (
        "people",
        """
        distinct
        'second_hr:clerk' as designation_id,
        'Clerk' as designation_name
        """,
    ),
    "places_conformed": (
        "people",
        f"""
        distinct
        '{COMPANY}' as company_id,
        'Vienna' as branch_id,
        'Austria' as country_name
        """,
    ),
    "sites_conformed": (
        "people",
        """
        distinct
        'Europe/Vienna' as time_zone,
        cast('2025-01-01' as date) as went_live_on,
        true as has_exits,
        cast(null as date) as handed_over_on
        """,
    ),
    "holidays_conformed": (
        "days_off",
        """
        days_off.day_off_on as holiday_on,
        days_off.country_code
        """,
    ),
}
"""Of each entity, the staging model that it comes from and its columns."""

NOW = "select * from {{{{ ref('{view}') }}}} where known_to = {{{{ never() }}}}"
AS_KNOWN = "{{{{ as_known('{view}') }}}}"
KNOWN = {
    "assignments_walked_back": AS_KNOWN,
    "employments_derived": AS_KNOWN,
    "records_known": AS_KNOWN,
    "labels_known": "select * from {{{{ ref('{view}') }}}}",
}
"""What an entity takes of the versions in its staging model; else those of now."""

LACKING = (
    "contracted_hours_known",
    "exports_heard",
    "job_evaluations_conformed",
    "pay_lines_derived",
    "pay_set_aside",
    "education_conformed",
    "leaves_conformed",
    "records_counted",
    "set_aside",
)


def write_model(folder: Path, name: str, sql: str, columns: str) -> None:
    """Write a model and the description beside it, with its first column as the key."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.sql").write_text(sql)
    names = [line.split()[-1].split(".")[-1] for line in columns.split(",\n")]
    described: list[dict[str, Any]] = [
        {"name": each, "description": f"Its {each}."} for each in names
    ]
    model = {"name": name, "description": "One row per each.", "columns": described}
    if instants := [each for each in names if each in {"known_at", "known_from"}]:
        key = {"columns": [names[0], *instants]}
        named = {"name": f"{name}_has_a_key", "arguments": key}
        model["data_tests"] = [{"unique_combination": named}]
    else:
        described[0]["data_tests"] = ["unique"]
    text = yaml.safe_dump({"version": 2, "models": [model]}, sort_keys=False)
    (folder / f"{name}.yml").write_text(text)


def add_second_system(project: Path) -> None:
    """Add its files and settings to a copy of the project; nothing else is edited."""
    staging = project / "models" / "staging" / "second_hr"
    for resource, columns in STAGING.items():
        key = next(iter(ROWS[resource][0]))
        known = f"{{{{ known('second_hr', '{resource}', key=['{key}']) }}}}"
        sql = (
            f"with known as (\n    {known}\n),\n\n"
            f"renamed as (\n    select{columns.rstrip()},\n"
            "        known.known_from,\n        known.known_to\n    from known\n)\n\n"
            "select * from renamed\n"
        )
        columns = columns.rstrip() + ",\nknown_from,\nknown_to"
        write_model(staging, f"stg_second_hr__{resource}", sql, columns)
    tables = [
        {"name": name, "description": f"Its {name}."} for name in ("_dlt_loads", *ROWS)
    ]
    source = {
        "name": "second_hr",
        "description": "Another HR system.",
        "database": "raw",
        "schema": "raw_second_hr",
        "tables": tables,
    }
    (staging / "_second_hr__sources.yml").write_text(
        yaml.safe_dump({"version": 2, "sources": [source]}, sort_keys=False)
    )
    for entity, (resource, columns) in CONFORMED.items():
        known = KNOWN.get(entity, NOW).format(view=f"stg_second_hr__{resource}")
        sql = (
            f"with {resource} as (\n    {known}\n),\n\n"
            f"conformed as (\n    select{columns}    from {resource}\n)\n\n"
            "select * from conformed\n"
        )
        place = project / "models" / "intermediate" / "people"
        write_model(place, f"int_second_hr_{entity}", sql, columns)
    lacking = f"{{second_hr: [{', '.join(LACKING)}]}}"
    settings = project / "dbt_project.yml"
    text = settings.read_text()
    for before, after in {
        "hr_sources: [frappe_hr, hr_tables]": (
            "hr_sources: [frappe_hr, hr_tables, second_hr]"
        ),
        "hr_sources_lack: {}": f"hr_sources_lack: {lacking}",
        "      payroll:\n        +schema: staging_payroll\n": (
            "      second_hr:\n        +schema: staging_second_hr\n"
            "        +group: hr_operations\n"
            "      payroll:\n        +schema: staging_payroll\n"
        ),
    }.items():
        assert text.count(before) == 1, before
        text = text.replace(before, after)
    settings.write_text(text)


def copy_of_the_project(project: Path) -> Path:
    """Copy what dbt reads, and the tests of it, and add the second system."""
    for name in ("macros", "models", "seeds", "demo/company", "tests"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(REPOSITORY / name, project / name, ignore=ignored)
    for name in ("dbt_project.yml", "profiles.yml"):
        shutil.copy(REPOSITORY / name, project)
    (project / "docs").mkdir()
    shutil.copy(REPOSITORY / "docs" / "requirements.yml", project / "docs")
    add_second_system(project)
    return project
