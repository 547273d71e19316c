"""Triton's backend `onnxruntime`, in Python: runs the graph that a configuration names.

nvidia-pytriton brings Triton with its Python backend only; everything but this file is the real
server.
"""

import json
from pathlib import Path

import numpy as np
import onnxruntime
import triton_python_backend_utils as triton


class TritonPythonModel:
    """One instance of a model."""

    @staticmethod
    def auto_complete_config(config):
        """Leave the configuration as it is written."""
        return config

    def initialize(self, args):
        """Open the graph."""
        config = json.loads(args["model_config"])
        folder = Path(args["model_repository"], args["model_version"])
        options = onnxruntime.SessionOptions()
        threads = config["parameters"]["intra_op_thread_count"]["string_value"]
        options.intra_op_num_threads = int(threads)
        self.name = args["model_name"]
        self.session = onnxruntime.InferenceSession(
            folder / config["default_model_filename"], options, providers=["CPUExecutionProvider"]
        )
        (self.input,) = (each["name"] for each in config["input"])
        self.outputs = [each["name"] for each in config["output"]]

    def execute(self, requests):
        """Run what the dynamic batcher has put together as one batch."""
        several = [
            triton.get_input_tensor_by_name(request, self.input).as_numpy() for request in requests
        ]
        print(f"ran {self.name} {len(requests)}", flush=True)
        answers = self.session.run(self.outputs, {self.input: np.concatenate(several)})
        ends = np.cumsum([len(one) for one in several])[:-1]
        parts = zip(*(np.split(answer, ends) for answer in answers), strict=True)
        return [
            self._response(request, part) for request, part in zip(requests, parts, strict=True)
        ]

    def _response(self, request, arrays):
        wanted = request.requested_output_names()
        pairs = zip(self.outputs, arrays, strict=True)
        return triton.InferenceResponse(
            [triton.Tensor(name, array) for name, array in pairs if name in wanted]
        )
