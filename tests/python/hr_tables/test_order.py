"""In which order a file has its lines decides nothing."""

import random
import shutil
from pathlib import Path

import dbt_kit
import duckdb
import pytest
from acceptance.company import TABLES_ONLY
from shapes.home import Stranger

from environment import PROJECT

# The fixture builds a warehouse, on a machine that does other things too.
pytestmark = pytest.mark.timeout(900)

NAMES = ("plain", "shuffled")

MAPPING = """\
version: 1
say: {company: Acme, country: DE, time_zone: Europe/Berlin, currency: EUR}
tables:
  staff:
    files: "staff*"
    shape: snapshots
    exported: {file_name: "%Y-%m-%d"}
    fields:
      person_id: id
      last_name: name
      sex: sex
      started_on: start
      ended_on: end
      exit_reason: why
      department: dept
      designation: title
      manager_id: boss
      weekly_hours: hours
      pay_rate: pay
      pay_period: {constant: month}
  jobs:
    files: "jobs*"
    shape: history
    exported: {date: 2026-05-31}
    fields:
      {person_id: id, grade: grade, weekly_hours: hours, effective_from: start,
       effective_to: end}
  acts:
    files: "acts*"
    shape: events
    exported: {date: 2026-05-31}
    fields:
      person_id: id
      event: {from: act, values: {hire: hire, exit: exit, change: change}}
      effective_from: start
      employment_type: type
      place: place
"""

HEADERS = {
    "staff_2026-04-30": "id,name,sex,start,end,why,dept,title,boss,hours,pay",
    "staff_2026-05-31": "id,name,sex,start,end,why,dept,title,boss,hours,pay",
    "jobs": "id,grade,hours,start,end",
    "acts": "id,act,start,type,place",
}

COMPARED = (
    "int_hr_tables_people_known",
    "int_hr_tables_presences_derived",
    "int_hr_tables_employments_derived",
    "int_hr_tables_assignments_walked_back",
    "int_hr_tables_contracted_hours_known",
    "int_hr_tables_pay_lines_derived",
)


def lines(chance: random.Random, name: str) -> list[str]:
    """Lines of a file in which people, and days, are there several times."""
    one = chance.choice

    def staff(person: str) -> str:
        who = [
            person,
            one(["A", "B"]),
            one("fm"),
            one(["2024-01-01", "2025-01-01", ""]),
        ]
        left = [one(["", "", "2026-03-31"]), one(["", "Resignation", "Retirement"])]
        post = [one(["Sales", "Works"]), one(["Clerk", "Chef"]), one(["@1", "@2", ""])]
        paid = [one(["20", "40", ""]), one(["3000", "4000", ""])]
        return ",".join([*who, *left, *post, *paid])

    def job(person: str) -> str:
        days = [one(["2025-01-01", "2025-06-01"]), one(["", "2025-09-01"])]
        return ",".join([person, one(["E1", "E2"]), one(["20", "30"]), *days])

    def act(person: str) -> str:
        day = one(["2024-06-01", "2025-06-01"])
        told = [one(["hire", "exit", "change"]), day, one(["Full", "Part", ""])]
        return ",".join([person, *told, one(["Rome", "Oslo", ""])])

    say = {"jobs": job, "acts": act}.get(name, staff)
    return [say(f"@{number}") for number in range(40) for _ in range(number % 4)]


@pytest.fixture(scope="module")
def built(parsed: Path, tmp_path_factory: pytest.TempPathFactory) -> Stranger:
    """Two sources of the same exports, one with its lines in another order."""
    desk = tmp_path_factory.mktemp("desk")
    for name in (dbt_kit.KEPT, "manifest.json"):
        shutil.copy(parsed / name, desk)
    company = Stranger(tmp_path_factory.mktemp("order"), desk)
    (company.folder / "mappings").mkdir(parents=True)
    shutil.copytree(PROJECT / "demo/company/seeds", company.folder / "seeds")
    for source in NAMES:
        (company.folder / "mappings" / f"{source}.yml").write_text(MAPPING)
        (company.inboxes / source).mkdir(parents=True)
    for name, header in HEADERS.items():
        said = lines(random.Random(name), name)
        for source in NAMES:
            path = company.inboxes / source / f"{name}.csv"
            path.write_text("\n".join([header, *said, ""]).replace("@", source))
            random.Random(1).shuffle(said)
    company.load(*NAMES)
    company.dbt([*TABLES_ONLY, "--select", *(f"+{model}" for model in COMPARED)])
    return company


@pytest.mark.parametrize("model", COMPARED)
def test_shuffled_lines_tell_the_same(built: Stranger, model: str) -> None:
    with duckdb.connect(str(built.restricted), read_only=True) as connection:
        (schema,) = connection.execute(
            "select table_schema from information_schema.tables where table_name = ?",
            [model],
        ).fetchone() or ("",)
        columns = [
            f"replace({name}, source_name, '')" if kind == "VARCHAR" else name
            for name, kind, *_ in connection.execute(
                f"describe {schema}.{model}"
            ).fetchall()
            if name not in ("source_rank", "employee_key")
        ]
        plain, shuffled = (
            connection.execute(
                f"select {', '.join(columns)} from {schema}.{model}"
                " where source_name = ? order by all",
                [source],
            ).fetchall()
            for source in NAMES
        )

    assert plain, f"{model} is empty"
    assert plain == shuffled
