"""What the files of a folder hold: tables, and of each column what its values are.

At most `MOST_ROWS` rows of a file are looked at. Values stay here, in memory; what the
mapping and the screen show of them are the few values of columns like sex or status.
"""

import re
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from fnmatch import fnmatch
from glob import escape
from itertools import combinations
from pathlib import Path

import duckdb

from environment.errors import MusterError
from environment.sql import literal
from ingestion.hr_tables import file_names, words
from ingestion.hr_tables.mapping import ISO, MISSING, raw_column
from ingestion.readers import FileFaultError
from operations.onboard import reading
from operations.onboard.reading import MOST_ROWS, Reading, Wanted

FEW = 30
"""How many values a column has at most that is a category."""

MOSTLY = 0.95
"""Share of a column's values that make it a column of dates, or of numbers."""

_DAY_FIRST = ("%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y", "%d/%m/%y", "%d-%m-%y", "%d.%m.%y")
_MONTH_FIRST = ("%m/%d/%Y", "%m-%d-%Y", "%m.%d.%Y", "%m/%d/%y", "%m-%d-%y", "%m.%d.%y")
OTHER_ORDER = {
    **dict(zip(_DAY_FIRST, _MONTH_FIRST, strict=True)),
    **dict(zip(_MONTH_FIRST, _DAY_FIRST, strict=True)),
}
DATE_FORMS = (
    ISO,
    "%Y/%m/%d",
    "%Y.%m.%d",
    *_DAY_FIRST,
    *_MONTH_FIRST,
    "%d-%b-%Y",
    "%d-%b-%y",
    "%d %b %Y",
    "%d %B %Y",
    "%b %d, %Y",
    "%B %d, %Y",
    "%Y%m%d",
    "%Y-%m",
    "%m/%Y",
    "%m.%Y",
)
_TAIL = (
    r"[ T]+\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?( ?[APap][Mm])?"
    r"( ?UTC|Z|[+-]\d{2}:?\d{2})?$"
)

_NO_DAY = "0+[-./]0+[-./]0+"
"""How some write that there is no date."""

_MONEY = r"[$€£¥₹]|\b(EUR|USD|GBP|CHF|INR|SEK|NOK|DKK|PLN|CZK|CAD|AUD|JPY|Euro?)\b"
_SIGNS = {"$": "USD", "€": "EUR", "£": "GBP", "₹": "INR", "EURO": "EUR", "EUR": "EUR"}

_NUMBERS = {
    "plain": r"[+-]?\d+",
    "point": r"[+-]?\d+\.\d+",
    "comma": r"[+-]?\d+,\d+",
    "comma group": r"[+-]?\d{1,3}(,\d{2,3})*,\d{3}",
    "comma group point": r"[+-]?\d{1,3}(,\d{2,3})*,\d{3}\.\d+",
    "point group": r"[+-]?\d{1,3}(\.\d{3})+",
    "point group comma": r"[+-]?\d{1,3}(\.\d{3})+,\d+",
    "quote group": r"[+-]?\d{1,3}(['\x{2019}]\d{3})+([.,]\d+)?",
    "blank group": r"[+-]?\d{1,3}([ \x{a0}\x{202f}]\d{3})+(\.\d+)?",
    "blank group comma": r"[+-]?\d{1,3}([ \x{a0}\x{202f}]\d{3})+,\d+",
}


@dataclass
class Column:
    """What one column holds.

    Attributes:
        name: In the header.
        at: Its place, from 0.
        rows: How many rows there are.
        blanks: How many of them hold nothing.
        distinct: How many values there are.
        kind: blank, date, number, truth, or text.
        values: The values of a column with few, the frequent ones first, and how often.
        forms: Of dates, as `strptime` writes them.
        is_open: Whether its dates may as well be month first as day first.
        is_mixed: Whether some of its dates are day first and others month first.
        low: The least date or number, without sentinels.
        high: The greatest.
        middle: The median.
        sentinels: Texts that stand for no date or for one without end.
        missing: Texts that stand for no value, beside the empty one.
        number_forms: Of numbers: keys of `_NUMBERS`.
        currency: Whose sign or code stands beside numbers.
        has_percent: Whether `%` stands behind numbers.
        letters: Share of values with letters.
        length: Mean length of values.
        words: Mean count of words.
    """

    name: str
    at: int
    rows: int = 0
    blanks: int = 0
    distinct: int = 0
    kind: str = "blank"
    values: list[tuple[str, int]] = field(default_factory=list)
    forms: tuple[str, ...] = ()
    is_open: bool = False
    is_mixed: bool = False
    low: date | float | None = None
    high: date | float | None = None
    middle: date | float | None = None
    sentinels: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    number_forms: tuple[str, ...] = ()
    currency: str = ""
    has_percent: bool = False
    letters: float = 0.0
    length: float = 0.0
    words: float = 0.0

    @property
    def filled(self) -> int:
        """How many rows hold something."""
        return self.rows - self.blanks

    @property
    def is_unique(self) -> bool:
        """Whether every row has a value of its own."""
        return self.rows > 1 and self.blanks == 0 and self.distinct == self.rows


@dataclass
class Profile:
    """A table: files of one pattern, and what their columns hold.

    Attributes:
        name: What it is called in the mapping.
        pattern: What its files' names look like.
        readings: Its files, the earliest by name first.
        columns: Those of all files.
        rows: Of all files.
        table: In DuckDB: `file`, `line`, `c0`, `c1`, ...
        keys: Columns that no two rows of one file share, alone or two together.
        file_form: The `strptime` form of dates in the names; empty without any.
        decimal: What parts decimals.
        group: What parts thousands.
        notes: What a person should know.
        totals: Column to values of rows that were taken out: sums and vacant posts.
    """

    name: str
    pattern: str
    readings: list[Reading]
    columns: list[Column] = field(default_factory=list)
    rows: int = 0
    table: str = ""
    keys: list[tuple[str, ...]] = field(default_factory=list)
    file_form: str = ""
    decimal: str = "."
    group: str = ""
    notes: list[str] = field(default_factory=list)
    totals: dict[str, list[str]] = field(default_factory=dict)

    def column(self, name: str) -> Column:
        """The column of a name."""
        return next(each for each in self.columns if each.name == name)

    @property
    def first(self) -> Reading:
        """Its earliest file."""
        return self.readings[0]


@dataclass
class Folder:
    """All tables, and the DuckDB that they are in."""

    con: duckdb.DuckDBPyConnection
    profiles: list[Profile]
    refused: list[tuple[Path, str]]


def look_at(place: Path) -> Folder:
    """Profile the files of a folder, or one file.

    Raises:
        MusterError: There are none, or none can be read.
    """
    con = reading.connect("1GB")
    con.execute("set preserve_insertion_order = true")
    paths, refused = reading.files_of(place)
    readings: list[Reading] = []
    with tempfile.TemporaryDirectory() as scratch:
        for path in paths:
            try:
                for sheet in _sheets(path):
                    table = f"f{len(readings)}"
                    wanted = Wanted(sheet=sheet)
                    try:
                        made = reading.read(
                            con, path, table, Path(scratch), wanted, MOST_ROWS
                        )
                    except FileFaultError as error:
                        con.execute(f"drop table if exists {table}")
                        what = f"sheet {sheet}: " if sheet else ""
                        refused.append((path, f"{what}{error}"))
                        continue
                    if made.encoding == "cp1252" and _is_polish(con, made):
                        con.execute(f"drop table {table}")
                        wanted = replace(wanted, encoding="cp1250")
                        made = reading.read(
                            con, path, table, Path(scratch), wanted, MOST_ROWS
                        )
                    readings.append(made)
            except Exception as error:
                if not isinstance(error, FileFaultError | OSError):
                    raise
                refused.append((path, str(error)))
    if not readings:
        told = "; ".join(f"{path.name}: {why}" for path, why in refused)
        raise MusterError(f"No file could be used. {told}.", 2)
    profiles = _grouped(readings)
    for number, profile in enumerate(profiles):
        _profile(con, profile, f"t{number}")
    return Folder(con, profiles, refused)


def _sheets(path: Path) -> list[str]:
    if reading.suffix(path) not in reading.WORKBOOKS:
        return [""]
    try:
        found = reading.sheets(path)
    except Exception as error:  # calamine has no one error for all that is damaged
        raise FileFaultError(f"the workbook cannot be opened: {error}") from None
    return found if len(found) > 1 else [""]


def _is_polish(con: duckdb.DuckDBPyConnection, made: Reading) -> bool:
    """Whether what was read as cp1252 has letters of cp1250 amid words."""
    cells = "concat_ws(' ', columns(* exclude (line, problem)))"
    row = con.execute(
        f"select bool_or({cells} ~ '.*[A-Za-z][³¹¿][a-z].*') from {made.table}"
    ).fetchone()
    header = re.search("[A-Za-z][³¹¿][a-z]", " ".join(made.header))
    return bool(header or (row and row[0]))


def file_name(path: Path) -> str:
    """A file's name as patterns see it."""
    return path.name.lower().removesuffix(".gz")


def stem(path: Path) -> str:
    """A file's name without what tells exports of one table from each other."""
    name = re.sub(r"\.\w+$", "", file_name(path))
    name = re.sub(rf"(?<![a-z])({file_names.A_MONTH})(?![a-z])", "", name)
    return re.sub(r"[\W\d_]+", " ", name).strip()


def _grouped(readings: Sequence[Reading]) -> list[Profile]:
    """Readings of one pattern and with mostly the same columns are one table."""
    groups: list[list[Reading]] = []
    for each in readings:
        for group in groups:
            first = group[0]
            shared = len(set(first.header) & set(each.header))
            if (
                stem(first.path) == stem(each.path)
                and first.sheet == each.sheet
                and shared >= 0.6 * max(len(first.header), len(each.header))
                and first.path != each.path
            ):
                group.append(each)
                break
        else:
            groups.append([each])
    names: set[str] = set()
    profiles = []
    for group in groups:
        base = table_name(group[0].sheet or stem(group[0].path) or "table")
        name, n = base, 2
        while name in names:
            name, n = f"{base}_{n}", n + 1
        names.add(name)
        profiles.append(Profile(name, "", group))
    for profile in profiles:
        others = [
            file_name(r.path)
            for other in profiles
            for r in other.readings
            if other is not profile and r.path not in {s.path for s in profile.readings}
        ]
        profile.pattern = _pattern(
            [file_name(r.path) for r in profile.readings], others
        )
        profile.file_form = _file_form([file_name(r.path) for r in profile.readings])
    return profiles


def table_name(text: str) -> str:
    """A name as tables of a mapping have them."""
    text = raw_column(text)
    return text if re.match("[a-z]", text) else f"table_{text}".rstrip("_")


def _pattern(names: Sequence[str], others: Iterable[str]) -> str:
    """What all names match, and none of the other tables' files."""
    taken = list(others)

    def loosened(name: str) -> str:
        text = re.sub(rf"(?<![a-z])({file_names.A_MONTH})(?![a-z])", "\0", name)
        stem_, dot, ending = text.rpartition(".")
        text = re.sub(r"\d+(?:[-_. ]?\d+)*", "\1", stem_) + dot + ending
        text = escape(text).replace("\1", "[0-9]*").replace("\0", "*")
        return re.sub(r"\*[*]+", "*", text)

    stem_, dot, ending = names[0].rpartition(".")
    options = [f"{escape(stem_)}*{dot}{ending}"] if len(names) == 1 else []
    options = [loosened(names[0]), re.sub(r"\.\w+$", ".*", loosened(names[0]))] + (
        options if not any(c.isdigit() for c in names[0]) else []
    )
    if len(names) == 1 and not any(c.isdigit() for c in stem_):
        options.reverse()
    for option in options:
        if all(fnmatch(n, option) for n in names) and not any(
            fnmatch(o, option) for o in taken
        ):
            return option
    return names[0] if len(names) == 1 else f"{names[0][:3]}*"


def _file_form(names: Sequence[str]) -> str:
    """The form of the dates in all names, the last digits of each."""
    forms: tuple[str, ...] = (
        "%Y-%m-%d",
        "%Y_%m_%d",
        "%Y%m%d",
        "%d.%m.%Y",
        "%d-%m-%Y",
        "%d%m%Y",
    )
    forms += ("%Y-%m", "%Y_%m", "%Y%m", "%m-%Y", "%m_%Y", "%m%Y")
    forms += ("%d %B %Y", "%B %d %Y", "%Y %B %d", "%B %Y", "%Y %B", "%Y")
    for form in forms:
        if all(_fits(re.sub(r"\.\w+$", "", name), form) for name in names):
            return form
    return ""


_PARTS = {
    "%Y": r"(19|20)\d\d",
    "%m": r"(0[1-9]|1[0-2])",
    "%d": r"(0[1-9]|[12]\d|3[01])",
}


def _fits(name: str, form: str) -> bool:
    if "%B" in form:
        return file_names.day(name, form) is not None
    pattern = re.escape(form)
    for code, digits in _PARTS.items():
        pattern = pattern.replace(code, digits)
    return re.search(rf"(?<!\d){pattern}(?!\d)", name) is not None


def _profile(con: duckdb.DuckDBPyConnection, profile: Profile, table: str) -> None:
    """Put the files of a table below each other, and look at each column."""
    names: list[str] = []
    for each in profile.readings:
        names += [n for n in each.header if n and n not in names]
        if len(set(each.header)) < len(each.header):
            twice = sorted({n for n in each.header if n and each.header.count(n) > 1})
            if twice:
                profile.notes.append(
                    f"{each.path.name} names a column twice ({', '.join(twice)}):"
                    " ask for one name each"
                )
        profile.notes += [f"{each.path.name}: {note}" for note in each.notes]
        if each.is_cut:
            profile.notes.append(
                f"{each.path.name}: only its first {MOST_ROWS:,} rows were looked at"
            )
    parts = []
    for number, each in enumerate(profile.readings):
        columns = ", ".join(
            f"c{each.header.index(name)} as c{n}"
            if name in each.header
            else f"null::varchar as c{n}"
            for n, name in enumerate(names)
        )
        parts.append(f"select {number} as file, line, {columns} from {each.table}")
    con.execute(f"create table {table} as {' union all '.join(parts)}")
    for each in profile.readings:
        con.execute(f"drop table {each.table}")
    profile.table, profile.rows = table, sum(r.rows for r in profile.readings)
    _take_totals(con, profile, names)
    profile.columns = [_column(con, table, n, at) for at, n in enumerate(names)]
    _settle_orders(profile)
    _settle_numbers(profile)
    profile.keys = _keys(con, profile)


def _take_totals(
    con: duckdb.DuckDBPyConnection, profile: Profile, names: Sequence[str]
) -> None:
    """Take out rows that add others up, or are posts without anybody."""
    known = ", ".join(f"'{w}'" for w in (*words.TOTALS, *words.VACANT))
    most = 3 * len(profile.readings) + 0.02 * profile.rows
    for at, name in enumerate(names):
        here = f"rtrim(lower(trim(c{at})), ': ') in ({known})"
        found = con.execute(
            f"select trim(c{at}), count(*) from {profile.table} where {here}"
            " group by all order by 1"
        ).fetchall()
        if found and sum(n for _, n in found) <= most:
            profile.totals[name] = [str(v) for v, _ in found]
            con.execute(f"delete from {profile.table} where {here}")


def _column(con: duckdb.DuckDBPyConnection, table: str, name: str, at: int) -> Column:
    missing = ", ".join(f"'{m}'" for m in MISSING)
    con.execute(
        f"create or replace temp table v as select trim(c{at}) as v, count(*) as n"
        f" from {table} where lower(trim(coalesce(c{at}, ''))) not in ({missing})"
        " group by all"
    )
    rows = _one(con, f"select count(*) from {table}")[0]
    filled, distinct, letters, length, words = _one(
        con,
        "select coalesce(sum(n), 0)::bigint, count(*),"
        " coalesce(sum(n) filter (regexp_matches(v, '[[:alpha:]]')) / sum(n), 0),"
        " coalesce(avg(length(v)), 0),"
        " coalesce(avg(len(regexp_split_to_array(v, '\\s+'))), 0) from v",
    )
    column = Column(
        name,
        at,
        rows=rows,
        blanks=rows - filled,
        distinct=distinct,
        letters=letters,
        length=length,
        words=words,
    )
    if not filled:
        return column
    found = con.execute(
        f"select distinct lower(trim(c{at})) as v from {table}"
        f" where v in ({missing}) and v != '' order by v"
    ).fetchall()
    column.missing = tuple(str(v) for (v,) in found)
    column.kind = "text"
    if distinct <= FEW:
        found = con.execute("select v, n from v order by n desc, v limit 30").fetchall()
        column.values = [(str(v), int(n)) for v, n in found]
    if not _dates(con, column) and not _numbers(con, column):
        truths = {"true", "false", "yes", "no", "y", "n", "ja", "nein", "j", "oui"}
        truths |= {"non", "si", "sí"}
        if column.values and {v.lower() for v, _ in column.values} <= truths:
            column.kind = "truth"
    return column


def _one(con: duckdb.DuckDBPyConnection, query: str) -> tuple[int, ...]:
    row = con.execute(query).fetchone()
    return tuple(row or ())


def _dates(con: duckdb.DuckDBPyConnection, column: Column) -> bool:
    """Whether a column holds dates; in which forms, over all its values."""
    if column.length < 5 or column.length > 30:
        return False
    con.execute(
        f"create or replace temp table d as select v, n, regexp_replace(v, '{_TAIL}',"
        f" '') as d, regexp_extract(v, '{_TAIL}') as tail from v"
    )
    row = _one(con, f"select sum(n) filter (d ~ '{_NO_DAY}') / sum(n) from d")
    if row[0] and row[0] == 1:
        return False
    given = f"sum(n) filter (not d ~ '{_NO_DAY}')"
    day = "try_strptime(d, '{0}')"
    good = f"year({day}) between 1850 and 2200 or year({day}) = 9999"
    shares = _one(
        con,
        "select "
        + ", ".join(
            f"coalesce(sum(n) filter ({good.format(f)}), 0) / {given}"
            for f in DATE_FORMS
        )
        + " from d",
    )
    found = dict(zip(DATE_FORMS, shares, strict=True))
    if column.letters < 0.5 and "%Y%m%d" in found and column.length < 8:
        found["%Y%m%d"] = 0
    best = max(DATE_FORMS, key=lambda f: found[f])
    chosen, total = [best], float(found[best])
    other = OTHER_ORDER.get(best, "")
    if total < 0.999:
        rest = [f for f in DATE_FORMS if f not in (best, other) and found[f] >= 0.01]
        for form in sorted(rest, key=lambda f: -found[f]):
            if total + found[form] <= 1.001:
                chosen.append(form)
                total += float(found[form])
    if other and found[other] > 0:
        both = _one(
            con,
            f"select coalesce(sum(n) filter (try_strptime(d, '{best}') is not null or"
            f" try_strptime(d, '{other}') is not null), 0) / {given} from d",
        )[0]
        column.is_mixed = found[best] < 0.99 and both > max(0.99, total)
        total = max(total, float(both) if column.is_mixed else total)
    if total < MOSTLY:
        return False
    column.kind = "date"
    column.is_open = bool(other) and found[other] >= found[best] and other not in chosen
    parsed = "coalesce(" + ", ".join(day.format(f) for f in chosen) + ")::date"
    column.forms = tuple(chosen)
    ends = "year(p) >= 2099 or year(p) <= 1900"
    low, high, middle = _one(
        con,
        f"select min(p), max(p), quantile_disc(p, 0.5 order by p)"
        f" from (select {parsed} as p, n from d)"
        f" where p is not null and not ({ends})",
    )
    column.low, column.high, column.middle = low, high, middle
    sentinels = con.execute(
        f"select v from (select v, d, n, {parsed} as p from d) where {ends}"
        f" or p is null and d ~ '{_NO_DAY}'"
        " order by n desc limit 5"
    ).fetchall()
    column.sentinels = tuple(str(v) for (v,) in sentinels)
    tails = con.execute(
        "select distinct regexp_replace(tail, '\\d+', 'n', 'g') from d"
        f" where {parsed} is not null"
    ).fetchall()
    column.forms = tuple(
        form + each
        for form in chosen
        for each in sorted({_tail_form(str(t)) for (t,) in tails})
    )
    return True


def _tail_form(tail: str) -> str:
    """The `strptime` form of a time behind a date, whose digits are `n`."""
    if not tail:
        return ""
    hours = "%I" if re.search("[APap][Mm]", tail) else "%H"
    blanks = tail[: len(tail) - len(tail.lstrip(" T"))]
    form = (
        blanks
        + hours
        + ":%M"
        + (":%S" if tail.count("n:n") and tail.count(":") > 1 else "")
    )
    if ".n" in tail:
        form += ".%f"
    zone = re.search(" ?UTC$|Z$", tail)
    return form + (" %p" if hours == "%I" else "") + (zone[0] if zone else "")


def _numbers(con: duckdb.DuckDBPyConnection, column: Column) -> bool:
    """Whether a column holds numbers, with signs and codes of money or without."""
    con.execute(
        "create or replace temp table d as select v, n,"
        f" trim(regexp_replace(regexp_replace(v, '{_MONEY}', '', 'gi'),"
        " '^\\((.*)\\)$', '-\\1')) as d from v"
    )
    con.execute("update d set d = trim(regexp_replace(d, '%$', ''))")
    con.execute("update d set d = regexp_replace(d, '^([+-])\\s+', '\\1')")
    fits = [f"regexp_full_match(d, {literal(p)})" for p in _NUMBERS.values()]
    tests = ", ".join(f"coalesce(sum(n) filter ({f}), 0) / sum(n)" for f in fits)
    shares = _one(con, f"select {tests} from d")
    any_number = " or ".join(fits)
    by_form = dict(zip(_NUMBERS, shares, strict=True))
    is_comma = by_form["point group comma"] or by_form["blank group comma"]
    is_comma = is_comma or by_form["comma"] > by_form["comma group"]
    number = "replace(regexp_replace(d, '[^0-9,+-]', '', 'g'), ',', '.')"
    if not is_comma:
        number = "regexp_replace(d, '[^0-9.+-]', '', 'g')"
    share, low, high, middle = _one(
        con,
        "select (sum(n) filter (b) / sum(n)), min(x) filter (b), max(x) filter (b),"
        " median(x) filter (b)"
        f" from (select n, ({any_number}) as b, try_cast({number} as double) as x"
        " from d)",
    )
    if not share or share < MOSTLY:
        return False
    column.kind = "number"
    column.number_forms = tuple(
        f for f, s in zip(_NUMBERS, shares, strict=True) if s > 0.001
    )
    column.low, column.high, column.middle = low, high, middle
    column.has_percent = bool(
        _one(con, "select count(*) from v where v like '%\\%' escape '\\'")[0]
    )
    sign = con.execute(
        f"select upper(regexp_extract(v, '{_MONEY}', 0, 'i')) as s, sum(n) from v"
        " where s != '' group by all order by 2 desc limit 1"
    ).fetchone()
    column.currency = currency_of(str(sign[0])) if sign else ""
    return True


def currency_of(text: str) -> str:
    """The currency that a text names by its sign or code; empty where none."""
    found = re.search(_MONEY, text, re.IGNORECASE)
    sign = found[0].upper() if found else ""
    return _SIGNS.get(sign, sign)


def _settle_orders(profile: Profile) -> None:
    """Let other columns of a table decide where one leaves the order of dates open."""
    votes: dict[str, set[bool]] = defaultdict(set)
    for column in profile.columns:
        if column.kind == "date" and not column.is_open:
            for form in column.forms:
                base = form[:8]
                if base in OTHER_ORDER:
                    votes[base[2]].add(base in _DAY_FIRST)
    for column in profile.columns:
        if not column.is_open:
            continue
        base = column.forms[0][:8]
        mark = base[2]
        if mark == ".":
            is_day_first: bool | None = True
            column.is_open = False
        elif len(votes[mark]) == 1:
            is_day_first = next(iter(votes[mark]))
            column.is_open = False
        else:
            is_day_first = None
        if is_day_first is not None and (base in _DAY_FIRST) != is_day_first:
            turned = OTHER_ORDER[base]
            column.forms = tuple(turned + form[8:] for form in column.forms)


def _settle_numbers(profile: Profile) -> None:
    """Decide what parts decimals and thousands, for all columns of a table."""
    seen = {form for c in profile.columns for form in c.number_forms}
    commas = {"comma", "point group comma", "blank group comma"} & seen
    points = {"point", "comma group point"} & seen
    if "point group comma" in seen or (commas and not points):
        profile.decimal = ","
        if "point group comma" in seen or "point group" in seen:
            profile.group = "."
    elif {"comma group", "comma group point"} & seen:
        profile.group = ","
    # Groups of three alone may be decimals of three digits: thousands are likelier.
    if "comma" in seen and not ({"comma group point"} & seen) and profile.group != ".":
        only_groups = all(
            "comma group" in c.number_forms or "comma" not in c.number_forms
            for c in profile.columns
        )
        is_grouped = "comma group" in seen and only_groups and not _has_short(profile)
        profile.decimal, profile.group = (".", ",") if is_grouped else (",", "")
        if "point group" in seen and not is_grouped:
            profile.group = "."
    for name, mark in (("quote", "'"), ("blank", " ")):
        if any(form.startswith(name) for form in seen):
            profile.group = mark


def _has_short(profile: Profile) -> bool:
    """Whether some number has a comma, and not three digits behind it."""
    return any(
        "comma" in c.number_forms and "comma group" not in c.number_forms
        for c in profile.columns
    )


def _keys(con: duckdb.DuckDBPyConnection, profile: Profile) -> list[tuple[str, ...]]:
    """Columns, alone or two together, that no two rows of one file share."""
    if profile.rows < 2:
        return []

    def is_key(columns: Sequence[Column]) -> bool:
        names = ", ".join(f"c{c.at}" for c in columns)
        return not _one(
            con,
            f"select count(*) from (select 1 from {profile.table}"
            f" group by file, {names} having count(*) > 1)",
        )[0]

    full = [c for c in profile.columns if c.rows and c.blanks <= 0.01 * c.rows]
    single = [(c,) for c in full if is_key((c,))]
    pairs = [
        pair
        for pair in combinations([c for c in full if (c,) not in single][:12], 2)
        if pair[0].distinct * pair[1].distinct >= profile.rows / len(profile.readings)
        and is_key(pair)
    ]
    return [tuple(c.name for c in key) for key in [*single, *pairs]]


def with_name(column: Column, name: str) -> Column:
    """The same column under another name; for tests of guesses."""
    return replace(column, name=name)
