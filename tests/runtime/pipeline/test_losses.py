"""Streams whose workers are lost, stuck, or can't be started: what can be read is read."""

import os
import shutil
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from digits import Classifier, Failure, ModelError
from digits.pipeline import process

Photo = Callable[..., Path]
Children = Callable[..., list[int]]
Levels = Callable[[list], list[int]]
needs_proc = pytest.mark.skipif(sys.platform != "linux", reason="needs /proc to see processes")


@pytest.mark.usefixtures("eager")
def test_model_that_is_gone_is_no_loss(levels: Levels, bundle: Path, many: Path) -> None:
    """Workers can't open it any more, so this process reads."""
    classifier = Classifier.load(bundle, provider="cpu")
    shutil.rmtree(bundle)
    assert levels(list(classifier.stream(many, workers=2))) == list(range(200))


@needs_proc
@pytest.mark.usefixtures("eager")
def test_killed_workers_cost_nothing(
    children: Children,
    levels: Levels,
    classifier: Classifier,
    photo: Photo,
) -> None:
    files = [photo(f"{i}.png", i % 256) for i in range(300)]
    results = classifier.stream(files, workers=2, batch_size=8)
    got = []
    for count, result in enumerate(results):
        got.append(result)
        if count in (20, 150):
            for pid in children():
                os.kill(pid, signal.SIGKILL)
    assert levels(got) == [i % 256 for i in range(300)]


@needs_proc
@pytest.mark.usefixtures("eager")
def test_workers_killed_at_their_start(
    levels: Levels,
    classifier: Classifier,
    many: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    greet = process.Process.greet

    def killed(self: process.Process) -> None:
        self.kill()
        greet(self)

    monkeypatch.setattr(process.Process, "greet", killed)
    assert levels(list(classifier.stream(many, workers=2))) == list(range(200))


@pytest.mark.usefixtures("eager")
@pytest.mark.parametrize("executable", ["", None, "/nowhere/python3", "/bin/blender"])
def test_without_an_interpreter_threads_read(
    levels: Levels,
    classifier: Classifier,
    many: Path,
    monkeypatch: pytest.MonkeyPatch,
    executable: str | None,
) -> None:
    monkeypatch.setattr(sys, "executable", executable)
    assert levels(list(classifier.stream(many, workers=2))) == list(range(200))


@pytest.mark.usefixtures("eager")
@pytest.mark.parametrize("allowed", [0, 1, 2, 3])
def test_where_threads_are_few(
    levels: Levels,
    classifier: Classifier,
    many: Path,
    monkeypatch: pytest.MonkeyPatch,
    allowed: int,
) -> None:
    real, started = threading.Thread.start, []

    def start(self: threading.Thread) -> None:
        started.append(self)
        if len(started) > allowed:
            raise RuntimeError("can't start new thread")
        real(self)

    monkeypatch.setattr(threading.Thread, "start", start)
    assert levels(list(classifier.stream(many, workers=2))) == list(range(200))
    assert len(started) > 0


@pytest.mark.usefixtures("eager")
def test_frozen_apps_read_in_threads(
    levels: Levels,
    classifier: Classifier,
    many: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    assert not process.can_start()
    assert levels(list(classifier.stream(many, workers=2))) == list(range(200))


DEADLY = """
import os, signal, time
import digits.pipeline.reading as reading
real = reading.decode_image
def decode(data):
    if os.path.exists("{flag}") and data == open("{file}", "rb").read():
        {act}
    return real(data)
reading.decode_image = decode
"""


@pytest.fixture
def act(many: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Makes workers do something when they read the file 77.png."""

    def prepare(code: str) -> None:
        flag = tmp_path / "flag"
        flag.touch()
        text = DEADLY.format(flag=flag, file=many / "77.png", act=code)
        bootstrap = process._BOOTSTRAP.replace("main()", f"exec({text!r}); main()")
        monkeypatch.setattr(process, "_BOOTSTRAP", bootstrap)

    return prepare


@pytest.mark.skipif(sys.platform == "win32", reason="needs signals")
@pytest.mark.usefixtures("eager")
@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("os.kill(os.getpid(), signal.SIGKILL)", "the process that read it was killed (SIGKILL)"),
        ("os.kill(os.getpid(), signal.SIGSEGV)", "the process that read it was killed (SIGSEGV)"),
        ("os._exit(3)", "the process that read it ended (exit code 3)"),
    ],
)
def test_file_that_kills_is_named(
    levels: Levels,
    classifier: Classifier,
    many: Path,
    act: Callable[[str], None],
    code: str,
    reason: str,
) -> None:
    act(code)
    results = list(classifier.stream(many, workers=2))
    assert results.pop(77) == Failure(str(many / "77.png"), reason)
    assert levels(results) == [*range(77), *range(78, 200)]


# A child that outlives the worker, and holds its pipe.
_CHILD = "os.fork() or (time.sleep(20), os._exit(0)); time.sleep(9)"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.usefixtures("eager")
@pytest.mark.parametrize("code", ["time.sleep(1000)", _CHILD])
def test_file_that_blocks_is_named(
    levels: Levels,
    classifier: Classifier,
    many: Path,
    act: Callable[[str], None],
    monkeypatch: pytest.MonkeyPatch,
    code: str,
) -> None:
    """Also where the process can't be ended: here a child of its keeps its pipe open."""
    act(code)
    monkeypatch.setattr(process, "SILENCE", 3.0)
    results = list(classifier.stream(many, workers=2))
    reason = "gave nothing for 3 seconds: reading it was given up"
    assert results.pop(77) == Failure(str(many / "77.png"), reason)
    assert levels(results) == [*range(77), *range(78, 200)]


@pytest.mark.usefixtures("eager")
def test_slow_files_are_waited_for(
    levels: Levels,
    classifier: Classifier,
    many: Path,
    act: Callable[[str], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What counts is silence, not how long a batch takes."""
    act("time.sleep(2)")
    monkeypatch.setattr(process, "SILENCE", 10.0)
    files = [many / "77.png"] * 6
    assert levels(list(classifier.stream([many / "1.png", *files], workers=2))) == [1] + [77] * 6


@pytest.mark.usefixtures("eager")
def test_what_workers_print_goes_nowhere(
    levels: Levels,
    classifier: Classifier,
    many: Path,
    act: Callable[[str], None],
    capfd: pytest.CaptureFixture,
) -> None:
    act("print('stray', flush=True); os.write(1, b'stray'); os.write(2, b'stray')")
    assert levels(list(classifier.stream(many, workers=2))) == list(range(200))
    assert capfd.readouterr() == ("", "")


@pytest.mark.usefixtures("eager")
def test_model_that_fails_in_a_worker_is_an_error(
    classifier: Classifier, many: Path, act: Callable[[str], None]
) -> None:
    act("from digits.errors import ModelError; raise ModelError('tiny fails')")
    with pytest.raises(ModelError, match="tiny fails"):
        list(classifier.stream(many, workers=2))
