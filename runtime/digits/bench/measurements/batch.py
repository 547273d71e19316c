"""Canvases to probabilities over batch size, on one and on two threads."""

from collections.abc import Callable, Sequence

from digits.bench import child
from digits.bench.contenders import bundle_of, missing_openvino, missing_torch
from digits.bench.measurement import Contender, Figure, Kind, Measurement, Reading, Settings, Target
from digits.bench.sizes import FULL

_OF_TORCH = ("exported", "eager", "script")
# Far behind: one turn in a round tells enough of them.
_SLOW = ("eager", "script", "openvino")
THREADS = {1: "one thread", 2: "two threads"}
OURS, PLAIN = "predict_canvases", "ONNX Runtime as it comes"
NAMES = {
    "digits": OURS,
    "exported": PLAIN,  # the graph as torch.onnx.export writes it
    "onnxruntime": "ONNX Runtime, our graph",
    "eager": "torch eager",
    "script": "TorchScript",
    "openvino": "OpenVINO",
}


def _contenders(settings: Settings) -> Sequence[Contender]:
    return [
        Contender(
            name_of(engine, threads),
            Kind.OURS if engine == "digits" else Kind.PEER,
            _runner(settings, engine, threads),
            _missing(engine),
            slow=engine in _SLOW,
        )
        for threads in THREADS
        for engine in NAMES
    ]


def name_of(engine: str, threads: int) -> str:
    """What an engine on so many threads is called."""
    return f"{NAMES[engine]}, {THREADS[threads]}"


def _missing(engine: str) -> str | None:
    if engine in _OF_TORCH:
        return missing_torch()
    return missing_openvino() if engine == "openvino" else None


def _runner(settings: Settings, engine: str, threads: int) -> Callable[[], Reading]:
    model, module = settings.model, "digits.bench.programs.canvases"
    if engine in _OF_TORCH:
        model, module = bundle_of(settings).manifest.arch, "digits_export.bench.canvases"
    sizes = settings.sizes

    def run() -> Reading:
        arguments = (engine, model, threads, sizes.seconds, *sizes.batches)
        rates = child.run(child.program(module, *arguments)).told()
        best = max(rates, key=lambda name: rates[name])
        return {**rates, "best": rates[best], "best batch": float(best.removeprefix("batch "))}

    return run


def _target(threads: int) -> Target:
    ours, plain = (name_of(engine, threads) for engine in ("digits", "exported"))
    return Target(
        f"over {PLAIN}, {THREADS[threads]}", (ours, "best"), ((plain, "best"),), at_least=1.2
    )


def _over_peers(threads: int) -> Target:
    others = (name_of(engine, threads) for engine in NAMES if engine != "digits")
    ours = (name_of("digits", threads), "best")
    return Target(
        f"over the best peer, {THREADS[threads]}", ours, tuple((name, "best") for name in others)
    )


MEASUREMENT = Measurement(
    name="batch",
    title="Classification of canvases, over batch size and threads",
    figures=(
        Figure("best", "images/s"),
        Figure("best batch", "images"),
        *(Figure(f"batch {size}", "images/s", shown=False) for size in FULL.batches),
    ),
    contenders=_contenders,
    targets=(*map(_target, THREADS), *map(_over_peers, THREADS)),
    # One process may be a quarter faster than the next, so it takes many of them.
    repeat=3,
)
