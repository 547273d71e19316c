"""A model as a program without this runtime would open it: one session, all options as they are."""

from collections.abc import Callable
from importlib import import_module
from typing import Any

import numpy as np
from numpy.typing import NDArray

Classify = Callable[[NDArray[np.uint8]], NDArray[np.float32]]


def plain_session(file: str | bytes, threads: int | None = None) -> Any:
    """ONNX Runtime as it comes, of a file or its contents; with `threads`, so many in one run."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 4
    if threads is not None:
        options.intra_op_num_threads = threads
    return onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])


def with_onnxruntime(file: str | bytes, threads: int | None = None) -> Classify:
    """Canvases → probabilities, in ONNX Runtime as it comes."""
    session = plain_session(file, threads)

    def classify(canvases: NDArray[np.uint8]) -> NDArray[np.float32]:
        found: NDArray[np.float32] = session.run(["probabilities"], {"canvas": canvases})[0]
        return found

    return classify


def with_openvino(file: str, threads: int | None = None) -> Classify:
    """Canvases → probabilities, in OpenVINO; in float32, as everything else here."""
    openvino: Any = import_module("openvino")
    options: dict[str, Any] = {"INFERENCE_PRECISION_HINT": "f32"}
    if threads is not None:
        options["INFERENCE_NUM_THREADS"] = threads
    model = openvino.Core().compile_model(file, "CPU", options)
    output = model.output("probabilities")

    def classify(canvases: NDArray[np.uint8]) -> NDArray[np.float32]:
        found: NDArray[np.float32] = model([canvases])[output]
        return found

    return classify


OPENERS = {"onnxruntime": with_onnxruntime, "openvino": with_openvino}
