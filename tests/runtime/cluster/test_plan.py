"""A job's list of inputs, and what is known of its blocks."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from digits.cluster import plan
from digits.cluster.job import Job, starting_folder
from digits.cluster.plan import Count
from digits.cluster.storage import Folder
from digits.commands.formats import Format
from digits.errors import UsageError
from digits.prediction import Failure

ITEMS = ["a.png", "odd \udcff\n.png", Failure("gone.png", "no such file"), "s3://b/1.png", "z.png"]


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    pytest.importorskip("pyarrow", reason="needs Arrow: run: pip install 'digits-edge[ray]'")
    return Folder(str(tmp_path / "out"))


def test_a_plan_is_read_as_it_was_made(job: Callable[..., Job], folder: Folder) -> None:
    made = plan.make_plan(folder, job("x", block_size=2), ITEMS)
    assert (made.inputs, made.blocks) == (5, 3)
    assert plan.read_plan(folder) == made
    assert [item for block in range(3) for item in plan.read_block(folder, block)] == ITEMS
    assert plan.digest_of(ITEMS, 2) == (5, made.digest)
    assert plan.digest_of(ITEMS[::-1], 2)[1] != made.digest


def test_no_plan(folder: Folder) -> None:
    assert plan.read_plan(folder) is None


@pytest.mark.parametrize("text", [b"{", b"[]", b'{"format": 2}'])
def test_a_foreign_plan(folder: Folder, text: bytes) -> None:
    folder.write("_plan/plan.json", text)
    with pytest.raises(UsageError, match="--fresh"):
        plan.read_plan(folder)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("paths", ("y",)),
        ("model", "lenet"),
        ("digest", "0"),
        ("variant", "int8"),
        ("provider", "cuda"),
        ("min_confidence", 0.5),
        ("always", True),
        ("recursive", True),
        ("form", Format.CSV),
        ("top_k", 2),
        ("block_size", 7),
        ("folder", "elsewhere"),
        ("version", "0.0"),
    ],
)
def test_other_arguments_are_another_job(
    job: Callable[..., Job], folder: Folder, name: str, value: object
) -> None:
    made = plan.make_plan(folder, job("x"), ITEMS)
    assert job("x", output="elsewhere").changed(made.identity) == []
    assert replace(job("x"), **{name: value}).changed(made.identity) == [name]


def test_where_relative_paths_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert starting_folder(["/a", "s3://b/c"]) == ""
    assert starting_folder(["/a", "b"]) == str(tmp_path)


def test_what_came_of_a_block(folder: Folder) -> None:
    plan.write_done(folder, 7, Count(5, 2), plan.part_name(7, "jsonl"), b"x\n")
    assert plan.read_done(folder, 7) + Count(1, 1) == Count(6, 3)
    assert folder.read("part-00007.jsonl") == b"x\n"


def test_what_killed_writers_left_goes_when_all_is_done(folder: Folder) -> None:
    out = Path(folder.address)
    (out / "_plan").mkdir(parents=True)
    left = [out / ".part-00003.jsonl.0a1b2c3d.part", out / "_plan" / ".00003.done.0a1b2c3d.part"]
    others = [out / ".notes.part", out / "_plan" / "00003.done", out / "my.0a1b2c3d.part"]
    for file in left + others:
        file.touch()
    plan.write_success(folder, Count(1, 0))
    there = {file for file in out.rglob("*") if file.is_file()}
    assert there == {*others, out / "_SUCCESS"}


def test_beginning_anew_leaves_others_files(job: Callable[..., Job], folder: Folder) -> None:
    plan.make_plan(folder, job("x"), ITEMS)
    others = {"part-00000.png", "part-1.jsonl", "part-00000-a.parquet", "notes.txt"}
    for name in (*others, "part-00000.jsonl", "part-123456.parquet", "_SUCCESS"):
        folder.write(name, b"")
    plan.clear(folder)
    assert folder.names() == others
    with pytest.raises(UsageError, match="isn't empty"):
        plan.check_empty(folder)
