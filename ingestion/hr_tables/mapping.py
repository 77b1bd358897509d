"""Mappings: what a company's files hold, as `mappings/NAME.yml` says.

`read` gives one mapping, or a `ConfigurationError` that tells every fault of the file,
each with its line, its key and what to do. Faults tell of keys and of what the mapping
itself says; no value of data is in them.
"""

import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache, cached_property
from pathlib import Path
from typing import Annotated, Any, Literal, Self
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
from pydantic_core import ErrorDetails, PydanticCustomError
from rapidfuzz import fuzz, process, utils

from environment.errors import ConfigurationError

NAME = re.compile(r"[a-z][a-z0-9_]{0,30}")
TABLE_NAME = re.compile(r"[a-z][a-z0-9_]*")
FOLDER = "mappings"
SUFFIX = ".yml"

BUILT_IN = ("frappe_hr", "payroll", "attendance", "ats", "fx", "hr_tables", "ops")
"""Names that a mapping cannot have: each is a schema in raw already."""

MISSING = ("", "-", "--", "n/a", "na", "null", "none", "#n/a")
"""Texts that stand for no value, by default; case and outer blanks do not count."""

SHAPES = (
    "history",
    "periods",
    "snapshots",
    "snapshot",
    "list",
    "events",
    "leavers",
    "payments",
    "reference",
)
DATED = ("history", "events")
"""Shapes of which each row says from when it holds."""

ISO = "%Y-%m-%d"

_CODES = "aAbBdDeHIjmMpSfUWuVyYzZGgcxXn-tT%"
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


def _fault(message: str) -> PydanticCustomError:
    return PydanticCustomError("mapping", "{message}", {"message": message})


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
    """A form that both `strptime`s know, with a day, a month and a year."""
    codes = re.findall(r"%(-?.?)", value)
    unknown = [f"%{c}" for c in codes if c.lstrip("-") not in set(_CODES) or not c]
    if unknown:
        raise _fault(f"has {unknown[0]}, which strptime does not know")
    try:
        datetime.strptime(date(2001, 2, 3).strftime(value), value)
    except ValueError as error:
        raise _fault("is no form that strptime can read") from error
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
Columns = Annotated[tuple[str, ...], BeforeValidator(_listed)]
Texts = Annotated[tuple[str, ...], BeforeValidator(_texts)]
Character = Annotated[str, Field(min_length=1, max_length=1)]


class _Words(BaseModel):
    """Words of a mapping: those that are declared, and no other."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Say(_Words):
    """What no file can tell."""

    company: str | None = None
    country: Annotated[str, AfterValidator(_country)] | None = None
    time_zone: Annotated[str, AfterValidator(_time_zone)] | None = None
    currency: Annotated[str, AfterValidator(_currency)] | None = None
    exit_day: Literal["worked", "gone"] = "worked"
    known_until: Annotated[str, AfterValidator(_known_until)] = "last_export"
    known_since: Literal["loaded", "exported"] = "loaded"
    weekly_hours: dict[str, Annotated[float, Field(gt=0, le=168)]] = {}
    rank: Annotated[int, Field(ge=1)] | None = None


class Exported(_Words):
    """The day an export tells of: one of `file_name`, `column` and `date`.

    Attributes:
        file_name: The `strptime` form of the digits in the file's name. Without a day
            it is the last day of the month, without a month 31 December.
        column: A column that says it, by `format`.
        date: The day itself.
    """

    file_name: str | None = None
    column: str | None = None
    date: Annotated[Any, BeforeValidator(_day)] = None
    format: DateFormats = ()

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
        if self.file_name is not None:
            codes = re.findall(r"%(.)", self.file_name)
            if not codes or set(codes) - set("YymdjHMS"):
                raise _fault(
                    "has a file_name that is not made of %Y, %y, %m, %d, such as %Y-%m"
                )
            if not set(codes) & set("Yy"):
                raise _fault("has a file_name without a year: add %Y")
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
        values: Column's values to the contract's; case and outer blanks do not count.
        format: `strptime` forms of a date; those of the table when empty.
        missing_values: Texts that are no value; those of the table when not given.
        bare_number: Whether a number stands alone; else signs and codes around it go.
        is_last_day: Of `effective_to`: the last day on which it is so.
    """

    source: str | None = Field(None, alias="from")
    first_of: Columns = ()
    joined: Columns = ()
    generated: Columns = ()
    constant: str | None = None
    values: dict[str, str] = {}
    format: DateFormats = ()
    missing_values: Texts | None = Field(None, alias="missingValues")
    bare_number: bool | None = Field(None, alias="bareNumber")
    is_last_day: bool = False

    @model_validator(mode="before")
    @classmethod
    def _short(cls, value: Any) -> Any:
        if value is None:
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
    """One table of a source: where it comes from and what its rows say."""

    files: str | None = None
    table: str | None = None
    resource: str | None = None
    format: Literal["csv", "jsonl"] = "csv"
    sheet: str | None = None
    header_rows: tuple[Annotated[int, Field(ge=1)], ...] = Field((), alias="headerRows")
    delimiter: Character | None = None
    encoding: str | None = None
    shape: Literal[
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
    exported: Exported | None = None
    replaces: Literal["all", "same_file", "nothing"] = "all"
    absent: Literal["exit", "unknown", "until_seen_again"] = "exit"
    is_partial: bool = False
    gives_employment: bool | None = None
    missing_values: Texts = Field(MISSING, alias="missingValues")
    decimal_char: Character = Field(".", alias="decimalChar")
    group_char: Character | None = Field(None, alias="groupChar")
    date_format: DateFormats = Field((ISO,), alias="dateFormat")
    fields: dict[str, FieldSource]
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

    _lines: dict[tuple[str | int, ...], int] = PrivateAttr(default_factory=dict)

    @property
    def schema_name(self) -> str:
        """Where its tables are in raw."""
        return f"raw_{self.name}"

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
    faults = list(said.faults)
    faults += [(1, "", m) for m in _name_faults(path.stem)]
    try:
        words = said.value if isinstance(said.value, dict) else {}
        mapping = Mapping.model_validate({**words, "name": path.stem, "path": path})
    except ValidationError as error:
        faults += [_told(each, said) for each in error.errors()]
        raise _all(path, faults) from None
    if faults:
        raise _all(path, faults)
    mapping._lines.update(said.lines)
    return mapping


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


@dataclass
class _Said:
    """What a YAML text says, with the line of every key.

    Attributes:
        value: Scalars are texts as they are written, but within `rest_api`.
        lines: Line from 1 by the path of keys.
        faults: Line, key and message.
    """

    value: Any = None
    lines: dict[tuple[str | int, ...], int] = field(default_factory=dict)
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


def _value(node: yaml.Node, at: tuple[str | int, ...], said: _Said) -> Any:
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
    is_empty = node.value in ("", "~") and _is_plain(node)
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


def _line(lines: dict[tuple[str | int, ...], int], keys: Iterable[str | int]) -> int:
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


def _told(error: ErrorDetails, said: _Said) -> tuple[int, str, str]:
    """Line, key and message of what pydantic found."""
    path: tuple[str | int, ...] = ()
    for part in error["loc"]:
        if (*path, part) in said.lines or part is error["loc"][-1]:
            path = (*path, part)
    return _line(said.lines, path), _key(path), _message(error)


def _message(error: ErrorDetails) -> str:
    kind, context = error["type"], error.get("ctx", {})
    if kind == "mapping":
        return str(context["message"])
    if kind == "missing":
        return "is missing"
    if kind == "extra_forbidden":
        return "is not known"
    if kind == "literal_error":
        return f"is none of {context['expected']}"
    return error["msg"][0].lower() + error["msg"][1:]


def _all(path: Path, faults: list[tuple[int, str, str]]) -> ConfigurationError:
    lines = (
        f"{path}:{line}: {key + ' ' if key else 'the mapping '}{message}"
        for line, key, message in sorted(faults)
    )
    return ConfigurationError("\n".join(dict.fromkeys(lines)))
