"""Images/s of a large network in each precision, ours beside torch's."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import product

import numpy as np
from numpy.typing import NDArray

from digits.bench.programs.telling import mean_rate
from digits.cuda.options import Setting, provider_options
from digits_export.bench.cuda_engines import PRECISIONS, Engine, Ours, Plain
from digits_export.bench.cuda_networks import Subject, canvases, subject
from digits_export.bench.cuda_options import Options
from digits_export.bench.cuda_record import OURS, PART, PEER, Measured
from digits_export.bench.cuda_timing import Call, alternating
from digits_export.bench.cuda_torch import ENGINES, TorchEngine, free, precision_of

NAME = "large"
# How far probabilities may lie from those of torch in float32: enough to tell that it is the same
# network. How exact each precision is, is what the proof and the variants' report say.
_APART = {"fp32": 1e-3, "tf32": 3e-2, "fp16": 3e-2}

Build = Callable[[], Engine]


def measure(options: Options) -> Measured:
    """Classify canvases from ordinary memory to ordinary memory."""
    net = subject(options.large)
    found = Measured(NAME, f"{net.name}, images/s, canvases in memory to probabilities in memory")
    found.notes.append(f"{net.name}: {net.flop / 1e9:.4g} GFLOP an image")
    truth = TorchEngine("torch eager", net.module, "cpu", "fp32").classify(canvases(1))
    for precision in PRECISIONS:
        model = net.half() if precision == "fp16" else net.onnx
        with precision_of(precision):
            engines = built(contenders(net, model, options, precision), found, precision)
            agreeing = agree(engines, truth, _APART[precision], found, precision)
            _rates(agreeing, options, precision, found)
        del engines, agreeing
        free(options.device)
    return found


def contenders(
    net: Subject, model: bytes, options: Options, precision: str
) -> Mapping[tuple[str, str], Build]:
    """What builds each contender, by name and kind."""
    device = options.device
    several: dict[tuple[str, str], Build] = {
        ("digits", OURS): partial(Ours, model, device, precision),
        (Plain.name, PEER): partial(Plain, model, device, precision),
    }
    for name in ENGINES:
        if name != "torch.compile" or options.compiled:
            several[name, PEER] = partial(TorchEngine, name, net.module, device, precision)
    for setting in searched(precision) if options.search else ():
        several[setting.name, PART] = partial(Ours, model, device, precision, setting)
    return several


def searched(precision: str) -> list[Setting]:
    """Settings beside the one that we chose, to choose better."""
    found = []
    for nhwc, search, fused in product((False, True), ("HEURISTIC", "EXHAUSTIVE"), (0, 1)):
        options = provider_options(tf32=precision == "tf32", graphs=True, nhwc=nhwc)
        options |= {"cudnn_conv_algo_search": search, "fuse_conv_bias": str(fused)}
        layout = "channels last" if nhwc else "channels first"
        bias = "fused bias" if fused else "bias apart"
        found.append(Setting(f"{layout}, {search.lower()}, {bias}", options, graphs=True))
    return found


def built(
    builds: Mapping[tuple[str, str], Build], found: Measured, precision: str
) -> dict[str, Engine]:
    """The contenders that can be built."""
    engines: dict[str, Engine] = {}
    for (name, kind), build in builds.items():
        try:
            engines[name] = build()
        except Exception as error:  # torch and ONNX Runtime raise many kinds
            found.drop(f"{name} {precision}", kind, error)
    return engines


def agree(
    engines: Mapping[str, Engine],
    truth: NDArray[np.float32],
    apart: float,
    found: Measured,
    precision: str,
) -> dict[str, Engine]:
    """The contenders that compute the same network."""
    agreeing: dict[str, Engine] = {}
    for name, engine in engines.items():
        try:
            worst = float(np.abs(engine.classify(canvases(len(truth))) - truth).max())
            if not worst <= apart:
                raise ArithmeticError(f"probabilities are {worst:.2g} off")  # noqa: TRY301
            agreeing[name] = engine
        except Exception as error:  # torch and ONNX Runtime raise many kinds
            found.drop(f"{name} {precision}", engine.kind, error)
    return agreeing


def _rates(
    engines: Mapping[str, Engine], options: Options, precision: str, found: Measured
) -> None:
    kinds = {f"{name} {precision}": engine.kind for name, engine in engines.items()}
    for batch in options.large_batches:
        there = canvases(batch)
        calls: dict[str, Call] = {
            f"{name} {precision}": partial(engine.classify, there)
            for name, engine in engines.items()
            if name != "torch.compile" or batch in options.compiled
        }
        read = partial(_reading, images=batch, seconds=options.seconds)
        readings = alternating(calls, kinds, options.rounds, read, found)
        for name, samples in readings.items():
            found.add(name, kinds[name], "images/s", {f"batch {batch}": samples.get("rate", [])})
    _tell_given_up(list(engines.values()), found, precision)


def _reading(call: Call, images: int, seconds: float) -> dict[str, float]:
    return {"rate": mean_rate(call, images, seconds)}


def _tell_given_up(engines: Sequence[Engine], found: Measured, precision: str) -> None:
    for engine in engines:
        if isinstance(engine, Ours):
            found.notes += [f"{engine.name} {precision}: {note}" for note in engine.runner.notes]
