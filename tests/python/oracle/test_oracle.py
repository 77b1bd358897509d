"""The oracle itself: hand-worked answers, and agreement with a day-by-day count."""

import tempfile
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from oracle import MEASURES, Cell, assignments_on, headcount, months, movements
from oracle.brute_force import walk
from oracle.handmade import GO_LIVE, Ledger, harbour
from oracle.headcount import EXIT_KINDS

JANUARY, FEBRUARY, MARCH = date(2026, 1, 1), date(2026, 2, 1), date(2026, 3, 1)
AS_AT = datetime(2026, 4, 1, 6)
WEST = "Western Europe"


def measures(**nonzero: int) -> dict[str, int]:
    return dict.fromkeys(MEASURES, 0) | nonzero


def clerks(month: date, department: str = "Sales", region: str = WEST) -> Cell:
    return Cell(month, department, region, "Clerk")


def test_months_run_from_go_live_at_the_site_to_the_last_month_over(
    tmp_path: Path,
) -> None:
    ledger = harbour()
    ledger.employment(1, date(2019, 5, 1))
    folder = ledger.write(tmp_path)

    assert months(folder, AS_AT) == [JANUARY, FEBRUARY, MARCH]
    assert months(folder, datetime(2026, 3, 31, 23, 59)) == [JANUARY, FEBRUARY]
    assert months(folder, datetime(2026, 1, 31, 12)) == []
    assert months(folder, GO_LIVE - timedelta(seconds=1)) == []


def test_a_last_working_day_on_the_31st_is_an_exit_of_that_month(
    tmp_path: Path,
) -> None:
    ledger = harbour()
    ledger.employment(1, date(2020, 1, 1), date(2026, 1, 31), "voluntary")
    ledger.employment(2, date(2020, 1, 1), date(2026, 2, 1), "other")
    folder = ledger.write(tmp_path)

    assert headcount(folder, AS_AT) == {clerks(JANUARY): (1, Decimal(1))}
    assert movements(folder, AS_AT) == {
        clerks(JANUARY): measures(
            opening_headcount=2, exits_voluntary=1, closing_headcount=1
        ),
        clerks(FEBRUARY): measures(opening_headcount=1, exits_other=1),
    }


def test_joining_on_the_first_day_of_a_month_is_a_hire_of_that_month(
    tmp_path: Path,
) -> None:
    ledger = harbour()
    ledger.employment(1, date(2026, 3, 1))
    folder = ledger.write(tmp_path)

    assert movements(folder, AS_AT) == {
        clerks(MARCH): measures(hires=1, closing_headcount=1)
    }


def test_nobody_joins_who_never_showed_up(tmp_path: Path) -> None:
    ledger = harbour()
    ledger.employment(
        1,
        date(2026, 2, 16),
        date(2026, 2, 16),
        "other",
        recorded_at=datetime(2026, 1, 20, 9),
        end_recorded_at=datetime(2026, 3, 2, 9),
    )
    folder = ledger.write(tmp_path)

    assert movements(folder, AS_AT) == {}
    assert movements(folder, datetime(2026, 3, 1, 6)) == {
        clerks(FEBRUARY): measures(hires=1, closing_headcount=1)
    }


def test_a_rehire_is_no_hire_and_may_start_the_day_the_last_one_ended(
    tmp_path: Path,
) -> None:
    ledger = harbour()
    ledger.employment(1, date(2020, 1, 1), date(2026, 2, 10), "voluntary")
    ledger.employment(1, date(2026, 2, 10), is_rehire=True, department="Finance - HG")
    folder = ledger.write(tmp_path)
    of_february = {
        cell: row
        for cell, row in movements(folder, AS_AT).items()
        if cell.month == FEBRUARY
    }

    assert of_february == {
        clerks(FEBRUARY): measures(opening_headcount=1, exits_voluntary=1),
        clerks(FEBRUARY, "Finance"): measures(rehires=1, closing_headcount=1),
    }


def test_a_move_counts_where_the_cell_changes_and_only_there(tmp_path: Path) -> None:
    ledger = harbour()
    mover = ledger.employment(1, date(2020, 1, 1))
    ledger.change(mover, date(2026, 2, 5), "department", "Finance - HG")
    ledger.change(mover, date(2026, 2, 5), "designation", "Analyst", kind="promotion")
    ledger.change(mover, date(2026, 2, 9), "branch", "Vienna")
    ledger.change(mover, date(2026, 2, 20), "department", "Sales - HG")
    folder = ledger.write(tmp_path)
    of_february = {
        cell: row
        for cell, row in movements(folder, AS_AT).items()
        if cell.month == FEBRUARY
    }

    assert of_february == {
        clerks(FEBRUARY): measures(opening_headcount=1, transfers_out=1),
        Cell(FEBRUARY, "Finance", WEST, "Analyst"): measures(
            transfers_in=1, transfers_out=1
        ),
        Cell(FEBRUARY, "Sales", WEST, "Analyst"): measures(
            transfers_in=1, closing_headcount=1
        ),
    }


def test_a_change_on_the_joining_day_or_after_the_end_is_no_move(
    tmp_path: Path,
) -> None:
    ledger = harbour()
    joiner = ledger.employment(1, date(2026, 2, 2), date(2026, 2, 20), "involuntary")
    ledger.change(joiner, date(2026, 2, 2), "department", "Finance - HG")
    ledger.change(joiner, date(2026, 2, 20), "designation", "Analyst")
    folder = ledger.write(tmp_path)

    assert movements(folder, AS_AT) == {
        clerks(FEBRUARY, "Finance"): measures(hires=1, exits_involuntary=1)
    }


def test_the_same_label_in_two_companies_is_one_department(tmp_path: Path) -> None:
    ledger = harbour()
    mover = ledger.employment(1, date(2020, 1, 1), branch=None)
    ledger.change(mover, date(2026, 2, 5), "department", "Sales - HU")
    ledger.change(mover, date(2026, 3, 5), "company", "Harbour UK Ltd")
    folder = ledger.write(tmp_path)
    north = clerks(MARCH, region="Northern Europe")

    assert movements(folder, AS_AT) == {
        clerks(JANUARY): measures(opening_headcount=1, closing_headcount=1),
        clerks(FEBRUARY): measures(opening_headcount=1, closing_headcount=1),
        clerks(MARCH): measures(opening_headcount=1, transfers_out=1),
        north: measures(transfers_in=1, closing_headcount=1),
    }


def test_a_renamed_department_moves_nobody_and_is_named_anew_throughout(
    tmp_path: Path,
) -> None:
    ledger = harbour()
    ledger.employment(1, date(2020, 1, 1))
    renamed_at = datetime(2026, 2, 20, 10)
    ledger.department("Sales - HG", "Revenue", renamed_at, parent="Commercial - HG")
    folder = ledger.write(tmp_path)

    assert {cell.department for cell in movements(folder, AS_AT)} == {"Revenue"}
    before = headcount(folder, renamed_at - timedelta(microseconds=1))
    assert {cell.department for cell in before} == {"Sales"}
    for row in movements(folder, AS_AT).values():
        assert row == measures(opening_headcount=1, closing_headcount=1)


def test_what_was_not_yet_recorded_or_was_taken_back_does_not_count(
    tmp_path: Path,
) -> None:
    ledger = harbour()
    mover = ledger.employment(1, date(2020, 1, 1))
    ledger.change(
        mover,
        date(2026, 1, 15),
        "department",
        "Finance - HG",
        datetime(2026, 2, 10, 9),
        retracted_at=datetime(2026, 3, 10, 9),
    )
    ledger.employment(
        2,
        date(2026, 1, 1),
        recorded_at=datetime(2026, 1, 2, 9),
        retracted_at=datetime(2026, 1, 9, 9),
    )
    folder = ledger.write(tmp_path)
    sales, finance = clerks(JANUARY), clerks(JANUARY, "Finance")

    assert set(headcount(folder, datetime(2026, 2, 10, 8))) == {sales}
    assert set(headcount(folder, datetime(2026, 2, 10, 9))) == {finance}
    at_retraction = headcount(folder, datetime(2026, 3, 10, 9))
    assert set(at_retraction) == {sales, clerks(FEBRUARY)}
    assert {people for people, _ in at_retraction.values()} == {1}


def test_a_back_dated_change_does_not_undo_a_later_one(tmp_path: Path) -> None:
    ledger = harbour()
    mover = ledger.employment(1, date(2020, 1, 1))
    first_at, later_at = datetime(2026, 2, 5, 9), datetime(2026, 3, 3, 9)
    ledger.change(mover, date(2026, 2, 5), "designation", "Lead", first_at)
    ledger.change(mover, date(2026, 1, 10), "designation", "Analyst", later_at)
    folder = ledger.write(tmp_path)

    assert [
        assignments_on(folder, day, AS_AT)["E1"].designation
        for day in (date(2026, 1, 9), date(2026, 1, 10), date(2026, 2, 5), MARCH)
    ] == ["Clerk", "Analyst", "Lead", "Lead"]


def test_fte_is_hours_over_the_full_week_of_the_country_that_day(
    tmp_path: Path,
) -> None:
    ledger = harbour()
    mover = ledger.employment(1, date(2020, 1, 1))
    ledger.employment(2, date(2020, 1, 1), branch="Vienna")
    ledger.employment(3, date(2026, 3, 1))
    ledger.hours(1, date(2020, 1, 1), "30.00")
    ledger.hours(1, date(2026, 3, 31), "20.00")
    ledger.hours(2, date(2020, 1, 1), "20.00")
    ledger.hours(3, date(2026, 3, 1), "10.00", datetime(2026, 4, 1, 7))
    ledger.change(mover, date(2026, 2, 28), "branch", "London")
    folder = ledger.write(tmp_path)
    north = clerks(FEBRUARY, region="Northern Europe")

    assert headcount(folder, AS_AT) == {
        clerks(JANUARY): (2, Decimal("0.7500") + Decimal("0.5195")),
        clerks(FEBRUARY): (1, Decimal("0.5195")),
        north: (1, Decimal("0.8000")),
        clerks(MARCH): (2, Decimal("0.5195") + 1),
        north._replace(month=MARCH): (1, Decimal("0.5333")),
    }


def test_missing_department_and_designation_are_unassigned(tmp_path: Path) -> None:
    ledger = harbour()
    ledger.employment(1, date(2020, 1, 1), department=None, designation=" ")
    folder = ledger.write(tmp_path)

    assert {cell[1:] for cell in headcount(folder, AS_AT)} == {
        ("Unassigned", WEST, "Unassigned")
    }


def test_a_state_names_place_manager_and_share(tmp_path: Path) -> None:
    ledger = harbour()
    ledger.employment(1, date(2020, 1, 1))
    ledger.employment(2, date(2020, 1, 1), branch="Port Louis", manager_person_id=1)
    ledger.hours(2, date(2020, 1, 1), "45.00")
    state = assignments_on(ledger.write(tmp_path), MARCH, AS_AT)["E2"]

    assert (state.country, state.region, state.manager, state.fte) == (
        "Mauritius",
        "Sub-Saharan Africa",
        "E1",
        Decimal(1),
    )


def test_two_employments_of_one_person_at_once_are_refused(tmp_path: Path) -> None:
    ledger = harbour()
    ledger.employment(1, date(2020, 1, 1))
    ledger.employment(1, date(2026, 1, 1), is_rehire=True)
    folder = ledger.write(tmp_path)

    with pytest.raises(ValueError, match="person 1 holds employments 1 and 2 at once"):
        headcount(folder, AS_AT)


def test_an_exit_without_a_kind_is_refused(tmp_path: Path) -> None:
    ledger = harbour()
    ledger.employment(1, date(2020, 1, 1), date(2026, 2, 2), None)
    folder = ledger.write(tmp_path)

    with pytest.raises(ValueError, match="employment 1 ended on 2026-02-02"):
        movements(folder, AS_AT)


LAST_HOUR = 100 * 24
days = st.integers(-20, 95).map(lambda offset: JANUARY + timedelta(days=offset))
instants = st.integers(0, LAST_HOUR).map(lambda hour: GO_LIVE + timedelta(hours=hour))
mostly_at_once = st.one_of(st.just(GO_LIVE), instants)
seldom = st.one_of(st.none(), st.none(), instants)
changed_values: st.SearchStrategy[tuple[str, str | None]] = st.sampled_from(
    [
        ("department", "Sales - HU"),
        ("department", "Finance - HG"),
        ("department", None),
        ("designation", "Analyst"),
        ("designation", "Clerk"),
        ("designation", None),
        ("branch", "Vienna"),
        ("branch", None),
        ("company", "Harbour UK Ltd"),
    ]
)


@st.composite
def ledgers(draw: st.DrawFn) -> Ledger:
    """A company of a few people to whom anything may happen, known at any time."""
    ledger = harbour()
    for department in ("Sales - HG", "Finance - HG"):
        if draw(st.booleans()):
            label = draw(st.sampled_from(["Sales", "Revenue", " Money"]))
            recorded_at = GO_LIVE + timedelta(hours=draw(st.integers(1, LAST_HOUR)))
            ledger.department(department, label, recorded_at)
    for person_id in range(1, draw(st.integers(1, 5)) + 1):
        for effective_on in draw(st.sets(days, max_size=2)):
            weekly_hours = draw(st.sampled_from(["10.00", "19.25", "40.00"]))
            ledger.hours(person_id, effective_on, weekly_hours, draw(mostly_at_once))
        started_on = draw(days)
        turns = draw(st.integers(1, 2))
        for turn in range(turns):
            ended_on = started_on + timedelta(days=draw(st.integers(0, 40)))
            recorded_at = draw(mostly_at_once)
            # Only a last end may be learned late: an open employment before another
            # one would hold the person twice.
            is_last = turn == turns - 1
            is_open = is_last and draw(st.booleans())
            employment_id = ledger.employment(
                person_id,
                started_on,
                None if is_open else ended_on,
                None if is_open else draw(st.sampled_from(EXIT_KINDS)),
                is_rehire=turn > 0,
                branch=draw(st.sampled_from(["Berlin", "London", None])),
                recorded_at=recorded_at,
                end_recorded_at=draw(seldom) if is_last and not is_open else None,
                retracted_at=draw(seldom),
            )
            for _ in range(draw(st.integers(0, 4))):
                ledger.change(
                    employment_id,
                    draw(days),
                    *draw(changed_values),
                    recorded_at=draw(mostly_at_once),
                    retracted_at=draw(seldom),
                )
            started_on = ended_on + timedelta(days=draw(st.integers(0, 9)))
    return ledger


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(ledger=ledgers(), as_at=st.one_of(st.just(AS_AT), instants))
def test_the_oracle_agrees_with_a_picture_of_every_day(
    ledger: Ledger, as_at: datetime
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        ledger_dir = ledger.write(Path(folder))
        reported = months(ledger_dir, as_at)
        found_heads = headcount(ledger_dir, as_at)
        found_moves = movements(ledger_dir, as_at)
    if not reported:
        assert not found_heads
        assert not found_moves
        return
    last_day = (reported[-1] + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    heads, moves = walk(ledger.rows, reported[0], last_day, as_at)

    assert {tuple(cell): value for cell, value in found_heads.items()} == heads
    assert {
        tuple(cell): {name: count for name, count in row.items() if count}
        for cell, row in found_moves.items()
    } == moves


@settings(max_examples=100, deadline=None)
@given(ledger=ledgers(), as_at=st.one_of(st.just(AS_AT), instants))
def test_opening_and_movements_make_closing_in_every_cell(
    ledger: Ledger, as_at: datetime
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        ledger_dir = ledger.write(Path(folder))
        found = movements(ledger_dir, as_at)
    for row in found.values():
        joins = row["hires"] + row["rehires"] + row["transfers_in"]
        exits = row["exits_voluntary"] + row["exits_involuntary"] + row["exits_other"]
        assert (
            row["opening_headcount"] + joins - row["transfers_out"] - exits
            == row["closing_headcount"]
        )
