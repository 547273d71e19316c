"""One worker process and the thread that owns it: hands batches over, takes answers, mends."""

from collections import deque
from queue import Empty, SimpleQueue
from threading import Event, Lock
from typing import TYPE_CHECKING

from digits.answers import Answers
from digits.errors import InputError
from digits.pipeline.messages import Batch, Broken, Done, Job, Part
from digits.pipeline.process import Process
from digits.pipeline.task import Task

if TYPE_CHECKING:
    from digits.classifier import Classifier

# How often a file is read alone while workers die of it: one may have been killed by chance.
_TRIES = 2
# Batches that a worker has at once, so that it needn't wait for the next.
_AHEAD = 2


Tasks = SimpleQueue[Task | None]


class Lane:
    """Works through tasks that several lanes share, until there comes None.

    Attributes:
        ready: Whether its worker has started.
    """

    def __init__(self, classifier: "Classifier", job: Job, tasks: Tasks, lock: Lock) -> None:
        self._classifier = classifier
        self._job = job
        self._tasks = tasks
        self._lock = lock
        self._process: Process | None = None
        self._under_way: deque[Task] = deque()
        self._closed = Event()
        self.ready = False

    def serve(self) -> None:
        """Work; the body of a thread."""
        try:
            self._start()
            while self._take():
                self._step()
        except Exception as error:  # nobody expects one, and nobody shall wait for ever
            for task in self._under_way:
                task.future.set_exception(error)
        finally:
            self._stop()

    def close(self) -> None:
        """End the worker at once, and with it what waits for it."""
        self._closed.set()
        if (process := self._process) is not None:
            process.kill()

    def _start(self) -> None:
        """Start a worker; where that fails, this thread reads itself."""
        try:
            self._process = Process(self._job)
            if self._closed.is_set():
                self._process.kill()
            self._process.greet()
        except (OSError, EOFError, RuntimeError):  # the last: no more threads allowed
            self._stop()
        self.ready = True

    def _stop(self) -> None:
        if (process := self._process) is not None:
            self._process = None
            process.kill()
            process.end()

    def _take(self) -> bool:
        """Take as many tasks as the worker may have at once; False at the end."""
        while not self._closed.is_set() and len(self._under_way) < _AHEAD:
            try:
                task = self._tasks.get(block=not self._under_way)
            except Empty:
                break
            if task is None:
                return False
            self._under_way.append(task)
            self._hand_over(task.batch)
        return not self._closed.is_set()

    def _hand_over(self, batch: Batch) -> None:
        if self._process is not None:
            self._process.send(batch)

    def _step(self) -> None:
        """Read, or hear of, a part of the first task."""
        task = self._under_way[0]
        if self._process is None:
            task.read(self._classifier, None if self._job.classifies else self._lock)
            self._finish(task)
            return
        try:
            done = self._hear(task, self._process)
        except EOFError:
            self._mend()
        else:
            if done:
                self._finish(task)

    def _hear(self, task: Task, process: Process) -> bool:
        """Take the next message about a task; whether it was the last."""
        message = process.receive()
        if isinstance(message, Part):
            task.add(message, self._classifier, self._lock)
        if isinstance(message, Broken):
            task.error = message.error
        return isinstance(message, Broken | Done)

    def _finish(self, task: Task) -> None:
        self._under_way.remove(task)
        task.finish()

    def _mend(self) -> None:
        """After a worker died: another one reads its batch file by file, then what comes after."""
        if self._closed.is_set():
            return
        suspect = self._under_way[0]
        self._replace()
        for place in suspect.missing():
            if self._closed.is_set():
                return
            self._alone(suspect, place)
        self._finish(suspect)
        for task in self._under_way:
            self._hand_over(task.batch)

    def _replace(self) -> str:
        """Start another worker in the place of the one that ended; returns why it ended."""
        process, self._process = self._process, None
        reason = process.end() if process else "no process that could read it can be started"
        self._start()
        return reason

    def _alone(self, suspect: Task, place: int) -> None:
        """Read one file of a batch; if the worker dies of it again and again, that is its error."""
        task = Task([suspect.batch[place]])
        for _ in range(_TRIES):
            # Without a worker it isn't read at all: this process shall not die of it.
            process = self._process
            if self._closed.is_set() or (process is not None and self._survived(task, process)):
                break
            task.answers.errors[0] = InputError(self._replace())
            if process is None or process.was_silent:
                break
        suspect.error = suspect.error or task.error
        suspect.answers.extend(task.answers.moved(place))

    def _survived(self, task: Task, process: Process) -> bool:
        task.answers = Answers()
        try:
            self._hand_over(task.batch)
            while not self._hear(task, process):
                pass
        except EOFError:
            return False
        return True
