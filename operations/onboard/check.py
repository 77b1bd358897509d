"""All that is wrong with delivered files, told before anything is loaded.

The files are read into a database in memory as they would be into raw, the contract's
tables are made of that by the mapping, and each kind of finding is looked for. Values
are shown to whoever runs this, cut short, but those of names and keys; none is kept.
"""

import csv
import hashlib
import json
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table as Screen
from rich.text import Text

import environment
from environment.errors import MusterError
from environment.sql import literal, quote
from ingestion.clock import now
from ingestion.hr_tables import compiled, contract, words
from ingestion.hr_tables import mapping as mappings
from ingestion.hr_tables.files import of_table
from ingestion.hr_tables.mapping import (
    Mapping,
    Table,
    currencies,
    did_you_mean,
    raw_column,
)
from ingestion.readers import FileFaultError
from operations.onboard import reading
from operations.onboard.findings import BY_NAME, KINDS, SUPPORT, Kind
from operations.onboard.profile import OTHER_ORDER, file_name
from operations.onboard.reading import Reading, Wanted, counted

SHOWN = 5
"""How many findings of a kind the screen has; --json has all of them."""

LONGEST_VALUE = 40

HIDDEN = {
    "first_name",
    "last_name",
    "person_id",
    "employee_number",
    "employment_id",
    "manager_id",
}
"""Fields whose values are not shown: the row is enough."""

DAMAGE = r"Ã[\x{80}-\x{BF}]|â€|Â[\x{A0}-\x{BF}]|\x{FFFD}"
TOTALS = (*words.TOTALS, *words.VACANT)
TOTAL = rf"(?:{'|'.join(TOTALS)})[:= ]*[0-9.,' ]*"
SUSPECT = rf"(?:^|\x01) *{TOTAL}(?:\x01|$)|{DAMAGE}"
"""What one look for totals and damage finds in a row, its cells parted by \x01."""


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong, and where.

    Attributes:
        kind: Which.
        file: The file's name; empty where it is of no one file.
        row: The line in it, from 1; 0 where it is of no one row.
        column: As delivered, or the field where there is no column.
        value: What stands there, cut short; empty where it is not shown.
        detail: What else there is to know.
    """

    kind: Kind
    file: str = ""
    row: int = 0
    column: str = ""
    value: str = ""
    detail: str = ""

    def as_dict(self) -> dict[str, Any]:
        """As JSON has it."""
        return {
            "kind": self.kind.name,
            "blocks": self.kind.blocks,
            "file": self.file,
            "row": self.row or None,
            "column": self.column,
            "value": self.value,
            "detail": self.detail,
            "costs": self.kind.costs,
            "remedy": self.kind.remedy,
        }


def check(
    name: str,
    place: Path | None,
    console: Console,
    *,
    env: str = "dev",
    company: Path | None = None,
    is_json: bool = False,
) -> int:
    """Check a mapping's files, and tell what is wrong.

    Returns:
        1 where something blocks, else 0.

    Raises:
        MusterError: There is no such mapping, or it is wrong, or there are no files.
    """
    folder = (company or environment.company()).expanduser().resolve()
    path = folder / mappings.FOLDER / f"{name}{mappings.SUFFIX}"
    if not path.is_file():
        raise MusterError(
            f"There is no mapping {environment.shown(path)}: muster onboard {name}"
            " FOLDER proposes one.",
            2,
        )
    mapping = mappings.read(path)
    inbox = place or environment.find(env).folder / "inbox" / name
    findings = found(mapping, inbox)
    if is_json:
        told = {
            "mapping": name,
            "blocks": any(f.kind.blocks for f in findings),
            "counts": dict(Counter(f.kind.name for f in findings)),
            "findings": [f.as_dict() for f in findings],
        }
        console.file.write(json.dumps(told, ensure_ascii=False, indent=2) + "\n")
    else:
        show(findings, console)
        if not any(f.kind.blocks for f in findings):
            console.print(Text(_next(name, place, env)), soft_wrap=True)
    return int(any(f.kind.blocks for f in findings))


def _next(name: str, place: Path | None, env: str) -> str:
    """What to do with files that nothing blocks."""
    option = "" if env == "dev" else f" --env {env}"
    loads = f"muster ingest {name}{option}"
    inbox = environment.find(env).folder / "inbox" / name
    if place is None or place.resolve() == inbox.resolve():
        return f"Next: {loads}"
    return (
        f"Next: copy the files into {environment.shown(inbox)} (make the folder), wait"
        f" ten seconds, then {loads}"
    )


def found(mapping: Mapping, place: Path) -> list[Finding]:
    """All findings, in the order of kinds, files and rows."""
    checker = _Check(mapping, place)
    order = {kind.name: n for n, kind in enumerate(KINDS)}
    told = dict.fromkeys(checker.findings())
    return sorted(told, key=lambda f: (order[f.kind.name], f.file, f.row, f.column))


def show(findings: Sequence[Finding], console: Console) -> None:
    """Show findings kind by kind, those that block first."""
    counts = Counter(f.kind for f in findings)
    blocking = [k for k in counts if k.blocks]
    for kinds, title in (
        (blocking, "To be mended before anything is loaded"),
        ([k for k in counts if not k.blocks], "Costs figures, and blocks nothing"),
    ):
        if not kinds:
            continue
        console.print(Text(title, style="bold"))
        for kind in kinds:
            console.print(
                Text(f"  {kind.title}: {counts[kind]:,}. It costs {kind.costs}."),
                soft_wrap=True,
            )
            console.print(Text(f"    To do: {kind.remedy}."), soft_wrap=True)
            rows = Screen(box=None, show_header=False, padding=(0, 2, 0, 4))
            for each in [f for f in findings if f.kind is kind][:SHOWN]:
                row = f"row {each.row:,}" if each.row else ""
                cells = (each.file, row, each.column, each.value, each.detail)
                rows.add_row(*(Text(cell) for cell in cells))
            console.print(rows)
            if counts[kind] > SHOWN:
                console.print(f"    ... {counts[kind] - SHOWN:,} more: see --json")
    what = f"{counted(counts.total(), 'finding')} of {counted(len(counts), 'kind')}"
    if not findings:
        console.print("Nothing is wrong with these files.")
    elif blocking:
        blocked = sum(counts[kind] for kind in blocking)
        console.print(f"{what}; to be mended first: {blocked:,}.")
    else:
        console.print(f"{what}; nothing blocks.")


class _Check:
    """One check of the files of one mapping."""

    def __init__(self, mapping: Mapping, place: Path) -> None:
        self.mapping, self.place = mapping, place
        self.con = reading.connect("1200MB")
        self.readings: dict[str, list[Reading]] = {}
        self.columns: dict[str, list[str]] = {}

    def findings(self) -> Iterator[Finding]:
        """Read the files, and look for each kind."""
        yield from self._read_files()
        self._write_raw()
        for name, readings in self.readings.items():
            table = self.mapping.tables[name]
            for each in readings:
                yield from self._of_columns(table, each)
                yield from self._of_texts(table, each)
                self.con.execute(f"drop table {each.table}")
        self._write_contract()
        for kind in KINDS:
            if kind.sql:
                yield from self._queried(kind)

    # Files

    def _read_files(self) -> Iterator[Finding]:
        tables = {n: t for n, t in self.mapping.tables.items() if t.files}
        if not tables:
            raise MusterError(
                f"{self.mapping.name} reads no files: load it with muster ingest"
                f" {self.mapping.name}, and see muster status.",
                2,
            )
        if not self.place.exists():
            raise MusterError(
                f"There is no {environment.shown(self.place)}: name the folder of the"
                f" files, muster check {self.mapping.name} FOLDER.",
                2,
            )
        paths, others = reading.files_of(self.place)
        seen: dict[tuple[str, str], Path] = {}
        unmatched = set(paths)
        with tempfile.TemporaryDirectory() as scratch:
            for name, table in tables.items():
                self.readings[name] = []
                for path in (
                    p for p in paths if fnmatch(file_name(p), str(table.files))
                ):
                    unmatched.discard(path)
                    # A file whose name tells its day is one of its own.
                    sha = of_table(self.mapping, name).identity(
                        _digest(path), path.name
                    )
                    if first := seen.get((name, sha)):
                        yield Finding(
                            BY_NAME["file_twice"], path.name, detail=f"as {first.name}"
                        )
                        continue
                    seen[name, sha] = path
                    try:
                        self._read_file(name, table, path, Path(scratch))
                    except FileFaultError as error:
                        yield Finding(
                            BY_NAME["unreadable"], path.name, detail=str(error)
                        )
                    else:
                        if not self.readings[name][-1].rows:
                            yield Finding(BY_NAME["no_rows"], path.name)
                if not any(fnmatch(file_name(p), str(table.files)) for p in paths):
                    yield Finding(
                        BY_NAME["no_file"], detail=f"table {name}: {table.files}"
                    )
        for path in sorted(unmatched):
            yield Finding(BY_NAME["unknown_file"], path.name)
        for path, why in others:
            yield Finding(BY_NAME["unknown_file"], path.name, detail=why)

    def _read_file(self, name: str, table: Table, path: Path, scratch: Path) -> None:
        wanted = Wanted(
            sheet=table.sheet or "",
            header_rows=table.header_rows,
            delimiter=table.delimiter or "",
            encoding=table.encoding or "",
            names=table.named,
        )
        made = reading.read(
            self.con, path, f"f_{name}_{len(self.readings[name])}", scratch, wanted
        )
        self.readings[name].append(made)

    def _write_raw(self) -> None:
        """Write what was read as raw has it, each file as a load of its own."""
        schema = quote(self.mapping.schema_name)
        self.con.execute(f"create schema {schema}")
        loads: list[str] = []
        for name, readings in self.readings.items():
            never = {raw_column(c) for c in self.mapping.tables[name].never}
            columns: dict[str, str] = {}
            for each in readings:
                for header in each.header:
                    raw = raw_column(header) if header else ""
                    if raw and raw not in never:
                        columns.setdefault(raw, header)
            self.columns[name] = list(columns)
            parts = []
            for each in readings:
                places: dict[str, int] = {}
                for at, header in enumerate(each.header):
                    places.setdefault(raw_column(header) if header else "", at)
                load = f"{len(loads):06d}"
                loads.append(load)
                given = "".join(
                    f", {f'c{places[c]}' if c in places else 'null'}::varchar"
                    f" as {quote(c)}"
                    for c in columns
                )
                parts.append(
                    f"select {literal(each.path.name)} as _file_name,"
                    " line as _file_line,"
                    f" '{load}' as _dlt_load_id, '' as _file_sha256{given}"
                    f" from {each.table} where problem is null"
                )
            if parts:
                self.con.execute(
                    f"create table {schema}.{quote(name)} as"
                    f" {' union all by name '.join(parts)}"
                )
        self.con.execute(
            f"create table {schema}.{quote(compiled.LOADS)}"
            " (load_id varchar, status bigint, inserted_at timestamp)"
        )
        for number, load in enumerate(loads):
            instant = now().replace(tzinfo=None) + timedelta(seconds=number)
            self.con.execute(
                f"insert into {schema}.{quote(compiled.LOADS)} values (?, 0, ?)",
                [load, instant],
            )

    def _write_contract(self) -> None:
        told = {
            name: {*columns, "_file_name", "_file_line", "_dlt_load_id", "_file_sha256"}
            for name, columns in self.columns.items()
            if self.readings[name]
        }
        self.con.execute("create schema c")
        views = compiled.views([self.mapping], {self.mapping.name: told})
        for name, sql in views.items():
            self.con.execute(f"create table c.{quote(name)} as {sql}")
        self.con.execute(f"create table c.today as select date '{now().date()}' as day")
        self.con.execute(
            "create table c.currencies as select unnest(?) as code",
            [sorted(currencies())],
        )
        self.con.execute("create table c.exit_reasons (reason varchar)")
        for reason in self._exit_reasons():
            self.con.execute("insert into c.exit_reasons values (?)", [reason])
        self.con.execute("create table c.rows (source_table varchar, rows bigint)")
        for name, readings in self.readings.items():
            rows = sum(each.rows for each in readings)
            self.con.execute("insert into c.rows values (?, ?)", [name, rows])
        for name, sql in SUPPORT.items():
            self.con.execute(f"create table c.{name} as {sql}")

    def _exit_reasons(self) -> list[str]:
        """The company's reasons for leaving of which a kind is known."""
        path = self.mapping.path.parent.parent / "seeds" / "exit_reasons.csv"
        if not path.is_file():
            return []
        with path.open(encoding="utf-8-sig", newline="") as seed:
            return [row["reason"] for row in csv.DictReader(seed) if row.get("reason")]

    # What queries find

    def _queried(self, kind: Kind) -> Iterator[Finding]:
        self.con.execute(f"create or replace temp table told as {kind.sql}")
        told = self.con.execute(
            "select source_table, _file_name, _file_line, field from told"
        ).fetchall()
        values = dict(self._values({(table, field) for table, _, _, field in told}))
        for table, file, row, field in told:
            column, detail = field or "", ""
            source = self.mapping.tables[table].fields.get(field) if table else None
            if source and source.columns:
                column = ", ".join(source.columns)
            if kind.name == "no_export_day":
                row = 0
            value = values.get((table, field, file, row), "") if row else ""
            if kind.name == "not_a_date" and self._is_other_order(table, column, value):
                continue
            if kind.name == "not_mapped" and table:
                detail = self._share_mapped(table, field)
            if kind.name == "exit_reason_unknown":
                detail = self._times_told(table, file, row)
            yield Finding(
                kind, file or "", row or 0, column, value[:LONGEST_VALUE], detail
            )

    def _values(
        self, places: Iterable[tuple[str, str]]
    ) -> Iterator[tuple[tuple[str, str, str, int], str]]:
        """The values of what was told of tables' fields, by table, field and place."""
        for table, field in places:
            source = self.mapping.tables[table].fields.get(field) if table else None
            if not source or field in HIDDEN:
                continue
            raw = [raw_column(c) for c in source.columns]
            names = [quote(c) for c in raw if c in self.columns[table]]
            if names:
                for file, row, value in self.con.execute(
                    "select _file_name, _file_line,"
                    f" concat_ws(' / ', {', '.join(names)})"
                    f" from {quote(self.mapping.schema_name)}.{quote(table)} semi join"
                    " (from told where source_table = ? and field = ?) as told"
                    " using (_file_name, _file_line)",
                    [table, field],
                ).fetchall():
                    yield (table, field, file, row), value

    def _share_mapped(self, table: str, field: str) -> str:
        counted = self.con.execute(
            "select count(*), (select max(rows) from c.rows where source_table = ?)"
            " from c.faults where source_table = ? and field = ?"
            " and fault = 'not_in_value_map'",
            [table, table, field],
        ).fetchone()
        faults, rows = counted or (0, 0)
        return f"{faults:,} of {rows:,} rows"

    def _times_told(self, table: str, file: str, row: int) -> str:
        """How many rows have the reason for leaving of one of them."""
        told = self.con.execute(
            "select count(distinct (source_table, _file_name, _file_line))"
            " from c.employments where lower(exit_reason) in (select lower(exit_reason)"
            " from c.employments where source_table = ? and _file_name = ?"
            " and _file_line = ?)",
            [table, file, row],
        ).fetchone()
        return counted(told[0] if told else 0, "row")

    # What columns are called

    def _of_columns(self, table: Table, each: Reading) -> Iterator[Finding]:
        known = {raw_column(c): c for c in table.named}
        there = {raw_column(c): c for c in each.header if c}
        for raw, column in there.items():
            if raw not in known:
                alike = did_you_mean(
                    column, [c for r, c in known.items() if r not in there]
                )
                yield Finding(
                    BY_NAME["unknown_column"],
                    each.path.name,
                    each.header_rows[0],
                    column,
                    detail=alike.removeprefix("; "),
                )
        for column in table.columns:
            if raw_column(column) not in there:
                alike = did_you_mean(
                    column, [c for r, c in there.items() if r not in known]
                )
                yield Finding(
                    BY_NAME["missing_column"],
                    each.path.name,
                    each.header_rows[0],
                    column,
                    detail=alike.removeprefix("; "),
                )

    # What texts look like

    def _of_texts(self, table: Table, each: Reading) -> Iterator[Finding]:
        for line, problem in self._rows(each, "line, problem", "problem is not null"):
            yield Finding(BY_NAME["broken_row"], each.path.name, line, detail=problem)
        never = {raw_column(c) for c in table.never}
        refused = {r.column: {v.lower() for v in r.values} for r in table.refuse}
        columns = [
            (at, name)
            for at, name in enumerate(each.header)
            if name and raw_column(name) not in never
        ]
        tests = {
            at: (
                f"regexp_full_match(lower(trim(c{at})), {literal(TOTAL)})",
                f"regexp_matches(c{at}, '{DAMAGE}')",
            )
            for at, _ in columns
        }
        # Most files have none: one look at each row tells.
        row = f"concat_ws(chr(1), {', '.join(f'c{at}' for at, _ in columns)})"
        suspects = columns and self._rows(
            each, "line", f"regexp_matches({row}, {literal(SUSPECT)}, 'i')"
        )
        for at, name in columns if suspects else ():
            text = f"trim(c{at})"
            for line, value in self._rows(each, f"line, {text}", tests[at][0]):
                if value.lower() not in refused.get(name, set()) and self._is_total(
                    each, line, refused
                ):
                    yield Finding(
                        BY_NAME["total_row"], each.path.name, line, name, value
                    )
            for line, value in self._rows(each, f"line, {text}", tests[at][1]):
                shown = "" if self._is_hidden(table, name) else value[:LONGEST_VALUE]
                yield Finding(
                    BY_NAME["damaged_text"], each.path.name, line, name, shown
                )
        for at, name in columns:
            yield from self._of_shares(each, at, name)
        if columns:
            listed = ", ".join(f"c{at}" for at, _ in columns)
            for (line,) in self._rows(
                each,
                "line",
                "true",
                f" qualify row_number() over (partition by {listed} order by line) > 1",
            ):
                yield Finding(BY_NAME["duplicate_row"], each.path.name, line)
        yield from self._of_orders(table, each)

    def _rows(
        self, each: Reading, what: str, where: str, more: str = ""
    ) -> list[tuple[Any, ...]]:
        return self.con.execute(
            f"select {what} from {each.table} where {where}{more} order by line"
        ).fetchall()

    def _is_total(self, each: Reading, line: int, refused: dict[str, set[str]]) -> bool:
        """Whether no other column of the row has it refused already."""
        for column, values in refused.items():
            if column in each.header:
                at = each.header.index(column)
                row = self._rows(each, f"lower(trim(c{at}))", f"line = {line}")
                if row and row[0][0] in values:
                    return False
        return True

    def _is_hidden(self, table: Table, column: str) -> bool:
        return any(
            column in source.columns and field in HIDDEN
            for field, source in table.fields.items()
        )

    def _of_shares(self, each: Reading, at: int, name: str) -> Iterator[Finding]:
        is_fte = any(
            f == "fte" for f, _ in words.by_word().get(words.compact(name), ())
        )
        if not is_fte:
            return
        number = f"try_cast(replace(replace(trim(c{at}), '%', ''), ',', '.') as double)"
        row = self.con.execute(f"select median({number}) from {each.table}").fetchone()
        if row and row[0] is not None:
            limit = 150 if row[0] > 1.5 else 1.5
            for line, value in self._rows(each, f"line, c{at}", f"{number} > {limit}"):
                yield Finding(
                    BY_NAME["unlikely_fte"], each.path.name, line, name, value
                )

    # Orders of dates

    def _forms(self, table: Table) -> Iterator[tuple[str, tuple[str, ...]]]:
        for field, source in table.fields.items():
            made = contract.fields().get(field)
            if made and made.type == "date":
                for column in source.columns:
                    yield column, source.format or table.date_format

    def _of_orders(self, table: Table, each: Reading) -> Iterator[Finding]:
        for column, forms in self._forms(table):
            if column not in each.header:
                continue
            at = each.header.index(column)
            test = _other_only(f"trim(c{at})", forms)
            if not test:
                continue
            row = self._rows(each, f"line, c{at}", test)
            if row:
                yield Finding(
                    BY_NAME["mixed_order"],
                    each.path.name,
                    row[0][0],
                    column,
                    str(row[0][1])[:LONGEST_VALUE],
                    f"{len(row):,} rows, the first is shown",
                )

    def _is_other_order(self, table: str, column: str, value: str) -> bool:
        """Whether a date fits in the other order, which is told once for a column."""
        for name, forms in self._forms(self.mapping.tables[table]):
            if name == column and (test := _other_only("v", forms)):
                row = self.con.execute(
                    f"select {test} from (select trim(?) as v)", [value]
                ).fetchone()
                return bool(row and row[0])
        return False


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _other_only(text: str, forms: Sequence[str]) -> str:
    """SQL of whether a text is a date only where day and month change places."""
    others = [OTHER_ORDER[f[:8]] + f[8:] for f in forms if f[:8] in OTHER_ORDER]
    if not others or set(others) & set(forms):
        return ""

    def any_of(listed: Sequence[str]) -> str:
        return " or ".join(
            f"try_strptime({text}, {literal(f)}) is not null" for f in listed
        )

    return f"({any_of(others)}) and not ({any_of(forms)})"
