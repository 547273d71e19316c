"""How many samples a look takes: as many as the image has pixels, between two bounds."""

# TorchScript reads no comments that ignore a line: `torch.jit.is_scripting` is public, but missing
# from its `__all__`, and sizes are symbols (SymInt) while a graph is exported.
# mypy: disable-error-code="attr-defined, return-value"

import torch


def page_samples(
    height: int, width: int, smallest: int, largest: int, fine: int
) -> tuple[int, int]:
    """Samples along the side of the page and of the window, both even.

    Written twice, since TorchScript doesn't know the one and the exporter would fix the other.
    """
    if torch.jit.is_scripting():
        samples = min(max(height, width, smallest), largest) // 2 * 2
        return samples, min(samples, fine)
    longer = torch.sym_max(torch.sym_max(height, width), smallest)
    even = torch.sym_min(longer, largest) // 2 * 2
    return even, torch.sym_min(even, fine)
