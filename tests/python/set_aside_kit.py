"""Counts of what a build set aside, as the marts hold them."""

import duckdb

COLUMNS = (
    "rule, source, resource, kind, consequence, remedy, records, share_pct,"
    " largest_share_pct, is_past_bound"
)


def count(
    marts: duckdb.DuckDBPyConnection, payslips: int, *, is_past_bound: bool
) -> None:
    """Say that so many payslips of 100 are of nobody, and that two phones are ahead.

    Args:
        marts: A connection that uses the marts.
        payslips: How many.
        is_past_bound: Whether that is more than 5.
    """
    marts.execute(
        "create schema if not exists quality; "
        "create or replace table quality.rpt_set_aside_counts as "
        f"select * from (values "
        f"('payslip_of_nobody', 'payroll', 'payslips', 'set_aside', 'It is left out.',"
        f" 'Enter the number.', {payslips}, {payslips}.0, 5.0, {is_past_bound}), "
        "('clock_ahead', 'attendance', 'users', 'flagged', 'It counts.',"
        f" 'Set the clock.', 2, null, null, false)) as t ({COLUMNS})"
    )
