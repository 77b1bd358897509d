"""Mappings as SQL: the views that models read, made of what raw has as text.

`views` gives a select for each table of the contract, and for `sources`,
`table_exports`, `faults` and `_dlt_loads`. The SQL is DuckDB's. Of a source's table
each view reads the columns that it needs, once.

A row's values take four steps, one subselect each: the delivered texts without outer
blanks (`c0`, `c1`, ...), the fields' texts without those that stand for nothing
(`text_<field>`), what these texts mean (`read_<field>`), and the contract's values.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from collections.abc import Mapping as Dict

from environment.sql import literal, quote
from ingestion.hr_tables import contract, file_names
from ingestion.hr_tables.mapping import ISO, FieldSource, Mapping, raw_column
from ingestion.hr_tables.words import TOTALS

LOADS = "_dlt_loads"
FAULTS = ("missing", "not_a_date", "not_a_number", "not_in_value_map", "refused_row")
"""What is wrong with a value or row that was not taken."""

ORIGIN = {
    "source_name": "varchar",
    "source_rank": "bigint",
    "source_table": "varchar",
    "shape": "varchar",
    "export_key": "varchar",
    "exported_on": "date",
    "_dlt_load_id": "varchar",
    "_file_name": "varchar",
    "_file_line": "bigint",
}
"""What each row of a contract's view begins with, by types."""

OTHERS = {
    "sources": {
        "source_name": "varchar",
        "source_rank": "bigint",
        "company": "varchar",
        "country": "varchar",
        "time_zone": "varchar",
        "currency": "varchar",
        "exit_day": "varchar",
        "known_until": "varchar",
        "handed_over_on": "date",
        "has_exits": "boolean",
    },
    "table_exports": {
        "source_name": "varchar",
        "source_table": "varchar",
        "shape": "varchar",
        "absent": "varchar",
        "is_partial": "boolean",
        "is_of_its_load": "boolean",
        "export_key": "varchar",
        "exported_on": "date",
        "_dlt_load_id": "varchar",
    },
    "faults": {
        "source_name": "varchar",
        "source_table": "varchar",
        "_dlt_load_id": "varchar",
        "export_key": "varchar",
        "exported_on": "date",
        "_file_name": "varchar",
        "_file_line": "bigint",
        "field": "varchar",
        "column_name": "varchar",
        "fault": "varchar",
    },
    LOADS: {
        "load_id": "varchar",
        "source_name": "varchar",
        "status": "bigint",
        "inserted_at": "timestamp",
    },
}
"""The views beside those of the contract: columns by types."""

STATED = (
    "company",
    "department",
    "place",
    "designation",
    "grade",
    "employment_type",
    "manager_id",
)
"""Of assignments, what a source may state or leave to others."""

TOTAL = rf"({'|'.join(TOTALS)})[:= ]*[0-9.,' ]*"
"""What is no number of a person, whatever a mapping refuses: `Summe: 118`."""

WORDS = {
    "sex": {
        "female": "f, w, weiblich, woman, frau, femme, femenino, mujer, kvinna, k, v,"
        " donna",
        "male": "m, männlich, maennlich, mann, herr, man, homme, h, masculino, hombre",
        "other": "d, divers, diverse, x, non-binary, nonbinary",
        "undeclared": "unknown, u, not disclosed, prefer not to say, keine angabe",
    },
    "pay_period": {
        "year": "annual, annually, yearly, p.a., jahr",
        "month": "monthly, monat",
        "hour": "hourly, stunde",
    },
    "boolean": {
        "true": "yes, 1, y, ja, j, active, aktiv",
        "false": "no, 0, n, nein, inactive, left, terminated",
    },
}
"""What values of fields, or of all booleans, are called besides their own names."""

_BLANKS = " \t\r\n\u00a0\u2007\u202f\u200b\u2060\ufeff"
_MINUS = "\\-\u2212\u2013"
"""Signs of what is negative, for a pattern's brackets."""

_MIDNIGHT = r"[ T]+(?:0?0:00(?::00(?:\.0+)?)?|12:00(?::00)?\s*AM)(?:Z|[+-]00:?00)?$"
_OPEN_ENDED = frozenset({"ended_on", contract.TO, "paid_to", "absent_to"})
_KEPT_EARLY = frozenset({contract.FROM})
_TIME_CODES = re.compile("%[HIMSpf]")


def views(
    mappings: Sequence[Mapping],
    columns: Dict[str, Dict[str, Collection[str]]],
    catalog: str = "",
) -> dict[str, str]:
    """The views of the contract, and those beside them, as selects.

    Args:
        mappings: The company's, in the order of their rank; may be empty.
        columns: By source and table, the columns that raw has; a table that is not
            here, or a column, gives nothing.
        catalog: The database in which raw is read; the current one when empty.

    Returns:
        Select by view. Every view is there, with its columns, also without any row.
    """
    read = [
        _Source(mapping, rank, name, frozenset(columns[mapping.name][name]), catalog)
        for rank, mapping in enumerate(mappings, start=1)
        for name in mapping.tables
        if name in columns.get(mapping.name, {})
    ]
    made = {
        name: [each.rows(name) for each in read if name in each.gives]
        for name in contract.tables()
    }
    made["sources"] = [_source_row(m, n) for n, m in enumerate(mappings, start=1)]
    made["table_exports"] = [each.exports() for each in read]
    made["faults"] = [each.faults() for each in read]
    made[LOADS] = [_loads(m, catalog) for m in mappings if columns.get(m.name)]
    return {name: _union(selects, types_of(name)) for name, selects in made.items()}


def types_of(view: str) -> dict[str, str]:
    """The columns of a view by their types in DuckDB, in their order."""
    if view in OTHERS:
        return OTHERS[view]
    table = contract.tables()[view]
    own = {f.name: f.sql_type for f in table.fields}
    if view == "contracted_hours":
        own["is_assumed"] = "boolean"
    if table.is_stated:
        stated = {contract.FROM: "date", contract.TO: "date", "observed_on": "date"}
        own = {name: own[name] for name in own if name not in stated} | stated
    if view == "assignments":
        own |= {f"states_{each}": "boolean" for each in STATED}
    return ORIGIN | own


def _union(selects: Sequence[str], types: Dict[str, str]) -> str:
    if selects:
        return "\nunion all\n".join(selects)
    nulls = ", ".join(f"cast(null as {t}) as {quote(c)}" for c, t in types.items())
    return f"select {nulls} where false"


def _source_row(mapping: Mapping, rank: int) -> str:
    say, tables = mapping.say, mapping.tables.values()
    fields = {name for table in tables for name in table.fields}
    leaves = {"ended_on", "is_employed", "event"}
    values = {
        "source_name": _text(mapping.name),
        "source_rank": str(rank),
        "company": _text(say.company),
        "country": _text(say.country),
        "time_zone": _text(say.time_zone),
        "currency": _text(say.currency),
        "exit_day": _text(say.exit_day),
        "known_until": _text(say.known_until.replace("today", "always")),
        "handed_over_on": _text(say.handed_over),
        "has_exits": _truth(
            fields & leaves
            or any(t.shape == "snapshots" and t.absent == "exit" for t in tables)
        ),
    }
    return _select(values, types_of("sources"))


def _loads(mapping: Mapping, catalog: str) -> str:
    values = {
        "load_id": "load_id",
        "source_name": _text(mapping.name),
        "status": "status",
        "inserted_at": "inserted_at",
    }
    relation = _relation(catalog, mapping.schema_name, LOADS)
    return f"{_select(values, types_of(LOADS))} from {relation}"


class _Source:
    """One table of a source, as SQL.

    Args:
        mapping: The source's.
        rank: The source's, from 1.
        name: The table's.
        columns: What raw has of it.
        catalog: Where raw is read.
    """

    def __init__(
        self,
        mapping: Mapping,
        rank: int,
        name: str,
        columns: frozenset[str],
        catalog: str,
    ) -> None:
        self.mapping, self.rank, self.name = mapping, rank, name
        self.columns, self.catalog = columns, catalog
        self.table = mapping.tables[name]
        self.gives = mapping.gives(name)

    def rows(self, view: str) -> str:
        """The rows that it gives a view of the contract."""
        types = types_of(view)
        mapped = [n for n in types if n in self.table.fields]
        if view == "contracted_hours" and "employment_type" in self.table.fields:
            mapped.append("employment_type")
        values = self._origin() | {
            name: self._value(name, view) for name in types if name not in ORIGIN
        }
        needed = [f"{quote(name)} is not null" for name in self._needs(view)]
        rows = f"{_select(values, types)} from {self._read(mapped)}"
        if self.table.is_of_people and not contract.tables()[view].is_of_people:
            rows = _once(rows, types)
            own = [n for n in contract.own_fields(view) if n in mapped]
            told = [f"{quote(n)} is not null" for n in own]
            needed.append(f"({' or '.join(told)})")
        return f"select * from ({rows}) where {' and '.join(needed)}"

    def exports(self) -> str:
        """One row per export that has rows."""
        values = self._origin() | {
            "absent": _text(self.table.absent),
            "is_partial": _truth(self.table.is_partial),
            "is_of_its_load": _truth(not self.table.exported),
        }
        types = types_of("table_exports")
        rows = _select({name: values[name] for name in types}, types)
        rows = rows.replace("select", "select distinct", 1)
        return f"{rows} from {self._texts(())} where exported_on is not null"

    def faults(self) -> str:
        """Each value that is there and was not taken, and each row that lacks a key."""
        told = {name: self._fault(name) for name in self.table.fields}
        told = {name: sql for name, sql in told.items() if sql}
        told["exported_on"] = self._exported_fault()
        marked = [
            f"case when not is_refused then {sql} end as {quote(f'fault_{name}')}"
            for name, sql in told.items()
        ]
        marks = [quote(f"fault_{name}") for name in told]
        listed = [
            _struct(name, self._column_name(name), mark)
            for name, mark in zip(told, marks, strict=True)
        ]
        if self._refusing():
            by = ", ".join(self._refusing())
            refused = "case when is_refused then 'refused_row' end"
            listed.append(_struct("", by, refused))
        origin = ", ".join(quote(n) for n in self._origin_names())
        rows = (
            f"select {origin}, is_refused, {', '.join(marked)}"
            f" from {self._read(self.table.fields, refused=True)}"
        )
        rows = (
            f"select {origin}, unnest([{', '.join(listed)}]) as told from ({rows})"
            f" where is_refused or coalesce({', '.join(marks)}) is not null"
        )
        types = types_of("faults")
        parts = {n: f"told.{n}" for n in ("field", "column_name", "fault")}
        values = {n: ({**self._origin(), **parts})[n] for n in types}
        return f"{_select(values, types)} from ({rows}) where told.fault is not null"

    def _origin_names(self) -> list[str]:
        return [name for name in ORIGIN if name not in self._names()]

    def _names(self) -> dict[str, str]:
        """What of a row's origin is the same for all."""
        return {
            "source_name": literal(self.mapping.name),
            "source_rank": str(self.rank),
            "source_table": literal(self.name),
            "shape": literal(self.table.shape),
        }

    def _origin(self) -> dict[str, str]:
        return {name: self._names().get(name, quote(name)) for name in ORIGIN}

    def _needs(self, view: str) -> list[str]:
        """The columns without which a row gives none in a view."""
        made = contract.tables()[view]
        needed = ["exported_on", *(f.name for f in made.fields if f.is_required)]
        if made.is_stated and self.table.is_dated:
            needed.append(contract.FROM)
        if view == "employments":
            needed += {"leavers": ["ended_on"], "events": ["event"]}.get(
                self.table.shape, []
            )
        return needed

    # What the fields say

    def _value(self, name: str, view: str) -> str:
        """A contract's value, from what was read."""
        say, fields, table = self.mapping.say, self.table.fields, self.table
        if name.startswith("states_"):
            field = name.removeprefix("states_")
            return _truth(field in fields or (field == "company" and say.company))
        if name == "observed_on":
            return "cast(null as date)" if table.is_dated else "exported_on"
        if name == "is_assumed":
            return "read_weekly_hours is null" if "weekly_hours" in fields else "true"
        read = f"read_{name}" if name in fields else "null"
        default = {
            "employee_number": f"read_{contract.PERSON}",
            "company": _text(say.company) if view == "assignments" else "",
            "country": _text(say.country),
            "pay_currency": _text(say.currency),
            "line_currency": _text(say.currency),
            "is_full_time": "false",
            "is_half_day": "false",
            "weekly_hours": self._assumed_hours(),
        }.get(name, "")
        return f"coalesce({read}, {default})" if default else read

    def _assumed_hours(self) -> str:
        hours = self.mapping.say.weekly_hours
        if not hours or "employment_type" not in self.table.fields:
            return ""
        cases = " ".join(
            f"when {literal(kind.strip().lower())} then {number}"
            for kind, number in hours.items()
        )
        return f"case lower(read_employment_type) {cases} end"

    def _read(self, names: Iterable[str], *, refused: bool = False) -> str:
        """The rows with `read_<field>`, what each field's text means.

        Also `text_<field>`, and for faults `parsed_<field>`, of dates before those that
        stand for none are taken out.
        """
        names = list(dict.fromkeys(names))
        dates = [n for n in names if contract.fields()[n].type == "date"]
        others = [n for n in names if n not in dates]
        parsed = [f"{self._parsed(n)} as {quote(f'parsed_{n}')}" for n in dates]
        read = [f"{self._parsed(n)} as {quote(f'read_{n}')}" for n in others]
        rows = self._texts(names, refused=refused)
        rows = f"(select {', '.join(['*', *parsed, *read])} from {rows})"
        if not dates:
            return rows
        days = [f"{self._day(n)} as {quote(f'read_{n}')}" for n in dates]
        return f"(select {', '.join(['*', *days])} from {rows})"

    def _texts(self, names: Iterable[str], *, refused: bool = False) -> str:
        """The rows with where they came from, and `text_<field>`; null for nothing."""
        names = list(names)
        wanted = [c for n in names for c in self.table.fields[n].columns]
        exported = self.table.exported
        if exported and exported.column:
            wanted.append(exported.column)
        wanted += self._refusing()
        place = {column: f"c{n}" for n, column in enumerate(dict.fromkeys(wanted))}
        texts: list[str] = []
        for name in names:
            texts += self._field_texts(name, place)
        if exported and exported.column:
            texts += [f"{self._period(place[exported.column])} as exported_on"]
            texts += [
                f"{self._present(place[exported.column], ())} as text_exported_on"
            ]
        refusal = self._refusal(place)
        if refused:
            texts.append(f"coalesce({refusal or 'false'}, false) as is_refused")
        where = f" where not ({refusal})" if refusal and not refused else ""
        rows = (
            f"(select {', '.join(['*', *texts])} from {self._delivered(place)}{where})"
        )
        return f"(select *, {self._export_key()} as export_key from {rows})"

    def _refusing(self) -> list[str]:
        """The columns that tell of a row that it is no person's."""
        named = [each.column for each in self.table.refuse]
        return list(dict.fromkeys([*named, *self._numbers()]))

    def _numbers(self) -> Sequence[str]:
        """The columns of a person's number, where rows have one."""
        source = self.table.fields.get("person_id")
        return () if source is None or source.generated else source.columns

    def _refusal(self, place: Dict[str, str]) -> str:
        said = [
            _is_any(f"coalesce({place[each.column]}, '')", each.values)
            for each in self.table.refuse
        ]
        sums = [
            f"regexp_full_match(lower(coalesce({place[each]}, '')), {literal(TOTAL)})"
            for each in self._numbers()
        ]
        return " or ".join([*said, *sums])

    def _field_texts(self, name: str, place: Dict[str, str]) -> Iterator[str]:
        """A field's text, and the value that the mapping gives some of them."""
        source, made = self.table.fields[name], contract.fields()[name]
        if source.constant is not None:
            yield f"{literal(source.constant)} as {quote(f'text_{name}')}"
            return
        parts = [
            self._present(place[c], source.missing_values or ()) for c in source.columns
        ]
        text = parts[0]
        if source.first_of:
            text = f"coalesce({', '.join(parts)})"
        elif source.joined:
            text = " || '/' || ".join(parts)
        elif source.generated:
            text = _generated(parts)
        if source.values:
            told = place[source.source] if source.source else text
            given = _given(f"lower(coalesce({told}, ''))", source, made)
            is_given = _is_any(f"coalesce({told}, '')", source.values)
            if made.type == "string":
                text = f"case when {is_given} then {given} else {text} end"
            else:
                yield f"{given} as {quote(f'given_{name}')}"
                text = f"case when not {is_given} then {text} end"
        yield f"{text} as {quote(f'text_{name}')}"

    def _present(self, column: str, besides: Collection[str]) -> str:
        """A delivered text, or null where it stands for nothing."""
        missing = ["", *self.table.missing_values, *besides]
        longest = max(len(each.strip().encode()) for each in missing)
        return (
            f"case when strlen({column}) > {longest} then {column}"
            f" when not {_is_any(column, missing)} then {column} end"
        )

    def _parsed(self, name: str) -> str:
        """What a field's text means, by its type; null where it cannot be taken."""
        source, made = self.table.fields[name], contract.fields()[name]
        text = quote(f"text_{name}")
        if source.constant is not None:
            return f"cast({text} as {made.sql_type})"
        if name == "sex":
            parsed = self._sex(text)
        elif made.values:
            parsed = _worded(text, name, made)
        elif made.type == "date":
            parsed = self._date(text, name, source.format or self.table.date_format)
        elif made.type == "number":
            parsed = f"try_cast({self._number(text, source)} as {made.sql_type})"
        elif made.type == "integer":
            number = f"try_cast({self._number(text, source)} as decimal(18,4))"
            parsed = f"case when {number} % 1 = 0 then cast({number} as bigint) end"
        elif made.type == "boolean":
            parsed = _boolean(text)
        elif name in ("pay_currency", "line_currency"):
            parsed = f"upper({text})"
        else:
            parsed = text
        if source.values and made.type != "string":
            return f"coalesce({quote(f'given_{name}')}, {parsed})"
        return parsed

    def _sex(self, text: str) -> str:
        """Of a text that is no known word `unmapped`; of none `blank`."""
        if not any(
            raw_column(c) in self.columns for c in self.table.fields["sex"].columns
        ):
            return "cast(null as varchar)"
        known = _worded(text, "sex", contract.fields()["sex"])
        default = f"case when {text} is null then 'blank' else 'unmapped' end"
        return f"coalesce({known}, {default})"

    def _date(self, text: str, name: str, forms: Sequence[str]) -> str:
        """A day; years of two digits by what the field means."""
        tail = f"regexp_replace({text}, {literal(_MIDNIGHT)}, '', 'i')"
        plain = f"case when strlen({text}) > 10 then {tail} else {text} end"
        timed = [f for f in forms if _TIME_CODES.search(f)]
        days = [f for f in forms if f not in timed]
        whole = [f for f in days if "%y" not in f]
        # What no form fits costs most: ISO, which is always taken, is looked for first.
        is_iso = f"{plain} like '____-__-__'"
        others = [f for f in whole if f != ISO] + [ISO for f in whole if f == ISO]
        if not any(f.startswith("%Y-%d") for f in forms):
            day = f"try_cast({plain} as date)"
            if others:
                day = (
                    f"case when {is_iso} then {day} else {_strptime(plain, others)} end"
                )
            else:
                day = f"case when {is_iso} then {day} end"
        else:
            day = _strptime(plain, [*others, ISO])
        said = [day, *([_strptime(text, timed)] if timed else [])]
        years = [f"case when year({each}) >= 1000 then {each} end" for each in said]
        if brief := [f for f in days if "%y" in f]:
            short = _strptime(plain, brief)
            late = "year({0}) >= 2050"
            if name == "born_on":
                late = "cast({0} as date) > exported_on"
            years.append(
                f"case when {late.format(short)} then {short} - interval 100 year"
                f" else {short} end"
            )
        chosen = f"coalesce({', '.join(years)})" if len(years) > 1 else years[0]
        return f"cast({chosen} as date)"

    def _day(self, name: str) -> str:
        """A day that was read, without those that stand for none."""
        day = quote(f"parsed_{name}")
        told = day
        if name == "ended_on" and self.mapping.say.exit_day == "worked":
            told = f"{day} + 1"
        if name == contract.TO and self.table.fields[name].is_last_day:
            told = f"{day} + 1"
        holds = []
        if name not in _KEPT_EARLY:
            holds.append(f"{day} > date '1900-01-01'")
        if name in _OPEN_ENDED:
            holds.append(f"{day} < date '2200-01-01'")
        return f"case when {' and '.join(holds)} then {told} end" if holds else told

    def _number(self, text: str, source: FieldSource) -> str:
        """A number's text in SQL's own form; null where it is none."""
        point, group = self.table.decimal_char, self.table.group_char
        groups = _alike(group) if group else ""
        digits = r"\d+"
        if group:
            digits = rf"(?:\d{{1,3}}(?:[{groups}]\d{{2,4}})*[{groups}]\d{{3}}|\d+)"
        mark = re.escape(point)
        number = rf"{digits}(?:{mark}\d*)?"
        before, after = rf"[+{_MINUS}]?", "-?"
        if source.bare_number is False:
            before, after = r"(?:[^\d]*[^\d.,])?", r"[^\d]*"
        bare = f"regexp_extract({text}, {literal(f'^{before}({number}){after}$')}, 1)"
        if group:
            bare = f"regexp_replace({bare}, {literal(f'[{groups}]')}, '', 'g')"
        minus = literal(rf"^[^\d]*[{_MINUS}(]|\d\s*-")
        signed = f"case when regexp_matches({text}, {minus}) then '-' else '' end"
        simple = literal(rf"\d+(?:{mark}\d*)?")
        plain = f"regexp_full_match({text}, {simple})"
        told = f"case when {plain} then {text} else {signed} || {bare} end"
        return f"replace({told}, {literal(point)}, '.')" if point != "." else told

    # Where and when a row was exported

    def _delivered(self, place: Dict[str, str]) -> str:
        """The rows of raw, and of their export what does not stand in the row."""
        exported = self.table.exported
        relation = _relation(self.catalog, self.mapping.schema_name, self.name)
        selected = [f"d.{quote(name)}" for name in ORIGIN if name.startswith("_")]
        for column, short in place.items():
            raw = raw_column(column)
            text = _trimmed(f"d.{quote(raw)}")
            has = raw in self.columns
            selected.append(f"{text if has else 'cast(null as varchar)'} as {short}")
        joins = ""
        by_file = self.table.replaces == "same_file"
        dated = exported and exported.file_name
        if dated or by_file:
            told = [_file_stem("_file_name") + " as file_stem"] if by_file else []
            if exported and exported.file_name:
                told.append(
                    f"{_file_day('_file_name', exported.file_name)} as file_day"
                )
            # An aggregate, below which no condition on what a name tells is pushed.
            names = f"select max(_file_name) as _file_name from {relation}"
            joins += (
                f" left join (select _file_name, {', '.join(told)}"
                f" from ({names} as r group by r._file_name)) as f"
                " on f._file_name = d._file_name"
            )
        if by_file:
            selected.append("f.file_stem")
        if dated:
            selected.append("f.file_day as exported_on")
        elif exported and exported.date:
            selected.append(f"date '{exported.date}' as exported_on")
        elif not exported:
            loads = _relation(self.catalog, self.mapping.schema_name, LOADS)
            selected.append("l.loaded_on as exported_on")
            joins += (
                f" left join (select load_id, {self._local_day('inserted_at')} as"
                f" loaded_on from {loads}) as l on l.load_id = d._dlt_load_id"
            )
        return f"(select {', '.join(selected)} from {relation} as d{joins})"

    def _local_day(self, instant: str) -> str:
        zone = self.mapping.say.time_zone
        if not zone:
            return f"cast({instant} as date)"
        return f"cast(timezone({literal(zone)}, timezone('UTC', {instant})) as date)"

    def _export_key(self) -> str:
        if self.table.replaces == "nothing":
            return "_dlt_load_id"
        by_day = self.table.shape in ("snapshots", "periods", "payments")
        key = "coalesce(cast(exported_on as varchar), '')" if by_day else "''"
        if self.table.replaces == "same_file":
            return f"{key} || '/' || coalesce(file_stem, '')"
        return key

    def _period(self, text: str) -> str:
        """The day that a column tells an export of: the last of a month or a year."""
        exported = self.table.exported
        forms = exported.format if exported else ()
        forms = forms or (*self.table.date_format, ISO, "%Y-%m", "%Y")
        days: list[str] = []
        for form in dict.fromkeys((*forms, ISO)):
            day = _strptime(
                f"regexp_replace({text}, {literal(_MIDNIGHT)}, '', 'i')", [form]
            )
            if re.search("%[dj]", form):
                last = f"cast({day} as date)"
            elif re.search("%[mbB]", form):
                last = f"last_day({day})"
            else:
                last = f"make_date(year({day}), 12, 31)"
            days.append(f"case when year({day}) >= 1000 then {last} end")
        return f"coalesce({', '.join(days)})"

    # What was not taken

    def _fault(self, name: str) -> str:
        """SQL of a field's fault, or null; empty where it cannot have any."""
        source, made = self.table.fields[name], contract.fields()[name]
        if source.constant is not None:
            return ""
        text, read = quote(f"text_{name}"), quote(f"read_{name}")
        parsed = quote(f"parsed_{name}") if made.type == "date" else read
        cases: list[str] = []
        if name == "sex":
            known = _is_any(text, (w for v in made.values for w in _words(name, v)))
            cases.append(f"when not {known} then 'not_in_value_map'")
        elif fault := _MISREAD.get("values" if made.values else made.type, ""):
            given = quote(f"given_{name}")
            is_given = source.values and made.type != "string"
            lacks = f"{given} is null and " if is_given else ""
            cases.append(
                f"when {lacks}{text} is not null and {parsed} is null then '{fault}'"
            )
        if lacking := self._lacking(name):
            cases.append(f"when {read} is null and ({lacking}) then 'missing'")
        return f"case {' '.join(cases)} end" if cases else ""

    def _lacking(self, name: str) -> str:
        """SQL of whether a row cannot do without a field; empty where it always can."""
        table = self.table
        keys = {
            "list": {"started_on"},
            "leavers": {"ended_on"},
            "events": {"event", contract.FROM},
            "history": {contract.FROM},
        }.get(table.shape, set())
        if table.is_of_people:
            keys = keys | {contract.PERSON}
        if name in keys:
            return "true"
        told: list[str] = []
        for view in self.gives:
            if any(f.name == name and f.is_required for f in self._fields_of(view)):
                told += [f"{quote(f'text_{n}')} is not null" for n in self._own(view)]
        own = f"{quote(f'text_{name}')} is not null"
        return " or ".join(each for each in dict.fromkeys(told) if each != own)

    def _fields_of(self, view: str) -> tuple[contract.Field, ...]:
        return contract.tables()[view].fields

    def _own(self, view: str) -> list[str]:
        """The fields by whose value a row tells that it has something for a view."""
        if view == "pay_rates":
            return ["pay_rate"]
        fields = self.table.fields
        own = [n for n in contract.own_fields(view) if n in fields]
        return [n for n in own if fields[n].columns]

    def _exported_fault(self) -> str:
        is_text = self.table.exported and self.table.exported.column
        misread = "when text_exported_on is not null then 'not_a_date'"
        told = f"{misread} else 'missing'" if is_text else "when true then 'missing'"
        return f"case when exported_on is null then case {told} end end"

    def _column_name(self, name: str) -> str:
        if name == "exported_on":
            exported = self.table.exported
            return (exported.column if exported else None) or ""
        return ", ".join(self.table.fields[name].columns)


_MISREAD = {
    "values": "not_in_value_map",
    "boolean": "not_in_value_map",
    "date": "not_a_date",
    "number": "not_a_number",
    "integer": "not_a_number",
}
"""What a text is that has no meaning, by the field's type."""


def _relation(catalog: str, schema: str, table: str) -> str:
    return ".".join(quote(each) for each in (catalog, schema, table) if each)


def _select(values: Dict[str, str], types: Dict[str, str]) -> str:
    told = (f"cast({values[n]} as {t}) as {quote(n)}" for n, t in types.items())
    return f"select {', '.join(told)}"


def _once(rows: str, types: Dict[str, str]) -> str:
    """What rows say, once for each file and load, at the first line that does."""
    listed = (
        "min(_file_line) as _file_line" if n == "_file_line" else n for n in types
    )
    return f"select {', '.join(listed)} from ({rows}) group by all"


def _text(value: str | None) -> str:
    return "null" if value is None else literal(value)


def _truth(value: object) -> str:
    return "true" if value else "false"


def _folded(values: Iterable[str | None]) -> str:
    """Values as SQL, to be compared without case and outer blanks."""
    folded = ((each or "").strip(_BLANKS).lower() for each in values)
    return ", ".join(literal(each) for each in dict.fromkeys(folded))


def _is_any(text: str, values: Iterable[str | None]) -> str:
    """Whether a text is one of some, without regard to case.

    By a list: of `in` with many values DuckDB makes a join, which reads every row.
    """
    return f"list_contains([{_folded(values)}], lower({text}))"


def _trimmed(column: str) -> str:
    """A text without outer blanks; those beyond ASCII are looked for where any is."""
    return (
        f"case when {column} = '' then null when strlen({column}) <> length({column})"
        f" or {column} < '!' or ends_with({column}, ' ') or ends_with({column}, '\t')"
        f" then trim({column}, {literal(_BLANKS)}) else {column} end"
    )


def _struct(field: str, column: str, fault: str) -> str:
    return (
        f"{{'field': {literal(field)}, 'column_name': {literal(column)},"
        f" 'fault': {fault}}}"
    )


def _given(key: str, source: FieldSource, made: contract.Field) -> str:
    """The values that a mapping gives texts."""
    cases = (
        f"when {_folded([said])} then "
        + ("null" if meant is None else f"cast({literal(meant)} as {made.sql_type})")
        for said, meant in source.values.items()
    )
    return f"case {key} {' '.join(cases)} end"


def _generated(parts: Sequence[str]) -> str:
    said = ", ".join(f"coalesce({each}, '')" for each in parts)
    key = f"left(sha256(lower(nfc_normalize(concat_ws(chr(31), {said})))), 16)"
    return f"case when coalesce({', '.join(parts)}, null) is not null then {key} end"


def _words(name: str, value: str) -> list[str]:
    """What a field's value is called."""
    return [value, *filter(None, WORDS.get(name, {}).get(value, "").split(", "))]


def _worded(text: str, name: str, made: contract.Field) -> str:
    """The contract's value that a word stands for."""
    cases = " ".join(
        f"when lower({text}) in ({_folded(_words(name, value))}) then {literal(value)}"
        for value in made.values
    )
    return f"case {cases} end"


def _boolean(text: str) -> str:
    return (
        f"case when {_is_any(text, _words('boolean', 'true'))} then true"
        f" when {_is_any(text, _words('boolean', 'false'))} then false end"
    )


def _strptime(text: str, forms: Sequence[str]) -> str:
    listed = ", ".join(map(literal, forms))
    return f"try_strptime({text}, {listed if len(forms) == 1 else f'[{listed}]'})"


def _alike(group: str) -> str:
    """What parts groups of digits as a character does, for a pattern's brackets."""
    if group in _BLANKS:
        return " \u00a0\u2007\u202f"
    return "'\u2019" if group in "'\u2019" else re.escape(group)


def _file_name(column: str) -> str:
    """A file's name without its folders."""
    return f"regexp_extract({column}, '[^/]*$')"


def _file_stem(column: str) -> str:
    name = f"lower({_file_name(column)})"
    return f"regexp_replace({name}, {literal(file_names.NO_STEM)}, '', 'g')"


def _file_day(column: str, form: str) -> str:
    """The day that a file's name tells; null where it tells none."""
    codes = file_names.codes(form)
    names = ", ".join(literal(c) for c in codes)
    pattern = literal(file_names.pattern(form))
    found = f"regexp_extract({_file_name(column)}, {pattern}, [{names}])"
    parts = {c: f"{found}[{literal(c)}]" for c in codes}
    if "Y" in parts:
        day = f"nullif({parts['Y']}, '') || '-'"
    else:
        day = f"'20' || nullif({parts['y']}, '') || '-'"
    if "B" in parts:
        months = ", ".join(f"{literal(m)}: '{n}'" for m, n in file_names.MONTHS.items())
        parts["m"] = f"map {{{months}}}[lower({parts['B']})]"
    day += f" || {parts['m']} || '-'" if "m" in parts else " || '12-'"
    if "d" in parts:
        return f"try_cast(try_strptime({day} || {parts['d']}, '{ISO}') as date)"
    last = f"try_cast(try_strptime({day} || '1', '{ISO}') as date)"
    return f"last_day({last})"
