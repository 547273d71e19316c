"""All goldens of a bundle, part by part, with the time that each takes."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from time import perf_counter

from digits.bundle import GOLDENS, IMAGE
from digits.classifier import Classifier
from digits.errors import InputError, ModelError
from digits.goldens.check import Check
from digits.goldens.entry_points import check_entry_points
from digits.goldens.files import check_files
from digits.goldens.graphs import check_canvases, check_combined, check_images
from digits.goldens.reading import read_goldens
from digits.sessions import Assignment


@dataclass(frozen=True)
class Part:
    """One part of a replay.

    Attributes:
        name: What it replayed.
        checks: What was compared.
        seconds: How long it took.
        assignment: Where the nodes ran of a graph that was opened for it.
    """

    name: str
    checks: tuple[Check, ...]
    seconds: float
    assignment: Assignment | None = None


def replay(classifier: Classifier) -> list[Check]:
    """Run all goldens of the classifier's bundle and compare.

    Raises:
        ModelError: The bundle has no goldens, or they can't be used; the message names the array.
        OutputError: There is no room for temporary files.
    """
    return [check for part in replay_parts(classifier) for check in part.checks]


def replay_parts(classifier: Classifier) -> Iterator[Part]:
    """`replay`, part by part."""
    start = perf_counter()
    goldens = read_goldens(classifier.bundle)
    yield Part("reading", (), perf_counter() - start)
    images = goldens.images
    yield _timed(classifier, "canvases", lambda: (check_canvases(classifier, goldens), None))
    yield _timed(classifier, "images", lambda: (check_images(classifier, images), None))
    # It holds the classifier in float32.
    if IMAGE in classifier.bundle.manifest.files and classifier.variant is None:
        yield _timed(classifier, IMAGE, lambda: check_combined(classifier, images))
    yield _timed(classifier, "files", lambda: (check_files(classifier, images), None))
    yield _timed(classifier, "entry points", lambda: (check_entry_points(classifier, images), None))


def _timed(
    classifier: Classifier, name: str, run: Callable[[], tuple[list[Check], Assignment | None]]
) -> Part:
    start = perf_counter()
    try:
        checks, assignment = run()
    except InputError as error:
        place = classifier.bundle.directory / GOLDENS
        raise ModelError(f"{place}: {error}: export the model again") from error
    return Part(name, tuple(checks), perf_counter() - start, assignment)
