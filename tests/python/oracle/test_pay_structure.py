"""The oracle of what starters got: which range holds, and who is outside of it."""

from datetime import date
from decimal import Decimal

from oracle.pay_structure import Range, Starters, counted, in_force

OLD = Range("A", "Clerk", Decimal(40), Decimal(50), "EUR", date(2020, 1, 1))
NEW = OLD._replace(least=Decimal(41), valid_from=date(2026, 1, 1))


def test_the_range_of_the_day_holds() -> None:
    assert in_force([NEW, OLD], "A", "clerk", date(2025, 12, 31)) == OLD
    assert in_force([OLD, NEW], "A", "Clerk", date(2026, 1, 1)) == NEW
    assert in_force([OLD], "A", "Clerk", date(2019, 12, 31)) is None
    assert in_force([OLD], "B", "Clerk", date(2026, 1, 1)) is None


def test_the_ends_of_a_range_are_in_it() -> None:
    told = [Decimal(x) for x in ("39.99", "40", "50", "50.01")]

    assert counted([*told, None], OLD) == Starters(5, 4, 45.0, 1, 1)
    assert counted([], OLD) == Starters(0, 0, None, 0, 0)
