"""Initial weights by name; biases of all but `default` start at zero."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor, nn
from torch.nn import init


def _kaiming(weight: Tensor) -> None:
    init.kaiming_normal_(weight, nonlinearity="relu")


def _xavier(weight: Tensor) -> None:
    init.xavier_uniform_(weight)


def _orthogonal(weight: Tensor) -> None:
    init.orthogonal_(weight)


#: None keeps what torch does when it makes a layer.
INITIALS: dict[str, Callable[[Tensor], None] | None] = {
    "default": None,
    "kaiming": _kaiming,
    "xavier": _xavier,
    "orthogonal": _orthogonal,
}


def initialise(network: nn.Module, name: str) -> None:
    """Fill the weights of all convolutions and linear layers, in place."""
    fill = INITIALS[name]
    if fill is None:
        return
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d | nn.Linear):
            fill(layer.weight)
            if layer.bias is not None:
                init.zeros_(layer.bias)
