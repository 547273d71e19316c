"""A session on a GPU behind ONNX Runtime's own `run`: batches of fixed sizes in fixed memory."""

import re
import threading
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from digits.cuda.buckets import next_bucket
from digits.cuda.ends import Ends, fixed_ends
from digits.cuda.slot import Arrays, Slot
from digits.cuda.thread import OneThread
from digits.providers import load_onnxruntime


class Way(NamedTuple):
    """One way to open a session.

    Attributes:
        name: What it has that the next one hasn't.
        open: Opens the session.
        graphs: Whether it can record CUDA graphs.
    """

    name: str
    open: Callable[[], Any]
    graphs: bool


class Runner:
    """Runs a session from any number of threads; what it isn't asked itself, the session is.

    Each batch size has its memory on the GPU and its CUDA graph, made when the size is first
    needed or by `warm_up`. Batches in between are filled up, larger ones are split.

    Args:
        ways: Ways to open the session, the fastest first. When one can't be opened or fails in a
            run, the next is taken, and `notes` says why.
        buckets: The batch sizes, ascending.
        device: "cuda"; "cpu" where a test has no GPU.

    Attributes:
        notes: One line for each way or batch size that was given up.

    Raises:
        Exception: What the last way raised when it was opened.
    """

    def __init__(self, ways: Sequence[Way], buckets: Sequence[int], device: str = "cuda") -> None:
        self.notes: list[str] = []
        self._ways = list(ways)
        self._buckets = tuple(buckets)
        self._device = device
        self._slots: dict[int, Slot] = {}
        self._recorded_on = 0
        self._thread = OneThread("digits-cuda")
        self._session: Any = None
        self._ends: tuple[Ends | None, Ends | None] = (None, None)
        self._thread.call(self._open)

    def __getattr__(self, name: str) -> Any:
        if name == "_session":  # not there yet
            raise AttributeError(name)
        return getattr(self._session, name)

    @property
    def largest_batch(self) -> int:
        """Rows in one run of the network, at most; a caller gains nothing by splitting finer."""
        return self._buckets[-1]

    @property
    def graphs(self) -> bool:
        """Whether runs replay CUDA graphs."""
        return self._ways[0].graphs

    def run(self, outputs: Sequence[str] | None, inputs: Arrays) -> list[NDArray[Any]]:
        """Run the session.

        Args:
            outputs: Names of the outputs to compute; all if None.
            inputs: Arrays by name, all of one batch of any size.

        Returns:
            The outputs, in the order of their names, in memory of their own.
        """
        return self._thread.call(lambda: self._run(outputs, inputs))

    def warm_up(self, batches: Sequence[int] | None = None, *, wait: bool = True) -> None:
        """Prepare batch sizes before they are needed, which takes up to a second for each.

        Args:
            batches: What will be asked for; all sizes up to the largest if None.
            wait: Return when all is ready; else prepare while other calls come between.
        """
        wanted = self._buckets if batches is None else batches
        for count in sorted(set(wanted)):
            call = self._thread.call if wait else self._thread.call_later
            call(lambda count=count: self._prepare(count))  # type: ignore[misc]

    def replaying(self, count: int) -> Callable[[], None]:
        """What runs the last batch of a size again and copies nothing: to measure with."""
        return lambda: self._thread.call(lambda: self._replay(count))

    def _open(self) -> None:
        way = self._ways[0]
        try:
            self._session = way.open()
        except Exception as error:
            if len(self._ways) == 1:
                raise
            self._next_way(error)

    def _next_way(self, error: Exception) -> None:
        given_up = self._ways.pop(0)
        self.notes.append(f"without {given_up.name}: {_line(error)}")
        self._slots.clear()
        self._open()

    def _run(self, outputs: Sequence[str] | None, inputs: Arrays) -> list[NDArray[Any]]:
        given, made = self._bound()
        if given is None or made is None or not _fit(given, inputs):
            return self._run_plainly(outputs, inputs)
        names = list(outputs or made)
        count = len(next(iter(inputs.values())))
        found = {name: np.empty((count, *made[name].row), made[name].dtype) for name in names}
        start = 0
        while start < count:
            slot = self._fitting(count - start, given, made)
            stop = min(start + slot.rows, count)
            try:
                slot.run({name: array[start:stop] for name, array in inputs.items()})
            except Exception as error:
                self._give_up(slot.rows, error)
                continue
            for name in names:
                slot.read(name, found[name][start:stop])
            start = stop
        return [found[name] for name in names]

    def _run_plainly(self, outputs: Sequence[str] | None, inputs: Arrays) -> list[NDArray[Any]]:
        """As ONNX Runtime does it, with its own words for what is wrong with the inputs."""
        options = load_onnxruntime().RunOptions()
        options.add_run_config_entry("gpu_graph_id", "-1")
        arrays: list[NDArray[Any]] = self._session.run(outputs, dict(inputs), options)
        return arrays

    def _prepare(self, count: int) -> None:
        given, made = self._bound()
        if given is not None and made is not None:
            self._fitting(count, given, made)

    def _fitting(self, count: int, given: Ends, made: Ends) -> Slot:
        """The slot that so many rows begin with, made now if it is the first time."""
        if self._recorded_on != (here := threading.get_ident()):
            self._slots.clear()  # another thread's recordings are none of this one's
            self._recorded_on = here
        while True:
            rows = next_bucket(count, self._buckets)
            if rows in self._slots:
                return self._slots[rows]
            try:
                self._slots[rows] = Slot(
                    self._session, given, made, rows, self._device, graphs=self.graphs
                )
            except Exception as error:
                self._give_up(rows, error)

    def _replay(self, count: int) -> None:
        self._prepare(count)
        self._slots[next_bucket(count, self._buckets)].replay()

    def _give_up(self, rows: int, error: Exception) -> None:
        """Go on without what failed: large batches where memory is short, else the fastest way.

        Raises:
            Exception: The error, if nothing is left to do without.
        """
        smaller = tuple(size for size in self._buckets if size < rows)
        if len(self._ways) > 1 and not (smaller and _is_of_memory(error)):
            self._next_way(error)
        elif smaller:
            self.notes.append(f"without batches of {rows} and more: {_line(error)}")
            self._buckets = smaller
            self._slots = {size: slot for size, slot in self._slots.items() if size < rows}
        else:
            raise error

    def _bound(self) -> tuple[Ends | None, Ends | None]:
        """The inputs and outputs, where memory can be laid out for them."""
        if self._ends == (None, None):
            session = self._session
            self._ends = fixed_ends(session.get_inputs()), fixed_ends(session.get_outputs())
        return self._ends


def _fit(ends: Ends, inputs: Arrays) -> bool:
    """Whether the arrays are one batch of the inputs, and nothing else."""
    fitting = inputs.keys() == ends.keys() and all(
        ends[name].fits(array) for name, array in inputs.items()
    )
    return fitting and len({len(array) for array in inputs.values()}) == 1


def _is_of_memory(error: Exception) -> bool:
    """Whether the card's memory is too small, in the words of ONNX Runtime or CUDA."""
    return re.search(r"allocate|out of memory", str(error), re.IGNORECASE) is not None


def _line(error: Exception) -> str:
    return " ".join(str(error).split())
