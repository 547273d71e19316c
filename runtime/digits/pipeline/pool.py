"""Lanes side by side, each with a worker process of its own."""

import atexit
import os
from concurrent.futures import Future
from queue import SimpleQueue
from threading import Lock, Thread
from typing import TYPE_CHECKING

from digits.answers import Answers
from digits.pipeline.lane import Lane, Tasks
from digits.pipeline.messages import Batch, Job
from digits.pipeline.task import Task
from digits.providers import Provider

if TYPE_CHECKING:
    from digits.classifier import Classifier

# On Windows, Ctrl-C is noticed between two waits.
_SECONDS_BETWEEN_WAITS = 1.0
_SECONDS_TO_END = 5.0


class Pool:
    """Reads batches in worker processes; close it when done, at the latest when the app ends."""

    def __init__(self, classifier: "Classifier", workers: int) -> None:
        job = Job(classifier.recipe(), classifies=classifier.provider == Provider.CPU)
        self._owner = os.getpid()
        self._tasks: Tasks = SimpleQueue()
        lock = Lock()
        self._lanes: list[Lane] = []
        self._threads: list[Thread] = []
        for _ in range(workers):
            self._add(Lane(classifier, job, self._tasks, lock))
        atexit.register(self.close)

    def _add(self, lane: Lane) -> None:
        # A daemon: an app that ends without closing the pool shall end.
        thread = Thread(target=lane.serve, name="digits", daemon=True)
        try:
            thread.start()
        except RuntimeError:  # no more threads allowed: fewer lanes do, but for none at all
            if not self._lanes:
                raise
            return
        self._lanes.append(lane)
        self._threads.append(thread)

    @property
    def ready(self) -> bool:
        """Whether a worker has started."""
        return any(lane.ready for lane in self._lanes)

    def submit(self, batch: Batch) -> "Future[Answers]":
        """Have a batch read."""
        task = Task(batch)
        self._tasks.put(task)
        return task.future

    def result(self, future: "Future[Answers]") -> Answers:
        """Wait for the answers about a batch.

        Raises:
            ModelError: The model fails on it.
        """
        while True:
            try:
                return future.result(_SECONDS_BETWEEN_WAITS)
            except TimeoutError:
                if future.done():
                    raise

    def close(self) -> None:
        """End all workers at once; what they read is lost. A child of this process leaves them."""
        if os.getpid() != self._owner:
            return
        atexit.unregister(self.close)
        for lane in self._lanes:
            lane.close()
        for _ in self._lanes:
            self._tasks.put(None)
        for thread in self._threads:
            thread.join(_SECONDS_TO_END)
