"""Ten people whose regression can be worked out with pencil and paper.

Five women and five men, all 40 years old after 12 years of training, all on one level
and position, have served 1, 2, 3, 4 and 5 years. The logarithm of a man's hourly pay is
2.9 + 0.1 x service + error, of a woman's 0.1 less. The errors, 0.01, -0.02, 0.01, 0, 0
for the men and 0, 0, 0.01, -0.02, 0.01 for the women, add up to 0 within each sex, and
so do errors x (service - 3). Least squares therefore finds just these coefficients:

- Sum of squared errors: 2 x 6 x 0.0001 = 0.0012, over 10 - 3 degrees of freedom.
- Service is as long for women as for men, and its squares about 3 add up to 20: its
  variance is 0.0012 / 7 / 20.
- Sex compares two means of five: 0.0012 / 7 x (1/5 + 1/5).
- The intercept is a man's at no service: 0.0012 / 7 x (1/5 + 3 x 3 / 20).
- Squares about the mean: 0.01 x 20 for service, 0.01 x 10 / 4 for sex, and the errors.

What is the same for everybody (training, experience, level, position) says nothing
beyond the intercept.
"""

from math import exp, sqrt

SERVICE_YEARS = (1, 2, 3, 4, 5)
ERRORS = {"male": (0.01, -0.02, 0.01, 0, 0), "female": (0, 0, 0.01, -0.02, 0.01)}
AGE, TRAINING_YEARS = 40, 12

PEOPLE = [
    (sex, service, 2.9 + 0.1 * service - 0.1 * (sex == "female") + error)
    for sex, errors in ERRORS.items()
    for service, error in zip(SERVICE_YEARS, errors, strict=True)
]
"""Sex, years of service, and the logarithm of hourly pay."""

COEFFICIENTS = {"intercept": 2.9, "service_years": 0.1, "female": -0.1}
VARIANCE = 0.0012 / 7
STANDARD_ERRORS = {
    "intercept": sqrt(VARIANCE * (1 / 5 + 9 / 20)),
    "service_years": sqrt(VARIANCE / 20),
    "female": sqrt(VARIANCE * (1 / 5 + 1 / 5)),
}
R_SQUARED = 1 - 0.0012 / (0.01 * 20 + 0.01 * 10 / 4 + 0.0012)
GAP_PCT = 100 * (exp(-0.1) / exp(VARIANCE * (2 / 5) / 2) - 1)
"""How much more women earn, by Kennedy: negative, for men earn more."""
