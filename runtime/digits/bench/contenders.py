"""Contenders that several measurements share, and what keeps one from taking part."""

from importlib.metadata import PackageNotFoundError, distribution

from digits.bench import child
from digits.bench.installed import OURS
from digits.bench.measurement import Reading, Settings
from digits.bundle import Bundle, open_bundle
from digits.errors import MissingExtraError
from digits.extras import need, pip


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

    What comes with the first answer isn't in the rate, since it may have waited in a buffer; where
    nothing else comes, the rate is that of the whole program.
    """
    told = _told(ended)
    took, steady = told["last"] - told["first"], told["images"] - told["early"]
    whole = told["images"] / ended.wall
    return {
        "rate": steady / took if took > 0 and steady else whole,
        "start": told["first"] - ended.start,
        "whole": whole,
        "cpu": 1e6 * ended.cpu / told["images"],
        "memory": ended.memory / 1e6,
    }


def _told(ended: child.Ended) -> Reading:
    """What a program told, or if it wrote answers instead, when they came."""
    answers = ended.answers
    if answers is None:
        raise child.ChildError("it gave no answers")
    if answers.tail.startswith(b'{"images"'):
        return ended.told()
    times = {"first": answers.first, "last": answers.last}
    return times | {"images": answers.lines, "early": answers.early}
