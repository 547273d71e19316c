"""What addresses stand for: the same files, in the same order, as paths do."""

import os
import sys
from pathlib import Path

import pytest

from digits.cluster.inputs import inputs
from digits.find import find
from digits.prediction import Failure

pytest.importorskip("pyarrow", reason="needs Arrow: run: pip install 'digits-edge[ray]'")


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    names = ["10.png", "2.PNG", "text.txt", ".hidden.png", "a/1.jpg", "a/b/3.webp", ".c/4.png"]
    for name in names:
        file = tmp_path / "tree" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
    return tmp_path / "tree"


@pytest.mark.parametrize("recursive", [False, True])
@pytest.mark.parametrize("end", ["", "/"])
def test_a_folder_by_address(tree: Path, recursive: bool, end: str) -> None:
    by_path = list(find([tree], recursive=recursive))
    by_address = list(inputs([f"file://{tree}{end}"], recursive=recursive))
    assert by_address == [f"file://{path}" for path in by_path]
    assert len(by_path) == (4 if recursive else 2)
    assert list(inputs([str(tree)], recursive=recursive)) == by_path


def test_what_leads_to_nothing(tree: Path) -> None:
    (tree / "empty").mkdir()
    addresses = [f"file://{tree}/{name}" for name in ("empty", "gone", "text.txt")]
    assert list(inputs(addresses, recursive=False)) == [
        Failure(addresses[0], "no images in this folder"),
        Failure(addresses[1], "no such file or folder"),
        addresses[2],
    ]


@pytest.mark.skipif(sys.platform == "win32", reason="needs named pipes")
def test_a_pipe_is_for_one_machine(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (found,) = inputs([str(tmp_path / "pipe")], recursive=False)
    assert found == Failure(str(tmp_path / "pipe"), "is no file, but a pipe, a socket or a device")


def test_storage_that_can_not_be_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    (found,) = inputs(["s3://nobody-has-this/x"], recursive=False)
    assert isinstance(found, Failure)
    assert found.error.startswith("can't be reached: ")
    assert "\n" not in found.error
