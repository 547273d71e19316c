"""The manifest of a new bundle: what it is, how it was made, and what each file must be."""

import hashlib
from collections.abc import Mapping
from typing import Any

import onnx
from torch import nn

from digits.abstain import CONFIDENCE
from digits.errors import ModelError
from digits.manifest import FORMAT
from digits_export import fronts
from digits_export.parity import TOLERANCE
from digits_export.subject import Subject
from digits_models.front import evidence_names

# In the record of the weights: the confidence below which there is no label.
CONFIDENCE_KEY = "min_confidence"


def describe(
    subject: Subject,
    tolerance: Mapping[str, float],
    front_module: str,
    files: Mapping[str, bytes],
) -> dict[str, Any]:
    """The manifest as it is written.

    Args:
        subject: The classifier.
        tolerance: How far a device may be from float64, by output of the classifier.
        front_module: The digest of the front end's code (see `digits_export.fronts`).
        files: Contents of the files that the bundle holds.
    """
    models = {
        file: onnx.load_from_string(data) for file, data in files.items() if file.endswith(".onnx")
    }
    model = models["model.onnx"]
    return {
        "format": FORMAT,
        "name": subject.name,
        "arch": subject.arch,
        "dataset": subject.dataset,
        "title": subject.title,
        "parameters": subject.parameters,
        "labels": list(subject.labels),
        "front": subject.front,
        "evidence": list(evidence_names(subject.front_end)),
        "canvas": {"shape": list(subject.canvas), "dtype": "uint8"},
        "temperature": subject.temperature,
        **_abstain(subject.front_end, subject.record),
        "weights": {"sha256": subject.digest, **_without_digest(subject.record)},
        "opset": model.opset_import[0].version,
        "ir_version": model.ir_version,
        "tools": fronts.tools(),
        fronts.KEY: front_module,
        "graphs": {file: _signature(model) for file, model in models.items()},
        "tolerance": {**TOLERANCE, **tolerance},
        "files": {
            file: {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}
            for file, data in sorted(files.items())
        },
    }


def _abstain(front_end: nn.Module, record: Mapping[str, object]) -> dict[str, object]:
    """Thresholds for giving no label, where the front end or the training has any."""
    thresholds = dict(getattr(front_end, "abstain", {}))
    if CONFIDENCE_KEY in record:
        thresholds[CONFIDENCE] = _share(record[CONFIDENCE_KEY])
    return {"abstain": thresholds} if thresholds else {}


def _share(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise ModelError(
            f"the weights' record has {CONFIDENCE_KEY} {value!r:.40}, not a number from 0 to 1: "
            "train again"
        )
    return float(value)


def _without_digest(record: Mapping[str, object]) -> dict[str, object]:
    """What a file says about its own digest doesn't count."""
    return {key: value for key, value in record.items() if key != "sha256"}


def _signature(model: onnx.ModelProto) -> dict[str, list[dict[str, object]]]:
    return {
        "inputs": [_tensor(value) for value in model.graph.input],
        "outputs": [_tensor(value) for value in model.graph.output],
    }


def _tensor(value: onnx.ValueInfoProto) -> dict[str, object]:
    tensor = value.type.tensor_type
    sizes = [size.dim_param or size.dim_value for size in tensor.shape.dim]
    dtype = onnx.helper.tensor_dtype_to_np_dtype(tensor.elem_type).name
    return {"name": value.name, "dtype": dtype, "shape": sizes}
