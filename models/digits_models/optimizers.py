"""The optimizers by name."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from torch import nn, optim

Factory = Callable[[Iterable[nn.Parameter], float, float], optim.Optimizer]


def _sgd(parameters: Iterable[nn.Parameter], lr: float, weight_decay: float) -> optim.Optimizer:
    return optim.SGD(parameters, lr, momentum=0.9, nesterov=True, weight_decay=weight_decay)


def _adam(parameters: Iterable[nn.Parameter], lr: float, weight_decay: float) -> optim.Optimizer:
    return optim.Adam(parameters, lr, weight_decay=weight_decay)


def _adamw(parameters: Iterable[nn.Parameter], lr: float, weight_decay: float) -> optim.Optimizer:
    return optim.AdamW(parameters, lr, weight_decay=weight_decay)


def _rmsprop(parameters: Iterable[nn.Parameter], lr: float, weight_decay: float) -> optim.Optimizer:
    return optim.RMSprop(parameters, lr, weight_decay=weight_decay)


OPTIMIZERS: dict[str, Factory] = {
    "sgd": _sgd,
    "adam": _adam,
    "adamw": _adamw,
    "rmsprop": _rmsprop,
}
