"""Whom a number names: all that identifies them, and what takes its place."""

import secrets
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any

import duckdb

from environment import Environment
from environment.databases import attach, session
from environment.errors import MusterError
from environment.sql import quote
from ingestion.erasure import personal
from ingestion.erasure.matching import Keys, Matcher, Where, tells
from ingestion.erasure.personal import (
    APPLICATION,
    INBOX_PATH,
    NUMBER,
    PREFIX,
    PSEUDONYM,
)
from ingestion.landing import FileResource
from ingestion.log import of as log_of
from ingestion.mending import resources_of
from operations.build.inside.pseudonyms import pseudonym, pseudonym_key

TEXT = "name or address"
"""The kind of names and addresses that others bear too."""

Ids = dict[str, set[str]]
"""Identifiers by their kind."""


class Person(Matcher):
    """What identifies one person, or several, and what takes its place.

    Args:
        keys: Identifiers that are theirs alone, by kind, to their new keys.
        texts: Names, addresses and numbers that nobody else has.
        kept: Identifiers that others bear too, by kind: they stay.
    """

    def __init__(
        self, keys: Keys, texts: Iterable[str], kept: dict[str, list[str]] | None = None
    ) -> None:
        super().__init__(keys, texts)
        self.kept = kept or {}

    @classmethod
    def of(cls, people: "Sequence[Person]") -> "Person":
        """Several people as one: what identifies any of them."""
        keys: dict[str, dict[str, str]] = {}
        kept: dict[str, list[str]] = {}
        for each in people:
            for kind, identifiers in each.keys.items():
                keys.setdefault(kind, {}).update(identifiers)
            for kind, shared in each.kept.items():
                kept.setdefault(kind, []).extend(shared)
        return cls(keys, {text for each in people for text in each.texts}, kept)

    def called(self) -> set[str]:
        """All their identifiers, those that others bear too among them."""
        return {
            identifier
            for kind, found in (*self.keys.items(), *self.kept.items())
            if kind not in (PSEUDONYM, INBOX_PATH, TEXT)
            for identifier in found
        }

    def to_dict(self) -> dict[str, Any]:
        """As it is written to the plan, where what others bear has no place."""
        return {"keys": self.keys, "texts": self.texts}


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
    with _finder(environment) as finder:
        return [finder.person(each.strip(), source) for each in named]


def unknown(environment: Environment, named: Iterable[str]) -> set[str]:
    """Those of some numbers and ids that name nobody, with or without zeros before."""
    with _finder(environment) as finder:
        return {each for each in named if not finder.is_known(each)}


@contextmanager
def _finder(environment: Environment) -> "Iterator[_Finder]":
    with session() as connection:
        connection.execute("set TimeZone = 'UTC'")
        log_of(environment.folder).attach(connection)
        yield _Finder(connection, environment)


def with_paths(environment: Environment, person: Person) -> Person:
    """A person with the names of delivered files that tell who it is.

    A file takes the place of those called alike where its mapping says so: then its
    name stays, and is told.
    """
    words = {each: f"{PREFIX}{secrets.token_hex(4)}" for each in person.texts}
    matcher = Matcher({**person.keys, "name": words}, [])
    with log_of(environment.folder).connect() as connection:
        rows = connection.execute(
            "select distinct source, resource, inbox_path from raw_ops.landed_files"
        ).fetchall()
    paths, kept = {}, []
    for source, table, path in rows:
        after = matcher.scrub(path, Where.PATH)
        if after == path:
            continue
        resource = resources(source).get(table)
        before, renamed = (each.rpartition("/")[2] for each in (path, after))
        if resource is None or (
            resource.identity("", before) == resource.identity("", renamed)
            and resource.group(before) == resource.group(renamed)
        ):
            paths[path] = after
        else:
            kept.append(path)
    keys = {**person.keys, INBOX_PATH: paths} if paths else person.keys
    files = {INBOX_PATH: kept} if kept else {}
    return Person(keys, person.texts, {**person.kept, **files})


@cache
def resources(source: str) -> dict[str, FileResource]:
    """What a source is delivered in, by name; empty where nobody knows it."""
    try:
        return {each.name: each for each in resources_of(source)}
    except (MusterError, ImportError):
        return {}


class _Finder:
    """Follows identifiers through the models and the log."""

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, environment: Environment
    ) -> None:
        self._connection = connection
        self._environment = environment
        if environment.restricted.exists():
            attach(connection, environment.restricted, "restricted")
        if not self._all(
            "select table_name from duckdb_tables() where database_name = 'restricted'"
            " and table_name = 'int_identifiers_held'"
        ):
            # They say who is who, and so whom a hold is on.
            raise MusterError(f"Run muster build --env {environment.name} first.")

    def person(self, named: str, source: str | None) -> Person:
        owners = [] if source == "ats" else self._owners(named, source)
        if len(owners) > 1:
            raise MusterError(
                f"{len(owners)} people are known by what was given: give the id of the"
                " record that is meant, with --source.",
                2,
            )
        ids: Ids = {}
        kept: dict[str, list[str]] = {}
        for owner in owners:
            for system, name in self._records(owner):
                ids.setdefault(system, set()).add(name)
            for kind, number, is_shared in self._numbers(owner):
                if is_shared:
                    kept.setdefault(kind, []).append(number)
                else:
                    ids.setdefault(kind, set()).add(number)
        if not owners and source in (None, "frappe_hr") and self._is_record(named):
            ids["frappe_hr"] = {named}
        if found := self._applications(named, source, ids):
            ids[APPLICATION] = found
        if not ids:
            raise MusterError(
                "Nobody is known by what was given: give an employee number, or the id"
                " of a record or an application, as the sources do. After new data, run"
                f" muster build --env {self._environment.name} first.",
                2,
            )
        texts, shared = self._own_alone(ids)
        if shared:
            kept[TEXT] = sorted(shared)
        return Person(self._keys(ids), texts, kept)

    def is_known(self, named: str) -> bool:
        """Whether anybody is known by a number or an id, with or without zeros."""
        return bool(
            self._owners(named, None)
            or self._is_record(named)
            or self._applications(named, None, {})
            or self._all(
                "select 1 from restricted.people.int_identifiers_held"
                " where ltrim(identifier, '0') = ltrim($1, '0') limit 1",
                [named],
            )
        )

    def _owners(self, named: str, source: str | None) -> list[str]:
        """Who is known by an id; else by a record's other name; else by a number."""
        found = self._all(
            "with named as ("
            "  select 1 as place, employee_key"
            "  from restricted.people.int_people_linked where person_id = $1"
            "  or person_id = $2 || ':' || $1"
            "  or ($2 is null and ends_with(person_id, ':' || $1)) union all"
            "  select 2, links.employee_key"
            "  from restricted.people.int_frappe_hr_documents_linked as documents"
            "  inner join restricted.people.int_people_linked as links on"
            "  links.person_id = 'frappe_hr:' || documents.person_document_id"
            "  where documents.employee_document_id = $1 union all"
            "  select 3, employee_key"
            "  from restricted.people.int_identifiers_held where identifier = $1)"
            " select distinct employee_key from named"
            " where place = (select min(place) from named)",
            [named, source],
        )
        return [str(key) for (key,) in found]

    def _records(self, owner: str) -> set[tuple[str, str]]:
        """System and id of each record that is theirs, by all its names.

        Raises:
            MusterError: Such a name is that of somebody else's record, too.
        """
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
        names = self._all(
            "with theirs as (select distinct employee_document_id as name"
            "  from restricted.people.int_frappe_hr_documents_linked"
            "  where list_contains($1, person_document_id))"
            " from theirs union"
            " select former_value from restricted.people.int_frappe_hr_names_succeeded"
            " where field_name = 'reports_to' and link_value in (from theirs)"
            " and former_value not in (select employee_document_id from"
            "  restricted.people.int_frappe_hr_documents_linked where is_now)",
            [people],
        )
        own = {*people, *(str(name) for (name,) in names)}
        if self._all(
            "select name from raw.raw_frappe_hr.employees"
            " where list_contains($1, name) and name in (select employee_document_id"
            "  from restricted.people.int_frappe_hr_documents_linked as documents"
            "  inner join restricted.people.int_people_linked as links on"
            "  links.person_id = 'frappe_hr:' || documents.person_document_id"
            "  where links.employee_key <> $2)"
            " group by name having count(distinct creation) > 1",
            [[*own], owner],
        ):
            raise MusterError(
                "A name that their record had was given to another record since: rows"
                " of the two cannot be told apart, and nothing was changed."
            )
        others = {(system, name) for system, name in found if system != "frappe_hr"}
        return others | {("frappe_hr", name) for name in own}

    def _numbers(self, owner: str) -> Iterator[tuple[str, str, bool]]:
        """Numbers and badges: kind, which, and whether it was handed on."""
        rows = self._all(
            "select identifier_kind, identifier, bool_or(employee_key <> $1)"
            " from restricted.people.int_identifiers_held"
            " where (identifier_kind, identifier) in (select (identifier_kind,"
            "  identifier) from restricted.people.int_identifiers_held"
            "  where employee_key = $1) group by all",
            [owner],
        )
        for kind, number, is_shared in rows:
            yield str(kind), str(number), bool(is_shared)

    def _is_record(self, named: str) -> bool:
        """Whether it is one that no model takes for anybody's."""
        return bool(
            self._all(
                "select 1 from raw.raw_frappe_hr.employees where name = $1 limit 1",
                [named],
            )
        )

    def _applications(self, named: str, source: str | None, ids: Ids) -> set[str]:
        """Applications by their id, by a number, and by the same name and address."""
        rows = self._all(
            "with theirs as (select distinct application_id,"
            "  trim(candidate_email) as address, trim(candidate_name) as called"
            "  from raw.raw_ats.applications"
            "  where list_contains($1, trim(application_id))"
            "  or list_contains($2, trim(employee_number)))"
            " select application_id from theirs union"
            " select a.application_id from raw.raw_ats.applications as a"
            " inner join theirs on trim(a.candidate_email) = theirs.address"
            " and trim(a.candidate_name) = theirs.called",
            [[named] if source in (None, "ats") else [], [*ids.get(NUMBER, ())]],
        )
        found = {str(each).strip() for (each,) in rows}
        if not found and not ids and source in (None, "ats"):
            rows = self._all(
                "select 1 from raw.raw_ats.stage_changes"
                " where trim(application_id) = $1 limit 1",
                [named],
            )
            return {named} if rows else set()
        return found

    def _own_alone(self, ids: Ids) -> tuple[set[str], set[str]]:
        """Names and addresses in rows about them alone, and those of others too."""
        every = own = {each for each in self._texts(ids, "") if tells(each)}
        others = Matcher({}, own)
        for text in self._texts(ids, "not"):
            if others.names(text):
                # Somebody's name is no identifier where others bear it, or a longer.
                own = {each for each in own if not Matcher({}, [each]).names(text)}
                others = Matcher({}, own)
        return own, every - own

    def _texts(self, ids: Ids, negation: str) -> Iterator[str]:
        """What tells who somebody is in rows about them, or about all others."""
        schemas = self._all(
            "select schema_name, view_name from duckdb_views()"
            " where database_name = 'raw' order by all"
        )
        for schema, table in schemas:
            system = str(schema).removeprefix("raw_")
            roles = personal.roles(system, str(table))
            subjects = {
                name: role.kind
                for name, role in roles.items()
                if role.what == personal.SUBJECT
            }
            names = dict.fromkeys((personal.FIRST, personal.LAST), "null")
            names |= {r.what: quote(n) for n, r in roles.items() if r.what in names}
            first, last = names.values()
            told = [quote(n) for n, r in roles.items() if r.what == personal.TELLING]
            if {first, last} != {"null"}:
                told += [
                    f"concat_ws(' ', {first}, {last})",
                    f"concat_ws(' ', {last}, {first})",
                ]
            if not subjects or not told:
                continue
            about = " or ".join(
                f"coalesce(list_contains(${n}, trim({quote(name)})), false)"
                for n, name in enumerate(subjects, 1)
            )
            rows = self._all(
                f"select distinct unnest([{', '.join(told)}]) as told"
                f" from raw.{quote(schema)}.{quote(table)} where {negation} ({about})",
                [[*ids.get(kind, ())] for kind in subjects.values()],
            )
            yield from (str(text).strip() for (text,) in rows if text)

    def _keys(self, ids: Ids) -> Keys:
        beginning = f"{PREFIX}{secrets.token_hex(8)}"
        # Spreadsheets drop the zeros that a number begins with.
        fresh = {
            each.lstrip("0"): f"{beginning}-{secrets.token_hex(4)}"
            for found in ids.values()
            for each in found
        }
        keys = {
            kind: {each: fresh[each.lstrip("0")] for each in sorted(found)}
            for kind, found in ids.items()
        }
        secret = pseudonym_key(self._environment.folder)
        said = {NUMBER: "payroll"}
        keys[PSEUDONYM] = {
            pseudonym(secret, f"{said.get(kind, kind)}:{old}"): pseudonym(
                secret, f"{said.get(kind, kind)}:{new}"
            )
            for kind, found in keys.items()
            for old, new in found.items()
        }
        return keys

    def _all(self, sql: str, given: list[Any] | None = None) -> list[tuple[Any, ...]]:
        return self._connection.execute(sql, given or []).fetchall()
