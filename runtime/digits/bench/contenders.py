"""Contenders that several measurements share, and what keeps one from taking part."""

from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, distribution

from digits.bench import child
from digits.bench.installed import OURS
from digits.bench.measurement import Figure, Reading, Settings
from digits.bundle import Bundle, open_bundle
from digits.errors import MissingExtraError
from digits.extras import need, pip

#: What `reading_of` reads.
READ = (
    Figure("rate", "images/s"),
    Figure("start", "s"),
    Figure("whole", "images/s"),
    Figure("memory", "MB"),
    Figure("cpu", "µs/image"),
)


def script(name: str) -> list[str]:
    """What pip makes of one of our scripts, "digits-infer" for example, without its file."""
    try:
        points = distribution(OURS).entry_points
        point = next(point for point in points if point.name == name)
    except (PackageNotFoundError, StopIteration):
        return child.python("-m", "digits", *name.split("-")[1:])
    module, attribute = point.module, point.attr
    code = f"import sys; from {module} import {attribute}; sys.exit({attribute}())"
    return child.python("-c", code)


def missing(extra: str, *modules: str) -> str | None:
    """Why a peer can't take part, if so: one line that names the extra."""
    try:
        need(extra, *modules)
    except MissingExtraError as error:
        # The record of a run is for others, too, who have another Python elsewhere.
        return str(error).replace(pip(), "pip")
    return None


def missing_torch() -> str | None:
    """Why torch can't take part, if so."""
    return missing("export", "torch", "safetensors")


def missing_openvino() -> str | None:
    """Why OpenVINO can't take part, if so."""
    return missing("peers", "openvino")


def missing_decoder(name: str) -> str | None:
    """Why a decoder can't be had here, if so; Pillow always can.

    Args:
        name: "opencv", "simplejpeg" or "pillow".
    """
    if name == "opencv":
        return missing("peers", "cv2")
    return missing("fast", name) if name == "simplejpeg" else None


def bundle_of(settings: Settings) -> Bundle:
    """The model that is measured."""
    return open_bundle(settings.model)


def net_of(settings: Settings) -> tuple[str, int]:
    """The file of its classifier, and the side of its canvas."""
    bundle = bundle_of(settings)
    return str(bundle.directory / bundle.model_file), bundle.manifest.canvas_shape[-1]


def reading_of(ended: child.Ended) -> Reading:
    """Rate, start-up, processor time and memory of a program that reads a folder.

    The rate is that after a quarter of the images: before, processes may still start. Where all
    came at once, it is that of the whole program.
    """
    marks = _marks(ended)
    last, images = marks[-1]
    began, before = next((mark for mark in marks[:-1] if mark[1] >= images / 4), marks[0])
    whole = images / ended.wall
    return {
        "rate": (images - before) / (last - began) if last > began and images > before else whole,
        "start": marks[0][0] - ended.start,
        "whole": whole,
        "cpu": 1e6 * ended.cpu / images,
        "memory": ended.memory / 1e6,
    }


def _marks(ended: child.Ended) -> Sequence[child.Mark]:
    """When answers came: as a program told, or if it wrote the answers, as they were read."""
    answers = ended.answers
    if answers is None:
        raise child.ChildError("it gave no answers")
    if not answers.tail.startswith(b'{"marks"'):
        return answers.marks
    return [(time, images) for time, images in ended.told()["marks"]]
