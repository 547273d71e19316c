"""`digits doctor`: what this machine can run, what is missing, and what mends it."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from digits import __version__
from digits.bundle import open_bundle, shipped
from digits.commands.diagnosis import Diagnosis, diagnose_cpu, diagnose_cuda
from digits.commands.options import ReportFormat, ReportOption
from digits.commands.tables import fields
from digits.decoder import decoder
from digits.errors import DigitsError
from digits.extras import MODULES, need
from digits.machine.description import Machine, describe

_PACKAGES = ("numpy", "pillow", "onnxruntime", "onnxruntime-gpu", "torch", "onnx")
_ABSENT = "not installed"


def doctor(form: ReportOption = ReportFormat.TABLE) -> None:
    """Say what this machine can run, what is missing, and what mends it.

    Each provider that seems to work replays some of the default model's goldens. Exit code 3 says
    that not even the CPU works, 4 that it answers otherwise than the trained network.
    """
    machine = describe()
    providers = {"cpu": diagnose_cpu(machine), "cuda": diagnose_cuda()}
    show = _json if form is ReportFormat.JSON else _table
    print(show(machine, providers))
    problem = providers["cpu"].problem
    if problem is not None:
        raise problem


def _table(machine: Machine, providers: Mapping[str, Diagnosis]) -> str:
    lines: list[tuple[str, object]] = [
        ("machine: system", machine.system),
        ("machine: python", machine.python),
    ]
    for part, told in _environment().items():
        lines += [(f"{part}: {key}", value) for key, value in told.items()]
    for name, diagnosis in providers.items():
        lines += [(f"{name}: {key}", value) for key, value in diagnosis.has.items()]
        lines += [(f"{name}: lacks", text) for text in diagnosis.lacks]
    verdicts = [(f"provider: {name}", _verdict(item)) for name, item in providers.items()]
    return fields([*lines, *verdicts])


def _verdict(diagnosis: Diagnosis) -> str:
    return "works" if diagnosis.works else "doesn't work"


def _json(machine: Machine, providers: Mapping[str, Diagnosis]) -> str:
    report: dict[str, Any] = {"machine": asdict(machine), **_environment()}
    report["provider"] = {
        name: {"works": item.works, "has": item.has, "lacks": item.lacks}
        for name, item in providers.items()
    }
    return json.dumps(report, indent=2)


def _environment() -> dict[str, dict[str, str]]:
    return {
        "version": {"digits-edge": __version__} | {name: _version(name) for name in _PACKAGES},
        "extra": {extra: _extra(extra) for extra in MODULES},
        "decoder": {"jpeg": decoder()},
        "model": {name: _model(name) for name in shipped()} or {"shipped": "none"},
    }


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return _ABSENT


def _extra(extra: str) -> str:
    try:
        need(extra)
    except DigitsError as error:
        return str(error)
    return "works"


def _model(name: str) -> str:
    try:
        return f"{open_bundle(name).manifest.parameters:,} parameters, files as exported"
    except DigitsError as error:
        return str(error)
