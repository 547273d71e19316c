"""Latency and throughput of a small network, with and without copies between the two memories."""

from collections.abc import Mapping
from functools import partial

from digits.bench.programs.telling import mean_rate
from digits_export.bench.cuda_engines import Engine
from digits_export.bench.cuda_large import agree, built, contenders
from digits_export.bench.cuda_networks import canvases, subject
from digits_export.bench.cuda_options import Options
from digits_export.bench.cuda_record import Measured
from digits_export.bench.cuda_timing import Call, alternating, latency
from digits_export.bench.cuda_torch import TorchEngine, free, precision_of

NAME = "small"
_PRECISION = "fp32"
_APART = 1e-3


def measure(options: Options) -> Measured:
    """Each contender at each batch size, from memory to memory, and on the card alone."""
    net = subject(options.small)
    found = Measured(NAME, f"{net.name}, {_PRECISION}, latency and images/s over the batch size")
    truth = TorchEngine("torch eager", net.module, "cpu", _PRECISION).classify(canvases(1))
    with precision_of(_PRECISION):
        engines = built(contenders(net, net.onnx, options, _PRECISION), found, _PRECISION)
        agreeing = agree(engines, truth, _APART, found, _PRECISION)
        for batch in options.small_batches:
            _measure(agreeing, options, batch, found)
    free(options.device)
    return found


def _measure(engines: Mapping[str, Engine], options: Options, batch: int, found: Measured) -> None:
    there = canvases(batch)
    for suffix, way in (("", "classify"), (", on the card alone", "resident")):
        calls: dict[str, Call] = {}
        for name, engine in engines.items():
            if name == "torch.compile" and batch not in options.compiled:
                continue
            try:
                calls[f"{name}{suffix}"] = _call(engine, way, there)
            except Exception as error:  # torch and ONNX Runtime raise many kinds
                found.drop(f"{name}{suffix}", engine.kind, error)
        kinds = {f"{name}{suffix}": engine.kind for name, engine in engines.items()}
        _read(calls, kinds, options, batch, found)


def _call(engine: Engine, way: str, there: object) -> Call:
    if way == "resident":
        return engine.resident(there)  # type: ignore[arg-type]
    return partial(engine.classify, there)  # type: ignore[arg-type]


def _read(
    calls: Mapping[str, Call],
    kinds: Mapping[str, str],
    options: Options,
    batch: int,
    found: Measured,
) -> None:
    def read(call: Call) -> dict[str, float]:
        if batch == 1:
            return latency(call, options.seconds)
        return {f"batch {batch}": mean_rate(call, batch, options.seconds)}

    for name, samples in alternating(calls, kinds, options.rounds, read, found).items():
        found.add(name, kinds[name], "µs" if batch == 1 else "images/s", samples)
