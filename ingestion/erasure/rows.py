"""Rows and documents of people to be forgotten, without what tells who it is."""

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from ingestion.erasure.personal import EMPTIED, IDENTIFIER, MONTH, SUBJECT, Roles

Find = Callable[[str], str | None]
"""The key that takes an identifier's place; none where it is of nobody to forget."""

_DAYS = ("%Y-%m-%d", "%d.%m.%Y", "%m/%d/%Y", "%d/%m/%Y", "%Y/%m/%d", "%Y%m%d")
_ISO = re.compile(r"(\d{4}-\d{2}-)\d{2}")


def of_month(text: str) -> str:
    """A written day as the first of its month; empty where it is no day."""
    if _ISO.match(text):
        return _ISO.sub(r"\g<1>01", text[:10])
    for form in _DAYS:
        try:
            return datetime.strptime(text.strip(), form).replace(day=1).strftime(form)
        except ValueError:
            continue
    return ""


def fields(values: Mapping[str, Any], roles: Roles, find: Find) -> dict[str, Any]:
    """One record: the same, where it is of nobody to forget and names none."""
    found = {
        name: key
        for name in values
        if name in roles
        and roles[name] not in (EMPTIED, MONTH)
        and isinstance(values[name], str | int)
        and (key := find(str(values[name])))
    }
    is_own = any(roles[name] == SUBJECT for name in found)
    changed = dict(values)
    for name, role in roles.items():
        if name in found and (is_own or role != IDENTIFIER):
            changed[name] = found[name]
        elif name in values and is_own and role == EMPTIED:
            changed[name] = None
        elif values.get(name) and is_own and role == MONTH:
            changed[name] = _month(values[name])
    return changed


def table(rows: pa.Table, roles: Roles, find: Find) -> pa.Table:
    """A table: itself, where nothing in it is of anybody to forget."""
    places = {name: place for place, name in enumerate(rows.column_names)}
    own = None
    replaced: dict[str, Any] = {}
    masks: dict[str, Any] = {}
    for name, role in roles.items():
        if name not in places or role in (EMPTIED, MONTH):
            continue
        column = rows[name]
        if not pa.types.is_string(column.type) and not pa.types.is_large_string(
            column.type
        ):
            column = column.cast(pa.string())
        unique = pc.unique(column).drop_null().to_pylist()
        keys = {value: key for value in unique if (key := find(value))}
        if not keys:
            continue
        known = pa.array(list(keys), column.type)
        places_in = pc.index_in(column, value_set=known)
        masks[name] = pc.is_valid(places_in)
        fresh = pc.take(pa.array(list(keys.values()), column.type), places_in)
        replaced[name] = pc.coalesce(fresh, column)
        if role == SUBJECT:
            own = masks[name] if own is None else pc.or_(own, masks[name])
    changed = rows
    for name, role in roles.items():
        if name not in places:
            continue
        column = rows[name]
        if role == IDENTIFIER and name in replaced and own is not None:
            column = pc.if_else(own, replaced[name], column.cast(replaced[name].type))
        elif name in replaced and role != IDENTIFIER:
            column = replaced[name]
        elif own is not None and role == EMPTIED:
            column = pc.if_else(own, pa.scalar(None, column.type), column)
        elif own is not None and role == MONTH:
            column = pc.if_else(own, _months(column), column)
        else:
            continue
        changed = changed.set_column(places[name], name, column)
    return changed


def _month(value: Any) -> Any:
    return value.replace(day=1) if isinstance(value, date) else of_month(str(value))


def _months(column: Any) -> Any:
    values = column.to_pylist()
    return pa.chunked_array(
        [pa.array([_month(v) if v else None for v in values], column.type)]
    )
