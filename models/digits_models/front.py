"""Front ends by name: what turns any image into the canvas that a network was trained on.

A front end is a module with the signature

    image uint8 [N, H, W, 3] RGB → canvas uint8 [N, 28, 28], clean uint8 [N, h, w],
                                   box float [N, 4], evidence float [N, E]

for images of one size, and with `evidence_names`, a name for each of the E figures. It is exported
as it is, so it holds to operations that script, and that export with batch, height and width left
open.
"""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Protocol, cast, runtime_checkable

from torch import Tensor, nn

from digits.errors import UsageError
from digits_models.ink import Ink
from digits_models.photo import Photo


@runtime_checkable
class FrontEnd(Protocol):
    """What the exporter asks of a front end, beside being a module."""

    evidence_names: tuple[str, ...]

    def __call__(self, image: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Image → canvas, clean, box, evidence."""
        ...


FRONT_ENDS: Mapping[str, Callable[[], nn.Module]] = MappingProxyType({"ink": Ink, "photo": Photo})


def build_front(name: str) -> nn.Module:
    """A front end in evaluation mode; its `evidence_names` are those of `FrontEnd`.

    Raises:
        UsageError: The name is unknown.
    """
    try:
        build = FRONT_ENDS[name]
    except KeyError:
        known = ", ".join(FRONT_ENDS)
        raise UsageError(f"unknown front end '{name}': known are {known}") from None
    return build().eval()


def evidence_names(front: nn.Module) -> tuple[str, ...]:
    """Names of the front end's evidence, in the order of its columns."""
    return cast(FrontEnd, front).evidence_names
