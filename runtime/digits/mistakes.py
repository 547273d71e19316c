"""The worst mistakes of an evaluation, however many images it reads."""

import heapq
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from digits.accuracy import Answer
from digits.images import Pixels

MOST = 40


@dataclass(frozen=True, eq=False)
class Reading:
    """One labelled image as the model read it.

    Attributes:
        name: The file, or its place in a data set.
        answer: What it shows and what the model read.
        canvas: What the classifier saw, uint8 [28, 28] for digits.
        picture: The image that the canvas came from, where it isn't in the file `name`.
    """

    name: str
    answer: Answer
    canvas: NDArray[np.uint8]
    picture: Pixels | None = None


class Worst:
    """Keeps the mistakes that the model was surest of, and the pictures of no others.

    Wrong labels come first, however unsure; then images that it should have read and abstained on.
    """

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._seen = 0
        self._heap: list[tuple[float, int, Reading]] = []

    def see(self, reading: Reading) -> None:
        """Keep a reading if it is among the worst so far."""
        answer = reading.answer
        if answer.right:
            return
        self._seen += 1
        rank = answer.confidence if answer.label is not None else answer.confidence - 2
        # The earlier one of two equals is kept; their readings are never compared.
        item = (rank, -self._seen, reading)
        if len(self._heap) < self._most:
            heapq.heappush(self._heap, (*item[:2], _own(reading)))
        elif item[:2] > self._heap[0][:2]:
            heapq.heapreplace(self._heap, (*item[:2], _own(reading)))

    def __iter__(self) -> Iterator[Reading]:
        """The worst first."""
        return (reading for _, _, reading in sorted(self._heap, key=lambda item: item[:2])[::-1])


def _own(reading: Reading) -> Reading:
    """A copy that doesn't keep the batch alive of which its arrays are slices."""
    picture = None if reading.picture is None else reading.picture.copy()
    return replace(reading, canvas=reading.canvas.copy(), picture=picture)
