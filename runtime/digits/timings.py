"""Where the time of a run goes, by stage and over all processes."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from time import perf_counter

# In the order in which an image passes them.
STAGES = ("find", "read", "decode", "front", "net", "write")


@dataclass
class Timings:
    """Time that a run took; hand one to `Classifier.stream`, and look at it afterwards.

    Attributes:
        seconds: By stage, summed over all processes: finding files, reading their bytes, decoding
            them, the front end, the classifier, and what is done with the answers.
        images: Inputs that were answered, failures among them.
        wall: Seconds from the first input to the last answer.
        processes: Processes that read: this one and its workers.
    """

    seconds: dict[str, float] = field(default_factory=lambda: dict.fromkeys(STAGES, 0.0))
    images: int = 0
    wall: float = 0.0
    processes: int = 1

    def add(self, seconds: Mapping[str, float]) -> None:
        """Add what one batch took.

        Args:
            seconds: By stage.
        """
        for stage, more in seconds.items():
            self.seconds[stage] = self.seconds.get(stage, 0.0) + more


class Stopwatch:
    """Tells the time between laps, by the stage that each belongs to."""

    def __init__(self) -> None:
        self._seconds: dict[str, float] = {}
        self._last = perf_counter()

    def lap(self, stage: str) -> None:
        """The time since the last lap belongs to this stage."""
        now = perf_counter()
        self._seconds[stage] = self._seconds.get(stage, 0.0) + now - self._last
        self._last = now

    def stop(self, stage: str) -> dict[str, float]:
        """End with a lap, and tell the seconds by stage."""
        self.lap(stage)
        return self._seconds
