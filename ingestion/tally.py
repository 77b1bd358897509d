"""What a run did, by source and resource: the numbers behind the final table."""

from collections.abc import Iterable
from dataclasses import dataclass, field, fields


@dataclass
class Count:
    """Rows of one resource in one run; `files` and `seconds` beside them.

    `rejected_values` are those of rows that were loaded without them, `incomplete` the
    values that known records still lack after the run because they did not fit.

    The identity, in rows: delivered = loaded + rejected + quarantined + already_known.
    """

    files: int = 0
    delivered: int = 0
    loaded: int = 0
    rejected: int = 0
    quarantined: int = 0
    already_known: int = 0
    seconds: float = 0.0
    rejected_values: int = 0
    incomplete: int = 0

    def add(self, other: "Count") -> None:
        """Add another count to this one."""
        for each in fields(self):
            number = getattr(self, each.name) + getattr(other, each.name)
            setattr(self, each.name, number)

    @property
    def is_balanced(self) -> bool:
        """Whether every row delivered is accounted for."""
        return self.delivered == (
            self.loaded + self.rejected + self.quarantined + self.already_known
        )


@dataclass(frozen=True)
class Fault:
    """A rejected row or value, or a quarantined file (`line` is None), to be shown."""

    source: str
    resource: str
    file: str
    line: int | None
    column_name: str | None
    reason: str


@dataclass
class Step:
    """A step of dlt, over all its runs of a source: their number, failures, seconds."""

    runs: int = 0
    failures: int = 0
    seconds: float = 0.0


@dataclass
class Tally:
    """What a run did.

    Attributes:
        counts: Rows by (source, resource).
        faults: Rejected rows and quarantined files; of many, the first.
        skipped: Sources without configuration, with what to set.
        failed: Sources that failed, with one line each.
        notes: What else a person should know, such as new columns.
        elapsed: Seconds by source.
        steps: What dlt's trace says by (source, step).
    """

    counts: dict[tuple[str, str], Count] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    skipped: dict[str, str] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    elapsed: dict[str, float] = field(default_factory=dict)
    steps: dict[tuple[str, str], Step] = field(default_factory=dict)

    def count(self, source: str, resource: str) -> Count:
        """The running count of a resource, created on first use."""
        return self.counts.setdefault((source, resource), Count())

    def add(self, source: str, resource: str, count: Count) -> None:
        """Add to the count of a resource."""
        self.count(source, resource).add(count)

    def add_faults(self, faults: Iterable[Fault]) -> None:
        """Remember rejected rows and quarantined files for the summary."""
        self.faults.extend(faults)

    def total(self) -> Count:
        """All resources together."""
        whole = Count()
        for count in self.counts.values():
            whole.add(count)
        return whole

    @property
    def exit_code(self) -> int:
        """0, or 1 when a source failed; rejected rows are no failure."""
        return 1 if self.failed else 0
