"""All work of a session on one thread at a time: its only caller's, or one of its own.

ONNX Runtime keeps recorded CUDA graphs for each thread: another thread that ran the session would
record its own, and two must never run at once, since they write to the same memory. As long as one
thread alone calls, it does the work itself; handing it over takes 15 to 30 µs, a third of what a
small network takes. (`concurrent.futures` takes 9 µs more.)
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


_Jobs = SimpleQueue[_Job[Any] | None]


class OneThread:
    """Makes calls one after the other, all on one thread.

    It is the thread of the first call, until another calls, too; then it is one that is started
    for it, for good, and that ends with this object.

    Args:
        name: Of the thread that may be started.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._home: weakref.ref[threading.Thread] | None = None
        self._busy = threading.Lock()
        self._jobs: _Jobs | None = None

    def call(self, function: Callable[[], T]) -> T:
        """Make a call, and wait for it."""
        if self._jobs is None:
            with self._busy:
                if self._jobs is None and self._at_home():
                    return function()
        job = _Job(function)
        self._moved().put(job)
        return job.result()

    def call_later(self, function: Callable[[], object]) -> None:
        """Make a call when those before it are done; its errors are nobody's."""
        self._moved().put(_Job(function))

    def _at_home(self) -> bool:
        # Not by its number, which another may have once it has ended.
        thread = threading.current_thread()
        if self._home is None:
            self._home = weakref.ref(thread)
        return self._home() is thread

    def _moved(self) -> _Jobs:
        """The jobs of a thread of our own, from now on."""
        with self._busy:
            if self._jobs is None:
                jobs: _Jobs = SimpleQueue()
                thread = threading.Thread(target=_work, args=(jobs,), name=self._name, daemon=True)
                thread.start()
                # At the end of the process, too: a daemon inside CUDA then would crash it.
                weakref.finalize(self, _end, jobs, thread)
                self._jobs = jobs
            return self._jobs


def _work(jobs: _Jobs) -> None:
    while (job := jobs.get()) is not None:
        job.make()
        del job  # it holds arrays while this waits for the next


def _end(jobs: _Jobs, thread: threading.Thread) -> None:
    with suppress(Empty):
        while True:
            jobs.get_nowait()  # nobody waits for what is left: callers hold the object
    jobs.put(None)
    if thread is not threading.current_thread():
        thread.join()
