"""Whatever arrives broken is told with file, line and reason, and every row counts."""

from pathlib import Path

import pyarrow.parquet as pq
import pytest
from oracle.employment import Row

from acceptance import warehouse
from acceptance.company import Company

# A fixture may build whole warehouses, on a machine that does other things too.
pytestmark = pytest.mark.timeout(1800)


def faults(company: Company, expected: str) -> list[Row]:
    """The faults injected into delivered files, all due by the company's clock."""
    found: list[Row] = []
    for table in sorted(company.ledger.glob("faults_*.parquet")):
        found += pq.read_table(table).to_pylist()
    kinds = {fault["expected"] for fault in found}
    assert kinds == {"rejected", "quarantined", "already_known"}
    return [fault for fault in found if fault["expected"] == expected]


def delivered_name(inbox_path: str) -> str:
    """The name a file was sent under; two of one name due at once are numbered."""
    name, dot, endings = Path(inbox_path).name.partition(".")
    return name.removesuffix("_2") + dot + endings


def test_every_bad_row_is_rejected_with_file_line_and_reason_and_no_other(
    in_one_go: Company,
) -> None:
    found = warehouse.rows(
        in_one_go.raw,
        "select source, resource, file, line, reason from raw_ops.rejected_rows",
    )
    expected = {
        (fault["source"], fault["resource"], fault["file"], fault["line"])
        for fault in faults(in_one_go, "rejected")
    }

    assert len(expected) >= 12
    assert {
        (source, resource, Path(file).name, line)
        for source, resource, file, line, _ in found
    } == expected
    assert all(reason for *_, reason in found)


@pytest.mark.parametrize("status", ["quarantined", "already_known"])
def test_every_bad_or_repeated_file_is_told_with_its_reason_and_no_other(
    in_one_go: Company, status: str
) -> None:
    found = warehouse.rows(
        in_one_go.raw,
        "select source, resource, inbox_path, reason from raw_ops.landed_files"
        f" where status = '{status}'",
    )
    expected = {
        (fault["source"], fault["resource"], fault["file"])
        for fault in faults(in_one_go, status)
    }

    assert {
        (source, resource, delivered_name(path)) for source, resource, path, _ in found
    } == expected
    assert len(found) == len(expected)
    assert all(reason for *_, reason in found)


def test_every_fault_is_in_the_summary(in_one_go: Company) -> None:
    summary = in_one_go.summary.read_text().splitlines()
    for fault in faults(in_one_go, "rejected"):
        place = f"{fault['file']}, line {fault['line']}"
        assert any(place in line for line in summary), place
    for fault in faults(in_one_go, "quarantined"):
        assert any(
            fault["file"] in line and "quarantined" in line for line in summary
        ), fault["file"]


def test_delivered_is_loaded_rejected_quarantined_or_already_known(
    in_one_go: Company,
) -> None:
    counts = warehouse.rows(
        in_one_go.raw,
        """
        select
            source, resource, sum(delivered), sum(loaded), sum(rejected),
            sum(quarantined), sum(already_known)
        from raw_ops.load_counts
        group by all
        """,
    )
    sources = {source for source, *_ in counts}

    assert sources == {"frappe_hr", "payroll", "attendance", "ats", "fx"}
    for source, resource, delivered, *parts in counts:
        assert delivered == sum(parts), (source, resource, delivered, parts)
        loaded, rejected, *_ = parts
        assert loaded == rows_loaded(in_one_go, source, resource), (source, resource)
        assert rejected == rows_rejected(in_one_go, source, resource)


def rows_loaded(company: Company, source: str, resource: str) -> int:
    """Rows of a resource in loads that are complete."""
    [(count,)] = warehouse.rows(
        company.raw,
        f"select count(*) from raw_{source}.{resource} as rows"
        f" inner join raw_{source}._dlt_loads as loads"
        " on loads.load_id = rows._dlt_load_id and loads.status = 0",
    )
    return int(count)


def rows_rejected(company: Company, source: str, resource: str) -> int:
    """Rows of a resource that were rejected."""
    [(count,)] = warehouse.rows(
        company.raw,
        "select count(*) from raw_ops.rejected_rows"
        f" where source = '{source}' and resource = '{resource}'",
    )
    return int(count)
