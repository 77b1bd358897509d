"""Where there is no pay gap, its reason is named."""

import duckdb
import pytest

from environment.errors import MusterError
from operations.statutory import pack


@pytest.mark.parametrize(
    ("company", "told"),
    [
        (None, r"no pay gap \(A: no_whole_year, B: no_sex\): docs/onboarding.md"),
        ("B", r"no pay gap of 'B' \(B: no_sex\): docs/onboarding.md"),
        ("C", "no pay gap of 'C': see restricted.pay.rpt_pay_gap"),
    ],
)
def test_what_a_pay_gap_lacks_is_named(company: str | None, told: str) -> None:
    with duckdb.connect() as connection:
        connection.execute(
            """
            attach ':memory:' as restricted;
            attach ':memory:' as muster;
            create schema restricted.pay;
            create schema muster.quality;
            create table restricted.pay.rpt_pay_reporting_duties
            (company text, country_code text, workers int, reference_year int);
            create table restricted.pay.rpt_pay_gap
            (regime text, company text, reference_year int);
            create table muster.quality.rpt_available_figures as
            from (values
                ('A', 'pay_gap', 'no_whole_year'), ('B', 'pay_gap', 'no_sex'),
                ('A', 'absence', 'no_absences'), ('C', 'pay_gap', null)
            ) as figures (company, figure, null_reason);
            """
        )
        with pytest.raises(MusterError, match=told):
            pack._asked(connection, company, None, None)
