"""One image at a time, warm: `MODEL PROVIDER FILE CALLS`; figures in microseconds.

A call of `predict` and the bare parts of it alternate, so that both meet the same disturbances.
"""

import gc
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from digits import Classifier
from digits.bench.programs.telling import tell
from digits.bench.spread import percentiles
from digits.images import load_image
from digits.providers import parse_provider
from digits.sessions import open_sessions

SHARES = (0.0, 1.0, *map(float, range(5, 96, 5)), 97.0, 98.0, 99.0, 99.5, 99.9, 100.0)
# Until caches are full and the processor's clock has gone up.
_WARM = 200


def main(model: str, provider: str, file: str, calls: str) -> None:
    """Measure one image."""
    classifier = Classifier.load(model, provider)
    steps = _steps(classifier, Path(file).read_bytes())
    taken: dict[str, list[float]] = {name: [] for name in steps}
    for _ in range(min(_WARM, int(calls))):
        for step in steps.values():
            step()
    # As under `timeit`: a collection would be in the figures of whom it happens to meet.
    gc.collect()
    gc.disable()
    for _ in range(int(calls)):
        for name, step in steps.items():
            taken[name].append(_microseconds(step))
    parts = zip(taken["decode"], taken["front"], taken["net"], strict=True)
    taken["bare"] = [sum(part) for part in parts]
    tell(**{f"{name} {key}": value for name in taken for key, value in _figures(taken[name])})


def _steps(classifier: Classifier, data: bytes) -> dict[str, Callable[[], Any]]:
    """What is timed; the bare sessions are opened as the classifier opens its own."""
    opened = open_sessions(classifier.bundle, parse_provider(classifier.provider), 1)
    front, net = opened.front, opened.model
    image = {"image": load_image(data).pixels[None]}
    canvas = {"canvas": front.run(["canvas"], image)[0]}
    outputs = ["canvas", "clean", "box", "evidence"]
    return {
        "predict": lambda: classifier.predict(data),
        "decode": lambda: load_image(data),
        "front": lambda: front.run(outputs, image),
        "net": lambda: net.run(["probabilities"], canvas),
    }


def _microseconds(step: Callable[[], Any]) -> float:
    start = time.perf_counter_ns()
    step()
    return (time.perf_counter_ns() - start) / 1000


def _figures(taken: list[float]) -> list[tuple[str, float]]:
    found = percentiles(taken, SHARES)
    return [(f"p{share:g}", round(value, 2)) for share, value in found.items()]


if __name__ == "__main__":
    main(*sys.argv[1:])
