"""Templates: the contract of HR tables as files to fill, and mappings that read them.

Who has no export, or would rather write one for Muster, fills these. The table
`people` has more than the contract's of that name: all that one row can tell of a
person on a day.
"""

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path

import xlsxwriter
from rich.console import Console
from rich.text import Text

import environment
from environment.files import write_whole
from ingestion.hr_tables import contract
from ingestion.hr_tables.mapping import FOLDER, SUFFIX
from operations.onboard.reading import counted

WORKBOOK = "hr_tables.xlsx"
READ_ME = "read me"
AS_OF = "as_of"

MAPPINGS = {"template": False, "template_workbook": True}
"""The mappings' names; whether each reads the workbook, else the CSV files."""

WIDE = ("people", "assignments", "job_evaluations", "contracted_hours", "pay_rates")
"""The contract's tables of which the template's `people` has the columns."""

SHAPES = {
    "people": "snapshots",
    "employments": "list",
    "assignments": "history",
    "contracted_hours": "history",
    "pay_rates": "history",
    "pay_lines": "payments",
    "absences": "snapshot",
}
"""How each table's rows are said; those that are not here hold no people."""

FILL = (
    (
        "the pay gap of one year (Directive (EU) 2023/970, Article 9)",
        "people alone, a row per person on 31 December: person_id, as_of, sex, company,"
        " designation, worker_category, weekly_hours, pay_rate, pay_currency and"
        " pay_period",
    ),
    (
        "variable pay in the pay gap, and what the workforce costs",
        "pay_lines besides, the lines of all payslips",
    ),
    (
        "headcount, hires, exits and turnover",
        "people with as_of at each month's end; or employments, with all who ever were"
        " there, and assignments for where",
    ),
    ("transfers, promotions", "assignments, a row for each change"),
    ("span of control", "manager_id in people or assignments"),
    ("absence", "absences, and contracted_hours or weekly_hours in people"),
    (
        "the adjusted pay gap",
        "education_level, started_on, requirement_level and position_level besides",
    ),
)
"""For which figure to fill what."""

_OF_AS_OF = contract.Field(
    name=AS_OF,
    type="date",
    sql_type="date",
    is_required=True,
    is_key=True,
    description="The day the row tells of. Who has no row for a later day has left.",
    values=(),
    examples=("2025-12-31",),
    needed_for=(),
)
_HEIGHT = 1_048_575
"""The last row of a sheet, counted from 0."""


def columns(table: str) -> tuple[contract.Field, ...]:
    """The columns of a table of the template, in their order."""
    made = contract.tables()
    dates = (contract.FROM, contract.TO)
    if table == "employments":
        hidden = {"is_employed", "event", *dates}
        return tuple(f for f in made[table].fields if f.name not in hidden)
    if table != "people":
        return made[table].fields
    found = {contract.PERSON: contract.fields()[contract.PERSON], AS_OF: _OF_AS_OF}
    for each in WIDE:
        for field in made[each].fields:
            if field.name not in dates:
                found.setdefault(field.name, field)
    found["started_on"] = contract.fields()["started_on"]
    return tuple(found.values())


def write_templates(folder: Path) -> list[Path]:
    """Write the templates, and the mappings that read them once they are filled.

    Files of the same names are written over.

    Args:
        folder: Where; made if it is not there.

    Returns:
        What was written: a CSV file per table, the workbook, and two mappings, of which
        a company takes the one for what it fills.
    """
    folder.mkdir(parents=True, exist_ok=True)
    written = [_write_csv(folder, table) for table in contract.tables()]
    written.append(_write_workbook(folder / WORKBOOK))
    for name, is_of_workbook in MAPPINGS.items():
        path = folder / FOLDER / f"{name}{SUFFIX}"
        write_whole(path, mapping_text(is_of_workbook=is_of_workbook))
        written.append(path)
    return written


def show(folder: Path, written: Sequence[Path], console: Console) -> None:
    """Tell what was written, what to fill, and what to do next."""
    tables = [path.name for path in written if path.suffix == ".csv"]
    place = environment.shown(folder)
    for line in (
        f"Written to {place}: {WORKBOOK}, a sheet for each table; the same as"
        f" {counted(len(tables), 'CSV file')}; mappings that read them.",
        "Fill the workbook or the CSV files, as far as you have it:",
    ):
        console.print(Text(line), soft_wrap=True)
    for figure, what in FILL:
        console.print(Text(f"  {figure}: {what}"), soft_wrap=True)
    for name, is_of_workbook in MAPPINGS.items():
        what = WORKBOOK if is_of_workbook else "the CSV files"
        path = environment.shown(folder / FOLDER / f"{name}{SUFFIX}")
        console.print(Text(f"{path} reads {what}."), soft_wrap=True)
    console.print(
        Text(
            "Next: copy one of them into the folder mappings of your company's"
            " (MUSTER_COMPANY), named as you like, such as acme.yml; answer what is"
            " under say:, and take out the tables that you did not fill. Then muster"
            f" check acme {place}"
        ),
        soft_wrap=True,
    )


def mapping_text(*, is_of_workbook: bool) -> str:
    """The mapping that reads filled templates."""
    return "\n".join(_mapping_lines(is_of_workbook))


def _mapping_lines(is_of_workbook: bool) -> Iterator[str]:
    yield from (
        "# Reads the filled templates. Take out the tables that you do not fill.",
        "version: 1",
        "say:",
        "  # What no file can tell: take the sign away before what you know.",
        "  # company: Acme GmbH         # where no column says it: all figures",
        "  # country: DE                # of places without one: figures by region",
        "  # time_zone: Europe/Berlin   # days on which files came in",
        "  exit_day: worked             # worked: ended_on is the last day of work",
        "tables:",
    )
    for table in contract.tables():
        shape = SHAPES.get(table, "reference")
        yield f"  {table}:"
        yield f'    files: "{WORKBOOK.partition(".")[0] if is_of_workbook else table}*"'
        if is_of_workbook:
            yield f"    sheet: {table}"
        yield f"    shape: {shape}"
        if table == "people":
            yield f"    exported: {{column: {AS_OF}}}"
        elif shape in ("history", "payments", "snapshot"):
            yield "    gives_employment: false"
        yield "    fields:"
        for each in columns(table):
            if each.name != AS_OF:
                yield f"      {each.name}: {each.name}"


def _write_csv(folder: Path, table: str) -> Path:
    path = folder / f"{table}.csv"
    with path.open("w", encoding="utf-8-sig", newline="") as target:
        csv.writer(target).writerow(each.name for each in columns(table))
    return path


def _write_workbook(path: Path) -> Path:
    with xlsxwriter.Workbook(str(path)) as book:
        bold = book.add_format({"bold": True})
        wrapped = book.add_format({"text_wrap": True, "valign": "top"})
        required = book.add_format({"bold": True, "bg_color": "#dde8cb"})
        formats = {
            "date": book.add_format({"num_format": "yyyy-mm-dd"}),
            "string": book.add_format({"num_format": "@"}),
        }
        first = book.add_worksheet(READ_ME)
        first.set_column(0, 0, 40, wrapped)
        first.set_column(1, 1, 90, wrapped)
        for row, (figure, what) in enumerate((("For", "fill"), *FILL)):
            first.write_row(row, 0, (figure, what), None if row else bold)
        row = len(FILL) + 2
        first.write(
            row, 0, "A row cannot do without a shaded column. Remarks tell more."
        )
        for table, made in contract.tables().items():
            row += 1
            what = made.row if table != "people" else "One row per person and day."
            first.write_row(row, 0, (table, f"{made.description} {what}"))
            sheet = book.add_worksheet(table)
            sheet.freeze_panes(1, 1)
            for place, each in enumerate(columns(table)):
                is_needed = each.is_required and not _is_aside(table, each)
                sheet.set_column(place, place, 18, formats.get(each.type))
                sheet.write(0, place, each.name, required if is_needed else bold)
                sheet.write_comment(0, place, _remark(each))
                values = list(each.values)
                if each.type == "boolean":
                    values = ["true", "false"]
                if values:
                    sheet.data_validation(
                        1, place, _HEIGHT, place, {"validate": "list", "source": values}
                    )
    return path


def _is_aside(table: str, field: contract.Field) -> bool:
    """Whether a row of `people` can do without what another table requires."""
    return table == "people" and field.name not in (contract.PERSON, AS_OF)


def _remark(field: contract.Field) -> str:
    parts = [field.description]
    if field.examples:
        parts.append(f"For example {', '.join(field.examples)}.")
    if field.values:
        parts.append(f"One of {', '.join(field.values)}.")
    if field.needed_for:
        told = ", ".join(each.replace("_", " ") for each in field.needed_for)
        parts.append(f"Needed for: {told}.")
    return "\n".join(parts)
