"""What a bundle says about itself: manifest.json as frozen dataclasses, checked when it is read."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from digits.contents import check_place
from digits.digests import sha256
from digits.errors import ModelError
from digits.manifest_values import check_values

FORMAT = 1
# The field for the digest of all others.
SEAL = "sha256"
# Real ones have some kilobytes.
_LARGEST = 1_000_000


@dataclass(frozen=True)
class Tensor:
    """An input or output of a graph; a name in the shape stands for any size."""

    name: str
    dtype: str
    shape: tuple[int | str, ...]


@dataclass(frozen=True)
class Graph:
    """The signature of one exported graph."""

    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]


@dataclass(frozen=True)
class FileRecord:
    """What a file of the bundle must be."""

    sha256: str
    bytes: int


@dataclass(frozen=True)
class Variant:
    """The classifier in another format or precision.

    Attributes:
        file: Its file in the bundle.
        tolerance: Largest allowed difference from the goldens, by output of the classifier.
        goldens: File with its own answers to the goldens, which it is held against; None: those of
            the trained network count.
    """

    file: str
    tolerance: Mapping[str, float]
    goldens: str | None = None


@dataclass(frozen=True)
class Manifest:
    """The contents of manifest.json.

    Attributes:
        labels: Class names, in the order of the probabilities.
        front: Name of the front end, "ink" or "photo".
        evidence: Names of the figures that the front end gives for each image.
        canvas_shape: Shape of one canvas, without the batch.
        temperature: The logits are divided by it before the softmax.
        abstain: Thresholds for giving no label (see `digits.abstain`); empty if there are none.
        weights: The digest of the weights, and the record of their training.
        tolerance: Largest allowed difference from the goldens, by output.
        files: The files of the bundle, by name.
        variants: The classifier in other formats and precisions, by name.
    """

    name: str
    arch: str
    dataset: str
    title: str
    parameters: int
    labels: tuple[str, ...]
    front: str
    evidence: tuple[str, ...]
    canvas_shape: tuple[int, ...]
    canvas_dtype: str
    temperature: float
    weights: Mapping[str, Any]
    opset: int
    ir_version: int
    tools: Mapping[str, str]
    graphs: Mapping[str, Graph]
    tolerance: Mapping[str, float]
    files: Mapping[str, FileRecord]
    abstain: Mapping[str, float] = field(default_factory=dict)
    variants: Mapping[str, Variant] = field(default_factory=dict)


def read_manifest(file: Path) -> Manifest:
    """Read and check a manifest.

    Raises:
        ModelError: It is missing, isn't JSON, is of another format version, or lacks a field.
    """
    try:
        size = check_place(file)
        if size > _LARGEST:
            raise ModelError(f"{file}: has {size} bytes, too many: export the model again")
        data = json.loads(file.read_bytes(), parse_constant=_refuse)
    except FileNotFoundError as error:
        raise ModelError(
            f"{file.parent}: there is no {file.name}: not an exported model, or an incomplete one"
        ) from error
    except OSError as error:
        raise ModelError(f"{file}: can't be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise ModelError(f"{file}: not JSON ({error}): export the model again") from error
    if not isinstance(data, dict):
        raise ModelError(f"{file}: not a manifest: export the model again")
    _check_format(data.get("format"), file)
    try:
        _check_seal(data)
        manifest = _manifest(data)
        check_values(manifest)
    except KeyError as error:
        raise ModelError(f"{file}: field {error} is missing: export the model again") from error
    except (TypeError, ValueError, AttributeError, OverflowError, RecursionError) as error:
        raise ModelError(f"{file}: {error}: export the model again") from error
    return manifest


def seal(data: Mapping[str, Any]) -> str:
    """The sha256 of a manifest's fields but for this one, however they are laid out in the file."""
    others = {key: value for key, value in data.items() if key != SEAL}
    return sha256(json.dumps(others, sort_keys=True).encode())


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON value")


def _check_seal(data: Mapping[str, Any]) -> None:
    # Earlier versions wrote none, and who takes it out could as well renew it.
    if SEAL in data and data[SEAL] != seal(data):
        raise ValueError("was changed after export")


def _check_format(found: object, file: Path) -> None:
    if found == FORMAT:
        return
    newer = isinstance(found, int) and found > FORMAT
    cure = "upgrade digits-edge" if newer else "export the model again"
    raise ModelError(f"{file}: format is {found!r}, this version reads {FORMAT}: {cure}")


def _manifest(data: dict[str, Any]) -> Manifest:
    canvas = _typed(data, "canvas", dict)
    return Manifest(
        name=_typed(data, "name", str),
        arch=_typed(data, "arch", str),
        dataset=_typed(data, "dataset", str),
        title=_typed(data, "title", str),
        parameters=_typed(data, "parameters", int),
        labels=_texts(data, "labels"),
        front=_typed(data, "front", str),
        evidence=_texts(data, "evidence"),
        canvas_shape=tuple(int(size) for size in _typed(canvas, "shape", list)),
        canvas_dtype=_typed(canvas, "dtype", str),
        temperature=float(data["temperature"]),
        weights=_typed(data, "weights", dict),
        opset=_typed(data, "opset", int),
        ir_version=_typed(data, "ir_version", int),
        tools=_typed(data, "tools", dict),
        graphs={name: _graph(item) for name, item in _typed(data, "graphs", dict).items()},
        tolerance={k: float(v) for k, v in _typed(data, "tolerance", dict).items()},
        files={name: _file(item) for name, item in _typed(data, "files", dict).items()},
        abstain=_numbers(data, "abstain") if "abstain" in data else {},
        variants=_variants(data) if "variants" in data else {},
    )


def _variants(data: dict[str, Any]) -> dict[str, Variant]:
    return {
        name: Variant(
            _typed(item, "file", str),
            _numbers(item, "tolerance"),
            _typed(item, "goldens", str) if "goldens" in item else None,
        )
        for name, item in _typed(data, "variants", dict).items()
    }


def _graph(data: dict[str, Any]) -> Graph:
    inputs, outputs = (
        tuple(
            Tensor(_typed(t, "name", str), _typed(t, "dtype", str), tuple(_typed(t, "shape", list)))
            for t in _typed(data, side, list)
        )
        for side in ("inputs", "outputs")
    )
    return Graph(inputs, outputs)


def _file(data: dict[str, Any]) -> FileRecord:
    return FileRecord(_typed(data, "sha256", str), _typed(data, "bytes", int))


def _texts(data: dict[str, Any], key: str) -> tuple[str, ...]:
    items = _typed(data, key, list)
    if not all(isinstance(item, str) for item in items):
        raise TypeError(f"field {key!r} should be a list of texts")
    return tuple(items)


def _numbers(data: dict[str, Any], key: str) -> dict[str, float]:
    items = _typed(data, key, dict)
    for name, value in items.items():
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise TypeError(f"{name} in field {key!r} should be a number, it is {value!r:.40}")
    return {name: float(value) for name, value in items.items()}


def _typed(data: dict[str, Any], key: str, kind: type) -> Any:
    value = data[key]
    if not isinstance(value, kind):
        raise TypeError(f"field {key!r} should be a {kind.__name__}, it is {value!r:.40}")
    return value
