"""From an image file to a digit, without PyTorch.

    >>> import digits
    >>> classifier = digits.Classifier.load("lenet")  # doctest: +SKIP
    >>> classifier.predict("photo.jpg").label         # doctest: +SKIP
    '7'

All that apps may count on is listed here; submodules are the package's own business (API.md).
Names are loaded when they are first used: `import digits` alone costs some milliseconds.
"""

from importlib import import_module

TYPE_CHECKING = False  # as in typing, whose import takes longer than all of this
if TYPE_CHECKING:
    from digits.bundle import Bundle as Bundle
    from digits.bundle import open_bundle as open_bundle
    from digits.bundle import shipped as shipped
    from digits.classifier import Classifier as Classifier
    from digits.decoded import Decoded as Decoded
    from digits.errors import DigitsError as DigitsError
    from digits.errors import InputError as InputError
    from digits.errors import MissingExtraError as MissingExtraError
    from digits.errors import ModelError as ModelError
    from digits.errors import OutputError as OutputError
    from digits.errors import ParityError as ParityError
    from digits.errors import ProviderError as ProviderError
    from digits.errors import UsageError as UsageError
    from digits.explanation import explain as explain
    from digits.front import Seen as Seen
    from digits.images import Source as Source
    from digits.images import load_image as load_image
    from digits.images import load_pixels as load_pixels
    from digits.prediction import Failure as Failure
    from digits.prediction import Prediction as Prediction
    from digits.prediction import Ranked as Ranked
    from digits.prediction import Reason as Reason
    from digits.sessions import Assignment as Assignment
    from digits.timings import Timings as Timings

__version__ = "0.1.0"

_HOMES = {
    "Assignment": "digits.sessions",
    "Bundle": "digits.bundle",
    "Classifier": "digits.classifier",
    "Decoded": "digits.decoded",
    "DigitsError": "digits.errors",
    "Failure": "digits.prediction",
    "InputError": "digits.errors",
    "MissingExtraError": "digits.errors",
    "ModelError": "digits.errors",
    "OutputError": "digits.errors",
    "ParityError": "digits.errors",
    "Prediction": "digits.prediction",
    "ProviderError": "digits.errors",
    "Ranked": "digits.prediction",
    "Reason": "digits.prediction",
    "Seen": "digits.front",
    "Source": "digits.images",
    "Timings": "digits.timings",
    "UsageError": "digits.errors",
    "explain": "digits.explanation",
    "load_image": "digits.images",
    "load_pixels": "digits.images",
    "open_bundle": "digits.bundle",
    "shipped": "digits.bundle",
}

__all__ = [
    "Assignment",
    "Bundle",
    "Classifier",
    "Decoded",
    "DigitsError",
    "Failure",
    "InputError",
    "MissingExtraError",
    "ModelError",
    "OutputError",
    "ParityError",
    "Prediction",
    "ProviderError",
    "Ranked",
    "Reason",
    "Seen",
    "Source",
    "Timings",
    "UsageError",
    "__version__",
    "explain",
    "load_image",
    "load_pixels",
    "open_bundle",
    "shipped",
]

if not TYPE_CHECKING:  # or a type checker would take every name for one that is here

    def __getattr__(name: str) -> object:
        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = getattr(import_module(_HOMES[name]), name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return __all__
