"""The yearly reminder: where workers have the right, and only there."""

from datetime import date

import duckdb
import pytest

from environment.errors import MusterError
from operations.statutory import documents, reminder


def test_workers_are_reminded_where_a_law_gives_them_the_right() -> None:
    with duckdb.connect() as connection:
        connection.execute(
            """
            attach ':memory:' as restricted;
            create schema restricted.pay;
            create table restricted.pay.rpt_pay_reporting_duties as
            select * from (values
                ('A', 'IT', 'Act 1', 2, null, date '2026-06-07', 2024),
                ('A', 'IT', 'Act 1', 2, null, date '2026-06-07', 2025),
                ('A', 'LT', 'Act 3', null, null, date '2027-01-01', 2025),
                ('A', 'DE', null, null, null, null, 2025),
                ('B', 'MT', 'Act 2', null, 8, date '2026-06-05', 2025)
            ) as duties (
                company, country_code, law, information_months, information_days,
                information_from, reference_year
            )
            """
        )
        today = date(2026, 11, 27)
        found = reminder.compose(connection, "pay@example.com", today)

        assert [(x.company, x.country, x.term) for x in found] == [
            ("A", "IT", "2 months"),
            ("B", "MT", "8 days"),
        ]
        text = documents.rendered("reminder.txt", reminder=found[0])
        assert "Act 1" in text
        assert "pay@example.com" in text
        assert "2 months" in " ".join(text.split())
        (german, _) = reminder.compose(connection, "pay@example.com", today, "de")
        text = " ".join(
            documents.rendered("reminder.txt", "de", reminder=german).split()
        )
        assert "IHR RECHT AUF AUSKUNFT" in text
        assert "Land: Italien). Nach Act 1" in text
        assert "innerhalb von 2 Monaten" in text
        assert "within" not in text
        with pytest.raises(MusterError, match="No reminder was written"):
            reminder.compose(connection, "pay@example.com", date(2026, 6, 4))
