"""One image at a time, warm: `Classifier.predict` beside its bare parts."""

from collections.abc import Callable, Sequence
from pathlib import Path

from digits.bench import child
from digits.bench.folders import large, small
from digits.bench.measurement import Contender, Figure, Kind, Measurement, Reading, Settings, Target
from digits.bench.programs.latency import SHARES

STEPS = {
    "predict": Kind.OURS,
    "bare": Kind.LIMIT,
    "decode": Kind.PART,
    "front": Kind.PART,
    "net": Kind.PART,
}
_SHOWN = ("p50", "p90", "p99", "p99.9")


def _contenders(settings: Settings) -> Sequence[Contender]:
    """All steps are read off one program for each size; the first step's turn runs it."""
    found = []
    for side, make in ((28, small), (280, large)):
        image = sorted(make(settings.folder, 1).iterdir())[0]
        turn = _Turn(settings, image)
        found += [
            Contender(f"{step} {side}×{side}", kind, turn.of(step)) for step, kind in STEPS.items()
        ]
    return found


class _Turn:
    """The figures of one program, handed out step by step."""

    def __init__(self, settings: Settings, image: Path) -> None:
        self._command = child.program(
            "digits.bench.programs.latency",
            settings.model,
            settings.provider,
            image,
            settings.sizes.calls,
        )
        self._told: Reading = {}

    def of(self, step: str) -> Callable[[], Reading]:
        def run() -> Reading:
            if step == "predict":
                self._told = child.run(self._command).told()
            start = f"{step} "
            told = self._told.items()
            return {key.removeprefix(start): v for key, v in told if key.startswith(start)}

        return run


_OURS = ("predict 28×28", "p50")
MEASUREMENT = Measurement(
    name="latency",
    title="One image in memory, warm: Classifier.predict",
    figures=tuple(Figure(f"p{s:g}", "µs", shown=f"p{s:g}" in _SHOWN) for s in SHARES),
    contenders=_contenders,
    targets=(
        Target("p50 over decode and bare runs", _OURS, (("bare 28×28", "p50"),), at_most=1.6),
        Target("p99 over p50", ("predict 28×28", "p99"), (_OURS,), at_most=2),
        Target(
            "p50 over decode and bare runs, 280×280",
            ("predict 280×280", "p50"),
            (("bare 280×280", "p50"),),
        ),
    ),
)
