"""What users of torch would do on a GPU: eager, torch.compile and TorchScript."""

import warnings
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from copy import deepcopy
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from digits_export.bench.cuda_record import PEER

_SIZES = 64
ENGINES = ("torch eager", "torch.compile", "TorchScript")


@contextmanager
def precision_of(name: str) -> Iterator[None]:
    """Let torch round to TF32, or forbid it, as the precision says."""
    allowed = name == "tf32"
    matmul, cudnn = torch.backends.cuda.matmul, torch.backends.cudnn
    before = matmul.allow_tf32, cudnn.allow_tf32
    matmul.allow_tf32 = cudnn.allow_tf32 = allowed
    try:
        yield
    finally:
        matmul.allow_tf32, cudnn.allow_tf32 = before


class TorchEngine:
    """One of `ENGINES`.

    Args:
        name: Which one.
        module: Canvas → logits, probabilities; a copy of it is run.
        device: "cuda" or "cpu".
        precision: "fp32", "tf32" or "fp16".
    """

    kind = PEER

    def __init__(self, name: str, module: nn.Module, device: str, precision: str) -> None:
        self.name = name
        self._device = device
        self._mode: Callable[[], AbstractContextManager[Any]] = torch.inference_mode
        own = deepcopy(module).to(device)
        if precision == "fp16":
            own = own.half()
        if precision != "fp32" and device != "cpu":
            # As torch's own guide to performance says for tensor cores.
            own = own.to(memory_format=torch.channels_last)
        self._module: Any = own
        if name == "torch.compile":
            self._mode = torch.no_grad
            self._module = _compiled(own)
        elif name == "TorchScript":
            self._module = _scripted(own)

    def classify(self, canvases: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Copy there, run, copy back."""
        with self._mode():
            found: NDArray[np.float32] = self._run(self._there(canvases)).float().cpu().numpy()
        return found

    def resident(self, canvases: NDArray[np.uint8]) -> Callable[[], object]:
        """Run on what lies there."""
        there = self._there(canvases)
        wait = torch.cuda.synchronize if self._device != "cpu" else int

        def call() -> None:
            with self._mode():
                self._run(there)
            wait()

        return call

    def _there(self, canvases: NDArray[np.uint8]) -> Tensor:
        return torch.from_numpy(canvases).to(self._device)

    def _run(self, canvases: Tensor) -> Tensor:
        probabilities: Tensor = self._module(canvases)[1]
        return probabilities


def _compiled(module: nn.Module) -> Any:
    """With CUDA graphs, which is the fastest that doesn't search for minutes."""
    from torch import _dynamo

    # Each batch size is compiled anew, and after a few it would run uncompiled without a word.
    _dynamo.reset()
    _dynamo.config.recompile_limit = _SIZES
    return torch.compile(module, mode="reduce-overhead", dynamic=False)


def _scripted(module: nn.Module) -> nn.Module:
    jit: Any = torch.jit
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # deprecated upstream; users have it all the same
        scripted: nn.Module = jit.freeze(jit.script(module))
    return scripted


def free(device: str) -> None:
    """Give memory that torch keeps for later back to the card."""
    if device != "cpu":
        torch.cuda.empty_cache()
