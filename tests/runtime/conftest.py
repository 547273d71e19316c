"""A tiny real bundle: its answer is the tenth of the grey scale that the image's mean falls in."""

import hashlib
import json
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from PIL import Image

from digits import cli
from digits.manifest import SEAL, seal

CENTRES = (np.arange(10) + 0.5) / 10
SCALE = 400.0


def answers(canvas: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Logits and probabilities of the tiny model, in float64."""
    mean = canvas.reshape(len(canvas), -1).astype(np.float64).mean(axis=1, keepdims=True) / 255
    logits = SCALE * (2 * mean * CENTRES - CENTRES**2)
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return logits, powers / powers.sum(axis=1, keepdims=True)


def _model(name: str, nodes: list, constants: dict, inputs: list, outputs: list) -> bytes:
    graph = helper.make_graph(
        nodes,
        name,
        [helper.make_tensor_value_info(*item) for item in inputs],
        [helper.make_tensor_value_info(*item) for item in outputs],
        [numpy_helper.from_array(np.asarray(v), k) for k, v in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8)
    onnx.checker.check_model(model)
    return model.SerializeToString()


def model_parts(x: str = "x") -> tuple[list, dict]:
    weights = np.repeat(SCALE * 2 * CENTRES[None] / (784 * 255), 784, axis=0).astype(np.float32)
    nodes = [
        helper.make_node("Cast", ["canvas"], [x], to=TensorProto.FLOAT),
        helper.make_node("Flatten", [x], ["flat"]),
        helper.make_node("Gemm", ["flat", "weights", "bias"], ["logits"]),
        helper.make_node("Softmax", ["logits"], ["probabilities"]),
    ]
    bias = (-SCALE * CENTRES**2).astype(np.float32)
    return nodes, {"weights": weights, "bias": bias}


def model_bytes() -> bytes:
    outputs = [(name, TensorProto.FLOAT, ["batch", 10]) for name in ("logits", "probabilities")]
    return _model(
        "model", *model_parts(), [("canvas", TensorProto.UINT8, ["batch", 28, 28])], outputs
    )


def front_parts() -> tuple[list, dict, list]:
    """Resizes the grey image; the box is the whole image, the evidence its mean level."""
    nodes = [
        helper.make_node("Cast", ["image"], ["x"], to=TensorProto.FLOAT),
        helper.make_node("ReduceMean", ["x", "last"], ["grey"], keepdims=0),
        helper.make_node("Resize", ["grey", "", "", "size"], ["small"], axes=[1, 2], mode="linear"),
        helper.make_node("Round", ["small"], ["rounded"]),
        helper.make_node("Cast", ["rounded"], ["canvas"], to=TensorProto.UINT8),
        helper.make_node("Cast", ["grey"], ["clean"], to=TensorProto.UINT8),
        helper.make_node("Shape", ["image"], ["shape"]),
        helper.make_node("Cast", ["shape"], ["shape_f"], to=TensorProto.FLOAT),
        helper.make_node("Gather", ["shape_f", "whole"], ["corners"]),
        helper.make_node("Mul", ["corners", "zero_one"], ["one_box"]),
        helper.make_node("ReduceMean", ["grey", "both"], ["mean"], keepdims=0),
        helper.make_node("Unsqueeze", ["mean", "axis"], ["evidence"]),
        helper.make_node("Mul", ["evidence", "zero"], ["nothing"]),
        helper.make_node("Add", ["nothing", "one_box"], ["box"]),
    ]
    constants = {
        "last": np.array([3]),
        "both": np.array([1, 2]),
        "axis": np.array([1]),
        "size": np.array([28, 28]),
        "whole": np.array([2, 1, 2, 1]),
        "zero_one": np.array([0, 0, 1, 1], np.float32),
        "zero": np.array(0, np.float32),
    }
    u8, f32 = TensorProto.UINT8, TensorProto.FLOAT
    outputs = [
        ("canvas", u8, ["batch", 28, 28]),
        ("clean", u8, ["batch", "clean_height", "clean_width"]),
        ("box", f32, ["batch", 4]),
        ("evidence", f32, ["batch", 1]),
    ]
    return nodes, constants, outputs


IMAGE = [("image", TensorProto.UINT8, ["batch", "height", "width", 3])]


def front_bytes() -> bytes:
    nodes, constants, outputs = front_parts()
    return _model("front", nodes, constants, IMAGE, outputs)


def image_bytes() -> bytes:
    """Both as one graph."""
    nodes, constants, outputs = front_parts()
    more, weights = model_parts("grey_canvas")
    outputs = [("probabilities", TensorProto.FLOAT, ["batch", 10]), *outputs]
    return _model("image", [*nodes, *more], constants | weights, IMAGE, outputs)


def golden_arrays() -> dict[str, np.ndarray]:
    rng = np.random.default_rng(2)
    canvas = rng.integers(0, 256, (6, 28, 28), dtype=np.uint8)
    canvas[0], canvas[1] = 0, 255
    logits, probabilities = answers(canvas)
    arrays = {"canvas": canvas, "logits": logits, "probabilities": probabilities}
    for i, level in enumerate((30, 200)):
        image = np.full((40, 56, 3), level, np.uint8)
        seen = np.full((28, 28), level, np.uint8)
        arrays[f"image_{i}"] = image
        arrays[f"image_{i}_canvas"] = seen
        arrays[f"image_{i}_box"] = np.array([0.0, 0.0, 56.0, 40.0])
        arrays[f"image_{i}_evidence"] = np.array([float(level)])
        arrays[f"image_{i}_probabilities"] = answers(seen[None])[1][0]
    return arrays


def tensor_of(value: onnx.ValueInfoProto) -> dict:
    kind = value.type.tensor_type
    return {
        "name": value.name,
        "dtype": helper.tensor_dtype_to_np_dtype(kind.elem_type).name,
        "shape": [size.dim_param or size.dim_value for size in kind.shape.dim],
    }


def signature_of(model: bytes) -> dict:
    graph = onnx.load_from_string(model).graph
    return {"inputs": [*map(tensor_of, graph.input)], "outputs": [*map(tensor_of, graph.output)]}


@cache
def signatures() -> dict:
    models = {"model": model_bytes(), "front": front_bytes(), "image": image_bytes()}
    return {f"{name}.onnx": signature_of(model) for name, model in models.items()}


def manifest_of(directory: Path) -> dict:
    return {
        "format": 1,
        "name": "tiny",
        "arch": "tiny",
        "dataset": "mnist",
        "title": "Mean grey level in tenths",
        "parameters": 7850,
        "labels": [str(i) for i in range(10)],
        "front": "ink",
        "evidence": ["mean"],
        "canvas": {"shape": [28, 28], "dtype": "uint8"},
        "temperature": 1.0,
        "weights": {"sha256": "0" * 64},
        "opset": 18,
        "ir_version": 8,
        "tools": {"onnx": onnx.__version__},
        "graphs": signatures(),
        "tolerance": {
            "logits": 1e-2,
            "probabilities": 1e-4,
            "canvas": 1,
            "box": 0.01,
            "evidence": 0.01,
        },
        "files": records_of(directory),
    }


def records_of(directory: Path) -> dict:
    return {
        file.name: {
            "sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
            "bytes": file.stat().st_size,
        }
        for file in sorted(directory.iterdir())
        if file.name != "manifest.json"
    }


def write_bundle(directory: Path) -> Path:
    directory.mkdir(parents=True)
    (directory / "model.onnx").write_bytes(model_bytes())
    (directory / "front.onnx").write_bytes(front_bytes())
    np.savez(directory / "goldens.npz", **golden_arrays())
    reseal(directory)
    return directory


def reseal(directory: Path, **changes: object) -> None:
    """Write a manifest that fits the files, with fields changed or (None) left out."""
    manifest = manifest_of(directory) | changes
    manifest = {key: value for key, value in manifest.items() if value is not None}
    (directory / "manifest.json").write_text(json.dumps(manifest))


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny bundle; nobody changes it."""
    return write_bundle(tmp_path_factory.mktemp("tiny") / "tiny")


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """A tiny bundle of one's own, to break."""
    return write_bundle(tmp_path / "bundle")


@pytest.fixture
def full_bundle(bundle: Path) -> Path:
    """One with the graph for other languages, too."""
    (bundle / "image.onnx").write_bytes(image_bytes())
    reseal(bundle)
    return bundle


@pytest.fixture(name="reseal")
def reseal_fixture() -> Callable[..., None]:
    return reseal


@pytest.fixture
def reseal_files() -> Callable[[Path], None]:
    """Makes the digests in a manifest fit files that were changed; the rest of it stays."""

    def reseal(directory: Path) -> None:
        file = directory / "manifest.json"
        manifest = json.loads(file.read_text()) | {"files": records_of(directory)}
        file.write_text(json.dumps(manifest | {SEAL: seal(manifest)}))

    return reseal


@pytest.fixture
def photo(tmp_path: Path) -> Callable[..., Path]:
    """Writes an image of one grey level; the tiny model reads it as the level's tenth."""

    def write(name: str = "photo.png", level: int = 200, size: tuple[int, int] = (30, 20)) -> Path:
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        Image.new("L", size, level).save(file)
        return file

    return write


@pytest.fixture
def digits() -> Callable[..., subprocess.CompletedProcess]:
    """Runs a command in a process of its own: what users get, with its streams and exit code."""

    def run(*args: object, **options: object) -> subprocess.CompletedProcess:
        command = [sys.executable, "-m", "digits", *map(str, args)]
        options = {"capture_output": True, "text": True, "timeout": 120} | options
        return subprocess.run(command, check=False, **options)

    return run


@pytest.fixture
def run(capsys: pytest.CaptureFixture) -> Callable[..., tuple[int, str, str]]:
    """Run a command in this process: its exit code, output and notes."""

    def run(*args: object) -> tuple[int, str, str]:
        code = cli.main([str(arg) for arg in args])
        return code, *capsys.readouterr()

    return run
