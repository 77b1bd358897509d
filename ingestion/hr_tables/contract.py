"""The contract of HR tables, as `contract.odcs.yaml` says it: the one place of names.

The file is a data contract of the Open Data Contract Standard, v3.1.0.
"""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

FILE = Path(__file__).with_name("contract.odcs.yaml")

NEEDED_FOR = "neededFor"
"""The custom property that names the figures which need a column."""


@dataclass(frozen=True)
class Field:
    """A column of the contract.

    Attributes:
        name: Its name, the same in every table that has it.
        type: `string`, `date`, `number`, `integer` or `boolean`.
        sql_type: Its type in DuckDB, such as `decimal(18,4)`.
        is_required: Whether a row without it says nothing.
        is_key: Whether it is of the table's primary key.
        description: One or two sentences, with the unit.
        values: The only values that it takes; any when empty.
        examples: Values, as texts.
        needed_for: The figures that need it, such as `pay_gap`.
    """

    name: str
    type: str
    sql_type: str
    is_required: bool
    is_key: bool
    description: str
    values: tuple[str, ...]
    examples: tuple[str, ...]
    needed_for: tuple[str, ...]


@dataclass(frozen=True)
class Table:
    """A table of the contract.

    Attributes:
        name: Its name.
        description: What it holds.
        row: What one row is.
        fields: Its columns, in their order.
    """

    name: str
    description: str
    row: str
    fields: tuple[Field, ...]

    @property
    def is_of_people(self) -> bool:
        """Whether its rows are of people."""
        return any(f.name == PERSON and f.is_required for f in self.fields)

    @property
    def is_stated(self) -> bool:
        """Whether its rows say since when, or on which day, they hold."""
        return any(f.name == FROM for f in self.fields)


PERSON = "person_id"
FROM = "effective_from"
TO = "effective_to"


@cache
def tables() -> dict[str, Table]:
    """The tables of the contract by their names, in the file's order."""
    said = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return {each["name"]: _table(each) for each in said["schema"]}


@cache
def fields() -> dict[str, Field]:
    """Every column by its name, as the first table that has it says."""
    found: dict[str, Field] = {}
    for table in tables().values():
        for each in table.fields:
            found.setdefault(each.name, each)
    return found


@cache
def tables_of(name: str) -> tuple[str, ...]:
    """The names of the tables that have a column."""
    return tuple(
        table.name
        for table in tables().values()
        if any(f.name == name for f in table.fields)
    )


@cache
def own_fields(table: str) -> tuple[str, ...]:
    """The columns by which a source gives a table, and not another that has them too.

    A column that several tables have is the first's of which it is no key.
    """
    return tuple(f.name for f in tables()[table].fields if _owner(f.name) == table)


@cache
def listed_by(table: str) -> str:
    """The key of which a table lists all there are; empty for any other table."""
    for key in (f.name for f in tables()[table].fields if f.is_key):
        of_key = [t for t in tables_of(key) if _lists(tables()[t], key)]
        if of_key[:1] == [table]:
            return key
    return ""


def _lists(table: Table, key: str) -> bool:
    return not table.is_of_people and any(
        f.name == key and f.is_key for f in table.fields
    )


@cache
def _owner(name: str) -> str:
    having = tables_of(name)
    if len(having) == 1:
        return having[0]
    for table in having:
        if any(f.name == name and not f.is_key for f in tables()[table].fields):
            return table
    return ""


def _table(said: dict[str, Any]) -> Table:
    return Table(
        name=said["name"],
        description=_prose(said["description"]),
        row=_prose(said["dataGranularityDescription"]),
        fields=tuple(_field(each) for each in said["properties"]),
    )


def _field(said: dict[str, Any]) -> Field:
    checks = (each.get("arguments", {}) for each in said.get("quality", ()))
    needed = {
        each["property"]: each["value"] for each in said.get("customProperties", ())
    }
    return Field(
        name=said["name"],
        type=said["logicalType"],
        sql_type=said["physicalType"],
        is_required=said.get("required", False),
        is_key=said.get("primaryKey", False),
        description=_prose(said["description"]),
        values=tuple(v for each in checks for v in each.get("validValues", ())),
        examples=tuple(map(_text, said.get("examples", ()))),
        needed_for=tuple(needed.get(NEEDED_FOR, ())),
    )


def _prose(text: str) -> str:
    return " ".join(text.split())


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
