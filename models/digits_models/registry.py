"""Name → architecture. A family's file registers its networks when it is imported."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import EntryPoint

from torch import nn

from digits.errors import ModelError, UsageError
from digits_models import plugins
from digits_models.network import DigitNetwork

#: The modules that register architectures, in the order in which their networks are listed.
FAMILIES = ("lenet", "mlp", "cnn", "vgg", "teacher")


@dataclass(frozen=True)
class Architecture:
    """A network that can be built, trained and exported by its name.

    Attributes:
        name: What users type, for example `lenet`.
        title: One line for people.
        source: The paper or tutorial that the network comes from.
        build: Makes the network with random weights: float [N, C, H, W] → logits float [N, 10].
        prepare: Makes the module in front of it: canvas uint8 [N, 28, 28] → float [N, C, H, W].
        dataset: The data set that it is trained on unless the user says otherwise.
        front: The front end that makes canvases from its users' images: `ink` or `photo`.
        parameters: The number of trained numbers.
    """

    name: str
    title: str
    source: str
    build: Callable[[], DigitNetwork]
    prepare: Callable[[], nn.Module]
    dataset: str
    front: str
    parameters: int


_architectures: dict[str, Architecture] = {}
_seen: set[EntryPoint] = set()
_origins: dict[str, str] = {}


def register(architecture: Architecture) -> None:
    """Make an architecture known by its name.

    Raises:
        ValueError: The name is taken.
    """
    if architecture.name in _architectures:
        first = _origins.get(architecture.name, "digits-edge")
        raise ValueError(f"architecture {architecture.name!r} is registered already, by {first}")
    _architectures[architecture.name] = architecture


def get(name: str) -> Architecture:
    """Return the architecture of that name.

    Raises:
        UsageError: There is none; the message lists those that there are.
    """
    known = names()
    if name not in _architectures:
        raise UsageError(f"unknown architecture {name!r}; known: {', '.join(known)}")
    return _architectures[name]


def names() -> list[str]:
    """Return the names of all architectures."""
    for family in FAMILIES:
        importlib.import_module(f"digits_models.{family}")
    _register_plugins()
    return list(_architectures)


def _register_plugins() -> None:
    """Register what other distributions bring, once; one that is broken is left out and told."""
    for point in plugins.named(plugins.ARCHITECTURES):
        if point in _seen:
            continue
        _seen.add(point)
        origin = plugins.distribution(point)
        try:
            architecture = plugins.load(point)
            register(architecture)
            _origins[architecture.name] = origin
        except (ModelError, ValueError, AttributeError) as error:
            print(f"note: architecture {point.name} of {origin} left out: {error}", file=sys.stderr)
