"""The attack finds what a reader finds, point by point, and nothing where nothing is.

`frozen` is what the demo company (seed 1, 1,200 people, 36 months) published before
groups were united and numbers rounded, with as much of the truth as a judge needs; all
of it is invented, and its keys are numbers. Recruiting was then told by the year of the
application, so that its day stands for that of the acceptance.
"""

import json
import random
from collections import Counter
from dataclasses import replace
from datetime import date
from fractions import Fraction
from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner

from disclosure.handmade import Company, attacked
from disclosure.mutations import MUTATIONS, PUBLICATION, TRUTH, change
from operations.attack import (
    Attacked,
    Breach,
    attack,
    differences,
    dominance,
    earlier,
    estimates,
    fractions,
    programs,
    utility,
)
from operations.attack.judge import Sum
from operations.attack.knowledge import Knowledge, Tie, known, together
from operations.attack.reading import ALL, REST, Figure, Key, Publication, month
from operations.cli import app

FROZEN = Path(__file__).parent / "frozen"

JANUARY = date(2025, 1, 1)


@pytest.fixture(scope="module")
def frozen(tmp_path_factory: pytest.TempPathFactory) -> Attacked:
    """What the attack finds in the publication as it was."""
    folder = tmp_path_factory.mktemp("frozen")
    with duckdb.connect() as connection:
        for path in sorted(FROZEN.glob("*.parquet")):
            database, schema, table = path.stem.split(".")
            file = folder / f"{database}.duckdb"
            connection.execute(f"attach if not exists '{file}' as {database}")
            connection.execute(f"create schema if not exists {database}.{schema}")
            connection.execute(
                f"create table {database}.{schema}.{table} as select * from '{path}'"
            )
    published, muster, restricted = (
        folder / f"{name}.duckdb" for name in ("published", "muster", "restricted")
    )
    return attack(published, muster, restricted)


def found(frozen: Attacked, method: str, table: str) -> Counter[str]:
    """What a table tells by a method, and how often."""
    return Counter(
        breach.about
        for breach in frozen.breaches
        if (breach.method, breach.table) == (method, table)
    )


def test_1_a_change_in_pay_gives_both_rates_back(frozen: Attacked) -> None:
    assert found(frozen, "fractions", "features.ftr_attrition_monthly")["pay"] > 30


def test_2_a_median_gap_is_two_peoples_pay(frozen: Attacked) -> None:
    assert (
        Breach(
            "fractions",
            "published.pay_gap",
            "pay",
            "annual c_median_gap, eu / Harbour Group GmbH, year of 2024-01-01",
        )
        in frozen.breaches
    )


def test_3_absence_rests_on_few_who_were_absent(frozen: Attacked) -> None:
    absence = found(frozen, "dominance", "published.absence")
    assert absence["absence_pct"] > 150
    assert (
        Breach(
            "dominance",
            "published.absence",
            "lost_days",
            "Operations / All / Northern America / All, quarter of 2026-04-01",
        )
        in frozen.breaches
    )


def test_4_two_populations_differ_by_who_was_on_leave(frozen: Attacked) -> None:
    on_leave = found(frozen, "programs", "published.pay_gap")
    assert on_leave == {"not_full women": 5, "not_full men": 4, "not_full other": 1}


def test_5_what_is_withheld_follows_from_what_is_nearly_so(frozen: Attacked) -> None:
    assert found(frozen, "estimates", "published.headcount")["headcount"] > 96
    assert found(frozen, "estimates", "published.pay_gap")["relevant other"] >= 3


def test_6_three_people_cost_a_large_group_its_figures(frozen: Attacked) -> None:
    withheld = Counter((each.table, each.about) for each in frozen.in_vain)
    assert withheld["published.headcount", "headcount: a row of the unassigned"] == 144
    assert withheld["published.pay_gap", "women: withheld though told elsewhere"] == 4
    assert frozen.told["headcount"] < 0.95
    assert frozen.told["recruiting"] < 0.85
    assert any(line.startswith("headcount: ") for line in frozen.lacking)


def test_what_was_found_names_no_one_and_tells_no_value(frozen: Attacked) -> None:
    assert not frozen.untried
    assert frozen.unjudged == ["paid", "pay levels", "worked"]
    assert " e1" not in frozen.verdict()
    assert "published.headcount tells headcount by estimates" in frozen.verdict()


# Continued fractions


def test_a_fraction_gives_two_amounts_back() -> None:
    women, men = 51731.91, 51852.49
    assert Fraction(5173191, 5185249) in fractions.terms(100 * (men - women) / men)


def test_a_number_that_is_rounded_or_means_nothing_gives_none() -> None:
    source = random.Random(1)
    assert not list(fractions.terms(0.2))
    assert not list(fractions.terms(12.5))
    noise = [list(fractions.terms(source.uniform(-20, 20))) for _ in range(300)]
    assert sum(map(bool, noise)) < 0.1 * len(noise)


# Integer programs


def headcount(group: str, months: int = 0, region: str = ALL) -> Key:
    """The headcount of a group."""
    return Key("headcount", (group, ALL, region, ALL), "month", month(JANUARY, months))


def figure(
    key: Key, value: float | None, step: float = 0, kind: str = "count"
) -> Figure:
    """A published number."""
    return Figure("headcount", key.measure, kind, key, "", value, step, value is None)


def test_a_total_less_its_parts_is_the_unassigned() -> None:
    rest = headcount(REST)
    told = [
        figure(headcount(ALL), 103),
        figure(headcount("A"), 60),
        figure(headcount("B"), 40),
    ]
    exact = programs.ranges(known(Publication(told)), [rest], 10)
    assert exact.ranges == {rest: programs.Range(3, 3)}

    rounded = [replace(each, step=10.0) for each in told[1:]]
    assert not programs.ranges(
        known(Publication([told[0], *rounded])), [rest], 10
    ).ranges


def test_a_number_that_a_program_leaves_open_is_not_claimed() -> None:
    told = [
        figure(headcount(ALL), 50),
        figure(headcount("A"), 40),
        *(figure(headcount(group), None) for group in ("B", "C")),
    ]
    both = [headcount("B"), headcount("C")]
    tried = programs.ranges(known(Publication(told)), both, 10)
    assert not tried.impossible
    assert not tried.ranges


def test_a_rate_of_a_known_base_is_a_number_of_people() -> None:
    """0.5 % of 1,300 people are six or seven."""
    key = Key("exits_voluntary", (ALL,) * 4, "year", JANUARY)
    months = [figure(headcount(ALL, n), 1300) for n in range(12)]
    rate = Figure("turnover", "voluntary_turnover_pct", "rate", key, "mean", 0.5, 0.1)
    tried = programs.ranges(known(Publication([*months, rate])), [key], 10)
    assert tried.ranges == {key: programs.Range(6, 7)}

    coarse = replace(rate, step=1.0)
    assert not programs.ranges(known(Publication([*months, coarse])), [key], 10).ranges


def test_whoever_was_there_came_and_did_not_leave_is_there() -> None:
    flow = {
        name: Key(name, (ALL,) * 4, "year", JANUARY) for name in ("joiners", "exits")
    }
    told = [
        figure(headcount(ALL, -1), 100),
        figure(flow["joiners"], 30),
        figure(flow["exits"], None),
        figure(headcount(ALL, 11), 122),
    ]
    tried = programs.ranges(known(Publication(told)), [flow["exits"]], 10)
    assert tried.ranges == {flow["exits"]: programs.Range(8, 8)}


def test_what_was_told_before_counts_where_it_is_withheld_now() -> None:
    now = Publication([figure(headcount("A"), None), figure(headcount(ALL), 50)])
    before = Publication([figure(headcount("A"), 4)])
    assert not programs.ranges(known(now), [headcount("A")], 10).ranges
    tried = programs.ranges(known(together(now, before)), [headcount("A")], 10)
    assert tried.ranges == {headcount("A"): programs.Range(4, 4)}


def test_programs_say_what_they_did_not_try() -> None:
    knowledge = known(Publication([figure(headcount("A"), None)]))
    assert programs.ranges(knowledge, [headcount("A")], -1).untried == 1


def test_programs_look_at_the_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(programs, "milp", None)
    keys = [headcount("A"), headcount("B")]
    told = [figure(headcount(ALL), 50), *(figure(key, None) for key in keys)]
    assert programs.ranges(known(Publication(told)), keys, 0).untried == 2


def test_what_contradicts_itself_is_named_and_is_no_breach() -> None:
    told = [figure(headcount(ALL), 5), figure(headcount("A"), 8)]
    rest = headcount(REST)
    assert programs.ranges(known(Publication(told)), [rest], 10).impossible == 1
    found = Attacked(tried=1, contradictory=2)
    assert found.passed
    assert "what is told contradicts itself for 2" in found.verdict()


def test_an_earlier_release_has_its_own_steps(tmp_path: Path) -> None:
    with duckdb.connect() as connection:
        connection.execute("attach ':memory:' as previous")
        connection.execute(
            "create table previous.main.headcount as"
            " select 60 as headcount, date '2025-01-01' as month_start_on"
        )
        path = tmp_path / "published.duckdb"
        assert earlier(connection, path).figures[0].step == 0
        test = {"kwargs": {"steps": {"headcount": "5"}}}
        nodes = {
            "test": {"test_metadata": test, "attached_node": "model"},
            "model": {"alias": "headcount"},
        }
        (tmp_path / "dbt").mkdir()
        (tmp_path / "dbt/manifest.json").write_text(json.dumps({"nodes": nodes}))
        assert earlier(connection, path).figures[0].step == 5


# Estimates


def test_a_withheld_month_lies_between_its_neighbours() -> None:
    people = {headcount("A", n): 2 + n // 8 for n in range(60)}
    told = [
        figure(key, None if n % 3 else number)
        for n, (key, number) in enumerate(people.items())
    ]
    withheld = {each.key: people[each.key] for each in told if each.value is None}
    estimated = estimates.least_norm(known(Publication(told)))
    hits = estimates.better_than_blind(estimated, withheld, withheld)
    assert len(hits["headcount"]) == len(withheld)


def test_estimates_that_are_no_better_than_a_guess_are_no_breach() -> None:
    source = random.Random(1)
    keys = [headcount(f"{n}") for n in range(200)]
    truth = {key: source.randint(1, 9) for key in keys}
    guesses = {key: float(source.randint(1, 9)) for key in keys}
    assert not estimates.better_than_blind(guesses, truth, keys)
    # One number for all hits as often, where all are alike.
    alike = dict.fromkeys(keys, 2)
    nearly = {key: 2.0 if n else 5.0 for n, key in enumerate(keys)}
    assert not estimates.better_than_blind(nearly, alike, keys)


def test_chance_is_that_of_a_binomial() -> None:
    assert estimates.by_chance(0, 5) == pytest.approx(1)
    assert estimates.by_chance(5, 5) == pytest.approx(estimates.BLIND**5)


def test_exact_ties_outweigh_approximate_ones() -> None:
    one, other = headcount("A"), headcount("B")
    knowledge = Knowledge({one: (0, 1e9), other: (0, 1e9)})
    knowledge.ties += [
        Tie({one: 1, other: 1}, 20, 20),
        Tie({one: 1}, 14, 14, 1.0),
        Tie({other: 1}, 8, 8, 1.0),
    ]
    estimated = estimates.least_norm(knowledge)
    assert estimated[one] + estimated[other] == pytest.approx(20, abs=0.01)
    assert estimated[one] == pytest.approx(13, abs=0.01)


# Dominance


def cost(group: str, value: float, step: float = 0) -> Figure:
    """What a group costs."""
    key = Key("paid", (group, ALL, ALL, ALL), "year", JANUARY)
    return Figure("cost", "cost", "sum", key, "", value, step)


def test_the_second_largest_part_tells_the_largest() -> None:
    told = cost("A", 1000)
    of_twelve = {told.key: Sum(12, 1000, 800, 180)}
    assert [each.about for each in dominance.dominated([told], of_twelve)] == ["cost"]
    assert not list(dominance.dominated([told], {told.key: Sum(12, 1000, 100, 90)}))
    # What is told coarsely tells less.
    coarse = cost("A", 1000, step=400)
    assert not list(dominance.dominated([coarse], of_twelve))


def test_a_sum_of_few_tells_of_each() -> None:
    told = cost("A", 900)
    assert list(dominance.dominated([told], {told.key: Sum(9, 900, 100, 100)}))
    assert not list(dominance.dominated([told], {told.key: Sum(0, 0, 0, 0)}))


def test_a_total_less_what_is_told_is_the_cost_of_few() -> None:
    told = [cost(ALL, 10300), cost("A", 6000), cost("B", 4000)]
    sums = {
        told[0].key: Sum(103, 10300, 100, 100),
        told[1].key: Sum(60, 6000, 100, 100),
        told[2].key: Sum(40, 4000, 100, 100),
        cost(REST, 0).key: Sum(3, 300, 100, 100),
    }
    assert [each.where for each in dominance.dominated(told, sums)] == [
        f"{REST} / All / All / All, year of 2025-01-01"
    ]
    rounded = [replace(each, step=1000.0) for each in told]
    assert not list(dominance.dominated(rounded, sums))


# Differences and plain reading


def test_a_correction_between_two_releases_tells_of_few() -> None:
    before, now = figure(headcount("A"), 60), figure(headcount("A"), 61)
    for step in (0, 1):
        exact = replace(now, step=step), replace(before, step=step)
        assert list(differences.between_releases([exact[0]], [exact[1]]))
    for same in (
        (before, before),
        (replace(before, value=60, step=10), replace(now, value=70, step=10)),
        (replace(before, value=60, step=10), replace(now, value=61, step=1)),
        (figure(headcount(ALL), 60), figure(headcount(ALL), 61)),
    ):
        assert not list(differences.between_releases([same[1]], [same[0]]))


def test_a_number_has_no_more_digits_than_its_step() -> None:
    rounded = figure(headcount("A"), 60, 10)
    assert not list(differences.off_step([rounded, figure(headcount("A"), 61)]))
    assert list(differences.off_step([replace(rounded, value=61)]))


def test_what_is_withheld_in_vain_is_seen() -> None:
    told, withheld = figure(headcount("A"), 60), figure(headcount("A"), None)
    explained = replace(withheld, is_explained=True)
    assert [each.about for each in utility.in_vain([told, withheld])] == [
        "headcount: withheld though told elsewhere"
    ]
    assert len(list(utility.in_vain([withheld]))) == 1
    assert not list(utility.in_vain([explained, figure(headcount("B"), 50)]))
    assert len(list(utility.in_vain([figure(headcount("Unassigned"), 10)]))) == 1


# A whole publication


@pytest.fixture
def company() -> Company:
    """Two groups in two regions; nobody is unassigned."""
    return Company(
        {
            ("Sales", "North"): 43,
            ("Sales", "South"): 28,
            ("Making", "North"): 36,
            ("Making", "South"): 52,
        },
        {"Sales": "Sales", "Making": "Making"},
        absent={"Sales": 15, "Making": 20},
    )


def about(found: Attacked) -> set[tuple[str, str, str]]:
    """Tables, what they tell, and by which method."""
    return set(found.summary())


def test_nothing_is_found_where_nothing_is(company: Company, tmp_path: Path) -> None:
    first = company.build(tmp_path / "first")
    grown = replace(company, people={**company.people, ("Sales", "North"): 44})
    second = grown.build(tmp_path / "second")
    for found in (attacked(first), attacked(second, first)):
        assert not found.breaches
        assert found.passed
        assert found.told == {"absence": 1.0, "headcount": 1.0}
        assert not [*found.lacking, *found.in_vain]


def test_the_unassigned_are_had_by_subtraction(
    company: Company, tmp_path: Path
) -> None:
    people = {**company.people, ("Nowhere", "North"): 3}
    exact = replace(company, people=people, step=1)
    assert ("published.headcount", "headcount", "programs") in about(
        attacked(exact.build(tmp_path / "exact"))
    )


def test_what_contradicts_the_release_before_hides_nothing(
    company: Company, tmp_path: Path
) -> None:
    people = {**company.people, ("Nowhere", "North"): 3}
    exact = replace(company, people=people, step=1).build(tmp_path / "exact")
    change(
        company.build(tmp_path),
        "insert into published.main.headcount select * replace ('West' as region,"
        " 500 as headcount) from published.main.headcount where region = 'North'",
    )
    found = attacked(exact, tmp_path)
    assert found.contradictory == 12
    assert ("published.headcount", "headcount", "programs") in about(found)


def test_nothing_is_found_while_what_few_are_is_withheld(
    company: Company, tmp_path: Path
) -> None:
    change(company.build(tmp_path), TRUTH, PUBLICATION)
    found = attacked(tmp_path)
    assert found.passed, found.verdict()
    assert (found.untried, found.contradictory) == (0, 0)


@pytest.mark.parametrize("learned", MUTATIONS)
def test_what_is_told_of_few_is_found(
    learned: str, company: Company, tmp_path: Path
) -> None:
    change(company.build(tmp_path), TRUTH, PUBLICATION, MUTATIONS[learned])
    about, _, method = learned.partition(",")[0].partition(" by ")
    assert (about, method) in {(b.about, b.method) for b in attacked(tmp_path).breaches}


def test_who_went_to_another_group_is_had_from_two_releases(tmp_path: Path) -> None:
    people = {"Sales": 71, "Making": 88, "Tech": 40, "Few": 4}
    others = {"Tech": "Technology", "Making": "Making and other"}
    before = Company(
        {(department, "North"): n for department, n in people.items()},
        {**others, "Sales": "Sales", "Few": "Making and other"},
        step=1,
        absent={"Sales": 15},
    )
    now = replace(
        before,
        groups={**before.groups, "Making": "Making"}
        | dict.fromkeys(("Tech", "Few"), "Technology and other"),
    )
    # Or the label stays, though the members do not.
    same = replace(now, groups={**before.groups, "Few": "Technology"})
    first = before.build(tmp_path / "before")
    told = ("published.headcount", "headcount", "programs")
    coarse = replace(before, step=5).build(tmp_path / "coarse")
    for n, each in enumerate((now, same)):
        second = each.build(tmp_path / f"{n}")
        assert attacked(second).passed
        found = attacked(second, first)
        assert told in about(found)
        assert "only Few / All / All / All" in found.breaches[0].where
        rounded = replace(each, step=5).build(tmp_path / f"{n} rounded")
        assert attacked(rounded, coarse).passed


def test_few_absent_people_are_told_of(company: Company, tmp_path: Path) -> None:
    few = replace(company, absent={"Sales": 15, "Making": 4})
    assert about(attacked(few.build(tmp_path))) == {
        ("published.absence", "absence_pct", "dominance")
    }


def test_a_group_withheld_for_nothing_costs_utility(
    company: Company, tmp_path: Path
) -> None:
    found = attacked(company.build(tmp_path, is_withheld=["Sales"]))
    assert found.told["headcount"] == pytest.approx(1 - 71 / 318)
    assert not found.lacking, "a company this small need not tell its groups"


def test_a_company_of_any_size_tells_its_own_headcount(
    company: Company, tmp_path: Path
) -> None:
    found = attacked(company.build(tmp_path, is_withheld=["All"]))
    assert found.lacking[0].startswith("headcount.headcount of All / All / All / All")


def test_the_command_tells_what_breaks_and_what_is_told(
    company: Company, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = replace(company, absent={"Sales": 15, "Making": 4})
    for name, each in (("dev", company), ("uat", few)):
        each.build(tmp_path / name)
    monkeypatch.setenv("MUSTER_HOME", str(tmp_path))

    def told(*arguments: str) -> tuple[int, str]:
        result = CliRunner().invoke(app, ["attack", *arguments], env={"COLUMNS": "200"})
        return result.exit_code, result.output

    code, text = told("--env", "dev")
    assert code == 0
    assert "headcount  100.0%" in text
    assert "Nobody is told of" in text
    code, text = told("--env", "uat", "--where")
    assert code == 1
    assert "absence_pct, dominance: Making / All / All / All, year of 2025" in text
    assert told("--env", "ci")[0] == 1


@pytest.mark.parametrize(
    ("people", "share"), [(90, 0), (400, 0.85), (1328, 0.95), (2500, 0.95)]
)
def test_larger_companies_tell_more(people: float, share: float) -> None:
    assert utility.least(people) == share
