"""What a worker is told and what it answers: pickles, one after the other in a pipe."""

import pickle
from dataclasses import dataclass
from typing import IO, Any

from digits.answers import Answers, Placed
from digits.find import Found


@dataclass(frozen=True)
class Job:
    """What a worker is for; the first thing that it is told.

    Attributes:
        recipe: Arguments of `digits.classifier.reopen`; None for a worker that only decodes,
            because its classifier runs on a GPU, which one process should have for itself.
    """

    recipe: tuple[Any, ...] | None


@dataclass(frozen=True)
class Ready:
    """The worker is there: the first message from it."""


@dataclass(frozen=True)
class Alive:
    """Another file is done."""


@dataclass(frozen=True, eq=False)
class Part:
    """Some of a batch's images: their answers or, from a worker that only decodes, pixels.

    Attributes:
        answers: Answers, or just what the images took.
        images: What was decoded.
    """

    answers: Answers
    images: list[Placed]


@dataclass(frozen=True)
class Done:
    """All of the batch was in the parts before."""


@dataclass(frozen=True, eq=False)
class Broken:
    """Nothing is wrong with the files, but the model fails on them."""

    error: Exception


Message = Ready | Alive | Part | Done | Broken
Batch = list[Found]


def put(pipe: IO[bytes], message: object) -> None:
    """Write one message.

    Raises:
        OSError: Nobody reads any more.
    """
    pipe.write(pickle.dumps(message, pickle.HIGHEST_PROTOCOL))
    pipe.flush()


def get(pipe: IO[bytes]) -> Any:
    """Read one message, waiting for it.

    Raises:
        EOFError: Nobody writes any more.
    """
    return pickle.load(pipe)
