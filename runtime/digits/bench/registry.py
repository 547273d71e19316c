"""Name → measurement; a new one is a file in `measurements` and its name here."""

from collections.abc import Sequence
from importlib import import_module

from digits.bench.measurement import Measurement
from digits.errors import UsageError

#: In the order in which they run and are told.
NAMES = ("cold", "latency", "folder", "photos", "memory", "batch", "size", "stages")


def get(name: str) -> Measurement:
    """The measurement of that name.

    Raises:
        UsageError: There is none; the message lists those that there are.
    """
    if name not in NAMES:
        raise UsageError(f"unknown measurement {name!r}: known are {', '.join(NAMES)}")
    found: Measurement = import_module(f"digits.bench.measurements.{name}").MEASUREMENT
    return found


def chosen(only: Sequence[str], provider: str) -> list[Measurement]:
    """The measurements to run.

    Args:
        only: Their names; all that are about the provider if there are none.
        provider: "cpu" or "cuda".

    Raises:
        UsageError: There is no such measurement, or it is about another provider.
    """
    about = [item for item in map(get, dict.fromkeys(only or NAMES)) if item.provider == provider]
    left = [get(name) for name in only if get(name) not in about]
    if left:
        other = left[0]
        raise UsageError(f"{other.name} is measured with --provider {other.provider}")
    if not about:
        raise UsageError(f"nothing is measured with --provider {provider} yet")
    return about
