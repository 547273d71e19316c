"""A folder of phone photos, 12 megapixels each: decoded at the scale that is needed, and whole."""

from collections.abc import Callable, Sequence

from digits.bench import child
from digits.bench.contenders import READ, missing_decoder, net_of, reading_of, script
from digits.bench.folders import photos
from digits.bench.measurement import Contender, Kind, Measurement, Reading, Settings, Target

DECODERS = {"simplejpeg": "with [fast]", "pillow": "Pillow alone"}
PROCESSES = {1: "one process", 2: "two processes"}
_BATCH = 1


def _contenders(settings: Settings) -> Sequence[Contender]:
    folder = str(photos(settings.folder, settings.sizes.photos))
    ours = [_ours(settings, folder, name, n) for name in DECODERS for n in PROCESSES]
    whole = [Contender(_peer(n), Kind.PEER, _whole(settings, folder, n)) for n in PROCESSES]
    return [*ours, *whole]


def name_of(decoder: str, processes: int) -> str:
    """What ours with a decoder in so many processes is called."""
    return f"digits-infer, {DECODERS[decoder]}, {PROCESSES[processes]}"


def _peer(processes: int) -> str:
    return f"decode whole and resize, {PROCESSES[processes]}"


def _ours(settings: Settings, folder: str, decoder: str, processes: int) -> Contender:
    options = ["--model", settings.model, "--provider", settings.provider]
    command = [
        *script("digits-infer"),
        folder,
        *options,
        "--format",
        "jsonl",
        "--workers",
        str(processes),
    ]
    environment = {"DIGITS_DECODER": decoder}

    def run() -> Reading:
        return reading_of(child.run(command, environment=environment))

    return Contender(name_of(decoder, processes), Kind.OURS, run, missing_decoder(decoder))


def _whole(settings: Settings, folder: str, processes: int) -> Callable[[], Reading]:
    file, side = net_of(settings)
    module, limit = "digits.bench.programs.limit", settings.sizes.peer_photos
    command = child.program(module, "resize", file, side, folder, processes, _BATCH, limit)
    return lambda: reading_of(child.run(command))


def _target(decoder: str, processes: int) -> Target:
    ours, whole = (name_of(decoder, processes), "rate"), (_peer(processes), "rate")
    text = f"{DECODERS[decoder]}, over decoding whole, {PROCESSES[processes]}"
    return Target(text, ours, (whole,), at_least=5)


MEASUREMENT = Measurement(
    name="photos",
    title="A folder of photos, JPEG of 12 megapixels",
    figures=READ,
    contenders=_contenders,
    targets=tuple(_target(name, n) for name in DECODERS for n in PROCESSES),
)
