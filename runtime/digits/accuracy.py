"""How often a model is right: answers counted as a whole, by label, by kind, and as a matrix."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass


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


@dataclass(frozen=True, slots=True)
class Answer:
    """What an image shows and what the model read.

    Attributes:
        truth: The label of what it shows; None where there is nothing that the model should read.
        label: What the model read; None if it abstained.
        kind: The kind of image, if that is known.
        writer: Who wrote it, if that is known.
        confidence: The model's probability for what it found most probable.
        reason: Why it abstained, if it did.
    """

    truth: str | None
    label: str | None
    kind: str | None = None
    writer: str | None = None
    confidence: float = 1.0
    reason: str | None = None

    @property
    def right(self) -> bool:
        """Whether it read what is there, or abstained where there is nothing to read."""
        return self.truth == self.label


def score(answers: Sequence[Answer]) -> Score:
    """Count the right ones."""
    return Score(sum(answer.right for answer in answers), len(answers))


def by_label(answers: Sequence[Answer], labels: Sequence[str]) -> dict[str, list[Answer]]:
    """The answers for the images that show each label."""
    groups: dict[str, list[Answer]] = {label: [] for label in labels}
    for answer in answers:
        if answer.truth is not None:
            groups[answer.truth].append(answer)
    return groups


def by_kind(answers: Sequence[Answer]) -> dict[str, list[Answer]]:
    """The answers for each kind of image; empty if no kinds are known."""
    groups: dict[str, list[Answer]] = {}
    for answer in answers:
        if answer.kind is not None:
            groups.setdefault(answer.kind, []).append(answer)
    return dict(sorted(groups.items()))


def answered(answers: Sequence[Answer]) -> list[Answer]:
    """Those where the model gave a label."""
    return [answer for answer in answers if answer.label is not None]


def abstained(answers: Sequence[Answer]) -> dict[str, int]:
    """How often the model abstained for each reason, the most frequent first."""
    reasons = (answer.reason or "unknown" for answer in answers if answer.label is None)
    return dict(Counter(reasons).most_common())


def confusion(answers: Sequence[Answer], labels: Sequence[str]) -> list[list[int]]:
    """How often each label (row) was read as each label (column).

    One row and one column more than labels: the last row is for images that show none of them, the
    last column for answers that abstained.
    """
    index: dict[str | None, int] = {label: i for i, label in enumerate(labels)}
    index[None] = len(labels)
    counts = [[0] * len(index) for _ in index]
    for answer in answers:
        counts[index[answer.truth]][index[answer.label]] += 1
    return counts
