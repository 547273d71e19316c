"""Starting a worker process, and saying what became of it.

It is a subprocess of our own: `multiprocessing` would either run an app's main script again or
fork an app that has threads.
"""

import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import IO

from digits.pipeline.messages import Job, Message, Ready, get, put

_BOOTSTRAP = (
    "import sys, pickle; sys.path[:] = pickle.load(sys.stdin.buffer); "
    "from digits.pipeline.worker import main; main()"
)
# A worker is one thread; numpy's library would start one for each processor and take their memory.
_ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}

# Seconds that a process gets to end by itself after it closed its pipes.
_FAREWELL = 1.0


def can_start() -> bool:
    """Whether there is an interpreter to start: a frozen or an embedding app may have none."""
    name = Path(sys.executable or "").name.lower()
    return not getattr(sys, "frozen", False) and ("python" in name or "pypy" in name)


class Process:
    """A worker process and the pipes to it."""

    def __init__(self, job: Job) -> None:
        """Start it.

        Raises:
            OSError: It can't be started, or ended at once.
        """
        if not can_start():
            raise FileNotFoundError("no Python interpreter to start")
        # -P: a module in the current folder must not take the place of one that the start needs.
        flags = [*subprocess._args_from_interpreter_flags(), "-P"]  # type: ignore[attr-defined]
        self._popen = subprocess.Popen(
            [sys.executable, *flags, "-c", _BOOTSTRAP],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, **_ONE_THREAD},
        )
        self.given_up: str | None = None
        try:
            put(self._stdin, [entry for entry in sys.path if isinstance(entry, str)])
            put(self._stdin, job)
        except OSError:
            self.kill()
            self.end()
            raise

    @property
    def _stdin(self) -> IO[bytes]:
        assert self._popen.stdin is not None
        return self._popen.stdin

    def greet(self) -> None:
        """Wait until it is ready.

        Raises:
            Exception: It isn't: it ended, or something else writes into its pipe.
        """
        if self.receive() != Ready():
            raise EOFError("no worker at the other end")

    def send(self, batch: object) -> None:
        """Hand a batch over.

        Raises:
            OSError: It ended.
        """
        put(self._stdin, batch)

    def receive(self) -> Message:
        """Wait for its next message.

        Raises:
            Exception: It ended, perhaps in the middle of a message.
        """
        assert self._popen.stdout is not None
        message: Message = get(self._popen.stdout)
        return message

    def kill(self, reason: str | None = None) -> None:
        """End it at once; what waits for its messages hears that it ended."""
        self.given_up = self.given_up or reason
        self._popen.kill()

    def end(self) -> str:
        """Wait until it has ended, and say in a few words why it did."""
        try:
            code = self._popen.wait(_FAREWELL)
        except subprocess.TimeoutExpired:
            self._popen.kill()
            code = self._popen.wait()
        for pipe in (self._popen.stdin, self._popen.stdout):
            with suppress(OSError):
                if pipe is not None:
                    pipe.close()
        return self.given_up or _reason(code)


def _reason(code: int) -> str:
    if code >= 0:
        return f"the process that read it ended (exit code {code})"
    with suppress(ValueError):
        return f"the process that read it was killed ({signal.Signals(-code).name})"
    return f"the process that read it was killed (signal {-code})"
