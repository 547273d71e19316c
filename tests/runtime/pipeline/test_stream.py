"""Streams through workers: the same answers in the same order, whatever becomes of them."""

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from digits import Classifier, Failure, ModelError
from digits.pipeline import process, stream
from digits.timings import STAGES, Timings

Photo = Callable[..., Path]


def levels(results: list) -> list[int]:
    return [int(result.canvas[0, 0]) for result in results]


def children(of: int | str = "self") -> list[int]:
    """Processes that one started and that haven't been waited for."""
    tasks = Path(f"/proc/{of}/task").iterdir()
    return [int(pid) for task in tasks for pid in (task / "children").read_text().split()]


needs_proc = pytest.mark.skipif(sys.platform != "linux", reason="needs /proc to see processes")


@pytest.mark.usefixtures("eager")
@pytest.mark.parametrize(("workers", "batch_size"), [(2, 1), (3, 7), (2, 256)])
def test_workers_answer_as_this_process_does(
    classifier: Classifier, many: Path, workers: int, batch_size: int
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
    classifier: Classifier, many: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Workers of a classifier that isn't on the CPU only decode."""
    (many / "30.png").write_bytes(b"text")
    monkeypatch.setattr(classifier, "provider", "cuda")
    monkeypatch.setattr(classifier, "recipe", None)  # nobody may open it a second time
    results = list(classifier.stream(many, workers=2))
    assert isinstance(results.pop(30), Failure)
    assert levels(results) == [*range(30), *range(31, 200)]
    assert {result.provider for result in results} == {"cuda"}


@pytest.mark.usefixtures("eager")
def test_model_that_is_gone_is_no_loss(bundle: Path, many: Path) -> None:
    """Workers can't open it any more, so this process reads."""
    classifier = Classifier.load(bundle, provider="cpu")
    shutil.rmtree(bundle)
    assert levels(list(classifier.stream(many, workers=2))) == list(range(200))


@needs_proc
@pytest.mark.usefixtures("eager")
@pytest.mark.parametrize("wait", [0.0, 1.0])
def test_leaving_early_ends_the_workers(classifier: Classifier, photo: Photo, wait: float) -> None:
    before = threading.active_count()
    results = classifier.stream([photo()] * 10_000, workers=2, batch_size=4)
    assert len(list(islice(results, 10))) == 10
    assert len(children()) == 2
    time.sleep(wait)
    started = time.monotonic()
    results.close()
    assert time.monotonic() - started < 5
    assert children() == []
    assert threading.active_count() == before


@needs_proc
@pytest.mark.usefixtures("eager")
def test_killed_workers_cost_nothing(classifier: Classifier, photo: Photo) -> None:
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
    classifier: Classifier, many: Path, monkeypatch: pytest.MonkeyPatch
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
    classifier: Classifier, many: Path, monkeypatch: pytest.MonkeyPatch, executable: str | None
) -> None:
    monkeypatch.setattr(sys, "executable", executable)
    assert levels(list(classifier.stream(many, workers=2))) == list(range(200))


@pytest.mark.usefixtures("eager")
@pytest.mark.parametrize("allowed", [0, 1, 2, 3])
def test_where_threads_are_few(
    classifier: Classifier, many: Path, monkeypatch: pytest.MonkeyPatch, allowed: int
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
    classifier: Classifier, many: Path, monkeypatch: pytest.MonkeyPatch
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
    classifier: Classifier, many: Path, act: Callable[[str], None], code: str, reason: str
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


@pytest.mark.usefixtures("eager")
def test_modules_in_the_current_folder_stay_out(
    classifier: Classifier, many: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pickle.py").write_text("raise SystemExit('not this one')")
    monkeypatch.chdir(tmp_path)
    assert levels(list(classifier.stream(many, workers=2))) == list(range(200))


@pytest.mark.usefixtures("eager")
def test_pipes_are_read_here(classifier: Classifier, photo: Photo, tmp_path: Path) -> None:
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
    classifier: Classifier, many: Path, monkeypatch: pytest.MonkeyPatch
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


SCRIPT = """
import digits, os, sys
from digits.pipeline import stream
stream.PATIENCE = 0.0
classifier = digits.Classifier.load({model!r}, provider="cpu")
results = classifier.stream([{file!r}] * 100_000, workers=2, batch_size=4)
for count, result in enumerate(results):
    if count == 2000:
        print("reading", flush=True)
        sys.stdin.readline()
        break
"""


COMMAND = """
import sys
from digits import cli
from digits.pipeline import stream
stream.PATIENCE = 0.0
sys.exit(cli.infer(sys.argv[1:]))
"""


@pytest.fixture
def command(tiny: Path, photo: Photo) -> Iterator[subprocess.Popen]:
    """The command in the middle of a long job, with its workers."""
    folder = photo("long/0.png").parent
    for i in range(1, 200):
        os.link(folder / "0.png", folder / f"{i}.png")
    options = ["--workers", "2", "--batch-size", "4", "--format", "jsonl"]
    arguments = [str(folder)] * 500 + ["--model", str(tiny), "--provider", "cpu", *options]
    with subprocess.Popen(
        [sys.executable, "-c", COMMAND, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        while len(children(process.pid)) < 2:
            assert process.stdout.readline()
        for _ in range(2000):
            process.stdout.readline()
        yield process


@needs_proc
def test_ctrl_c_ends_workers(command: subprocess.Popen) -> None:
    workers = children(command.pid)
    command.send_signal(signal.SIGINT)
    out = command.stdout.read()
    assert (command.wait(), command.stderr.read()) == (130, "")
    assert out == "" or out.endswith("}\n")
    assert all(json.loads(line)["label"] == "7" for line in out.splitlines())
    assert not any(map(_alive, workers))


@needs_proc
def test_reader_that_leaves_ends_workers(command: subprocess.Popen) -> None:
    workers = children(command.pid)
    command.stdout.close()
    assert command.stderr.read() == ""
    assert command.wait() == 0
    assert not any(map(_alive, workers))


@needs_proc
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, None])
def test_workers_end_with_their_app(
    tiny: Path, photo: Photo, number: signal.Signals | None
) -> None:
    """An app without a guard around its main part that ends in a stream, or is ended."""
    script = SCRIPT.format(model=str(tiny), file=str(photo()))
    with subprocess.Popen(
        [sys.executable, "-c", script],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as app:
        assert app.stdout.readline() == b"reading\n"
        workers = children(app.pid)
        assert len(workers) == 2
        if number is not None:
            app.send_signal(number)
        out, err = app.communicate(b"\n")
    assert (out, err) == (b"", b"")
    assert app.returncode == (0 if number is None else -number)
    deadline = time.monotonic() + 20
    while any(_alive(pid) for pid in workers):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def _alive(pid: int) -> bool:
    """Whether a process runs; one whose parent hasn't waited for it yet doesn't."""
    try:
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
