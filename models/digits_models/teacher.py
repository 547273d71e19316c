"""The network that the small ones learn from: larger, slower, and right more often."""

from __future__ import annotations

from functools import partial

from torch import nn

from digits_models.canvas import MNIST_INK, Prepare
from digits_models.network import DigitNetwork
from digits_models.registry import Architecture, register

#: Channels of the blocks: two 3×3 convolutions each, and a max-pool.
WIDTHS = (32, 64, 128)


def _blocks() -> dict[str, nn.Module]:
    layers: dict[str, nn.Module] = {}
    channels = 1
    for block, width in enumerate(WIDTHS, start=1):
        for index in (1, 2):
            name = f"{block}_{index}"
            layers[f"conv{name}"] = nn.Conv2d(channels, width, 3, padding=1, bias=False)
            layers[f"norm{name}"] = nn.BatchNorm2d(width)
            layers[f"relu{name}"] = nn.ReLU()
            channels = width
        layers[f"pool{block}"] = nn.MaxPool2d(2)
    return layers


class Teacher(DigitNetwork):
    """Six 3×3 convolutions with batch normalisation, in the manner of VGG, for 1×28×28."""

    def __init__(self) -> None:
        super().__init__(
            body={**_blocks(), "flatten": nn.Flatten(), "dropout": nn.Dropout(0.3)},
            head=nn.Linear(WIDTHS[-1] * 3 * 3, 10),
        )


register(
    Architecture(
        name="teacher",
        title="Six 3×3 convolutions with batch normalisation, 1×28×28",
        source="in the manner of Simonyan and Zisserman, 2014, and Ioffe and Szegedy, 2015",
        build=Teacher,
        prepare=partial(Prepare, MNIST_INK),
        dataset="mnist",
        front="ink",
        parameters=298_410,
    )
)
