"""Where an environment's landing zone, log and releases are kept: a folder or a URL.

`MUSTER_STORE` names the store, any fsspec URL (`s3://bucket/muster`) or a folder; by
default it is `MUSTER_HOME`. An environment's things lie below `<store>/<environment>/`
under keys such as `raw/raw_fx/_dlt_loads/fx__1.jsonl`. An object appears whole or not
at all.
"""

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

from environment import Environment
from environment.errors import MusterError
from environment.files import checksum, keep

VARIABLE = "MUSTER_STORE"

WORKERS = 8
"""Files that are sent or fetched at a time."""

EXTRAS = {"s3": "s3fs", "s3a": "s3fs", "gs": "gcsfs", "gcs": "gcsfs", "az": "adlfs"}
"""The package that a protocol needs."""

OBJECT_STORES = frozenset({"s3", "s3a", "gs", "gcs", "az", "abfs", "abfss", "memory"})
"""Protocols that write an object whole or not at all, and create one conditionally."""


class Store:
    """What one environment keeps, by key.

    Args:
        address: The environment's folder or URL, without a slash at its end.
    """

    def __init__(self, address: str) -> None:
        self.address = address
        self._filesystem: Any = None
        self._base = address
        if "://" not in address or address.startswith("file://"):
            self._base = address.removeprefix("file://")
            return
        import fsspec  # type: ignore[import-untyped]

        protocol = address.partition("://")[0]
        try:
            self._filesystem, self._base = fsspec.core.url_to_fs(address)
        except ImportError:
            package = EXTRAS.get(protocol, "the package that fsspec asks for")
            raise MusterError(
                f"{VARIABLE}={address} needs {package}: install it, e.g."
                f" .venv/bin/uv pip install {package}.",
                2,
            ) from None
        except ValueError as error:
            raise MusterError(
                f"{VARIABLE}={address} cannot be used ({error}): give a folder or an"
                " fsspec URL such as s3://bucket/muster.",
                2,
            ) from None
        self._is_object_store = protocol in OBJECT_STORES

    @property
    def is_local(self) -> bool:
        """Whether the store is a folder, in which `path` gives files."""
        return self._filesystem is None

    @property
    def is_conditional(self) -> bool:
        """Whether `create` lets one writer win, however many try at once."""
        return self.is_local or self._is_object_store

    def path(self, key: str) -> Path:
        """The file of a key; of a local store only."""
        if not self.is_local:
            raise ValueError(f"{self.address} is not a folder")
        return Path(self._base, key)

    def url(self, key: str) -> str:
        """Where a key lies, for people."""
        return f"{self.address}/{key}"

    def exists(self, key: str) -> bool:
        """Whether there is an object under this key."""
        if self.is_local:
            return self.path(key).is_file()
        with self._told(key):
            self._filesystem.invalidate_cache()
            return bool(self._filesystem.isfile(self._remote(key)))

    def read_bytes(self, key: str) -> bytes:
        """An object's content.

        Raises:
            FileNotFoundError: There is none.
        """
        if self.is_local:
            return self.path(key).read_bytes()
        with self._told(key):
            content: bytes = self._filesystem.cat_file(self._remote(key))
            return content

    def checksum(self, key: str) -> str:
        """The SHA-256 of an object, which is read through, in hexadecimal.

        Raises:
            FileNotFoundError: There is none.
        """
        if self.is_local:
            return checksum(self.path(key))
        with self._told(key):
            self._filesystem.invalidate_cache()
            with self._filesystem.open(self._remote(key), "rb") as opened:
                return hashlib.file_digest(opened, "sha256").hexdigest()

    def read_json(self, key: str) -> Any:
        """An object's content, from JSON.

        Raises:
            FileNotFoundError: There is none.
            MusterError: It is not JSON.
        """
        try:
            return json.loads(self.read_bytes(key))
        except (ValueError, RecursionError):
            raise MusterError(
                f"{self.url(key)} is damaged: it is not JSON. Restore it from a backup."
            ) from None

    def write_bytes(self, key: str, content: bytes) -> None:
        """Write an object, whole or not at all; an older one is replaced."""
        self._write(
            key,
            lambda path: path.write_bytes(content),
            lambda name: self._filesystem.pipe_file(name, content),
        )

    def write_json(self, key: str, value: Any) -> None:
        """Write an object as JSON, whole or not at all; an older one is replaced."""
        text = json.dumps(value, indent=2, ensure_ascii=False)
        self.write_bytes(key, f"{text}\n".encode())

    def create(self, key: str, content: bytes) -> bool:
        """Write an object where there is none; of several writers one wins.

        Folders, S3, Google Cloud Storage and Azure refuse the others themselves. Where
        `is_conditional` is false, two writers at the very same moment both believe to
        have won: read the object again a while later to see who did.

        Returns:
            Whether this writer wrote it.
        """
        if self.is_local:
            return self._create_file(key, content)
        with self._told(key, writes=True):
            if not self._is_object_store:
                if self.exists(key):
                    return False
                self.write_bytes(key, content)
                return True
            try:
                self._filesystem.pipe_file(self._remote(key), content, mode="create")
            except FileExistsError:
                return False
            except OSError as error:
                if _is_conflict(error):
                    return False
                raise
            return True

    def upload(self, local: Path, key: str) -> None:
        """Copy a file to a key, whole or not at all; an older one is replaced."""
        self._write(
            key,
            lambda path: shutil.copyfile(local, path),
            lambda name: self._filesystem.put_file(str(local), name),
        )

    def download(self, key: str, local: Path) -> None:
        """Copy an object to a file, whole or not at all.

        Raises:
            FileNotFoundError: There is no such object.
        """
        local.parent.mkdir(parents=True, exist_ok=True)
        part = _part(local)
        try:
            if self.is_local:
                shutil.copyfile(self.path(key), part)
            else:
                with self._told(key):
                    self._filesystem.get_file(self._remote(key), str(part))
            part.replace(local)
        finally:
            part.unlink(missing_ok=True)

    def keys(self, prefix: str = "") -> list[str]:
        """All keys below a folder-like prefix, such as `raw/raw_fx`, sorted."""
        if self.is_local:
            root = Path(self._base)
            found = (
                Path(folder, name).relative_to(root).as_posix()
                for folder, _, names in os.walk(root / prefix)
                for name in names
                if not name.endswith(".part")
            )
            return sorted(found)
        with self._told(prefix):
            self._filesystem.invalidate_cache()
            try:
                names = self._filesystem.find(self._remote(prefix).rstrip("/"))
            except FileNotFoundError:
                return []
        start = len(self._base.strip("/")) + 1
        keys = (str(name).strip("/")[start:] for name in names)
        return sorted(key for key in keys if not key.endswith(".part"))

    def folders(self, prefix: str = "") -> list[str]:
        """The names of the folders right below a prefix, sorted."""
        if self.is_local:
            try:
                found = list(self.path(prefix).iterdir())
            except FileNotFoundError:
                return []
            return sorted(path.name for path in found if path.is_dir())
        with self._told(prefix):
            self._filesystem.invalidate_cache()
            try:
                listed = self._filesystem.ls(self._remote(prefix), detail=True)
            except FileNotFoundError:
                return []
        return sorted(
            str(info["name"]).rstrip("/").rpartition("/")[2]
            for info in listed
            if info["type"] == "directory"
        )

    def delete(self, key: str) -> None:
        """Remove an object, if there is one."""
        if self.is_local:
            self.path(key).unlink(missing_ok=True)
            return
        with self._told(key), suppress(FileNotFoundError):
            self._filesystem.rm_file(self._remote(key))

    def drop_versions(self) -> list[str]:
        """Remove what a store keeps of objects that were replaced or deleted.

        fsspec has no word for it: S3 is asked by its own. Of other stores, and where
        nobody may, the old versions go when their owner removes them.

        Returns:
            The versions that are left, for people; of a store that cannot be asked, the
            store itself.
        """
        if self.is_local:
            return []
        if not hasattr(self._filesystem, "call_s3"):
            return [self.address] if self._is_object_store else []
        call = self._filesystem.call_s3
        bucket, _, prefix = self._base.partition("/")
        markers, left = list[tuple[str, str]](), list[tuple[str, str]]()

        def drop(key: str, version: str) -> None:
            try:
                call("delete_object", Bucket=bucket, Key=key, VersionId=version)
            except OSError:
                left.append((key, version))

        place = {"Bucket": bucket, "Prefix": f"{prefix}/"}
        while place:
            try:
                page = call("list_object_versions", **place)
            except (OSError, NotImplementedError):
                # It has none, or does not say.
                return [self.address]
            for each in page.get("Versions", ()):
                if not each["IsLatest"]:
                    drop(each["Key"], each["VersionId"])
            markers += [
                (m["Key"], m["VersionId"]) for m in page.get("DeleteMarkers", ())
            ]
            more = page.get("IsTruncated")
            place = more and {
                **place,
                "KeyMarker": page["NextKeyMarker"],
                "VersionIdMarker": page["NextVersionIdMarker"],
            }
        # Without its marker, what was deleted is there again if a version of it is.
        locked = {key for key, _ in left}
        for key, version in markers:
            if key not in locked:
                drop(key, version)
        return [f"{key} {version}" for key, version in left]

    def _remote(self, key: str) -> str:
        return f"{self._base}/{key}"

    def _create_file(self, key: str, content: bytes) -> bool:
        path = self.path(key)
        path.parent.mkdir(parents=True, exist_ok=True)
        part = _part(path)
        part.write_bytes(content)
        try:
            os.link(part, path)
        except FileExistsError:
            return False
        except OSError:
            return _create_unlinked(path, content)
        finally:
            part.unlink(missing_ok=True)
        return True

    def _write(
        self,
        key: str,
        to_file: Callable[[Path], object],
        to_name: Callable[[str], object],
    ) -> None:
        """Write beside the target, where half a file would be seen, and move it.

        What is there under its name outlasts a power cut.
        """
        if self.is_local:
            path = self.path(key)
            path.parent.mkdir(parents=True, exist_ok=True)
            part = _part(path)
            try:
                to_file(part)
                keep(part)
                part.replace(path)
                keep(path.parent)
            finally:
                part.unlink(missing_ok=True)
            return
        target = self._remote(key)
        with self._told(key, writes=True):
            if self._is_object_store:
                to_name(target)
                return
            self._filesystem.makedirs(target.rpartition("/")[0], exist_ok=True)
            name = f"{target}.{uuid4().hex}.part"
            try:
                to_name(name)
                self._filesystem.mv(name, target)
            finally:
                with suppress(OSError):
                    self._filesystem.rm_file(name)

    @contextmanager
    def _told(self, key: str, *, writes: bool = False) -> Iterator[None]:
        """Say in one line why the store cannot be used."""
        try:
            yield
        except (FileExistsError, MusterError):
            raise
        except Exception as error:
            if isinstance(error, FileNotFoundError) and not writes:
                raise
            if isinstance(error, OSError) and _is_conflict(error):
                raise
            text = " ".join(str(error).split())[:300] or type(error).__name__
            raise MusterError(
                f"The store {self.url(key)} cannot be used: {text}. Check {VARIABLE},"
                " the network and the credentials, then run this again."
            ) from None


def open_store(environment: Environment) -> Store:
    """The store of an environment: `MUSTER_STORE`, by default `MUSTER_HOME`.

    Raises:
        MusterError: `MUSTER_STORE` is no address that can be used.
    """
    address = (os.environ.get(VARIABLE) or "").rstrip("/")
    if not address:
        return Store(str(environment.folder))
    if "://" not in address:
        return Store(str(Path(address).expanduser().resolve() / environment.name))
    return Store(f"{address}/{environment.name}")


def is_home(store: Store, environment: Environment) -> bool:
    """Whether the store is the environment's own folder: nothing need be copied."""
    return store.is_local and store.path("").resolve() == environment.folder.resolve()


def _part(path: Path) -> Path:
    return path.with_name(f".{path.name}.{uuid4().hex}.part")


def _create_unlinked(path: Path, content: bytes) -> bool:
    """Create a file on a file system that has no hard links."""
    try:
        with path.open("xb") as opened:
            opened.write(content)
    except FileExistsError:
        return False
    return True


def _is_conflict(error: OSError) -> bool:
    """Whether a store refused to create an object that is there already."""
    cause = error.__cause__ or error
    response = getattr(cause, "response", None) or {}
    code = str(response.get("Error", {}).get("Code", ""))
    return code in {"PreconditionFailed", "ConditionalRequestConflict", "412", "409"}
