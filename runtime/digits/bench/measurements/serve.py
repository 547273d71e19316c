"""Requests over 64 open connections: `digits serve` beside what a tutorial makes of the model.

All servers get the same small PNG files as bodies, and the load comes from a process of its own
that takes its share of the same processors. Every answer is compared with the runtime's. The
handler that runs the network alone, without a front end, reads only what looks like MNIST.
"""

from collections.abc import Callable, Sequence

from digits.bench import child
from digits.bench.contenders import missing
from digits.bench.folders import small
from digits.bench.measurement import Contender, Figure, Kind, Measurement, Reading, Settings, Target
from digits.bench.programs.serving import OURS as WAY

OURS = "digits serve"
PEERS = {
    "async": "FastAPI, async def, Classifier.predict",
    "def": "FastAPI, def, Classifier.predict",
    "net": "FastAPI, async def, Pillow + net alone",
}
_CONNECTIONS = 64
_IMAGES = 500
_FIGURES = (
    Figure("rate", "requests/s"),
    Figure("p50", "ms"),
    Figure("p99", "ms"),
    Figure("cpu", "µs/request"),
    Figure("memory", "MB"),
    Figure("errors", "requests"),
    Figure("wrong", "answers"),
    *(Figure(name, "ms", shown=False) for name in ("p90", "p99.9")),
    Figure("memory before", "MB", shown=False),
)


def _contenders(settings: Settings) -> Sequence[Contender]:
    folder = small(settings.folder, _IMAGES)
    lacks = missing("serve")

    def runner(way: str) -> Callable[[], Reading]:
        command = child.program(
            "digits.bench.programs.serving",
            way,
            settings.model,
            folder,
            _CONNECTIONS,
            settings.sizes.load,
        )
        return lambda: child.run(command).told()

    peers = [Contender(name, Kind.PEER, runner(way), lacks) for way, name in PEERS.items()]
    return [Contender(OURS, Kind.OURS, runner(WAY), lacks), *peers]


# The same model: with the front end.
_SAME = (PEERS["async"], PEERS["def"])

MEASUREMENT = Measurement(
    name="serve",
    title="Small PNG files over HTTP, 64 connections: digits serve",
    figures=_FIGURES,
    contenders=_contenders,
    targets=(
        Target(
            "requests/s over the same model in a plain handler",
            (OURS, "rate"),
            tuple((name, "rate") for name in _SAME),
            at_least=2,
        ),
        Target(
            "p99 over the same model in a plain handler",
            (OURS, "p99"),
            tuple((name, "p99") for name in _SAME),
            at_most=1,
        ),
        Target("wrong answers", (OURS, "wrong"), at_most=0),
        Target("errors", (OURS, "errors"), at_most=0),
    ),
)
