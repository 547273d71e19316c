import os
import signal
import subprocess
import time
from contextlib import suppress
from typing import Any

import pytest

from digits.bench import child
from digits.bench.contenders import reading_of
from digits.errors import UsageError

HOLD = "held = bytearray(60_000_000); held[::4096] = bytes(len(held[::4096])); print(1)"


def test_what_a_program_takes_is_its_own() -> None:
    held = bytearray(150_000_000)
    held[::4096] = bytes(len(held[::4096]))
    small = child.run(child.python("-c", "print(1)"))
    large = child.run(child.python("-c", HOLD))
    assert small.memory < 40_000_000 < large.memory < 140_000_000
    assert small.cpu > 0
    assert small.wall > 0
    assert small.answers is not None
    assert (small.answers.marks[-1][1], small.answers.tail) == (1, b"1\n")


def test_when_answers_came() -> None:
    code = "import os, time; os.write(1, b'1\\n'); time.sleep(0.3); os.write(1, b'2\\n3\\n')"
    ended = child.run(child.python("-c", code))
    assert ended.answers is not None
    (first, one), (last, three) = ended.answers.marks
    assert (one, three) == (1, 3)
    assert last - first >= 0.25
    reading = reading_of(ended)
    assert 0 < reading["rate"] <= 2 / 0.25
    assert reading["start"] > 0


def ended_with(*marks: tuple[float, int]) -> child.Ended:
    return child.Ended(10.0, 8.0, 1.0, 50_000_000, child.Answers(marks, b"x"))


def test_the_rate_is_that_after_a_quarter() -> None:
    """Of 100 images: 10/s while processes start, 20/s then."""
    reading = reading_of(ended_with((11.0, 1), (14.0, 30), (16.0, 70), (17.5, 100)))
    assert reading["rate"] == 70 / 3.5
    assert reading["start"] == 1
    assert reading["whole"] == 100 / 8
    assert reading["cpu"] == 10_000
    assert reading["memory"] == 50


def test_a_clock_that_starts_when_all_is_ready() -> None:
    assert reading_of(ended_with((12.0, 0), (16.0, 100)))["rate"] == 25


def test_what_came_at_once_has_the_rate_of_the_whole_program() -> None:
    ended = child.run(child.python("-c", "import os; os.write(1, b'1\\n2\\n')"))
    reading = reading_of(ended)
    assert reading["rate"] == reading["whole"] == 2 / ended.wall


def test_a_program_tells_figures_in_its_last_line() -> None:
    ended = child.run(child.python("-c", "print('noise'); print('{\"rate\": 3}')"))
    assert ended.told() == {"rate": 3}


def test_no_figures() -> None:
    with pytest.raises(child.ChildError, match="told no figures"):
        child.run(child.python("-c", "print('noise')")).told()
    with pytest.raises(child.ChildError, match="no answers"):
        reading_of(child.run(child.python("-c", "pass")))


def test_the_last_line_of_stderr_is_the_reason() -> None:
    with pytest.raises(child.ChildError, match=r"^ValueError: broken$"):
        child.run(child.python("-c", "raise ValueError('broken')"))


def test_a_silent_failure_tells_its_code() -> None:
    with pytest.raises(child.ChildError, match="ended with 7"):
        child.run(child.python("-c", "raise SystemExit(7)"))
    child.run(child.python("-c", "raise SystemExit(7)"), codes=(0, 7))


def test_a_program_that_is_not_there() -> None:
    with pytest.raises(child.ChildError, match="No such file"):
        child.run(["/nowhere/at-all"])
    with pytest.raises(child.ChildError, match=r"no digits\.nowhere here"):
        child.program("digits.nowhere")


def test_a_system_that_does_not_tell(monkeypatch: pytest.MonkeyPatch) -> None:
    child.check_system()
    monkeypatch.delattr(os, "wait4")
    with pytest.raises(UsageError, match="run it on Linux or macOS"):
        child.check_system()


def test_one_that_never_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(child, "_LONGEST", 0.5)
    with pytest.raises(child.ChildError, match="not done after"):
        child.run(child.python("-c", "import time; time.sleep(60)"))


def test_variables() -> None:
    code = "import os; print(os.environ['DIGITS_DECODER'], 'PATH' in os.environ)"
    ended = child.run(child.python("-c", code), environment={"DIGITS_DECODER": "pillow"})
    assert ended.answers is not None
    assert ended.answers.tail == b"pillow True\n"


def test_an_interruption_ends_the_program_and_what_it_started() -> None:
    code = (
        "import subprocess, sys, time; p = subprocess.Popen([sys.executable, '-c', "
        "'import time; time.sleep(60)']); print(p.pid, flush=True); time.sleep(60)"
    )
    began, seen = time.monotonic(), []

    def interrupt(session: int) -> None:
        seen.append(session)
        if time.monotonic() - began > 1:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        child.run(child.python("-c", code), watch=interrupt)
    with suppress(ProcessLookupError):
        for _ in range(100):  # the system takes a moment to bury orphans
            os.killpg(seen[0], 0)
            time.sleep(0.05)
        pytest.fail("something of it still runs")
    assert time.monotonic() - began < 30


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_what_ends_us_while_a_program_starts_ends_that_too(
    number: signal.Signals, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Popen takes a while; what interrupts it would leave a process that nobody knows of."""
    real, started = subprocess.Popen, []

    def popen(*args: Any, **options: Any) -> subprocess.Popen:
        started.append(real(*args, **options))
        signal.raise_signal(number)
        return started[-1]

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(number, interrupt)
    monkeypatch.setattr(subprocess, "Popen", popen)
    try:
        with pytest.raises(KeyboardInterrupt):
            child.run(child.python("-c", "import time; time.sleep(60)"))
        assert signal.getsignal(number) is interrupt
    finally:
        signal.signal(number, before)
    assert started[0].returncode == -signal.SIGKILL
