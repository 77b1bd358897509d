"""People who are paid, made up: what hypothesis draws, and the rows they are."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from hypothesis import strategies as st
from oracle.pay import Level, Sex

COMPANY = "Harbour Group GmbH"
YEAR = 2025
FULL_TIME_HOURS = Fraction(160)
"""What everybody would be paid for, full time."""

IN_POPULATION = {"eu": "paid_in_the_year", "uk": "full_pay_relevant"}
"""Why everybody here counts, by regime."""

# Few rates and few hours, so that many are paid the same.
RATES = (12, 15, 15.5, 18, 24, 40)
HOURS = (100, 120, 160)
COMPONENTS = (0, 200, 300, 300, 500, 1200)
CATEGORIES = ("Managers", "Specialists")


@dataclass(frozen=True)
class Someone:
    """A person's sex, and pay in whole units or halves, to be scaled.

    Attributes:
        number: Tells people apart.
        components: In the EU all components; in the UK the year's bonuses, and what is
            paid beside basic pay in the period.
    """

    number: int
    sex: Sex
    category: str
    basic: Decimal
    components: Decimal
    hours: Decimal

    def scaled(self, factor: Decimal) -> "Someone":
        """The same person, paid in other units."""
        return replace(
            self, basic=self.basic * factor, components=self.components * factor
        )

    def swapped(self) -> "Someone":
        """The same person of the other sex, where it is one of two."""
        others: dict[Sex, Sex] = {"female": "male", "male": "female"}
        return replace(self, sex=others.get(self.sex, self.sex))

    def level(self, regime: str) -> Level:
        """The person as the oracle knows people."""
        return Level(
            regime=regime,
            year=YEAR,
            company=COMPANY,
            employee=str(self.number),
            person_id=self.number,
            currency="EUR",
            sex=self.sex,
            reason="",
            is_in_population=True,
            is_relevant=True,
            basic=self.basic,
            components=self.components,
            bonus=self.components,
            hours=self.hours,
            scale=FULL_TIME_HOURS / Fraction(self.hours),
        )

    def row(self, regime: str) -> dict[str, Any]:
        """The person as a row of `fct_pay_levels`."""
        gross = self.basic + self.components
        has_components = self.components > 0
        scale = FULL_TIME_HOURS / Fraction(self.hours)
        return {
            "employee_key": str(self.number),
            "regime": regime,
            "company": COMPANY,
            "currency": "EUR",
            "sex": self.sex,
            "worker_category": self.category,
            "population_reason": IN_POPULATION[regime],
            "reference_year": YEAR,
            "basic_pay": self.basic,
            "component_pay": self.components,
            "bonus_pay": self.components,
            "gross_pay": gross,
            "paid_hours": self.hours,
            "hourly_basic": float(Fraction(self.basic) / Fraction(self.hours)),
            "hourly_component": float(Fraction(self.components) / Fraction(self.hours)),
            "hourly_gross": float(Fraction(gross) / Fraction(self.hours)),
            "annualised_basic": float(Fraction(self.basic) * scale),
            "annualised_component": float(Fraction(self.components) * scale),
            "annualised_gross": float(Fraction(gross) * scale),
            "is_in_population": True,
            "is_in_component_population": True,
            "has_components": has_components,
            "has_in_kind": False,
            "full_or_part_time": "full_time",
            "contract_kind": "permanent",
            "is_sex_missing": regime == "uk" and self.sex not in ("female", "male"),
            "is_assumed": False,
            "reference_on": date(YEAR, 12, 31),
        }


def rows(people: Iterable[Someone], regimes: Sequence[str] = ("eu", "uk")) -> list[Any]:
    """Everybody as rows of `fct_pay_levels`, once for each regime."""
    return [someone.row(regime) for regime in regimes for someone in people]


def of_one_sex(sex: Sex, fewest: int, most: int) -> st.SearchStrategy[list[Someone]]:
    """People of one sex, numbered from 0."""
    drawn = st.tuples(
        st.sampled_from(CATEGORIES),
        st.sampled_from(RATES),
        st.sampled_from(HOURS),
        st.sampled_from(COMPONENTS),
    )
    return st.lists(drawn, min_size=fewest, max_size=most).map(
        lambda many: [
            Someone(
                number=number,
                sex=sex,
                category=category,
                basic=Decimal(str(rate)) * hours,
                components=Decimal(components),
                hours=Decimal(hours),
            )
            for number, (category, rate, hours, components) in enumerate(many)
        ]
    )


@st.composite
def companies(draw: st.DrawFn, fewest: int, most: int) -> list[Someone]:
    """Women and men, and a few who are neither, in any order."""
    people = [
        *draw(of_one_sex("female", fewest, most)),
        *draw(of_one_sex("male", fewest, most)),
        *draw(of_one_sex("undeclared", 0, 2)),
        *draw(of_one_sex("other", 0, 1)),
    ]
    shuffled = draw(st.permutations(people))
    return [replace(someone, number=n) for n, someone in enumerate(shuffled)]
