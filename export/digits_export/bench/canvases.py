"""Images/s of a network in torch over batch sizes: `ENGINE ARCH THREADS SECONDS BATCH...`."""

import sys

import torch

from digits.bench.programs.telling import rate, tell
from digits_export.bench.network import network


def main(engine: str, arch: str, threads: str, seconds: str, *batches: str) -> None:
    """Measure one engine."""
    torch.set_num_threads(int(threads))
    module, found = network(engine, arch), {}
    with torch.inference_mode():
        for batch in map(int, batches):
            canvases = torch.randint(0, 256, (batch, 28, 28), dtype=torch.uint8)
            found[f"batch {batch}"] = rate(lambda c=canvases: module(c), batch, float(seconds))  # type: ignore[misc]
    tell(**found)


if __name__ == "__main__":
    main(*sys.argv[1:])
