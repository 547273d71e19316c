"""How often a model is right, and how sure one can be of that."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

# The normal distribution's 97.5 % quantile, for intervals that hold 95 %.
_Z = 1.959963984540054


@dataclass(frozen=True)
class Score:
    """Right answers among all answers.

    Attributes:
        right: Right answers.
        total: All answers.
    """

    right: int
    total: int

    @property
    def accuracy(self) -> float:
        """Share of right answers, 0 to 1; NaN without answers."""
        return self.right / self.total if self.total else float("nan")

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's 95 % interval (E. B. Wilson, JASA 22, 1927): right for small samples, too."""
        if not self.total:
            return 0.0, 1.0
        n, p, zz = self.total, self.accuracy, _Z**2
        centre = (p + zz / (2 * n)) / (1 + zz / n)
        half = _Z * sqrt(p * (1 - p) / n + zz / (4 * n * n)) / (1 + zz / n)
        return max(0.0, centre - half), min(1.0, centre + half)


@dataclass(frozen=True)
class Answer:
    """What an image shows, what the model read, and the kind of image if that is known."""

    truth: str
    label: str
    kind: str | None = None


def score(answers: Sequence[Answer]) -> Score:
    """Count the right ones."""
    return Score(sum(answer.truth == answer.label for answer in answers), len(answers))


def by_label(answers: Sequence[Answer], labels: Sequence[str]) -> dict[str, Score]:
    """The score of the images that show each label."""
    return {label: score([a for a in answers if a.truth == label]) for label in labels}


def by_kind(answers: Sequence[Answer]) -> dict[str, Score]:
    """The score of each kind of image; empty if no kinds are known."""
    kinds = sorted({answer.kind for answer in answers if answer.kind is not None})
    return {kind: score([a for a in answers if a.kind == kind]) for kind in kinds}


def confusion(answers: Sequence[Answer], labels: Sequence[str]) -> list[list[int]]:
    """How often each label (row) was read as each label (column)."""
    index = {label: i for i, label in enumerate(labels)}
    counts = [[0] * len(labels) for _ in labels]
    for answer in answers:
        counts[index[answer.truth]][index[answer.label]] += 1
    return counts
