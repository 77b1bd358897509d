"""The attack that a publication must withstand, and what the publication is worth.

The attacker knows what is published, before and now, calendars, which department is in
which group and which company where, and reads the analysts' marts for pay. The judge
compares what is claimed with the tables of persons. Broken is a number of 1 to 9 people
that is had within 1, or one person's pay, hours, sick days or sex.
"""

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

import duckdb

from environment import Environment
from environment.databases import opened
from operations.attack import (
    differences,
    dominance,
    estimates,
    fractions,
    programs,
    reading,
    regrouping,
    utility,
)
from operations.attack.breaches import Breach, where
from operations.attack.judge import Truth
from operations.attack.knowledge import is_of_band, known, rated, together
from operations.attack.reading import Groups, Key, Publication
from operations.build.artifacts import MANIFEST

SECONDS = 120.0
"""How long an attack may take; what it did not try then is told."""

SPREADS = 2.0
"""How far off an approximate tie may be, in programs that use them."""

TRUSTED = 0.9
"""How many claims from approximate ties must be right, for a reader to trust them."""


@dataclass(frozen=True)
class Attacked:
    """What an attack found.

    What programs did not try, or found to contradict itself, is told in the verdict and
    stops no release: only breaches do, and what nothing judges.

    Attributes:
        breaches: What a reader learns of a person, or of fewer than ten.
        told: Table to the share of it that is told, by people.
        in_vain: What is withheld though it is told elsewhere, or without a reason.
        tried: How many small numbers were attacked.
        untried: How many were not by programs, since time ran out.
        contradictory: How many were not, since no company agrees with what is told.
        unjudged: What could not be judged, since its table of persons is missing.
        lacking: What the publication ought to tell and does not.
        people: How many work in the company.
        seconds: How long it took.
    """

    breaches: Sequence[Breach] = ()
    told: dict[str, float] = field(default_factory=dict)
    in_vain: Sequence[Breach] = ()
    tried: int = 0
    untried: int = 0
    contradictory: int = 0
    unjudged: Sequence[str] = ()
    lacking: Sequence[str] = ()
    people: float = 0.0
    seconds: float = 0.0

    @property
    def passed(self) -> bool:
        """Whether nothing was found, and everything could be judged."""
        return not self.breaches and not self.unjudged

    def verdict(self) -> str:
        """One line: what was found, or what was tried, and what was not."""
        parts = [
            f"{table} tells {about} by {method} ({times:,} times)"
            for (table, about, method), times in self.summary().items()
        ]
        if self.unjudged:
            parts.append(f"nothing judges {', '.join(self.unjudged)}")
        return "; ".join([*parts, self.effort()])

    def effort(self) -> str:
        """How much was tried, and what was not."""
        tried = f"{self.tried:,} numbers under ten attacked in {self.seconds:.0f} s"
        if self.untried:
            tried += f", {self.untried:,} more not by programs, for want of time"
        if self.contradictory:
            tried += f", what is told contradicts itself for {self.contradictory:,}"
        return tried

    def withheld_in_vain(self) -> list[str]:
        """What is withheld in vain, with how often."""
        found = Counter((each.table, each.about) for each in self.in_vain)
        return [
            f"{table}.{about} ({n:,} times)"
            for (table, about), n in sorted(found.items())
        ]

    def summary(self) -> dict[tuple[str, str, str], int]:
        """Table, what is told, and method, to the number of breaches."""
        return dict(
            sorted(Counter((b.table, b.about, b.method) for b in self.breaches).items())
        )


def attack(
    published: Path,
    muster: Path,
    restricted: Path,
    manifest: Path | None = None,
    seconds: float = SECONDS,
    previous: Path | None = None,
) -> Attacked:
    """Attack a publication.

    Args:
        published: The database that everybody reads.
        muster: The database that analysts read.
        restricted: The database of persons, for the judge.
        manifest: dbt's manifest, in which columns state their steps. Without it every
            number is exact.
        seconds: How long it may take.
        previous: The publication before this one.
    """
    started = time.monotonic()
    databases = {"published": published, "muster": muster, "restricted": restricted}
    with opened(databases | {"previous": previous}) as connection:
        publication = reading.read(connection, manifest)
        before = earlier(connection, previous) if previous else None
        found = fractions.of_persons(connection)
        found += fractions.of_populations(connection, publication.figures)
        found += differences.off_step(publication.figures)
        if not any(f.key.unit == "month" for f in publication.figures):
            return Attacked(found, seconds=time.monotonic() - started)
        truth = true(connection, publication)
        found += dominance.dominated(publication.figures, truth.sums)
        found += dominance.compared(publication.figures, truth.counts, truth.sums)
        if before is not None:
            again = regrouping.regrouped(publication, before)
            before, publication = again.before, replace(publication, parts=again.parts)
            for groups in (again.before.groups, again.members):
                judge_others(connection, truth, groups, publication.groups)
            found += differences.between_releases(publication.figures, before.figures)
        small, hit, tried = numbers(
            publication, before, truth, seconds - (time.monotonic() - started)
        )
        whole = Key("headcount", (reading.ALL,) * 4, "month", last(publication))
        told = utility.told(publication.figures, truth)
        return Attacked(
            breaches=[*found, *hit],
            told=told,
            in_vain=list(utility.in_vain(publication.figures)),
            tried=small - tried.untried - tried.impossible,
            untried=tried.untried,
            contradictory=tried.impossible,
            unjudged=sorted(truth.missing),
            lacking=[
                *utility.lacking(told, truth.people(whole)),
                *utility.untold(publication.figures, truth),
            ],
            people=truth.people(whole),
            seconds=time.monotonic() - started,
        )


def attacked(
    environment: Environment, seconds: float = SECONDS, before: Path | None = None
) -> Attacked:
    """Attack what an environment publishes.

    Args:
        environment: The environment, built.
        seconds: How long it may take.
        before: The folder of the release before.
    """
    return attack(
        environment.published,
        environment.marts,
        environment.restricted,
        environment.artifacts / MANIFEST,
        seconds,
        before and before / environment.published.name,
    )


def earlier(connection: duckdb.DuckDBPyConnection, previous: Path) -> Publication:
    """The publication before, by its own manifest if it lies there.

    Without one its steps are those of its types and rows: today's may be other ones.
    """
    manifest = previous.parent / "dbt" / MANIFEST
    return reading.read(connection, manifest, "previous")


def true(connection: duckdb.DuckDBPyConnection, publication: Publication) -> Truth:
    """The truth about what a publication tells, in the periods in which it does."""
    units: dict[str, set[str]] = {}
    for figure in publication.figures:
        units.setdefault(figure.key.measure, set()).add(figure.key.unit)
    for part, whole in (
        ("exits_otherwise", "exits_voluntary"),
        ("accepted_from_outside", "accepted_from_within"),
    ):
        units[part] = units.get(whole, set())
    shapes = {
        tuple(
            name
            for name, label in zip(reading.DIMENSIONS, figure.key.place, strict=True)
            if label != reading.ALL
        )
        for figure in publication.figures
        if len(figure.key.place) == len(reading.DIMENSIONS)
    }
    return Truth(connection, units, shapes, last(publication))


def judge_others(
    connection: duckdb.DuckDBPyConnection, truth: Truth, groups: Groups, known: Groups
) -> None:
    """Add what is true of groups that are not published now."""
    others = {label for _, label in groups.keys() - known.keys()}
    if others:
        own = connection.cursor()
        counts = Truth(own, truth.units, truth.shapes, truth.last, groups).counts
        truth.counts.update(
            (key, n) for key, n in counts.items() if others & set(key.place)
        )


def last(publication: Publication) -> date:
    """The last month that is told."""
    return max(f.key.start for f in publication.figures if f.key.unit == "month")


def numbers(
    publication: Publication, before: Publication | None, truth: Truth, seconds: float
) -> tuple[int, list[Breach], programs.Tried]:
    """Find which small numbers of people a reader has within 1.

    What the earlier publication gave away alone is out, and is not counted.

    Returns:
        How many small numbers there are, the breaches, and what programs tried last.
    """
    old: dict[Key, str] = {}
    merged = together(publication, before) if before else publication
    if before is not None:
        seconds /= 3
        _, old, _ = hits(before, truth, seconds)
    small, hit, tried = hits(merged, truth, seconds)
    if before is not None and tried.impossible:
        # What was corrected since contradicts itself, and hides what is told now.
        hit = hits(publication, truth, seconds)[1] | hit
    breaches = [
        Breach(method, table_of(key), key.measure, where(key))
        for key, method in sorted(hit.items())
        if key not in old
    ]
    return small, breaches, tried


def hits(
    publication: Publication, truth: Truth, seconds: float
) -> tuple[int, dict[Key, str], programs.Tried]:
    """Small numbers that are had within 1, by method, and what programs tried last.

    Only numbers that truly are small are tried: others are no secret.
    """
    knowledge = known(publication)
    measures = rated(publication)
    loose = known(publication, frozenset())
    # Which rates are of exact numbers is not said: each may be alone.
    some = [known(publication, frozenset({each})) for each in sorted(measures)]
    small = sorted(filter(truth.is_small, knowledge.bounds))
    hit: dict[Key, str] = {}

    def left() -> list[Key]:
        return [key for key in small if key not in hit]

    for each in (knowledge, *some, loose):
        tried = programs.ranges(each, left(), seconds / 3)
        hit |= dict.fromkeys(_right(tried, truth), "programs")
    estimated = estimates.least_norm(knowledge) if left() else {}
    for keys in estimates.better_than_blind(estimated, truth.counts, left()).values():
        hit |= dict.fromkeys(keys, "estimates")
    nearly = programs.ranges(loose, left(), seconds / 3, SPREADS)
    right = _right(nearly, truth)
    if len(right) >= TRUSTED * len(nearly.ranges):
        hit |= dict.fromkeys(right, "approximate programs")
    return len(small), hit, tried


def _right(tried: programs.Tried, truth: Truth) -> list[Key]:
    return [
        key
        for key, found in tried.ranges.items()
        if found.least <= truth.counts[key] <= found.greatest
    ]


def table_of(key: Key) -> str:
    """The published table that tells most of a number, for people."""
    for table, columns in reading.TABLES.items():
        if any(key.measure == column.measure for column in columns.values()):
            return f"published.{table}"
    if len(key.place) == len(reading.PAY_DIMENSIONS):
        return f"published.{'pay_quartiles' if is_of_band(key) else 'pay_gap'}"
    return "published.turnover" if "exits" in key.measure else "published.recruiting"


__all__ = ["Attacked", "Breach", "attack", "attacked"]
