"""Whom a number names: all that identifies them, and what takes its place."""

import hmac
import re
import secrets
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from hashlib import sha256
from typing import Any

import duckdb

from environment import Environment
from environment.databases import attach
from environment.errors import MusterError
from environment.sql import literal, quote
from ingestion.erasure import personal
from ingestion.erasure.personal import EMPTIED
from ingestion.log import of as log_of
from operations.build.inside.plugin import pseudonym_key

SHORTEST = 6
"""Characters of an identifier that can be told from other text by itself."""

PREFIX = "erased-"
"""How the keys begin that take the place of identifiers."""


@dataclass(frozen=True)
class Person:
    """What identifies one person, and what takes its place.

    Attributes:
        keys: Identifiers that are theirs alone, to their new keys.
        texts: Names, addresses and numbers that nobody else has.
        pseudonyms: Of marts, the old to the new.
        salt: What surrogate keys are made new with.
        kept: Identifiers that others bear too, by kind and how many: they stay.
        numbers: Of the identifiers, those that pay is kept under.
    """

    keys: dict[str, str]
    texts: list[str]
    pseudonyms: dict[str, str] = field(default_factory=dict)
    salt: str = ""
    kept: dict[str, int] = field(default_factory=dict)
    numbers: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, people: "Sequence[Person]") -> "Person":
        """Several people as one: what identifies any of them."""
        kept: Counter[str] = Counter()
        for each in people:
            kept.update(each.kept)
        return cls(
            {key: new for each in people for key, new in each.keys.items()},
            sorted({text for each in people for text in each.texts}),
            {old: new for each in people for old, new in each.pseudonyms.items()},
            people[0].salt,
            dict(kept),
            sorted({number for each in people for number in each.numbers}),
        )

    def find(self, identifier: str) -> str | None:
        """The key that takes an identifier's place, if it is theirs."""
        text = identifier.strip()
        return self.keys.get(text) or self._short.get(text.lstrip("0"))

    def scrub(self, text: str) -> str:
        """A text without their identifiers."""
        return self.pattern.sub(self._fresh, text)

    def is_in(self, text: str) -> bool:
        """Whether a text holds one of their identifiers."""
        return self.pattern.search(text) is not None

    @cached_property
    def _short(self) -> dict[str, str]:
        return {short: v for k, v in self.keys.items() if (short := k.lstrip("0"))}

    @cached_property
    def replaced(self) -> dict[str, str]:
        """What is told from other text by itself, to what takes its place."""
        found = dict.fromkeys(self.texts, "")
        found |= {k: v for k, v in self.keys.items() if len(k) >= SHORTEST}
        return found | self.pseudonyms

    @cached_property
    def expression(self) -> str:
        """A regular expression of all of them, which every engine here reads alike."""
        return "|".join(
            re.escape(each) for each in sorted(self.replaced, key=len, reverse=True)
        )

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """The same, between characters that are of no word."""
        if not self.replaced:
            return re.compile(r"(?!)")
        before, after = r"(?<![^\W_])(?<!\d[.:])", r"(?![^\W_])(?![.:]\d)"
        return re.compile(f"{before}(?:{self.expression}){after}", re.IGNORECASE)

    @cached_property
    def _folded(self) -> dict[str, str]:
        return {old.lower(): new for old, new in self.replaced.items()}

    def _fresh(self, match: re.Match[str]) -> str:
        return self._folded[match[0].lower()]

    def to_dict(self) -> dict[str, Any]:
        """As it is written to the plan."""
        return asdict(self)


def find(
    environment: Environment, named: Iterable[str], source: str | None = None
) -> list[Person]:
    """Find out whom each of some numbers names.

    Args:
        environment: The environment; its models say who is who.
        named: Employee numbers, or the ids of records or applications.
        source: Whose it is, where several sources have it.

    Raises:
        MusterError: Nobody is known by it, or several people are.
    """
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        log_of(environment.folder).attach(connection)
        finder = _Finder(connection, environment)
        return [finder.person(each.strip(), source) for each in named]


class _Finder:
    """Follows identifiers through the models and the log."""

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, environment: Environment
    ) -> None:
        self._connection = connection
        self._environment = environment
        self._has_models = False
        if environment.restricted.exists():
            attach(connection, environment.restricted, "restricted")
            self._has_models = bool(
                self._all(
                    "select table_name from duckdb_tables() where database_name ="
                    " 'restricted' and table_name = 'int_identifiers_held'"
                )
            )

    def person(self, named: str, source: str | None) -> Person:
        records: set[tuple[str, str]] = set()
        numbers: set[str] = set()
        owners = self._owners(named, source)
        if len(owners) > 1:
            raise MusterError(
                f"{len(owners)} people are known by what was given: give the id of the"
                " record that is meant, with --source.",
                2,
            )
        kept: dict[str, int] = {}
        for owner in owners:
            records |= self._records(owner)
            held, shared = self._numbers(owner)
            numbers |= held
            for kind in shared:
                kept[kind] = kept.get(kind, 0) + 1
        if not owners:
            records |= self._unlinked(named, source)
        documents = {name for system, name in records if system == "frappe_hr"}
        texts = self._texts(documents, records)
        applications = self._applications(named, numbers, texts)
        texts |= self._application_texts(applications)
        keys = {name for _, name in records} | numbers | applications
        if not keys:
            raise MusterError(
                "Nobody is known by what was given: give an employee number, or the id"
                " of a record or an application, as the sources do. After new data, run"
                f" muster build --env {self._environment.name} first.",
                2,
            )
        own = self._own_alone(texts, documents, records, applications)
        return self._replaced(keys, records, own, kept, numbers)

    def _owners(self, named: str, source: str | None) -> list[str]:
        if not self._has_models:
            return []
        systems = f"{literal(source + ':')} ||" if source else ""
        alike = (
            f"person_id = {systems} $1"
            if source
            else "person_id = $1 or ends_with(person_id, ':' || $1)"
        )
        found = self._all(
            "select distinct employee_key from restricted.people.int_people_linked"
            f" where {alike}",
            [named],
        )
        if not found:
            found = self._all(
                "select distinct links.employee_key"
                " from restricted.people.int_frappe_hr_documents_linked as documents"
                " inner join restricted.people.int_people_linked as links on"
                " links.person_id = 'frappe_hr:' || documents.person_document_id"
                " where documents.employee_document_id = $1",
                [named],
            )
        if not found:
            found = self._all(
                "select distinct employee_key"
                " from restricted.people.int_identifiers_held where identifier = $1",
                [named],
            )
        return [str(key) for (key,) in found]

    def _records(self, owner: str) -> set[tuple[str, str]]:
        """System and id of each record that is theirs, by all its names."""
        found = {
            (system, name)
            for (person,) in self._all(
                "select person_id from restricted.people.int_people_linked"
                " where employee_key = $1",
                [owner],
            )
            for system, _, name in [str(person).partition(":")]
        }
        people = [name for system, name in found if system == "frappe_hr"]
        documents = self._all(
            "select distinct employee_document_id"
            " from restricted.people.int_frappe_hr_documents_linked"
            " where list_contains($1, person_document_id)",
            [people],
        )
        names = {str(name) for (name,) in documents}
        former = self._all(
            "select distinct former_value"
            " from restricted.people.int_frappe_hr_names_succeeded"
            " where field_name = 'reports_to' and list_contains($1, link_value)"
            " and former_value not in (select employee_document_id from"
            "  restricted.people.int_frappe_hr_documents_linked where is_now)",
            [[*names]],
        )
        names |= {str(name) for (name,) in former}
        others = {(system, name) for system, name in found if system != "frappe_hr"}
        return others | {("frappe_hr", name) for name in names | {*people}}

    def _numbers(self, owner: str) -> tuple[set[str], list[str]]:
        """Numbers and badges that are theirs alone; the kinds of those handed on."""
        rows = self._all(
            "select identifier, any_value(identifier_kind), bool_or(employee_key <> $1)"
            " from restricted.people.int_identifiers_held"
            " where identifier in (select identifier from"
            "  restricted.people.int_identifiers_held where employee_key = $1)"
            " group by identifier",
            [owner],
        )
        alone = {str(number) for number, _, is_shared in rows if not is_shared}
        return alone, [str(kind) for _, kind, is_shared in rows if is_shared]

    def _unlinked(self, named: str, source: str | None) -> set[tuple[str, str]]:
        """A record that no model takes for anybody's."""
        if source not in (None, "frappe_hr"):
            return set()
        rows = self._all(
            "select 1 from raw.raw_frappe_hr.employees where name = $1 limit 1", [named]
        )
        return {("frappe_hr", named)} if rows else set()

    def _texts(self, documents: set[str], records: set[tuple[str, str]]) -> set[str]:
        found = self._emptied("frappe_hr", "employees", "name", documents)
        for system in {system for system, _ in records} - {"frappe_hr"}:
            ids = {name for each, name in records if each == system}
            for table in self._tables(system):
                roles = personal.roles(system, table)
                for column, role in roles.items():
                    if role == personal.SUBJECT:
                        found |= self._emptied(system, table, column, ids)
        found |= {
            f"{first} {last}"
            for first, last in self._all(
                "select distinct trim(first_name), trim(last_name)"
                " from raw.raw_frappe_hr.employees where list_contains($1, name)"
                " and first_name is not null and last_name is not null",
                [[*documents]],
            )
        }
        return found

    def _emptied(
        self, system: str, table: str, column: str, ids: Iterable[str]
    ) -> set[str]:
        """What the columns that are emptied hold in rows about somebody."""
        found: set[str] = set()
        relation = f"raw.{quote(f'raw_{system}')}.{quote(table)}"
        for name, role in personal.roles(system, table).items():
            if role == EMPTIED and name not in ("marital_status", "comment"):
                rows = self._all(
                    f"select distinct trim({quote(name)}) from {relation}"
                    f" where list_contains($1, {quote(column)})"
                    f" and trim({quote(name)}) <> ''",
                    [[*ids]],
                )
                found |= {str(value) for (value,) in rows}
        return found

    def _tables(self, system: str) -> list[str]:
        rows = self._all(
            "select view_name from duckdb_views() where database_name = 'raw'"
            " and schema_name = $1",
            [f"raw_{system}"],
        )
        return [str(name) for (name,) in rows]

    def _applications(self, named: str, numbers: set[str], texts: set[str]) -> set[str]:
        """Applications by their id, by a number, and by the same address."""
        rows = self._all(
            "with theirs as (select distinct application_id, candidate_email"
            "  from raw.raw_ats.applications where application_id = $1"
            "  or list_contains($2, trim(employee_number))"
            "  or list_contains($3, trim(candidate_email)))"
            " select application_id from theirs union"
            " select a.application_id from raw.raw_ats.applications as a"
            " inner join theirs using (candidate_email)",
            [named, [*numbers], [*texts]],
        )
        found = {str(each) for (each,) in rows}
        if not found and self._all(
            "select 1 from raw.raw_ats.stage_changes where application_id = $1"
            " union all select 1 from raw.raw_ops.rejected_rows where source = 'ats'"
            " and contains(row_text, $1) limit 1",
            [named],
        ):
            found = {named} if len(named) >= SHORTEST else set()
        return found

    def _application_texts(self, applications: set[str]) -> set[str]:
        return self._emptied("ats", "applications", "application_id", applications)

    def _own_alone(
        self,
        texts: set[str],
        documents: set[str],
        records: set[tuple[str, str]],
        applications: set[str],
    ) -> set[str]:
        """The texts that rows about others do not hold too."""
        shared: set[str] = set()
        places = [
            ("frappe_hr", "employees", "name", documents),
            ("ats", "applications", "application_id", applications),
        ]
        for system in {system for system, _ in records} - {"frappe_hr"}:
            ids = {name for each, name in records if each == system}
            for table in self._tables(system):
                subject = next(
                    (
                        c
                        for c, r in personal.roles(system, table).items()
                        if r == personal.SUBJECT
                    ),
                    None,
                )
                if subject:
                    places.append((system, table, subject, ids))
        for system, table, subject, ids in places:
            relation = f"raw.{quote(f'raw_{system}')}.{quote(table)}"
            for name, role in personal.roles(system, table).items():
                if role == EMPTIED:
                    rows = self._all(
                        f"select distinct trim({quote(name)}) from {relation}"
                        f" where not list_contains($1, {quote(subject)})"
                        f" and list_contains($2, trim({quote(name)}))",
                        [[*ids], [*texts]],
                    )
                    shared |= {str(value) for (value,) in rows}
        # Somebody's name is no identifier where others bear it, nor a part of one.
        return {
            each
            for each in texts - shared
            if len(each) >= SHORTEST and not each.isalpha()
        }

    def _replaced(
        self,
        keys: set[str],
        records: set[tuple[str, str]],
        texts: set[str],
        kept: dict[str, int],
        numbers: set[str],
    ) -> Person:
        fresh: dict[str, str] = {}
        replaced = {}
        for key in sorted(keys):
            # Spreadsheets drop the zeros that a number begins with.
            short = key.lstrip("0") or key
            fresh.setdefault(short, f"{PREFIX}{secrets.token_hex(8)}")
            replaced[key] = fresh[short]
        secret = pseudonym_key(self._environment.folder)
        said = {f"{system}:{name}" for system, name in records}
        said |= {f"payroll:{number}" for number in numbers}
        said |= {f"application:{key}" for key in keys - numbers}
        pseudonyms = {}
        for text in said:
            system, _, key = text.partition(":")
            old = _pseudonym(secret, text)
            pseudonyms[old] = _pseudonym(secret, f"{system}:{replaced[key]}")
        return Person(
            replaced,
            sorted(texts),
            pseudonyms,
            secrets.token_hex(16),
            kept,
            sorted(numbers),
        )

    def _all(self, sql: str, given: list[Any] | None = None) -> list[tuple[Any, ...]]:
        return self._connection.execute(sql, given or []).fetchall()


def _pseudonym(key: bytes, text: str) -> str:
    return hmac.new(key, text.encode(), sha256).hexdigest()[:32]
