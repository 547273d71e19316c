"""Decisions as ramps: what differs in the last bit stays the same to a grey level."""

import torch
from torch import Tensor


def ramp(values: Tensor, zero: float, one: float) -> Tensor:
    """Linear from 0 at `zero` to 1 at `one`, flat outside."""
    return (values * (1.0 / (one - zero)) - zero / (one - zero)).clamp(0.0, 1.0)


def all_ramps(values: Tensor, zeros: list[float], ones: list[float]) -> Tensor:
    """Product of ramps of values [N, K, 1, 1], each with ends of its own: [N, 1, 1, 1]."""
    low = torch.tensor(zeros, dtype=values.dtype, device=values.device).reshape(-1, 1, 1)
    high = torch.tensor(ones, dtype=values.dtype, device=values.device).reshape(-1, 1, 1)
    return ((values - low) / (high - low)).clamp(0.0, 1.0).prod(1, keepdim=True)


def settle(values: Tensor, zone: float) -> Tensor:
    """0 for what is within `zone` of 0, unchanged beyond twice that, and a ramp between."""
    back = (values.abs() - zone).clamp(0.0, zone) * values.sign()
    return values - (values.clamp(-zone, zone) - back)
