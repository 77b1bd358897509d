"""When the warehouse learned something: the completed loads of the log."""

from datetime import UTC, datetime

from ingestion.log import Log
from ingestion.operations_log import DATASET


def instants(log: Log) -> list[datetime]:
    """When loads completed, naive UTC, each instant once and in order."""
    found = {
        load.inserted_at.astimezone(UTC).replace(tzinfo=None)
        for dataset in log.datasets()
        if dataset != DATASET
        for load in log.completed(dataset)
    }
    return sorted(found)
