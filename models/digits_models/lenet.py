"""The LeNet family: LeNet-5 with rectifiers, and the sigmoid LeNet of "Dive into Deep Learning"."""

from __future__ import annotations

from functools import partial

from torch import nn

from digits_models.canvas import FASHION_INK, MNIST_INK, Prepare
from digits_models.network import DigitNetwork
from digits_models.registry import Architecture, register


class LeNet5(DigitNetwork):
    """LeNet-5 for 1×32×32 with rectifiers, a max-pool and an average pool (LeCun et al., 1998)."""

    def __init__(self) -> None:
        super().__init__(
            body={
                "conv1": nn.Conv2d(1, 6, kernel_size=5),
                "relu1": nn.ReLU(),
                "pool1": nn.MaxPool2d(2),
                "conv2": nn.Conv2d(6, 16, kernel_size=5),
                "relu2": nn.ReLU(),
                "pool2": nn.AvgPool2d(2),
                "conv3": nn.Conv2d(16, 120, kernel_size=5),
                "relu3": nn.ReLU(),
                "flatten": nn.Flatten(),
                "hidden": nn.Linear(120, 84),
                "relu4": nn.ReLU(),
            },
            head=nn.Linear(84, 10),
        )


class LeNetSigmoid(DigitNetwork):
    """LeNet for 1×28×28 with sigmoids and average pools (Zhang et al., section 7.6)."""

    def __init__(self) -> None:
        super().__init__(
            body={
                "conv1": nn.Conv2d(1, 6, kernel_size=5, padding=2),
                "sigmoid1": nn.Sigmoid(),
                "pool1": nn.AvgPool2d(2),
                "conv2": nn.Conv2d(6, 16, kernel_size=5),
                "sigmoid2": nn.Sigmoid(),
                "pool2": nn.AvgPool2d(2),
                "flatten": nn.Flatten(),
                "hidden1": nn.Linear(16 * 5 * 5, 120),
                "sigmoid3": nn.Sigmoid(),
                "hidden2": nn.Linear(120, 84),
                "sigmoid4": nn.Sigmoid(),
            },
            head=nn.Linear(84, 10),
        )


register(
    Architecture(
        name="lenet",
        title="LeNet-5 with rectifiers, 1×32×32",
        source="LeCun et al., Gradient-based learning applied to document recognition, 1998",
        build=LeNet5,
        prepare=partial(Prepare, MNIST_INK, pad=2),
        dataset="mnist",
        front="ink",
        parameters=61_706,
    )
)

register(
    Architecture(
        name="lenet-sigmoid",
        title="LeNet with sigmoids and average pools, 1×28×28",
        source="Zhang et al., Dive into Deep Learning, section 7.6",
        build=LeNetSigmoid,
        prepare=partial(Prepare, FASHION_INK),
        dataset="fashion-mnist",
        front="photo",
        parameters=61_706,
    )
)
