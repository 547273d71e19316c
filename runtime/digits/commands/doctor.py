"""`digits doctor`: what this machine can run, what is missing, and what mends it."""

import json
import platform
from importlib.metadata import PackageNotFoundError, version

from digits import __version__
from digits.bundle import open_bundle, shipped
from digits.commands.options import ReportFormat, ReportOption
from digits.commands.tables import fields
from digits.errors import DigitsError
from digits.extras import MODULES, need
from digits.providers import cuda_problem, installed_wheels, load_onnxruntime

_PACKAGES = ("numpy", "pillow", "onnxruntime", "onnxruntime-gpu", "torch", "onnx")
_ABSENT = "not installed"


def doctor(form: ReportOption = ReportFormat.TABLE) -> None:
    """Say what this machine can run, what is missing, and what mends it.

    Exit code 3 says that not even the CPU works.
    """
    report, problem = _report()
    if form is ReportFormat.JSON:
        print(json.dumps(report, indent=2))
    else:
        print(fields([(f"{part}: {key}", v) for part, d in report.items() for key, v in d.items()]))
    if problem:
        raise problem


def _report() -> tuple[dict[str, dict[str, str]], DigitsError | None]:
    problem = _cpu_problem()
    report = {
        "machine": {"system": platform.platform(), "python": platform.python_version()},
        "version": {"digits-edge": __version__} | {name: _version(name) for name in _PACKAGES},
        "provider": {
            "cpu": "works" if problem is None else str(problem),
            "cuda": "needs onnxruntime" if problem else cuda_problem(installed_wheels()) or "works",
        },
        "extra": {extra: _extra(extra) for extra in MODULES},
        "model": {name: _model(name) for name in shipped()} or {"shipped": "none"},
    }
    return report, problem


def _cpu_problem() -> DigitsError | None:
    try:
        load_onnxruntime()
    except DigitsError as error:
        return error
    return None


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
