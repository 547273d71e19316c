"""The record of a run: the machine, the versions and the settings that figures belong to."""

import os
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from digits import __version__
from digits.bench.digit_images import source
from digits.bench.measurement import Settings
from digits.bench.results import Measured, Run
from digits.machine.description import describe

_PACKAGES = (
    "numpy",
    "onnxruntime",
    "onnxruntime-gpu",
    "pillow",
    "typer",
    "opencv-python-headless",
    "torch",
    "openvino",
    "fastapi",
    "uvicorn",
)
# Of those that others obey, the ones that change how fast they are.
_VARIABLES = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "PYTHONUNBUFFERED", "DIGITS_DECODER")


def run_of(
    settings: Settings,
    model: str,
    measured: tuple[Measured, ...],
    gpu: Mapping[str, Any] | None = None,
) -> Run:
    """A run's record.

    Args:
        settings: What was measured with.
        model: The model's name: not its folder.
        measured: What was found.
        gpu: GPUs, driver and versions, where these took part.
    """
    told = dict(gpu or {})
    versions = {name: found for name in _PACKAGES if (found := _version(name))}
    versions |= told.pop("versions", {})
    return Run(
        digits=__version__,
        machine=asdict(describe()) | told,
        versions=versions,
        settings=_settings(settings, model),
        measured=measured,
        ended=datetime.now(UTC).isoformat(timespec="seconds"),
    )


def _settings(settings: Settings, model: str) -> Mapping[str, Any]:
    variables = {name: os.environ[name] for name in _VARIABLES if name in os.environ}
    return {
        "model": model,
        "provider": settings.provider,
        "rounds": settings.rounds,
        "peers": settings.peers,
        "digits": source(),
        "sizes": asdict(settings.sizes),
        "variables": variables,
    }


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
