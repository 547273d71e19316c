"""Values of options that are more than a word: sizes and lists of numbers."""

from math import isfinite

from digits.errors import UsageError
from digits_export.foreign import Shape


def shape(text: str | None) -> Shape:
    """The size "3x224x224" as numbers.

    Raises:
        UsageError: It isn't one.
    """
    if text is None:
        raise UsageError("--input is missing: give the model's input as CxHxW, 3x224x224 say")
    sizes = text.lower().replace("×", "x").split("x")
    if len(sizes) != 3 or not all(size.strip().isdigit() for size in sizes):
        raise UsageError(f"--input is {text!r}: give the model's input as CxHxW, 3x224x224 say")
    channels, height, width = map(int, sizes)
    return channels, height, width


def numbers(option: str, text: str) -> tuple[float, ...]:
    """The numbers in "0.485,0.456,0.406".

    Raises:
        UsageError: They aren't numbers.
    """
    try:
        found = tuple(float(part) for part in text.split(","))
    except ValueError as error:
        raise UsageError(f"{option} is {text!r}: give one number, or 0.5,0.4,0.3") from error
    if not all(isfinite(value) for value in found):
        raise UsageError(f"{option} is {text!r}: give finite numbers")
    return found
