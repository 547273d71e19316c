"""The proof as a record for programs and as a report for people, with the model card."""

import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from typing import Any

import torch

from digits.providers import load_onnxruntime
from digits_export.parity import EAGER_FACTOR, Comparison
from digits_export.subject import Subject

HEAD = ("graph", "engine", "output", "inputs", "worst", "typical", "allowed", "", "")


@dataclass(frozen=True)
class Proof:
    """How an export compares with the trained net.

    Attributes:
        subject: The net.
        comparisons: One for each output of each engine.
    """

    subject: Subject
    comparisons: tuple[Comparison, ...]

    @property
    def passed(self) -> bool:
        """Whether something was compared, and everything passed."""
        return bool(self.comparisons) and all(c.passed for c in self.comparisons)


def rows(proof: Proof) -> list[tuple[str, ...]]:
    """The proof as a table, under `HEAD`."""
    return [
        (
            c.graph,
            c.engine,
            c.output,
            str(c.compared),
            f"{c.worst:.2g}",
            f"{c.typical:.2g}",
            f"{c.allowed:.2g}",
            c.unit,
            "ok" if c.passed else f"FAILED at {c.case}",
        )
        for c in proof.comparisons
    ]


def proof_record(proof: Proof) -> dict[str, Any]:
    """The proof as it is written to proof.json, with the machine and the tools."""
    return {
        "arch": proof.subject.arch,
        "weights": proof.subject.digest,
        "passed": proof.passed,
        "reference": "the trained net in float64",
        "eager_factor": EAGER_FACTOR,
        "machine": _machine(),
        "comparisons": [_record(c) for c in proof.comparisons],
    }


def _record(comparison: Comparison) -> dict[str, Any]:
    return asdict(comparison) | {"unit": comparison.unit, "passed": comparison.passed}


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
            "Differences from the trained net in float64. `worst` is the difference that comes "
            "closest to its bound, `typical` the root mean square over all inputs. A bound is a "
            f"fixed tolerance or, where it is larger, {EAGER_FACTOR:g} times the difference of "
            "PyTorch's own float32. Labels count where float64 is decided.",
            _markdown(HEAD, rows(proof)),
            "## Machine",
            _markdown(("tool", "version"), list(_machine().items())),
            "",
        ]
    )


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
