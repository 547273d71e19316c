"""Tensors of the Open Inference Protocol, version 2: as JSON, and as bytes behind it.

https://github.com/kserve/open-inference-protocol and Triton's binary tensor data extension.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digits.manifest import Tensor
from digits.serve.replies import Refused, Reply, as_json

LENGTH = b"inference-header-content-length"
_BYTES = b"application/octet-stream"
_DATATYPES = {"uint8": "UINT8", "float32": "FP32", "int64": "INT64", "float64": "FP64"}
# Of an array of numbers, which are never so deep.
_DEEPEST = 8

Array = NDArray[np.generic]
Arrays = Mapping[str, Array]


@dataclass(frozen=True)
class Spec:
    """What an input or output must be; -1 stands for any size.

    Attributes:
        name: Its name.
        dtype: NumPy's name of its type.
        shape: Its sizes.
    """

    name: str
    dtype: str
    shape: tuple[int, ...]

    @classmethod
    def of(cls, tensor: Tensor) -> "Spec":
        """That of a graph's end, as the manifest says."""
        sizes = (size if isinstance(size, int) else -1 for size in tensor.shape)
        return cls(tensor.name, tensor.dtype, tuple(sizes))

    @property
    def datatype(self) -> str:
        """The protocol's name of its type."""
        return _DATATYPES[self.dtype]

    @property
    def described(self) -> dict[str, object]:
        """As the protocol describes it."""
        return {"name": self.name, "datatype": self.datatype, "shape": list(self.shape)}

    def check(self, tensor: Mapping[str, Any]) -> tuple[int, ...]:
        """Make sure that a tensor which was sent is such a one.

        Returns:
            Its shape.

        Raises:
            Refused: It isn't; the message says what was expected.
        """
        shape, datatype = tensor.get("shape"), tensor.get("datatype")
        if datatype != self.datatype:
            raise Refused(400, f"{self.name} is {datatype!r:.40}: {self._expected}")
        if not isinstance(shape, list) or not all(map(_is_size, shape)):
            raise Refused(400, f"{self.name} has no shape: {self._expected}")
        fits = len(shape) == len(self.shape) and all(
            wanted in (-1, size) for size, wanted in zip(shape, self.shape, strict=True)
        )
        if not fits:
            raise Refused(400, f"{self.name} has the shape {shape!s:.80}: {self._expected}")
        return tuple(shape)

    @property
    def _expected(self) -> str:
        return f"give {self.datatype} {list(self.shape)}, where -1 is any size"


@dataclass(frozen=True)
class Asked:
    """One request for inference.

    Attributes:
        id: What the client calls it.
        inputs: Arrays by name.
        outputs: Which it wants, in their order, and whether as bytes.
    """

    id: str | None
    inputs: Arrays
    outputs: Mapping[str, bool]


def read(
    body: bytes, length: bytes | None, inputs: Sequence[Spec], outputs: Sequence[Spec]
) -> Asked:
    """Read a request.

    Args:
        body: JSON, and the bytes of tensors behind it.
        length: How much of it is JSON, as the header says; all if None.
        inputs: What the model takes.
        outputs: What it gives.

    Raises:
        Refused: It can't be understood, or isn't what the model takes.
    """
    size = _json_length(body, length)
    request = _object(body[:size])
    found = _inputs(request, memoryview(body)[size:], inputs)
    ident = request.get("id")
    if ident is not None and not isinstance(ident, str):
        raise Refused(400, "id is no string")
    return Asked(ident, found, _wanted(request, outputs))


def _json_length(body: bytes, length: bytes | None) -> int:
    if length is None:
        return len(body)
    if not length.isdigit() or len(length) > 12 or int(length) > len(body):
        raise Refused(400, "inference-header-content-length is no length within the body")
    return int(length)


def _object(text: bytes) -> dict[str, Any]:
    try:
        request = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Refused(400, "the request is no JSON: see /docs for an example") from error
    if not isinstance(request, dict):
        raise Refused(400, "the request is no JSON object: see /docs for an example")
    return request


def _inputs(request: Mapping[str, Any], raw: memoryview, specs: Sequence[Spec]) -> Arrays:
    tensors = _objects(request.get("inputs"), "inputs")
    names = [tensor.get("name") for tensor in tensors]
    wanted = {spec.name: spec for spec in specs}
    if sorted(map(repr, names)) != sorted(map(repr, wanted)):
        given = ", ".join(f"{name!s:.40}" for name in names[:10]) or "none"
        raise Refused(400, f"the inputs are {given}: give {', '.join(wanted)}, each once")
    arrays: dict[str, Array] = {}
    for tensor in tensors:
        spec = wanted[tensor["name"]]
        shape = spec.check(tensor)
        size = _parameters(tensor).get("binary_data_size")
        if size is None:
            arrays[spec.name] = _from_json(tensor.get("data"), spec, shape)
            continue
        arrays[spec.name], raw = _from_bytes(raw, size, spec, shape)
    if raw:
        raise Refused(400, f"{len(raw)} bytes follow that belong to no input")
    return arrays


def _from_bytes(
    raw: memoryview, size: object, spec: Spec, shape: tuple[int, ...]
) -> tuple[Array, memoryview]:
    dtype = np.dtype(spec.dtype).newbyteorder("<")
    needed = prod(shape) * dtype.itemsize
    if size != needed or len(raw) < needed:
        raise Refused(400, f"{spec.name} needs {needed} bytes for its shape, not {size!r:.40}")
    return np.frombuffer(raw[:needed], dtype).reshape(shape).astype(spec.dtype), raw[needed:]


def _from_json(data: object, spec: Spec, shape: tuple[int, ...]) -> Array:
    if not isinstance(data, list):
        raise Refused(400, f"{spec.name} has no data: give a list of numbers")
    numbers = _flat(data, spec)
    if len(numbers) != prod(shape):
        raise Refused(
            400,
            f"{spec.name} has {len(numbers)} numbers, its shape {list(shape)} says {prod(shape)}",
        )
    # Not left to NumPy: it gives each item the room of the longest text among them.
    kinds = set(map(type, numbers))
    if list in kinds:
        raise Refused(400, f"{spec.name}: its data are no regular lists of numbers")
    if kinds - {int}:
        raise Refused(400, f"{spec.name}: give whole numbers from 0 to 255")
    try:
        levels = bytearray(numbers)
    except (ValueError, OverflowError) as error:
        raise Refused(400, f"{spec.name}: give whole numbers from 0 to 255") from error
    return np.frombuffer(levels, np.uint8).reshape(shape)


def _flat(data: list[Any], spec: Spec) -> list[Any]:
    """The items of lists in lists."""
    depth = 1
    while data and isinstance(data[0], list):
        depth += 1
        rows, wanted = data, len(data[0])
        regular = all(isinstance(row, list) and len(row) == wanted for row in rows)
        if not regular or depth > _DEEPEST:
            raise Refused(400, f"{spec.name}: its data are no regular lists of numbers")
        data = list(chain.from_iterable(rows))
    return data


def _wanted(request: Mapping[str, Any], specs: Sequence[Spec]) -> Mapping[str, bool]:
    every = _is_true(_parameters(request), "binary_data_output")
    known = [spec.name for spec in specs]
    if request.get("outputs") is None:
        return dict.fromkeys(known, every)
    wanted: dict[str, bool] = {}
    for output in _objects(request["outputs"], "outputs"):
        name = output.get("name")
        if name not in known:
            raise Refused(400, f"there is no output {name!r:.40}: there are {', '.join(known)}")
        parameters = _parameters(output)
        if parameters.get("classification"):
            raise Refused(400, "classification isn't offered: ask for the probabilities")
        own = "binary_data" in parameters
        wanted[name] = _is_true(parameters, "binary_data") if own else every
    return wanted or dict.fromkeys(known, every)


def _objects(value: object, name: str) -> list[dict[str, Any]]:
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise Refused(400, f"{name} is no list of objects: see /docs for an example")
    return value


def _parameters(tensor: Mapping[str, Any]) -> Mapping[str, Any]:
    parameters = tensor.get("parameters") or {}
    if not isinstance(parameters, dict):
        raise Refused(400, "parameters is no object")
    if any(key.startswith("shared_memory") for key in parameters):
        raise Refused(400, "shared memory isn't offered: send the tensor's data")
    return parameters


def _is_true(parameters: Mapping[str, Any], name: str) -> bool:
    value = parameters.get(name, False)
    if not isinstance(value, bool):
        raise Refused(400, f"{name} is neither true nor false")
    return value


def _is_size(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value < 1 << 40


def write(model: str, version: str, asked: Asked, arrays: Arrays) -> Reply:
    """The response to a request.

    Args:
        model: What the client calls it.
        version: Of it.
        asked: The request.
        arrays: The outputs that it wants.
    """
    tensors, raw = [], []
    for name, binary in asked.outputs.items():
        array = arrays[name]
        tensor: dict[str, object] = {
            "name": name,
            "datatype": _DATATYPES[array.dtype.name],
            "shape": list(array.shape),
        }
        if binary:
            data = np.ascontiguousarray(array, array.dtype.newbyteorder("<")).tobytes()
            raw.append(data)
            tensor["parameters"] = {"binary_data_size": len(data)}
        else:
            tensor["data"] = array.reshape(-1).tolist()
        tensors.append(tensor)
    own = {"id": asked.id} if asked.id is not None else {}
    head = as_json({"model_name": model, "model_version": version, **own, "outputs": tensors})
    if not raw:
        return Reply(head)
    length = ((LENGTH, str(len(head)).encode()),)
    return Reply(b"".join([head, *raw]), media_type=_BYTES, headers=length)
