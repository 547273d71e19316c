"""Which layers of a network are found in an export, and which is the first that is wrong.

An export may compute in other ways: fold a normalisation into a convolution, compute constants
beforehand. So a layer that isn't found is no defect by itself. It is one if what reads it isn't
found either, and so on to an output.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf

from digits_export.trace.bounds import SHARE, bounds, close, difference
from digits_export.trace.layers import Layer, Run
from digits_export.trace.values import Value, Values

_BEFORE = -1  # the position before the first value


@dataclass(frozen=True)
class Match:
    """How a layer compares with what an export computes.

    Attributes:
        layer: The layer in float64.
        error: Largest difference of its value in the export; infinite if it wasn't found.
        allowed: The bound: a share of the layer's largest value or, where that is more, a multiple
            of PyTorch's own float32 error; 0 for integers.
        value: Name of that value; empty if it wasn't found.
        start: Position in the export after which it was looked for first.
        own: Whether that value lies there. Otherwise it equals one before, such as what the layer
            reads, which says little.
    """

    layer: Layer
    error: float
    allowed: float
    value: str
    start: int
    own: bool

    @property
    def found(self) -> bool:
        """Whether the export has a value within the bound."""
        return self.error <= self.allowed


def matches(truth: Run, eager: Run, values: Values, share: float = SHARE) -> list[Match]:
    """Look for every layer among the values of an export.

    A layer's value has as many elements, and best comes after those that the layer reads. An output
    is compared with the export's output of that name.

    Args:
        truth: The run in float64.
        eager: The same in float32, by PyTorch.
        values: What the export computes for the same input.
        share: Allowed difference as a share of a layer's largest value.
    """
    allowed = bounds(truth.layers, eager.layers, share)
    by_size = _by_size(values.inner)
    outputs = {
        at: Value(f"output {name}", values.outputs[name]) for name, at in truth.outputs.items()
    }
    result: list[Match] = []
    reached: list[int] = []
    for number, layer in enumerate(truth.layers):
        start = max((reached[i] for i in layer.inputs), default=_BEFORE)
        same_size = by_size.get(layer.output.size, [])
        at = _search(layer, allowed[number], same_size, start)
        # Constants can be anywhere.
        reached.append(_BEFORE if layer.constant else start if at is None else at)
        value = outputs.get(number) or (None if at is None else values.inner[at])
        error = inf if value is None else difference(value.array, layer.output)
        own = layer.constant or layer.view or (at is not None and at > start)
        name = value.name if value else ""
        result.append(Match(layer, error, allowed[number], name, start, own))
    return result


def _by_size(inner: Sequence[Value]) -> dict[int, list[tuple[int, Value]]]:
    found: dict[int, list[tuple[int, Value]]] = {}
    for at, value in enumerate(inner):
        found.setdefault(value.array.size, []).append((at, value))
    return found


def _search(
    layer: Layer, allowed: float, candidates: Sequence[tuple[int, Value]], start: int
) -> int | None:
    """Position of the value that is the layer's output: the first after `start`, or else any.

    It may be the same as what it is computed from; and what a layer reads may have been taken for
    a value of the same contents further on.
    """
    later = [item for item in candidates if item[0] > start]
    earlier = [item for item in candidates if item[0] <= start]
    alike = (at for at, value in (*later, *earlier) if close(value.array, layer.output, allowed))
    return next(alike, None)


def culprit(truth: Run, several: Sequence[Match]) -> int | None:
    """Position of the first layer that is wrong and makes an output wrong; None if none is."""
    wrong = [not match.found for match in several]
    outputs = set(truth.outputs.values())
    spoils = [wrong[i] and i in outputs for i in range(len(wrong))]
    for number in reversed(range(len(wrong))):
        if spoils[number]:
            for i in truth.layers[number].inputs:
                spoils[i] = wrong[i]
    return _before(spoils.index(True), truth, several) if True in spoils else None


def _before(number: int, truth: Run, several: Sequence[Match]) -> int:
    """The layer, or one before it whose only value in the export is that of what it reads.

    Where a layer changes nothing, as a limit that isn't reached, its wrong value isn't missed.
    """
    alike = [i for i in truth.layers[number].inputs if not several[i].own]
    return _before(alike[0], truth, several) if alike else number


def closest(match: Match, values: Values) -> Value | None:
    """The value of the layer's size that comes closest to it, after those that the layer reads."""
    later = values.inner[match.start + 1 :]
    alike = [value for value in later if value.array.size == match.layer.output.size]
    return min(alike, key=lambda v: difference(v.array, match.layer.output), default=None)
