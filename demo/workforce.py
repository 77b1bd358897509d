"""Who is employed when: the standing workforce, hires, exits, rehires and managers."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from typing import Final

import numpy as np
import numpy.typing as npt

from demo import vocabulary as words
from demo.facts import Employment, Person, Plan, State, Workforce
from demo.instants import DAY, HOUR, Days, Dice, Instants, snapped, working_instants

_POSTS: Final = tuple(
    (company, leaf)
    for company in words.COMPANIES
    for leaf in words.LEAVES
    if leaf.name not in words.ABSENT_DEPARTMENTS[company.abbr]
)
_PART_TIME_HUNDREDTHS: Final = (1600, 1850, 2000, 2400, 2500, 3000, 3200)
_HIRES_A_YEAR: Final = 0.215
_EXIT_RATE_STANDING: Final = 0.165
_EXIT_RATE_HIRED: Final = 0.26
_SPAN_OF_CONTROL: Final = 9
_UNKNOWN_EDUCATION: Final = 0.04


def simulate(rng: np.random.Generator, plan: Plan) -> Workforce:
    """Return all people and employments, in no state of change yet."""
    standing = _standing(rng, plan)
    hires = _hires(rng, plan, len(standing))
    rehires = _rehires(rng, plan, standing + hires)
    employments = standing + hires + rehires
    for number, employment in enumerate(employments, start=1):
        employment.employment_id = number
    _blank_fields(rng, employments)
    _appoint_leads(employments, plan)
    managers, dice = Managers(employments), Dice(rng)
    for employment in employments:
        employment.state["manager_person_id"] = managers.pick(
            dice,
            employment.state,
            employment.person_id,
            max(employment.started_on, plan.first_day),
            employment.recorded_at,
        )
    return Workforce(_people(rng, employments), employments)


def educate(
    rng: np.random.Generator, people: list[Person], employments: list[Employment]
) -> None:
    """Draw the highest education of each person; of some, HR has none on record.

    Whoever began in a senior post went to school for longer, more often than not.
    """
    posts = {employment.person_id: employment.level for employment in employments}
    draws = rng.random((len(people), 2)).tolist()
    for person, (draw, unknown) in zip(people, draws, strict=True):
        under, graduate = ((0.62, 0.94), (0.34, 0.80), (0.12, 0.58))[
            min(posts[person.person_id], 2)
        ]
        if unknown >= _UNKNOWN_EDUCATION:
            person.education_level = words.EDUCATION_LEVELS[
                (draw >= under) + (draw >= graduate)
            ]


def at_least(count: float, minimum: int = 2) -> int:
    """Return a rounded count, never under the minimum that shows a quirk."""
    return max(minimum, round(count))


def _block(
    rng: np.random.Generator, started: Days, recorded: Instants, first_person: int
) -> list[Employment]:
    """Draw posts for people who start on the given days."""
    count = len(started)
    weights = words.shares([c.weight * leaf.weight for c, leaf in _POSTS])
    posts = rng.choice(len(_POSTS), size=count, p=weights).tolist()
    levels = rng.choice(3, size=count, p=[0.42, 0.37, 0.21]).tolist()
    types = rng.choice(5, size=count, p=[0.79, 0.15, 0.03, 0.02, 0.01]).tolist()
    branch_draws = rng.random(count).tolist()
    hours_draws = rng.random(count).tolist()
    unknown_hours = (rng.random(count) < 0.01).tolist()
    rows = zip(
        started.tolist(),
        recorded.tolist(),
        posts,
        levels,
        types,
        branch_draws,
        hours_draws,
        unknown_hours,
        strict=True,
    )
    block = []
    for n, (day, at, post, level, kind, branch_draw, hours_draw, unknown) in enumerate(
        rows
    ):
        company, leaf = _POSTS[post]
        branch = _branch(company.company, branch_draw)
        level = 0 if kind >= 3 else level
        employment_type = words.EMPLOYMENT_TYPES[kind]
        state: State = {
            "company": company.company,
            "department": words.department_name(leaf.name, company.abbr),
            "branch": branch.branch,
            "designation": leaf.ladder[level],
            "grade": words.GRADES[level + 1 - (hours_draw < 0.3)],
            "employment_type": employment_type,
            "manager_person_id": None,
        }
        hours = (
            _PART_TIME_HUNDREDTHS[int(hours_draw * len(_PART_TIME_HUNDREDTHS))]
            if employment_type == "Part-time"
            else words.FULL_TIME_HUNDREDTHS[branch.country]
        )
        block.append(
            Employment(
                employment_id=0,
                person_id=first_person + n,
                started_on=day,
                ended_on=None,
                is_rehire=False,
                state=state,
                level=level,
                is_lead=False,
                weekly_hours=None if unknown else hours,
                recorded_at=at,
            )
        )
    return block


def _branch(company: str, draw: float) -> words.Branch:
    """Return the company's branch that a draw in [0, 1) falls on."""
    own = [branch for branch in words.BRANCHES if branch.company == company]
    for branch in own:
        if draw < branch.weight:
            return branch
        draw -= branch.weight
    return own[-1]


def _standing(rng: np.random.Generator, plan: Plan) -> list[Employment]:
    """Return those imported at go-live, a few of whom had left before."""
    leavers = at_least(plan.employees * 0.015)
    count = plan.employees + leavers
    ages = np.floor(rng.random(count) ** 1.6 * 15 * 365).astype(np.int64) + 1
    started = snapped(rng, plan.first_day - ages, 0.6, 0.05)
    started = np.minimum(started, plan.first_day - 1)
    recorded = np.full(count, plan.go_live_at, dtype=np.int64)
    block = _block(rng, started, recorded, 1)
    years = rng.exponential(1 / _EXIT_RATE_STANDING, count)
    floor = np.full(count, plan.first_day + 1, dtype=np.int64)
    _set_exits(rng, plan, block, floor, floor + _to_days(years))
    gone = plan.first_day - 1 - rng.integers(0, 400, leavers)
    for employment, day in zip(block[plan.employees :], gone.tolist(), strict=True):
        employment.started_on = min(employment.started_on, day - 30)
        _set_exit(employment, day, plan.go_live_at, plan)
    _set_reasons(rng, block)
    return block


def _hires(rng: np.random.Generator, plan: Plan, known: int) -> list[Employment]:
    """Return those who join later: no-shows, short stays and mistakes among them."""
    mistakes = at_least(plan.employees * _HIRES_A_YEAR * plan.years * 0.006, 3)
    count = at_least(plan.employees * _HIRES_A_YEAR * plan.years, 12) + mistakes
    span = plan.last_day - 15 - plan.first_day
    drawn = plan.first_day + rng.integers(0, span, count)
    started = np.maximum(snapped(rng, drawn, 0.5, 0.07), plan.first_day)
    recorded = _join_recorded(rng, plan, started)
    block = _block(rng, started, recorded, known + 1)
    years = rng.exponential(1 / _EXIT_RATE_HIRED, count)
    _set_exits(rng, plan, block, started + 21, started + 21 + _to_days(years))
    chosen = rng.permutation(count - mistakes).tolist()
    no_shows = at_least(count * 0.012)
    short_stays = at_least(count * 0.03)
    for index in chosen[:no_shows]:
        employment = block[index]
        told = employment.started_on + int(rng.integers(1, 10))
        _set_exit(employment, employment.started_on, _day_instant(rng, told), plan)
    for index in chosen[no_shows : no_shows + short_stays]:
        employment = block[index]
        day = employment.started_on + int(rng.integers(1, 16))
        told = day + int(rng.integers(-3, 12))
        _set_exit(employment, day, _day_instant(rng, told), plan)
    _set_reasons(rng, block)
    for index in chosen[:no_shows]:
        block[index].exit_kind = "other"
        block[index].exit_reason = "Did not start"
        block[index].letter = ""
    for employment in block[count - mistakes :]:
        _set_mistake(rng, employment)
    leads = rng.random(count) < 0.04
    for employment, is_lead in zip(block, leads.tolist(), strict=True):
        if is_lead and employment.retracted_at is None:
            employment.is_lead = True
            employment.state["designation"] = words.TEAM_LEAD
            employment.state["grade"] = "G6"
    return block


def _set_mistake(rng: np.random.Generator, employment: Employment) -> None:
    """Make a record one that was entered by mistake, and deleted days later."""
    employment.ended_on = None
    employment.end_recorded_at = None
    employment.exit_kind = None
    employment.exit_reason = None
    employment.letter = ""
    employment.weekly_hours = None
    lag = int(rng.integers(1, 40)) * DAY + int(rng.integers(0, 4 * HOUR))
    employment.retracted_at = employment.recorded_at + lag


def _rehires(
    rng: np.random.Generator, plan: Plan, employments: list[Employment]
) -> list[Employment]:
    """Return second employments of people who had left, some within the month."""
    ended = [
        (employment, employment.ended_on, employment.end_recorded_at)
        for employment in employments
        if employment.ended_on is not None
        and employment.end_recorded_at is not None
        and plan.first_day - 60 < employment.ended_on < plan.last_day - 60
        and employment.ended_on > employment.started_on
    ]
    count = min(len(ended), at_least(len(ended) * 0.07, 4))
    chosen = sorted(rng.permutation(len(ended))[:count].tolist())
    rehires = []
    for index in chosen:
        old, ended_on, end_recorded_at = ended[index]
        longest = min(420, plan.last_day - 20 - ended_on)
        gap = int(rng.integers(5, 26 if rng.random() < 0.3 else max(27, longest)))
        started = max(ended_on + gap, plan.first_day)
        days = np.array([started], dtype=np.int64)
        told = max(int(_join_recorded(rng, plan, days)[0]), end_recorded_at + HOUR)
        new = replace(
            old,
            started_on=started,
            ended_on=None,
            is_rehire=True,
            state=dict(old.state),
            is_lead=False,
            recorded_at=told,
            exit_kind=None,
            exit_reason=None,
            end_recorded_at=None,
            letter="",
        )
        if new.state["designation"] == words.TEAM_LEAD:
            leaf = words.LEAF_BY_NAME[words.base_name(str(new.state["department"]))]
            new.state["designation"] = leaf.ladder[2]
        if rng.random() < 0.3:
            floor = days + 21
            years = rng.exponential(1 / _EXIT_RATE_HIRED, 1)
            _set_exits(rng, plan, [new], floor, floor + _to_days(years))
        rehires.append(new)
    _set_reasons(rng, rehires)
    return rehires


def _join_recorded(rng: np.random.Generator, plan: Plan, started: Days) -> Instants:
    """Return when each join was entered: mostly ahead, some on the day, some late."""
    count = started.shape[0]
    draw = rng.random(count)
    ahead = -rng.integers(1, 46, count)
    late = rng.integers(1, 26, count)
    lag = np.where(draw < 0.6, ahead, np.where(draw < 0.85, 0, late))
    told = working_instants(rng, started + lag)
    return np.maximum(told, plan.go_live_at)


def _day_instant(rng: np.random.Generator, day: int) -> int:
    return int(working_instants(rng, np.array([day], dtype=np.int64))[0])


def _to_days(years: npt.NDArray[np.float64]) -> Days:
    return np.asarray(np.floor(years * 365.25), dtype=np.int64)


def _set_exits(
    rng: np.random.Generator,
    plan: Plan,
    employments: list[Employment],
    floor: Days,
    drawn: Days,
) -> None:
    """Give an exit to those whose drawn day falls within the simulated period."""
    capped = np.minimum(drawn, plan.last_day + 40)
    ended = np.maximum(snapped(rng, capped, 0.06, 0.55), floor)
    count = ended.shape[0]
    is_ahead = rng.random(count) < 0.7
    ahead = -rng.integers(1, 61, count)
    late = rng.integers(0, 31, count)
    told = working_instants(rng, ended + np.where(is_ahead, ahead, late))
    within = (drawn < plan.last_day) & (ended < plan.last_day)
    for index in np.flatnonzero(within).tolist():
        _set_exit(employments[index], int(ended[index]), int(told[index]), plan)


def _set_exit(employment: Employment, day: int, told: int, plan: Plan) -> None:
    """Set an exit; HR cannot know of it before it knows of the join."""
    employment.ended_on = day
    if employment.recorded_at == plan.go_live_at:
        told = max(told, plan.go_live_at)
    elif told <= employment.recorded_at:
        told = employment.recorded_at + 26 * HOUR
    employment.end_recorded_at = told


def _set_reasons(rng: np.random.Generator, employments: Iterable[Employment]) -> None:
    """Give every exit its kind, its reason and perhaps a resignation letter."""
    dice = Dice(rng)
    for employment in employments:
        if employment.ended_on is None:
            continue
        draw = dice.random()
        kind = "voluntary" if draw < 0.68 else "involuntary" if draw < 0.86 else "other"
        reason: str | None = dice.pick(words.EXIT_REASONS[kind])
        letter = ""
        unclear = dice.chance(0.12)
        if kind == "voluntary":
            unwritten = not unclear and dice.chance(0.2)
            letter = "" if unwritten else dice.pick(("employee", "separation", "both"))
        if kind != "involuntary" and unclear:
            reason = words.UNMAPPED_REASONS[kind] if dice.chance(0.5) else None
        employment.exit_kind = kind
        employment.exit_reason = reason
        employment.letter = letter


def _blank_fields(rng: np.random.Generator, employments: list[Employment]) -> None:
    """Leave department, designation or branch empty on a few records."""
    real = [e for e in employments if e.retracted_at is None and not e.is_lead]
    order = rng.permutation(len(real)).tolist()
    each = at_least(len(real) * 0.003)
    for position, name in enumerate(("department", "designation", "branch")):
        for index in order[position * each : (position + 1) * each]:
            real[index].state[name] = None


def _appoint_leads(employments: list[Employment], plan: Plan) -> None:
    """Make the longest-serving the heads, team leads, directors and managers."""
    staff: dict[tuple[str, str], list[Employment]] = defaultdict(list)
    by_company: dict[str, list[Employment]] = defaultdict(list)
    for employment in sorted(employments, key=lambda e: e.started_on):
        state = employment.state
        is_standing = (
            employment.started_on < plan.first_day
            and (employment.ended_on or plan.last_day) > plan.first_day
        )
        if is_standing and state["department"] and state["designation"]:
            key = (str(state["company"]), words.base_name(str(state["department"])))
            staff[key].append(employment)
            by_company[key[0]].append(employment)
    for (_, department), members in staff.items():
        teams = max(1, round(len(members) / _SPAN_OF_CONTROL))
        leaf = words.LEAF_BY_NAME[department]
        if len(members) >= 6 and not _has_director(members, by_company, leaf.parent):
            _promote(members.pop(0), words.DIRECTOR, "G8", leaf.parent)
        for rank, lead in enumerate(members[:teams]):
            title, grade = (words.HEAD, "G7") if rank == 0 else (words.TEAM_LEAD, "G6")
            _promote(lead, title, grade, department)
    for members in by_company.values():
        _promote(members[0], words.MANAGING_DIRECTOR, "G8", "Corporate")


def _has_director(
    members: list[Employment], by_company: dict[str, list[Employment]], group: str
) -> bool:
    company = str(members[0].state["company"])
    department = words.department_name(group, words.ABBR[company])
    return any(e.state["department"] == department for e in by_company[company])


def _promote(employment: Employment, title: str, grade: str, department: str) -> None:
    abbr = words.ABBR[str(employment.state["company"])]
    employment.state["designation"] = title
    employment.state["grade"] = grade
    employment.state["department"] = words.department_name(department, abbr)
    employment.is_lead = True


class Managers:
    """Who leads which department, to be asked for a manager on a day."""

    def __init__(self, employments: list[Employment]) -> None:
        self._leads: dict[str, list[Employment]] = defaultdict(list)
        self.by_person: dict[int, Employment] = {}
        for employment in employments:
            if employment.is_lead:
                self._leads[str(employment.state["department"])].append(employment)
                self.by_person[employment.person_id] = employment

    def pick(
        self, dice: Dice, state: State, person_id: int, day: int, known_at: int
    ) -> int | None:
        """Return the person id of a lead for an assignment, or nothing."""
        company = str(state["company"])
        abbr = words.ABBR[company]
        department = state["department"]
        base = words.base_name(str(department)) if department else "Corporate"
        is_lead = state["designation"] in words.LEADING
        if is_lead and base in words.LEAF_BY_NAME:
            base = words.LEAF_BY_NAME[base].parent
        while base != words.ROOT_DEPARTMENT:
            pool = self._leads.get(words.department_name(base, abbr), [])
            fits = [
                lead
                for lead in (
                    pool if len(pool) <= 12 else [dice.pick(pool) for _ in range(12)]
                )
                if lead.person_id != person_id
                and lead.started_on <= day
                and (lead.ended_on is None or lead.ended_on > day)
                and lead.recorded_at <= known_at
            ]
            if fits:
                return dice.pick(fits).person_id
            leaf = words.LEAF_BY_NAME.get(base)
            base = leaf.parent if leaf else words.GROUPS[base]
        return None


def _people(rng: np.random.Generator, employments: list[Employment]) -> list[Person]:
    """Return a person for each person id, numbered in the order they first joined."""
    started: dict[int, int] = {}
    for employment in employments:
        person_id = employment.person_id
        started[person_id] = min(
            employment.started_on, started.get(person_id, employment.started_on)
        )
    count = len(started)
    firsts = words.first_names(rng, count)
    lasts = words.last_names(rng, count)
    labels = [gender for gender, _ in words.GENDERS]
    genders = rng.choice(
        len(labels), size=count, p=words.shares([w for _, w in words.GENDERS])
    ).tolist()
    ages = (rng.beta(2.0, 2.4, count) * 38 * 365.25).astype(np.int64) + 18 * 366
    user_ids = rng.permutation(count).tolist()
    phones = rng.integers(1_000_000, 10_000_000, count).tolist()
    ibans = rng.integers(10**17, 10**18, count).tolist()
    houses = rng.integers(1, 140, count).tolist()
    numbers = {
        person_id: f"{1000 + rank:06d}"
        for rank, person_id in enumerate(
            sorted(started, key=lambda person_id: (started[person_id], person_id))
        )
    }
    people = []
    for index, person_id in enumerate(sorted(started)):
        first, last, number = firsts[index], lasts[index], numbers[person_id]
        people.append(
            Person(
                person_id=person_id,
                employee_number=number,
                first_name=first,
                last_name=last,
                gender=labels[genders[index]],
                born_on=started[person_id] - int(ages[index]),
                attendance_user_id=f"app-{user_ids[index] + 1:06d}",
                email=f"{first}.{last}.{number}@mail.example".lower(),
                phone=f"+49 555 {phones[index]}",
                address=f"{houses[index]} {lasts[-index - 1]} Street",
                iban=f"DE00{ibans[index]}",
            )
        )
    return people
