"""Starting a worker process, and saying what became of it."""

import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread

from digits.machine.interpreter import bootstrap, command, importable, surroundings
from digits.pipeline.messages import Job, Message, Ready, get, put

_BOOTSTRAP = bootstrap("digits.pipeline.worker")

# Seconds without a word from a worker after which the file that it reads is given up: a disk on
# the network that is gone lets readers wait for ever.
SILENCE = 60.0
# Seconds that a process gets to end by itself after it closed its pipes.
_FAREWELL = 1.0


def can_start() -> bool:
    """Whether there is an interpreter to start: a frozen or an embedding app may have none."""
    name = Path(sys.executable or "").name.lower()
    return not getattr(sys, "frozen", False) and ("python" in name or "pypy" in name)


class Process:
    """A worker process and the pipes to it.

    Threads fill and empty them, so that waiting can be given up: a process that hangs in a disk
    that is gone can't be killed, takes nothing, and never closes its end.

    Attributes:
        was_silent: Whether it was ended because it gave no sign of life.
    """

    def __init__(self, job: Job) -> None:
        """Start it.

        Raises:
            OSError: It can't be started.
            RuntimeError: No more threads are allowed.
        """
        if not can_start():
            raise FileNotFoundError("no Python interpreter to start")
        self._popen = subprocess.Popen(
            command(_BOOTSTRAP),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=surroundings(),
        )
        self._messages: SimpleQueue[Message | None] = SimpleQueue()
        self._outbox: SimpleQueue[object] = SimpleQueue()
        self._listener = Thread(target=self._listen, name="digits", daemon=True)
        self._speaker = Thread(target=self._speak, name="digits", daemon=True)
        self.was_silent = False
        try:
            self._listener.start()
            self._speaker.start()
        except RuntimeError:
            self.kill()
            self.end()
            for pipe in (self._popen.stdin, self._popen.stdout):  # whichever has no thread
                if pipe is not None:
                    pipe.close()
            raise
        self.send(importable())
        self.send(job)

    def _speak(self) -> None:
        assert self._popen.stdin is not None
        with suppress(OSError), self._popen.stdin as pipe:  # that it ended is what is heard
            while (message := self._outbox.get()) is not None:
                put(pipe, message)

    def _listen(self) -> None:
        assert self._popen.stdout is not None
        # It ended, perhaps in the middle of a message, or something else writes into its pipe.
        with suppress(Exception), self._popen.stdout as pipe:
            while True:
                self._messages.put(get(pipe))
        self._messages.put(None)

    def greet(self) -> None:
        """Wait until it is ready.

        Raises:
            EOFError: It isn't: it ended, or is no worker.
        """
        if self.receive() != Ready():
            raise EOFError("no worker at the other end")

    def send(self, message: object) -> None:
        """Hand something over, without waiting until it is taken."""
        self._outbox.put(message)

    def receive(self) -> Message:
        """Wait for its next message; after too long a silence it is ended.

        Raises:
            EOFError: It ended.
        """
        try:
            message = self._messages.get(timeout=SILENCE)
        except Empty:
            self.was_silent = True
            self.kill()
            message = None
        if message is None:
            raise EOFError("the worker ended")
        return message

    def kill(self) -> None:
        """End it at once; what waits for its messages hears that it ended."""
        self._popen.kill()
        self._messages.put(None)

    def end(self) -> str:
        """Wait until it has ended, and say in a few words why it did."""
        code = self._ended()
        self._outbox.put(None)
        for thread in (self._speaker, self._listener):  # each closes its pipe
            if thread.is_alive():
                thread.join(_FAREWELL)
        if self.was_silent:
            return f"gave nothing for {SILENCE:.0f} seconds: reading it was given up"
        return _reason(code)

    def _ended(self) -> int:
        for _ in range(2):
            with suppress(subprocess.TimeoutExpired):
                return self._popen.wait(_FAREWELL)
            self._popen.kill()
        return 0


def _reason(code: int) -> str:
    if code >= 0:
        return f"the process that read it ended (exit code {code})"
    with suppress(ValueError):
        return f"the process that read it was killed ({signal.Signals(-code).name})"
    return f"the process that read it was killed (signal {-code})"
