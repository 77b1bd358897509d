"""A proposed mapping as a person likes to read it, and the screen that tells of it."""

import csv
import io
import re
import shutil
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import yaml
from rich.console import Console
from rich.table import Table
from rich.text import Text

import environment
from environment.errors import ConfigurationError, MusterError
from ingestion.hr_tables import mapping as mappings
from operations.build.inside.company import VARIABLES, variables
from operations.onboard.guess import COSTS, SURE, Guess, TableGuess, guess
from operations.onboard.profile import Folder, Profile, look_at
from operations.onboard.reading import counted

DEMO = environment.PROJECT / "demo" / "company"

SAY = {
    "company": ("Acme GmbH", "what is told by company, where no column says it"),
    "country": (
        "DE",
        "region, holidays, full-time hours, of places that no column puts elsewhere",
    ),
    "time_zone": ("Europe/Berlin", "a day at most, about midnight"),
    "currency": (
        "EUR",
        "all pay without a currency of its own: pay gap, workforce cost",
    ),
    "exit_day": (
        "worked",
        "one day: worked = exit dates are last days of work, gone = the first without",
    ),
    "known_until": (
        "last_export",
        "the last months: figures end at the last export, today, or a day",
    ),
}
"""What no file can tell: an example, and what it costs where it is wrong."""

DEFAULTS = {"exit_day": "worked", "known_until": "last_export"}

MEANT_ALIKE = {"pay_line_types": "description", "exit_reasons": ""}
"""Seeds whose rows mean the same everywhere, but for those with a value in a column."""

REPORTING = "reporting_currency"
"""The variable that says what currency cost is reported in."""

FULL_TIME = "full_time_hours"
"""The seed that says how long full time is."""

WIDTH = 50
"""Where comments begin that stand behind what they are of."""


def onboard(
    name: str,
    place: Path,
    console: Console,
    *,
    company: Path | None = None,
    say: Sequence[str] = (),
    force: bool = False,
) -> Path:
    """Look at files, and write the mapping that they seem to need.

    Args:
        name: Of the source, and of the mapping.
        place: A folder of files, or a file.
        console: Where to tell what was found.
        company: The company's folder; else `MUSTER_COMPANY` names it.
        say: What a person knows: `currency=EUR` and the like.
        force: Whether a mapping of the name may be written over.

    Raises:
        MusterError: The files cannot be used, or the mapping cannot be written.
    """
    if not mappings.NAME.fullmatch(name) or name in mappings.BUILT_IN:
        raise MusterError(
            f"{name!r} cannot be a source's name: take lower-case letters, digits and"
            f" underscores, and none of {', '.join(mappings.BUILT_IN)}.",
            2,
        )
    said = _said(say)
    target = company_folder(company) / mappings.FOLDER / f"{name}{mappings.SUFFIX}"
    if target.exists() and not force:
        raise MusterError(
            f"{environment.shown(target)} is there already: take another name, or"
            " --force to write it anew.",
            2,
        )
    folder = look_at(place)
    guesses = guess(folder, said)
    text = written(guesses, said)
    try:
        mappings.parse(text, target)
    except ConfigurationError as error:
        if not any(g.fields for g in guesses):
            raise MusterError(
                f"Nothing in {place} is like a table of an HR system: is it the right"
                " folder?",
                2,
            ) from None
        console.print(Text(f"The mapping has to be completed: {error}"), soft_wrap=True)
    make_company(company)
    _say_reporting_currency(target, _currency(guesses, said))
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text, encoding="utf-8")
    show(folder, guesses, said, target, name, console, place)
    return target


def _said(given: Iterable[str]) -> dict[str, str]:
    said = {}
    for each in given:
        key, equals, value = each.partition("=")
        if not equals or key not in SAY:
            raise MusterError(
                f"--say {each}: say one of {', '.join(SAY)}, such as currency=EUR.", 2
            )
        said[key] = value
    return said


def company_folder(given: Path | None = None) -> Path:
    """The company's folder, which may be anything but the demo company's.

    Raises:
        MusterError: None is named.
    """
    folder = (given or environment.company()).expanduser().resolve()
    if folder == DEMO.resolve():
        raise MusterError(
            "Mappings belong in a folder of your company's: set MUSTER_COMPANY to one,"
            " or say --company FOLDER, which makes it.",
            2,
        )
    return folder


def make_company(given: Path | None = None) -> None:
    """Make the folder with the seeds that a company fills.

    They have headers alone, but for words that mean the same in every company: without
    the types of pay lines there would be no pay.
    """
    folder = company_folder(given)
    seeds = folder / "seeds"
    if seeds.exists():
        return
    seeds.mkdir(parents=True)
    for each in sorted((DEMO / "seeds").glob("*")):
        if each.suffix == ".csv":
            (seeds / each.name).write_text(_seed(each), encoding="utf-8")
        elif each.is_file():
            shutil.copy(each, seeds)


def _currency(guesses: Sequence[TableGuess], said: dict[str, str]) -> str:
    """What the company pays in: as said, or the one that all pay is in; or empty."""
    found = {
        code.strip().upper()
        for table in guesses
        for field in ("pay_currency", "line_currency")
        if (told := table.fields.get(field))
        for code in (
            [told.words["constant"]]
            if "constant" in told.words
            else [
                value
                for column in table.profile.columns
                if column.name == told.column
                for value, _ in column.values
            ]
        )
    }
    given = said.get("currency") or (found.pop() if len(found) == 1 else "")
    return given if given in mappings.currencies() else ""


def _say_reporting_currency(target: Path, currency: str) -> None:
    """Report in the currency of a new company's pay, if the project's is another."""
    folder = target.parent.parent
    others = {*target.parent.glob(f"*{mappings.SUFFIX}")} - {target}
    if not currency or others or (folder / VARIABLES).exists():
        return
    if currency != _reporting_currency(folder):
        text = f"vars:\n  {REPORTING}: {currency}\n"
        (folder / VARIABLES).write_text(text, encoding="utf-8")


def _reporting_currency(folder: Path) -> str:
    """What cost is reported in: by the company's variables, or else the project's."""
    project = yaml.safe_load((environment.PROJECT / "dbt_project.yml").read_text())
    given = project["vars"] | variables(folder)
    return str(given[REPORTING])


def _seed(path: Path) -> str:
    """A seed's header, and those rows that every company begins with."""
    with path.open(encoding="utf-8", newline="") as source:
        rows = list(csv.reader(source))
    header, kept = rows[0], []
    if path.stem in MEANT_ALIKE:
        own = MEANT_ALIKE[path.stem]
        kept = [row for row in rows[1:] if not own or not row[header.index(own)]]
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([header, *kept])
    return text.getvalue()


# The mapping's text


def written(guesses: Sequence[TableGuess], said: dict[str, str]) -> str:
    """The text of a mapping."""
    lines = [
        "# Proposed by muster onboard; read it, and put right what is wrong.",
        "# Behind a field stands how sure it is, and why.",
        "version: 1",
        "say:  # what no file can tell; behind each, what it costs where it is wrong",
    ]
    for key, (example, costs) in SAY.items():
        if key in said:
            lines.append(_beside(f"  {key}: {scalar(said[key])}", costs))
        elif key in DEFAULTS:
            lines.append(_beside(f"  {key}: {DEFAULTS[key]}", costs))
        else:
            lines.append(_beside(f"  # {key}: {example}", f"? {costs}"))
    lines.append("tables:")
    for each in guesses:
        lines += _table(each)
    return "\n".join(lines) + "\n"


def _beside(text: str, comment: str) -> str:
    comment = " ".join(comment.split())
    return f"{text:<{WIDTH}}  # {comment}" if comment else text


def _table(guess_: TableGuess) -> Iterator[str]:
    profile, first = guess_.profile, guess_.profile.first
    yield f"  {profile.name}:"
    for note in [*profile.notes, *(f"? {ask}" for ask in guess_.asks)]:
        yield f"    # {' '.join(note.split())}"
    rows = f"{counted(len(profile.readings), 'file')}, {counted(profile.rows, 'row')}"
    yield _beside(f"    files: {quoted(profile.pattern)}", rows)
    if first.format == "jsonl":
        yield "    format: jsonl"
    if first.sheet:
        yield f"    sheet: {quoted(first.sheet)}"
    if first.format in ("csv", "workbook") and first.header_rows != (1,):
        yield f"    headerRows: {_flow(first.header_rows)}"
    if first.format == "csv" and first.delimiter != ",":
        yield f"    delimiter: {quoted(first.delimiter)}"
    if first.format == "csv" and not first.encoding.startswith("utf-8"):
        yield f"    encoding: {first.encoding}"
    yield _beside(f"    shape: {guess_.shape}", guess_.why)
    if guess_.exported:
        yield f"    exported: {_flow(guess_.exported)}"
    elif guess_.shape not in ("history", "events", "reference"):
        day = _last_day(profile)
        yield _beside(f"    # exported: {{date: {day}}}", "? the day that it tells of")
    if guess_.shape == "snapshots":
        yield _beside(
            "    absent: exit",
            "? who is in a later file no more has left; else unknown",
        )
    if "gives_employment" in guess_.words:
        truth = str(guess_.words["gives_employment"]).lower()
        yield _beside(
            f"    gives_employment: {truth}", "whether its rows are employment"
        )
    odd = _odd_missing(profile)
    if odd:
        yield f"    missingValues: {_flow([*mappings.MISSING, *odd])}"
    if profile.decimal != ".":
        yield f"    decimalChar: {quoted(profile.decimal)}"
    if profile.group and profile.group != profile.decimal:
        yield f"    groupChar: {quoted(profile.group)}"
    if "dateFormat" in guess_.words:
        yield f"    dateFormat: {_flow(guess_.words['dateFormat'])}"
    yield "    fields:" if guess_.fields else "    fields: {}"
    for name, each in guess_.fields.items():
        yield from _field(name, each, profile)
    for name, each in guess_.held.items():
        for line in _field(name, each, profile):
            yield f"      # {line.lstrip()}"
    if guess_.refuse:
        yield "    refuse:  # rows that are nobody"
        for column, values in guess_.refuse.items():
            yield f"      - {{column: {_inline(column)}, values: {_flow(values)}}}"
    for word, columns in (("unused", guess_.unused), ("never", guess_.never)):
        if columns:
            loaded = (
                "loaded, nothing is made of it" if word == "unused" else "not loaded"
            )
            yield f"    {word}:  # {loaded}"
            for column, why in columns.items():
                if column not in guess_.refuse:
                    yield _beside(f"      - {scalar(column)}", why)


def _field(name: str, each: Guess, profile: Profile) -> Iterator[str]:
    more = dict(each.words)
    comment = f"{each.certainty}: {each.why}"
    values = more.get("values", {})
    if not more:
        yield _beside(f"      {name}: {scalar(each.column)}", comment)
        return
    told = {"from": each.column, **more} if each.column else more
    flow = f"      {name}: {_flow(told)}"
    if len(flow) <= 88:
        yield _beside(flow, comment)
        return
    yield _beside(f"      {name}:", comment)
    for key, value in told.items():
        if key == "values":
            yield "        values:"
            for old, new in values.items():
                yield f"          {scalar(str(old))}: {scalar(str(new))}"
        else:
            yield f"        {key}: {_flow(value)}"


def _odd_missing(profile: Profile) -> list[str]:
    """Texts in few-valued or dated columns that mean nothing."""
    from ingestion.hr_tables.words import NO_VALUE

    seen = {v for c in profile.columns for v, _ in c.values if v.lower() in NO_VALUE}
    return sorted({v.lower() for v in seen})


def _last_day(profile: Profile) -> date:
    days = [
        c.high
        for c in profile.columns
        if isinstance(c.high, date) and c.high <= date.today()
    ]
    return max(days, default=date.today())


_PLAIN = re.compile(r"[^\W\d_][\w./()%€$ +-]*(?<![ ])")
_WORDS = {"true", "false", "yes", "no", "on", "off", "null", "y", "n", "~", "none"}


def scalar(text: str) -> str:
    """A text as YAML writes it, without quotes where it can."""
    is_plain = (
        _PLAIN.fullmatch(text) and text.lower() not in _WORDS and " #" not in text
    )
    return text if is_plain else quoted(text)


def quoted(text: str) -> str:
    """A text in double quotes."""
    text = text.replace("\\", "\\\\").replace('"', '\\"').replace("\t", "\\t")
    return f'"{text}"'


def _inline(text: str) -> str:
    return quoted(text) if re.search(r"[,\[\]{}]", text) else scalar(text)


def _flow(value: Any) -> str:
    if isinstance(value, dict):
        return (
            "{"
            + ", ".join(f"{_inline(str(k))}: {_flow(v)}" for k, v in value.items())
            + "}"
        )
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_flow(each) for each in value) + "]"
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int) else _inline(str(value))


# The screen


def show(
    folder: Folder,
    guesses: Sequence[TableGuess],
    said: dict[str, str],
    target: Path,
    name: str,
    console: Console,
    place: Path,
) -> None:
    """Tell what was found, what is open, and what to do next."""
    table = Table("table", "shape", box=None, header_style="bold", pad_edge=False)
    for title in ("files", "rows", "fields", "not sure", "unused", "never"):
        table.add_column(title, justify="right")
    for each in guesses:
        unsure = sum(g.certainty != SURE for g in each.fields.values())
        table.add_row(
            each.profile.name,
            each.shape,
            f"{len(each.profile.readings):,}",
            f"{each.profile.rows:,}",
            f"{len(each.fields):,}",
            f"{unsure:,}",
            f"{len(each.unused):,}",
            f"{len(each.never):,}",
        )
    console.print(table)
    for path, why in folder.refused:
        console.print(Text(f"{path.name} was left out: {why}"), soft_wrap=True)
    console.print("To be answered in the mapping:")
    told = _told_by_columns(guesses)
    open_ = [
        f"say.{key}: {costs}"
        for key, (_, costs) in SAY.items()
        if key not in said and key not in DEFAULTS and key not in told
    ]
    if not any("person_id" in g.fields for g in guesses):
        open_.append("no table says who somebody is: name person_id")
    asked = [f"{g.profile.name}: {ask}" for g in guesses for ask in g.asks]
    hours = target.parent.parent / "seeds" / f"{FULL_TIME}.csv"
    if hours.exists() and len(hours.read_text(encoding="utf-8").splitlines()) < 2:
        asked.append(
            f"{environment.shown(hours)}: a row for each country with the weekly hours"
            " of full time there (DE,40); else everybody is 1 FTE, and no pay is per"
            " hour"
        )
    paid, reported = _currency(guesses, said), _reporting_currency(target.parent.parent)
    if paid and paid != reported:
        asked.append(
            f"{environment.shown(target.parent.parent / VARIABLES)}: {REPORTING} is"
            f" {reported}, and pay is in {paid}: say {REPORTING}: {paid} below vars:,"
            " or load exchange rates; else workforce cost is null"
        )
    for line in [*open_, *asked]:
        console.print(Text(f"  {line}"), soft_wrap=True)
    lacking = _lacking(guesses)
    if lacking:
        console.print(Text(f"No column for: {lacking}"), soft_wrap=True)
    console.print(Text(f"Written: {environment.shown(target)}"), soft_wrap=True)
    home = target.parent.parent
    where = "" if home == environment.company() else f" --company {home}"
    console.print(Text(f"Next: muster check {name} {place}{where}"), soft_wrap=True)


def _told_by_columns(guesses: Sequence[TableGuess]) -> set[str]:
    """What need not be said, as every table that it is asked for has a column of it."""
    pay = {"pay_rate": "pay_currency", "line_amount": "line_currency"}
    lacks = [
        amount
        for g in guesses
        for amount, unit in pay.items()
        if amount in {*g.fields, *g.held} and unit not in g.fields
    ]
    has = {f for g in guesses for f in g.fields}
    return set() if lacks or not has & set(pay.values()) else {"currency"}


def _lacking(guesses: Sequence[TableGuess]) -> str:
    """Fields that figures need and no table has, with the figures."""
    have = {f for g in guesses for f in (*g.fields, *g.held)}
    wanted = ("started_on", "ended_on", "sex", "born_on", "department", "weekly_hours")
    lacks = [f for f in (*wanted, "pay_rate") if f not in have]
    tells = have & {"is_employed", "event"} or any(
        g.words.get("gives_employment") or g.shape in ("snapshots", "payments")
        for g in guesses
    )
    if tells and "ended_on" in lacks:
        lacks.remove("ended_on")
    # Who has rows of days that are employment begins on the first of them.
    begins = any(
        g.shape in ("history", "events") and g.words.get("gives_employment", True)
        for g in guesses
    )
    if begins and "started_on" in lacks:
        lacks.remove("started_on")
    return "; ".join(f"{f} ({COSTS[f]})" if COSTS.get(f) else f for f in lacks)
