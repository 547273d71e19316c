"""Where the time of an image goes, by stage, as the runtime tells it of itself."""

from collections.abc import Callable, Sequence
from pathlib import Path

from digits.bench import child
from digits.bench.folders import large, photos, small
from digits.bench.measurement import Contender, Figure, Kind, Measurement, Reading, Settings

STAGES = ("find", "read", "decode", "front", "net", "write")
SUBJECTS = ("28×28 PNG", "280×280 PNG", "12-megapixel JPEG")


def _contenders(settings: Settings) -> Sequence[Contender]:
    sizes = settings.sizes
    folders = (
        small(settings.folder, sizes.stage_images),
        large(settings.folder, sizes.stage_images),
        photos(settings.folder, sizes.photos),
    )
    return [
        Contender(name, Kind.OURS, _runner(settings, folder))
        for name, folder in zip(SUBJECTS, folders, strict=True)
    ]


def _runner(settings: Settings, folder: Path) -> Callable[[], Reading]:
    module = "digits.bench.programs.stages"
    command = child.program(module, folder, settings.model, settings.provider)
    return lambda: child.run(command).told()


MEASUREMENT = Measurement(
    name="stages",
    title="Where the time of one image goes, in a folder",
    figures=(*(Figure(stage, "µs/image") for stage in STAGES), Figure("whole", "µs/image")),
    contenders=_contenders,
)
