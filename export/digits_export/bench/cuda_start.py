"""The first request, in fresh processes: ours warmed up and not, and ONNX Runtime as it comes."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

from digits_export.bench.cuda_first import WAYS
from digits_export.bench.cuda_networks import subject
from digits_export.bench.cuda_options import Options
from digits_export.bench.cuda_record import OURS, PEER, Measured
from digits_export.bench.cuda_timing import Call, alternating

NAME = "start"
_PROGRAM = "digits_export.bench.cuda_first"
_LONGEST = 300.0
_NAMES = {"plain": "ONNX Runtime", "digits": "digits", "warm": "digits, warmed up"}


def measure(options: Options) -> Measured:
    """Open each network in a process of its own and ask it twice."""
    found = Measured(NAME, "A new process: opening, warming up, the first answer and the second")
    with tempfile.TemporaryDirectory(prefix="digits-bench-") as folder:
        for arch, batch in ((options.small, 1), (options.large, max(options.large_batches))):
            file = Path(folder, f"{arch}.onnx")
            file.write_bytes(subject(arch).onnx)
            calls: dict[str, Call] = {
                f"{_NAMES[way]}, {arch}, batch {batch}": partial(
                    _start, way, str(file), options.device, batch
                )
                for way in WAYS
            }
            kinds = {name: PEER if name.startswith("ONNX") else OURS for name in calls}
            # The first counts, so nothing is warmed up here but the disk's cache.
            readings = alternating(calls, kinds, min(options.rounds, 2), _reading, found, warm=1)
            for name, samples in readings.items():
                found.add(name, kinds[name], "ms", samples)
    return found


def _reading(call: Callable[[], object]) -> dict[str, float]:
    reading = call()
    assert isinstance(reading, dict)
    return reading


def _start(way: str, file: str, device: str, batch: int) -> dict[str, float]:
    command = [sys.executable, "-m", _PROGRAM, way, file, device, "fp32", str(batch)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=_LONGEST, check=False)
    if done.returncode:
        raise ChildProcessError((done.stderr.strip().splitlines() or ["no reason given"])[-1])
    reading: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return reading
