"""From an image file to a digit, without PyTorch.

    >>> import digits
    >>> classifier = digits.Classifier.load("lenet")  # doctest: +SKIP
    >>> classifier.predict("photo.jpg").label         # doctest: +SKIP
    '7'

Names are loaded when they are first used: `import digits` alone costs some milliseconds.
"""

from importlib import import_module

TYPE_CHECKING = False  # as in typing, whose import takes longer than all of this
if TYPE_CHECKING:
    from digits.classifier import Classifier as Classifier
    from digits.errors import DigitsError as DigitsError
    from digits.errors import InputError as InputError
    from digits.errors import MissingExtraError as MissingExtraError
    from digits.errors import ModelError as ModelError
    from digits.errors import OutputError as OutputError
    from digits.errors import ParityError as ParityError
    from digits.errors import ProviderError as ProviderError
    from digits.errors import UsageError as UsageError
    from digits.explanation import explain as explain
    from digits.prediction import Failure as Failure
    from digits.prediction import Prediction as Prediction
    from digits.prediction import Reason as Reason

__version__ = "0.1.0"

_HOMES = {
    "Classifier": "digits.classifier",
    "DigitsError": "digits.errors",
    "Failure": "digits.prediction",
    "InputError": "digits.errors",
    "MissingExtraError": "digits.errors",
    "ModelError": "digits.errors",
    "OutputError": "digits.errors",
    "ParityError": "digits.errors",
    "Prediction": "digits.prediction",
    "ProviderError": "digits.errors",
    "Reason": "digits.prediction",
    "UsageError": "digits.errors",
    "explain": "digits.explanation",
}

__all__ = [
    "Classifier",
    "DigitsError",
    "Failure",
    "InputError",
    "MissingExtraError",
    "ModelError",
    "OutputError",
    "ParityError",
    "Prediction",
    "ProviderError",
    "Reason",
    "UsageError",
    "__version__",
    "explain",
]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
