"""Batches of one call on several threads."""

import os
import subprocess
import sys
import threading

import numpy as np
import pytest
from numpy.typing import NDArray

from digits import Classifier, ModelError
from digits.sharing import Callers, callers_for

ROWS = np.arange(1000, dtype=np.uint16).astype(np.uint8)


@pytest.mark.parametrize(
    ("count", "callers", "sizes"),
    [
        (0, 2, []),
        (10, 2, [10]),
        (32, 2, [16, 16]),
        (33, 2, [17, 16]),
        (200, 2, [100, 100]),
        (200, 1, [128, 72]),
        (1000, 4, [128] * 7 + [104]),
    ],
)
def test_batches_are_even_and_in_order(count: int, callers: int, sizes: list[int]) -> None:
    parts = Callers(callers).share_out(lambda batch: batch, ROWS[:count], 128)
    assert [len(part) for part in parts] == sizes
    assert np.concatenate([ROWS[:0], *parts]).tolist() == ROWS[:count].tolist()


def test_threads_run_side_by_side() -> None:
    meeting = threading.Barrier(2, timeout=20)

    def run(batch: NDArray[np.uint8]) -> NDArray[np.uint8]:
        meeting.wait()
        return batch

    callers = Callers(2)
    for _ in range(3):
        assert len(callers.share_out(run, ROWS[:64], 32)) == 2


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_fork_has_threads_of_its_own() -> None:
    code = (
        "import os, numpy; from digits.sharing import Callers; callers = Callers(2); "
        "call = lambda: len(callers.share_out(lambda rows: rows, numpy.zeros(64, 'uint8'), 32)); "
        "call(); child = os.fork(); print(call(), flush=True); child and os.waitpid(child, 0)"
    )
    assert subprocess.check_output([sys.executable, "-c", code], text=True, timeout=60) == "2\n2\n"


def test_what_one_raises_is_raised() -> None:
    def run(batch: NDArray[np.uint8]) -> NDArray[np.uint8]:
        raise ModelError(f"fails at {batch[0]}")

    with pytest.raises(ModelError, match="fails at 0"):
        Callers(2).share_out(run, ROWS, 128)


def test_layers_of_large_models_are_shared_instead() -> None:
    assert callers_for(250_000, 3) == 3
    assert callers_for(553_000_000, 3) == 1


@pytest.mark.parametrize("threads", [2, 3])
def test_answers_are_those_of_one_thread(threads: int) -> None:
    canvases = np.random.default_rng(1).integers(0, 256, (700, 28, 28), np.uint8)
    one = Classifier.load("lenet", "cpu").predict_canvases(canvases)
    several = Classifier.load("lenet", "cpu", threads).predict_canvases(canvases)
    assert several == pytest.approx(one, abs=1e-6)
