"""What the runtime takes on disk with all that it needs, beside torch."""

from collections.abc import Callable, Sequence

from digits.bench.child import ChildError
from digits.bench.contenders import missing, missing_torch
from digits.bench.installed import OURS, closure
from digits.bench.measurement import Contender, Figure, Kind, Measurement, Reading, Settings, Target

NAME = "digits-edge[cpu]"


def _contenders(_: Settings) -> Sequence[Contender]:
    sizes = closure(OURS, "cpu")
    complete = None if "onnxruntime" in sizes else _other_wheel()
    parts = [
        Contender(name, Kind.PART, _told({name: size})) for name, size in _largest_first(sizes)
    ]
    return [
        Contender(NAME, Kind.OURS, _told(sizes), complete),
        *parts,
        Contender("torch", Kind.PEER, lambda: _read("torch"), missing_torch()),
        Contender("openvino", Kind.PEER, lambda: _read("openvino"), missing("peers", "openvino")),
    ]


def _other_wheel() -> str:
    return (
        "onnxruntime isn't installed here, another wheel is in its place: "
        "measure where digits-edge[cpu] is installed"
    )


def _largest_first(sizes: dict[str, int]) -> list[tuple[str, int]]:
    return sorted(sizes.items(), key=lambda item: -item[1])


def _read(name: str) -> Reading:
    sizes = closure(name)
    if not sizes:
        raise ChildError(f"{name} has no record of what was installed")
    return _told(sizes)()


def _told(sizes: dict[str, int]) -> Callable[[], Reading]:
    return lambda: {"size": sum(sizes.values()) / 1e6, "distributions": len(sizes)}


MEASUREMENT = Measurement(
    name="size",
    title="Installed size, with all that is needed",
    figures=(Figure("size", "MB"), Figure("distributions", "packages", shown=False)),
    contenders=_contenders,
    targets=(Target("digits-edge[cpu], MB", (NAME, "size"), at_most=200),),
    once=True,
)
