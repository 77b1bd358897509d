"""Rows and documents of people to be forgotten, without what tells who it is."""

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from functools import partial
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from ingestion.erasure.matching import Known, Where
from ingestion.erasure.personal import (
    FREE,
    GONE,
    IDENTIFIER,
    LAST,
    MONTH,
    PERSON_CHARACTERS,
    SUBJECT,
    Role,
    Roles,
)

_ISO = re.compile(r"(\d{4}-\d{2}-)\d{2}")
_FIELD = "fieldname"
_OTHER = Role("")


def of_month(text: str, forms: tuple[str, ...] = ()) -> str:
    """A written day as the first of its month; empty where it is no day of its form."""
    if _ISO.match(text):
        return _ISO.sub(r"\g<1>01", text[:10])
    for form in forms:
        try:
            return datetime.strptime(text.strip(), form).replace(day=1).strftime(form)
        except ValueError:
            continue
    return ""


def fields(values: Mapping[str, Any], roles: Roles, known: Known) -> dict[str, Any]:
    """One record: the same, where it is of nobody to forget and names none."""
    found = {
        name: key
        for name, role in roles.items()
        if (kind := role.kind or values.get(role.kind_in, ""))
        and isinstance(value := values.get(name), str | int)
        and (not role.of_field or values.get(_FIELD) == role.of_field)
        and (key := known.find(kind, str(value)))
    }
    own = [key for name, key in found.items() if roles[name].what == SUBJECT]
    is_own = bool(own)
    changed = dict(values)
    for name, value in values.items():
        role = roles.get(name, _OTHER)
        if name in found and (is_own or role.what != IDENTIFIER):
            changed[name] = found[name]
        elif is_own and role.what in GONE:
            changed[name] = None
        elif is_own and role.what == LAST and value:
            changed[name] = own[0][:PERSON_CHARACTERS]
        elif is_own and role.what == MONTH and value:
            changed[name] = _month(value, role.forms)
        elif role.what == FREE or (not role.kind and known.has_texts):
            changed[name] = within(value, known, _where(role))
    return changed


def within(value: Any, known: Known, where: Where = Where.FREE) -> Any:
    """A value without anybody who is named in it, however deep."""
    if isinstance(value, str):
        return known.scrub(value, where)
    if isinstance(value, list):
        return [within(each, known, where) for each in value]
    if isinstance(value, dict):
        return {name: within(each, known, where) for name, each in value.items()}
    return value


def table(rows: pa.Table, roles: Roles, known: Known) -> pa.Table:
    """A table: itself, where nothing in it is of anybody to forget.

    Only rows that may be, or may name somebody, are read one by one, as records are.
    """
    touched = None
    for name in rows.column_names:
        mask = _may_tell(rows[name], roles.get(name, _OTHER), known)
        if mask is not None:
            touched = mask if touched is None else pc.or_(touched, mask)
    if touched is None:
        return rows
    before = rows.filter(touched).to_pylist()
    after = [fields(each, roles, known) for each in before]
    # Of each row its place, or that of what it becomes, behind all of them.
    behind = pc.add(pc.cumulative_sum(touched.cast(pa.int64())), len(rows) - 1)
    places = pc.if_else(touched, behind, pa.array(range(len(rows)), pa.int64()))
    changed = rows
    for name in rows.column_names:
        if all(b[name] == a[name] for b, a in zip(before, after, strict=True)):
            continue
        # A key is text, also where identifiers are numbers.
        is_key = roles.get(name, _OTHER).kind
        kind = pa.string() if is_key else _plain(rows[name].type)
        values = (each[name] for each in after)
        if is_key:
            values = (None if each is None else str(each) for each in values)
        fresh = pa.array([*values], kind)
        chunks = [*rows[name].cast(kind).chunks, fresh]
        column = pa.chunked_array(chunks).take(places)
        changed = changed.set_column(rows.column_names.index(name), name, column)
    return changed


def _where(role: Role) -> Where:
    return Where.FREE if role.what == FREE else Where.DATA


def _may_tell(column: Any, role: Role, known: Known) -> Any:
    """Where a column's values are of somebody, or name one; nothing where none does."""
    kind = _plain(column.type)
    if pa.types.is_nested(kind):
        if role.what != FREE and (role.kind or not known.has_texts):
            return None
        values = column.to_pylist()
        found = [within(each, known, _where(role)) != each for each in values]
        return pa.chunked_array([found]) if any(found) else None
    if role.kind_in:
        is_theirs: Callable[[str], object] = partial(known.names, where=Where.FREE)
    elif role.kind:
        is_theirs = partial(known.find, role.kind)
    elif role.what == FREE or (known.has_texts and _is_text(kind)):
        is_theirs = partial(known.names, where=_where(role))
    else:
        return None
    text = column.cast(pa.string())
    theirs = [v for v in pc.unique(text).drop_null().to_pylist() if is_theirs(v)]
    return pc.is_in(text, pa.array(theirs, pa.string())) if theirs else None


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _plain(kind: pa.DataType) -> pa.DataType:
    """A type without its dictionary."""
    return kind.value_type if pa.types.is_dictionary(kind) else kind


def _month(value: Any, forms: tuple[str, ...]) -> Any:
    if isinstance(value, date):
        return value.replace(day=1)
    return of_month(str(value), forms)
