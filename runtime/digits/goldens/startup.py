"""A few of the goldens, in milliseconds: for a classifier that proves itself when it is loaded."""

from digits.classifier import Classifier
from digits.errors import InputError, ModelError, ParityError
from digits.goldens.check import Check
from digits.goldens.graphs import check_canvases, check_images
from digits.goldens.reading import read_goldens

# The exporter's first images are small ones.
_IMAGES = 2


def prove(classifier: Classifier) -> list[Check]:
    """Replay the canvases, in one batch, and the first images.

    Returns:
        What was compared.

    Raises:
        ModelError: The bundle has no goldens, or they can't be used.
        ParityError: An answer differs too much from the trained network's; the message says which.
    """
    goldens = read_goldens(classifier.bundle, _IMAGES)
    try:
        checks = check_canvases(classifier, goldens)
        checks += check_images(classifier, goldens.images) if goldens.images else []
    except InputError as error:
        raise ModelError(f"{classifier.name}: {error}: export the model again") from error
    failed = [str(check) for check in checks if not check.passed]
    if failed:
        raise ParityError(
            f"{classifier.full_name} on {classifier.provider}: {', '.join(failed)}: not as the "
            "trained network's: run: digits verify"
        )
    return checks
