"""Files that are there whole or not at all, by path and by address."""

import os
import pickle
from pathlib import Path

import pytest

from digits.cluster.storage import Folder, fetch, is_address, locate
from digits.errors import InputError, UsageError

pytest.importorskip("pyarrow", reason="needs Arrow: run: pip install 'digits-edge[ray]'")


@pytest.fixture(params=["path", "file"])
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Folder:
    start = "" if request.param == "path" else "file://"
    return Folder(f"{start}{tmp_path}/out")


def test_what_an_address_is() -> None:
    assert all(map(is_address, ["s3://b", "gs://b/k", "az://c/k", "file:///x", "abfs+x://b"]))
    assert not any(map(is_address, ["x.png", "/x", "./a://b", "a/b://c", "C:\\x", "://x", "é://x"]))


def test_files_come_and_go(folder: Folder) -> None:
    assert folder.names() == set()
    assert not folder.has("a/b.json")
    folder.write("a/b.json", b"1")
    folder.write("a/b.json", b"22")
    folder.write("c", b"")
    again = pickle.loads(pickle.dumps(folder))
    assert (again.names(), again.names("a")) == ({"a", "c"}, {"b.json"})
    assert (again.read("a/b.json"), again.has("a/b.json"), again.has("a")) == (b"22", True, False)
    again.remove("c")
    again.remove_folder("a")
    assert folder.names() == set()
    with pytest.raises(FileNotFoundError):
        folder.read("c")


def test_a_file_is_whole_or_the_old_one(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    folder.write("a", b"old")
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        folder.write("a", b"new")
    assert (folder.read("a"), folder.names()) == (b"old", {"a"})


def test_addresses_hold_no_passwords() -> None:
    with pytest.raises(UsageError, match="give keys in the environment") as caught:
        locate("s3://key:secret@bucket/folder")
    assert "secret" not in str(caught.value)


def test_unknown_storage_is_told() -> None:
    with pytest.raises(UsageError, match="nope:// is no storage that is known here"):
        locate("nope://bucket/folder")


def test_names_are_taken_as_they_stand(tmp_path: Path) -> None:
    name = "50%25 #1?.png"
    (tmp_path / name).write_bytes(b"x")
    assert fetch(*locate(f"file://{tmp_path}/{name}"), 10) == b"x"


def test_fetching_says_what_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "large").write_bytes(b"123")
    with pytest.raises(InputError, match="no such file"):
        fetch(*locate(f"file://{tmp_path}/gone"), 10)
    with pytest.raises(InputError, match="too large"):
        fetch(*locate(f"file://{tmp_path}/large"), 2)


def test_object_storage(storage: str) -> None:
    folder = Folder(f"{storage}/a/out")
    folder.write("_plan/plan.json", b"{}")
    folder.write("part-00000.jsonl", b"1\n")
    assert (folder.names(), folder.names("_plan")) == (
        {"_plan", "part-00000.jsonl"},
        {"plan.json"},
    )
    assert (folder.read("part-00000.jsonl"), folder.has("_plan/plan.json")) == (b"1\n", True)
    folder.remove_folder("_plan")
    assert folder.names() == {"part-00000.jsonl"}
