"""A folder of small pictures, files to labels: command and API beside loaders, loops and limits.

PNG files as small as these take one way through the runtime, whichever decoder it has for others.

Start-up (to the first answer) is told apart from the steady rate; "whole" is with both. Slow peers
read a part of the files. All but ours go without a front end: they feed the canvas as the file has
it.
"""

from collections.abc import Callable, Sequence
from math import ceil

from digits.bench import child
from digits.bench.contenders import (
    READ,
    bundle_of,
    missing_decoder,
    missing_openvino,
    missing_torch,
    net_of,
    reading_of,
    script,
)
from digits.bench.folders import small
from digits.bench.loader import Loader
from digits.bench.measurement import (
    Contender,
    Figure,
    Kind,
    Measurement,
    Reading,
    Settings,
    Target,
)
from digits.machine.limits import cores_allowed

COMMAND, API = "digits-infer", "Classifier.stream"
DECODERS = {"opencv": "OpenCV", "pillow": "Pillow"}
_BATCH = 256


def _contenders(settings: Settings) -> Sequence[Contender]:
    folder = str(small(settings.folder, settings.sizes.images))
    return [
        *_ours(settings, folder),
        *_loaders(settings, folder),
        *_loops(settings, folder),
        *(_limit(settings, folder, name) for name in DECODERS),
    ]


def _ours(settings: Settings, folder: str) -> list[Contender]:
    options = ["--model", settings.model, "--provider", settings.provider, "--format", "jsonl"]
    module = "digits.bench.programs.folder"
    api = child.program(module, folder, settings.model, settings.provider)
    commands = {COMMAND: [*script("digits-infer"), folder, *options], API: api}
    return [Contender(name, Kind.OURS, _runner(command)) for name, command in commands.items()]


def _loaders(settings: Settings, folder: str) -> list[Contender]:
    arch = bundle_of(settings).manifest.arch
    names = {"eager": "torch eager, DataLoader", "script": "TorchScript, DataLoader"}
    return [
        Contender(name, Kind.PEER, Loader(settings, folder, arch, engine).run, missing_torch())
        for engine, name in names.items()
    ]


def _loops(settings: Settings, folder: str) -> list[Contender]:
    file, side = net_of(settings)
    limit = settings.sizes.peer_images

    def loop(engine: str) -> Callable[[], Reading]:
        module = "digits.bench.programs.loop"
        return _runner(child.program(module, engine, file, side, folder, limit))

    return [
        Contender("Pillow + ONNX Runtime loop", Kind.PEER, loop("onnxruntime")),
        Contender("Pillow + OpenVINO loop", Kind.PEER, loop("openvino"), missing_openvino()),
    ]


def _limit(settings: Settings, folder: str, decoder: str) -> Contender:
    file, side = net_of(settings)
    processes = ceil(cores_allowed())
    module = "digits.bench.programs.limit"
    limit = settings.sizes.images
    command = child.program(module, decoder, file, side, folder, processes, _BATCH, limit)
    return Contender(limit_name(decoder), Kind.LIMIT, _runner(command), missing_decoder(decoder))


def limit_name(decoder: str) -> str:
    """What the limit with a decoder is called."""
    return f"bare limit, {DECODERS[decoder]}"


def _runner(command: Sequence[str]) -> Callable[[], Reading]:
    return lambda: reading_of(child.run(command))


_PEERS = tuple(
    (name, "rate")
    for name in (
        "torch eager, DataLoader",
        "TorchScript, DataLoader",
        "Pillow + ONNX Runtime loop",
        "Pillow + OpenVINO loop",
    )
)


def _targets(name: str) -> tuple[Target, ...]:
    ours = (name, "rate")
    opencv, pillow = ((limit_name(decoder), "rate") for decoder in DECODERS)
    return (
        Target(f"{name} over the best peer", ours, _PEERS, at_least=4),
        Target(f"{name} over the limit with OpenCV", ours, (opencv,), at_least=0.5),
        Target(f"{name} over the limit with Pillow", ours, (pillow,), at_least=0.6),
    )


MEASUREMENT = Measurement(
    name="folder",
    title="A folder of 28×28 PNGs, files to labels",
    figures=(
        *READ,
        Figure("workers", "processes", shown=False),
    ),
    contenders=_contenders,
    targets=(*_targets(COMMAND), *_targets(API)),
)
