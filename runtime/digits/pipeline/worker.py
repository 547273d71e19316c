"""A worker process: reads batches of files, and says so on its stdout.

It is no more than its parent's hands: it leaves Ctrl-C to the parent, ends when the parent does,
and has nothing to say on a terminal.
"""

import os
import signal
import sys
from collections.abc import Iterator
from queue import SimpleQueue
from threading import Thread
from time import monotonic
from typing import IO, TYPE_CHECKING

from digits.answers import Answers, answer
from digits.pipeline.messages import Alive, Batch, Broken, Done, Job, Part, Ready, get, put
from digits.pipeline.reading import decoded

if TYPE_CHECKING:
    from digits.classifier import Classifier

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
        classifier = _open(job)
        self._say(Ready())
        Thread(target=self._listen, daemon=True).start()
        while True:
            self._read(classifier, self._queue.get())

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

    def _read(self, classifier: "Classifier | None", batch: Batch) -> None:
        try:
            for part in self._parts(classifier, batch):
                self._say(part)
        except OSError:
            os._exit(0)  # the parent is gone
        except Exception as error:  # for the parent to raise
            self._say(Broken(_portable(error)))
        else:
            self._say(Done())

    def _parts(self, classifier: "Classifier | None", batch: Batch) -> Iterator[Part]:
        for images, seconds in decoded(batch, alive=self._alive):
            answers = Answers(seconds=seconds)
            if classifier is None:
                yield Part(answers, images)
            else:
                answers.extend(answer(classifier, images))
                yield Part(answers, [])


def _open(job: Job) -> "Classifier | None":
    if job.recipe is None:
        return None
    from digits.classifier import reopen

    return reopen(*job.recipe)


def _portable(error: Exception) -> Exception:
    """An error that can be pickled: its own class only where that is one of ours."""
    from digits.errors import DigitsError

    if isinstance(error, DigitsError):
        return error
    return RuntimeError(f"{type(error).__name__}: {error}")
