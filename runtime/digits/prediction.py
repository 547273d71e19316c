"""What the classifier answers about one image."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from digits.errors import UsageError


class Ranked(NamedTuple):
    """One label and its probability.

    Attributes:
        label: The label.
        probability: 0 to 1.
    """

    label: str
    probability: float


class Reason(StrEnum):
    """Why there is no label; each is also the text that stands for it, "empty" for example.

    Attributes:
        EMPTY: Nothing on the page stands out like ink.
        SEVERAL: There is more than one digit.
        UNSURE: The confidence is too low: no digit that the model knows.
    """

    EMPTY = "empty"
    SEVERAL = "several"
    UNSURE = "unsure"

    @property
    def meaning(self) -> str:
        """The reason in words for people."""
        return _MEANINGS[self]


_MEANINGS = {
    Reason.EMPTY: "no digit in it",
    Reason.SEVERAL: "several digits",
    Reason.UNSURE: "unsure",
}


@dataclass(frozen=True, eq=False)
class Prediction:
    """The answer for one image, with what the model saw.

    Attributes:
        label: The most probable label; None where the model abstains.
        confidence: The highest probability, 0 to 1; that of the label if there is one.
        probabilities: float32 [labels], which add up to 1; read-only, as all arrays here.
        labels: All labels, in the order of the probabilities.
        canvas: What the classifier saw: light ink on black, uint8 [28, 28] for digits; else of
            the shape that the manifest says.
        clean: The cleaned image that the front end found the digit in, uint8 [h, w], at the scale
            that it works at.
        box: Where it is in the input: left, top, right, bottom in pixels of the whole image,
            upright.
        evidence: Figures that say how sure the front end is that there is one digit, by name.
        provider: Where the classifier ran, "cpu" or "cuda".
        model: Name of the model.
        path: The file it came from, where it had one.
        reason: Why there is no label; None where there is one.
        variant: Name of the model's variant that ran; None for float32.
    """

    label: str | None
    confidence: float
    probabilities: NDArray[np.float32] = field(repr=False)
    labels: tuple[str, ...] = field(repr=False)
    canvas: NDArray[np.uint8] = field(repr=False)
    clean: NDArray[np.uint8] = field(repr=False)
    box: tuple[float, float, float, float] = field(repr=False)
    evidence: Mapping[str, float] = field(repr=False)
    provider: str
    model: str
    path: str | None = None
    reason: Reason | None = None
    variant: str | None = None

    def top(self, count: int = 3) -> list[Ranked]:
        """The most probable labels, best first; equal ones in the order of the labels.

        It lists what the classifier made of the canvas also where the model abstains.

        Args:
            count: How many, at most.

        Returns:
            Labels and their probabilities, 0 to 1; as many as there are labels, at most.

        Raises:
            UsageError: `count` is below one.
        """
        if count < 1:
            raise UsageError(f"count is {count}: give 1 or more")
        if count == 1 and self.label is not None and self.confidence >= 0:  # not NaN
            return [Ranked(self.label, self.confidence)]
        order = np.argsort(-self.probabilities, kind="stable")[:count]
        return [Ranked(self.labels[i], float(self.probabilities[i])) for i in order]


@dataclass(frozen=True)
class Failure:
    """An input that couldn't be read, in its place among the predictions.

    Attributes:
        path: The path as given, or as found below the folder as given.
        error: What was wrong, in one line, without the path.
    """

    path: str
    error: str
