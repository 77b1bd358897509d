"""Ordinary least squares, as the function that dbt's connection brings.

Models hand over whole columns and get a list of numbers back: SQL has no regression of
several variables, and a Python model would be a build step of one engine alone.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

ALIASED = 1e-9
"""A column is determined by those before it when less than this share of its length is
left beside them."""

Numbers = npt.NDArray[np.float64]


def fit(rows: Sequence[Sequence[float]]) -> list[float | None]:
    """Regress the first number of each row on the others, with an intercept.

    The variables are taken in their order. One that those before it determine, the
    intercept among them, is left out: of dummies for all levels of a factor it is the
    last one with anybody in it. The order of the rows makes no difference.

    Args:
        rows: For each observation its outcome and then its variables; all of one
            length, one or more.

    Returns:
        Observations, degrees of freedom that are left, R squared, then the
        coefficient of the intercept and of each variable, then their standard errors
        in the same order. None stands for what there is not: the coefficient of a
        variable that was left out, a standard error without degrees of freedom, R
        squared of outcomes that are all equal.
    """
    table = np.asarray(rows, float)
    count, width = len(table), len(table.T) - 1
    # Sums of doubles depend on their order: bring the rows into one.
    table = table[np.lexsort(table.T[::-1])]
    outcome = table[:, 0]
    design = np.column_stack([np.ones(count), table[:, 1:]])
    kept = independent(design)
    basis, triangle = np.linalg.qr(design[:, kept])
    solved = np.linalg.solve(triangle, basis.T @ outcome)
    residuals = outcome - design[:, kept] @ solved
    left_over = float(residuals @ residuals)
    centred = outcome - outcome.mean()
    total = float(centred @ centred)
    degrees = count - len(kept)
    inverse = np.linalg.inv(triangle)
    spread = np.sqrt(np.sum(inverse**2, axis=1))
    coefficients: list[float | None] = [None] * (width + 1)
    errors: list[float | None] = [None] * (width + 1)
    for place, column in enumerate(kept):
        # Added to nought, a negative nought is a plain one.
        coefficients[column] = float(solved[place]) + 0.0
        if degrees > 0:
            errors[column] = float(spread[place]) * float(np.sqrt(left_over / degrees))
    r_squared = 1 - left_over / total if total > 0 else None
    return [float(count), float(degrees), r_squared, *coefficients, *errors]


def independent(design: Numbers) -> list[int]:
    """The columns that those before them do not determine, in their order.

    Args:
        design: Observations by columns.

    Returns:
        Positions of columns, ascending.
    """
    kept: list[int] = []
    directions: list[Numbers] = []
    for position, column in enumerate(design.T):
        length = float(np.linalg.norm(column))
        rest = column.copy()
        # Twice, because once leaves errors of rounding as large as what is looked for.
        for _ in range(2):
            for direction in directions:
                rest = rest - (direction @ rest) * direction
        beside = float(np.linalg.norm(rest))
        if beside > ALIASED * length:
            kept.append(position)
            directions.append(rest / beside)
    return kept


def least_squares(samples: pa.Array) -> pa.Array:
    """Fit each sample: the function as DuckDB calls it.

    Args:
        samples: Lists of rows, each a list of numbers as `fit` takes them.

    Returns:
        Lists as `fit` gives them; null where there is no row.
    """
    fits: list[Any] = [fit(rows) if rows else None for rows in samples.to_pylist()]
    return pa.array(fits, pa.list_(pa.float64()))
