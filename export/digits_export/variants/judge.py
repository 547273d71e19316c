"""How an engine answers beside the trained net in float64: errors, flipped labels, accuracy."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from digits_export.engines import Engine, Outputs
from digits_export.gaps import best_gaps
from digits_export.inputs import Pixels

OUTPUTS = ("logits", "probabilities")


@dataclass(frozen=True)
class Ballot:
    """What variants are judged on.

    Attributes:
        name: What the canvases are, for people: "test set" for example.
        canvases: uint8 [N, *canvas].
        labels: Right answers, int [N]; None where nobody knows them.
        batch: How many go through an engine together.
    """

    name: str
    canvases: Pixels
    labels: NDArray[np.int64] | None
    batch: int


@dataclass(frozen=True)
class Error:
    """The errors of one output.

    Attributes:
        worst: The largest difference from float64; infinite if shapes differ.
        typical: Root mean square of all differences.
        largest: The largest of float64's own figures.
    """

    worst: float
    typical: float
    largest: float


@dataclass(frozen=True)
class Judged:
    """One engine's answers beside float64's.

    Attributes:
        compared: Number of canvases.
        right: How many labels are right; None where nobody knows.
        true_right: How many of float64's are.
        flips: How many labels differ from float64's.
        widest: The gap between float64's best two logits at the widest flip; 0 without flips.
        errors: By output.
    """

    compared: int
    right: int | None
    true_right: int | None
    flips: int
    widest: float
    errors: Mapping[str, Error]

    @property
    def accuracy(self) -> float | None:
        """The share of right labels."""
        return None if self.right is None else self.right / max(1, self.compared)


def answer(engine: Engine, ballot: Ballot) -> Outputs:
    """All answers of an engine, by output."""
    starts = range(0, len(ballot.canvases), ballot.batch)
    parts = [engine.run(ballot.canvases[start : start + ballot.batch]) for start in starts]
    return {name: np.concatenate([part[name] for part in parts]) for name in OUTPUTS}


def judge(truth: Outputs, found: Outputs, labels: NDArray[np.int64] | None) -> Judged:
    """Compare answers with float64's.

    Args:
        truth: float64's logits and probabilities, [N, K].
        found: The engine's.
        labels: Right answers, int [N], if they are known.
    """
    true, own = _labels(truth), _labels(found)
    if own.shape != true.shape:
        own = np.full_like(true, -1)
    flipped = own != true
    gaps = best_gaps(truth["logits"])[flipped]
    return Judged(
        compared=len(true),
        right=None if labels is None else int((own == labels).sum()),
        true_right=None if labels is None else int((true == labels).sum()),
        flips=int(flipped.sum()),
        widest=float(gaps.max(initial=0.0)),
        errors={name: _error(truth[name], found[name]) for name in OUTPUTS},
    )


def _labels(outputs: Outputs) -> NDArray[np.int64]:
    """The labels as the runtime gives them."""
    return np.asarray(outputs["probabilities"].argmax(axis=1), np.int64)


def _error(truth: NDArray[np.generic], found: NDArray[np.generic]) -> Error:
    largest = float(np.abs(np.asarray(truth, np.float64)).max(initial=0.0))
    if found.shape != truth.shape:
        return Error(float("inf"), float("inf"), largest)
    with np.errstate(invalid="ignore", over="ignore"):
        differences = np.abs(np.asarray(found, np.float64) - np.asarray(truth, np.float64))
        typical = float(np.sqrt(np.square(differences).mean())) if differences.size else 0.0
    return Error(float(differences.max(initial=0.0)), typical, largest)
