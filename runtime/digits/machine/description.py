"""The machine in one record: for receipts, and for people whose machine is broken."""

import platform
from dataclasses import dataclass

from digits.machine.limits import cores_allowed, memory_allowed
from digits.machine.processor import instruction_sets, model_name


@dataclass(frozen=True)
class Machine:
    """What programs run on.

    Attributes:
        system: Operating system and its version.
        architecture: "x86_64" or "arm64", for example.
        processor: Name of its model.
        instructions: Those of its instruction sets that matter to ONNX Runtime.
        cores: How many cores this process may use; a fraction where a container says so.
        memory: How many bytes of memory it may use; None where that can't be found out.
        python: Implementation and version.
    """

    system: str
    architecture: str
    processor: str
    instructions: tuple[str, ...]
    cores: float
    memory: int | None
    python: str


def describe() -> Machine:
    """This machine; what can't be found out is "unknown"."""
    return Machine(
        system=platform.platform(),
        architecture=platform.machine() or "unknown",
        processor=model_name(),
        instructions=instruction_sets(),
        cores=cores_allowed(),
        memory=memory_allowed(),
        python=f"{platform.python_implementation()} {platform.python_version()}",
    )
