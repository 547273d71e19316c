"""Images/s of the classifier over batch sizes: `ENGINE MODEL THREADS SECONDS BATCH...`.

ENGINE is "digits" (MODEL is a name or a directory), "onnxruntime" or "openvino" (a file).
"""

import sys

import numpy as np

from digits.bench.programs.opened import OPENERS, Classify
from digits.bench.programs.telling import rate, tell
from digits.classifier import Classifier


def main(engine: str, model: str, threads: str, seconds: str, *batches: str) -> None:
    """Measure one engine."""
    classify, shape = _opened(engine, model, int(threads))
    random = np.random.default_rng(0)
    found = {}
    for batch in map(int, batches):
        canvases = random.integers(0, 256, (batch, *shape), dtype=np.uint8)
        found[f"batch {batch}"] = rate(lambda c=canvases: classify(c), batch, float(seconds))  # type: ignore[misc]
    tell(**found)


def _opened(engine: str, model: str, threads: int) -> tuple[Classify, tuple[int, ...]]:
    classifier = Classifier.load(model, "cpu", threads)
    shape = classifier.bundle.manifest.canvas_shape
    if engine == "digits":
        return classifier.predict_canvases, shape
    return OPENERS[engine](str(classifier.bundle.directory / "model.onnx"), threads), shape


if __name__ == "__main__":
    main(*sys.argv[1:])
