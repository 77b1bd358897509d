"""Declared columns: what fits, what does not, and what is said of it."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from ingestion.columns import WITHOUT, Column, dlt_columns, split


def only(kind: str, text: Any, *, required: bool = False, fmt: str = "") -> Any:
    """The typed value of one text, or the reason it is rejected with."""
    column = Column("value", kind, required=required, format=fmt)
    table = pa.table({"value": pa.array([text])})
    good, rejected, values = split(table, [column])
    if len(rejected):
        assert len(good) == 0
        return rejected.to_pylist()[0]["reason"]
    if len(values):
        assert good.to_pylist() == [{"value": None}]
        return values.to_pylist()[0]["reason"].removesuffix(WITHOUT)
    return good.to_pylist()[0]["value"]


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("text", " Ada ", " Ada "),
        ("text", "", ""),
        ("bigint", " 42 ", 42),
        ("bigint", "-7", -7),
        ("bigint", "", None),
        ("bigint", "  ", None),
        ("bigint", None, None),
        ("decimal(18,2)", "12.5", Decimal("12.50")),
        ("decimal(18,2)", "12.500", Decimal("12.50")),
        ("double", "1e3", 1000.0),
        ("boolean", "TRUE", True),
        ("boolean", "0", False),
        ("date", "2024-02-29", date(2024, 2, 29)),
        ("timestamp", "2024-01-01 10:00:00.5", datetime(2024, 1, 1, 10, 0, 0, 500000)),
        ("timestamp", "2024-01-01", datetime(2024, 1, 1)),
        ("instant", "2024-01-01T10:00:00+02:00", datetime(2024, 1, 1, 8)),
        ("instant", "2024-01-01T10:00:00.25Z", datetime(2024, 1, 1, 10, 0, 0, 250000)),
        ("instant", " 2024-01-01 10:00:00-05:30 ", datetime(2024, 1, 1, 15, 30)),
        ("offset_minutes", "2024-01-01T10:00:00+05:45", 345),
        ("offset_minutes", "2024-01-01T23:59:59.999999-05:30", -330),
        ("offset_minutes", " 2024-01-01T10:00:00Z", 0),
    ],
)
def test_what_fits_is_typed(kind: str, text: Any, value: Any) -> None:
    assert only(kind, text) == value


@pytest.mark.parametrize(
    ("kind", "text", "reason"),
    [
        ("bigint", "1.5", "value is not a whole number"),
        ("bigint", "1e3", "value is not a whole number"),
        ("bigint", "99999999999999999999", "value is not a whole number"),
        ("decimal(18,2)", "1.005", "value is not a decimal(18,2) number"),
        ("decimal(4,2)", "123", "value is not a decimal(4,2) number"),
        ("double", "NaN", "value is not a number"),
        ("boolean", "maybe", "value is not true or false"),
        ("date", "2023-02-29", "value is not a date written yyyy-mm-dd"),
        ("date", "2023-02-01 10:00", "value is not a date written yyyy-mm-dd"),
        ("date", "infinity", "value is not a date written yyyy-mm-dd"),
        ("timestamp", "2024-01-01T10:00:00Z", "value is not a local date and time"),
        (
            "instant",
            "2024-01-01T10:00:00",
            "value is not a date and time with its offset",
        ),
        (
            "instant",
            "2024-01-01T25:00:00Z",
            "value is not a date and time with its offset",
        ),
        ("offset_minutes", "noon", "value is not a date and time with its offset"),
    ],
)
def test_what_does_not_fit_is_rejected_and_never_rounded(
    kind: str, text: str, reason: str
) -> None:
    assert only(kind, text) == reason
    assert text not in reason


def test_dates_by_format() -> None:
    for right in ("1.2.2024", "01.02.2024", "2024-02-01"):
        assert only("date", right, fmt="%d.%m.%Y") == date(2024, 2, 1)
    complaint = "value is not a date written dd.mm.yyyy"
    for wrong in ("31.02.2024", "1.2.24", "2024-02-30", "01.02.2024x", "2024-2-1"):
        assert only("date", wrong, fmt="%d.%m.%Y") == complaint


@pytest.mark.parametrize("kind", ["text", "bigint", "date", "instant"])
@pytest.mark.parametrize("blank", [None, "", "  ", "\t"])
def test_a_required_value_that_is_blank_is_missing(kind: str, blank: Any) -> None:
    assert only(kind, blank, required=True) == "value is missing"


def test_typed_fields_are_cast_and_never_rounded() -> None:
    table = pa.table(
        {
            "amount": pa.array([Decimal("1.10"), Decimal("1.123")]),
            "at": pa.array([datetime(2024, 1, 1)] * 2, pa.timestamp("us", tz="UTC")),
            "number": pa.array([1.0, 2.0]),
        }
    )
    columns = [
        Column("amount", "decimal(18,2)"),
        Column("at", "timestamp"),
        Column("number", "bigint"),
    ]
    good, rejected, values = split(table, columns)
    fit = {"amount": Decimal("1.10"), "at": datetime(2024, 1, 1), "number": 1}
    assert good.to_pylist() == [fit, fit | {"amount": None, "number": 2}]
    assert len(rejected) == 0
    assert values["row"].to_pylist() == [2]
    assert values["column_name"].to_pylist() == ["amount"]


def test_absent_and_undeclared_fields() -> None:
    table = pa.table(
        {"id": ["1", "2"], "extra": pa.array([7, 8]), "empty": pa.nulls(2)}
    )
    columns = [
        Column("id", "bigint", required=True),
        Column("empty", "date"),
        Column("absent", "decimal(9,2)"),
    ]
    good, rejected, values = split(table, columns)
    assert good.column_names == ["id", "empty", "absent"]
    assert good["absent"].to_pylist() == [None, None]
    assert len(rejected) == len(values) == 0


def test_a_row_is_rejected_for_its_first_required_column_and_values_each() -> None:
    columns = [
        Column("on", "date"),
        Column("id", "bigint", required=True),
        Column("at", "timestamp", required=True),
        Column("pay", "double"),
    ]
    table = pa.table(
        {
            "id": ["x", "2", "3", None],
            "on": ["never", "soon", "2024-01-01", "late"],
            "at": ["then", "2024-01-01", "2024-01-01", "2024-01-01"],
            "pay": ["1", "one", "", "1"],
            "secret": ["s"] * 4,
        }
    )
    good, rejected, values = split(table, columns)
    assert good["id"].to_pylist() == [2, 3]
    assert good["on"].to_pylist() == [None, date(2024, 1, 1)]
    assert rejected.to_pylist() == [
        {
            "row": 1,
            "column_name": "id",
            "reason": "id is not a whole number",
            "row_text": '{"on":"never","id":"x","at":"then","pay":"1"}',
        },
        {
            "row": 4,
            "column_name": "id",
            "reason": "id is missing",
            "row_text": '{"on":"late","id":null,"at":"2024-01-01","pay":"1"}',
        },
    ]
    assert values.select(["row", "column_name", "reason"]).to_pylist() == [
        {
            "row": 2,
            "column_name": "on",
            "reason": "on is not a date written yyyy-mm-dd: loaded without it",
        },
        {
            "row": 2,
            "column_name": "pay",
            "reason": "pay is not a number: loaded without it",
        },
    ]


def test_dlt_hints_keep_timestamps_naive_and_decimals_exact() -> None:
    columns = [Column("at", "instant"), Column("pay", "decimal(18,2)"), Column("name")]
    hints = dlt_columns(columns)
    assert hints["at"]["timezone"] is False
    assert (hints["pay"]["precision"], hints["pay"]["scale"]) == (18, 2)
    assert all(hint["nullable"] for hint in hints.values())
