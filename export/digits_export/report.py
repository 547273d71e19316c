"""The proof as a record for programs and as a report for people, with the model card."""

import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from importlib.metadata import version
from typing import Any

import torch

from digits.providers import load_onnxruntime
from digits_export.parity import EAGER_FACTOR
from digits_export.precision import TYPICAL_FACTOR, WORST_FACTOR
from digits_export.proof import Proof, Table, margins, tables


def proof_record(proof: Proof) -> dict[str, Any]:
    """The proof as it is written to proof.json, with the machine and the tools."""
    return {
        "arch": proof.subject.arch,
        "weights": proof.subject.digest,
        "passed": proof.passed,
        "reference": "the trained net in float64",
        "bounds": {
            "worst, times float32's": WORST_FACTOR,
            "typical, times float32's": TYPICAL_FACTOR,
            "front end, times float32's on the same input": EAGER_FACTOR,
        },
        "real": proof.real,
        "margins": dict(margins(proof)),
        "machine": _machine(),
        "carried": [_record(c) for c in proof.carried],
        "precisions": [_record(p, "allowed", "allowed_typical") for p in proof.precisions],
        "labels": [_record(item, "margin") for item in proof.labels],
        "comparisons": [_record(c, "unit") for c in proof.comparisons],
        "stages": [_record(s) for s in proof.stages],
    }


def _record(part: Any, *properties: str) -> dict[str, Any]:
    return asdict(part) | {name: getattr(part, name) for name in (*properties, "passed")}


def _machine() -> dict[str, str]:
    return {
        "system": platform.platform(),
        "processor": torch.backends.cpu.get_cpu_capability(),
        "python": platform.python_version(),
        "torch": torch.__version__,
        "onnxruntime": load_onnxruntime().__version__,
        "onnx": version("onnx"),
        "digits-edge": version("digits-edge"),
    }


def report(proof: Proof, manifest: Mapping[str, Any]) -> str:
    """The report as Markdown: model card, files, proof, machine."""
    subject = proof.subject
    card = {
        "network": subject.title,
        "source": subject.source,
        "parameters": f"{subject.parameters:,}",
        "trained on": manifest["dataset"],
        "front end": manifest["front"],
        "labels": ", ".join(manifest["labels"]),
        "ONNX": f"opset {manifest['opset']}, IR version {manifest['ir_version']}",
        **_training(subject.record),
    }
    files = [
        (name, f"{item['bytes']:,}", item["sha256"][:16])
        for name, item in manifest["files"].items()
    ]
    return "\n\n".join(
        [
            f"# {manifest['name']}",
            _markdown(("model", ""), list(card.items())),
            "## Files",
            _markdown(("file", "bytes", "sha256"), files),
            "## Proof",
            _EXPLAINED,
            *(part for table in tables(proof) for part in _section(table)),
            "## Machine",
            _markdown(("tool", "version"), list(_machine().items())),
            "",
        ]
    )


_EXPLAINED = (
    "Everything is measured against the trained net in float64. The classifier's errors may be "
    f"{WORST_FACTOR:g} times those of PyTorch's own float32 at worst and {TYPICAL_FACTOR:g} times "
    "as root mean square, on each group of canvases. A label may flip only where float64's best "
    "two logits are closer than twice the allowed error (undecided); the margin is the share of "
    "inputs whose label no error that was seen could change. What takes images has tolerances of "
    f"its own, or, where that is more, {EAGER_FACTOR:g} times float32's difference on the same "
    "input."
)


def _section(table: Table) -> tuple[str, str]:
    return f"### {table.title}", _markdown(table.head, table.rows)


def _training(record: Mapping[str, Any]) -> dict[str, str]:
    """What the record of the training says that people ask for."""
    card = {}
    accuracy = record.get("accuracy")
    test = accuracy.get("test") if isinstance(accuracy, Mapping) else None
    if isinstance(test, float):
        card["test accuracy (canvases as they are)"] = f"{test:.2%}{_of_how_many(record)}"
    command = record.get("command")
    if isinstance(command, str):
        card["trained by"] = f"`{' '.join(command.split())}`"
    return card


def _of_how_many(record: Mapping[str, Any]) -> str:
    """The number of test images where a training was limited to a part of them."""
    arguments, images = record.get("arguments"), record.get("images")
    limited = isinstance(arguments, Mapping) and arguments.get("limit")
    if not limited or not isinstance(images, Mapping):
        return ""
    return f" of {images.get('test')} images"


def _markdown(head: Sequence[str], body: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *body]
    return "\n".join(
        f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines
    )
