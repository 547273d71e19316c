"""What the first request costs, in a process of its own: `WAY MODEL.onnx DEVICE PRECISION BATCH`.

WAY is "plain" (ONNX Runtime as it comes), "digits", or "warm" (after `Classifier.warm_up`). Loads
no torch, whose libraries would be ready then. Prints one JSON object: milliseconds.
"""

import json
import sys
import time
from itertools import pairwise
from pathlib import Path

import numpy as np

from digits_export.bench.cuda_engines import Engine, Ours, Plain

WAYS = ("plain", "digits", "warm")


def main(way: str, file: str, device: str, precision: str, batch: str) -> None:
    """Open, warm up if that is the way, and classify twice."""
    model = Path(file).read_bytes()
    count = int(batch)
    random = np.random.default_rng(0)
    there = random.integers(0, 256, (count, 28, 28), dtype=np.uint8)
    clock = [time.perf_counter()]
    engine: Engine = (Plain if way == "plain" else Ours)(model, device, precision)
    clock.append(time.perf_counter())
    if way == "warm" and isinstance(engine, Ours):
        engine.runner.warm_up([count])
    clock.append(time.perf_counter())
    for _ in range(2):
        engine.classify(there)
        clock.append(time.perf_counter())
    took = [1e3 * (after - before) for before, after in pairwise(clock)]
    print(json.dumps(dict(zip(("open", "warm-up", "first", "second"), took, strict=True))))


if __name__ == "__main__":
    main(*sys.argv[1:])
