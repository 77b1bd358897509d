"""What is read from payroll: tables and their declared columns.

Amounts and hours are exact decimals; `updated_at` is UTC. Each table has the key `id`.
"""

from ingestion.columns import Column

CHUNK_ROWS = 50_000
"""Rows held in memory at a time."""

IDS_AT_ONCE = 1000
"""Rows asked for by their ids in one query; PostgreSQL takes any number."""

SKEW_SECONDS = 3600
"""How far a row may be stamped ahead of the database's clock."""

KEY = "id"
VERSION = "updated_at"


def _row(*columns: Column) -> tuple[Column, ...]:
    return (
        Column(KEY, "bigint", required=True),
        *columns,
        Column(VERSION, "timestamp", required=True),
    )


READ: dict[str, tuple[Column, ...]] = {
    "pay_runs": _row(
        Column("company", required=True),
        Column("period_start", "date", required=True),
        Column("period_end", "date", required=True),
        Column("paid_on", "date", required=True),
        Column("currency", required=True),
        Column("status", required=True),
    ),
    "payslips": _row(
        Column("pay_run_id", "bigint", required=True),
        Column("employee_number", required=True),
        Column("reversal_of", "bigint"),
    ),
    "payslip_lines": _row(
        Column("payslip_id", "bigint", required=True),
        Column("line_type", required=True),
        Column("description"),
        Column("amount", "decimal(18,2)", required=True),
        Column("hours", "decimal(9,2)"),
    ),
    "contracted_hours": _row(
        Column("employee_number", required=True),
        Column("effective_from", "date", required=True),
        Column("weekly_hours", "decimal(5,2)", required=True),
    ),
}
"""Table that is read to its columns."""

GONE_TABLE = "gone_rows"
GONE = (
    Column("table_name"),
    Column("id", "bigint"),
    Column("noticed_at", "timestamp"),
)
"""Rows that were known and are not in the database any more."""

TABLES = READ | {GONE_TABLE: GONE}
"""Table in raw to its columns."""
