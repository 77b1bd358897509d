"""dlt pipelines, as all sources use them."""

import os
from typing import TYPE_CHECKING

from environment import silence_telemetry
from ingestion.context import RunContext

if TYPE_CHECKING:
    import dlt

SETTINGS = {
    "RUNTIME__LOG_LEVEL": "CRITICAL",
    "LOAD__WORKERS": "1",
    "NORMALIZE__WORKERS": "1",
    "NORMALIZE__PARQUET_NORMALIZER__ADD_DLT_LOAD_ID": "false",
    "LOAD__RAISE_ON_FAILED_JOBS": "true",
    "LOAD__DELETE_COMPLETED_JOBS": "true",
}

LAYOUT = "{table_name}/load_id={load_id}/{file_id}.{ext}"


def apply_settings() -> None:
    """Give dlt the settings that the log depends on, where the person set none."""
    silence_telemetry()
    for name, value in SETTINGS.items():
        os.environ.setdefault(name, value)


def open_pipeline(context: RunContext) -> "dlt.Pipeline":
    """The dlt pipeline of a source and environment, which loads into `raw_<source>`.

    Packages that an interrupted run left behind are completed first.
    """
    apply_settings()
    import dlt

    from ingestion.destination import log_files

    pipeline = dlt.pipeline(
        pipeline_name=f"{context.env}_{context.source}",
        pipelines_dir=str(context.folder / "pipelines"),
        destination=log_files(str(context.raw.folder), layout=LAYOUT),
        dataset_name=context.dataset,
    )
    if not finish_pending(pipeline):
        context.progress.line(
            f"{context.source}: a load that an earlier run left behind could not be"
            " completed; its rows are read again"
        )
    context.raw.sweep(context.dataset)
    context.show()
    return pipeline


def finish_pending(pipeline: "dlt.Pipeline") -> bool:
    """Complete the packages that an interrupted run left behind.

    Those that cannot be completed are given up, and dlt's state goes back to where they
    began: their rows are read again; what was loaded of them is in no completed load.

    Returns:
        Whether nothing was given up.
    """
    from dlt.pipeline.exceptions import PipelineStepFailed

    if not pipeline.has_pending_data:
        return True
    try:
        if pipeline.list_extracted_load_packages():
            pipeline.normalize()
        if pipeline.list_normalized_load_packages():
            pipeline.load()
    except PipelineStepFailed:
        pipeline.abort_packages()
        return False
    return True
