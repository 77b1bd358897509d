"""Two releases that divide a company differently: both are made of the same parts."""

from collections import defaultdict
from dataclasses import dataclass, replace

from operations.attack.reading import Groups, Publication

EARLIER = "{} (before)"
PART = "only {}"


@dataclass(frozen=True)
class Regrouped:
    """Two divisions of a company, by place in `DIMENSIONS` and label.

    Attributes:
        before: The earlier publication; groups that differ have labels of their own.
        parts: Group to the labels of what makes it up, where the releases differ.
        members: Part to its members, which stay together.
    """

    before: Publication
    parts: Groups
    members: Groups


def regrouped(now: Publication, before: Publication) -> Regrouped:
    """What an earlier publication tells of parts of today's groups."""
    names = {
        (n, label): EARLIER.format(label)
        for (n, label), members in before.groups.items()
        if now.groups.get((n, label), members) != members
    }
    old = {(n, names.get((n, g), g)): own for (n, g), own in before.groups.items()}
    figures = [
        replace(figure, key=figure.key._replace(place=tuple(place)))
        for figure in before.figures
        for place in [
            [names.get(each, each[1]) for each in enumerate(figure.key.place)]
        ]
    ]
    return Regrouped(
        replace(before, figures=figures, groups=old), *_parts(now.groups, old)
    )


def _parts(new: Groups, old: Groups) -> tuple[Groups, Groups]:
    """Parts of groups that are not in both, and members of parts."""
    divided = {n for n, _ in new} & {n for n, _ in old}
    changed = {
        group: members
        for group, members in {**new, **old}.items()
        if group[0] in divided and new.get(group) != old.get(group)
    }
    whose: dict[tuple[int, str], set[str]] = defaultdict(set)
    for (n, label), members in changed.items():
        for member in members:
            whose[n, member].add(label)
    parts: dict[tuple[int, frozenset[str]], set[str]] = defaultdict(set)
    for (n, member), labels in whose.items():
        parts[n, frozenset(labels)].add(member)
    of_group: dict[tuple[int, str], set[str]] = defaultdict(set)
    members_of = {}
    for (n, shared), own in parts.items():
        part = PART.format(" and ".join(sorted(own)))
        members_of[n, part] = frozenset(own)
        for label in shared:
            of_group[n, label].add(part)
    return {group: frozenset(each) for group, each in of_group.items()}, members_of
