"""What the applicant tracking system exports."""

from ingestion.columns import Column
from ingestion.landing import FileResource

DAY_FIRST = "%d.%m.%Y"

REQUISITIONS = FileResource(
    name="requisitions",
    pattern="requisitions*",
    format="csv",
    columns=(
        Column("requisition_id", required=True),
        Column("title"),
        Column("department"),
        Column("branch"),
        Column("opened_on", "date", required=True, format=DAY_FIRST),
        Column("closed_on", "date", format=DAY_FIRST),
        Column("openings", "bigint"),
        Column("status", required=True),
    ),
)

APPLICATIONS = FileResource(
    name="applications",
    pattern="applications*",
    format="csv",
    columns=(
        Column("application_id", required=True),
        Column("requisition_id", required=True),
        Column("candidate_name"),
        Column("candidate_email"),
        Column("applied_on", "date", required=True, format=DAY_FIRST),
        Column("employee_number"),
        Column("status", required=True),
    ),
)

STAGE_CHANGES = FileResource(
    name="stage_changes",
    pattern="stage_changes*",
    format="csv",
    columns=(
        Column("stage_change_id", required=True),
        Column("application_id", required=True),
        Column("stage", required=True),
        Column("changed_on", "date", required=True, format=DAY_FIRST),
        Column("comment"),
    ),
)

FILES = (REQUISITIONS, APPLICATIONS, STAGE_CHANGES)

TABLES = {resource.name: resource.table for resource in FILES}
