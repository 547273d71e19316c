"""Blocks of inputs, by path and by address, good and bad."""

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from digits import Classifier, Failure, Prediction
from digits.cluster.reader import Reader
from digits.pipeline import process

pytest.importorskip("pyarrow", reason="needs Arrow: run: pip install 'digits-edge[ray]'")


@pytest.fixture
def classifier(tiny: Path) -> Classifier:
    return Classifier.load(tiny, provider="cpu")


@pytest.fixture
def reader(classifier: Classifier, tmp_path: Path) -> Iterator[Reader]:
    reader = Reader(classifier, str(tmp_path))
    yield reader
    reader.close()


def test_blocks_one_after_the_other(classifier: Classifier, reader: Reader, many: Path) -> None:
    files = [f"many/{i}.png" for i in range(10)]
    truth = list(classifier.stream([many]))
    for block in (files, files[3:], files[:1], []):
        results = reader.read(block)
        assert [result.path for result in results] == block
        for path, result in zip(block, results, strict=True):
            there = truth[files.index(path)]
            if isinstance(there, Failure):
                assert result == Failure(path, there.error)
            else:
                assert np.abs(result.probabilities - there.probabilities).max() < 1e-6


def test_by_address(reader: Reader, many: Path) -> None:
    block = [f"file://{many}/{i}.png" for i in range(10)]
    mixed = [*block, "many/0.png", Failure("x", "no such file"), f"file://{many}/gone.png"]
    results = reader.read(mixed * 5)  # more than are fetched ahead
    assert [result.path for result in results] == [getattr(i, "path", i) for i in mixed] * 5
    errors = {result.path: result.error for result in results if isinstance(result, Failure)}
    assert errors == {
        block[4]: "not an image: none of the known formats",
        "x": "no such file",
        f"file://{many}/gone.png": "no such file",
    }


DEADLY = """
import os, signal
from digits.pipeline import reading
real = reading.decode_image
def decode(data):
    if data == {data!r}: os.kill(os.getpid(), signal.SIGKILL)
    return real(data)
reading.decode_image = decode
"""


@pytest.mark.skipif(sys.platform == "win32", reason="needs signals")
@pytest.mark.parametrize("start", ["", "file://"])
def test_an_image_that_kills_is_named(
    classifier: Classifier, many: Path, start: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = DEADLY.format(data=(many / "7.png").read_bytes())
    bootstrap = process._BOOTSTRAP.replace("main()", f"exec({text!r}); main()")
    monkeypatch.setattr(process, "_BOOTSTRAP", bootstrap)
    reader = Reader(classifier, "")
    block = [f"{start}{many}/{i}.png" for i in range(10)]
    try:
        results = reader.read(block)
    finally:
        reader.close()
    assert results[7] == Failure(block[7], "the process that read it was killed (SIGKILL)")
    assert sum(isinstance(result, Prediction) for result in results) == 8
