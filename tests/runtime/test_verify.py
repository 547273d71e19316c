"""`digits verify`: its receipt, where that goes, and the trace that follows it."""

import getpass
import json
import platform
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from digits import extras
from digits.bundle import Bundle
from digits.commands import receipt
from digits.errors import ParityError
from digits.goldens.check import Check

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def failing(bundle: Path, reseal: Callable[..., None]) -> Path:
    """A bundle whose logits aren't met."""
    with np.load(bundle / "goldens.npz") as file:
        arrays = {name: file[name] for name in file.files} | {"logits": np.zeros((6, 10))}
    np.savez(bundle / "goldens.npz", **arrays)
    reseal(bundle)
    return bundle


@pytest.fixture
def tracer(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, Path | None]]:
    """Stands for the part of the exporter that finds the wrong layer; keeps what it was given."""
    calls: list[tuple[str, Path | None]] = []

    def trace(bundle: Bundle, weights: Path | None) -> None:
        calls.append((bundle.name, weights))
        print("conv1 is wrong")
        if weights is None and bundle.directory.name == "bundle":
            raise ParityError("conv1 leaves its bound")

    module = SimpleNamespace(trace=trace)
    monkeypatch.setitem(sys.modules, "digits_export.trace.command", module)
    monkeypatch.setattr(extras, "find_spec", lambda _: object())
    return calls


def test_the_receipt_says_what_ran_where(run: Run, full_bundle: Path) -> None:
    code, out, err = run("verify", full_bundle, "--provider", "cpu", "--format", "json")
    assert (code, err) == (0, "")
    told = json.loads(out)
    assert told["machine"].keys() == {
        *("system", "architecture", "processor", "instructions", "cores", "memory", "python")
    }
    assert told["onnxruntime"]["wheels"] in (["onnxruntime"], ["onnxruntime-gpu"])
    assert told["graphs"].keys() == {"model.onnx", "front.onnx", "image.onnx"}
    for graph in told["graphs"].values():
        assert (graph["providers"], graph["elsewhere"]) == (["CPUExecutionProvider"], {})
        assert graph["tf32"] is None
    parts = ["opening", "reading", "canvases", "images", "image.onnx", "files", "entry points"]
    assert list(told["seconds"]) == parts
    assert {len(digest) for digest in told["files"].values()} == {64}
    keys = {"name", "compared", "worst", "typical", "allowed", "unit", "flips", "where", "passed"}
    assert all(check.keys() == keys for check in told["checks"])


def test_the_receipt_tells_of_no_path_user_or_host(run: Run, bundle: Path) -> None:
    _, out, _ = run("verify", bundle, "--provider", "cpu", "--format", "json")
    for secret in (str(bundle), str(Path.cwd()), str(Path.home()) + "/", platform.node()):
        assert secret not in out
    assert f'"{getpass.getuser()}"' not in out


@pytest.mark.parametrize("form", ["table", "json"])
def test_the_receipt_goes_to_a_file_whole(run: Run, tiny: Path, tmp_path: Path, form: str) -> None:
    file = tmp_path / "receipt"
    args = ("verify", tiny, "--provider", "cpu", "--format", form, "--output", file)
    assert run(*args) == (0, "", "")
    text = file.read_text()
    assert json.loads(text)["passed"] if form == "json" else text.count(" ok\n") == 16
    assert [entry.name for entry in tmp_path.iterdir()] == ["receipt"]


def test_a_failure_is_written_down_too(run: Run, failing: Path, tmp_path: Path) -> None:
    file = tmp_path / "receipt.json"
    args = ("verify", failing, "--provider", "cpu", "--format", "json", "-o", file)
    code, out, err = run(*args)
    assert (code, out) == (4, "")
    assert err.endswith("canvas 1, allowed 0.01)\n")
    assert json.loads(file.read_text())["passed"] is False


def test_a_receipt_that_cannot_be_written(run: Run, tiny: Path, tmp_path: Path) -> None:
    code, out, err = run("verify", tiny, "--provider", "cpu", "-o", tmp_path / "no" / "receipt")
    assert (code, out) == (1, "")
    assert "can't be written: No such file or directory" in err


def test_undecided_flips_are_shown() -> None:
    row = receipt._row(Check("labels", 9, 0.0, 0.0, "flips", flips=2, where="canvas 3"))
    assert row == ("labels", 9, "0", "", "0", "flips, 2 more within the bound", "ok")
    row = receipt._row(Check("logits", 9, 3.0, 1.0, typical=0.5, where="canvas 3"))
    assert row == ("logits", 9, "3", "0.5", "1", "", "FAILED at canvas 3")


def test_a_trace_follows_the_replay(run: Run, tiny: Path, tracer: list) -> None:
    code, out, _ = run("verify", tiny, "--provider", "cpu", "--trace", "--weights", "w.safetensors")
    assert (code, tracer) == (0, [("tiny", Path("w.safetensors"))])
    assert out.endswith(" ok\n\nconv1 is wrong\n")
    code, out, err = run("verify", tiny, "--provider", "cpu", "--trace", "--format", "json")
    assert (code, tracer[1:]) == (0, [("tiny", None)])
    assert json.loads(out)["passed"] is True
    assert err == "conv1 is wrong\n"


def test_a_trace_runs_where_the_replay_failed(run: Run, failing: Path, tracer: list) -> None:
    code, out, err = run("verify", failing, "--provider", "cpu", "--trace")
    assert (code, tracer) == (4, [("tiny", None)])
    assert "FAILED" in out
    assert "conv1 leaves its bound" in err
    code, _, err = run("verify", failing, "--provider", "cpu", "--trace", "--weights", "w")
    assert code == 4
    assert "not as the trained network's: logits (" in err


def test_a_trace_needs_its_extra(run: Run, tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extras, "find_spec", lambda name: None if name == "torch" else object())
    code, out, err = run("verify", tiny, "--trace")
    assert (code, out) == (3, "")
    assert err == (
        "digits verify: error: this needs torch, which isn't installed: "
        f"run: {extras.pip()} install 'digits-edge[export]'\n"
    )


def test_weights_are_for_tracing(run: Run, tiny: Path) -> None:
    code, out, err = run("verify", tiny, "--weights", "w.safetensors")
    assert (code, out) == (2, "")
    assert "--weights is for --trace: give both or none" in err


def test_a_trace_is_not_of_variants(run: Run, tiny: Path, tracer: list) -> None:
    code, _, err = run("verify", tiny, "--trace", "--variant", "int8")
    assert (code, tracer) == (2, [])
    assert "--trace looks at the float32 files: leave out --variant" in err
