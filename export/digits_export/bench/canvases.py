"""Images/s of a network over batch sizes: `ENGINE ARCH THREADS SECONDS BATCH...`.

ENGINE is "eager" or "script" (torch), or "exported": in ONNX Runtime, as torch exports it.
"""

import sys
from collections.abc import Callable

import numpy as np
import torch

from digits.bench.programs.opened import with_onnxruntime
from digits.bench.programs.telling import rate, tell
from digits_export.bench.network import as_it_comes, network


def main(engine: str, arch: str, threads: str, seconds: str, *batches: str) -> None:
    """Measure one engine."""
    make = _exported if engine == "exported" else _in_torch
    with torch.inference_mode():
        call = make(engine, arch, int(threads))
        found = {f"batch {n}": rate(call(int(n)), int(n), float(seconds)) for n in batches}
    tell(**found)


def _exported(_: str, arch: str, threads: int) -> Callable[[int], Callable[[], object]]:
    classify = with_onnxruntime(as_it_comes(arch), threads)

    def call(batch: int) -> Callable[[], object]:
        canvases = np.random.default_rng(0).integers(0, 256, (batch, 28, 28), dtype=np.uint8)
        return lambda: classify(canvases)

    return call


def _in_torch(engine: str, arch: str, threads: int) -> Callable[[int], Callable[[], object]]:
    torch.set_num_threads(threads)
    module = network(engine, arch)

    def call(batch: int) -> Callable[[], object]:
        canvases = torch.randint(0, 256, (batch, 28, 28), dtype=torch.uint8)
        return lambda: module(canvases)

    return call


if __name__ == "__main__":
    main(*sys.argv[1:])
