"""The store: the same on a folder, on S3 and on any other file system."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from store_kit import BUCKET, s3_root, s3_settings, store

from environment import Environment
from environment.errors import MusterError
from store.store import Store, is_home, open_store

__all__ = ["s3_root", "s3_settings", "store"]


def test_objects_are_written_listed_read_and_removed(
    store: Store, tmp_path: Path
) -> None:
    assert store.keys() == []
    assert not store.exists("a/one.json")
    with pytest.raises(FileNotFoundError):
        store.read_bytes("a/one.json")
    store.write_json("a/one.json", {"name": "Zoë"})
    store.write_json("a/one.json", {"name": "Ada"})
    assert store.read_json("a/one.json") == {"name": "Ada"}
    local = tmp_path / "sent"
    local.write_bytes(b"\x00" * 70_000)
    store.upload(local, "a/b/two")
    store.upload(local, "c/three")
    assert store.keys() == ["a/b/two", "a/one.json", "c/three"]
    assert store.keys("a") == ["a/b/two", "a/one.json"]
    assert store.keys("nothing") == []
    assert store.folders() == ["a", "c"]
    assert store.folders("nothing") == []
    store.download("a/b/two", tmp_path / "deep" / "fetched")
    assert (tmp_path / "deep" / "fetched").read_bytes() == local.read_bytes()
    with pytest.raises(FileNotFoundError):
        store.download("a/none", tmp_path / "deep" / "none")
    assert [f.name for f in (tmp_path / "deep").iterdir()] == ["fetched"]
    assert store.read_bytes("c/three") == local.read_bytes()
    store.delete("c/three")
    store.delete("c/three")
    assert not store.exists("c/three")
    assert store.exists("a/b/two")


def test_one_of_many_creates(store: Store) -> None:
    if not store.is_conditional:
        assert store.create("claim", b"first")
        assert not store.create("claim", b"second")
        assert store.read_bytes("claim") == b"first"
        return
    with ThreadPoolExecutor(8) as pool:
        won = list(pool.map(lambda n: store.create("claim", b"%d" % n), range(8)))
    assert won.count(True) == 1
    assert store.read_bytes("claim") == b"%d" % won.index(True)
    assert store.keys() == ["claim"]


def test_damage_is_told(store: Store) -> None:
    for content in (b'{"half": ', b"[" * 100_000):
        store.write_bytes("note.json", content)
        with pytest.raises(MusterError, match=r"note\.json is damaged"):
            store.read_json("note.json")


def test_the_address_comes_from_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    uat = Environment("uat", tmp_path / "home")
    monkeypatch.delenv("MUSTER_STORE", raising=False)
    assert open_store(uat).path("current") == tmp_path / "home/uat/current"
    assert is_home(open_store(uat), uat)
    monkeypatch.setenv("MUSTER_STORE", str(tmp_path / "shared"))
    assert open_store(uat).path("current") == tmp_path / "shared/uat/current"
    assert not is_home(open_store(uat), uat)
    monkeypatch.setenv("MUSTER_STORE", f"file://{tmp_path}/home/")
    assert is_home(open_store(uat), uat)
    monkeypatch.setenv("MUSTER_STORE", "nonsense://bucket/muster")
    with pytest.raises(MusterError, match="MUSTER_STORE=nonsense") as raised:
        open_store(uat)
    assert raised.value.exit_code == 2


@pytest.mark.usefixtures("s3_root")
def test_a_store_that_cannot_be_used_is_told() -> None:
    gone = Store("s3://no-such-bucket/dev")
    with pytest.raises(
        MusterError, match=r"no-such-bucket/dev/current\.json cannot"
    ) as raised:
        gone.write_json("current.json", {})
    assert "\n" not in str(raised.value)
    assert "testing" not in str(raised.value)


def test_old_versions_go_and_what_was_deleted_stays_so(
    s3_root: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store(f"{s3_root}/dev")
    call = store._filesystem.call_s3
    which = {"VersioningConfiguration": {"Status": "Enabled"}}
    call("put_bucket_versioning", Bucket=BUCKET, **which)
    for key in ("kept", "gone", "locked"):
        store.write_bytes(key, b"17")
        store.write_bytes(key, b"18")
    store.delete("gone")
    store.delete("locked")

    def silent(*_: object, **__: object) -> None:
        raise NotImplementedError

    with monkeypatch.context() as patch:
        # As of a store that does not know the question.
        patch.setattr(store._filesystem, "call_s3", silent)
        assert store.drop_versions() == [store.address]

    def refusing(method: str, **given: str) -> object:
        # As Object Lock refuses: what is locked, and nothing else, stays.
        if method == "delete_object" and given["Key"].endswith("locked"):
            raise PermissionError
        return call(method, **given)

    monkeypatch.setattr(store._filesystem, "call_s3", refusing)
    assert len(store.drop_versions()) == 2
    assert store.keys() == ["kept"]
    assert store.read_bytes("kept") == b"18"
    prefix = f"{s3_root.removeprefix(f's3://{BUCKET}/')}/dev/"
    found = call("list_object_versions", Bucket=BUCKET, Prefix=prefix)
    names = [each["Key"].rpartition("/")[2] for each in found["Versions"]]
    assert sorted(names) == ["kept", "locked", "locked"]
    markers = [each["Key"].rpartition("/")[2] for each in found["DeleteMarkers"]]
    assert markers == ["locked"]
