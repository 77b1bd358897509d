"""What a build did not take as it is: how many records, by which rules."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import duckdb

import environment as environments
from environment import Environment
from environment.databases import connect
from environment.errors import MusterError

TABLE = "quality.rpt_set_aside_counts"
ROWS = "restricted.quality.rpt_set_aside"

KINDS = {"set_aside": "set aside", "assumed": "assumed", "flagged": "flagged"}
"""What becomes of a record, in the order in which and words by which it is told."""


@dataclass(frozen=True)
class Rule:
    """How many records a rule is about; the columns of `TABLE`.

    Attributes:
        rule: Its name.
        source: Whose records.
        resource: Which of them.
        kind: One of `KINDS`.
        consequence: What is left out or assumed.
        remedy: What to do.
        records: How many.
        share_pct: Of 100 that are known; None where nobody counts them.
        largest_share_pct: How many of 100 may be so; None where none is too many.
        is_past_bound: Whether they are more than that.
    """

    rule: str
    source: str
    resource: str
    kind: str
    consequence: str
    remedy: str
    records: int
    share_pct: float | None
    largest_share_pct: float | None
    is_past_bound: bool


def read(connection: duckdb.DuckDBPyConnection) -> list[Rule]:
    """Read what the marts say; nothing where an earlier version has made them.

    Args:
        connection: One on which `muster.duckdb` is `muster`.
    """
    names = ", ".join(Rule.__dataclass_fields__)
    try:
        rows = connection.execute(
            f"select {names} from muster.{TABLE} "
            "order by is_past_bound desc, kind = 'flagged', records desc, rule, source"
        ).fetchall()
    except duckdb.CatalogException:
        return []
    return [Rule(*row) for row in rows]


def of(environment: Environment) -> list[Rule]:
    """Read what an environment's marts say; nothing where there are none.

    Raises:
        MusterError: They are in use.
    """
    if not environment.marts.exists():
        return []
    with connect(environment.marts) as marts:
        return read(marts)


def told(rules: Sequence[Rule]) -> str:
    """One line: how many records of each kind, by how many rules."""
    if not rules:
        return "nothing is set aside, assumed or flagged"
    records: Counter[str] = Counter()
    for each in rules:
        records[each.kind] += each.records
    parts = [f"{records[kind]:,} {word}" for kind, word in KINDS.items()]
    number = len({each.rule for each in rules})
    return f"{', '.join(parts)}, by {number} {'rule' if number == 1 else 'rules'}"


def past_bounds(rules: Sequence[Rule], environment: Environment) -> list[str]:
    """A line for each rule that is past its bound: how many, and how to see them."""
    return [
        f"{each.rule}: {each.records:,} {each.resource} of {each.source} "
        f"({each.share_pct:.1f} %, where {each.largest_share_pct:.1f} % are the most); "
        f"{each.remedy} See them: {command(environment, each.rule)}"
        for each in rules
        if each.is_past_bound
    ]


def command(environment: Environment, rule: str = "") -> str:
    """What shows the records, of one rule or of all."""
    which = f" where rule = '{rule}'" if rule else ""
    return f'{query(environment)} --restricted "from {ROWS}{which}"'


def query(environment: Environment) -> str:
    """How a person queries an environment, which may be a release's candidate."""
    try:
        is_found = environments.find(environment.name).home == environment.home
    except MusterError:
        is_found = False
    home = "" if is_found else f"MUSTER_HOME={environments.shown(environment.home)} "
    option = "" if environment.name == "dev" else f" --env {environment.name}"
    return f"{home}muster query{option}"
