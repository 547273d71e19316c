"""A batch on its way through the lanes."""

from concurrent.futures import Future
from contextlib import nullcontext
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING

from digits.answers import Answers, answer
from digits.pipeline.messages import Batch, Part
from digits.pipeline.reading import read_batch

if TYPE_CHECKING:
    from digits.classifier import Classifier


@dataclass(eq=False)
class Task:
    """A batch to read, and where its answers go.

    Attributes:
        batch: What was found.
        future: Gets the answers, or the error of the model.
        answers: What is known so far.
        error: What the model fails with.
    """

    batch: Batch
    future: "Future[Answers]" = field(default_factory=Future)
    answers: Answers = field(default_factory=Answers)
    error: Exception | None = None

    def missing(self) -> list[int]:
        """Places of the files that aren't answered."""
        known = {place for group in self.answers.groups for place in group.places}
        known |= self.answers.errors.keys()
        return [place for place in range(len(self.batch)) if place not in known]

    def add(self, part: Part, classifier: "Classifier", lock: Lock) -> None:
        """Add what a worker knows; what it only decoded is classified here, one at a time."""
        self.answers.extend(part.answers)
        if part.images and self.error is None:
            try:
                with lock:
                    self.answers.extend(answer(classifier, part.images))
            except Exception as error:  # for whoever waits for the future
                self.error = error

    def read(self, classifier: "Classifier", lock: "Lock | None") -> None:
        """Read the batch in this process, one at a time if there is a lock."""
        try:
            with lock or nullcontext():
                self.answers.extend(read_batch(classifier, self.batch))
        except Exception as error:  # for whoever waits for the future
            self.error = error

    def finish(self) -> None:
        """Give the future what it waits for."""
        if self.error is not None:
            self.future.set_exception(self.error)
        else:
            self.future.set_result(self.answers)
