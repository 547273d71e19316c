"""How long engines take: one canvas and a batch, in turns, so that a busy moment hits all alike."""

from collections.abc import Mapping
from dataclasses import dataclass
from statistics import median
from time import perf_counter

import torch

from digits_export.engines import Engine
from digits_export.inputs import Pixels

BATCH = 64
_ROUNDS = 200
_FEWEST_ROUNDS = 3
_SECONDS = 1.0  # for each engine and size


@dataclass(frozen=True)
class Times:
    """Medians of an engine on one thread, in microseconds.

    Attributes:
        one: A canvas alone.
        each: One of a batch.
        batch: The size of that batch.
    """

    one: float
    each: float
    batch: int


def measure(engines: Mapping[str, Engine], canvases: Pixels, batch: int) -> dict[str, Times]:
    """Time engines in alternating rounds on one thread.

    Args:
        engines: By name.
        canvases: What to run, uint8 [N, *canvas].
        batch: Size of the batch.
    """
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        one = _medians(engines, canvases[:1])
        several = _medians(engines, canvases[:batch])
    finally:
        torch.set_num_threads(threads)
    size = len(canvases[:batch])
    return {name: Times(one[name], several[name] / size, size) for name in engines}


def _medians(engines: Mapping[str, Engine], canvases: Pixels) -> dict[str, float]:
    seconds: dict[str, list[float]] = {name: [] for name in engines}
    for engine in engines.values():
        engine.run(canvases)
    end = perf_counter() + _SECONDS * len(engines)
    for turn in range(_ROUNDS):
        if turn >= _FEWEST_ROUNDS and perf_counter() > end:
            break
        for name, engine in engines.items():
            start = perf_counter()
            engine.run(canvases)
            seconds[name].append(perf_counter() - start)
    return {name: 1e6 * median(several) for name, several in seconds.items()}
