"""What other distributions add: architectures, front ends and variants, through entry points.

A distribution names them in its pyproject.toml:

    [project.entry-points."digits_edge.architectures"]
    resnet8 = "my_package.resnet8:ARCHITECTURE"

    [project.entry-points."digits_edge.front_ends"]
    leaf = "my_package.leaf:Leaf"
"""

from collections.abc import Iterator
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from digits.errors import ModelError

ARCHITECTURES = "digits_edge.architectures"
FRONT_ENDS = "digits_edge.front_ends"
VARIANTS = "digits_edge.variants"


def named(group: str) -> Iterator[EntryPoint]:
    """The entry points of a group, in the order of their names; nothing of them is loaded."""
    yield from sorted(entry_points(group=group), key=lambda point: point.name)


def load(point: EntryPoint) -> Any:
    """Import what an entry point names.

    Raises:
        ModelError: It can't be imported; the message names the distribution.
    """
    try:
        return point.load()
    except Exception as error:  # another's code may raise anything
        reason = " ".join(str(error).split()) or type(error).__name__
        raise ModelError(
            f"{point.name} of {distribution(point)} can't be loaded ({point.value}: {reason}): "
            "upgrade it or uninstall it"
        ) from error


def distribution(point: EntryPoint) -> str:
    """Name of the distribution that an entry point comes from."""
    return point.dist.name if point.dist is not None else "an unknown distribution"
