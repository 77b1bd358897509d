"""What changes in an employment, and the documents by which HR recorded it.

First the truth of each employment, day by day; then when HR entered and submitted each
document (late, ahead, out of order); then the mistakes. Every mistake leaves the truth
recoverable, at any instant, from the documents and Employee as they are then: a
document is only ever wrong for a while when no other one on the same fields is in
progress.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from demo import vocabulary as words
from demo.facts import (
    ContractedHours,
    Correction,
    Document,
    Employment,
    Kind,
    Ledger,
    Plan,
    State,
    Value,
    Withdrawal,
)
from demo.instants import (
    DAY,
    HOUR,
    MINUTE,
    Dice,
    month_first,
    site_day,
    snapped,
    to_date,
)
from demo.workforce import Managers, at_least

_PROMOTIONS_A_YEAR: Final = 0.09
_TRANSFERS_A_YEAR: Final = 0.08
_HOURS_A_YEAR: Final = 0.04
_SCENARIOS: Final = (
    "out and back",
    "two in a month",
    "move and exit",
    "back-dated",
    "company, new id",
    "company, same id",
    "new id",
    "many",
)
_DISABLED: Final = words.department_name("Partnerships", "HU")


@dataclass(slots=True)
class _Step:
    """A change of assignment that is due on a day; `what` names the rule."""

    day: int
    what: str


class _Life:
    """The truth of one employment as it unfolds, day by day."""

    def __init__(
        self, employment: Employment, plan: Plan, managers: Managers, dice: Dice
    ) -> None:
        self.employment = employment
        self.state: State = dict(employment.state)
        self.level = employment.level
        self.documents: list[Document] = []
        self.hours: list[tuple[int, int]] = []
        self._before: State = dict(employment.state)
        self._plan = plan
        self._managers = managers
        self._dice = dice

    @property
    def window(self) -> tuple[int, int]:
        """The first and last day on which something may change."""
        ends = self.employment.ended_on or self._plan.last_day
        starts = max(self.employment.started_on, self._plan.first_day)
        return starts + 1, min(ends, self._plan.last_day) - 1

    def run(self, steps: list[_Step]) -> None:
        """Apply the steps in order of day, and successions of managers in between."""
        used: set[int] = set()
        for step in sorted(steps, key=lambda s: s.day):
            self._succeed(step.day, used)
            if step.day not in used:
                self._apply(step)
                used.add(step.day)
        self._succeed(self.window[1], used)

    def _succeed(self, until: int, used: set[int]) -> None:
        """Give the employee a new manager when the old one has left, if HR does."""
        low, _ = self.window
        while True:
            manager_id = self.state["manager_person_id"]
            lead = self._managers.by_person.get(int(manager_id or 0))
            if lead is None or lead.ended_on is None or lead.person_id % 5 < 2:
                return
            day = max(lead.ended_on, low)
            if day >= until or day in used:
                return
            successor = self._pick_manager(day)
            if successor is None or successor == manager_id:
                return
            used.add(day)
            self._record(day, "transfer", {"manager_person_id": successor})

    def _apply(self, step: _Step) -> None:
        rules: dict[str, Callable[[int], None]] = {
            "promotion": self._promote,
            "transfer": self._transfer,
            "department": self._change_department,
            "back": self._go_back,
            "company, new id": lambda day: self._change_company(day, True),
            "company, same id": lambda day: self._change_company(day, False),
            "new id": lambda day: self._change_department(day, new_id=True),
            "hours": self._change_hours,
        }
        rules[step.what](step.day)

    def _record(self, day: int, kind: Kind, new: State, new_id: bool = False) -> None:
        details = {k: v for k, v in new.items() if v != self.state[k]}
        if not details:
            return
        self._before = dict(self.state)
        old = {k: self.state[k] for k in details}
        self.state.update(details)
        self.documents.append(
            Document(
                kind=kind,
                employment_id=self.employment.employment_id,
                effective_on=day,
                details=details,
                old=old,
                entered_at=0,
                submitted_at=None,
                new_id=new_id,
            )
        )
        if "branch" in details and old["branch"] and details["branch"]:
            self._convert_hours(day, str(old["branch"]), str(details["branch"]))

    def _pick_manager(self, day: int, state: State | None = None) -> int | None:
        employment = self.employment
        return self._managers.pick(
            self._dice,
            state or self.state,
            employment.person_id,
            day,
            (day - 45) * DAY,
        )

    def _promote(self, day: int) -> None:
        department = self.state["department"]
        leaf = words.LEAF_BY_NAME.get(words.base_name(str(department)))
        grade = words.GRADES.index(str(self.state["grade"]))
        new: State = {"grade": words.GRADES[min(grade + 1, len(words.GRADES) - 1)]}
        is_regular = self.state["designation"] not in words.LEADING
        if self.state["employment_type"] in ("Apprentice", "Intern"):
            new["employment_type"] = "Full-time"
        if leaf and is_regular and self.level < 2 and self._dice.chance(0.7):
            self.level += 1
            new["designation"] = leaf.ladder[self.level]
        self._record(day, "promotion", new)

    def _transfer(self, day: int) -> None:
        if self.employment.is_lead:
            return
        draw = self._dice.random()
        if draw < 0.05:
            self._change_company(day, True)
        elif draw < 0.10:
            self._change_company(day, False)
        elif draw < 0.12:
            self._change_department(day, new_id=True)
        elif draw < 0.35:
            self._change_branch(day)
        else:
            self._change_department(day)

    def _change_branch(self, day: int) -> None:
        new: State = {"branch": self._other_branch(str(self.state["company"]))}
        self._record(day, "transfer", new)

    def _change_department(self, day: int, new_id: bool = False) -> None:
        company = str(self.state["company"])
        new = self._in_department(company, self._other_leaf(company, day), day)
        if self._dice.chance(0.25):
            new["branch"] = self._other_branch(company)
        self._record(day, "transfer", new, new_id)

    def _change_company(self, day: int, new_id: bool) -> None:
        here = self.state["company"]
        others = [c.company for c in words.COMPANIES if c.company != here]
        company = self._dice.pick(others)
        same = words.base_name(str(self.state["department"]))
        absent = words.ABSENT_DEPARTMENTS[words.ABBR[company]]
        is_there = same in words.LEAF_BY_NAME and same not in absent
        leaf = (
            words.LEAF_BY_NAME[same]
            if is_there and self._dice.chance(0.6)
            else self._other_leaf(company, day)
        )
        new = self._in_department(company, leaf, day)
        new["company"] = company
        new["branch"] = self._other_branch(company)
        self._record(day, "transfer", new, new_id)

    def _go_back(self, day: int) -> None:
        """Undo the last change, as if it had been a trial."""
        self._record(day, "transfer", dict(self._before))

    def _in_department(self, company: str, leaf: words.Leaf, day: int) -> State:
        department = words.department_name(leaf.name, words.ABBR[company])
        new: State = {"department": department}
        is_regular = self.state["designation"] not in words.LEADING
        if is_regular and self.state["designation"] not in leaf.ladder:
            new["designation"] = leaf.ladder[self.level]
        state = {**self.state, **new, "company": company}
        manager = self._pick_manager(day, state)
        if manager is not None:
            new["manager_person_id"] = manager
        return new

    def _other_leaf(self, company: str, day: int) -> words.Leaf:
        abbr = words.ABBR[company]
        closed = words.base_name(_DISABLED) if abbr == "HU" else ""
        options = [
            leaf
            for leaf in words.LEAVES
            if leaf.name not in words.ABSENT_DEPARTMENTS[abbr]
            and leaf.name != closed
            and words.department_name(leaf.name, abbr) != self.state["department"]
        ]
        return self._dice.pick(options)

    def _other_branch(self, company: str) -> str:
        options = [
            branch.branch
            for branch in words.BRANCHES
            if branch.company == company and branch.branch != self.state["branch"]
        ]
        return self._dice.pick(options)

    def _current_hours(self) -> int | None:
        return self.hours[-1][1] if self.hours else self.employment.weekly_hours

    def _change_hours(self, day: int) -> None:
        now = self._current_hours()
        if now is None:
            return
        branch = self.state["branch"]
        country = (
            words.COUNTRY_OF_BRANCH[str(branch)]
            if branch
            else words.COUNTRY_OF_COMPANY[str(self.state["company"])]
        )
        full = words.FULL_TIME_HUNDREDTHS[country]
        options = [h for h in (1600, 2000, 2400, 2850, 3000, 3200, full) if h != now]
        self._set_hours(
            day,
            full if now < full and self._dice.chance(0.5) else self._dice.pick(options),
        )

    def _convert_hours(self, day: int, old_branch: str, new_branch: str) -> None:
        """A full-timer who moves abroad gets the full-time hours of the new country."""
        old = words.FULL_TIME_HUNDREDTHS[words.COUNTRY_OF_BRANCH[old_branch]]
        new = words.FULL_TIME_HUNDREDTHS[words.COUNTRY_OF_BRANCH[new_branch]]
        if self._current_hours() == old and old != new:
            self._set_hours(day, new)

    def _set_hours(self, day: int, hours: int) -> None:
        if all(day != known for known, _ in self.hours):
            self.hours.append((day, hours))


def simulate(rng: np.random.Generator, ledger: Ledger) -> None:
    """Add documents, corrections, withdrawals and contracted hours to a ledger."""
    dice = Dice(rng)
    managers = Managers(ledger.employments)
    scenarios = _scenarios(rng, ledger)
    steps = _random_steps(rng, ledger, scenarios)
    by_employment: dict[int, list[Document]] = {}
    for employment in ledger.employments:
        if employment.retracted_at is not None:
            continue
        life = _Life(employment, ledger.plan, managers, dice)
        scenario = scenarios.get(employment.employment_id, "")
        own = _scripted_steps(dice, life, scenario)
        life.run(own + steps.get(employment.employment_id, []))
        _schedule(
            dice, employment, life.documents, 1.0 if scenario == "back-dated" else 0.3
        )
        if life.documents:
            by_employment[employment.employment_id] = life.documents
        ledger.contracted_hours.extend(_contracted(dice, employment, life))
    _Mistakes(rng, ledger, by_employment).make()
    ledger.documents = [d for own in by_employment.values() for d in own]
    _name(ledger.documents)


def _is_settled(employment: Employment, plan: Plan) -> bool:
    """Whether the employment is long and plain enough for a scripted scenario."""
    return (
        employment.started_on < plan.first_day
        and employment.ended_on is None
        and not employment.is_lead
        and bool(employment.state["department"])
        and bool(employment.state["branch"])
        and bool(employment.state["designation"])
    )


def _scenarios(rng: np.random.Generator, ledger: Ledger) -> dict[int, str]:
    """Choose who lives through a scripted scenario."""
    settled = [
        e.employment_id for e in ledger.employments if _is_settled(e, ledger.plan)
    ]
    each = at_least(len(settled) * 0.004)
    chosen = [settled[i] for i in rng.permutation(len(settled)).tolist()]
    chosen = chosen[: each * len(_SCENARIOS)]
    return {
        employment_id: _SCENARIOS[index % len(_SCENARIOS)]
        for index, employment_id in enumerate(chosen)
    }


def _scripted_steps(dice: Dice, life: _Life, scenario: str) -> list[_Step]:
    if not scenario:
        return []
    low, high = life.window
    day = dice.between(low, max(low, high - 130))
    first = month_first(day + 31)
    steps = {
        "out and back": [_Step(first + 4, "department"), _Step(first + 19, "back")],
        "two in a month": [_Step(first, "department"), _Step(first + 14, "department")],
        "move and exit": [_Step(first, "department")],
        "back-dated": [
            _Step(first, "department"),
            _Step(first + 31, "promotion"),
            _Step(first + 45, "department"),
        ],
        "many": [
            _Step(first, "promotion"),
            _Step(first + 20, "department"),
            _Step(first + 40, "hours"),
            _Step(first + 60, "transfer"),
            _Step(first + 80, "promotion"),
        ],
    }
    if scenario == "move and exit":
        _leave(dice, life.employment, first + dice.between(5, 26))
    return steps.get(scenario, [_Step(first, scenario)])


def _leave(dice: Dice, employment: Employment, day: int) -> None:
    employment.ended_on = day
    employment.exit_kind = "involuntary"
    employment.exit_reason = "Redundancy"
    told = dice.working_instant(day + dice.between(-20, 20))
    employment.end_recorded_at = max(told, employment.recorded_at + HOUR)


def _random_steps(
    rng: np.random.Generator, ledger: Ledger, scenarios: dict[int, str]
) -> dict[int, list[_Step]]:
    """Draw how many changes of each kind fall on whom, and when."""
    real = [
        e
        for e in ledger.employments
        if e.retracted_at is None and e.employment_id not in scenarios
    ]
    plan = ledger.plan
    started = np.array([max(e.started_on, plan.first_day) for e in real]) + 1
    ended = np.array([min(e.ended_on or plan.last_day, plan.last_day) for e in real])
    length = np.maximum(ended - started, 0)
    steps: dict[int, list[_Step]] = defaultdict(list)
    rates = {
        "promotion": _PROMOTIONS_A_YEAR,
        "transfer": _TRANSFERS_A_YEAR,
        "hours": _HOURS_A_YEAR,
    }
    for what, rate in rates.items():
        counts = rng.poisson(rate * length / 365.25)
        owner = np.repeat(np.arange(len(real)), counts)
        drawn = started[owner] + np.floor(
            rng.random(owner.shape[0]) * length[owner]
        ).astype(np.int64)
        days = snapped(rng, drawn, 0.55, 0.05)
        days = np.where((days < started[owner]) | (days >= ended[owner]), drawn, days)
        for index, day in zip(owner.tolist(), days.tolist(), strict=True):
            steps[real[index].employment_id].append(_Step(day, what))
    return steps


def _schedule(
    dice: Dice, employment: Employment, documents: list[Document], out_of_order: float
) -> None:
    """Say when HR entered and submitted each document of one employment.

    A document is submitted on its date at the earliest; one entered ahead waits as a
    draft. Around a change of company or of Employee document, one is done after the
    other, for these start a new record. Elsewhere, with the chance `out_of_order`, the
    earlier of two changes of a field is told after the later one.
    """
    free_from = employment.recorded_at + MINUTE
    latest = free_from
    closes = employment.end_recorded_at
    before: list[Document] = []
    for document in documents:
        entered, submitted = _entry(dice, document.effective_on)
        floor = latest if document.is_barrier else free_from
        if entered <= floor:
            entered = floor + dice.between(MINUTE, 2 * HOUR)
        submitted = max(submitted, entered + dice.between(MINUTE, HOUR))
        if document.new_id and closes is not None and submitted + DAY > closes:
            document.new_id = False
        document.entered_at, document.submitted_at = entered, submitted
        latest = max(latest, submitted)
        if document.is_barrier:
            free_from = submitted + MINUTE
            before = []
            continue
        other = _last_sharing_a_field(before, document)
        if other and dice.chance(out_of_order):
            other.entered_at = submitted + dice.between(HOUR, 9 * DAY)
            other.submitted_at = other.entered_at + dice.between(MINUTE, HOUR)
            latest = max(latest, other.submitted_at)
        before.append(document)


def _last_sharing_a_field(
    documents: list[Document], document: Document
) -> Document | None:
    fields = document.details.keys()
    return next((d for d in reversed(documents) if fields & d.details.keys()), None)


def _entry(dice: Dice, day: int) -> tuple[int, int]:
    """Return when a document was entered and submitted, for the day it takes effect."""
    draw = dice.random()
    if draw < 0.35:
        submitted = dice.working_instant(day)
        return dice.working_instant(day - dice.between(3, 40)), submitted
    if draw < 0.5:
        lag = 0
    elif draw < 0.72:
        lag = dice.between(1, 5)
    elif draw < 0.92:
        lag = dice.between(6, 20)
    else:
        lag = dice.between(21, 75)
    entered = dice.working_instant(day + lag)
    return entered, entered + dice.between(MINUTE, 20 * MINUTE)


def _contracted(
    dice: Dice, employment: Employment, life: _Life
) -> Iterator[ContractedHours]:
    """Yield the contract's hours and their changes, as payroll came to know them."""
    if employment.weekly_hours is None:
        return
    yield ContractedHours(
        employment.employment_id,
        employment.started_on,
        employment.weekly_hours,
        employment.recorded_at,
    )
    for day, hours in life.hours:
        told = dice.working_instant(day + dice.between(-20, 25))
        yield ContractedHours(
            employment.employment_id,
            day,
            hours,
            max(told, employment.recorded_at + HOUR),
        )


class _Mistakes:
    """What HR did wrong and put right again, added to documents that were right."""

    def __init__(
        self,
        rng: np.random.Generator,
        ledger: Ledger,
        by_employment: dict[int, list[Document]],
    ) -> None:
        self._rng = rng
        self._dice = Dice(rng)
        self._ledger = ledger
        self._by_employment = by_employment
        self._employments = {e.employment_id: e for e in ledger.employments}
        self._untouched = {
            e.employment_id
            for e in ledger.employments
            if e.retracted_at is None and e.ended_on != e.started_on
        }
        self._documents = [d for own in by_employment.values() for d in own]
        self._size = len(self._documents)

    def make(self) -> None:
        """Make every kind of mistake, each employment at most one."""
        self._amend()
        self._correct_last()
        self._correct_first()
        for share, what in (
            (0.025, "cancelled"),
            (0.02, "deleted"),
            (0.03, "draft"),
            (0.012, "deleted draft"),
        ):
            self._invent(at_least(self._size * share), what)
        self._withdraw(at_least(len(self._ledger.employments) * 0.006))

    def _shuffled(self, count: int) -> list[int]:
        order: list[int] = self._rng.permutation(count).tolist()
        return order

    def _is_alone(
        self, document: Document, low: int, high: int, fields: set[str]
    ) -> bool:
        """Whether no other document on the fields is in progress within [low, high]."""
        return all(
            other is document
            or (not fields & other.details.keys() and not other.is_barrier)
            or other.last_touched_at < low
            or other.entered_at > high
            for other in self._by_employment.get(document.employment_id, [])
        )

    def _wrong(self, employment: Employment, field: str, *right: Value) -> Value:
        """Return another plausible value of a field."""
        company = words.ABBR[str(employment.state["company"])]
        options: tuple[str, ...]
        if field == "department":
            options = tuple(
                words.department_name(leaf.name, company)
                for leaf in words.LEAVES
                if leaf.name not in words.ABSENT_DEPARTMENTS[company]
            )
        elif field == "branch":
            options = tuple(
                b.branch
                for b in words.BRANCHES
                if b.company == employment.state["company"]
            )
        else:
            options = words.GRADES if field == "grade" else words.DESIGNATIONS
        fits = [o for o in options if o not in right and o not in words.LEADING]
        return self._dice.pick(fits) if fits else None

    def _amend(self) -> None:
        """Cancel and amend documents that first said something wrong."""
        wanted = at_least(self._size * 0.05, 3)
        for index in self._shuffled(self._size):
            if wanted and self._amend_one(self._documents[index]):
                wanted -= 1

    def _amend_one(self, document: Document) -> bool:
        submitted = document.submitted_at
        employment = self._employments[document.employment_id]
        field = next((f for f in document.details if f != "manager_person_id"), None)
        if submitted is None or document.is_barrier or field is None:
            return False
        if employment.employment_id not in self._untouched:
            return False
        cancelled = self._dice.working_instant(
            site_day(submitted) + self._dice.between(1, 15)
        )
        again = cancelled + self._dice.between(MINUTE, 30 * MINUTE)
        done = again + self._dice.between(MINUTE, 3 * HOUR)
        if not self._is_alone(
            document, document.entered_at, done, set(document.details)
        ):
            return False
        right = document.details[field]
        wrong = self._wrong(employment, field, right, document.old[field])
        if field == "employment_type" or wrong is None:
            return False
        earlier = document.effective_on - self._dice.between(20, 40)
        is_date = self._dice.chance(0.4) and self._is_free_day(document, earlier)
        first = Document(
            kind=document.kind,
            employment_id=document.employment_id,
            effective_on=earlier if is_date else document.effective_on,
            details=dict(document.details)
            if is_date
            else {
                **document.details,
                field: wrong,
            },
            old=dict(document.old),
            entered_at=document.entered_at,
            submitted_at=submitted,
            cancelled_at=cancelled,
        )
        document.entered_at, document.submitted_at = again, done
        document.amended_from = first
        self._by_employment[document.employment_id].append(first)
        self._untouched.discard(document.employment_id)
        return True

    def _is_free_day(self, document: Document, day: int) -> bool:
        own = self._by_employment[document.employment_id]
        employment = self._employments[document.employment_id]
        low = max(employment.started_on, self._ledger.plan.first_day)
        return day > low and all(other.effective_on != day for other in own)

    def _value_on(self, employment: Employment, field: str, day: int) -> Value:
        """Return the true value of a field on a day."""
        own = self._by_employment.get(employment.employment_id, [])
        past = [d for d in own if field in d.details and d.effective_on <= day]
        if not past:
            return employment.state[field]
        return max(past, key=lambda d: d.effective_on).details[field]

    def _correct_last(self) -> None:
        """Have the last change of a field recorded wrongly, and Employee put right."""
        wanted = at_least(self._size * 0.03)
        for index in self._shuffled(self._size):
            if wanted and self._correct_last_one(self._documents[index]):
                wanted -= 1

    def _correct_last_one(self, document: Document) -> bool:
        employment_id = document.employment_id
        own = self._by_employment[employment_id]
        field = next(
            (f for f in ("department", "designation") if f in document.details), None
        )
        is_plain = not any(d.is_barrier for d in own)
        if field is None or employment_id not in self._untouched or not is_plain:
            return False
        touching = [d for d in own if field in d.details]
        at = self._dice.working_instant(
            site_day(max(d.last_touched_at for d in touching))
            + self._dice.between(1, 30)
        )
        right = document.details[field]
        employment = self._employments[employment_id]
        wrong = self._wrong(employment, field, right, document.old[field])
        is_last = max(touching, key=lambda d: d.effective_on) is document
        if not is_last or wrong is None:
            return False
        document.details[field] = wrong
        self._ledger.corrections.append(
            Correction(employment_id, field, document.effective_on, wrong, right, at)
        )
        self._untouched.discard(employment_id)
        return True

    def _correct_first(self) -> None:
        """Have a record entered wrongly or left empty, and put right later."""
        candidates = sorted(self._untouched)
        wanted = at_least(len(candidates) * 0.008, 3)
        for index in self._shuffled(len(candidates)):
            if wanted and self._correct_first_one(candidates[index], wanted % 3 == 0):
                wanted -= 1

    def _correct_first_one(self, employment_id: int, to_blank: bool) -> bool:
        employment = self._employments[employment_id]
        field = self._dice.pick(("department", "designation", "branch"))
        right = employment.state[field]
        own = self._by_employment.get(employment_id, [])
        at = self._dice.working_instant(
            site_day(employment.recorded_at) + self._dice.between(1, 60)
        )
        starts = [d.entered_at for d in own if field in d.details or d.is_barrier]
        wrong = None if to_blank else self._wrong(employment, field, right)
        is_early = at + HOUR < min(starts, default=at + DAY)
        if employment.is_lead or right is None or not is_early:
            return False
        employment.state[field] = wrong
        self._ledger.corrections.append(
            Correction(employment_id, field, employment.started_on, wrong, right, at)
        )
        self._untouched.discard(employment_id)
        return True

    def _invent(self, wanted: int, what: str) -> None:
        """Enter documents about something that never happened."""
        candidates = sorted(self._untouched)
        for index in self._shuffled(len(candidates)):
            if not wanted:
                return
            document = self._invented(candidates[index], what)
            if document:
                self._by_employment.setdefault(document.employment_id, []).append(
                    document
                )
                self._untouched.discard(document.employment_id)
                wanted -= 1

    def _invented(self, employment_id: int, what: str) -> Document | None:
        employment = self._employments[employment_id]
        plan, dice = self._ledger.plan, self._dice
        low = max(employment.started_on, plan.first_day) + 2
        high = min(employment.ended_on or plan.last_day, plan.last_day) - 2
        field = dice.pick(("designation", "department"))
        if high - low < 30 or employment.state[field] is None:
            return None
        day = dice.between(low, high)
        entered = dice.working_instant(max(day, site_day(employment.recorded_at) + 1))
        undone = dice.working_instant(site_day(entered) + dice.between(1, 25))
        document = Document(
            kind="promotion" if field == "designation" else "transfer",
            employment_id=employment_id,
            effective_on=day,
            details={field: self._wrong(employment, field, employment.state[field])},
            old={field: self._value_on(employment, field, day)},
            entered_at=entered,
            submitted_at=None if "draft" in what else entered + 5 * MINUTE,
            cancelled_at=undone if what in ("cancelled", "deleted") else None,
            deleted_at=undone if "deleted" in what else None,
        )
        own = self._by_employment.get(employment_id, [])
        is_free = self._is_alone(document, entered, undone, {field}) and not any(
            other.is_barrier or other.effective_on == day for other in own
        )
        return document if is_free and entered > employment.recorded_at else None

    def _withdraw(self, wanted: int) -> None:
        """Have a few resign and take it back."""
        staying = [
            e
            for e in self._ledger.employments
            if e.ended_on is None and e.retracted_at is None
        ]
        for index in self._shuffled(len(staying))[:wanted]:
            employment = staying[index]
            low = max(site_day(employment.recorded_at), self._ledger.plan.first_day)
            day = self._dice.between(low + 2, max(low + 3, self._ledger.plan.last_day))
            entered = self._dice.working_instant(day)
            undone = entered + self._dice.between(DAY, 20 * DAY)
            self._ledger.withdrawals.append(
                Withdrawal(employment.employment_id, day - 1, entered, undone)
            )


def _name(documents: list[Document]) -> None:
    """Name the documents as Frappe's naming series does, in the order of entry."""
    prefixes = {"promotion": "HR-EMP-PRO", "transfer": "HR-EMP-TRN"}
    counters: dict[str, int] = defaultdict(int)
    amended = [d for d in documents if d.amended_from]
    fresh = [d for d in documents if not d.amended_from]
    for document in sorted(fresh, key=lambda d: (d.entered_at, d.employment_id)):
        year = to_date(site_day(document.entered_at)).year
        series = f"{prefixes[document.kind]}-{year}"
        counters[series] += 1
        document.name = f"{series}-{counters[series]:05d}"
    for document in amended:
        if document.amended_from:
            document.name = f"{document.amended_from.name}-1"
