"""Running one program as a process of its own: what it took, and when its answers came."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Any, TypeAlias

from digits.errors import DigitsError, UsageError

_LAUNCHER = Path(__file__).with_name("launcher.py")
_CHUNK = 1 << 16
_TAIL = 1 << 16
# Longer than any contender takes on a machine that is worth measuring.
_LONGEST = 900.0
_BETWEEN = 0.003
_ENDINGS = [
    number for name in ("SIGINT", "SIGTERM", "SIGHUP") if (number := getattr(signal, name, None))
]


Mark: TypeAlias = tuple[float, int]


class ChildError(DigitsError):
    """A program that was to be measured failed."""


@dataclass(frozen=True)
class Answers:
    """What came on stdout, and when.

    Attributes:
        marks: Seconds on the monotonic clock, and how many lines were there by then; in order.
        tail: The end of what was written.
    """

    marks: tuple[Mark, ...]
    tail: bytes


@dataclass(frozen=True)
class Ended:
    """A program that ran.

    Attributes:
        start: When it started, in seconds on the monotonic clock.
        wall: Seconds that it took.
        cpu: Seconds of processor time, of its own and of processes that it started.
        memory: The most bytes that one of its processes held.
        answers: What it wrote; None if that was nothing.
        complaint: The last line that it wrote to stderr; empty if there is none.
    """

    start: float
    wall: float
    cpu: float
    memory: int
    answers: Answers | None
    complaint: str = ""

    def told(self) -> dict[str, Any]:
        """What a program of `digits.bench.programs` told: the JSON object in its last line.

        Raises:
            ChildError: It told nothing.
        """
        lines = self.answers.tail.splitlines() if self.answers else []
        try:
            found: dict[str, Any] = json.loads(lines[-1])
        except (IndexError, ValueError) as error:
            raise ChildError("it told no figures") from error
        return found


def check_system() -> None:
    """Make sure that this system tells what processes take.

    Raises:
        UsageError: It doesn't.
    """
    if not hasattr(os, "wait4"):
        raise UsageError("digits bench needs wait4 and posix_spawn: run it on Linux or macOS")


def python(*arguments: str) -> list[str]:
    """A command of this Python that ignores the folder it is run in."""
    return [sys.executable, "-P", *arguments]


def program(module: str, *arguments: object) -> list[str]:
    """A program by the name of its module; it isn't imported here, so it may need anything.

    Raises:
        ChildError: There is no such module.
    """
    if find_spec(module) is None:
        raise ChildError(f"there is no {module} here: install the whole digits-edge")
    return python("-m", module, *map(str, arguments))


def run(
    command: Sequence[str],
    *,
    environment: Mapping[str, str] | None = None,
    codes: Sequence[int] = (0,),
    watch: Callable[[int], None] | None = None,
) -> Ended:
    """Run a program to its end; it and all that it started are gone then, whatever happens.

    Args:
        command: The program's path and its arguments.
        environment: Variables that it gets beside ours.
        codes: Exit codes that are no failure.
        watch: Called again and again with the session's number while it runs.

    Raises:
        ChildError: It failed; the message is the last line that it wrote to stderr.
    """
    with ExitStack() as stack:
        errors = stack.enter_context(tempfile.TemporaryFile())
        reader, writer = os.pipe()
        report = stack.enter_context(os.fdopen(reader, "rb"))
        with _undisturbed():
            process = _start(command, writer, errors, environment or {})
            stack.callback(_end, process)
        answers = _read(process, watch)
        process.wait()
        words, complaint = report.read().split(), _last_line(errors)
        if len(words) != 5:
            raise ChildError(complaint or "it couldn't be started")
        start, end, memory, cpu, code = map(float, words)
        if int(code) not in codes:
            raise ChildError(complaint or f"it ended with {int(code)}")
        return Ended(start, end - start, cpu, int(memory), answers, complaint)


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Let what would end us wait: a program that starts meanwhile is one that nobody would end."""
    waiting: list[int] = []
    if threading.current_thread() is not threading.main_thread():  # which alone hears of signals
        yield
        return
    kept = {number: signal.signal(number, lambda n, _: waiting.append(n)) for number in _ENDINGS}
    try:
        yield
    finally:
        for number, handler in kept.items():
            signal.signal(number, signal.SIG_DFL if handler is None else handler)
        for number in waiting:
            signal.raise_signal(number)


def _start(
    command: Sequence[str], writer: int, errors: IO[bytes], environment: Mapping[str, str]
) -> "subprocess.Popen[bytes]":
    launch = [sys.executable, "-I", "-S", str(_LAUNCHER), str(writer), *command]
    try:
        return subprocess.Popen(
            launch,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=errors,
            pass_fds=[writer],
            env=os.environ | environment,
            # Ctrl-C is for us alone; we end the whole session.
            start_new_session=True,
        )
    finally:
        os.close(writer)


def _end(process: "subprocess.Popen[bytes]") -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    if process.stdout is not None:
        process.stdout.close()


def _read(
    process: "subprocess.Popen[bytes]", watch: Callable[[int], None] | None
) -> Answers | None:
    """Read stdout to its end; large chunks, since reading takes time from who is measured."""
    import select

    assert process.stdout is not None
    descriptor, began, tail = process.stdout.fileno(), time.monotonic(), b""
    marks: list[Mark] = []
    while True:
        ready, _, _ = select.select([descriptor], [], [], 0.1)
        if time.monotonic() - began > _LONGEST:
            raise ChildError(f"it was not done after {_LONGEST:.0f} s")
        if watch is not None:
            watch(process.pid)
        if not ready:
            continue
        chunk = os.read(descriptor, _CHUNK)
        if not chunk:
            return Answers(tuple(marks), tail) if marks else None
        lines = chunk.count(b"\n") + (marks[-1][1] if marks else 0)
        marks.append((time.monotonic(), lines))
        tail = (tail + chunk)[-_TAIL:]
        # What writes line by line would have us read line by line, on a core that it could use.
        time.sleep(_BETWEEN)


def _last_line(errors: IO[Any]) -> str:
    errors.seek(0)
    lines = errors.read()[-_TAIL:].decode(errors="replace").split("\n")
    kept = [line.strip() for line in lines if line.strip()]
    return kept[-1][:300] if kept else ""
