"""The parent of the workers: starts them, starts them again, and ends them in order."""

import pickle
import select
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from types import FrameType

from digits.errors import ModelError
from digits.machine.interpreter import bootstrap, command, importable, surroundings
from digits.serve.board import open_memory
from digits.serve.settings import Settings
from digits.serve.signals import end_signals
from digits.serve.worker import READY, Job

_BOOTSTRAP = bootstrap("digits.serve.worker")
_BETWEEN_LOOKS = 0.1
# Seconds that a worker has beyond the time for a request, to end in order.
_FAREWELL = 5.0
# Before a worker that died is started again; doubled while it dies again within a minute.
_FIRST_PAUSE, _LONGEST_PAUSE, _LONG_LIFE = 0.1, 10.0, 60.0


class Worker:
    """One worker process, and those that take its place.

    Args:
        job: What it is for.
    """

    def __init__(self, job: Job) -> None:
        self.job = job
        self.ready = False
        self._pause = _FIRST_PAUSE
        self._again = 0.0
        self._start()

    def _start(self) -> None:
        self.ready = False
        self._began = time.monotonic()
        self.process = subprocess.Popen(
            command(_BOOTSTRAP),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=surroundings(),
            pass_fds=[self.job.listener, self.job.memory],
        )
        assert self.process.stdin is not None
        with suppress(BrokenPipeError):  # that it ended is seen soon enough
            for message in (importable(), self.job):
                pickle.dump(message, self.process.stdin)
            self.process.stdin.flush()

    def look(self) -> int | None:
        """Whether it became ready, or ended; then with which exit code."""
        assert self.process.stdout is not None
        if not self.ready and select.select([self.process.stdout], [], [], 0)[0]:
            self.ready = self.process.stdout.readline() == READY
        return self.process.poll()

    def replace(self) -> float | None:
        """Start another in its place, some time after it ended.

        Returns:
            The pause before that, when it begins; else None.
        """
        now = time.monotonic()
        if not self._again:
            lived = now - self._began
            self._pause = (
                _FIRST_PAUSE if lived > _LONG_LIFE else min(2 * self._pause, _LONGEST_PAUSE)
            )
            self._again = now + self._pause
            return self._pause
        if now >= self._again:
            self._again = 0.0
            self._close()
            self._start()
        return None

    def _close(self) -> None:
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()

    def end(self, deadline: float) -> bool:
        """Wait until it has ended; whether it did so in order."""
        try:
            self.process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            return False
        finally:
            self._close()
        return True


class Supervisor:
    """Runs all workers until a signal comes.

    Args:
        settings: What they serve.
        sockets: One for each, or one for all.
        say: Tells people something.
    """

    def __init__(
        self, settings: Settings, sockets: Sequence[socket.socket], say: Callable[[str], None]
    ) -> None:
        self._settings = settings
        self._say = say
        self._signalled: int | None = None
        self._sockets = sockets
        memory = open_memory(settings.workers)
        self._jobs = [
            Job(settings, sockets[row % len(sockets)].fileno(), memory, row)
            for row in range(settings.workers)
        ]
        self._workers: list[Worker] = []

    def run(self, ready: Callable[[], None]) -> int:
        """Serve.

        Args:
            ready: Called once, when all workers take requests.

        Returns:
            The signal that ended it.

        Raises:
            ModelError: A worker can't start at all; it has said why.
        """
        previous = {number: signal.signal(number, self._note) for number in end_signals()}
        try:
            self._workers = [Worker(job) for job in self._jobs]
            self._wait_until_ready()
            if self._signalled is None:
                ready()
            while self._signalled is None:
                self._look_after()
                time.sleep(_BETWEEN_LOOKS)
        finally:
            self._end()
            for number, handler in previous.items():
                signal.signal(number, handler)
        return self._signalled

    def _note(self, number: int, _: FrameType | None) -> None:
        if self._signalled is not None and number == signal.SIGINT:  # Ctrl-C again: at once
            for worker in self._workers:
                worker.process.kill()
        self._signalled = self._signalled or number

    def _wait_until_ready(self) -> None:
        while self._signalled is None and not all(worker.ready for worker in self._workers):
            for worker in self._workers:
                code = worker.look()
                if code is not None:
                    raise WorkerError(code)
            time.sleep(_BETWEEN_LOOKS / 4)

    def _look_after(self) -> None:
        for number, worker in enumerate(self._workers, 1):
            code = worker.look()
            if code is None:
                continue
            pause = worker.replace()
            if pause is not None:
                self._say(
                    f"worker {number} of {len(self._workers)} ended ({_reason(code)}): "
                    "it is started again"
                )

    def _end(self) -> None:
        for worker in self._workers:
            with suppress(ProcessLookupError):
                worker.process.terminate()
        for listening in self._sockets:  # else clients would wait in a queue that nobody serves
            listening.close()
        deadline = time.monotonic() + self._settings.timeout + _FAREWELL
        late = sum(not worker.end(deadline) for worker in self._workers)
        if late:
            self._say(f"{late} workers were ended before they had answered all")


class WorkerError(ModelError):
    """A worker ended before it was ready; it has said why, and with which exit code."""

    def __init__(self, code: int) -> None:
        super().__init__(f"a worker can't start ({_reason(code)})")
        self.exit_code = code if code > 0 else ModelError.exit_code


def _reason(code: int) -> str:
    if code < 0:
        with suppress(ValueError):
            return signal.Signals(-code).name
    return f"exit code {code}"
