"""One batch size on a GPU: the memory that it is run in, and its recorded CUDA graph."""

from collections.abc import Mapping
from itertools import count
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digits.cuda.ends import Ends
from digits.cuda.pinned import staging
from digits.errors import ModelError
from digits.providers import load_onnxruntime

Arrays = Mapping[str, NDArray[Any]]

# Of RunOptions: which recorded graph to replay (the first run records it), or none.
_GRAPH = "gpu_graph_id"
_NO_GRAPH = "-1"
# Of recorded graphs, none of which fits another's size and addresses.
_numbers = count(1)
# A replay runs the very kernels that were recorded, and may add in another order at most.
_SAME = 1e-2


class Slot:
    """Memory at fixed addresses for one batch size, bound to a session.

    Args:
        session: An open session of ONNX Runtime.
        inputs: Its inputs.
        outputs: Its outputs.
        rows: The batch size.
        device: "cuda"; "cpu" where a test has no GPU.
        graphs: Record a CUDA graph, and replay it.
    """

    def __init__(
        self, session: Any, inputs: Ends, outputs: Ends, rows: int, device: str, *, graphs: bool
    ) -> None:
        runtime = load_onnxruntime()
        self.rows = rows
        self._session = session
        self._binding = session.io_binding()
        self._inputs = {name: _on_device(rows, end, device) for name, end in inputs.items()}
        self._outputs = {name: _on_device(rows, end, device) for name, end in outputs.items()}
        for name, value in self._inputs.items():
            self._binding.bind_ortvalue_input(name, value)
        for name, value in self._outputs.items():
            self._binding.bind_ortvalue_output(name, value)
        # After memory on the device, which gives this thread the context to lock pages for.
        pinned = device != "cpu"
        self._staging = {
            name: staging((rows, *end.row), end.dtype, pinned=pinned)
            for name, end in inputs.items()
        }
        self._eager, self._options = runtime.RunOptions(), runtime.RunOptions()
        self._eager.add_run_config_entry(_GRAPH, _NO_GRAPH)
        self._options.add_run_config_entry(_GRAPH, str(next(_numbers)) if graphs else _NO_GRAPH)
        if graphs:
            self._record()

    def run(self, inputs: Arrays) -> None:
        """Run up to `rows` rows; the answers lie in the outputs until the next run."""
        self._fill(inputs)
        self.replay()

    def replay(self) -> None:
        """Run what lies in the inputs."""
        self._session.run_with_iobinding(self._binding, self._options)

    def read(self, name: str, into: NDArray[Any]) -> None:
        """Copy the first rows of an output."""
        into[:] = self._outputs[name].numpy()[: len(into)]

    def _fill(self, inputs: Arrays) -> None:
        for name, array in inputs.items():
            whole = self._staging[name]
            whole[: len(array)] = array
            # Padding that changes nothing: no value is in it that isn't in the batch.
            whole[len(array) :] = array[-1:]
            self._inputs[name].update_inplace(whole)

    def _record(self) -> None:
        """Record the graph, and see that its replay reads what lies in the inputs then.

        Raises:
            ModelError: It gives other answers than a run without.
        """
        self.replay()
        # Zeros were recorded; these are neither zeros nor all the same.
        self._fill({name: _test_pattern(array) for name, array in self._staging.items()})
        self._session.run_with_iobinding(self._binding, self._eager)
        expected = {name: np.array(value.numpy()) for name, value in self._outputs.items()}
        for name, value in self._outputs.items():
            value.update_inplace(np.zeros_like(expected[name]))
        self.replay()
        for name, value in self._outputs.items():
            if not _same(value.numpy(), expected[name]):
                raise ModelError(f"the recorded graph of batch {self.rows} gives another {name}")


def _same(found: NDArray[Any], expected: NDArray[Any]) -> bool:
    scale = float(np.abs(expected).max(initial=0))
    return np.allclose(found, expected, rtol=0, atol=_SAME * scale)


def _on_device(rows: int, end: Any, device: str) -> Any:
    value = load_onnxruntime().OrtValue
    found = value.ortvalue_from_shape_and_type([rows, *end.row], end.dtype, device)
    found.update_inplace(np.zeros((rows, *end.row), end.dtype))
    return found


def _test_pattern(array: NDArray[Any]) -> NDArray[Any]:
    return (np.arange(array.size) % 251).astype(array.dtype).reshape(array.shape)
