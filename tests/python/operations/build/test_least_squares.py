"""Least squares by hand, against statsmodels, and whatever the order of rows."""

import math
import random

import numpy as np
import pyarrow as pa
import pytest
import statsmodels.api as sm

from operations.build.inside.least_squares import fit, independent, least_squares

Row = list[float]


def company(seed: int, people: int = 120) -> list[Row]:
    """Outcomes with sex, years, their square, and dummies for all four levels."""
    rng = np.random.default_rng(seed)
    rows = []
    for _ in range(people):
        woman, years = float(rng.random() < 0.5), float(rng.integers(0, 40))
        level = int(rng.integers(1, 5))
        dummies = [float(level == each) for each in (4, 3, 2, 1)]
        pay = 3 - 0.05 * woman + 0.02 * years - 0.0003 * years**2 + 0.2 * (4 - level)
        rows.append([pay + rng.normal(0, 0.1), woman, years, years**2, *dummies])
    return rows


def test_two_groups_have_their_means() -> None:
    rows = [[1.0, 0.0], [3.0, 0.0], [4.0, 1.0], [8.0, 1.0], [6.0, 1.0]]
    found = fit(rows)
    # Means 2 and 6; residuals 1, 1, 2, 2, 0, so 10 over 5 - 2, and 1/2 + 1/3 of it.
    spread = 10 / 3
    assert found == pytest.approx(
        [
            *(5, 3, 1 - 10 / 29.2),
            *(2, 4),
            *(math.sqrt(spread / 2), math.sqrt(spread * 5 / 6)),
        ]
    )


@pytest.mark.parametrize("seed", range(5))
def test_statsmodels_agrees(seed: int) -> None:
    rows = np.array(company(seed))
    found = fit(rows.tolist())
    design = sm.add_constant(rows[:, 1:-1])
    expected = sm.OLS(rows[:, 0], design).fit()
    assert found[0] == len(rows)
    assert found[1] == expected.df_resid
    assert found[2] == pytest.approx(expected.rsquared, rel=1e-9)
    assert found[3:10] == pytest.approx(expected.params.tolist(), rel=1e-9)
    assert found[11:18] == pytest.approx(expected.bse.tolist(), rel=1e-9)
    assert found[10] is None
    assert found[18] is None


def test_the_lowest_level_with_anybody_is_the_base() -> None:
    rows = [row for row in company(1) if row[7] == 0]
    found = fit(rows)
    assert [value is None for value in found[3:11]] == [False] * 6 + [True, True]


def test_a_column_that_others_determine_is_left_out() -> None:
    design = np.array([[1, 0, 1, 5, 0], [1, 1, 0, 5, 1], [1, 0, 1, 5, 2.0]])
    assert independent(design) == [0, 1, 4]


def test_the_order_of_rows_makes_no_difference() -> None:
    rows = company(7)
    found = fit(rows)
    for seed in range(5):
        random.Random(seed).shuffle(rows)
        assert fit(rows) == found


def test_what_cannot_be_known_is_none() -> None:
    exact = fit([[1.0, 0.0], [2.0, 1.0]])
    assert exact[:5] == pytest.approx([2, 0, 1, 1, 1])
    assert exact[5:] == [None, None]
    equal = fit([[3.0, 0.0], [3.0, 0.0]])
    assert equal[2] is None
    assert equal[4] is None


def test_ten_people_by_hand() -> None:
    # Log pay is 3 of men and 2.9 of women in the mean, with the same five distances
    # from it: 0.08 over 10 - 2, so that the variance of the gap is 0.01 x 2 / 5.
    distances = (-0.1, -0.1, 0.0, 0.1, 0.1)
    rows = [[3 - 0.1 * sex + each, sex] for sex in (0.0, 1.0) for each in distances]
    found = fit(rows)
    assert found == pytest.approx(
        [10, 8, 1 - 0.08 / 0.105, 3, -0.1, math.sqrt(0.002), math.sqrt(0.004)]
    )
    gap, error = found[4], found[6]
    assert gap is not None
    assert error is not None
    kennedy = 100 * (math.exp(gap) / math.exp(error**2 / 2) - 1)
    assert kennedy == pytest.approx(100 * math.expm1(-0.102))


def test_a_sample_without_rows_has_no_fit() -> None:
    samples = pa.array([[], None, [[1.0], [3.0]]], pa.list_(pa.list_(pa.float64())))
    (nobody, nothing, two) = least_squares(samples).to_pylist()
    assert nobody is None
    assert nothing is None
    assert two == pytest.approx([2, 1, 0, 2, 1])
