"""The progress of a training on stderr: a bar on a terminal, a line per evaluation anywhere."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

from digits_models.session import Row, Session

#: Seconds between two looks at the running loss, which on CUDA wait for the device.
LOOK_EVERY = 0.2


class Progress:
    """Shows steps, loss, accuracy and images per second; a context manager.

    Args:
        total: Steps of the whole training.
        run: The training, which may have steps behind it already.
    """

    def __init__(self, total: int, run: Session) -> None:
        self._run = run
        self._seen = 0
        self._began = self._looked = time.perf_counter()
        self._bar = Bar(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("{task.fields[state]}"),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            disable=not sys.stderr.isatty(),
        )
        self._task = self._bar.add_task(run.recipe.arch, total=total, completed=run.step, state="")

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self._bar.update(self._task, completed=self._run.step, refresh=True)
        self._bar.stop()

    def advance(self, images: int) -> None:
        """Count a step of so many images."""
        self._seen += images
        now = time.perf_counter()
        if not self._bar.disable and now - self._looked > LOOK_EVERY:
            self._looked = now
            self._bar.update(self._task, completed=self._run.step, state=self._state())

    def evaluated(self, row: Row) -> None:
        """Print the line of an evaluation."""
        self._bar.console.print(
            f"step {row.step:>6}  epoch {row.epoch:>6.2f}  loss {row.train_loss:.4f}  "
            f"accuracy {row.train_accuracy:.2%}  validation {row.validation_accuracy:.2%}  "
            f"{self._speed():,.0f} images/s",
            highlight=False,
            soft_wrap=True,
        )

    def _state(self) -> str:
        loss, right, seen = self._run.sums.tolist()
        now = f"loss {loss / seen:.3f}  accuracy {right / seen:.1%}  " if seen else ""
        return f"{now}{self._speed():,.0f} images/s"

    def _speed(self) -> float:
        return self._seen / max(time.perf_counter() - self._began, 1e-9)
