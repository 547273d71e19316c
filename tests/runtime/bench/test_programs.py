"""The programs that are measured beside ours do the same work: they find the same labels."""

import json
from multiprocessing import Pipe
from pathlib import Path

import numpy as np
import pytest

from digits.bench import folders
from digits.bench.programs import limit, loop
from digits.bench.programs.opened import with_onnxruntime
from digits.bench.programs.telling import Clock, rate
from digits.bundle import open_bundle

MODEL = str(open_bundle("lenet").directory / "model.onnx")


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    folder = folders.small(tmp_path_factory.mktemp("programs"), 10)
    return sorted(str(file) for file in folder.iterdir())


@pytest.fixture(scope="module")
def labels(files: list[str]) -> list[int]:
    """One by one, decoded by Pillow."""
    classify = with_onnxruntime(MODEL)
    return [int(classify(loop.canvas(Path(file), 28)[None]).argmax()) for file in files]


@pytest.mark.parametrize("decoder", ["pillow", "resize", "opencv"])
@pytest.mark.parametrize("batch", [1, 4])
def test_the_limit_finds_the_same_labels(
    files: list[str], labels: list[int], decoder: str, batch: int
) -> None:
    if decoder == "opencv":
        pytest.importorskip("cv2", reason="needs opencv-python-headless")
    here, there = Pipe()
    here.send("go")
    limit.work(there, decoder, MODEL, 28, files, batch)
    assert here.recv() == "ready"
    assert list(here.recv()) == labels


@pytest.mark.parametrize("decoder", ["pillow", "opencv"])
def test_decoders_give_the_same_levels(files: list[str], decoder: str) -> None:
    if decoder == "opencv":
        pytest.importorskip("cv2", reason="needs opencv-python-headless")
    decode = limit.decoder_of(decoder, 28)
    for file in files:
        np.testing.assert_array_equal(decode(file), loop.canvas(Path(file), 28))


def test_openvino_finds_the_same_labels(files: list[str], labels: list[int]) -> None:
    pytest.importorskip("openvino", reason="needs openvino")
    from digits.bench.programs.opened import with_openvino

    classify = with_openvino(MODEL, 1)
    canvases = np.stack([loop.canvas(Path(file), 28) for file in files])
    assert classify(canvases).argmax(axis=1).tolist() == labels


def test_the_clock_tells_when_answers_came(capsys: pytest.CaptureFixture) -> None:
    clock = Clock()
    clock.answered(3)
    clock.answered(2)
    clock.tell()
    (began, early), (ended, images) = json.loads(capsys.readouterr().out)["marks"]
    assert (early, images) == (3, 5)
    assert began <= ended


def test_a_rate_counts_every_image() -> None:
    calls: list[int] = []
    found = rate(lambda: calls.append(1), 10, 0.003)
    assert found > 0
    assert len(calls) >= 4
