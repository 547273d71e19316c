"""The programs: settings of a process of its own, which no app gets by calling a command."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from digits import program

_SETTINGS = ("OPENBLAS_NUM_THREADS", "ORT_DISABLE_TELEMETRY")
CPU = ("--provider", "cpu")  # without a note where CUDA is missing
NAMES = ["digits", "digits_export", "digits_infer"]


def run(code: str, **surroundings: str) -> subprocess.CompletedProcess[str]:
    inherited = {key: value for key, value in os.environ.items() if key not in _SETTINGS}
    return subprocess.run(
        [sys.executable, "-c", code],
        env=inherited | surroundings,
        capture_output=True,
        text=True,
        check=False,
    )


def started(name: str, *args: str) -> str:
    return f"import sys; sys.argv = ['x', *{args!r}]; from digits.program import {name}; {name}()"


@pytest.mark.parametrize("name", NAMES)
def test_it_runs_its_command_and_ends_with_its_code(name: str) -> None:
    done = run(started(name, "--version"))
    assert (done.returncode, done.stdout) == (0, f"{name.replace('_', '-')} 0.1.0\n")
    wrong = run(started(name, "--wat"))
    assert (wrong.returncode, wrong.stdout) == (2, "")
    assert wrong.stderr.startswith(f"{name.replace('_', '-')}: error: ")


def test_what_others_registered_for_the_end_still_runs() -> None:
    said = "import atexit; atexit.register(print, 'the end'); "
    assert run(said + started("digits", "--version")).stdout == "digits 0.1.0\nthe end\n"


def test_as_a_module() -> None:
    command = [sys.executable, "-m", "digits", "--version"]
    assert subprocess.check_output(command, text=True) == "digits 0.1.0\n"


@pytest.mark.parametrize("setting", ["OPENBLAS_NUM_THREADS", "ORT_DISABLE_TELEMETRY"])
@pytest.mark.parametrize(("given", "found"), [(None, "1"), ("0", "0")])
def test_numpy_starts_no_threads_and_nothing_is_reported_unless_asked(
    setting: str, given: str | None, found: str
) -> None:
    ending = f"import atexit, os; atexit.register(lambda: print(os.environ[{setting!r}]))"
    done = run(
        f"{ending}; " + started("digits", "--version"), **({setting: given} if given else {})
    )
    assert done.stdout.splitlines()[-1] == found


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_onnx_runtime_keeps_no_record_of_the_device() -> None:
    look = (
        "import atexit, os; place = '/proc/self/fd/'; atexit.register(lambda: print([name for fd "
        "in os.listdir(place) if 'onnxruntime.db' in (name := os.path.realpath(place + fd))]))"
    )
    done = run(f"{look}; " + started("digits", "verify", "lenet"))
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "[]")


def test_a_program_has_one_heap_where_glibc_gives_many(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[int, int]] = []

    class Library:
        def mallopt(self, *setting: int) -> None:
            asked.append(setting)

    monkeypatch.setattr(program.ctypes, "CDLL", lambda _: Library())
    monkeypatch.setattr(program.sys, "platform", "linux")
    program._keep_one_heap()
    monkeypatch.setattr(program.ctypes, "CDLL", lambda _: object())  # musl
    program._keep_one_heap()
    monkeypatch.setattr(program.sys, "platform", "win32")
    monkeypatch.setattr(program.ctypes, "CDLL", None)
    program._keep_one_heap()
    assert asked == [(-8, 1)]


def test_calling_a_command_changes_nothing_around_it() -> None:
    code = (
        "import gc, json, os, sys; before = dict(os.environ); "
        "from digits.cli import infer; infer(['nope']); "
        "print(json.dumps([gc.get_freeze_count(), dict(os.environ) == before]))"
    )
    assert json.loads(run(code).stdout.splitlines()[-1]) == [0, True]


def test_garbage_is_looked_for_less_often() -> None:
    ending = "import atexit, gc; atexit.register(lambda: print(gc.get_threshold()[0]))"
    done = run(f"{ending}; " + started("digits", "--version"))
    assert done.stdout.splitlines()[-1] == "10000"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP"])
def test_what_is_asked_to_end_leaves_nothing_unfinished(name: str, tmp_path: Path) -> None:
    pipe, report = tmp_path / "pipe", tmp_path / "report.csv"
    os.mkfifo(pipe)
    command = [sys.executable, "-c", started("digits_infer", str(pipe), "-o", str(report), *CPU)]
    number = getattr(signal, name)
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        deadline = time.monotonic() + 60
        while not list(tmp_path.glob("*.part")):
            assert time.monotonic() < deadline
            time.sleep(0.02)
        process.send_signal(number)
        assert process.communicate(timeout=60) == (b"", b"")
    assert process.returncode == 128 + number
    assert list(tmp_path.iterdir()) == [pipe]


def test_help_of_what_loads_torch_says_nothing_else() -> None:
    pytest.importorskip("torch", reason="needs torch, which loads triton where it has it")
    done = run(started("digits", "export", "--help"))
    assert (done.returncode, done.stderr) == (0, "")
