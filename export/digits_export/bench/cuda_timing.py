"""Timing contenders in turns, so that a warm card or a busy moment hits all alike."""

import time
from collections.abc import Callable, Mapping
from statistics import quantiles

from digits_export.bench.cuda_record import Measured

Call = Callable[[], object]

# So often each contender runs unmeasured at each size: TorchScript settles in the third run,
# torch.compile records in the second, cuDNN searches in the first.
_WARM = 4


def latency(call: Call, seconds: float) -> dict[str, float]:
    """p50 and p99 of calls, in microseconds."""
    times: list[float] = []
    end = time.perf_counter() + seconds
    while len(times) < 20 or time.perf_counter() < end:
        began = time.perf_counter()
        call()
        times.append(1e6 * (time.perf_counter() - began))
    cuts = quantiles(times, n=100, method="inclusive")
    return {"p50": cuts[49], "p99": cuts[98]}


def alternating(
    calls: Mapping[str, Call],
    kinds: Mapping[str, str],
    rounds: int,
    read: Callable[[Call], Mapping[str, float]],
    into: Measured,
    warm: int = _WARM,
) -> dict[str, dict[str, list[float]]]:
    """Read figures off every call in turn, several times.

    Args:
        calls: What to measure, by contender.
        kinds: What each is to us.
        rounds: How often each has its turn.
        read: Measures one call.
        into: Told who failed; such a contender takes no part from then on.
        warm: How often each runs unmeasured before.

    Returns:
        Samples by contender and figure.
    """
    running = dict(calls)
    found: dict[str, dict[str, list[float]]] = {name: {} for name in calls}
    for turn in range(rounds + 1):
        for name, call in list(running.items()):
            try:
                if turn == 0:
                    for _ in range(warm):
                        call()
                    continue
                reading = read(call)
            except Exception as error:  # torch and ONNX Runtime raise many kinds
                into.drop(name, kinds[name], error)
                del running[name]
                continue
            for figure, value in reading.items():
                found[name].setdefault(figure, []).append(value)
    return found
