"""Other implementations of ONNX and TorchScript give the bundle's labels, too."""

import json
import os
import re
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from digits_export.bundle import Bundled

PEERS = Path(__file__).parents[3] / "samples" / "peers"
IMPORTED = {"onnxruntime": "onnxruntime", "openvino": "openvino", "reference": "onnx"}
IMPORTED["torchscript"] = "torch"


def replay(*command: object, bundle: Path) -> tuple[int, dict]:
    """Replay the goldens in a process that finds nothing of this checkout."""
    surroundings = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    done = subprocess.run(
        [*map(str, command), str(bundle)],
        env=surroundings | {"PYTHONWARNINGS": "ignore"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout.splitlines()[-1])


def check(report: dict, bundle: Path) -> None:
    """No label differs on any golden, and no probability by 1e-5."""
    assert report["passed"]
    several = report["graphs"]
    with np.load(bundle / "goldens.npz") as goldens:
        canvases = len(goldens["canvas"])
        images = sum(re.fullmatch(r"image_\d+", name) is not None for name in goldens.files)
    assert images > 10
    assert [graph["goldens"] for graph in several.values()] == [
        canvases,
        *[images] * (len(several) - 1),
    ]
    for name, figures in several.items():
        print(report["engine"], name, figures)
        assert figures["flips"] == 0
        assert figures["probabilities"] <= 1e-5


@pytest.mark.parametrize("peer", sorted(file.stem[5:] for file in PEERS.glob("with_*.py")))
def test_the_same_labels(peer: str, full: Bundled) -> None:
    package = IMPORTED[peer]
    if find_spec(package) is None:
        pytest.skip(f"needs {package}: run: pip install {package}")
    code, report = replay(sys.executable, PEERS / "replay.py", peer, bundle=full.directory)
    check(report, full.directory)
    assert code == 0
    end = ".torchscript.pt" if peer == "torchscript" else ".onnx"
    assert report["graphs"].keys() == {file for file in full.sizes if file.endswith(end)}


def install_web(folder: Path) -> Path:
    """The programs for Node with the engine that they name."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        pytest.skip("needs Node and npm: run: apt-get install nodejs npm")
    shutil.copytree(PEERS / "web", folder, ignore=shutil.ignore_patterns("node_modules"))
    command = [npm, "install", "--no-package-lock", "--no-audit", "--no-fund", "--silent"]
    try:
        done = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, check=False, timeout=120
        )
    except subprocess.TimeoutExpired:
        pytest.skip("needs the npm registry: it doesn't answer")
    if done.returncode or not (folder / "node_modules" / "onnxruntime-web").is_dir():
        pytest.skip(
            f"needs the npm registry: {' '.join((done.stdout + done.stderr).split())[:200]}"
        )
    return folder / "replay.mjs"


def test_the_same_labels_in_webassembly(full: Bundled, tmp_path: Path) -> None:
    program = install_web(tmp_path / "web")
    code, report = replay("node", program, bundle=full.directory)
    check(report, full.directory)
    assert code == 0
    assert report["graphs"].keys() == {"model.onnx", "front.onnx", "image.onnx"}


def test_a_wrong_golden_is_told(full: Bundled, tmp_path: Path) -> None:
    shutil.copytree(full.directory, tmp_path / "lenet")
    manifest = json.loads((tmp_path / "lenet" / "manifest.json").read_text())
    manifest["tolerance"]["logits"] = 1e-9
    (tmp_path / "lenet" / "manifest.json").write_text(json.dumps(manifest))
    command = (sys.executable, PEERS / "replay.py", "onnxruntime")
    code, report = replay(*command, bundle=tmp_path / "lenet")
    assert (code, report["passed"]) == (4, False)
