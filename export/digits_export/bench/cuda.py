"""The benchmark on a GPU, one command: `python -m digits_export.bench.cuda [--output FILE]`.

Needs an NVIDIA GPU, onnxruntime-gpu and torch with CUDA; no weights, no data set and no network.
`--device cpu` tries it out in seconds where there is none. Exit code 1 says that something of ours
failed, 3 that there is no GPU to be had.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from digits.providers import cuda_problem, installed_wheels
from digits_export.bench import cuda_large, cuda_matrix, cuda_small, cuda_start
from digits_export.bench.cuda_options import DRY, QUICK, Options
from digits_export.bench.cuda_record import Measured, Say
from digits_export.bench.cuda_table import as_table

_NO_PROVIDER = 3

#: In the order in which they run and are told.
MEASUREMENTS: dict[str, Callable[[Options], Measured]] = {
    module.NAME: module.measure for module in (cuda_matrix, cuda_small, cuda_large, cuda_start)
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure, print a table, write JSON."""
    given = _parser().parse_args(arguments)
    options = _options(given)
    lacking = lacks(options.device)
    if lacking is not None:
        _say(f"no CUDA: {lacking}")
        return _NO_PROVIDER
    measured = run(options, given.only or list(MEASUREMENTS), _say)
    record = {"options": asdict(options), **environment(options.device), "measured": measured}
    text = json.dumps(record, indent=1, default=asdict)
    if given.output is not None:
        given.output.write_text(f"{text}\n", "utf-8")
    print(text if given.json else as_table(measured))
    return int(any(item.failed for item in measured))


def run(options: Options, names: Sequence[str], say: Say) -> list[Measured]:
    """Run measurements; one that breaks is told, and the others go on."""
    measured = []
    for name in names:
        say(f"{name}: measuring")
        began = time.monotonic()
        try:
            found = MEASUREMENTS[name](options)
        except Exception as error:  # a driver's, torch's, ONNX Runtime's: whatever it is
            found = Measured(name, name)
            found.drop(name, "ours", error)
        found.seconds = round(time.monotonic() - began, 1)
        measured.append(found)
        say(f"{name}: took {found.seconds} s")
    return measured


def lacks(device: str) -> str | None:
    """What keeps this machine from measuring on a GPU, and what mends it; None if nothing does."""
    if device == "cpu":
        return None
    import torch

    if not torch.cuda.is_available():
        return f"torch {torch.__version__} finds none: run: digits doctor"
    # torch brings cuDNN and other libraries that ONNX Runtime finds only then.
    return cuda_problem(installed_wheels())


def environment(device: str) -> dict[str, Any]:
    """What it ran on, without the names of hosts, users and folders."""
    import onnxruntime
    import torch

    from digits.machine.description import describe
    from digits.machine.gpu import ask_driver

    driver = ask_driver() if device != "cpu" else None
    cudnn: Any = torch.backends.cudnn
    return {
        "machine": asdict(describe()),
        "gpus": [str(gpu) for gpu in driver.gpus] if driver else [],
        "driver": driver.release if driver else None,
        "versions": {
            "torch": torch.__version__,
            "cuda": torch.version.cuda,
            "cudnn": cudnn.version(),
            "onnxruntime": onnxruntime.__version__,
        },
    }


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m digits_export.bench.cuda")
    parser.add_argument("--device", choices=("cuda", "cpu"), default="cuda")
    parser.add_argument("--only", nargs="+", choices=tuple(MEASUREMENTS), metavar="NAME")
    parser.add_argument("--quick", action="store_true", help="fewer sizes and rounds")
    parser.add_argument("--search", action="store_true", help="compare settings of ours, too")
    parser.add_argument("--rounds", type=int, help="how often each contender has its turn")
    parser.add_argument("--output", type=Path, help="write all samples there, as JSON")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    return parser


def _options(given: argparse.Namespace) -> Options:
    base = DRY if given.device == "cpu" else QUICK if given.quick else Options()
    rounds = base.rounds if given.rounds is None else max(1, given.rounds)
    return replace(base, rounds=rounds, search=given.search)


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
