"""The multi-layer perceptron: no notion of where a pixel is, the baseline for the others."""

from __future__ import annotations

from functools import partial

from torch import nn

from digits_models.canvas import MNIST_INK, Prepare
from digits_models.network import DigitNetwork
from digits_models.registry import Architecture, register


class MLP(DigitNetwork):
    """784-128-64-10 with rectifiers."""

    def __init__(self) -> None:
        super().__init__(
            body={
                "flatten": nn.Flatten(),
                "hidden1": nn.Linear(28 * 28, 128),
                "relu1": nn.ReLU(),
                "hidden2": nn.Linear(128, 64),
                "relu2": nn.ReLU(),
            },
            head=nn.Linear(64, 10),
        )


register(
    Architecture(
        name="mlp",
        title="Multi-layer perceptron 784-128-64-10",
        source="the classic first network of PyTorch tutorials",
        build=MLP,
        prepare=partial(Prepare, MNIST_INK),
        dataset="mnist",
        front="ink",
        parameters=109_386,
    )
)
