"""What came of running a model over labelled images."""

from dataclasses import dataclass, field

from digits.abstain import Thresholds
from digits.accuracy import Answer
from digits.mistakes import Reading, Worst
from digits.prediction import Failure


@dataclass
class Outcome:
    """One model's answers to one set of images.

    Attributes:
        model: The model's name.
        provider: Where it ran, "cpu" or "cuda".
        labels: All labels that it knows.
        data: The images, as the user named them.
        canvas: Whether they went to the classifier as they are, without the front end.
        thresholds: When the model abstains (see `digits.abstain`).
        answers: One for each image that could be read.
        failures: The images that couldn't.
        worst: The mistakes that the model was surest of, with their pictures.
    """

    model: str
    provider: str
    labels: tuple[str, ...]
    data: str
    canvas: bool
    thresholds: Thresholds = field(default_factory=dict)
    answers: list[Answer] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    worst: Worst = field(default_factory=Worst)

    def take(self, item: Reading | Failure) -> None:
        """Add what came of one image; only the worst mistakes keep their pictures."""
        if isinstance(item, Failure):
            self.failures.append(item)
        else:
            self.answers.append(item.answer)
            self.worst.see(item)
