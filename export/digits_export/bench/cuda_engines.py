"""The contenders on a GPU behind one contract, those of ONNX Runtime here: this loads no torch."""

from collections.abc import Callable, Mapping
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from digits.cuda.buckets import buckets_for
from digits.cuda.options import Setting, settings
from digits.cuda.runner import Runner, Way
from digits.providers import CPU, CUDA, load_onnxruntime, preload
from digits_export.bench.cuda_record import OURS, PART, PEER
from digits_export.session import session

#: float32 as it is, float32 whose products may round to TF32, half precision.
PRECISIONS = ("fp32", "tf32", "fp16")

_OUTPUT = "probabilities"


class Engine(Protocol):
    """A contender.

    Attributes:
        name: What tables call it.
        kind: What it is to us.
    """

    name: str
    kind: str

    def classify(self, canvases: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Canvases in ordinary memory → probabilities in ordinary memory."""
        ...

    def resident(self, canvases: NDArray[np.uint8]) -> Callable[[], object]:
        """A call that classifies canvases which lie on the GPU already, and waits for the end."""
        ...


def opener(model: bytes, device: str, options: Mapping[str, str]) -> Callable[[], Any]:
    """What opens a session on a GPU, or on the CPU in its place."""
    preload(load_onnxruntime())
    providers: list[Any] = [CPU] if device == "cpu" else [(CUDA, dict(options)), CPU]
    return lambda: session(model, providers)


class Ours:
    """The runner of the runtime, as `Classifier` opens it.

    Args:
        model: Contents of an .onnx file; canvas → probabilities.
        device: "cuda" or "cpu".
        precision: One of `PRECISIONS`.
        setting: One of our own settings in place of all of them.
    """

    def __init__(
        self, model: bytes, device: str, precision: str, setting: Setting | None = None
    ) -> None:
        chosen = settings(tf32=precision == "tf32", half=precision == "fp16")
        chosen = chosen if setting is None else [setting]
        self.name, self.kind = ("digits", OURS) if setting is None else (setting.name, PART)
        self._device = device
        ways = [Way(one.name, opener(model, device, one.options), one.graphs) for one in chosen]
        self.runner = Runner(ways, buckets_for(len(model)), device)

    def classify(self, canvases: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Run what users run."""
        (found,) = self.runner.run([_OUTPUT], {"canvas": canvases})
        return found

    def resident(self, canvases: NDArray[np.uint8]) -> Callable[[], object]:
        """Replay the recorded graph again and again."""
        self.classify(canvases)
        return self.runner.replaying(len(canvases))


class Plain:
    """A session as it comes, and `session.run` with arrays."""

    kind = PEER
    name = "ONNX Runtime"

    def __init__(self, model: bytes, device: str, precision: str) -> None:
        options = {"use_tf32": str(int(precision == "tf32"))}
        self._device = device
        self._session = opener(model, device, options)()

    def classify(self, canvases: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Run the session."""
        found: list[NDArray[np.float32]] = self._session.run([_OUTPUT], {"canvas": canvases})
        return found[0]

    def resident(self, canvases: NDArray[np.uint8]) -> Callable[[], object]:
        """Run the session on bound memory, launching each of its kernels."""
        value = load_onnxruntime().OrtValue.ortvalue_from_numpy(canvases, self._device)
        binding = self._session.io_binding()
        binding.bind_ortvalue_input("canvas", value)
        binding.bind_output(_OUTPUT, self._device)
        return lambda: self._session.run_with_iobinding(binding)
