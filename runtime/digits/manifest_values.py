"""What a manifest's values must be, so that a proof with them proves something."""

from collections.abc import Mapping
from math import isfinite, prod
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from digits.manifest import Graph, Manifest

_GRAPHS = ("model.onnx", "front.onnx")
# Differences that nobody would call equal: far above what any export allows itself.
LARGEST_TOLERANCE = {"logits": 1.0, "probabilities": 0.1, "canvas": 32, "box": 0.1, "evidence": 1}

# Values of one canvas; those of the largest networks have 224×224×3 or some more.
_LARGEST_CANVAS = 10_000_000


def check_values(manifest: "Manifest") -> None:
    """Check what the fields' kinds don't tell.

    Raises:
        ValueError: Something can't be; the message says what.
    """
    for name in _GRAPHS:
        if name not in manifest.graphs:
            raise ValueError(f"field 'graphs' lacks {name}")
    if not (isfinite(manifest.temperature) and manifest.temperature > 0):
        raise ValueError(f"the temperature is {manifest.temperature:g}, it must be above 0")
    _check_labels(manifest.labels, manifest.graphs["model.onnx"])
    _check_canvas(manifest.canvas_shape, manifest.graphs["model.onnx"])
    _check_evidence(manifest.evidence, manifest.graphs["front.onnx"])
    _check_tolerance(manifest.tolerance)
    _check_abstain(manifest.abstain)
    for name in manifest.variants:
        _check_variant(name, manifest)


def _check_labels(labels: tuple[str, ...], graph: "Graph") -> None:
    if len(set(labels)) != len(labels):
        twice = next(label for label in labels if labels.count(label) > 1)
        raise ValueError(f"the label {twice!r} is listed twice")
    shape = next((t.shape for t in graph.outputs if t.name == "probabilities"), None)
    if not shape or shape[-1] != len(labels):
        given = "no" if not shape else shape[-1]
        raise ValueError(f"lists {len(labels)} labels, the graph gives {given} probabilities")


def _check_canvas(canvas: tuple[int, ...], graph: "Graph") -> None:
    if not (all(size > 0 for size in canvas) and prod(canvas) <= _LARGEST_CANVAS):
        raise ValueError(f"the canvas is {list(canvas)}, which no image becomes")
    shape = next((t.shape[1:] for t in graph.inputs if t.name == "canvas"), None)
    if shape != canvas:
        takes = "none" if shape is None else list(shape)
        raise ValueError(f"the canvas is {list(canvas)}, the graph takes {takes}")


def _check_evidence(names: tuple[str, ...], graph: "Graph") -> None:
    shape = next((t.shape for t in graph.outputs if t.name == "evidence"), (None,))
    if shape[-1] != len(names):
        raise ValueError(f"names {len(names)} figures of evidence, the graph gives {shape[-1]}")


def _check_tolerance(tolerance: Mapping[str, float]) -> None:
    for name in LARGEST_TOLERANCE:
        if name not in tolerance:
            raise ValueError(f"field 'tolerance' lacks {name}")
    for name, value in tolerance.items():
        largest = LARGEST_TOLERANCE.get(name, float("inf"))
        if not (isfinite(value) and 0 <= value <= largest):
            raise ValueError(f"the tolerance {value:g} of {name} allows anything, or nothing")


def _check_variant(name: str, manifest: "Manifest") -> None:
    variant = manifest.variants[name]
    for file in filter(None, (variant.file, variant.goldens)):
        if file not in manifest.files:
            raise ValueError(f"field 'files' lacks {file} of variant {name!r}")
    # Those that a variant doesn't name are the manifest's own.
    _check_tolerance({**manifest.tolerance, **variant.tolerance})


def _check_abstain(thresholds: Mapping[str, float]) -> None:
    for name, value in thresholds.items():
        # "others" is a ratio; the rest are shares.
        highest = float("inf") if name == "others" else 1.0
        if not (isfinite(value) and 0 <= value <= highest):
            raise ValueError(f"the threshold {value:g} of {name} can't be")
