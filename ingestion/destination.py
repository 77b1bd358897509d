"""The dlt destination for the log: files, with our marker and the known time.

dlt's own marker has the wall clock, names no file, and comes after its state, so that a
run that dies between the two leaves a state that is ahead of the log.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from dlt.common import json
from dlt.common.destination.client import RunnableLoadJob
from dlt.destinations import filesystem
from dlt.destinations.impl.filesystem.filesystem import FilesystemClient

from environment.files import write_whole
from ingestion import signing
from ingestion.log import Log


class StateLoadJob(RunnableLoadJob):
    """Loads nothing: what completes a load writes the state.

    Of a job that never ran dlt hears only when it looks again, a second later.
    """

    def run(self) -> None:
        """Be done."""


class LogClient(FilesystemClient):
    """Completes loads as the log does."""

    def get_load_job_class(self, table: Any, file_path: str) -> type[Any]:
        """What loads a file."""
        if table["name"] == self.schema.state_table_name:
            return StateLoadJob
        return super().get_load_job_class(table, file_path)

    def create_dataset(self) -> None:
        """Make the dataset's folder, which may be there: fetched, or carried over."""
        self.fs_client.makedirs(self.dataset_path, exist_ok=True)

    def complete_load(self, load_id: str) -> None:
        """Write the marker, and then the state."""
        log = Log(Path(self.bucket_path))
        log.complete(self.dataset_name, load_id, self.schema.version_hash)
        self._store_current_state(load_id)

    def _write_to_json_file(self, filepath: str, data: Any) -> None:
        """Write a state or a schema, whole or not at all, signed if there is a key."""
        text = json.dumps(data).strip()
        write_whole(signing.named(Path(filepath), text), text)

    def _list_dlt_table_files(self, *given: Any) -> Iterator[tuple[str, list[str]]]:
        """The files of dlt's, of which none is read that is not signed."""
        for path, parts in super()._list_dlt_table_files(*given):
            signing.check_named(Path(path))
            yield path, parts


class log_files(filesystem):  # noqa: N801 - dlt names destinations like this
    """The filesystem destination whose loads are completed as the log's."""

    @property
    def client_class(self) -> type[Any]:
        """The client that completes the loads."""
        return LogClient

    def capabilities(self, config: Any = None, naming: Any = None) -> Any:
        """What the destination can do, asked for dozens of times in a run.

        It depends on the folder alone: no setting is looked up for it.
        """
        if config is None:
            config = self.spec()
            config.update(self.config_params)
        return super().capabilities(config, naming)


log_files.register()
