"""What the attendance app delivers."""

from ingestion.columns import Column
from ingestion.landing import FileResource

PUNCHES = FileResource(
    name="punches",
    pattern="punches*",
    format="jsonl",
    columns=(
        Column("event_id", required=True),
        Column("user_id", required=True),
        Column("type", required=True, values=("IN", "OUT")),
        Column("device_time", "instant", required=True),
        Column("device_time_offset_minutes", "offset_minutes", source="device_time"),
        Column("arrival_time", "instant", required=True),
        Column("device_id"),
    ),
)

TABLES = {PUNCHES.name: PUNCHES.table}
