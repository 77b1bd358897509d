"""All that a reader knows of numbers of people, as one system of linear ties.

Every number is an unknown of its own; tables, periods and the law tie them: parts add
up to totals, who was there and who came are there or left, a rate times its base is a
number of people. What is told lies in an interval as wide as its step.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from itertools import product

import numpy as np

from operations.attack.reading import (
    ALL,
    DIMENSIONS,
    MONTHS,
    REST,
    UNASSIGNED,
    Figure,
    Groups,
    Key,
    Publication,
    month,
    relabelled,
    totals,
)

INFINITE = float("inf")

SMOOTH = (0.1, 0.02)
"""How much a headcount usually changes in a month, and for each person in it."""

FEW = 10.0
"""How many there are of those who are few, as far as nothing else is known."""

QUARTERS = ("lower", "lower_middle", "upper_middle", "upper")
HALVES = ("lower_half", "upper_half")
SEXES = ("women", "men", "other")

BASES = frozenset({"employed"})
"""Numbers that only rates are of: nothing adds up to them."""

ROUNDED_PARTS = {"mean": 1, "accepted": 2, "employed": 2}
"""The bases that may be made of rounded numbers, and of how many at a time."""

EXACT = 1e-9
"""How far an unrounded number is from what it was computed from."""


@dataclass(frozen=True)
class Tie:
    """A sum of unknowns that lies between two numbers.

    Attributes:
        terms: Unknowns with their factors.
        least: The least that the sum can be.
        greatest: The most.
        spread: How far the sum usually is from its middle, where the tie is only
            approximate; 0 where it is certain.
        relative: How much further for each person that the first unknown is about.
    """

    terms: Mapping[Key, float]
    least: float
    greatest: float
    spread: float = 0.0
    relative: float = 0.0


@dataclass
class Knowledge:
    """Unknowns with their bounds, and what ties them.

    Attributes:
        bounds: Every unknown with the least and the most that it can be.
        ties: What ties them.
    """

    bounds: dict[Key, tuple[float, float]] = field(default_factory=dict)
    ties: list[Tie] = field(default_factory=list)

    def tell(self, key: Key, least: float, greatest: float) -> None:
        """Note that a number lies between two others."""
        old = self.bounds.get(key, (0.0, INFINITE))
        new = (max(old[0], least), min(old[1], greatest))
        if new[0] <= new[1] + 1e-6:
            self.bounds[key] = new

    def tie(
        self,
        terms: Mapping[Key, float],
        least: float = 0.0,
        greatest: float = 0.0,
        spread: float = 0.0,
    ) -> None:
        """Tie unknowns, all of which are known from now on to be at least 0."""
        for key in terms:
            self.bounds.setdefault(key, (0.0, INFINITE))
        self.ties.append(Tie(terms, least, greatest, spread))


def rated(publication: Publication) -> frozenset[str]:
    """Measures with a rate whose numbers may be rounded before it is made of them."""
    return frozenset(
        f.key.measure
        for f in publication.figures
        if f.kind == "rate" and f.base in ROUNDED_PARTS
    )


def known(publication: Publication, exact: frozenset[str] | None = None) -> Knowledge:
    """All that a publication tells.

    Args:
        publication: The publication.
        exact: The measures whose rates of the whole company are taken for those of its
            exact numbers; all where it is not said. They may be of rounded ones, of
            which then no company is possible.
    """
    exact = rated(publication) if exact is None else exact
    knowledge = Knowledge()
    for figure in publication.figures:
        if figure.kind == "count" and figure.value is not None:
            knowledge.tell(figure.key, figure.least, figure.greatest)
        elif figure.kind == "count":
            knowledge.bounds.setdefault(figure.key, (0.0, INFINITE))
    # What is told by rates alone is a number, too, that has its account.
    _rates(knowledge, publication.figures, exact)
    _accounts(knowledge)
    _quartiles(knowledge)
    _populations(knowledge)
    aside = publication.parts.keys() - publication.groups.keys()
    aside |= {(n, part) for (n, _), own in publication.parts.items() for part in own}
    _regrouped(knowledge, publication.parts)
    _add_up(knowledge, aside)
    _approximate(knowledge, publication)
    return knowledge


def together(now: Publication, before: Publication) -> Publication:
    """A publication with what an earlier one tells besides, or tells more finely."""
    told = {(f.column, f.key): f.step for f in now.figures if f.value is not None}
    kept = [
        figure
        for figure in before.figures
        if figure.value is not None
        and figure.step < told.get((figure.column, figure.key), INFINITE)
    ]
    return replace(now, figures=[*now.figures, *kept])


def _accounts(knowledge: Knowledge) -> None:
    """Who was there, came and did not leave is there a year later."""
    for key in [k for k in knowledge.bounds if k.measure == "joiners"]:
        opening, closing = (
            Key("headcount", key.place, "month", month(key.start, n)) for n in (-1, 11)
        )
        flows = {
            name: key._replace(measure=name)
            for name in ("transfers_in", "transfers_out", "exits")
        }
        moved = {flows["transfers_in"]: 1.0, flows["transfers_out"]: -1.0}
        knowledge.tie({opening: 1, key: 1, **moved, flows["exits"]: -1, closing: -1})
        if set(key.place) == {ALL}:
            knowledge.tie(moved)
    for whole, part, rest in (
        ("exits", "exits_voluntary", "exits_otherwise"),
        ("accepted", "accepted_from_within", "accepted_from_outside"),
    ):
        for key in [k for k in knowledge.bounds if k.measure == part]:
            names = {whole: 1.0, part: -1.0, rest: -1.0}
            knowledge.tie({key._replace(measure=n): f for n, f in names.items()})


def year_of_headcounts(key: Key) -> dict[Key, float]:
    """The mean of a year's headcounts at the ends of months."""
    return {
        Key("headcount", key.place, "month", month(key.start, n)): 1 / 12
        for n in range(12)
    }


def _base(key: Key, base: str) -> dict[Key, float]:
    if base == "mean":
        return year_of_headcounts(key)
    if base.endswith("size"):
        stem = base.removesuffix("size")
        return {key._replace(measure=stem + sex): 1.0 for sex in ("women", "men")}
    return {key._replace(measure=base): 1.0}


def _rates(
    knowledge: Knowledge, figures: Sequence[Figure], exact: frozenset[str]
) -> None:
    """A rate of a number of people is a number of people."""
    most = max((f.step for f in figures if f.kind == "count"), default=0)
    for figure in figures:
        key = figure.key
        if figure.kind == "mean" and figure.value is not None:
            knowledge.tie(
                year_of_headcounts(key), figure.least - EXACT, figure.greatest + EXACT
            )
        if figure.kind != "rate" or figure.value is None:
            continue
        base = _base(key, figure.base)
        # Rates of rounded numbers are off by what those are.
        is_rounded = key.measure not in exact or set(key.place) != {ALL}
        parts = ROUNDED_PARTS.get(figure.base, 0)
        off = most / 2 if parts and is_rounded else 0.0
        for sign, rate in (
            (1.0, figure.greatest + EXACT),
            (-1.0, max(figure.least, 0.0) - EXACT),
        ):
            terms = {key: sign * 100.0}
            for part, factor in base.items():
                terms[part] = terms.get(part, 0.0) - sign * rate * factor
            knowledge.tie(terms, -INFINITE, off * (100 + parts * rate))
        # The same for estimates, that take the middle: base first, to which it scales.
        terms = {part: -figure.value * factor for part, factor in base.items()}
        spread = (figure.greatest - figure.least) / 3.5
        knowledge.ties.append(
            Tie({**terms, key: 100.0}, 0.0, 0.0, 1.0 + off * 60, max(spread, EXACT))
        )
        if figure.base == "employed":
            _employed(knowledge, key._replace(measure="employed"))


def _employed(knowledge: Knowledge, key: Key) -> None:
    """Whoever was there in a year was there at its beginning, or came."""
    opening = Key("headcount", key.place, "month", month(key.start, -1))
    joiners = key._replace(measure="joiners")
    knowledge.tie({key: 1, opening: -1}, 0.0, INFINITE)
    knowledge.tie({key: 1, opening: -1, joiners: -1}, -INFINITE, 0.0)


def _populations(knowledge: Knowledge) -> None:
    """Who compares pay: those with full pay, those with components, and the others."""
    pay = {k for k in knowledge.bounds if len(k.place) == 2}
    for relevant in [k for k in pay if k.measure.startswith("relevant")]:
        sex = relevant.measure.partition(" ")[2]
        for part, rest in (("full", "not_full"), ("recipients", "non_recipients")):
            own, others = (
                relevant._replace(measure=f"{name} {sex}") for name in (part, rest)
            )
            if own in pay:
                knowledge.tie({relevant: 1, own: -1, others: -1})
                if rest == "not_full":
                    knowledge.ties.append(Tie({others: 1.0}, 0.0, 0.0, FEW))


def is_of_band(key: Key) -> bool:
    """Whether a number is of a part of the pay scale: basis, band and sex."""
    return len(key.measure.split()) == 3


def _quartiles(knowledge: Knowledge) -> None:
    """Quarters, or halves, of the pay scale are all of it, and alike in size."""
    bases = {k.measure.split()[0] for k in knowledge.bounds if is_of_band(k)}
    for basis, bands in product(sorted(bases), (QUARTERS, HALVES)):
        first = f"{basis} {bands[0]} women"
        for key in [k for k in knowledge.bounds if k.measure == first]:
            whole = "full" if key.place[0] == "uk" else "relevant"
            parts = [
                {
                    key._replace(measure=f"{basis} {band} {sex}"): 1.0
                    for sex in SEXES[:2]
                }
                for band in bands
            ]
            for n, sex in enumerate(SEXES[:2]):
                own = {list(part)[n]: 1.0 for part in parts}
                knowledge.tie({**own, key._replace(measure=f"{whole} {sex}"): -1.0})
            for one in parts[1:]:
                knowledge.tie({**one, **dict.fromkeys(parts[0], -1.0)}, -1.0, 1.0)


def _regrouped(knowledge: Knowledge, parts: Groups) -> None:
    """Groups of two releases are made of the same parts."""
    for key in list(knowledge.bounds):
        for n, label in enumerate(key.place):
            own = {relabelled(key, n, part): -1.0 for part in parts.get((n, label), ())}
            if own and key.measure not in BASES:
                knowledge.tie({key: 1.0, **own})


def _add_up(knowledge: Knowledge, aside: Set[tuple[int, str]]) -> None:
    """Parts add up to their total, with whoever is in none of them.

    Args:
        knowledge: All that is known.
        aside: Place and label of what another division of the company has.
    """
    groups: dict[tuple[Key, int], set[Key]] = defaultdict(set)
    named = {
        key
        for key in knowledge.bounds
        if len(key.place) == len(DIMENSIONS) and key.measure not in BASES
    }
    for key in named:
        for n, total in totals(key):
            if (n, key.place[n]) not in aside:
                groups[total, n].add(key)
    for (total, n), parts in groups.items():
        if not UNASSIGNED & {key.place[n] for key in parts} and n % 2 == 0:
            parts.add(relabelled(total, n, REST))
        knowledge.tie({total: 1.0, **dict.fromkeys(parts, -1.0)})


def _approximate(knowledge: Knowledge, publication: Publication) -> None:
    """What is nearly so: days scheduled, months of full time, who is paid."""
    _scheduled(knowledge, publication)
    _fte(knowledge, publication.figures)
    _smooth(knowledge)
    _paid(knowledge, publication)
    _alike(knowledge)


def _scheduled(knowledge: Knowledge, publication: Publication) -> None:
    """Days scheduled are headcounts by working days: the region's own, where told."""
    told = {
        figure.key: figure.value
        for figure in publication.figures
        if figure.column == "scheduled_days" and figure.value
    }
    for key, value in told.items():
        headcounts = _daily(key)
        days = publication.working_days.get((key.unit, key.start))
        whole = key._replace(place=(ALL, ALL, key.place[2], key.place[3]))
        bounds = [knowledge.bounds.get(k, (0.0, INFINITE)) for k in _daily(whole)]
        if whole in told and all(least == most for least, most in bounds):
            weights = _daily(whole).values()
            people = sum(w * b[0] for w, b in zip(weights, bounds, strict=True))
            days = told[whole] / people if people else None
        if days:
            mean = value / days
            knowledge.tie(headcounts, mean, mean, 0.2 + 0.01 * mean)


def _daily(key: Key) -> dict[Key, float]:
    """The mean of all days of a period, from headcounts at the ends of months."""
    months = MONTHS[key.unit]
    return {
        Key("headcount", key.place, "month", month(key.start, n)): (
            0.5 if n in (-1, months - 1) else 1.0
        )
        / months
        for n in range(-1, months)
    }


def _fte(knowledge: Knowledge, figures: Iterable[Figure]) -> None:
    """Months of full time are headcounts by a share that is alike everywhere."""
    told = {(f.column, f.key.place, f.key.start): f for f in figures if f.value}
    found: dict[Key, float] = {}
    for (column, place, start), figure in told.items():
        key = figure.key._replace(measure="fte")
        if column == "fte_months":
            found[key] = figure.value or 0.0
        per_fte = told.get(("cost_per_fte", place, start))
        if column == "cost" and per_fte and per_fte.value:
            found.setdefault(key, 12 * (figure.value or 0.0) / per_fte.value)
    shares = []
    for key, months in found.items():
        bounds = [knowledge.bounds.get(k) for k in year_of_headcounts(key)]
        if all(b and b[1] - b[0] <= 10 for b in bounds):
            shares.append(months / sum((b[0] + b[1]) / 2 for b in bounds if b))
    if not shares:
        return
    share = float(np.median(shares))
    for key, months in found.items():
        mean = months / share / 12
        knowledge.tie(year_of_headcounts(key), mean, mean, max(0.5, 0.03 * mean))


def _smooth(knowledge: Knowledge) -> None:
    """From month to month little changes."""
    for key in [k for k in knowledge.bounds if k.measure == "headcount"]:
        before = key._replace(start=month(key.start, -1))
        if before in knowledge.bounds:
            knowledge.ties.append(Tie({before: 1, key: -1}, 0.0, 0.0, *SMOOTH))


def _paid(knowledge: Knowledge, publication: Publication) -> None:
    """Who is paid works in the regions of the company, and nobody else does."""
    for key in [k for k in knowledge.bounds if k.measure == "relevant women"]:
        regime, company = key.place
        regions = publication.regions.get(company, frozenset())
        shared = [
            c
            for c, found in publication.regions.items()
            if c != company and found & regions
        ]
        if not regions or shared:
            continue
        people = {key._replace(measure=f"relevant {sex}"): 1.0 for sex in SEXES}
        for region in regions:
            place = (ALL, ALL, region, ALL)
            if regime == "uk":
                # The day is the fifth of April.
                for n, weight in ((2, 0.75), (3, 0.25)):
                    start = month(key.start, n)
                    people[Key("headcount", place, "month", start)] = -weight
            else:
                opening = Key("headcount", place, "month", month(key.start, -1))
                people[opening] = -1.0
                people[key._replace(measure="joiners", place=place)] = -1.0
        # Few are neither woman nor man, as far as nothing else is known.
        other = key._replace(measure="relevant other")
        knowledge.ties.append(Tie({other: 1.0}, 0.0, 0.0, FEW))
        knowledge.tie(people, 0.0, 0.0, 0.7 if regime == "uk" else 4.0)


def _alike(knowledge: Knowledge) -> None:
    """Who is neither woman nor man is paid like those, in one year as in the next."""

    def told(key: Key, population: str) -> float | None:
        bounds = [
            knowledge.bounds.get(
                key._replace(measure=f"{population} {sex}"), (0.0, INFINITE)
            )
            for sex in SEXES[:2]
        ]
        middle = sum(least + most for least, most in bounds) / 2
        return middle if all(most < INFINITE for _, most in bounds) else None

    for key in [k for k in knowledge.bounds if k.measure == "relevant other"]:
        everybody = told(key, "relevant")
        for part in ("full", "recipients"):
            some, own = told(key, part), key._replace(measure=f"{part} other")
            if everybody and some is not None and own in knowledge.bounds:
                knowledge.tie({own: 1.0, key: -some / everybody}, spread=0.7)
        if key.place[0] == "eu":
            # The snapshot of the other regime is that of the April after.
            other = Key(
                key.measure, ("uk", key.place[1]), key.unit, month(key.start, 12)
            )
            then = told(other, "relevant")
            if everybody and then:
                knowledge.tie({key: 1.0, other: -everybody / then}, spread=0.7)
