"""Which field of the contract each column is, and which shape each table has.

A guess needs a word of the header and values that agree with it; a few fields, such as
sex and birth, are told by values alone. What is not likely stays open: a wrong guess
costs more than a question.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from dataclasses import field as made_by
from datetime import date
from typing import Any

import duckdb
from rapidfuzz import fuzz, process

from ingestion.hr_tables import contract, words
from ingestion.hr_tables.mapping import ISO, currencies
from operations.onboard.profile import Column, Folder, Profile, currency_of

SURE, LIKELY, UNSURE = "sure", "likely", "unsure"

PEOPLE = (
    "first_name",
    "last_name",
    "sex",
    "born_on",
    "education_level",
    "employment_id",
    "started_on",
    "ended_on",
    "is_employed",
    "has_left",
    "exit_reason",
    "exit_kind",
    "resigned_on",
    "company",
    "department",
    "place",
    "country",
    "designation",
    "grade",
    "employment_type",
    "manager_id",
    "weekly_hours",
    "fte",
    "pay_rate",
    "pay_currency",
    "pay_period",
)
DATED = ("effective_from", "effective_to")
ALLOWED = {
    "history": (*DATED, *PEOPLE),
    "events": ("event", *DATED, *PEOPLE),
    "payments": (
        "line_type",
        "line_description",
        "line_amount",
        "line_currency",
        "line_hours",
        "paid_from",
        "paid_to",
        "paid_on",
        "first_name",
        "last_name",
        "company",
        "department",
        "place",
        "designation",
    ),
    "absences": (
        "leave_type",
        "absent_from",
        "absent_to",
        "is_half_day",
    ),
    "reference": (
        "department",
        "department_name",
        "parent_department",
        "company",
        "place_company",
        "place",
        "country",
        "place_time_zone",
        "designation",
        "designation_name",
        "worker_category",
        "requirement_level",
        "position_level",
    ),
}
"""The fields that a table of a shape may have; those of others are `PEOPLE`."""

TELLS_PEOPLE = {
    "first_name",
    "born_on",
    "sex",
    "started_on",
    "ended_on",
    "manager_id",
    "weekly_hours",
    "pay_rate",
    "employment_type",
    "event",
    "is_employed",
    "line_amount",
    "leave_type",
    "has_left",
}
TELLS_JOBS = {"department", "designation", "place", "grade", "company"}
CATEGORIES = {
    *TELLS_JOBS,
    "exit_reason",
    "exit_kind",
    "employment_type",
    "education_level",
    "line_type",
    "leave_type",
    "country",
    "department_name",
    "designation_name",
    "parent_department",
    "place_company",
}
SHARED = CATEGORIES - {"department_name", "designation_name", "parent_department"}
"""Categories that many people share, but in lists of them."""

OWNERS = (
    "employee", "emp", "worker", "mitarbeiter", "person", "staff", "hr", "current",
    "primary", "home", "regular", "agency",
)  # fmt: skip
KINDS = (
    "name", "desc", "description", "code", "key", "short", "text", "bezeichnung",
    "schlussel",
)  # fmt: skip
"""Words before and behind what a column is of, which say nothing of it."""

COSTS = {
    name: ", ".join(each.needed_for[:4]) for name, each in contract.fields().items()
}


@dataclass
class Guess:
    """What a field is made of.

    Attributes:
        field: Of the contract.
        column: Where from; empty where `words` say it all.
        certainty: sure or likely.
        why: In a few words.
        words: The rest of what a mapping says of the field.
    """

    field: str
    column: str
    certainty: str
    why: str
    words: dict[str, Any] = made_by(default_factory=dict)


@dataclass
class TableGuess:
    """What a table is.

    Attributes:
        profile: What it holds.
        shape: One of the contract's, or `absences` before it is written.
        why: Why this shape, in a few words.
        exported: What the mapping says of the day that an export tells of.
        fields: The guesses by field.
        words: Further words of the table, such as `gives_employment`.
        refuse: Column to values of rows that are no people.
        unused: Column to why nothing is made of it.
        never: Column to why it is better not loaded.
        asks: What a person has to look at.
        held: Field to what waits for an answer, written as a comment.
    """

    profile: Profile
    shape: str = ""
    why: str = ""
    exported: dict[str, str] = made_by(default_factory=dict)
    fields: dict[str, Guess] = made_by(default_factory=dict)
    words: dict[str, Any] = made_by(default_factory=dict)
    refuse: dict[str, list[str]] = made_by(default_factory=dict)
    unused: dict[str, str] = made_by(default_factory=dict)
    never: dict[str, str] = made_by(default_factory=dict)
    asks: list[str] = made_by(default_factory=list)
    held: dict[str, Guess] = made_by(default_factory=dict)


@dataclass(frozen=True)
class _Candidate:
    field: str
    column: Column
    score: float
    why: str
    place: int

    @property
    def order(self) -> tuple[float, int, int]:
        return (-self.score, self.place, self.column.at)


def guess(folder: Folder, say: dict[str, str]) -> list[TableGuess]:
    """Guess what the tables of a folder are.

    Args:
        folder: What they hold.
        say: What a person said, such as the currency.
    """
    made = [_Table(folder, profile) for profile in folder.profiles]
    for each in made:
        each.find_person(made)
    for each in made:
        each.find_shape(made)
    for each in made:
        each.fill(made, say)
    _settle_last_days(made)
    _settle_employment(made)
    return [each.guess for each in made]


def _names(name: str) -> list[tuple[str, float]]:
    """What a header may be as a word, with how near that is to what is written."""
    found = {words.compact(name): 1.0}
    plain = re.split(r"[(\[/]| as of ", name)[0]
    parts = [p for p in words.fold(plain).split() if p != "in" and not currency_of(p)]
    found.setdefault("".join(parts), 0.95)
    begin, end = parts[:1] and parts[0] in OWNERS, parts[-1:] and parts[-1] in KINDS
    if len(parts) > 1 and end and "".join(parts[:-1]) not in OWNERS:
        found.setdefault("".join(parts[:-1]), 0.9)
    if len(parts) > 1 and begin:
        found.setdefault("".join(parts[1:]), 0.8)
    if len(parts) > 2 and begin and end:
        found.setdefault("".join(parts[1:-1]), 0.75)
    return [(k, v) for k, v in found.items() if k]


def candidates(column: Column) -> list[_Candidate]:
    """The fields that a column may be by its header, where its values agree."""
    found: dict[str, _Candidate] = {}
    for word, nearness in _names(column.name):
        for name, is_weak in words.by_word().get(word, ()):
            score = (2.0 if is_weak else 3.0) * nearness
            agrees = _agrees(name, column)
            if agrees is not None and name not in found:
                why = "its name" + (f", {agrees}" if agrees else "")
                place = words.rank(name)[word]
                found[name] = _Candidate(name, column, score, why, place)
    if not found and len(word := words.compact(column.name)) >= 6:
        near = process.extractOne(
            word, list(words.by_word()), scorer=fuzz.ratio, score_cutoff=89
        )
        for name, is_weak in words.by_word()[near[0]] if near else ():
            agrees = _agrees(name, column)
            if agrees is not None and not is_weak:
                why = "a name like it" + (f", {agrees}" if agrees else "")
                found[name] = _Candidate(name, column, 1.5, why, 99)
    return sorted(found.values(), key=lambda c: c.order)


def _agrees(name: str, column: Column) -> str | None:
    """What in a column's values is as a field's are; None where they are not."""
    kind = column.kind
    if kind == "blank":
        return None
    made = contract.fields().get(name)
    type_ = made.type if made else ""
    if name == "exported":
        return "dates" if kind == "date" or _period_form(column) else None
    if type_ == "date":
        if kind != "date":
            return None
        return (
            ("dates of birth" if is_birth(column) else None)
            if name == "born_on"
            else ("dates")
        )
    if name in ("is_half_day", "has_left"):
        truths = kind == "truth" or {v for v, _ in column.values} <= {"0", "1"}
        return "yes and no" if truths and column.values else None
    if type_ == "number" or name == "fte":
        return _number_agrees(name, column)
    if name == "sex":
        is_number = {"1", "2"} <= {v for v, _ in column.values} <= {"0", "1", "2", "9"}
        return "such values" if is_number or _sex_share(column) >= 0.8 else None
    if name == "is_employed":
        folded = [words.fold(v) for v, _ in column.values]
        known = [bool(words.GONE.search(v) or words.HERE.search(v)) for v in folded]
        return "such values" if folded and all(known) else None
    if name == "event":
        folded = [words.fold(v) for v, _ in column.values]
        return "hires among it" if any(words.HIRE.search(v) for v in folded) else None
    if name == "pay_period":
        counted = sum(n for v, n in column.values if _period(v))
        return "such values" if counted > 0.5 * column.filled else None
    if name in ("pay_currency", "line_currency"):
        are = column.values and all(v.upper() in currencies() for v, _ in column.values)
        return "such values" if are else None
    if name in ("person_id", "manager_id", "employment_id"):
        is_key = kind not in ("date", "truth") and column.words < 3.5
        return "" if is_key and column.distinct > 1 and column.length <= 60 else None
    if name in ("first_name", "last_name"):
        return "" if kind == "text" and column.letters > 0.9 else None
    if name in CATEGORIES:
        return (
            "" if kind in ("text", "number", "truth") and column.length < 80 else None
        )
    return "" if kind != "date" else None


def _period_form(column: Column) -> str:
    """The form of values that are all months such as 202601, or years."""
    ends = [each for each in (column.low, column.high) if isinstance(each, float)]
    if len(ends) == 2 and all(190000 < each < 210013 for each in ends):
        return "%Y%m"
    is_year = len(ends) == 2 and all(1950 <= each <= 2100 for each in ends)
    return "%Y" if is_year and column.number_forms == ("plain",) else ""


def _number_agrees(name: str, column: Column) -> str | None:
    if column.kind != "number" or column.middle is None:
        return None
    low, middle = float(column.low), float(column.middle)  # type: ignore[arg-type]
    if name == "weekly_hours":
        return "hours of a week" if low >= 0 and 4 <= middle <= 60 else None
    if name == "fte":
        return "" if low >= 0 and middle <= 100 else None
    if name == "pay_rate":
        return "amounts" if middle >= 5 and column.distinct > 1 else None
    return "numbers"


def _sex_share(column: Column) -> float:
    known = words.sex_words()
    if not column.values or column.distinct > 10:
        return 0.0
    counted = sum(n for v, n in column.values if words.compact(v) in known)
    return counted / max(1, sum(n for _, n in column.values))


def _sexes(column: Column) -> dict[str, str]:
    """What each value means that has to be said."""
    folded = {v: words.compact(v) for v, _ in column.values}
    seen = set(folded.values())
    by_name = words.SEX_BY_NAME.get(words.compact(column.name))
    for needed, meant in (*words.SEX_ODD, *([by_name] if by_name else [])):
        if set(needed.split()) <= seen and seen - meant.keys() <= {"d", "x", "u"}:
            return {v: meant[each] for v, each in folded.items() if each in meant}
    known = words.sex_words()
    return {
        v: known.get(each, "other")
        for v, each in folded.items()
        if v.lower() not in words.SEX_BUILT_IN
    }


def _period(text: str) -> str:
    folded = words.fold(text)
    found = (p for p, pattern in words.PERIODS.items() if pattern.search(folded))
    return next(found, "")


def is_birth(column: Column) -> bool:
    """Whether dates may be births: most long ago, and some much longer."""
    if not isinstance(column.middle, date):
        return False
    is_two_digits = any("%y" in form for form in column.forms)
    if is_two_digits:
        return True
    return column.middle.year <= date.today().year - 18 and (
        isinstance(column.low, date) and column.low.year < date.today().year - 25
    )


class _Table:
    """One table while it is guessed."""

    def __init__(self, folder: Folder, profile: Profile) -> None:
        self.con, self.profile = folder.con, profile
        self.guess = TableGuess(profile)
        self.by_column: dict[str, list[_Candidate]] = {}
        for column in profile.columns:
            found = candidates(column)
            why = "" if found and found[0].score >= 3 else words.never(column.name)
            why = why or _secret(self.con, profile, column)
            if why:
                self.guess.never[column.name] = why
            elif column.kind == "blank":
                self.guess.unused[column.name] = "it is empty"
                named = (words.by_word().get(n, ()) for n, _ in _names(column.name))
                if "ended_on" in {field for found in named for field, _ in found}:
                    self.guess.unused[column.name] += "; ended_on, once somebody leaves"
            else:
                self.by_column[column.name] = found
        self._add_by_values()
        self.person: Guess | None = None
        self.ends_on_last_day: bool | None = None

    def _add_by_values(self) -> None:
        """Let values alone tell of sex and birth where no header does."""
        named = {c.field for found in self.by_column.values() for c in found}
        for column in self._columns():
            if self.by_column[column.name]:
                continue
            both = {"female", "male"} <= {
                words.sex_words().get(words.compact(v)) for v, _ in column.values
            }
            if "sex" not in named and both and _sex_share(column) == 1:
                self._add("sex", column, "only values that are sexes")
            dates = [
                c.middle
                for c in self._columns()
                if isinstance(c.middle, date) and c is not column
            ]
            if (
                "born_on" not in named
                and isinstance(column.middle, date)
                and is_birth(column)
                and dates
                and all(column.middle.year + 15 < d.year for d in dates)
            ):
                self._add("born_on", column, "dates decades before the others")

    def _add(self, name: str, column: Column, why: str) -> None:
        self.by_column[column.name].append(_Candidate(name, column, 1.5, why, 99))

    def _columns(self) -> list[Column]:
        return [c for c in self.profile.columns if c.name in self.by_column]

    def _having(self, name: str, least: float = 0.0) -> list[_Candidate]:
        found = [
            c
            for each in self.by_column.values()
            for c in each
            if c.field == name and c.score >= least
        ]
        return sorted(found, key=lambda c: c.order)

    def _fields(self, least: float = 0.0) -> set[str]:
        return {
            c.field
            for each in self.by_column.values()
            for c in each
            if c.score >= least
        }

    # Who the rows are of

    def find_person(self, tables: Iterable["_Table"]) -> None:
        """Find the column that says of whom a row is."""
        found = self._fields(1.0)
        jobs = found & TELLS_JOBS
        tells = bool(found & TELLS_PEOPLE)
        for each in self._having("person_id"):
            column = each.column
            if self._is_of_rows(each) or self._bears_names(column):
                continue
            is_weak = each.score < 2.4
            is_key = any(column.name in key for key in self.profile.keys)
            many = column.blanks <= 0.05 * max(1, column.rows) + 1
            columns = {c.column.name for f in jobs for c in self._having(f, 1.0)}
            enough = tells or len(columns - {column.name}) > 1
            if many and (is_key and enough if is_weak else True):
                certainty = LIKELY if is_weak or each.score < 2.4 else SURE
                why = each.why + (", each once" if column.is_unique else "")
                self.person = Guess("person_id", column.name, certainty, why)
                return
        self._make_person(len(found & TELLS_PEOPLE - {"first_name"}))

    def _make_person(self, tells: int) -> None:
        """Where no column is a key, make one of names and what parts those alike."""
        names = self._names_of_people()
        days = [self._having(day, 2.0)[:1] for day in ("born_on", "started_on")]
        for day in [*filter(None, days), []] if names and tells else []:
            columns = [*names, *day]
            alike = self._alike([c.column for c in columns])
            if alike > 0.01 * self.profile.rows + len(day):
                continue
            made_of = [c.column.name for c in columns]
            why = "no column is a key: who changes their name is somebody new"
            self.person = Guess("person_id", "", LIKELY, why, {"generated": made_of})
            more = (
                f", and {alike} rows count for somebody of the same name"
                if alike
                else ""
            )
            self.guess.asks.append(
                "no column says who somebody is: ask for the export with the"
                f" employees' numbers; until then {' and '.join(made_of)} do{more}"
            )
            return
        if tells > 1 or (names and tells):
            self.guess.asks.append(
                "no column says who somebody is: add one to the file with a number for"
                " each person, and name it as person_id; or name columns that no two"
                " people share, as person_id: {generated: [.., ..]}"
            )

    def _names_of_people(self) -> list[_Candidate]:
        return [*self._having("first_name", 2.0)[:1], *self._having("last_name", 2)[:1]]

    def _is_of_rows(self, each: _Candidate) -> bool:
        """Whether a weak key numbers the rows of several periods."""
        periods = [c.column for c in self._having("exported", 2.0)]
        return (
            each.score < 2.4
            and each.column.is_unique
            and any(1 < c.distinct < 0.5 * c.rows for c in periods)
        )

    def _bears_names(self, column: Column) -> bool:
        """Whether most values of a column go with several people's names."""
        names = [c.column.at for c in self._names_of_people() if c.column is not column]
        if not names:
            return False
        listed = ", ".join(f"lower(trim(c{at}))" for at in names)
        row = self.con.execute(
            f"select count(distinct (c{column.at}, {listed}))"
            f" / count(distinct c{column.at}) from {self.profile.table}"
        ).fetchone()
        return bool(row and (row[0] or 0) > 1.5)

    def _alike(self, columns: list[Column]) -> int:
        """How many rows of one file and period have the same texts as another."""
        periods = [c.column for c in self._having("exported", 2.0)[:1]]
        listed = ", ".join(f"lower(trim(c{c.at}))" for c in (*columns, *periods))
        row = self.con.execute(
            f"select count(*) - count(distinct (file, {listed}))"
            f" from {self.profile.table}"
        ).fetchone()
        return int(row[0]) if row else 0

    def _key(self, person: Guess) -> str:
        """SQL of what tells people apart."""
        named = [person.column] if person.column else person.words["generated"]
        columns = (self.profile.column(name) for name in named)
        return f"({', '.join(f'lower(trim(c{c.at}))' for c in columns)})"

    def persons(self) -> tuple[str, int] | None:
        """The table in DuckDB and the place of the column of people."""
        if not self.person or not self.person.column:
            return None
        return self.profile.table, self.profile.column(self.person.column).at

    def _shares(self, column: Column, other: tuple[str, int]) -> float:
        """Which share of a column's values are in another."""
        table, at = other
        row = self.con.execute(
            f"select avg((v in (select lower(trim(c{at})) from {table}))::int) from"
            f" (select distinct lower(trim(c{column.at})) as v"
            f" from {self.profile.table} where trim(c{column.at}) != '')"
        ).fetchone()
        return float(row[0] or 0) if row else 0.0

    # Which shape

    def find_shape(self, tables: list["_Table"]) -> None:
        """Decide the shape, by what is repeated and how."""
        shape, why = self._shape(tables)
        self.guess.shape, self.guess.why = shape, why
        profile = self.profile
        if not self.person and (told := self._fields(2.0) & TELLS_PEOPLE):
            self.guess.asks.append(
                f"who is a row of? It tells of people ({', '.join(sorted(told))}), and"
                " no columns tell them apart: ask for their number, or nothing of this"
                " table counts"
            )
        if shape == "reference" or self.guess.exported:
            return
        if profile.file_form:
            self.guess.exported = {"file_name": profile.file_form}
        elif shape not in ("history", "events"):
            self.guess.asks.append(
                "which day does the file tell of? Without `exported` it is the day of"
                " loading"
            )

    def _shape(self, tables: list["_Table"]) -> tuple[str, str]:
        profile, person = self.profile, self.person
        if not person:
            return "reference", "no column says who somebody is"
        found = self._fields(1.4)
        if "leave_type" in found and "absent_from" in found:
            return "absences", "a row per absence"
        if self._having("event", 2.0) and self._having("effective_from", 1.5):
            return "events", "a row per action, hires among them"
        if self._having("line_amount", 2.0) and found & {"line_type", "paid_on"}:
            return "payments", "amounts by kind or day of pay"
        row = self.con.execute(
            f"select count(*) - count(distinct (file, {self._key(person)}))"
            f" from {profile.table}"
        ).fetchone()
        is_once = not row or row[0] <= (0.01 * profile.rows if person.words else 0)
        if not is_once:
            return self._repeated(person)
        others = [t for t in tables if t is not self and t.person]
        is_dated = self._having("effective_from", 2.4) and self._having(DATED[1], 2.4)
        is_stay = self._having("started_on", 2.9) and self._having("ended_on", 2.9)
        if is_dated and not is_stay:
            return "history", "each row says from when to when it holds"
        ended = self._having("ended_on", 1.5)
        if ended:
            column = ended[0].column
            if column.blanks == 0 and not column.sentinels and others:
                return "leavers", "everybody in it has left"
            if self._having("started_on", 1.5) and self._stays(person):
                return "list", "everybody once, with hires and exits"
        if len(profile.readings) > 1 and profile.file_form:
            return "snapshots", "one file per day, each with everybody once"
        if len(profile.readings) > 1:
            self.guess.asks.append(
                "the files' names have no date: say which day each tells of"
            )
        single = [c for c in self._having("exported", 2.9) if c.column.kind == "date"]
        if single and single[0].column.distinct == len(profile.readings):
            self._exported_by(single[0].column)
            return "snapshots", "one file per day, each with everybody once"
        return "snapshot", "one file, everybody once"

    def _stays(self, person: Guess) -> bool:
        """Whether whoever is in an earlier file is in the latest too."""
        profile = self.profile
        if len(profile.readings) < 2 or not person.column:
            return True
        at = profile.column(person.column).at
        last = len(profile.readings) - 1
        row = self.con.execute(
            f"select avg((v in (select c{at} from {profile.table} where file = {last}))"
            f"::int) from (select distinct c{at} as v from {profile.table}"
            f" where file < {last} and c{at} != '')"
        ).fetchone()
        return bool(row and (row[0] or 0) > 0.95)

    def _repeated(self, person: Guess) -> tuple[str, str]:
        key = self._key(person)

        def is_key_with(column: Column) -> bool:
            """Whether hardly anybody has two rows with one value of it."""
            row = self.con.execute(
                f"select count(distinct (file, {key}, c{column.at})) / count(*)"
                f" from {self.profile.table}"
            ).fetchone()
            return bool(row and row[0] > 0.98)

        periods = self._having("exported", 2.0)
        for each in sorted(periods, key=lambda c: c.column.distinct):
            if is_key_with(each.column) and each.column.name != person.column:
                self._exported_by(each.column)
                return "periods", f"a row per person and {each.column.name}"
        starts = self._having("effective_from", 1.5)
        starts = sorted(starts, key=lambda c: (not is_key_with(c.column), c.order))
        if starts:
            return "history", "people have several rows, each from a day on"
        hires = self._having("started_on", 2.0)
        if hires and is_key_with(hires[0].column):
            self.guess.asks.append(
                "people have several rows: are they employments, one after the other?"
            )
            return "list", "a row per employment"
        self.guess.asks.append(
            "people have several rows, and no column says from when each holds: look at"
            " the shape"
        )
        return "snapshot", "nothing better could be told"

    def _exported_by(self, column: Column) -> None:
        self.guess.exported = {"column": column.name}
        form = column.forms[0] if column.forms else _period_form(column)
        if form == "%Y":
            self.guess.asks.append(
                f"{column.name} is taken for 31 December of each year: if the year ends"
                " on another day, the file needs a column with that day"
            )
        if form != ISO:
            self.guess.exported["format"] = form
        self.by_column.pop(column.name, None)

    # What the columns are

    def fill(self, tables: list["_Table"], say: dict[str, str]) -> None:
        """Give each field the column that fits best, and every other column a place."""
        guess, person = self.guess, self.person
        allowed = ALLOWED.get(guess.shape, PEOPLE)
        taken: set[str] = set()
        if person:
            guess.fields["person_id"] = person
            taken.add(person.column)
        options = sorted(
            (
                c
                for each in self.by_column.values()
                for c in each
                if c.field in allowed
                and c.column.name not in taken
                and not self._is_unlikely(c)
            ),
            key=lambda c: (*self._preference(c, tables), c.order),
        )
        filled: dict[str, _Candidate] = {}
        for each in options:
            if each.field not in filled and each.column.name not in taken:
                filled[each.field] = each
                taken.add(each.column.name)
        for name in (*allowed,):
            if name in filled:
                self._make(filled[name], tables, say)
        self._complete(tables, say)
        self._place_rest(taken)
        self._find_totals()
        self._find_orders()

    def _is_unlikely(self, candidate: _Candidate) -> bool:
        """Whether a column has too many values for its field, or is of a home."""
        column, name = candidate.column, candidate.field
        most = 0.9 if name == "designation" else 0.6
        is_counted = self.guess.shape != "reference" and column.filled >= 50
        if is_counted and name in SHARED and column.distinct > most * column.filled:
            return True
        homes = words.HOMES & {words.compact(each) for each in self.guess.never}
        return name == "place" and candidate.score < 2.4 and bool(homes)

    def _preference(
        self, candidate: _Candidate, tables: list["_Table"]
    ) -> tuple[float, ...]:
        """Dates of rows before those of people; keys that other tables have too."""
        name, shape = candidate.field, self.guess.shape
        if shape in ("history", "events") and name in DATED:
            return (0.0 if candidate.score >= 1.5 else 1.0,)
        if shape == "reference" and name in ("department", "place", "designation"):
            shared = max(
                (
                    self._shares(candidate.column, (t.profile.table, c.column.at))
                    for t in tables
                    if t is not self and t.person
                    for c in t._having(name)
                ),
                default=0.0,
            )
            is_named = candidate.score >= 2 or shared > 0.5
            return (0.5 - shared / 2 if is_named else 1.5,)
        if name == "department" and self.person:
            keys = [
                (t.profile.table, c.column.at)
                for t in tables
                if not t.person
                for c in t._having("department")
                if c.column.is_unique
            ]
            shared = max((self._shares(candidate.column, k) for k in keys), default=0.0)
            return (0.9 if shared > 0.9 else 1.0,)
        return (1.0,)

    def _make(
        self, each: _Candidate, tables: list["_Table"], say: dict[str, str]
    ) -> None:
        column, name = each.column, each.field
        certainty = SURE if each.score >= 2.8 else LIKELY
        made = Guess(name, column.name, certainty, each.why)
        if column.kind == "date" and name != "person_id":
            self._date(made, column)
        if name == "sex":
            if known := _sexes(column):
                made.words["values"] = known
                if "1" in known:
                    made.certainty = LIKELY
        elif name in ("is_employed", "has_left"):
            self._employed(made, column, is_left=name == "has_left")
            return
        elif name == "event":
            made.words["values"] = {v: _event(v) for v, _ in column.values}
        elif name == "exit_kind":
            made.words["values"] = _exit_kinds(column)
            if "other" in made.words["values"].values():
                made.certainty = LIKELY
        elif name == "education_level" and column.kind == "number":
            made.certainty, made.why = LIKELY, "its name, and codes"
            self.guess.asks.append(
                f"which levels are the codes of {column.name}? Each needs a row in"
                " seeds/education_levels.csv"
            )
        elif name == "manager_id":
            keys = [k for t in tables if (k := t.persons())]
            share = max((self._shares(column, k) for k in keys), default=0.0)
            if share < 0.6:
                is_name = column.letters > 0.9 and column.words > 1.3
                why = "names of managers, which no key leads to"
                place = self.guess.never if is_name else self.guess.unused
                place[column.name] = why if is_name else "its values are no employees'"
                return
            made.why += f", {share:.0%} of its values are people's"
        elif name == "pay_rate":
            self._pay(made, column, say)
            return
        elif name == "pay_period":
            if "pay_period" in {*self.guess.fields, *self.guess.held}:
                self.guess.unused[column.name] = "the name of the pay's column says it"
                return
            values = {v: _period(v) for v, _ in column.values}
            made.words["values"] = {v: each for v, each in values.items() if each}
            others = [v for v, each in values.items() if not each]
            if others:
                made.certainty = LIKELY
                self.guess.asks.append(
                    f"{', '.join(others)} of {column.name} is no year, month or hour:"
                    " pay of these rows is left out"
                )
        elif name == "fte":
            self._fte(column)
            return
        elif name in ("line_amount", "line_hours") and column.currency:
            made.words["bareNumber"] = False
        elif name == "company" and self.guess.shape == "reference":
            made.field = name = (
                "place_company" if "place" in self.guess.fields else name
            )
            if name == "company" and "department" not in self.guess.fields:
                return
        elif name == "country" and "place" not in self.guess.fields:
            self.guess.unused[column.name] = "a country alone; places have one"
            return
        self.guess.fields[name] = made

    def _date(self, made: Guess, column: Column) -> None:
        if column.forms and column.forms != (ISO,):
            forms = list(column.forms)
            made.words["format"] = forms[0] if len(forms) == 1 else forms
        if column.is_open:
            made.certainty = LIKELY
            self.guess.asks.append(
                f"is {column.name} day first or month first? No value tells; it is"
                f" taken as {column.forms[0]}"
            )
        if column.is_mixed:
            self.guess.asks.append(
                f"{column.name} has dates day first and others month first: ask for one"
                " form"
            )
        if column.sentinels and made.field not in ("effective_from", "effective_to"):
            made.words["missingValues"] = ["", *column.missing, *column.sentinels]

    def _employed(self, made: Guess, column: Column, *, is_left: bool) -> None:
        if "is_employed" in self.guess.fields:
            self.guess.unused[column.name] = "another column says who is employed"
            return

        def is_here(value: str) -> bool:
            folded = words.fold(value)
            if is_left:
                return folded in ("0", "no", "n", "fals", "false", "nein", "non", "nee")
            return not words.GONE.search(folded)

        made.field = "is_employed"
        made.words["values"] = {v: str(is_here(v)).lower() for v, _ in column.values}
        if (
            len(set(made.words["values"].values())) < 2
            and self.guess.shape == "periods"
        ):
            made.certainty = LIKELY
        self.guess.fields["is_employed"] = made
        kinds = {
            v: _exit_kind(v) or "other" for v, _ in column.values if not is_here(v)
        }
        if {"voluntary", "involuntary"} & {*kinds.values()} and not (
            is_left or self._having("exit_kind", 1.0)
        ):
            here = [v for v, _ in column.values if v not in kinds]
            self.guess.fields["exit_kind"] = Guess(
                "exit_kind",
                column.name,
                LIKELY,
                "it says how, too",
                {"values": kinds, "missingValues": ["", *here]},
            )

    def _pay(self, made: Guess, column: Column, say: dict[str, str]) -> None:
        by_name = _period(column.name)
        has_column = not by_name and bool(self._having("pay_period", 2.0))
        low, middle = float(column.low or 0), float(column.middle or 0)  # type: ignore[arg-type]
        by_amount = (
            "year" if middle >= 15_000 else "month" if 500 <= middle < 12_000 else ""
        )
        by_amount = "hour" if 5 <= middle < 200 else by_amount
        if not has_column and middle >= 500 and 0 < low < 200:
            self.guess.unused[column.name] = "pay of a year, a month or an hour?"
            self.guess.asks.append(
                f"{column.name} has amounts of hours among those of months or years:"
                " which column tells them apart? Name it as pay_period"
            )
            return
        if column.currency:
            made.words["bareNumber"] = False
        has_currency = bool(self._having("pay_currency", 2.0))
        currency = column.currency or currency_of(column.name)
        currency = currency if currency in currencies() else ""
        if not has_currency and currency:
            self.guess.fields["pay_currency"] = Guess(
                "pay_currency", "", SURE, "its sign", {"constant": currency}
            )
        if not has_column:
            period = by_name or by_amount
            a = "an" if period == "hour" else "a"
            why = "its name" if by_name else "the amounts"
            self.guess.held["pay_period"] = Guess(
                "pay_period", "", SURE if by_name else LIKELY, why, {"constant": period}
            )
            if not by_name:
                self.guess.asks.append(
                    f"is {column.name} of a year, a month or an hour?"
                    + (f" By the amounts, of {a} {period}" if period else "")
                )
            if not period:
                self.guess.unused[column.name] = "pay of a year, a month or an hour?"
                self.guess.held.pop("pay_period")
                return
        if words.FULL_TIME.search(words.fold(column.name)):
            self.guess.held["is_full_time"] = Guess(
                "is_full_time", "", SURE, "its name", {"constant": "true"}
            )
        if not has_currency and not currency and "currency" not in say:
            self.guess.held["pay_rate"] = made
            self.guess.unused[column.name] = "pay_rate, as soon as say.currency is said"
            self.guess.asks.append(f"in which currency is {column.name}?")
            return
        self.guess.fields["pay_rate"] = made
        for name in ("pay_period", "is_full_time"):
            if name in self.guess.held:
                self.guess.fields[name] = self.guess.held.pop(name)

    def _fte(self, column: Column) -> None:
        hours = ", ".join(f"'{value}': '<hours>'" for value, _ in column.values[:2])
        self.guess.unused[column.name] = (
            "a share of full time: hours are needed. Map it by"
            f" weekly_hours: {{from: {column.name}, values: {{{hours}, ...}}}}"
        )
        if "weekly_hours" not in self.guess.fields:
            self.guess.asks.append(
                f"{column.name} is a share of full time; how many hours are that?"
            )

    def _complete(self, tables: list["_Table"], say: dict[str, str]) -> None:
        """Take out what cannot stand alone, and say what follows of the rest."""
        guess, fields = self.guess, self.guess.fields
        if guess.shape == "absences":
            guess.shape = "snapshot"
            guess.words["gives_employment"] = False
        for lone, needed in (
            ("pay_currency", "pay_rate"),
            ("pay_period", "pay_rate"),
            ("country", "place"),
            ("line_hours", "line_amount"),
            ("place_company", "place"),
        ):
            if lone in fields and needed not in fields:
                gone = fields.pop(lone)
                guess.held.setdefault(lone, gone)
                if gone.column:
                    guess.unused[gone.column] = f"{lone}, where there is {needed}"
        if "line_amount" in fields and "line_currency" not in fields:
            sign = self.profile.column(fields["line_amount"].column).currency
            if sign in currencies():
                fields["line_currency"] = Guess(
                    "line_currency", "", SURE, "its sign", {"constant": sign}
                )
            elif "currency" not in say:
                held = fields.pop("line_amount")
                guess.held["line_amount"] = held
                guess.unused[held.column] = (
                    "line_amount, as soon as say.currency is said"
                )
                guess.asks.append(f"in which currency is {held.column}?")
        if guess.shape == "list" and "started_on" not in fields:
            guess.shape = "snapshot"
        if guess.shape == "reference" and not fields:
            guess.asks.append(
                "nothing is known of this table: delete it, or name fields"
            )
        if self.guess.fields.keys() >= set(DATED):
            self.ends_on_last_day = self._last_days()

    def _last_days(self) -> bool | None:
        """Whether rows end on their last day, by where the next one begins."""
        start, end = (self.guess.fields[n] for n in DATED)
        person = self.person
        if not person or not person.column:
            return None
        at = {
            n: self.profile.column(c).at
            for n, c in (("p", person.column), ("f", start.column), ("t", end.column))
        }

        def parsed(n: str, each: Guess) -> str:
            form = each.words.get("format", ISO)
            forms = [form] if isinstance(form, str) else form
            tries = ", ".join(f"try_strptime(trim(c{at[n]}), '{f}')" for f in forms)
            return f"coalesce({tries})::date"

        row = self.con.execute(
            "select count(*) filter (n = t), count(*) filter (n = t + 1) from ("
            "select t, lead(f) over (partition by p order by f) as n from ("
            f"select c{at['p']} as p, {parsed('f', start)} as f,"
            f" {parsed('t', end)} as t from {self.profile.table}) where f is not null)"
        ).fetchone()
        same, after = row or (0, 0)
        if not same and not after:
            return None
        is_last = after > same
        end.why += f", next rows begin {'a day later' if is_last else 'on that day'}"
        return bool(is_last)

    def _place_rest(self, taken: set[str]) -> None:
        guess = self.guess
        named = {g.column for g in guess.fields.values()}
        named |= {
            c for g in guess.fields.values() for c in g.words.get("generated", ())
        }
        named |= {guess.exported.get("column", "")}
        for column in self.profile.columns:
            name = column.name
            if name in named or name in guess.unused or name in guess.never:
                continue
            found = self.by_column.get(name, [])
            allowed = ALLOWED.get(guess.shape, PEOPLE)
            perhaps = next((c.field for c in found if c.field in allowed), "")
            if perhaps in guess.fields:
                guess.unused[name] = f"{guess.fields[perhaps].column} is taken for it"
            else:
                guess.unused[name] = f"perhaps {perhaps}" if perhaps else "not known"

    def _find_totals(self) -> None:
        """Rows that add others up, or are posts without anybody."""
        for name, values in self.profile.totals.items():
            if name not in self.guess.never:
                self.guess.refuse[name] = values
                self.guess.unused.pop(name, None)

    def _find_orders(self) -> None:
        """The table's form of dates: that of most fields; the others keep theirs."""
        forms = [
            g.words["format"] for g in self.guess.fields.values() if "format" in g.words
        ]
        plain = [
            g
            for g in self.guess.fields.values()
            if g.column
            and "format" not in g.words
            and self.profile.column(g.column).kind == "date"
        ]
        single = [f for f in forms if isinstance(f, str)]
        if not single:
            return
        most = max(dict.fromkeys(single), key=single.count)
        self.guess.words["dateFormat"] = most
        for each in self.guess.fields.values():
            if each.words.get("format") == most:
                del each.words["format"]
        for each in plain:
            each.words["format"] = ISO


def _event(value: str) -> str:
    folded = words.fold(value)
    if words.EXIT.search(folded):
        return "exit"
    return "hire" if words.HIRE.search(folded) else "change"


def _exit_kinds(column: Column) -> dict[str, str | None]:
    """Whose decision each value is, or nothing, of those who are there."""
    return {v: _exit_kind(v) for v, _ in column.values}


def _exit_kind(value: str) -> str | None:
    folded = words.fold(value)
    if words.NO_REASON.search(folded):
        return None
    if words.INVOLUNTARY.search(folded):
        return "involuntary"
    return "voluntary" if words.VOLUNTARY.search(folded) else "other"


_SECRET = {
    r"[^@\s]+@[^@\s]+\.[a-z]{2,}": "its values are addresses of e-mail",
    r"[A-Z]{2}\d{2}[ ]?([A-Z0-9]{4}[ ]?){3,7}[A-Z0-9]{0,4}": "its values are IBANs",
    r"\d{3}-\d{2}-\d{4}": "its values look like numbers of social security",
    r"https?://.*": "its values are links",
}


def _secret(con: duckdb.DuckDBPyConnection, profile: Profile, column: Column) -> str:
    """Why values of a column are better not loaded, by what they look like."""
    if not column.filled or column.kind in ("date", "number"):
        return ""
    tests = ", ".join(
        f"avg(regexp_full_match(trim(c{column.at}), '{p}', 'i')::int)" for p in _SECRET
    )
    row = con.execute(
        f"select {tests} from {profile.table} where trim(c{column.at}) != ''"
    ).fetchone()
    for why, share in zip(_SECRET.values(), row or (), strict=False):
        if share and share > 0.8:
            return why
    return ""


def _settle_last_days(tables: list[_Table]) -> None:
    """Let a table in which no row follows another end as those of its header do."""
    dated = [t for t in tables if t.persons() and t.guess.fields.keys() >= set(DATED)]
    told = [(t.guess.fields[DATED[1]], t.ends_on_last_day, t.guess) for t in dated]
    for end, is_last, guess in told:
        alike = {last for e, last, _ in told if e.column == end.column} - {None}
        if is_last is None and len(alike) == 1:
            is_last = alike.pop()
            end.why += ", as in another table"
        elif is_last is None:
            guess.asks.append(
                f"is {end.column} the last day on which a row holds, or the first on"
                " which it does no more? Taken as the latter"
            )
        if is_last:
            end.words["is_last_day"] = True


def _settle_employment(made: list[_Table]) -> None:
    """Where nothing tells of exits, let a history that ends for some people do."""
    guesses = [t.guess for t in made]
    tells = {"ended_on", "is_employed", "event"}
    people = [t for t in made if t.person and t.guess.shape != "reference"]
    has_exits = any(set(g.fields) & tells for g in guesses) or any(
        g.shape in ("snapshots", "periods", "leavers", "payments") for g in guesses
    )
    histories = [t for t in people if t.guess.shape == "history"]
    if has_exits or not histories or len(people) == 1:
        return

    def order(table: _Table) -> tuple[bool, bool]:
        fields = table.guess.fields
        return ("exit_reason" not in fields, "department" not in fields)

    ending = [t for t in histories if "effective_to" in t.guess.fields]
    if not ending:
        return
    chosen = min(ending, key=order)
    for each in histories:
        each.guess.words["gives_employment"] = each is chosen
    chosen.guess.asks.append(
        f"nothing says who left; the last rows of {chosen.profile.name} that end are"
        " taken for exits"
    )
    for each in people:
        shape = each.guess.shape
        if shape in ("snapshot", "list"):
            each.guess.words["gives_employment"] = False
