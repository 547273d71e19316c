"""The card's measured matrix rate: what a large product reaches, and so the most that a net can."""

import torch

from digits.bench.programs.telling import mean_rate
from digits_export.bench.cuda_options import Options
from digits_export.bench.cuda_record import LIMIT, Measured
from digits_export.bench.cuda_timing import alternating
from digits_export.bench.cuda_torch import free, precision_of

NAME = "matrix"
CONTENDER = "torch.matmul"


def measure(options: Options) -> Measured:
    """Multiply large random matrices in each precision."""
    found = Measured(NAME, f"Products of {options.side}×{options.side} matrices")
    for precision, dtype in (
        ("fp32", torch.float32),
        ("tf32", torch.float32),
        ("fp16", torch.float16),
    ):
        with precision_of(precision):
            samples = _samples(options, dtype, found)
        found.add(CONTENDER, LIMIT, "TFLOP/s", {precision: samples})
    free(options.device)
    return found


def _samples(options: Options, dtype: torch.dtype, found: Measured) -> list[float]:
    torch.manual_seed(0)
    # Random, since zeros take less power and run faster.
    left, right = (
        torch.randn(options.side, options.side, device=options.device, dtype=dtype)
        for _ in range(2)
    )
    wait = torch.cuda.synchronize if options.device != "cpu" else int
    several = 10

    def call() -> None:
        for _ in range(several):
            left @ right
        wait()

    tera = several * 2 * options.side**3 / 1e12
    readings = alternating(
        {CONTENDER: call},
        {CONTENDER: LIMIT},
        options.rounds,
        lambda call: {"rate": mean_rate(call, 1, options.seconds) * tera},
        found,
    )
    return readings[CONTENDER].get("rate", [])
