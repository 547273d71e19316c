"""Name → measurement; a new one is a file in `measurements` and its name here."""

from collections.abc import Sequence
from importlib import import_module

from digits.bench.measurement import Measurement
from digits.errors import UsageError

#: In the order in which they run and are told.
NAMES = ("cold", "latency", "folder", "photos", "memory", "batch", "size", "stages", "serve")


def get(name: str) -> Measurement:
    """The measurement of that name.

    Raises:
        UsageError: There is none; the message lists those that there are.
    """
    if name not in NAMES:
        raise UsageError(f"unknown measurement {name!r}: known are {', '.join(NAMES)}")
    found: Measurement = import_module(f"digits.bench.measurements.{name}").MEASUREMENT
    return found


def chosen(only: Sequence[str]) -> list[Measurement]:
    """The measurements of those names, in their order; all if there are none.

    Raises:
        UsageError: There is no such measurement.
    """
    return [get(name) for name in dict.fromkeys(only or NAMES)]
