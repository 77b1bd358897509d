"""What may be wrong with delivered HR tables: kinds of findings, most of them a query.

A query gives `source_table`, `_file_name`, `_file_line` and `field` of each finding,
from the contract's tables in schema `c`; `check` adds the column and its value.
"""

from dataclasses import dataclass

PEOPLE = "headcount, movements, turnover"
PAY = "pay gap, workforce cost"

TODAY = "(select day from c.today)"


@dataclass(frozen=True)
class Kind:
    """A kind of finding.

    Attributes:
        name: In JSON.
        title: What is wrong.
        costs: The figures that it costs.
        remedy: What to do.
        blocks: Whether nothing should be loaded before.
        sql: How it is found; empty where `check` finds it in the files.
    """

    name: str
    title: str
    costs: str
    remedy: str
    blocks: bool = False
    sql: str = ""


def _where(table: str, field: str, condition: str) -> str:
    return (
        f"select source_table, _file_name, _file_line, '{field}' as field"
        f" from c.{table} where {condition}"
    )


def _fault(fault: str, more: str = "") -> str:
    return _where("faults", "", f"fault = '{fault}' {more}").replace(
        "'' as field", "field"
    )


def _first(rows: str, by: str) -> str:
    """Of rows that say one thing, the first."""
    return (
        "select source_table, _file_name, _file_line, field from"
        f" ({rows}) qualify row_number() over (partition by {by}"
        " order by source_table, _file_name, _file_line) = 1"
    )


def _circle(table: str, key: str, above: str) -> str:
    """Of each circle that the latest rows make, the one with the least key."""
    since = "effective_from, exported_on" if table == "assignments" else "exported_on"
    return f"""
        with recursive latest as (
            select * from c.{table} where {above} is not null
            qualify row_number() over (
                partition by {key} order by coalesce({since}) desc, _file_line desc
            ) = 1
        ), up(key, top, least, n) as (
            select {key}, {above}, least({key}, {above}), 1 from latest
            union all
            select key, {above}, least(least, {above}), n + 1
            from up join latest on latest.{key} = top
            where top != key and n < 50
        )
        select source_table, _file_name, _file_line, '{above}' as field
        from up join latest on latest.{key} = key
        where top = key and least = key"""


_IDS = [
    *((table, "person_id") for table in ("people", "employments", "assignments")),
    *((table, "person_id") for table in ("contracted_hours", "pay_rates", "pay_lines")),
    ("absences", "person_id"),
    ("assignments", "manager_id"),
]

_NEAR_EXPORTS = """
    select *, lag({0}) over w as before, lag(exported_on) over w as day_before
    from c.exports where shape in ('snapshots', 'periods') and not is_partial
    window w as (partition by source_table order by exported_on)"""

_IN_NEAR_EXPORTS = """
    select
        e.*, x.n, x.absent, lag(x.n) over w as n_before,
        lag(e.started_on) over w as started_before,
        lag(e.ended_on) over w as ended_before
    from c.employments e
    join (
        select
            *, dense_rank() over (partition by source_table order by exported_on) as n
        from c.exports
    ) x using (source_table, _file_name, exported_on)
    where e.shape = 'snapshots' and not x.is_partial
    window w as (partition by e.source_table, person_id order by x.n)"""

_UNLIKELY = (
    f"(born_on + interval 14 year > coalesce(exported_on, {TODAY})"
    f" or born_on + interval 100 year < coalesce(exported_on, {TODAY}))"
)

KINDS = (
    Kind(
        "unreadable",
        "a file cannot be read",
        "everything in it",
        "do what its reason says",
        blocks=True,
    ),
    Kind(
        "no_file",
        "a table has no file",
        "everything in it",
        "deliver the file, or put right `files:` of the mapping",
        blocks=True,
    ),
    Kind(
        "no_rows",
        "a file has a header and no rows",
        "everything in it; of snapshots, all leave",
        "ask for the export again",
        blocks=True,
    ),
    Kind(
        "missing_column",
        "a column that the mapping names is not there",
        "what is made of it",
        "put right its name in the mapping, or ask for the column",
        blocks=True,
    ),
    Kind(
        "no_export_day",
        "the day that an export tells of cannot be told",
        "all rows of it",
        "put right `exported:` of the mapping, or the file's name",
        blocks=True,
        sql=_first(
            _where("faults", "exported_on", "field = 'exported_on'"), "_file_name"
        ),
    ),
    Kind(
        "shrunk",
        "a snapshot has far fewer people than the one before",
        f"{PEOPLE}: those who lack count as gone",
        "ask for it whole, or set is_partial: true",
        blocks=True,
        sql="select source_table, _file_name, null as _file_line, '' as field from"
        f" ({_NEAR_EXPORTS.format('people')}) where people < 0.7 * before"
        " and before - people >= 3",
    ),
    Kind(
        "unknown_file",
        "a file is of no table",
        "what is in it",
        "name it by `files:` of a table, or take it away",
    ),
    Kind(
        "unknown_column",
        "a column is nowhere in the mapping",
        "what could be made of it; it is loaded all the same",
        "name it under fields, unused or never",
    ),
    Kind(
        "broken_row",
        "a row has more fields than the header, or broken quotes",
        "the row",
        "put right its quotes or delimiters",
    ),
    Kind(
        "file_twice",
        "two files are the same",
        "nothing, one of them is left out",
        "take one away",
    ),
    Kind(
        "period_twice",
        "two files tell of the same day",
        "one of them: the later loaded replaces the other",
        "take one away, or say replaces: same_file",
        sql="select source_table, _file_name, null as _file_line, '' as field from ("
        "select *, row_number() over (partition by source_table, exported_on"
        " order by _file_name) as n from c.exports"
        " where shape in ('snapshots', 'periods', 'payments')"
        " and export_key = exported_on::varchar) where n > 1",
    ),
    Kind(
        "gap",
        "an export between two others lacks",
        "the months between: moves in them are told at the next export",
        "deliver what lacks",
        sql="select source_table, _file_name, null as _file_line, '' as field from ("
        "select *, median(days) over (partition by source_table) as usual from ("
        "select *, exported_on - day_before as days from"
        f" ({_NEAR_EXPORTS.format('people')}))) where days > 1.6 * usual",
    ),
    Kind(
        "damaged_text",
        "text was read in a wrong encoding",
        "names of departments, places and jobs, which become new ones",
        "ask for UTF-8, or say encoding: in the mapping",
    ),
    Kind(
        "total_row",
        "a row adds others up, or is a vacant post",
        f"{PEOPLE}: it counts as somebody",
        "name it under refuse:",
    ),
    Kind(
        "duplicate_row",
        "a row is there twice",
        "nothing, it counts once; pay lines count twice",
        "ask for each row once",
    ),
    Kind(
        "mixed_order",
        "a column has dates day first and others month first",
        "what hangs on these dates; others may be misread without a trace",
        "ask for one form, best 2026-01-31",
    ),
    Kind(
        "not_a_date",
        "a text is no date of the stated form",
        "what hangs on the date",
        "put right the value, or dateFormat or missingValues of the mapping",
        sql=_fault("not_a_date", "and field != 'exported_on'"),
    ),
    Kind(
        "not_a_number",
        "a text is no number",
        "hours and pay",
        "put right the value, or decimalChar, groupChar or bareNumber",
        sql=_fault("not_a_number"),
    ),
    Kind(
        "not_mapped",
        "over 1 % of a column's values have no meaning",
        "figures by that column",
        "add them to values: of the field",
        sql=_first(
            "select f.source_table, f._file_name, f._file_line, f.field from c.faults f"
            " join (select source_table, field, count(*) as n from c.faults"
            " where fault = 'not_in_value_map' group by all)"
            " using (source_table, field) join c.rows using (source_table)"
            " where fault = 'not_in_value_map' and n > 0.01 * rows",
            "source_table, field",
        ),
    ),
    Kind(
        "no_key",
        "a row does not say who it is of",
        f"{PEOPLE}: the row is left out",
        "fill it in, or name such rows under refuse:",
        sql=_fault("missing", "and field = 'person_id'"),
    ),
    Kind(
        "lacking",
        "a row lacks a value that it cannot do without",
        "the row",
        "fill it in",
        sql=_fault("missing", "and field not in ('person_id', 'exported_on')"),
    ),
    Kind(
        "key_twice",
        "somebody is there twice on one day",
        f"{PEOPLE}: one of the rows counts",
        "ask for one row each; employments one after the other are of shape list",
        sql="select source_table, _file_name, _file_line, 'person_id' as field"
        " from c.employments where shape in ('snapshot', 'snapshots', 'periods',"
        " 'list', 'leavers') and is_employed is not false"
        " qualify row_number() over (partition by source_table, _dlt_load_id,"
        " exported_on, person_id,"
        " case when shape in ('list', 'leavers') then started_on end"
        " order by _file_line) > 1",
    ),
    Kind(
        "overlap",
        "two rows of somebody hold at the same time",
        "assignments, hours or pay: the later row counts",
        "put right from and to, or say is_last_day: true",
        sql="select source_table, _file_name, _file_line, 'effective_from' as field"
        " from (select *, lag(effective_to) over w as to_before,"
        " lag(effective_from) over w as from_before from c.statements"
        " where shape = 'history' window w as"
        " (partition by source_table, _dlt_load_id, person_id"
        " order by effective_from, _file_line))"
        " where effective_from < to_before or effective_from = from_before",
    ),
    Kind(
        "backwards",
        "a row ends before it begins",
        "what the row says",
        "put right from and to",
        sql=_where("statements", "effective_to", "effective_to < effective_from"),
    ),
    Kind(
        "future_row",
        "a row holds only from a day to come",
        "nothing until then",
        "look whether the day is right",
        sql=_where("statements", "effective_from", f"effective_from > {TODAY} + 31"),
    ),
    Kind(
        "exit_before_hire",
        "somebody left before they came",
        f"{PEOPLE}, tenure: the employment is left out",
        "put right one of the dates",
        sql=_where("employments", "ended_on", "ended_on < started_on"),
    ),
    Kind(
        "exit_to_come",
        "an exit is after the day of the export",
        "nothing where it is planned; turnover, where it is a slip",
        "look whether the day is right",
        sql=_where(
            "employments",
            "ended_on",
            "ended_on > exported_on + 1 and year(ended_on) < 2200",
        ),
    ),
    Kind(
        "hire_to_come",
        "a hire is after the day of the export",
        "headcount, where it is a slip",
        "look whether the day is right",
        sql=_where("employments", "started_on", "started_on > exported_on"),
    ),
    Kind(
        "exit_not_dated",
        "somebody is said to have left, and no day says when",
        f"{PEOPLE}: the exit counts on the day of the export",
        "map ended_on, or fill in the day",
        sql=_where(
            "employments",
            "ended_on",
            "(is_employed = false or exit_kind is not"
            " null) and ended_on is null and shape in ('list', 'snapshot')",
        ),
    ),
    Kind(
        "born_to_come",
        "a birth is in the future",
        "age, attrition",
        "put right the date; two-digit years need %y",
        sql=_where("people", "born_on", f"born_on > {TODAY}"),
    ),
    Kind(
        "unlikely_age",
        "somebody is under 14 or over 100 years old, or was hired under 14",
        "age, attrition, tenure",
        "put right the date, or name it under missingValues",
        sql=_where("people", "born_on", f"born_on <= {TODAY} and {_UNLIKELY}")
        + " union all select source_table, _file_name, _file_line, 'started_on' as"
        " field from c.employments where started_on < (select max(born_on) + interval"
        " 14 year from c.people where people.source_name = employments.source_name"
        " and people.person_id = employments.person_id"
        f" and born_on < employments.started_on and not {_UNLIKELY})",
    ),
    Kind(
        "returns",
        "somebody lacks in one export, and is in the next again",
        "movements, turnover: an exit and a hire that perhaps never were",
        "look whether they left; else say absent: until_seen_again",
        sql="select source_table, _file_name, _file_line, 'person_id' as field from ("
        f"{_IN_NEAR_EXPORTS}) where absent = 'exit' and n > n_before + 1",
    ),
    Kind(
        "other_first_day",
        "somebody who never lacked has another first day in a later export",
        "tenure; movements, turnover: an exit and a hire, where it is a later one",
        "ask which is true; if both, they left and came back",
        sql="select source_table, _file_name, _file_line, 'started_on' as field from ("
        f"{_IN_NEAR_EXPORTS}) where n = n_before + 1"
        " and started_on != started_before and ended_before is null",
    ),
    Kind(
        "other_id",
        "somebody of the same name and birth has another id in a later export",
        f"{PEOPLE}: an exit and a hire that never were",
        "ask which id stays, and write the pair into seeds/same_people.csv",
        sql="select b.source_table, b._file_name, b._file_line, 'person_id' as field"
        " from c.first_seen b join c.first_seen a on a.source_table = b.source_table"
        " and a.who = b.who and lower(a.person_id) != lower(b.person_id)"
        " and a.exported_on < b.exported_on and a.last_on < b.exported_on",
    ),
    Kind(
        "id_in_two_cases",
        "an id is written in capitals and in small letters",
        f"nothing, it is one person; {PEOPLE}, where one export has both: they are two",
        "ask for one spelling",
        sql="select source_table, _file_name, _file_line, field from (select *,"
        " first_value(id) over (partition by lower(id) order by is_manager,"
        " source_table, exported_on, _file_name, _file_line) as first_id from ("
        + " union all ".join(
            f"select source_table, _file_name, _file_line, exported_on, '{field}' as"
            f" field, {field} as id, '{field}' = 'manager_id' as is_manager from"
            f" c.{table} where lower({field}) in (from c.spelled_twice)"
            for table, field in _IDS
        )
        + ")) where id != first_id qualify row_number() over ("
        "partition by id order by source_table, _file_name, _file_line) = 1",
    ),
    Kind(
        "other_birth",
        "an id has another birth in a later export",
        f"{PEOPLE}: two people may be taken for one",
        "ask whether the id was given anew",
        sql="select source_table, _file_name, _file_line, 'born_on' as field from ("
        "select *, lag(born_on) over (partition by source_name, person_id order by"
        " exported_on, _file_line) as before from c.people where born_on is not null)"
        " where born_on != before",
    ),
    Kind(
        "one_sex",
        "sex is undeclared, other or the same for all",
        "pay gap, all figures by sex",
        "map sex, and its values",
        sql="select source_table, min(_file_name) as _file_name, null as _file_line,"
        " 'sex' as field from c.people where sex is not null group by source_table"
        " having count(distinct person_id) >= 5 and (count(distinct sex) = 1"
        " or count(*) filter (sex in ('female', 'male')) = 0)",
    ),
    Kind(
        "two_names",
        "a code has two names",
        "names of departments and jobs",
        "ask for one name",
        sql=_first(
            "select source_table, _file_name, _file_line, 'department_name' as field,"
            " department as code from c.departments where department_name is not null"
            " qualify min(department_name) over (partition by _dlt_load_id, department)"
            " != department_name union all select source_table, _file_name, _file_line,"
            " 'designation_name', designation from c.designations"
            " where designation_name is not null qualify min(designation_name)"
            " over (partition by _dlt_load_id, designation) != designation_name",
            "source_table, field, code",
        ),
    ),
    Kind(
        "no_exits",
        "nobody ever left",
        "turnover, movements, attrition: none can be told",
        "deliver leavers too, or exports one after the other",
        sql="select null as source_table, null as _file_name, null as _file_line,"
        " '' as field from c.today where exists (from c.employments) and not exists"
        " (from c.employments where ended_on is not null or is_employed = false"
        " or event = 'exit' or (shape = 'history' and effective_to is not null)"
        " or shape = 'payments') and not exists (from c.vanished)",
    ),
    Kind(
        "exit_reason_unknown",
        "a reason for leaving is not in exit_reasons.csv",
        "voluntary turnover, attrition: whose decision these exits were",
        "add it in small letters to seeds/exit_reasons.csv, as voluntary, involuntary"
        " or other, or map exit_kind",
        sql=_first(
            "select *, 'exit_reason' as field from c.employments"
            " where exit_reason is not null and exit_kind is null and resigned_on is"
            " null and (ended_on is not null or is_employed = false or event = 'exit'"
            " or shape = 'leavers') and lower(exit_reason) not in"
            " (select reason from c.exit_reasons)",
            "lower(exit_reason)",
        ),
    ),
    Kind(
        "no_hours",
        "pay is there, and no hours",
        "pay gap per hour, FTE",
        "map weekly_hours, or say.weekly_hours",
        sql="select min(source_table) as source_table, null as _file_name,"
        " null as _file_line, 'weekly_hours' as field from c.pay_rates"
        " where not exists (from c.contracted_hours) having count(*) > 0",
    ),
    Kind(
        "pay_without_hours",
        "somebody has pay and no hours",
        "pay gap per hour: they are left out",
        "fill in the hours",
        sql=_first(
            "select source_table, _file_name, _file_line, person_id,"
            " 'pay_rate' as field from c.pay_rates where exists"
            " (from c.contracted_hours) and person_id not in"
            " (select person_id from c.contracted_hours)",
            "person_id",
        ),
    ),
    Kind(
        "pay_after_exit",
        "pay begins after somebody left",
        PAY,
        "put right the exit or the pay",
        sql="select p.source_table, p._file_name, p._file_line, p.field from"
        " (select source_table, _file_name, _file_line, person_id, 'pay_rate' as field,"
        " effective_from as day from c.pay_rates union all select source_table,"
        " _file_name, _file_line, person_id, 'line_amount', paid_from from c.pay_lines)"
        " p join (select person_id, max(coalesce(ended_on, date '9999-12-31')) as last"
        " from c.employments where shape in ('list', 'leavers', 'snapshot')"
        " group by all) e using (person_id) where p.day > e.last",
    ),
    Kind(
        "no_currency",
        "pay has a currency that there is not, or none",
        PAY,
        "map pay_currency, or say.currency",
        sql="select source_table, _file_name, _file_line, field from (select *,"
        " 'pay_currency' as field, pay_currency as code from c.pay_rates union all by"
        " name select *, 'line_currency' as field, line_currency as code"
        " from c.pay_lines) where coalesce(upper(code), '') not in"
        " (select code from c.currencies)",
    ),
    Kind(
        "pay_not_positive",
        "a rate of pay is zero or negative",
        PAY,
        "put right the amount, or name it under missingValues",
        sql=_where("pay_rates", "pay_rate", "pay_rate <= 0"),
    ),
    Kind(
        "unlikely_hours",
        "hours of a week are none or over 80",
        "FTE, pay gap per hour",
        "put right the hours; of a month they need values of a week",
        sql=_where(
            "contracted_hours", "weekly_hours", "weekly_hours <= 0 or weekly_hours > 80"
        ),
    ),
    Kind(
        "unlikely_fte",
        "a share of full time is over 1.5",
        "FTE",
        "put right the share",
    ),
    Kind(
        "manager_unknown",
        "a manager is nobody",
        "span of control",
        "map manager_id to the column of their ids, or ask for the managers too",
        sql=_first(
            "select source_table, _file_name, _file_line, 'manager_id' as field,"
            " manager_id from c.assignments where manager_id is not null and manager_id"
            " not in (select person_id from c.assignments union all"
            " select person_id from c.employments)",
            "manager_id",
        ),
    ),
    Kind(
        "manager_circle",
        "people are managers of each other in a circle",
        "span of control",
        "put right one of the managers",
        sql=_circle("assignments", "person_id", "manager_id"),
    ),
    Kind(
        "department_circle",
        "departments are above each other in a circle",
        "figures by department above",
        "put right one of the parents",
        sql=_circle("departments", "department", "parent_department"),
    ),
    Kind(
        "parent_unknown",
        "a department's parent is none",
        "figures by department above",
        "deliver the parent too",
        sql=_first(
            "select source_table, _file_name, _file_line, 'parent_department' as field,"
            " parent_department from c.departments where parent_department is not null"
            " and parent_department not in (select department from c.departments)",
            "parent_department",
        ),
    ),
    Kind(
        "evaluation_unknown",
        "a job title is evaluated that nobody has",
        "pay gap by category: the evaluation counts for nobody",
        "write the title as the table of people does",
        sql=_first(
            "select source_table, _file_name, _file_line, 'designation' as field,"
            " designation from c.job_evaluations e where exists (from c.assignments"
            " where designation is not null) and not exists (from c.assignments a"
            " where a.designation = e.designation) and not exists (from c.designations"
            " d where d.designation = e.designation"
            " and d.source_table != e.source_table)",
            "designation",
        ),
    ),
    Kind(
        "place_without_country",
        "a place has no country",
        "region, holidays, full-time hours",
        "say.country, or a table of places with their countries",
        sql=_first(
            "select source_table, _file_name, _file_line, 'place' as field, place"
            " from c.assignments where place is not null and not exists (from c.sources"
            " where country is not null) and place not in (select place from c.places"
            " where country is not null)",
            "place",
        ),
    ),
    Kind(
        "absence_backwards",
        "an absence ends before it begins",
        "absence",
        "put right from and to",
        sql=_where("absences", "absent_to", "absent_to < absent_from"),
    ),
)
"""All of them, in the order in which they are told."""

BY_NAME = {kind.name: kind for kind in KINDS}

SUPPORT = {
    "statements": "select distinct source_name, source_table, shape, _dlt_load_id,"
    " _file_name, _file_line, exported_on, person_id, effective_from, effective_to"
    " from ("
    + " union all by name ".join(
        f"from c.{t}"
        for t in ("employments", "assignments", "contracted_hours", "pay_rates")
    )
    + ") where effective_from is not null",
    "exports": "select e.source_table, e.shape, t.absent, t.is_partial, e.export_key,"
    " e.exported_on, e._file_name, sum(e.people) as people from"
    " (select source_table, shape, export_key, exported_on, _dlt_load_id, _file_name,"
    " count(distinct person_id) as people from (from c.employments union all by name"
    " from c.assignments union all by name from c.pay_lines) group by all) e join"
    " c.table_exports t using (source_table, _dlt_load_id, exported_on) group by all",
    "spelled_twice": "select lower(id) from ("
    + " union ".join(f"select {field} as id from c.{table}" for table, field in _IDS)
    + ") where id is not null group by all having count(*) > 1",
    "vanished": "select person_id from c.employments e where shape in ('snapshots',"
    " 'periods') group by all having max(exported_on) < (select max(exported_on) from"
    " c.exports where shape in ('snapshots', 'periods'))",
    "first_seen": "select *, lower(concat_ws(' ', first_name, last_name)) || born_on"
    " as who, max(exported_on) over (partition by source_table, person_id) as last_on"
    " from c.people where born_on is not null and last_name is not null"
    " qualify row_number() over (partition by source_table, person_id"
    " order by exported_on, _file_line) = 1",
}
"""Tables that several queries read, made of the contract's."""
