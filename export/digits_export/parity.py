"""The proof of what takes images: every engine against float64, output by output.

A front end decides, so its outputs have tolerances of their own. An output passes on an input if
its distance from float64 is within a fixed tolerance, or within `EAGER_FACTOR` times that of
PyTorch's own float32. The second bound matters on noise: there the front end decides between
equals, and the last bit of a float32 tips the scales in any engine.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite

import numpy as np
from numpy.typing import NDArray

from digits_export.engines import Engine, Outputs, Torch
from digits_export.gaps import best_gaps

Array = NDArray[np.generic]
Case = tuple[str, NDArray[np.uint8]]

EAGER_FACTOR = 4.0

# Allowed differences from float64, by output; the classifier's own come with it.
TOLERANCE: Mapping[str, float] = {
    "canvas": 4.0,
    "clean": 4.0,
    "box": 0.01,
    "evidence": 1e-3,
}
UNITS: Mapping[str, str] = {
    "canvas": "grey levels",
    "clean": "grey levels",
    "box": "of the side",
    "labels": "flips",
}
# A label is decided where the truth's best two probabilities differ by more than this.
DECIDED = 0.02


@dataclass(frozen=True)
class Comparison:
    """One output of one engine, over all cases.

    Attributes:
        graph: Name of the graph.
        engine: Name of the engine.
        output: Name of the output, or "labels".
        compared: Number of inputs; of labels, those on which float64 is decided.
        worst: Difference from float64 where it comes closest to, or goes farthest beyond, its
            bound.
        typical: Root mean square of the cases' largest differences.
        allowed: The bound there.
        case: Where that was.
    """

    graph: str
    engine: str
    output: str
    compared: int
    worst: float
    typical: float
    allowed: float
    case: str

    @property
    def unit(self) -> str:
        """What the differences are measured in."""
        return UNITS.get(self.output, "")

    @property
    def passed(self) -> bool:
        """Whether something was compared and nothing left its bound; NaN fails.

        A network that hardly learnt is undecided on every label, which isn't the export's fault.
        """
        return (self.compared > 0 or self.output == "labels") and self.worst <= self.allowed


@dataclass(frozen=True)
class _Difference:
    case: str
    inputs: int
    worst: float
    allowed: float

    @property
    def strain(self) -> float:
        """How much of its bound it uses; NaN counts as the worst."""
        ratio = self.worst / self.allowed if self.allowed else self.worst * np.inf
        return float(
            np.inf if np.isnan(self.worst) else np.nan_to_num(ratio, nan=0.0, posinf=np.inf)
        )


def compare(
    graph: str,
    truth: Torch,
    engines: Sequence[Engine],
    cases: Iterable[Case],
    tolerance: Mapping[str, float] = TOLERANCE,
    classify: Torch | None = None,
) -> Iterator[Comparison]:
    """Run every case through every engine.

    Args:
        graph: Name of the graph.
        truth: The trained net in float64.
        engines: What to compare; the first is PyTorch in float32, whose distance bounds the
            others'.
        cases: Inputs, uint8, each batch with its name.
        tolerance: Allowed differences, by output.
        classify: For a graph that makes canvases and classifies them: the classifier in float64. A
            canvas may differ by a grey level, and its probabilities then differ rightly; so they
            are compared with the truth about the canvas that the engine itself made.
    """
    found: dict[tuple[str, str], list[_Difference]] = {}
    for case, pixels in cases:
        reference = truth.run(pixels)
        eager: dict[str, float] = {}
        for engine in engines:
            outputs = engine.run(pixels)
            differences = _differences(reference, outputs, pixels.shape, classify)
            eager = eager or differences
            for output, worst in differences.items():
                allowed = _allowed(tolerance, output, eager[output])
                count = _decided(reference) if output == "labels" else len(pixels)
                key = (engine.name, output)
                found.setdefault(key, []).append(_Difference(case, count, worst, allowed))
    for (engine_name, output), several in found.items():
        yield _summary(graph, engine_name, output, several)


def _allowed(tolerance: Mapping[str, float], output: str, eager: float) -> float:
    if output == "labels":
        return 0.0
    # Where float32 overflows it bounds nothing.
    return max(tolerance[output], EAGER_FACTOR * eager if isfinite(eager) else 0.0)


def _decided(truth: Outputs) -> int:
    return int(decided(truth["probabilities"]).sum())


def _summary(graph: str, engine: str, output: str, several: Sequence[_Difference]) -> Comparison:
    tightest = max(several, key=lambda difference: difference.strain)
    return Comparison(
        graph=graph,
        engine=engine,
        output=output,
        compared=sum(difference.inputs for difference in several),
        worst=tightest.worst,
        typical=float(np.sqrt(np.mean(np.square([difference.worst for difference in several])))),
        allowed=tightest.allowed,
        case=tightest.case,
    )


def _differences(
    truth: Outputs, found: Outputs, shape: tuple[int, ...], classify: Torch | None
) -> dict[str, float]:
    """The largest difference of each output, and how many decided labels flipped."""
    result = {}
    for name, expected in truth.items():
        if name == "probabilities" and classify is not None:
            own = np.ascontiguousarray(found["canvas"], np.uint8)
            expected = classify.run(own)["probabilities"]
        result[name] = distance(found[name], expected) / _scale(name, shape)
    if "probabilities" in truth:
        result["labels"] = float(flips(found["probabilities"], truth["probabilities"]))
    return result


def _scale(output: str, shape: tuple[int, ...]) -> float:
    """What a difference is divided by: the image's longer side, or nothing."""
    return float(max(shape[1:3])) if output == "box" else 1.0


def distance(found: Array, expected: Array) -> float:
    """The largest absolute difference; infinite if the shapes differ."""
    if found.shape != expected.shape:
        return float("inf")
    with np.errstate(invalid="ignore"):  # infinity from infinity is NaN, which fails
        difference = np.asarray(found, np.float64) - np.asarray(expected, np.float64)
    return float(np.abs(difference).max(initial=0.0))


def flips(found: Array, expected: Array) -> int:
    """How many labels differ where float64 is decided; all, if the shapes differ."""
    if found.shape != expected.shape:
        return len(expected)
    differ = np.argmax(found, axis=1) != np.argmax(expected, axis=1)
    return int(np.sum(decided(expected) & differ))


def decided(probabilities: Array) -> NDArray[np.bool_]:
    """Where the best two probabilities of a row differ clearly."""
    return np.asarray(best_gaps(probabilities) > DECIDED)
