"""One image, cold: from the shell's point of view, beside the bare imports and a torch script."""

from collections.abc import Sequence

from digits.bench import child
from digits.bench.contenders import bundle_of, missing_torch, script
from digits.bench.folders import small
from digits.bench.measurement import Contender, Figure, Kind, Measurement, Reading, Settings, Target
from digits.bundle import DEFAULT
from digits.machine.gpu import ask_driver

_FLOOR = "import numpy, onnxruntime, PIL.Image"


def _contenders(settings: Settings) -> Sequence[Contender]:
    image = str(sorted(small(settings.folder, 1).iterdir())[0])
    infer = [*script("digits-infer"), image, *_options(settings)]
    arch = bundle_of(settings).manifest.arch
    return [
        Contender("digits-infer one.png", Kind.OURS, lambda: _took(infer)),
        Contender("digits --help", Kind.OURS, lambda: _took([*script("digits"), "--help"])),
        Contender("import digits", Kind.OURS, lambda: _took(child.python("-c", "import digits"))),
        Contender("bare imports", Kind.FLOOR, lambda: _took(child.python("-c", _FLOOR))),
        Contender("bare python", Kind.FLOOR, lambda: _took(child.python("-c", "pass"))),
        Contender(
            "torch script",
            Kind.PEER,
            lambda: _took(child.program("digits_export.bench.one_image", arch, image)),
            missing_torch(),
            slow=True,
        ),
    ]


def _options(settings: Settings) -> list[str]:
    """None where those that users leave out do the same: without options, nothing is parsed."""
    on_cpu = settings.provider == "cpu" and ask_driver() is None
    same = settings.model == DEFAULT and on_cpu
    return [] if same else ["--model", settings.model, "--provider", settings.provider]


def _took(command: Sequence[str]) -> Reading:
    ended = child.run(command)
    return {"wall": 1e3 * ended.wall, "cpu": 1e3 * ended.cpu, "memory": ended.memory / 1e6}


_OURS = ("digits-infer one.png", "wall")
MEASUREMENT = Measurement(
    name="cold",
    title="One image, cold: a process from start to end",
    figures=(Figure("wall", "ms"), Figure("cpu", "ms"), Figure("memory", "MB")),
    contenders=_contenders,
    targets=(
        Target("one image over the bare imports", _OURS, (("bare imports", "wall"),), at_most=1.4),
        Target(
            "its processor time over theirs",
            ("digits-infer one.png", "cpu"),
            (("bare imports", "cpu"),),
        ),
        Target("its memory, MB", ("digits-infer one.png", "memory"), at_most=70),
        Target("digits --help, ms", ("digits --help", "wall"), at_most=120),
        Target("import digits, ms", ("import digits", "wall"), at_most=50),
    ),
    repeat=4,
    warm=True,
)
