"""Retention: who is to be forgotten because their time is over (Art. 5(1)(e) GDPR).

The rules are in `retention.csv` in the company's folder: of employees, how many months
after they left; of applicants, how many after the last that was heard of their
application, if they were not employed. Without a rule nobody's time is ever over.
"""

import csv
from datetime import date

from rich.console import Console

from environment import Environment, company
from environment.databases import attach, session
from environment.errors import MusterError
from ingestion import clock
from ingestion.erasure.personal import PREFIX
from ingestion.log import of as log_of
from operations.erasure import holds
from operations.erasure.forget import forget
from operations.erasure.person import find

FILE = "retention.csv"

EMPLOYEES, APPLICANTS = "employees", "applicants"

_DUE = {
    EMPLOYEES: (
        "select min(links.person_id) from muster.core.dim_employee as employees"
        " inner join restricted.people.int_people_linked as links using (employee_key)"
        " where not employees.is_active and employees.left_on <= $1"
        f" and not contains(links.person_id, ':{PREFIX}') group by links.employee_key"
    ),
    APPLICANTS: (
        "with heard as (select application_id, applied_on as heard_on"
        "  from raw.raw_ats.applications union all"
        "  select application_id, changed_on from raw.raw_ats.stage_changes)"
        " select application_id from heard"
        " where application_id not in (select application_id"
        "  from raw.raw_ats.applications where trim(employee_number) <> '')"
        f" and not starts_with(application_id, '{PREFIX}')"
        " group by application_id having max(heard_on) <= $1"
    ),
}
"""Whose time is over, by kind, as of a last day."""


def rules() -> dict[str, int]:
    """Kind to months.

    Raises:
        MusterError: There are none, or one is wrong.
    """
    path = company() / FILE
    if not path.exists():
        raise MusterError(
            f"There is no {path}: write one with the columns kind ({EMPLOYEES} or"
            f" {APPLICANTS}) and months.",
            2,
        )
    found = {}
    with path.open(encoding="utf-8-sig", newline="") as file:
        for line, row in enumerate(csv.DictReader(file), 2):
            kind, months = row.get("kind") or "", row.get("months") or ""
            if kind not in _DUE or not months.isdecimal():
                raise MusterError(
                    f"{path.name}:{line}: give {EMPLOYEES} or {APPLICANTS}, and a whole"
                    " number of months.",
                    2,
                )
            found[kind] = int(months)
    return found


def due(environment: Environment, kind: str, months: int) -> list[str]:
    """Those whose time is over, by an id that names them.

    Raises:
        MusterError: There are no marts to tell it by.
    """
    today = clock.now().date()
    years, month = divmod(today.year * 12 + today.month - 1 - months, 12)
    last = date(years, month + 1, min(today.day, 28))
    with session() as connection:
        attach(connection, environment.marts, "muster")
        attach(connection, environment.restricted, "restricted")
        log_of(environment.folder).attach(connection)
        rows = connection.execute(_DUE[kind], [last]).fetchall()
    return sorted(str(each) for (each,) in rows)


def retain(environment: Environment, console: Console, *, is_dry: bool = False) -> None:
    """Forget whose time is over and whom no hold keeps, or tell how many they are.

    Raises:
        MusterError: There is no rule, or another process is at work.
    """
    on_file = holds.on_file(environment, clock.now().date())
    free: list[str] = []
    grounds = []
    for kind, months in rules().items():
        named = due(environment, kind, months)
        people = find(environment, named) if named else []
        kept = {
            name
            for name, each in zip(named, people, strict=True)
            if any(hold.kind == holds.ALL for hold in holds.of(each.called(), on_file))
        }
        free += [name for name in named if name not in kept]
        grounds.append(f"{kind} after {months} months")
        console.print(
            f"{kind}, {months} months: {len(named):,} are due, {len(kept):,} of them"
            " held."
        )
    if is_dry:
        console.print("Nothing was changed.")
    elif free:
        # At once: the databases that tell who is who are built anew afterwards.
        reason = f"retention: {', '.join(grounds)}, Art. 5(1)(e) GDPR"
        forget(environment, free, reason, console)
