"""A worker process: reads batches of files, and says so on its stdout.

It is no more than its parent's hands: it leaves Ctrl-C to the parent, ends when the parent does,
and has nothing to say on a terminal.
"""

import os
import signal
import sys
from collections.abc import Callable
from queue import SimpleQueue
from threading import Thread
from time import monotonic
from typing import IO, TypeAlias

from digits.answers import Answers, Placed, answer, look
from digits.pipeline.messages import Alive, Batch, Broken, Done, Job, Part, Ready, get, put
from digits.pipeline.reading import decoded

Understand: TypeAlias = Callable[[list[Placed]], Part]

# Seconds after which a worker that is busy with one batch says that it goes on.
_SIGN_OF_LIFE = 1.0


def main() -> None:
    """Work until stdin ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    Worker(sys.stdin.buffer, _own_stdout()).work()


def _own_stdout() -> IO[bytes]:
    """The pipe to the parent; whatever else is printed on stdout goes nowhere."""
    pipe = os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.close(nowhere)
    return pipe


class Worker:
    """Reads what it is told to on one pipe, and answers on another."""

    def __init__(self, tasks: IO[bytes], answers: IO[bytes]) -> None:
        self._tasks = tasks
        self._answers = answers
        self._queue: SimpleQueue[Batch] = SimpleQueue()
        self._spoke = monotonic()

    def work(self) -> None:
        """Do what comes, and end the process with the pipe."""
        job: Job = get(self._tasks)
        understand = _open(job)
        self._say(Ready())
        Thread(target=self._listen, daemon=True).start()
        while True:
            self._read(understand, self._queue.get())

    def _listen(self) -> None:
        """Take tasks out of the pipe at any time, so that writing them never waits for long."""
        try:
            while True:
                self._queue.put(get(self._tasks))
        except (EOFError, OSError):
            os._exit(0)  # the parent is gone, and whatever is being read is for nobody

    def _say(self, message: object) -> None:
        put(self._answers, message)
        self._spoke = monotonic()

    def _alive(self) -> None:
        if monotonic() - self._spoke > _SIGN_OF_LIFE:
            self._say(Alive())

    def _read(self, understand: Understand, batch: Batch) -> None:
        try:
            for images, seconds in decoded(batch, alive=self._alive):
                part = understand(images)
                part.answers.extend(Answers(seconds=seconds))
                self._say(part)
        except OSError:
            os._exit(0)  # the parent is gone
        except Exception as error:  # for the parent to raise
            self._say(Broken(_portable(error)))
        else:
            self._say(Done())


def _open(job: Job) -> Understand:
    """Open the classifier, or its front end: what is made of decoded images."""
    from digits.classifier import reopen, reopen_front

    if job.classifies:
        classifier = reopen(*job.recipe)
        return lambda images: Part(answer(classifier, images))
    see_batch = reopen_front(*job.recipe)
    return lambda images: Part(Answers(), look(see_batch, images))


def _portable(error: Exception) -> Exception:
    """An error that can be pickled: its own class only where that is one of ours."""
    from digits.errors import DigitsError

    if isinstance(error, DigitsError):
        return error
    return RuntimeError(f"{type(error).__name__}: {error}")
