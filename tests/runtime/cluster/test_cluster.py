"""Jobs on a real cluster of two cores, whose processes are killed."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from digits.bench.folders import small

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs /proc to see processes")

COUNT = 20_000
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def crowd(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twenty thousand small images, one of which is none."""
    folder = small(tmp_path_factory.mktemp("crowd"), COUNT)
    (folder / "000777.png").write_text("not an image")
    return folder


def command(folder: Path, out: Path, address: str, *more: object) -> list[str]:
    args = ["infer", folder, "--engine", "ray", "-o", out, "--address", address, *more]
    return [sys.executable, "-m", "digits", *map(str, args)]


def actors() -> set[int]:
    """Processes of actors that read blocks."""
    found = set()
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if b"BlockReader" in (entry / "cmdline").read_bytes():
                found.add(int(entry.name))
        except OSError:
            continue
    return found


def parts(out: Path) -> list[Path]:
    return sorted(out.glob("part-*"))


def wait_for(happened: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + 100
    while not happened():
        assert time.monotonic() < end, f"waited for {what}"
        time.sleep(0.02)


def start(crowd: Path, out: Path, address: str, before: int) -> tuple[subprocess.Popen, set[int]]:
    """A job that has done some blocks, and the actors that do them."""
    others = actors()
    args = command(crowd, out, address, "--block-size", 500, "--workers", 2, "--top-k", 10)
    running = subprocess.Popen(args, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    wait_for(lambda: len(parts(out)) > before, "blocks")
    return running, actors() - others


def test_every_image_exactly_once_whoever_is_killed(
    crowd: Path, tmp_path: Path, address: str, digits: Callable
) -> None:
    out = tmp_path / "out"
    driver, of_first = start(crowd, out, address, 2)
    driver.kill()
    driver.communicate()
    wait_for(lambda: not of_first & actors(), "the actors to end with their driver")
    before = len(parts(out))
    assert 2 < before < 40

    driver, of_second = start(crowd, out, address, before + 2)
    assert len(of_second) == 2
    os.kill(min(of_second), signal.SIGKILL)
    assert len(parts(out)) < 40
    stdout, stderr = driver.communicate(timeout=200)
    assert stdout == ""
    assert stderr == (
        f"note: {before} of 40 blocks were done already\nnote: 1 of {COUNT} inputs failed\n"
    )
    assert driver.returncode == 1

    rows = [json.loads(line) for part in parts(out) for line in part.read_text().splitlines()]
    assert [row["path"] for row in rows] == [str(crowd / f"{i:06}.png") for i in range(COUNT)]
    assert json.loads((out / "_SUCCESS").read_text()) == {"inputs": COUNT, "failed": 1}
    assert not list(out.rglob(".*"))
    alone = digits("infer", crowd, "--format", "jsonl", "--top-k", 10, "--provider", "cpu")
    truth = list(map(json.loads, alone.stdout.splitlines()))
    assert [row.get("label") for row in rows] == [row.get("label") for row in truth]
    assert [row.get("error") for row in rows] == [row.get("error") for row in truth]
    assert np.abs(probabilities(rows) - probabilities(truth)).max() <= 1e-4


def probabilities(rows: list[dict]) -> np.ndarray:
    """One row for each image that was read, in the order of the labels."""
    return np.array(
        [
            [pair["probability"] for pair in sorted(row["top"], key=lambda pair: pair["label"])]
            for row in rows
            if "top" in row
        ]
    )


def test_goldens_as_parquet(
    address: str, goldens: Callable, tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    from pyarrow import parquet

    monkeypatch.setenv("RAY_ADDRESS", address)
    folder, labels, truth = goldens("lenet")
    args = (folder, "--engine", "ray", "-o", tmp_path / "out", "--format", "parquet", "--always")
    assert run("infer", *args) == (0, "", "")
    table = parquet.read_table(tmp_path / "out")
    assert table["label"].to_pylist() == labels
    assert np.abs(np.array(table["probabilities"].to_pylist()) - truth).max() <= 1e-4
    assert run("infer", *args) == (0, "", "note: 1 of 1 blocks were done already\n")
    code, _, err = run("infer", *args, "--model", "mlp")
    assert code == 2
    assert "holds a job with other arguments (model was 'lenet', now 'mlp')" in err


def test_a_provider_that_no_node_has(
    address: str, tiny: Path, many: Path, tmp_path: Path, run: Run
) -> None:
    args = (many, "--engine", "ray", "-o", tmp_path / "out", "--address", address)
    code, out, err = run("infer", *args, "--provider", "cuda", "--model", tiny)
    assert (code, out) == (3, "")
    assert "no node of the cluster has a GPU" in err
    assert err.count("\n") == 1
