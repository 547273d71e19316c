"""How precisely an engine computes the classifier, measured against the trained net in float64.

An export may be as wrong as float32 is, and not much more. So the measure is PyTorch's own
float32, on the same inputs: the root mean square of an engine's errors may be twice its, the worst
error four times its worst. That means the same for a network of any size. What float32 can't
resolve at the size of the numbers is always allowed. An engine that computes with fewer bits on
purpose is allowed as much more as a number's last bit weighs more. Where PyTorch is better than
float32 must be expected to be (it adds a mean's numbers in pairs, which ONNX Runtime doesn't), the
expectation is the bound.

A label may flip only where float64 itself is undecided: where its best two logits are closer than
twice the allowed error.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from math import isfinite
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from digits_export.engines import Engine, Outputs, Torch
from digits_export.gaps import best_gaps
from digits_export.populations import Population

TYPICAL_FACTOR = 2.0
WORST_FACTOR = 4.0
# Numbers of size 1 are this far apart in float32; a sum of a few of them is not exact.
RESOLUTION = 4 * float(np.finfo(np.float32).eps)
# Of the truth, at once: its largest layers are eight bytes a number.
_BATCH = 64


@dataclass(frozen=True)
class Precision:
    """The errors of one output of one engine on one population.

    Attributes:
        engine: Name of the engine.
        population: Name of the population.
        output: "logits" or "probabilities".
        compared: Number of inputs.
        worst: The largest error.
        typical: Root mean square of all errors.
        eager_worst: The largest error of PyTorch's float32.
        eager_typical: Root mean square of its errors.
        resolution: What float32 can't resolve here.
        coarseness: How many times coarser than float32 the engine computes on purpose.
        expected: The error that float32 must be expected to have (see `digits_export.expected`).
    """

    engine: str
    population: str
    output: str
    compared: int
    worst: float
    typical: float
    eager_worst: float
    eager_typical: float
    resolution: float
    coarseness: float = 1.0
    expected: float = 0.0

    @property
    def close(self) -> bool:
        """Whether the errors are as small as PyTorch's, within the factors; NaN isn't."""
        worst = _bound(WORST_FACTOR, self.eager_worst, self.resolution)
        typical = _bound(TYPICAL_FACTOR, self.eager_typical, self.resolution)
        return self.worst <= worst and self.typical <= typical

    @property
    def allowed(self) -> float:
        """The largest allowed error."""
        bound = _bound(WORST_FACTOR, self.eager_worst, self.resolution)
        return self.coarseness * max(bound, self.expected)

    @property
    def allowed_typical(self) -> float:
        """The largest allowed root mean square."""
        bound = _bound(TYPICAL_FACTOR, self.eager_typical, self.resolution)
        return self.coarseness * max(bound, self.expected)

    @property
    def passed(self) -> bool:
        """Whether something was compared and both errors are within their bounds; NaN fails."""
        within = self.worst <= self.allowed and self.typical <= self.allowed_typical
        return self.compared > 0 and within


@dataclass(frozen=True)
class Labels:
    """The labels of one engine on one population.

    Attributes:
        engine: Name of the engine.
        population: Name of the population.
        compared: Number of inputs.
        undecided: On how many float64's best two logits are closer than twice the allowed error.
        flips: How many labels differ where float64 is decided.
        undecided_flips: How many differ where it isn't.
        clear: On how many the gap is more than twice the worst error seen.
    """

    engine: str
    population: str
    compared: int
    undecided: int
    flips: int
    undecided_flips: int
    clear: int

    @property
    def margin(self) -> float:
        """The share of inputs whose label no error that was seen could change."""
        return self.clear / self.compared if self.compared else 0.0

    @property
    def passed(self) -> bool:
        """Whether something was compared, and no label flipped where float64 is decided."""
        return self.compared > 0 and self.flips == 0


@dataclass
class _Errors:
    """Errors of one output as they come in, run by run."""

    inputs: int = 0
    numbers: int = 0
    worst: float = 0.0
    squares: float = 0.0
    flipped: list[NDArray[np.bool_]] = field(default_factory=list)

    def add(self, found: NDArray[np.generic], expected: NDArray[np.float64]) -> None:
        self.inputs += len(expected)
        if found.shape != expected.shape:
            self.worst = self.squares = float("inf")
            self.numbers += 1
            return
        with np.errstate(invalid="ignore", over="ignore"):
            errors = np.abs(np.asarray(found, np.float64) - expected)
            self.numbers += errors.size
            # Not Python's max, which loses NaN.
            self.worst = float(np.max([self.worst, errors.max(initial=0.0)]))
            self.squares += float(np.square(errors).sum())
        self.flipped.append(found.argmax(1) != expected.argmax(1))

    @property
    def typical(self) -> float:
        return float(np.sqrt(self.squares / max(1, self.numbers)))


def compare(
    truth: Torch,
    engines: Sequence[Engine],
    several: Iterable[Population],
    expected: Mapping[str, float] = MappingProxyType({}),
) -> Iterator[tuple[list[Precision], list[Labels]]]:
    """Run every population through every engine.

    Args:
        truth: The classifier in float64.
        engines: What to compare; the first is PyTorch in float32, whose errors bound the others'.
        several: The populations.
        expected: Errors that float32 must be expected to have, by output.

    Yields:
        For each population, the precision of each output of each engine, and the labels.
    """
    for population in several:
        reference = _reference(truth, population)
        found = {engine.name: _run(engine, population, reference) for engine in engines}
        coarseness = {engine.name: engine.coarseness for engine in engines}
        yield _judged(population, reference, found, coarseness, expected)


def _reference(truth: Torch, population: Population) -> Outputs:
    starts = range(0, len(population.canvases), _BATCH)
    parts = [truth.run(population.canvases[start : start + _BATCH]) for start in starts]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _run(engine: Engine, population: Population, reference: Outputs) -> dict[str, _Errors]:
    errors = {name: _Errors() for name in reference}
    for part in population.runs:
        outputs = engine.run(population.canvases[part])
        for name, expected in reference.items():
            errors[name].add(outputs[name], expected[part])
    return errors


def _judged(
    population: Population,
    reference: Outputs,
    found: dict[str, dict[str, _Errors]],
    coarseness: Mapping[str, float],
    expected: Mapping[str, float],
) -> tuple[list[Precision], list[Labels]]:
    eager = found[next(iter(coarseness))]
    precisions = [
        Precision(
            engine=engine,
            population=population.name,
            output=output,
            compared=errors.inputs,
            worst=errors.worst,
            typical=errors.typical,
            eager_worst=eager[output].worst,
            eager_typical=eager[output].typical,
            resolution=RESOLUTION * max(1.0, float(np.abs(reference[output]).max())),
            coarseness=coarseness[engine],
            expected=expected.get(output, 0.0),
        )
        for engine, outputs in found.items()
        for output, errors in outputs.items()
    ]
    gap = np.concatenate([best_gaps(reference["logits"][part]) for part in population.runs])
    labels = [
        _labels(p, gap, found[p.engine]["logits"].flipped)
        for p in precisions
        if p.output == "logits"
    ]
    return precisions, labels


def _labels(
    logits: Precision, gap: NDArray[np.float64], flipped: list[NDArray[np.bool_]]
) -> Labels:
    """Count flips; outputs of another shape have flipped all."""
    flips = np.concatenate(flipped) if flipped else np.ones(0, bool)
    if len(flips) != len(gap):
        flips = np.ones(len(gap), bool)
    decided = gap > 2 * logits.allowed
    return Labels(
        engine=logits.engine,
        population=logits.population,
        compared=len(gap),
        undecided=int((~decided).sum()),
        flips=int((flips & decided).sum()),
        undecided_flips=int((flips & ~decided).sum()),
        clear=int((gap > 2 * logits.worst).sum()),
    )


def _bound(factor: float, eager: float, resolution: float) -> float:
    """Where float32 overflows it bounds nothing."""
    return max(resolution, factor * eager if isfinite(eager) else 0.0)
