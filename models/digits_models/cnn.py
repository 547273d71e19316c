"""Two small convolutional networks of the tutorials."""

from __future__ import annotations

from functools import partial

from torch import nn

from digits_models.canvas import MNIST_INK, Prepare
from digits_models.network import DigitNetwork
from digits_models.registry import Architecture, register


class CNN(DigitNetwork):
    """Two 5×5 convolutions straight into the head; the smallest of the networks."""

    def __init__(self) -> None:
        super().__init__(
            body={
                "conv1": nn.Conv2d(1, 16, kernel_size=5, padding=2),
                "relu1": nn.ReLU(),
                "pool1": nn.MaxPool2d(2),
                "conv2": nn.Conv2d(16, 32, kernel_size=5, padding=2),
                "relu2": nn.ReLU(),
                "pool2": nn.MaxPool2d(2),
                "flatten": nn.Flatten(),
            },
            head=nn.Linear(32 * 7 * 7, 10),
        )


class SimpleCNN(DigitNetwork):
    """Two 3×3 convolutions without padding and one hidden layer."""

    def __init__(self) -> None:
        super().__init__(
            body={
                "conv1": nn.Conv2d(1, 32, kernel_size=3),
                "relu1": nn.ReLU(),
                "pool1": nn.MaxPool2d(2),
                "conv2": nn.Conv2d(32, 64, kernel_size=3),
                "relu2": nn.ReLU(),
                "pool2": nn.MaxPool2d(2),
                "flatten": nn.Flatten(),
                "hidden": nn.Linear(64 * 5 * 5, 64),
                "relu3": nn.ReLU(),
            },
            head=nn.Linear(64, 10),
        )


register(
    Architecture(
        name="cnn",
        title="Two 5×5 convolutions, 1×28×28",
        source="the two-layer CNN of PyTorch tutorials that also returns its last features",
        build=CNN,
        prepare=partial(Prepare, MNIST_INK),
        dataset="mnist",
        front="ink",
        parameters=28_938,
    )
)

register(
    Architecture(
        name="simple-cnn",
        title="Two 3×3 convolutions and a hidden layer, 1×28×28",
        source="the SimpleCNN of deployment tutorials",
        build=SimpleCNN,
        prepare=partial(Prepare, MNIST_INK),
        dataset="mnist",
        front="ink",
        parameters=121_930,
    )
)
