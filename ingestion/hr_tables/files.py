"""The files of a mapping's tables, of which all columns are loaded, as text."""

import json
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatch
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any

import pyarrow as pa

from environment.databases import session
from ingestion.columns import Column
from ingestion.hr_tables import file_names
from ingestion.hr_tables.mapping import (
    Mapping,
    Table,
    did_you_mean,
    raw_column,
)
from ingestion.landing import FileResource, InboxFile
from ingestion.readers import (
    HEADER_LINES,
    Block,
    FileFaultError,
    Start,
    json_lines,
    starts,
)

TEXTS = (".csv", ".txt", ".tsv")
BY_DAY = ("snapshots", "periods", "payments")
"""Shapes of which one export takes the place of that of the same day alone."""

NEEDED = {
    "events": ("event", "effective_from"),
    "history": ("effective_from",),
    "leavers": ("ended_on",),
    "list": ("started_on",),
}
"""By shape, the fields besides `person_id` without which no row says anything."""

_NUMBERED = re.compile(r"_\d+$")


@dataclass(frozen=True)
class MappedFile(FileResource):
    """A table of a mapping, as it is delivered.

    Attributes:
        table: What the mapping says of it.
        place: Where it says so, for people.
    """

    said: Table | None = None
    place: str = ""

    @property
    def _said(self) -> Table:
        assert self.said is not None  # noqa: S101 - given by `of_table`
        return self.said

    @property
    def extensions(self) -> tuple[str, ...]:
        """What its files' names may end with: texts of any name, where they are CSV."""
        found = super().extensions
        return (*TEXTS, *found[1:]) if self.format == "csv" else found

    @property
    def is_whole(self) -> bool:
        """Whether an export takes the place of another."""
        return self._said.replaces != "nothing"

    @cached_property
    def never(self) -> frozenset[str]:
        """The columns that are not loaded."""
        return frozenset(map(raw_column, self._said.never))

    @cached_property
    def words(self) -> dict[str, str]:
        """The columns that the mapping names, as it writes them, by their names."""
        return {raw_column(name): name for name in reversed(self._said.named)}

    def matches(self, name: str) -> bool:
        """Whether a file of such a name is of it, packed or not."""
        is_read = READ in name
        return is_read == (self._said.files is None) and fnmatch(
            name.removesuffix(".gz"), self.pattern
        )

    def identity(self, sha256_: str, name: str) -> str:
        """What a content is known by: with the day that its name tells, and a group."""
        told = f"{self._day(name)} {self.group(name)}".strip()
        return sha256(f"{sha256_} {told}".encode()).hexdigest() if told else sha256_

    def group(self, name: str) -> str:
        """What a file takes the place of, as far as its name tells."""
        is_same = self._said.replaces == "same_file"
        day = self._day(name) if self._said.shape in BY_DAY else ""
        return f"{day}/{file_names.stem(name)}" if is_same else day

    def rank(self, file: InboxFile) -> tuple[Any, ...]:
        """By the day that the name tells, then by version and age: the newest last."""
        version = file_names.version(file.name, self._form) if self._form else ()
        return (self._day(file.name), version, -file.age_seconds, file.path)

    @property
    def _form(self) -> str:
        exported = self._said.exported
        return (exported.file_name if exported else None) or ""

    def _day(self, name: str) -> str:
        return str(file_names.day(name, self._form) or "") if self._form else ""

    def of(self, fields: Sequence[str]) -> "MappedFile":
        """Itself, with a column for each field that is loaded."""
        names = fields if self.format == "csv" else self.names(fields)
        columns = tuple(
            Column(name, source=field)
            for name, field in zip(names, fields, strict=True)
            if not {name, _NUMBERED.sub("", name)} & self.never
        )
        return replace(self, columns=columns)

    def names(self, header: Sequence[str]) -> tuple[str, ...]:
        """The names that columns have in raw, each once; nameless ones by place."""
        found: dict[str, None] = {}
        for place, field in enumerate(header, start=1):
            name = raw_column(field) if field.strip() else f"column_{place}"
            number, free = 1, name
            while free in found:
                number += 1
                free = f"{name}_{number}"
            found[free] = None
        return tuple(found)

    def absent(self, fields: Sequence[str]) -> list[str]:
        """Columns that the mapping makes something of, and a header leaves out."""
        names = set(fields if self.format == "csv" else self.names(fields))
        return [each for each in self._said.columns if raw_column(each) not in names]

    def lacking(self, header: Sequence[str]) -> list[str]:
        """The columns that the mapping names, and a header does not."""
        names = set(header)
        return [word for name, word in self.words.items() if name not in names]

    def start(self, path: Path) -> Start:
        """Where a text begins: at the line that names most of what the mapping does.

        Raises:
            FileFaultError: None names what is needed.
        """
        if self.format == "jsonl":
            found = Start(_keys(path), "")
            self.check(self.names(found.header))
            return found
        rows = self._said.header_rows
        lines = starts(path, self.delimiter, max((HEADER_LINES, *rows)))
        given = _joined(lines, rows) if rows else lines
        named = (replace(each, header=self.names(each.header)) for each in given)
        best = min(
            named,
            key=lambda each: len(self.lacking(each.header)),
            default=Start((), ""),
        )
        self.check(best.header, best)
        return best

    def read(self, path: Path, start: Start) -> Iterator[Block]:
        """The rows of a text, without the nested keys that are not loaded."""
        blocks = super().read(path, start)
        if self.format == "csv" or not any("." in name for name in self._said.never):
            return blocks
        return (_cleared(block, self.never) for block in blocks)

    def check(self, header: Sequence[str], start: Start | None = None) -> None:
        """See that a header, by the names in raw, has what the mapping needs.

        Raises:
            FileFaultError: It has not, or ends lines in two ways.
        """
        names = set(header)
        fields = self._said.fields
        lacking = [
            column
            for name in ("person_id", *NEEDED.get(self._said.shape, ()))
            if name in fields
            for column in fields[name].columns
            if raw_column(column) not in names
            and (not fields[name].first_of or _has_none(fields[name].columns, names))
        ]
        exported = self._said.exported
        if exported and exported.column and raw_column(exported.column) not in names:
            lacking.append(exported.column)
        if not lacking and self._said.columns and _has_none(self._said.columns, names):
            lacking = list(self._said.columns)
        if lacking:
            told = [each + did_you_mean(each, names) for each in lacking[:3]]
            more = f" and {len(lacking) - 3} more" if len(lacking) > 3 else ""
            raise FileFaultError(
                f"no header names {', '.join(told)}{more}, which {self.place} needs;"
                " correct the mapping or the file, and deliver it again"
            )


def of_mapping(mapping: Mapping) -> list[MappedFile]:
    """The tables of a mapping as resources of files, in their order."""
    return [of_table(mapping, name) for name in mapping.tables]


def of_table(mapping: Mapping, name: str) -> MappedFile:
    """A table of a mapping as a resource of files."""
    table = mapping.tables[name]
    is_json = table.format == "jsonl" or table.resource is not None
    return MappedFile(
        name=name,
        pattern=(table.files or f"{name}{READ}*").lower().removesuffix(".gz"),
        format="jsonl" if is_json else "csv",
        columns=(),
        delimiter=table.delimiter or ";",
        encoding=table.encoding or "",
        sheet=table.sheet or "",
        is_open=True,
        said=table,
        place=mapping.where("tables", name),
    )


READ = ".read."
"""What follows a table's name in the name of a file that was read from a system."""


def without(value: Any, never: Collection[str], above: str = "") -> Any:
    """A value of JSON without the keys that are never loaded, however deep they are."""
    if isinstance(value, list):
        return [without(each, never, above) for each in value]
    if not isinstance(value, dict):
        return value
    return {
        key: without(each, never, f"{above}{key}.")
        for key, each in value.items()
        if raw_column(f"{above}{key}") not in never
    }


def _cleared(block: Block, never: Collection[str]) -> Block:
    """Lines of JSON without such keys; of other text only that it is there."""
    texts = []
    for text in block.table["text"].to_pylist():
        try:
            # Texts, so that no digit is lost.
            value = without(json.loads(text, parse_float=str), never)
            texts.append(json.dumps(value, ensure_ascii=False))
        except ValueError:
            texts.append("?")
    place = block.table.schema.get_field_index("text")
    return replace(
        block, table=block.table.set_column(place, "text", pa.array(texts, pa.string()))
    )


def _has_none(columns: Sequence[str], names: set[str]) -> bool:
    return not any(raw_column(each) in names for each in columns)


def _keys(path: Path) -> tuple[str, ...]:
    """The keys of all objects of JSON lines, in the order in which they come."""
    keys: dict[str, None] = {}
    with session() as connection:
        for block in json_lines(path):
            connection.register("_lines", block.table)
            rows = connection.execute(
                "select json_keys(text) as keys from _lines where case when"
                " json_valid(text) then json_type(text) = 'OBJECT' end"
                " group by all order by min(line)"
            ).fetchall()
            keys |= dict.fromkeys(key for (found,) in rows for key in found)
    return tuple(keys)


def _joined(lines: Iterator[Start], rows: Sequence[int]) -> Iterator[Start]:
    """Several lines as one header, where the last is; each way they are parted."""
    by_delimiter: dict[str, dict[int, Start]] = {}
    for each in lines:
        by_delimiter.setdefault(each.delimiter, {})[each.line] = each
    for found in by_delimiter.values():
        if max(rows) in found:
            last = found[max(rows)]
            above = [found[row].header if row in found else () for row in sorted(rows)]
            texts = [
                " ".join(filter(None, (each[n] for each in above if n < len(each))))
                for n in range(len(last.header))
            ]
            yield replace(last, header=tuple(texts))
