"""Streams through workers: the same answers in the same order."""

import os
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from digits import Classifier, Failure
from digits.pipeline import process, stream
from digits.timings import STAGES, Timings

Photo = Callable[..., Path]
Levels = Callable[[list], list[int]]


@pytest.mark.usefixtures("eager")
@pytest.mark.parametrize(("workers", "batch_size"), [(2, 1), (3, 7), (2, 256)])
def test_workers_answer_as_this_process_does(
    levels: Levels,
    classifier: Classifier,
    many: Path,
    workers: int,
    batch_size: int,
) -> None:
    here = list(classifier.stream(many, workers=1))
    there = list(classifier.stream(many, workers=workers, batch_size=batch_size))
    assert levels(there) == list(range(200))
    for one, other in zip(here, there, strict=True):
        assert (one.path, one.label, one.box) == (other.path, other.label, other.box)
        assert one.evidence == other.evidence
        np.testing.assert_array_equal(one.clean, other.clean)
        np.testing.assert_allclose(one.probabilities, other.probabilities, atol=1e-6)
        for array in (other.probabilities, other.canvas, other.clean):
            assert not array.flags.writeable


@pytest.mark.usefixtures("eager")
def test_failures_come_from_workers_too(classifier: Classifier, many: Path, tmp_path: Path) -> None:
    (many / "30.png").write_bytes(b"")
    (many / "60.png").write_bytes(b"text")
    (many / "90.png").unlink()
    (many / "90.png").symlink_to(tmp_path / "gone")
    results = list(classifier.stream([many, "gone.png"], workers=2))
    failures = {Path(r.path).name: r.error for r in results if isinstance(r, Failure)}
    assert len(results) == 201
    assert failures == {
        "30.png": "the file is empty",
        "60.png": "not an image: none of the known formats",
        "90.png": "no such file",
        "gone.png": "no such file or folder",
    }


@pytest.mark.usefixtures("eager")
def test_gpu_is_left_to_this_process(
    levels: Levels,
    classifier: Classifier,
    many: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Workers of a classifier that isn't on the CPU go no further than the front end."""
    batches: list[int] = []
    predict = Classifier.predict_canvases

    def watch(self: Classifier, canvases: np.ndarray) -> np.ndarray:
        batches.append(len(canvases))
        return predict(self, canvases)

    (many / "30.png").write_bytes(b"text")
    monkeypatch.setattr(classifier, "provider", "cuda")
    monkeypatch.setattr(Classifier, "predict_canvases", watch)
    results = list(classifier.stream(many, workers=2))
    assert isinstance(results.pop(30), Failure)
    assert levels(results) == [*range(30), *range(31, 200)]
    assert {result.provider for result in results} == {"cuda"}
    assert sum(batches) == 199


@pytest.mark.usefixtures("eager")
def test_modules_in_the_current_folder_stay_out(
    levels: Levels,
    classifier: Classifier,
    many: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "pickle.py").write_text("raise SystemExit('not this one')")
    monkeypatch.chdir(tmp_path)
    assert levels(list(classifier.stream(many, workers=2))) == list(range(200))


@pytest.mark.usefixtures("eager")
def test_pipes_are_read_here(
    levels: Levels, classifier: Classifier, photo: Photo, tmp_path: Path
) -> None:
    data = photo("pipe.png", 30).read_bytes()
    os.mkfifo(tmp_path / "pipe")
    writer = threading.Thread(target=(tmp_path / "pipe").write_bytes, args=(data,))
    writer.start()
    files = [photo("1.png", 10), photo("2.png", 20), tmp_path / "pipe", photo("4.png", 40)]
    assert levels(list(classifier.stream(files, workers=2))) == [10, 20, 30, 40]
    writer.join()


def test_small_jobs_start_no_workers(
    classifier: Classifier, photo: Photo, pool_of: list, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "PATIENCE", 1000.0)
    assert len(list(classifier.stream([photo()] * 20, workers=2))) == 20
    assert pool_of == []


def test_one_worker_is_this_process(
    classifier: Classifier, photo: Photo, pool_of: list, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "PATIENCE", 0.0)
    assert len(list(classifier.stream([photo()] * 20, workers=1))) == 20
    assert pool_of == []


def test_this_process_reads_on_while_workers_start(
    levels: Levels,
    classifier: Classifier,
    many: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(stream, "PATIENCE", 0.0)
    monkeypatch.setattr(process.Process, "greet", lambda self: self._popen.wait())
    assert levels(list(classifier.stream(many, workers=2))) == list(range(200))


@pytest.mark.usefixtures("eager")
@pytest.mark.parametrize("workers", [1, 2])
def test_timings(classifier: Classifier, many: Path, workers: int) -> None:
    timings = Timings()
    results = list(classifier.stream(many, workers=workers, timings=timings))
    assert (len(results), timings.images) == (200, 200)
    assert timings.processes == (1 if workers == 1 else 3)
    assert tuple(timings.seconds) == STAGES
    measured = {stage for stage, seconds in timings.seconds.items() if seconds > 0}
    assert measured == set(STAGES) - {"write"}
    assert timings.wall > 0
