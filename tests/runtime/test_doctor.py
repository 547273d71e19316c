"""`digits doctor`: what it says of machines that lack something, which are pretended."""

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from digits import bundle as bundles
from digits import providers
from digits.commands import diagnosis
from digits.errors import MissingExtraError, ParityError, ProviderError
from digits.machine.gpu import Driver, Gpu

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture(autouse=True)
def _shipped(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The tiny bundle is the one that ships."""
    monkeypatch.setattr(bundles, "_SHIPPED", tiny.parent)
    monkeypatch.setattr(diagnosis, "DEFAULT", "tiny")


@pytest.fixture
def with_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    driver = Driver("13.0", (Gpu("NVIDIA H100", "9.0", 80 * 2**30),), 0, "580.65.06")
    monkeypatch.setattr(diagnosis, "ask_driver", lambda: driver)


def report(run: Run) -> tuple[int, dict]:
    code, out, _ = run("doctor", "--format", "json")
    return code, json.loads(out)


def test_the_cpu_answers_the_goldens(run: Run) -> None:
    code, told = report(run)
    cpu = told["provider"]["cpu"]
    assert (code, cpu["works"], cpu["lacks"]) == (0, True, [])
    assert re.match(
        r"8 outputs of tiny as the trained network's \(opened in", cpu["has"]["goldens"]
    )
    assert cpu["has"].keys() == {"processor", "instructions", "cores", "memory", "goldens"}
    assert told["machine"]["cores"] > 0
    code, out, err = run("doctor")
    assert (code, err) == (0, "")
    assert re.search(r"^provider: cpu +works$", out, re.MULTILINE)
    assert re.search(r"^model: tiny +7,850 parameters, files as exported$", out, re.MULTILINE)


@pytest.mark.usefixtures("with_gpu")
def test_every_piece_that_cuda_lacks_is_told(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    lacks = ["libcurand.so.10 can't be loaded: run: pip", "libcudnn.so.9 can't be loaded: run: pip"]
    monkeypatch.setattr(diagnosis, "cuda_problems", lambda _: iter(lacks))
    names = {"libcublas.so.13": True, "libcurand.so.10": False, "libc.so.6": True}
    monkeypatch.setattr(diagnosis, "cuda_library_names", lambda: names)
    code, told = report(run)
    cuda = told["provider"]["cuda"]
    assert (code, cuda["works"], cuda["lacks"]) == (0, False, lacks)
    assert cuda["has"] == {
        "driver": "580.65.06, runs CUDA up to 13.0",
        "GPU 0": "NVIDIA H100, compute capability 9.0, 80 GiB",
        "libraries": "libcublas.so.13",
    }
    out = run("doctor")[1]
    assert [line.split()[2] for line in out.splitlines() if line.startswith("cuda: lacks")] == [
        "libcurand.so.10",
        "libcudnn.so.9",
    ]
    assert re.search(r"^provider: cuda +doesn't work$", out, re.MULTILINE)


@pytest.mark.usefixtures("with_gpu")
@pytest.mark.parametrize("error", [ProviderError("no CUDA: it fails"), ParityError("logits (3)")])
def test_cuda_that_only_seems_to_work(
    run: Run, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def answers(provider: str) -> str:
        if provider == "cuda":
            raise error
        return "fine"

    monkeypatch.setattr(diagnosis, "_answers", answers)
    monkeypatch.setattr(diagnosis, "cuda_problems", lambda _: iter([]))
    code, told = report(run)
    assert (code, told["provider"]["cpu"]["works"]) == (0, True)
    assert told["provider"]["cuda"]["works"] is False
    assert told["provider"]["cuda"]["lacks"] == [str(error)]


def test_without_onnxruntime_all_the_rest_is_told(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(providers, "find_spec", lambda _: None)
    code, out, err = run("doctor")
    assert code == MissingExtraError.exit_code == 3
    assert "digits-edge[cpu]" in err
    assert "cpu: processor" in out
    assert len(re.findall(r"^provider: \w+ +doesn't work$", out, re.MULTILINE)) == 2
    assert (
        len(re.findall(r"^\w+: lacks +onnxruntime isn't installed: run:", out, re.MULTILINE)) == 2
    )


def test_a_cpu_that_answers_otherwise_is_exit_4(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(_: object) -> None:
        raise ParityError("tiny on cpu: logits (3 at canvas 0, allowed 0.01)")

    monkeypatch.setattr(diagnosis, "prove", wrong)
    code, told = report(run)
    assert code == 4
    assert told["provider"]["cpu"]["lacks"] == ["tiny on cpu: logits (3 at canvas 0, allowed 0.01)"]


def test_two_wheels_that_overwrite_each_other(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    both = ["onnxruntime", "onnxruntime-gpu"]
    monkeypatch.setattr(providers, "installed_wheels", lambda: both)
    code, told = report(run)
    cpu = told["provider"]["cpu"]
    assert (code, cpu["works"]) == (0, True)
    assert "overwrite each other's files: run: " in cpu["lacks"][0]
