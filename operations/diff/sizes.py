"""How much a column differs, which keys changed, and what a new column holds."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import duckdb

from environment.sql import quote

NUMBERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "FLOAT", "DOUBLE")
"""Types of numbers, beside decimals and those without a sign."""

ORDERED = ("DATE", "TIMESTAMP", "BOOLEAN")
"""Further types of which the least and the greatest value say something."""

SAMPLES = 3
"""How many changed keys are told."""

NOISE = 1e-9
"""Differences that are alike but for this part of them are the same."""

BINS = 8
LEVELS = "▁▂▃▄▅▆▇█"
"""Draws how the differences of a number are spread, from the least to the greatest."""


@dataclass(frozen=True)
class Size:
    """How much a column differs between the rows of the same keys.

    Attributes:
        nulls_gained: Number of keys whose value became null.
        nulls_lost: Number of keys whose value was null and is not.
        mean: Mean of what the later value is above the earlier, where both are numbers
            and differ; None where the column holds none, or none may be told.
        median: The median of that.
        largest: The greatest of that by size, with its sign.
        spread: How many keys differ by how much, as a row of bars from the least
            difference to the greatest; empty where all differ by about the same.
    """

    nulls_gained: int = 0
    nulls_lost: int = 0
    mean: float | None = None
    median: float | None = None
    largest: float | None = None
    spread: str = ""


@dataclass(frozen=True)
class Profile:
    """What a new column holds.

    Attributes:
        nulls: Share of rows that are null; None where there are no rows.
        distinct: Number of values; None where nothing of values may be told.
        least: The least value as text, of numbers, days, instants and truths.
        greatest: The greatest.
    """

    nulls: float | None
    distinct: int | None = None
    least: str | None = None
    greatest: str | None = None


def is_number(data_type: str) -> bool:
    """Whether a type of DuckDB is one of numbers."""
    kind = re.sub(r"\(\d+,\d+\)$", "", data_type)
    return kind == "DECIMAL" or kind.removeprefix("U") in NUMBERS


def matched(before: str, after: str, key: Sequence[str], columns: Sequence[str]) -> str:
    """SQL of the kept keys: `key_<n>`, and `before_<n>`, `after_<n>` for columns."""
    joined = " and ".join(
        f"b.{quote(column)} is not distinct from a.{quote(column)}" for column in key
    )
    keys = [f"a.{quote(column)} as key_{n}" for n, column in enumerate(key)]
    pairs = [
        f"b.{quote(column)} as before_{n}, a.{quote(column)} as after_{n}"
        for n, column in enumerate(columns)
    ]
    return (
        f"select {', '.join([*keys, *pairs])} from {before} as b"
        f" inner join {after} as a on {joined}"
    )


def differences(
    connection: duckdb.DuckDBPyConnection,
    before: str,
    after: str,
    key: Sequence[str],
    columns: Mapping[str, str],
    *,
    has_values: bool,
) -> dict[str, Size]:
    """How much columns differ between two tables.

    Args:
        connection: To both.
        before: The earlier table, as SQL wants it.
        after: The later one.
        key: What rows are matched by.
        columns: Changed columns with their types in the later table.
        has_values: Whether means and the like may be told, or counts alone.
    """
    if not columns:
        return {}
    source = matched(before, after, key, tuple(columns))
    found = {}
    for n, (column, data_type) in enumerate(columns.items()):
        gained, lost = connection.execute(
            f"select count(*) filter (before_{n} is not null and after_{n} is null),"
            f" count(*) filter (before_{n} is null and after_{n} is not null)"
            f" from ({source})"
        ).fetchall()[0]
        found[column] = Size(gained, lost)
        if has_values and is_number(data_type):
            more = f"cast(after_{n} as double) - try_cast(before_{n} as double)"
            (mean, median, largest), bins = connection.execute(
                f"with more as (select {more} as more from ({source})),"
                " differing as (select more from more"
                "  where more <> 0 and isfinite(more)),"
                " ends as (select min(more) as least, max(more) as greatest"
                "  from differing),"
                " binned as (select least("
                f"  floor((more - least) * {BINS} / (greatest - least)), {BINS - 1}"
                "  ) as bin, count(*) as keys from differing cross join ends"
                f"  where greatest - least > {NOISE} * greatest(abs(least),"
                "  abs(greatest)) group by bin)"
                " select [avg(more), median(more), arg_max(more, abs(more))],"
                " (select map(list(cast(bin as integer)), list(keys)) from binned)"
                " from differing"
            ).fetchall()[0]
            found[column] = Size(
                gained, lost, mean, median, largest, spread(bins or {})
            )
    return found


def spread(bins: Mapping[int, int]) -> str:
    """Bars of the numbers of keys by bin."""
    most = max(bins.values(), default=0)
    return (
        "".join(
            LEVELS[-(-bins[bin_] * (len(LEVELS) - 1) // most)]
            if bin_ in bins
            else LEVELS[0]
            for bin_ in range(BINS)
        )
        if most
        else ""
    )


def samples(
    connection: duckdb.DuckDBPyConnection,
    before: str,
    after: str,
    key: Sequence[str],
    columns: Mapping[str, str],
) -> tuple[str, ...]:
    """A few of the keys on which columns differ, each as `column=value, ...`."""
    differs = " or ".join(
        f"try_cast(before_{n} as {data_type}) is distinct from after_{n}"
        for n, data_type in enumerate(columns.values())
    )
    keys = ", ".join(f"cast(key_{n} as varchar)" for n in range(len(key)))
    rows = connection.execute(
        f"select {keys} from ({matched(before, after, key, tuple(columns))})"
        f" where {differs} order by all limit {SAMPLES}"
    ).fetchall()
    return tuple(
        ", ".join(f"{column}={value}" for column, value in zip(key, row, strict=True))
        for row in rows
    )


def profile(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    column: str,
    data_type: str,
    *,
    has_values: bool,
) -> Profile:
    """What a column holds; no value of it, if none may be told."""
    name = quote(column)
    nulls, distinct, least, greatest = connection.execute(
        f"select 1 - count({name}) / nullif(count(*), 0), count(distinct {name}),"
        f" cast(min({name}) as varchar), cast(max({name}) as varchar) from {table}"
    ).fetchall()[0]
    if not has_values:
        return Profile(nulls)
    if is_number(data_type) or data_type.startswith(ORDERED):
        return Profile(nulls, distinct, least, greatest)
    return Profile(nulls, distinct)
