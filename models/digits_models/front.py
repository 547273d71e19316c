"""Front ends by name: what turns any image into the canvas that a network was trained on.

A front end is a module with the signature

    image uint8 [N, H, W, 3] RGB → canvas uint8 [N, *canvas], clean uint8 [N, h, w],
                                   box float [N, 4], evidence float [N, E]

for images of one size, and with `evidence_names`, a name for each of the E figures. Its canvas is
[28, 28], or another shape where it can make it. It is exported
as it is, so it holds to operations that script, and that export with batch, height and width left
open.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Protocol, cast, runtime_checkable

from torch import Tensor, nn

from digits.errors import UsageError
from digits_models import plugins
from digits_models.colour import ColourPhoto
from digits_models.ink import Ink
from digits_models.photo import CORNER, Photo
from digits_models.plugins import named


@runtime_checkable
class FrontEnd(Protocol):
    """What the exporter asks of a front end, beside being a module."""

    evidence_names: tuple[str, ...]

    def __call__(self, image: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Image → canvas, clean, box, evidence."""
        ...


Build = Callable[[tuple[int, ...], float], nn.Module]
Canvas = tuple[int, ...]

#: The canvas of the data sets.
CANVAS: Canvas = (28, 28)


def _ink(canvas: Canvas, crop: float) -> nn.Module:
    if canvas != CANVAS or crop != 1.0:
        raise UsageError("front end 'ink' makes canvases of 28×28, and finds the digit by itself")
    return Ink()


def _photo(canvas: Canvas, crop: float) -> nn.Module:
    if len(canvas) == 3 and canvas[0] == 3:
        return ColourPhoto(canvas[1], canvas[2], crop)
    if len(canvas) != 2 or canvas[0] != canvas[1] or canvas[0] < 2 * CORNER:
        raise UsageError(
            "front end 'photo' makes canvases in colour, or grey squares of "
            f"{2 * CORNER} pixels or more, not {list(canvas)}"
        )
    if crop != 1.0:
        raise UsageError("front end 'photo' takes the whole middle square in grey: leave crop out")
    return Photo(canvas[0])


FRONT_ENDS: Mapping[str, Build] = MappingProxyType({"ink": _ink, "photo": _photo})


def front_ends() -> list[str]:
    """Names of all front ends, those of other distributions among them."""
    others = (point.name for point in named(plugins.FRONT_ENDS))
    return [*FRONT_ENDS, *(name for name in others if name not in FRONT_ENDS)]


def build_front(name: str, canvas: Canvas = CANVAS, crop: float = 1.0) -> nn.Module:
    """A front end in evaluation mode; its `evidence_names` are those of `FrontEnd`.

    Args:
        name: Its name.
        canvas: Shape of the canvas that it shall make.
        crop: Share of the image's middle to take, where the front end takes the middle.

    Raises:
        UsageError: The name is unknown, two have it, or it can't make such canvases.
        ModelError: It belongs to another distribution and can't be loaded.
    """
    if name in FRONT_ENDS:
        return FRONT_ENDS[name](canvas, crop).eval()
    found = [point for point in named(plugins.FRONT_ENDS) if point.name == name]
    if not found:
        raise UsageError(f"unknown front end '{name}': known are {', '.join(front_ends())}")
    if len(found) > 1:
        both = " and ".join(map(plugins.distribution, found))
        raise UsageError(f"front end '{name}' comes from {both}: uninstall one of them")
    module: nn.Module = plugins.load(found[0])(canvas, crop)
    return module.eval()


def evidence_names(front: nn.Module) -> tuple[str, ...]:
    """Names of the front end's evidence, in the order of its columns."""
    return cast(FrontEnd, front).evidence_names
