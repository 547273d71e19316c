"""A folder of phone photos, 12 megapixels each: decoded at the scale that is needed, and whole."""

from collections.abc import Callable, Sequence

from digits.bench import child
from digits.bench.contenders import INFER, net_of, reading_of
from digits.bench.folders import photos
from digits.bench.measurement import Contender, Figure, Kind, Measurement, Reading, Settings, Target

_BATCH = 1
PROCESSES = {1: "one process", 2: "two processes"}


def _contenders(settings: Settings) -> Sequence[Contender]:
    folder = str(photos(settings.folder, settings.sizes.photos))
    ours = [Contender(_name(n), Kind.OURS, _ours(settings, folder, n)) for n in PROCESSES]
    whole = [Contender(_peer(n), Kind.PEER, _whole(settings, folder, n)) for n in PROCESSES]
    return [*ours, *whole]


def _name(processes: int) -> str:
    return f"digits-infer, {PROCESSES[processes]}"


def _peer(processes: int) -> str:
    return f"decode whole and resize, {PROCESSES[processes]}"


def _ours(settings: Settings, folder: str, processes: int) -> Callable[[], Reading]:
    options = ["--model", settings.model, "--provider", settings.provider]
    command = [*INFER, folder, *options, "--format", "jsonl", "--workers", str(processes)]
    return lambda: reading_of(child.run(command))


def _whole(settings: Settings, folder: str, processes: int) -> Callable[[], Reading]:
    file, side = net_of(settings)
    module = "digits.bench.programs.limit"
    command = child.program(module, "resize", file, side, folder, processes, _BATCH)
    return lambda: reading_of(child.run(command))


def _target(processes: int) -> Target:
    ours, other = (_name(processes), "rate"), (_peer(processes), "rate")
    return Target(f"over decoding whole, {PROCESSES[processes]}", ours, (other,), at_least=5)


MEASUREMENT = Measurement(
    name="photos",
    title="A folder of photos, JPEG of 12 megapixels",
    figures=(
        Figure("rate", "images/s"),
        Figure("start", "s"),
        Figure("memory", "MB"),
        Figure("cpu", "µs/image"),
        Figure("whole", "images/s", shown=False),
    ),
    contenders=_contenders,
    targets=tuple(map(_target, PROCESSES)),
)
