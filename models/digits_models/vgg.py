"""VGG-16: far too large for digits, and so the test of what happens to large networks."""

from __future__ import annotations

from functools import partial

from torch import nn

from digits_models.canvas import MNIST_INK, Prepare
from digits_models.network import DigitNetwork
from digits_models.registry import Architecture, register

#: Channels of the 3×3 convolutions in each block of configuration D; a block ends with a max-pool.
CONFIGURATION_D = ((64, 64), (128, 128), (256, 256, 256), (512, 512, 512), (512, 512, 512))


def _blocks() -> dict[str, nn.Module]:
    layers: dict[str, nn.Module] = {}
    channels = 3
    for block, widths in enumerate(CONFIGURATION_D, start=1):
        for index, width in enumerate(widths, start=1):
            layers[f"conv{block}_{index}"] = nn.Conv2d(channels, width, kernel_size=3, padding=1)
            layers[f"relu{block}_{index}"] = nn.ReLU()
            channels = width
        layers[f"pool{block}"] = nn.MaxPool2d(2)
    return layers


class VGG16(DigitNetwork):
    """VGG configuration D for 3×224×224; 10 classes on top of its 1000 (Simonyan and Zisserman)."""

    def __init__(self) -> None:
        super().__init__(
            body={
                **_blocks(),
                "flatten": nn.Flatten(),
                "hidden1": nn.Linear(512 * 7 * 7, 4096),
                "relu6": nn.ReLU(),
                "dropout6": nn.Dropout(),
                "hidden2": nn.Linear(4096, 4096),
                "relu7": nn.ReLU(),
                "dropout7": nn.Dropout(),
                "hidden3": nn.Linear(4096, 1000),
                "relu8": nn.ReLU(),
            },
            head=nn.Linear(1000, 10),
        )


register(
    Architecture(
        name="vgg16",
        title="VGG-16 (configuration D), 3×224×224",
        source="Simonyan and Zisserman, Very deep convolutional networks, 2014",
        build=VGG16,
        prepare=partial(Prepare, MNIST_INK, size=224, channels=3),
        dataset="mnist",
        front="ink",
        parameters=138_367_554,
    )
)
