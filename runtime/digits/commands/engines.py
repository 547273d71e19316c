"""Which engine reads a folder: this machine's processes or a Ray cluster."""

from enum import StrEnum
from typing import NamedTuple

from digits.commands.formats import Format
from digits.errors import UsageError


class Engine(StrEnum):
    """Where images are read."""

    LOCAL = "local"
    RAY = "ray"


class ClusterOptions(NamedTuple):
    """Options that only a cluster has a use for.

    Attributes:
        address: Of the cluster.
        block_size: Inputs in each file of answers.
        fresh: Whether to begin anew.
    """

    address: str | None = None
    block_size: int | None = None
    fresh: bool = False


def local_format(options: ClusterOptions, form: Format | None) -> Format:
    """The format in which this machine writes: a table unless another is asked for.

    Raises:
        UsageError: The format or an option is for clusters.
    """
    if form is Format.PARQUET:
        raise UsageError("--format parquet needs --engine ray")
    if options != ClusterOptions():
        raise UsageError("--address, --block-size and --fresh need --engine ray")
    return form or Format.TABLE
