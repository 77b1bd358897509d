"""The demo company on the day it changes its HR system, told from one ledger.

Until that day an old system dates whatever it holds; its files are its last export. The
new one is the demo's HRIS, into which only those were brought who were employed then,
as they were then, by the numbers that they had.
"""

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

from oracle.employment import Employment as Known

from demo import facts, hris, ledger
from demo.instants import MINUTE
from shapes.export import history
from shapes.truth import PLAN, Fields, Spell, Stay, Truth

MOVED_ON = date(2025, 10, 1)
"""The first day of the new system."""

LATER = replace(PLAN, months=9)
"""The plan of what the new system holds."""

MAPPING = "former"

SEATS = {
    "Harbour Group GmbH": "Berlin",
    "Harbour UK Ltd": "London",
    "Harbour Inc": "New York",
}
"""Where the old system puts those of a company who have no site: it asks for one."""


def export_before(truth: Truth, inboxes: Path) -> None:
    """Write what the old system held at its end into the inbox of its mapping."""
    assert LATER.starts_on == MOVED_ON
    inbox = inboxes / MAPPING
    inbox.mkdir(parents=True)
    stays = tuple(before(stay) for stay in truth.stays if stay.started_on < MOVED_ON)
    numbers = {stay.number for stay in stays}
    people = {own: truth.people[own] for own in truth.people if own in numbers}
    history(replace(truth, stays=stays, people=people), inbox, "")


def before(stay: Stay) -> Stay:
    """An employment as the old system held it at its end."""
    is_over = stay.ended_on is not None and stay.ended_on <= MOVED_ON

    def held(spells: tuple[Spell, ...]) -> tuple[Spell, ...]:
        begun = [spell for spell in spells if spell.from_on < MOVED_ON]
        if begun and not is_over:
            begun[-1] = replace(begun[-1], to_on=None)
        return tuple(begun)

    return replace(
        stay,
        ended_on=stay.ended_on if is_over else None,
        exit_kind=stay.exit_kind if is_over else None,
        jobs=tuple(seated(job) for job in held(stay.jobs)),
        hours=held(stay.hours),
    )


def seated(job: Spell) -> Spell:
    """The job at a site, if need be that of the company's seat."""
    site = job.fields["branch"] or SEATS[job.fields["company"] or ""]
    return replace(job, fields={**job.fields, "branch": site})


def begin_again(home: Path, truth: Truth) -> None:
    """Let the demo's HRIS begin on the day of the move."""
    root = home / "demo"
    (root / "hris.sqlite").unlink()
    hris.write(later(truth), root / "hris.sqlite", lambda step, done, total: None)
    state = json.loads((root / "state.json").read_text())
    state |= {"months": LATER.months, "starts_on": MOVED_ON.isoformat()}
    (root / "state.json").write_text(json.dumps(state))


def later(truth: Truth) -> facts.Ledger:
    """The ledger as if the company had begun on the day of the move."""
    whole = ledger.simulate(PLAN)
    go_live_at, first_day = LATER.go_live_at, LATER.first_day
    known = {each.employment_id: each for each in truth.workforce.employments}
    kept = [
        imported(employment, truth, known.get(employment.employment_id))
        for employment in whole.employments
        if is_brought(employment)
    ]
    people = {employment.person_id for employment in kept}
    for employment in kept:
        if employment.state["manager_person_id"] not in people:
            employment.state["manager_person_id"] = None
    own = {employment.employment_id for employment in kept}
    documents = [
        document
        for document in whole.documents
        if document.employment_id in own and document.effective_on > first_day
    ]
    for document in documents:
        if document.entered_at <= go_live_at:
            document.entered_at = go_live_at + MINUTE
        if document.submitted_at is not None and document.submitted_at <= go_live_at:
            document.submitted_at = go_live_at + 2 * MINUTE
        if document.amended_from not in documents:
            document.amended_from = None
    return replace(
        whole,
        plan=LATER,
        people=[person for person in whole.people if person.person_id in people],
        employments=kept,
        documents=[d for d in documents if not was_undone(d, go_live_at)],
        corrections=[
            correction
            for correction in whole.corrections
            if correction.employment_id in own
            and correction.recorded_at > go_live_at
            and correction.effective_on > first_day
        ],
        withdrawals=[
            withdrawal
            for withdrawal in whole.withdrawals
            if withdrawal.employment_id in own and withdrawal.entered_at > go_live_at
        ],
        departments=ledger.departments(PLAN),
        leaves=[
            leave
            for leave in whole.leaves
            if leave.employment_id in own and leave.recorded_at > go_live_at
        ],
    )


def is_brought(employment: facts.Employment) -> bool:
    """Whether the new system ever had the employment."""
    if employment.retracted_at is not None:
        return employment.recorded_at > LATER.go_live_at
    return employment.ended_on is None or employment.ended_on > LATER.first_day


def imported(
    employment: facts.Employment, truth: Truth, known: Known | None
) -> facts.Employment:
    """The employment as it was brought in: as it is on the day of the move."""
    if employment.started_on >= LATER.first_day or known is None:
        at = max(employment.recorded_at, LATER.go_live_at + MINUTE)
        return replace(employment, recorded_at=at)
    fields: Fields = truth.workforce.assignment(known, MOVED_ON)
    manager = fields["manager_person_id"]
    state: facts.State = {
        **employment.state,
        **fields,
        "manager_person_id": int(manager) if manager else None,
    }
    end = employment.end_recorded_at
    return replace(
        employment,
        state=state,
        recorded_at=LATER.go_live_at,
        end_recorded_at=None if end is None else max(end, LATER.go_live_at + MINUTE),
    )


def was_undone(document: facts.Document, at: int) -> bool:
    """Whether a document was cancelled or deleted before an instant."""
    undone = [document.cancelled_at, document.deleted_at]
    return any(each is not None and each <= at + MINUTE for each in undone)
