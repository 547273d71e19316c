"""What an actor does with blocks, without Ray."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from digits.bundle import open_bundle, shipped
from digits.cluster.actor import BlockReader
from digits.cluster.inputs import inputs
from digits.cluster.job import Job
from digits.cluster.model import Carried, Unpacked, carried
from digits.cluster.plan import make_plan
from digits.cluster.storage import Folder
from digits.commands.formats import Format
from digits.manifest import FileRecord

parquet = pytest.importorskip(
    "pyarrow.parquet", reason="needs Arrow: run: pip install 'digits-edge[ray]'"
)
MakeJob = Callable[..., Job]
MakeActor = Callable[[Job], BlockReader]


def planned(job: Job) -> Folder:
    folder = Folder(job.output)
    make_plan(folder, job, inputs(job.paths, recursive=job.recursive))
    return folder


def blocks(*numbers: int) -> dict[str, np.ndarray]:
    return {"block": np.array(numbers)}


def test_blocks_are_read(job: MakeJob, actor: MakeActor, many: Path) -> None:
    folder = planned(job(many))
    told = actor(job(many))(blocks(1, 3))
    assert told == {"inputs": [3, 1], "failed": [1, 0], "error": ["", ""], "code": [0, 0]}
    assert folder.names() == {"_plan", "part-00001.jsonl", "part-00003.jsonl"}
    paths = [json.loads(line)["path"] for line in folder.read("part-00001.jsonl").splitlines()]
    assert paths == [f"{many}/{i}.png" for i in (3, 4, 5)]


def test_what_is_there_is_not_read_again(job: MakeJob, actor: MakeActor, many: Path) -> None:
    folder = planned(job(many))
    reader = actor(job(many))
    reader(blocks(1))
    before = (Path(folder.address) / "part-00001.jsonl").stat()
    assert reader(blocks(1))["failed"] == [1]
    assert (Path(folder.address) / "part-00001.jsonl").stat() == before


def test_object_storage(job: MakeJob, actor: MakeActor, many: Path, storage: str) -> None:
    pictures = Folder(f"{storage}/pictures")
    for file in many.iterdir():
        pictures.write(file.name, file.read_bytes())
    remote = job(pictures.address, output=f"{storage}/out", block_size=10)
    folder = planned(remote)
    assert actor(remote)(blocks(0))["failed"] == [1]
    rows = [json.loads(line) for line in folder.read("part-00000.jsonl").splitlines()]
    assert [row["path"] for row in rows] == [f"{storage}/pictures/{i}.png" for i in range(10)]
    assert [row.get("label") for row in rows][:4] == ["0", "1", "1", "2"]


def test_a_node_with_another_model(job: MakeJob, actor: MakeActor, many: Path) -> None:
    planned(job(many))
    told = actor(job(many, digest="0" * 64))(blocks(0))
    assert told["code"] == [3]
    assert "another model of this name" in told["error"][0]


def test_a_full_disk_ends_the_job(
    job: MakeJob, actor: MakeActor, many: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    folder = planned(job(many))
    reader = actor(job(many))
    monkeypatch.setattr(Folder, "write", full)
    told = reader(blocks(0))
    assert (told["code"], told["error"][0]) == (
        [1],
        f"{folder.address}: [Errno 28] No space left on device",
    )


def test_an_exported_model_is_sent_along(tiny: Path) -> None:
    sent = carried(str(tiny), open_bundle(tiny))
    assert sent.files is not None
    assert sent.files.keys() == {file.name for file in tiny.iterdir()}
    unpacked = Unpacked(sent)
    assert open_bundle(unpacked.name).manifest == open_bundle(tiny).manifest
    assert carried("lenet", open_bundle("lenet")) == Carried("lenet")


def test_a_large_model_is_not(tiny: Path) -> None:
    bundle = open_bundle(tiny)
    bundle.manifest.files["large"] = FileRecord("0", 65_000_000)
    assert carried("anything", bundle) == Carried(str(tiny))
    assert Unpacked(Carried(str(tiny))).name == str(tiny)


@pytest.mark.parametrize("model", shipped())
def test_goldens(model: str, job: MakeJob, actor: MakeActor, goldens: Callable) -> None:
    """All labels are the trained network's, and the probabilities those of one process."""
    files, labels, truth = goldens(model)
    manifest = open_bundle(model).directory / "manifest.json"
    asked = job(
        files,
        model=model,
        digest=hashlib.sha256(manifest.read_bytes()).hexdigest(),
        form=Format.PARQUET,
        block_size=7,
        always=True,
    )
    folder = planned(asked)
    told = actor(asked)(blocks(*range(-(-len(truth) // 7))))
    assert (sum(told["inputs"]), sum(told["failed"])) == (len(truth), 0)
    names = sorted(folder.names() - {"_plan"})
    tables = [parquet.read_table(f"{folder.address}/{name}") for name in names]
    rows = [row for table in tables for row in table.to_pylist()]
    assert [row["label"] for row in rows] == labels
    found = np.array([row["probabilities"] for row in rows])
    assert np.abs(found - truth).max() <= 1e-4
