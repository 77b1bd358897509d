"""Mappings: what a company's files hold, as `mappings/NAME.yml` says.

`read` gives one mapping, or a `ConfigurationError` that tells every fault of the file,
each with its line, its key and what to do. Faults tell of keys and of what the mapping
itself says; no value of data is in them.
"""

import codecs
import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import cache, cached_property
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeVar, get_args
from zoneinfo import available_timezones

import yaml
from babel import Locale
from babel.core import get_global
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PrivateAttr,
    ValidationError,
    model_validator,
)
from rapidfuzz import fuzz, process, utils

from environment.errors import ConfigurationError
from ingestion.hr_tables import contract
from ingestion.hr_tables.words import by_word, compact

NAME = re.compile(r"[a-z][a-z0-9_]{0,30}")
TABLE_NAME = re.compile(r"[a-z][a-z0-9_]*")
FOLDER = "mappings"
SUFFIX = ".yml"

BUILT_IN = (
    *("frappe_hr", "payroll", "attendance", "ats", "fx"),
    *("hr_tables", "ops", "runs"),
)
"""Names that a mapping cannot have: each is a schema in raw already."""

MISSING = ("", "-", "--", "n/a", "na", "null", "none", "#n/a")
"""Texts that stand for no value, by default; case and outer blanks do not count."""

Shape = Literal[
    "history",
    "periods",
    "snapshots",
    "snapshot",
    "list",
    "events",
    "leavers",
    "payments",
    "reference",
]
SHAPES = get_args(Shape)
DATED = ("history", "events")
"""Shapes of which each row says from when it holds."""

ISO = "%Y-%m-%d"

_CODES = frozenset("dmYybBaAjHIMSpf%")
"""Of `strptime`, what Python and DuckDB read alike."""

_FILE_CODES = {"Y": "year", "y": "year", "m": "month", "B": "month", "d": "day"}
_STATES_EMPLOYMENT = frozenset(
    {"started_on", "ended_on", "is_employed", "event", "exit_kind", "exit_reason"}
)
_ALIKE = 60
"""How alike two names have to be, of 100, for one to be asked about."""


def raw_column(name: str) -> str:
    """What a delivered column is called in raw: ASCII, lower case, digits, underscores.

    Umlauts become two letters, other marks go, and any other letter becomes its number,
    so that headers in any script have names.
    """
    text = name.strip().lower().translate(_UMLAUTS)
    text = unicodedata.normalize("NFKD", text)
    text = "".join(
        f"u{ord(c):x}" if ord(c) > 127 and c.isalnum() else c
        for c in text
        if not unicodedata.combining(c)
    )
    folded = re.sub(r"[^a-z0-9]+", "_", text).strip("_")
    if not folded:
        folded = "column_" + "_".join(f"{ord(c):x}" for c in name.strip())
        folded = folded.rstrip("_")
    return f"c_{folded}" if folded[0].isdigit() else folded


_UMLAUTS = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "æ": "ae", "ø": "oe", "ł": "l"}
)


def _fault(message: str) -> ValueError:
    """An error that pydantic takes for one of the word it looks at."""
    return ValueError(message)


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def _texts(value: Any) -> Any:
    """A list in which nothing written is the empty text."""
    value = _listed(value)
    return ["" if v is None else v for v in value] if isinstance(value, list) else value


def _known(value: str, names: Collection[str], what: str, example: str) -> str:
    if value not in names:
        raise _fault(f"is no {what}, such as {example}{did_you_mean(value, names)}")
    return value


def _country(value: str) -> str:
    return _known(value, countries(), "country's code of two letters (ISO 3166)", "DE")


def _currency(value: str) -> str:
    return _known(value, currencies(), "currency's code (ISO 4217)", "EUR")


def _time_zone(value: str) -> str:
    return _known(value, available_timezones(), "time zone", "Europe/Berlin")


def _date_format(value: str) -> str:
    """A form of days."""
    codes = _codes(value)
    if not ({"d", "j"} & codes and {"m", "b", "B", "j"} & codes):
        raise _fault("has no day, month and year, as %d.%m.%Y has")
    return value


def _codes(value: str) -> set[str]:
    """The codes of a `strptime` form with a year, such as `%m/%Y`."""
    codes = set(re.findall(r"%(.?)", value))
    if not codes:
        raise _fault("is not written as %Y-%m-%d or %d.%m.%Y is")
    if unknown := sorted(codes - _CODES):
        raise _fault(
            f"has %{unknown[0]}, which cannot be read: write %d, %m and %Y, of which"
            " leading noughts may lack"
        )
    if not {"Y", "y"} & codes:
        raise _fault("has no year: add %Y")
    return codes


def _period_format(value: str) -> str:
    """A form of days, months or years."""
    _codes(value)
    return value


def _file_form(value: str) -> str:
    """A form of the digits in a file's name."""
    codes = re.findall("%(.?)", value)
    parts = [_FILE_CODES.get(c, "") for c in codes]
    if "year" not in parts or not all(parts) or len(set(parts)) < len(parts):
        raise _fault(
            "is not made of %Y, %m or %B, and %d, as %Y-%m is: a file's day needs a"
            " year, and each of them once"
        )
    if "day" in parts and "month" not in parts:
        raise _fault("has a day and no month: add %m or %B")
    return value


def _encoding(value: str) -> str:
    try:
        codecs.lookup(value)
    except LookupError as error:
        raise _fault("is no encoding, such as utf-8 or cp1252") from error
    return value


def _field_name(value: str) -> str:
    names = contract.fields()
    if value not in names:
        called = by_word().get(compact(value), ())
        meant = [name for name, is_weak in called if name in names and not is_weak]
        told = f"; did you mean {meant[0]}?" if meant else did_you_mean(value, names)
        raise _fault(f"is no field of the contract{told}")
    return value


def _version(value: int) -> int:
    if value != 1:
        raise _fault("is none of 1, the only version there is")
    return value


def _day(value: Any) -> Any:
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError) as error:
        raise _fault("is not a day written yyyy-mm-dd") from error


def _date(value: str) -> str:
    try:
        date.fromisoformat(value)
    except ValueError:
        raise _fault("has to be a date written yyyy-mm-dd") from None
    return value


def _known_until(value: str) -> str:
    if value not in ("last_export", "today"):
        try:
            date.fromisoformat(value)
        except ValueError as error:
            raise _fault(
                "is none of last_export, today and a day written yyyy-mm-dd"
            ) from error
    return value


DateFormat = Annotated[str, AfterValidator(_date_format)]
DateFormats = Annotated[tuple[DateFormat, ...], BeforeValidator(_listed)]
PeriodFormats = Annotated[
    tuple[Annotated[str, AfterValidator(_period_format)], ...], BeforeValidator(_listed)
]
Columns = Annotated[tuple[str, ...], BeforeValidator(_listed)]
Texts = Annotated[tuple[str, ...], BeforeValidator(_texts)]
Character = Annotated[str, Field(min_length=1, max_length=1)]


Path_ = tuple[str | int, ...]
"""The keys by which a word of a mapping is reached."""


class _Words(BaseModel):
    """Words of a mapping: those that are declared, and no other."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_by_name=True)

    @model_validator(mode="before")
    @classmethod
    def _what_is_said(cls, value: Any) -> Any:
        """Leave out the words after which nothing is written."""
        if value is None and not any(
            f.is_required() for f in cls.model_fields.values()
        ):
            return {}
        if not isinstance(value, dict):
            return value
        return {key: each for key, each in value.items() if each is not None}


_Model = TypeVar("_Model", bound=_Words)


class Say(_Words):
    """What no file can tell."""

    company: str | None = None
    country: Annotated[str, AfterValidator(_country)] | None = None
    time_zone: Annotated[str, AfterValidator(_time_zone)] | None = None
    currency: Annotated[str, AfterValidator(_currency)] | None = None
    exit_day: Literal["worked", "gone"] = "worked"
    known_until: Annotated[str, AfterValidator(_known_until)] = "last_export"
    handed_over: Annotated[str, AfterValidator(_date)] | None = None
    weekly_hours: dict[str, Annotated[float, Field(gt=0, le=168)]] = {}
    rank: Annotated[int, Field(ge=1)] | None = None


class Exported(_Words):
    """The day an export tells of: one of `file_name`, `column` and `date`.

    Attributes:
        file_name: The `strptime` form of the day in the file's name, with `%B` for a
            month's name in several languages, long or short. Without a day it is the
            last day of the month, without a month 31 December.
        column: A column that says it, by `format`.
        date: The day itself.
    """

    file_name: Annotated[str, AfterValidator(_file_form)] | None = None
    column: str | None = None
    date: Annotated[Any, BeforeValidator(_day)] = None
    format: PeriodFormats = ()

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        said = [n for n in ("file_name", "column", "date") if getattr(self, n)]
        if len(said) != 1:
            raise _fault(
                "needs one of file_name, column and date"
                + (f", not {' and '.join(said)}" if said else "")
            )
        if self.format and not self.column:
            raise _fault("has a format, which only a column needs")
        return self


class FieldSource(_Words):
    """Where the value of a contract's field comes from, in one of five ways.

    Attributes:
        source: A column.
        first_of: Columns, of which the first that has a value counts.
        joined: Columns, joined by `/`.
        generated: Columns that a key is made of: what they say, in lower case, as the
            first 16 digits of its SHA-256.
        constant: The value itself.
        values: Column's values to the contract's, in the contract's own form, or to
            nothing; case and outer blanks do not count.
        format: `strptime` forms of a date; those of the table when empty.
        missing_values: Texts that are no value, besides those of the table.
        bare_number: Whether a number stands alone; else signs and codes around it go.
        is_last_day: Of `effective_to`: the last day on which it is so.
    """

    source: str | None = Field(None, alias="from")
    first_of: Columns = ()
    joined: Columns = ()
    generated: Columns = ()
    constant: str | None = None
    values: dict[str, str | None] = {}
    format: DateFormats = ()
    missing_values: Texts | None = Field(None, alias="missingValues")
    bare_number: bool | None = Field(None, alias="bareNumber")
    is_last_day: bool = False

    @model_validator(mode="before")
    @classmethod
    def _what_is_said(cls, value: Any) -> Any:
        if not value:
            raise _fault("says nothing: name a column, or leave the field out")
        return {"from": value} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        ways = {
            "from": self.source,
            "first_of": self.first_of,
            "joined": self.joined,
            "generated": self.generated,
            "constant": self.constant,
        }
        said = [name for name, value in ways.items() if value]
        if len(said) != 1:
            raise _fault(
                f"needs one of {', '.join(ways)}"
                + (f", not {' and '.join(said)}" if said else "")
            )
        return self

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that it reads, as delivered."""
        one = (self.source,) if self.source else ()
        return one or self.first_of or self.joined or self.generated


class Refuse(_Words):
    """Rows that are no people, by the values of one column."""

    column: str
    values: Annotated[Texts, Field(min_length=1)]


class Table(_Words):
    """One table of a source: where it comes from and what its rows say.

    The words are those of a mapping file, but in snake case; a form that is not said is
    None, an encoding or delimiter to be seen.
    """

    files: str | None = None
    table: str | None = None
    resource: str | None = None
    format: Literal["csv", "jsonl"] = "csv"
    sheet: str | None = None
    header_rows: tuple[Annotated[int, Field(ge=1)], ...] = Field((), alias="headerRows")
    delimiter: Character | None = None
    encoding: Annotated[str, AfterValidator(_encoding)] | None = None
    shape: Shape
    exported: Exported | None = None
    replaces: Literal["all", "same_file", "nothing"] = "all"
    absent: Literal["exit", "unknown", "until_seen_again"] = "exit"
    is_partial: bool = False
    gives_employment: bool | None = None
    missing_values: Texts = Field(MISSING, alias="missingValues")
    decimal_char: Character = Field(".", alias="decimalChar")
    group_char: Character | None = Field(None, alias="groupChar")
    date_format: DateFormats = Field((ISO,), alias="dateFormat")
    fields: dict[Annotated[str, AfterValidator(_field_name)], FieldSource]
    refuse: tuple[Refuse, ...] = ()
    unused: Columns = ()
    never: Columns = ()

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """The columns that something is made of, as delivered."""
        named = [c for f in self.fields.values() for c in f.columns]
        if self.exported and self.exported.column:
            named.append(self.exported.column)
        return tuple(dict.fromkeys([*named, *(r.column for r in self.refuse)]))

    @property
    def named(self) -> tuple[str, ...]:
        """Every column that the mapping names, used or not."""
        return tuple(dict.fromkeys([*self.columns, *self.unused, *self.never]))

    @property
    def is_of_people(self) -> bool:
        """Whether its rows are of people."""
        return contract.PERSON in self.fields

    @property
    def is_dated(self) -> bool:
        """Whether each row says from when it holds."""
        return self.shape in DATED


class Mapping(_Words):
    """A company's mapping of one source.

    Attributes:
        name: The source's name, that of the file.
        path: The file.
    """

    name: str
    path: Path
    version: Annotated[int, AfterValidator(_version)]
    say: Say = Say()
    sql: dict[str, Any] | None = None
    rest_api: dict[str, Any] | None = None
    tables: dict[str, Table]

    _lines: dict[Path_, int] = PrivateAttr(default_factory=dict)

    @property
    def schema_name(self) -> str:
        """Where its tables are in raw."""
        return f"raw_{self.name}"

    def gives(self, name: str) -> tuple[str, ...]:
        """The contract's tables that one of its tables gives rows to."""
        return tuple(t for t in contract.tables() if self._gives(name, t))

    def _gives(self, name: str, target: str) -> bool:
        table, made = self.tables[name], contract.tables()[target]
        if made.is_of_people and not table.is_of_people:
            return False
        if target == "employments":
            return self.gives_employment(name)
        if any(f in table.fields for f in contract.own_fields(target)):
            return True
        if target == "people":
            return self.gives_employment(name)
        if target == "assignments":
            return self.say.company is not None and self.gives_employment(name)
        if target == "contracted_hours":
            return bool(self.say.weekly_hours) and "employment_type" in table.fields
        is_plain = table.shape == "reference" and not table.is_of_people
        return is_plain and contract.listed_by(target) in table.fields

    def gives_employment(self, name: str) -> bool:
        """Whether to be in one of its tables is to be employed, or to have been.

        Said by the table; by default so of all people's but those of shape `reference`,
        those that tell of absence alone, and a `history` beside other people's tables.
        """
        table = self.tables[name]
        if not table.is_of_people or table.shape == "reference":
            return False
        if table.gives_employment is not None:
            return table.gives_employment
        if table.shape == "history" and not set(table.fields) & _STATES_EMPLOYMENT:
            people = [t for t in self.tables.values() if t.is_of_people]
            return [t for t in people if t.shape != "reference"] == [table]
        told = set(table.fields) - {contract.PERSON}
        return not told or not told <= set(contract.own_fields("absences"))

    def where(self, *keys: str | int) -> str:
        """The file and line of a key, for messages: `mappings/acme.yml:12`."""
        return f"{self.path}:{_line(self._lines, keys)}"


def read(path: Path) -> Mapping:
    """Read a mapping.

    Raises:
        ConfigurationError: It is not there or wrong; it tells every fault.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise ConfigurationError(f"cannot read the mapping {path}: {reason}") from error
    return parse(text, path)


def parse(text: str, path: Path) -> Mapping:
    """Read a mapping from its text; `path` gives it its name.

    Raises:
        ConfigurationError: It is wrong; it tells every fault.
    """
    said = _said(text, path)
    faults = [*said.faults, *((1, "", m) for m in _name_faults(path.stem))]
    words = dict(said.value) if isinstance(said.value, dict) else {}
    told = words.get("tables")
    if isinstance(told, dict):
        words["tables"] = {}
        for name, each in told.items():
            table = _validated(Table, each, ("tables", name), said, faults)
            if table:
                words["tables"][name] = table
    for word in _OURS & set(words):
        faults.append((_line(said.lines, [word]), word, "is not known: take it out"))
    words |= {"name": path.stem, "path": path}
    mapping = _validated(Mapping, words, (), said, faults)
    for keys, message in _mapping_faults(mapping or _what_stands(words)):
        faults.append((_line(said.lines, keys), _key(keys), message))
    if told is not None and not told:
        faults.append((_line(said.lines, ["tables"]), "tables", "names no table"))
    if faults or not mapping:
        raise _all(path, faults)
    mapping._lines.update(said.lines)
    return mapping


def _what_stands(words: dict[str, Any]) -> Mapping:
    """Of words that are no mapping, the tables that are right, to be looked at too."""
    return Mapping.model_construct(
        say=Say(currency="EUR"),
        sql=words.get("sql"),
        rest_api=words.get("rest_api"),
        tables=words["tables"] if isinstance(words.get("tables"), dict) else {},
    )


def _validated(
    model: type[_Model],
    words: Any,
    at: Path_,
    said: "_Said",
    faults: list[tuple[int, str, str]],
) -> _Model | None:
    """The words as a model, or None with their faults added to `faults`."""
    try:
        return model.model_validate(words, by_name=False, by_alias=True)
    except ValidationError as error:
        faults += [_told(each, at, said) for each in error.errors()]
        return None


def _mapping_faults(mapping: Mapping) -> Iterator[tuple[Path_, str]]:
    """The keys of what does not go together, with what is wrong."""
    for name, table in mapping.tables.items():
        at = ("tables", name)
        if not TABLE_NAME.fullmatch(name):
            yield (
                at,
                "has a name that is not lower-case letters, digits and underscores",
            )
        elif name.startswith("_") or name in ("_dlt_loads",):
            yield at, "has a name that is kept for what comes beside tables"
        for keys, message in (
            *_place_faults(mapping, table),
            *_shape_faults(table),
            *_need_faults(mapping, table),
            *_column_faults(table),
        ):
            yield (*at, *keys), message
        for field_name, source in table.fields.items():
            for keys, message in _field_faults(field_name, source):
                yield (*at, "fields", field_name, *keys), message


def _place_faults(mapping: Mapping, table: Table) -> Iterator[tuple[Path_, str]]:
    said = [n for n in ("files", "table", "resource") if getattr(table, n)]
    if len(said) != 1:
        told = f", not {' and '.join(said)}" if said else ""
        yield (), f"needs one of files, table and resource{told}"
    if table.table and not mapping.sql:
        yield ("table",), "needs `sql: {credentials: ...}` at the top of the mapping"
    if table.resource and not mapping.rest_api:
        yield ("resource",), "needs `rest_api:` at the top of the mapping"
    if table.files and table.files != table.files.lower():
        yield ("files",), "has capitals: names are compared in lower case"
    if table.decimal_char == table.group_char:
        yield ("groupChar",), "is the same as decimalChar"


def _shape_faults(table: Table) -> Iterator[tuple[Path_, str]]:
    shape, fields = table.shape, table.fields
    if shape != "reference" and not table.is_of_people:
        yield (
            ("fields",),
            f"needs person_id, as shape {shape} does; a table without people is of"
            " shape reference",
        )
    for each in _SHAPE_NEEDS.get(shape, ()):
        if each not in fields:
            yield ("fields",), f"needs {each}, as shape {shape} does"
    exported = table.exported
    if shape == "periods" and not (exported and exported.column):
        yield ("exported",), "has to be {column: ...}, the period, for shape periods"
    if shape == "snapshots" and not (
        exported and (exported.column or exported.file_name)
    ):
        yield (
            ("exported",),
            "has to be {file_name: ...} or {column: ...} for shape snapshots: the day"
            " of each",
        )
    if not table.is_dated:
        for each in (contract.FROM, contract.TO):
            if each in fields:
                yield (
                    ("fields", each),
                    f"is not of shape {shape}, whose rows hold on the day of their"
                    " export: take shape history, or leave it out",
                )


def _need_faults(mapping: Mapping, table: Table) -> Iterator[tuple[Path_, str]]:
    fields = table.fields
    for made in contract.tables().values():
        own = [f for f in contract.own_fields(made.name) if f in fields]
        for each in made.fields:
            if not own or not each.is_required or each.name in fields:
                continue
            if each.name != contract.PERSON:
                yield ("fields", own[0]), f"needs {each.name} beside it"
            elif table.shape == "reference" and (alone := _of_people_alone(own)):
                yield ("fields", alone), f"needs {each.name} beside it"
    for amount, unit in _UNITS.items():
        if amount in fields and unit not in fields and not mapping.say.currency:
            yield ("fields", amount), f"needs {unit} beside it, or say.currency"


def _of_people_alone(names: Iterable[str]) -> str:
    """The first of some fields that no table without people has; empty if none."""
    made = contract.tables()
    for each in names:
        if all(made[t].is_of_people for t in contract.tables_of(each)):
            return each
    return ""


def _column_faults(table: Table) -> Iterator[tuple[Path_, str]]:
    for word in ("unused", "never"):
        for number, each in enumerate(getattr(table, word)):
            if each in table.columns or (word == "unused" and each in table.never):
                yield (word, number), f"{each} is named elsewhere too: keep one"
    called: dict[str, str] = {}
    for each in table.named:
        other = called.setdefault(raw_column(each), each)
        if other != each:
            yield (), f"names {other} and {each}, which are one column: keep one form"


def _field_faults(name: str, source: FieldSource) -> Iterator[tuple[Path_, str]]:
    made = contract.fields()[name]
    if source.format and made.type != "date":
        yield ("format",), f"is of dates, and {name} is none"
    if source.bare_number is not None and made.type not in ("number", "integer"):
        yield ("bareNumber",), f"is of numbers, and {name} is none"
    if source.is_last_day and name != contract.TO:
        yield ("is_last_day",), f"is of {contract.TO} alone"
    if (source.joined or source.generated) and made.type != "string":
        yield (), f"is a {made.type}: neither joined nor generated gives one"
    if source.constant is not None and (wrong := _misfit(made, source.constant)):
        yield ("constant",), wrong
    for key, value in source.values.items():
        if value is not None and (wrong := _misfit(made, value)):
            yield ("values", key), wrong
    folded = [key.strip().lower() for key in source.values]
    for key in source.values:
        if folded.count(key.strip().lower()) > 1:
            yield ("values", key), "is there twice, but for case and blanks: keep one"


def _misfit(made: contract.Field, value: str) -> str:
    """What is wrong with a value in the contract's own form, or empty."""
    if made.values and value not in made.values:
        told = did_you_mean(value, made.values)
        return f"is none of {', '.join(made.values)}{told}"
    try:
        if made.type == "date":
            date.fromisoformat(value)
        elif made.type == "number" and not Decimal(value).is_finite():
            return "is not a number"
        elif made.type == "integer":
            int(value)
        elif made.type == "boolean" and value not in ("true", "false"):
            return "is neither true nor false"
    except (ValueError, InvalidOperation):
        form = {"date": "a day written yyyy-mm-dd"}.get(made.type, "a number")
        return f"is not {form}"
    return ""


def all_in(folder: Path) -> list[Mapping]:
    """The mappings of a folder, the most trusted first.

    Raises:
        ConfigurationError: Any is wrong; it tells the faults of all.
    """
    found: list[Mapping] = []
    told: list[str] = []
    for path in sorted(folder.glob("*.y*ml")):
        try:
            found.append(read(path))
        except ConfigurationError as error:
            told.append(str(error))
    if told:
        raise ConfigurationError("\n".join(told))
    return sorted(found, key=lambda m: (m.say.rank is None, m.say.rank or 0, m.name))


def did_you_mean(value: str, names: Iterable[str]) -> str:
    """`; did you mean NAME?` where one of the names is like the value, else empty."""
    found = process.extractOne(
        value,
        sorted(names),
        scorer=fuzz.ratio,
        processor=utils.default_process,
        score_cutoff=_ALIKE,
    )
    return f"; did you mean {found[0]}?" if found else ""


@cache
def countries() -> frozenset[str]:
    """The codes of ISO 3166-1, of two letters."""
    no_country = {"EU", "EZ", "QO", "UN", "XA", "XB", "ZZ"}
    codes = map(str, Locale("en").territories)
    return frozenset(c for c in codes if re.fullmatch("[A-Z]{2}", c)) - no_country


@cache
def currencies() -> frozenset[str]:
    """The codes of ISO 4217 that are legal tender somewhere now."""
    tenders = get_global("territory_currencies").values()
    return frozenset(t[0] for each in tenders for t in each if t[2] is None and t[3])


_SHAPE_NEEDS = {
    "history": (contract.FROM,),
    "list": ("started_on",),
    "events": ("event", contract.FROM),
    "leavers": ("ended_on",),
}

_OURS = frozenset({"name", "path"})
"""Of a mapping, what its file does not say."""

_UNITS = {"pay_rate": "pay_currency", "line_amount": "line_currency"}
"""What an amount's currency is in."""


@dataclass
class _Said:
    """What a YAML text says, with the line of every key.

    Attributes:
        value: Scalars are texts as they are written, but within `rest_api`.
        lines: Line from 1 by the path of keys.
        faults: Line, key and message.
    """

    value: Any = None
    lines: dict[Path_, int] = field(default_factory=dict)
    faults: list[tuple[int, str, str]] = field(default_factory=list)


def _said(text: str, path: Path) -> _Said:
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise _all(
            path,
            [
                (
                    mark.line + 1 if mark else 1,
                    "",
                    f"is no YAML: {error.problem}; look at quotes, colons and indents",
                )
            ],
        ) from None
    except yaml.YAMLError:
        fault = (1, "", "is no YAML: it has characters that no text has")
        raise _all(path, [fault]) from None
    said = _Said()
    said.value = _value(node, (), said) if node else {}
    if not isinstance(said.value, dict):
        said.faults.append((1, "", "is no mapping: begin with `version: 1`"))
    return said


def _value(node: yaml.Node, at: Path_, said: _Said) -> Any:
    said.lines.setdefault(at, node.start_mark.line + 1)
    if isinstance(node, yaml.SequenceNode):
        return [_value(each, (*at, n), said) for n, each in enumerate(node.value)]
    if isinstance(node, yaml.MappingNode):
        found: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = str(key_node.value)
            line = key_node.start_mark.line + 1
            if key in found:
                first = said.lines[*at, key]
                message = f"is said twice, first in line {first}: keep one"
                said.faults.append((line, _key((*at, key)), message))
                continue
            said.lines[*at, key] = line
            found[key] = _value(value_node, (*at, key), said)
        return found
    if at[:1] == ("rest_api",):
        return _typed(node)
    # In a list, as of missing values, null is a text like any other.
    nothing = ("", "~") if at and isinstance(at[-1], int) else ("", "~", "null")
    is_empty = node.value in nothing and _is_plain(node)
    return None if is_empty else node.value


def _is_plain(node: yaml.Node) -> bool:
    """Whether a scalar stands without quotes."""
    return isinstance(node, yaml.ScalarNode) and node.style is None


def _typed(node: yaml.Node) -> Any:
    """A scalar as dlt's words need it: a number, truth, nothing or a text."""
    if _is_plain(node):
        if node.value in ("true", "false"):
            return node.value == "true"
        if node.value in ("", "~", "null"):
            return None
        for kind, pattern in ((int, r"[+-]?\d+"), (float, r"[+-]?\d+\.\d*")):
            if re.fullmatch(pattern, node.value):
                return kind(node.value)
    return node.value


def _name_faults(name: str) -> Iterator[str]:
    if not NAME.fullmatch(name):
        yield (
            "has a name that no source can have: call the file by lower-case letters,"
            " digits and underscores, at most 31, such as acme.yml"
        )
    elif name in BUILT_IN:
        yield f"is called {name}, as a source of Muster's own is: rename the file"


def _line(lines: dict[Path_, int], keys: Iterable[str | int]) -> int:
    """The line of the longest part of a path that is written."""
    path = tuple(keys)
    while path and path not in lines:
        path = path[:-1]
    return lines.get(path, 1)


def _key(path: Iterable[str | int]) -> str:
    told = ""
    for part in path:
        told += f"[{part + 1}]" if isinstance(part, int) else f".{part}"
    return told.removeprefix(".")


def _told(error: Any, at: Path_, said: _Said) -> tuple[int, str, str]:
    """Line, key and message of an error's details, which pydantic found below `at`."""
    path: Path_ = at
    for part in error["loc"]:
        is_written = (*path, part) in said.lines
        if is_written or (part == error["loc"][-1] and part != "[key]"):
            path = (*path, part)
    return _line(said.lines, path), _key(path), _message(error, path)


def _message(error: Any, path: Path_) -> str:
    kind, context = error["type"], error.get("ctx", {})
    if kind == "value_error":
        return str(context["error"])
    if kind == "missing":
        return "is missing"
    if kind == "extra_forbidden":
        told = did_you_mean(str(path[-1]), _known_words(path[:-1]))
        return f"is not known{told or ': take it out'}"
    if kind == "literal_error":
        words = str(context["expected"]).replace("'", "")
        return f"is none of {words.replace(' or ', ', ')}"
    if kind == "string_type":
        return "has to be a text"
    if kind in ("dict_type", "model_type", "model_attributes_type"):
        return "has to hold words of its own: indent them below it"
    return f"is wrong: {error['msg'][0].lower()}{error['msg'][1:]}"


def _known_words(path: Path_) -> list[str]:
    """The words that may stand at a path."""
    below = str(path[2]) if len(path) > 2 else ""
    in_table = _BELOW_TABLE.get(below, Table)
    models: dict[str, type[_Words]] = {"say": Say, "tables": in_table}
    model = models.get(str(path[0]) if path else "", Mapping)
    words = {f.alias or name for name, f in model.model_fields.items()}
    return sorted(words - _OURS if model is Mapping else words)


_BELOW_TABLE: dict[str, type[_Words]] = {
    "exported": Exported,
    "fields": FieldSource,
    "refuse": Refuse,
}


def _all(path: Path, faults: list[tuple[int, str, str]]) -> ConfigurationError:
    lines = (
        f"{path}:{line}: {key + ' ' if key else 'the mapping '}{message}"
        for line, key, message in sorted(faults)
    )
    return ConfigurationError("\n".join(dict.fromkeys(lines)))
