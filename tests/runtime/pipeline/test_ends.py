"""Streams that end early, and their apps: no worker outlives them."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

import pytest

from digits import Classifier

Photo = Callable[..., Path]
Children = Callable[..., list[int]]
needs_proc = pytest.mark.skipif(sys.platform != "linux", reason="needs /proc to see processes")


@needs_proc
@pytest.mark.usefixtures("eager")
@pytest.mark.parametrize("wait", [0.0, 1.0])
def test_leaving_early_ends_the_workers(
    children: Children, classifier: Classifier, photo: Photo, wait: float
) -> None:
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
def command(children: Children, tiny: Path, photo: Photo) -> Iterator[subprocess.Popen]:
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
def test_ctrl_c_ends_workers(children: Children, command: subprocess.Popen) -> None:
    workers = children(command.pid)
    command.send_signal(signal.SIGINT)
    out = command.stdout.read()
    assert (command.wait(), command.stderr.read()) == (130, "")
    assert out == "" or out.endswith("}\n")
    assert all(json.loads(line)["label"] == "7" for line in out.splitlines())
    assert not any(map(_alive, workers))


@needs_proc
def test_reader_that_leaves_ends_workers(children: Children, command: subprocess.Popen) -> None:
    workers = children(command.pid)
    command.stdout.close()
    assert command.stderr.read() == ""
    assert command.wait() == 0
    assert not any(map(_alive, workers))


@needs_proc
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, None])
def test_workers_end_with_their_app(
    children: Children, tiny: Path, photo: Photo, number: signal.Signals | None
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
