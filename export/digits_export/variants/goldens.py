"""What a device holds a variant against: float64's goldens, or the variant's own answers to them.

Half precision stays near float64, on every canvas. Integers do on what they were calibrated for,
and nowhere else: on noise they answer something of their own, which is no error, and a tolerance
that allowed it would allow anything. So their own answers, from here, are what a device must
repeat; that those are right enough is what the test set proved. Other processors round otherwise
here and there: as far as plain kernels on this one are off the fused ones, and as much more.
"""

import io
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from digits.manifest_values import LARGEST_TOLERANCE
from digits_export.engines import Engine
from digits_export.inputs import Pixels
from digits_export.variants.engine import OneThread
from digits_export.variants.judge import OUTPUTS

Arrays = Mapping[str, NDArray[Any]]

_MORE = 1.5
_MORE_OF_OWN = 2.0
# One step of an activation that another processor rounds the other way.
_STEP = {"logits": 0.1, "probabilities": 0.01}
_BATCH = 8
_IMAGE_CANVAS = re.compile(r"(image_\d+)_canvas")


@dataclass(frozen=True)
class Held:
    """What a variant is held against on a device.

    Attributes:
        tolerance: The largest allowed difference, by output.
        reasons: Why that would prove nothing; empty if it proves something.
        own: Contents of the `.npz` file with the variant's own answers; None: float64's count.
    """

    tolerance: Mapping[str, float]
    reasons: tuple[str, ...] = ()
    own: bytes | None = field(default=None, repr=False)


def near_float64(engine: Engine, goldens: Arrays) -> Held:
    """Hold a variant against float64's answers.

    Args:
        engine: The variant.
        goldens: `canvas` uint8 [G, *canvas]; `logits` and `probabilities`, float64 [G, K].
    """
    found = _answers(engine, goldens["canvas"])
    worst = {name: _distance(found[name], goldens[name]) for name in OUTPUTS}
    return _held({name: _MORE * value for name, value in worst.items()})


def as_here(engine: Engine, plain: Engine | None, goldens: Arrays, more: Pixels) -> Held:
    """Hold a variant against its own answers.

    Args:
        engine: The variant.
        plain: The same in plain kernels, if it can be had.
        goldens: The bundle's goldens.
        more: Canvases beside the goldens to compare the two on, uint8 [N, *canvas].
    """
    found = _answers(engine, goldens["canvas"])
    canvases = np.concatenate([goldens["canvas"], more])
    other = found if plain is None else _answers(plain, canvases)
    fused = found if plain is None else _answers(engine, canvases)
    apart = {name: _distance(other[name], fused[name]) for name in OUTPUTS}
    held = _held({n: max(_STEP[n], _MORE_OF_OWN * value) for n, value in apart.items()})
    return Held(held.tolerance, held.reasons, _serialised(engine, goldens, found))


def unfused(data: bytes, file: str, engine: Engine, graph: Any) -> Engine | None:
    """The same ONNX file without any optimisation of ONNX Runtime's; None for other formats."""
    return OneThread(engine.name, data, graph, optimised=False) if file.endswith(".onnx") else None


def _held(allowed: Mapping[str, float]) -> Held:
    tolerance = {name: _rounded_up(value) for name, value in allowed.items()}
    return Held(
        tolerance,
        tuple(
            f"{name} of goldens may differ by {value:.2g}, over {LARGEST_TOLERANCE[name]:g}"
            for name, value in tolerance.items()
            if not value <= LARGEST_TOLERANCE[name]
        ),
    )


def _answers(engine: Engine, canvases: NDArray[Any]) -> Arrays:
    starts = range(0, len(canvases), _BATCH)
    parts = [engine.run(canvases[start : start + _BATCH]) for start in starts]
    return {name: np.concatenate([part[name] for part in parts]) for name in OUTPUTS}


def _distance(found: NDArray[Any], expected: NDArray[Any]) -> float:
    return float(np.abs(np.asarray(found, np.float64) - expected).max(initial=0.0))


def _serialised(engine: Engine, goldens: Arrays, found: Arrays) -> bytes:
    """The arrays that take the place of float64's, under the same names."""
    arrays = dict(found)
    for name, canvas in goldens.items():
        if match := _IMAGE_CANVAS.fullmatch(name):
            arrays[f"{match[1]}_probabilities"] = engine.run(canvas[None])["probabilities"][0]
    file = io.BytesIO()
    np.savez(file, **arrays)  # type: ignore[arg-type]
    return file.getvalue()


def _rounded_up(value: float) -> float:
    """To one digit; NaN and infinity stay."""
    if not np.isfinite(value) or value <= 0:
        return value
    digit = 10.0 ** np.floor(np.log10(value))
    return float(f"{np.ceil(value / digit) * digit:.0e}")
