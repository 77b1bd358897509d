"""Rows and documents of people to be forgotten, without what tells who it is."""

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from functools import partial
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from ingestion.erasure.matching import Known
from ingestion.erasure.personal import FREE, GONE, IDENTIFIER, MONTH, SUBJECT, Roles

_ISO = re.compile(r"(\d{4}-\d{2}-)\d{2}")
_FIELD = "fieldname"


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
        if role.kind
        and isinstance(value := values.get(name), str | int)
        and (not role.of_field or values.get(_FIELD) == role.of_field)
        and (key := known.find(role.kind, str(value)))
    }
    is_own = any(roles[name].what == SUBJECT for name in found)
    changed = dict(values)
    for name, value in values.items():
        role = roles.get(name)
        what = role.what if role else ""
        if name in found and (is_own or what != IDENTIFIER):
            changed[name] = found[name]
        elif is_own and what in GONE:
            changed[name] = None
        elif role and value and is_own and what == MONTH:
            changed[name] = _month(value, role.forms)
        elif what == FREE or (not role and known.has_texts):
            changed[name] = within(value, known, is_free=what == FREE)
    return changed


def within(value: Any, known: Known, *, is_free: bool = True) -> Any:
    """A value without anybody who is named in it, however deep."""
    if isinstance(value, str):
        return known.scrub(value, is_free=is_free)
    if isinstance(value, list):
        return [within(each, known, is_free=is_free) for each in value]
    if isinstance(value, dict):
        return {k: within(v, known, is_free=is_free) for k, v in value.items()}
    return value


def table(rows: pa.Table, roles: Roles, known: Known) -> pa.Table:
    """A table: itself, where nothing in it is of anybody to forget."""
    own, replaced = None, {}
    for name in rows.column_names:
        role = roles.get(name)
        is_free = role is not None and role.what == FREE
        if role and role.kind:
            change: Callable[[str], str | None] = partial(known.find, role.kind)
            column = _text(rows[name])
        elif is_free or (not role and known.has_texts and _is_text(rows[name].type)):
            change, column = partial(_scrubbed, known, is_free), _text(rows[name])
        else:
            continue
        mask, fresh = _replaced(column, change)
        if mask is None:
            continue
        if role and role.of_field:
            mask = pc.and_(mask, pc.equal(rows[_FIELD], role.of_field).fill_null(False))
        if role and role.what == SUBJECT:
            own = mask if own is None else pc.or_(own, mask)
        replaced[name] = mask, pc.if_else(mask, fresh, column)
    changed = rows
    for place, name in enumerate(rows.column_names):
        column, role = rows[name], roles.get(name)
        what = role.what if role else ""
        if own is not None and what in GONE:
            column = pc.if_else(own, pa.scalar(None, column.type), column)
            if name in replaced:
                column = pc.if_else(own, column, replaced[name][1])
        elif own is not None and role and what == MONTH:
            column = pc.if_else(own, _months(column, role.forms), column)
        elif name in replaced and what == IDENTIFIER:
            if own is None:
                continue
            column = pc.if_else(own, replaced[name][1], _text(column))
        elif name in replaced and pc.any(replaced[name][0]).as_py():
            column = replaced[name][1]
        else:
            continue
        changed = changed.set_column(place, name, column)
    return changed


def _is_text(kind: pa.DataType) -> bool:
    is_dictionary = pa.types.is_dictionary(kind)
    kind = kind.value_type if is_dictionary else kind
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _text(column: Any) -> Any:
    return column if pa.types.is_string(column.type) else column.cast(pa.string())


def _scrubbed(known: Known, is_free: bool, text: str) -> str | None:
    after = known.scrub(text, is_free=is_free)
    return None if after == text else after


def _replaced(column: Any, change: Callable[[str], str | None]) -> tuple[Any, Any]:
    """Where values are replaced, and by what; nothing where none is."""
    found = {
        value: fresh
        for value in pc.unique(column).drop_null().to_pylist()
        if (fresh := change(value)) is not None
    }
    if not found:
        return None, None
    places = pc.index_in(column, value_set=pa.array(list(found), pa.string()))
    return pc.is_valid(places), pc.take(pa.array(list(found.values())), places)


def _month(value: Any, forms: tuple[str, ...]) -> Any:
    if isinstance(value, date):
        return value.replace(day=1)
    return of_month(str(value), forms)


def _months(column: Any, forms: tuple[str, ...]) -> Any:
    values = column.to_pylist()
    months = [_month(each, forms) if each else None for each in values]
    return pa.chunked_array([pa.array(months, column.type)])
