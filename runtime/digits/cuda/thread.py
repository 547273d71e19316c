"""One thread that all work of a session runs on.

ONNX Runtime keeps recorded CUDA graphs for each thread: another thread that ran the session would
record its own, and two must never run at once, since they write to the same memory.
`concurrent.futures` does the same for 9 µs more a call, a tenth of what a small network takes.
"""

import threading
import weakref
from collections.abc import Callable
from contextlib import suppress
from queue import Empty, SimpleQueue
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class _Job(Generic[T]):
    """A call that another thread makes."""

    __slots__ = ("_call", "_done", "_error", "_result")

    def __init__(self, call: Callable[[], T]) -> None:
        self._call: Callable[[], T] | None = call
        self._done = threading.Lock()
        self._done.acquire()
        self._error: BaseException | None = None

    def make(self) -> None:
        """Make the call, on the thread that this runs on."""
        call, self._call = self._call, None
        try:
            self._result = call() if call else None
        except BaseException as error:  # told to whoever waits
            self._error = error
        self._done.release()

    def result(self) -> T:
        """What the call returned, once it has.

        Raises:
            BaseException: What it raised.
        """
        self._done.acquire()
        if self._error is not None:
            raise self._error
        return self._result  # type: ignore[return-value]


class OneThread:
    """Makes calls one after the other on a thread of its own, which ends with this object."""

    def __init__(self, name: str) -> None:
        self._jobs: SimpleQueue[_Job[Any] | None] = SimpleQueue()
        thread = threading.Thread(target=_work, args=(self._jobs,), name=name, daemon=True)
        thread.start()
        # At the end of the process, too: a daemon that is inside CUDA then would crash it.
        weakref.finalize(self, _end, self._jobs, thread)

    def call(self, function: Callable[[], T]) -> T:
        """Make a call on the thread, and wait for it."""
        job = _Job(function)
        self._jobs.put(job)
        return job.result()

    def call_later(self, function: Callable[[], object]) -> None:
        """Make a call on the thread when those before it are done; its errors are nobody's."""
        self._jobs.put(_Job(function))


def _work(jobs: "SimpleQueue[_Job[Any] | None]") -> None:
    while (job := jobs.get()) is not None:
        job.make()
        del job  # it holds arrays while this waits for the next


def _end(jobs: "SimpleQueue[_Job[Any] | None]", thread: threading.Thread) -> None:
    with suppress(Empty):
        while True:
            jobs.get_nowait()  # nobody waits for what is left: callers hold the object
    jobs.put(None)
    if thread is not threading.current_thread():
        thread.join()
