"""`digits show --image` and `--features`: what happens inside a network, and how it is drawn."""

import gzip
import json
import struct
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from digits import cli, extras
from digits_models import activations, embedding, feature_maps, front, mosaic, registry, weights
from digits_models.activations import Passage, Stage
from digits_models.classifier import CanvasClassifier
from digits_models.weights import Trained

# The networks that ship, and how many of their stages are maps.
MAPS = {"lenet": 8, "lenet-sigmoid": 6, "mlp": 0, "cnn": 6, "simple-cnn": 6}
SMALL = sorted(MAPS)


@pytest.fixture
def seven(tmp_path: Path) -> Path:
    """A seven of two strokes on white paper."""
    page = np.full((60, 50), 255, np.uint8)
    page[10:15, 10:40] = 0
    for step in range(40):
        page[12 + step, 37 - step // 3 : 42 - step // 3] = 0
    Image.fromarray(page).save(tmp_path / "seven.png")
    return tmp_path / "seven.png"


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    """A little MNIST of 60 test images: a bar whose place is their label."""
    raw = tmp_path / "data" / "MNIST" / "raw"
    raw.mkdir(parents=True)
    labels = np.arange(60, dtype=np.uint8) % 10
    images = np.random.default_rng(0).integers(0, 30, (60, 28, 28)).astype(np.uint8)
    for image, label in zip(images, labels, strict=True):
        image[4:24, 2 * label + 3 : 2 * label + 6] = 250
    for prefix in ("train", "t10k"):
        for name, values in (("labels-idx1", labels), ("images-idx3", images)):
            head = struct.pack(f">BBBB{values.ndim}I", 0, 0, 8, values.ndim, *values.shape)
            (raw / f"{prefix}-{name}-ubyte").write_bytes(head + values.tobytes())
            (raw / f"{prefix}-{name}-ubyte.gz").write_bytes(gzip.compress(head + values.tobytes()))
    return tmp_path / "data"


def show(*arguments: object) -> int:
    return cli.main(["show", *map(str, arguments)])


def pixels(file: Path) -> np.ndarray:
    with Image.open(file) as image:
        return np.asarray(image.convert("RGB"))


@pytest.mark.parametrize("arch", SMALL)
def test_the_stages_are_what_the_network_computes(arch: str, seven: Path) -> None:
    trained = weights.load(arch)
    passage = activations.follow(trained, pixels(seven))
    architecture = trained.architecture
    canvas = front.build_front(architecture.front)(torch.from_numpy(pixels(seven).copy())[None])[0]
    assert (passage.canvas == canvas[0].numpy()).all()
    model = CanvasClassifier(architecture.prepare(), trained.network, trained.temperature)
    with torch.inference_mode():
        assert np.allclose(passage.probabilities, model(canvas)[1][0], atol=1e-6)
        features = trained.network.features(architecture.prepare()(canvas))[0].numpy()
    assert np.allclose(passage.stages[-1].output.reshape(-1), features, atol=1e-5)
    assert [s.name for s in passage.stages if s.kind in ("Flatten", "Dropout")] == []
    assert sum(stage.output.ndim == 3 for stage in passage.stages) == MAPS[arch]
    relu = next((s for s in passage.stages if s.kind == "ReLU"), None)
    before = passage.stages[0].output
    assert relu is None or (relu.output == np.maximum(before, 0)).all()


@pytest.mark.parametrize("arch", SMALL)
def test_kernels_are_the_first_weights(arch: str) -> None:
    network = weights.load(arch).network
    kernels = activations.first_kernels(network, side=28)
    expected = {"mlp": (128, 1, 28, 28), "simple-cnn": (32, 1, 3, 3), "cnn": (16, 1, 5, 5)}
    assert kernels.shape == expected.get(arch, (6, 1, 5, 5))
    assert (kernels.ravel() == next(network.parameters()).detach().numpy().ravel()).all()


@pytest.mark.parametrize("arch", SMALL)
def test_an_image_inside_a_network(
    arch: str, seven: Path, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    picture = tmp_path / "maps.png"
    assert show("--arch", arch, "--image", seven, "--out", picture, "--format", "json") == 0
    found = json.loads(capsys.readouterr().out)
    if arch != "lenet-sigmoid":
        assert found["label"] == "7"
    assert found["picture"] == str(picture)
    assert pixels(picture).shape[1] == 1360
    assert pixels(picture)[-1, -1].tolist() == [0x14, 0x17, 0x1F]


def test_a_deep_network_is_drawn_without_its_convolutions(tmp_path: Path) -> None:
    trained = thin_vgg()
    image = np.zeros((28, 28, 3), np.uint8)
    image[5:23, 13:16] = 255
    passage = activations.follow(trained, image)
    kinds = {stage.kind for stage in activations.shown(passage.stages)}
    assert kinds == {"ReLU", "MaxPool2d"}
    bands = feature_maps.bands(passage)
    assert len(bands) == 1 + 13 + 5 + 3
    widest = feature_maps.COLUMNS * (mosaic.TILE + mosaic.GAP) - mosaic.GAP
    assert {band.pixels.shape[0] for band in bands[:-3]} == {mosaic.TILE}
    assert max(band.pixels.shape[1] for band in bands) == widest
    picture = tmp_path / "vgg.png"
    picture.write_bytes(feature_maps.draw(passage, tuple("0123456789"), "vgg16"))
    assert pixels(picture).shape[1] == 1360


def thin_vgg() -> Trained:
    """VGG-16 as it is, with an eighth of the channels."""
    from torch import nn

    from digits_models.network import DigitNetwork

    architecture = registry.get("vgg16")
    with torch.device("meta"):
        full = architecture.build()
    body: dict[str, nn.Module] = {}
    width = 3
    for name, layer in full.body.named_children():
        if isinstance(layer, nn.Conv2d):
            body[name] = nn.Conv2d(width, layer.out_channels // 8, 3, padding=1)
            width = layer.out_channels // 8
        elif isinstance(layer, nn.Linear):
            inputs = layer.in_features // 8
            body[name] = nn.Linear(inputs, layer.out_features // 8)
        else:
            body[name] = layer
    network = DigitNetwork(body, nn.Linear(1000 // 8, 10)).eval()
    return Trained(architecture, network, {}, 1.0, "")


def passage_of(*stages: Stage) -> Passage:
    nothing = np.zeros((28, 28), np.uint8)
    kernels = np.zeros((64, 1, 3, 3), np.float32)
    return Passage(nothing, nothing, kernels, stages, np.eye(10, dtype=np.float32)[7])


def test_the_maps_of_one_convolution_keep_their_places() -> None:
    rng = np.random.default_rng(0)
    conv, late = np.zeros((64, 4, 4), np.float32), np.zeros((64, 2, 2), np.float32)
    conv[:40] = rng.normal(size=(40, 4, 4))
    late[30:62] = 1
    stages = (Stage("conv", "Conv2d", conv), Stage("relu", "ReLU", np.maximum(conv, 0)))
    chosen = feature_maps.choices((*stages, Stage("pool", "MaxPool2d", late)), 32)
    assert all(found.tolist() == list(range(30, 62)) for found in chosen.values())
    chosen = feature_maps.choices((*stages, Stage("conv2", "Conv2d", late)), 32)
    assert max(chosen["conv"].max(), chosen["relu"].max()) < 40
    assert chosen["conv2"].tolist() == list(range(30, 62))
    assert len(feature_maps.bands(passage_of(*stages))) == 3


def test_mosaic_lays_maps_out_in_rows() -> None:
    maps = np.arange(5, dtype=np.float32)[:, None, None] / 10 + np.zeros((1, 3, 3), np.float32)
    grey = lambda values: np.repeat(values[..., None], 4, axis=-1)  # noqa: E731
    sheet = mosaic.mosaic(maps, 3, grey, (1.0, 0.0, 0.0))
    side, step = mosaic.TILE, mosaic.TILE + mosaic.GAP
    assert sheet.shape == (2 * step - mosaic.GAP, 3 * step - mosaic.GAP, 3)
    assert sheet[5::step, 5::step, 0].tolist() == [[0, 26, 51], [77, 102, 255]]
    assert sheet[side, 0].tolist() == [255, 0, 0]


def test_scales() -> None:
    values = np.array([[-2.0, 0.0, 1.0]], np.float32)
    assert mosaic.signed(values).tolist() == [[0, 0.5, 0.75]]
    assert mosaic.unsigned(values + 2).tolist() == [[0, pytest.approx(2 / 3), 1]]
    assert mosaic.signed(values * 0).tolist() == [[0.5] * 3]
    assert mosaic.unsigned(values * 0).tolist() == [[0] * 3]


def test_features_are_a_map_that_a_seed_repeats(
    data_dir: Path, tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    arguments = ("--arch", "cnn", "--features", "--data", "mnist", "--data-dir", data_dir)
    first, second = tmp_path / "a.png", tmp_path / "b.png"
    assert show(*arguments, "--limit", 40, "--output", first, "--format", "json") == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["images"], found["dataset"]) == (40, "mnist")
    assert 0 <= found["wrong"] <= 40
    assert show(*arguments, "--limit", 40, "--output", second) == 0
    assert f"{found['wrong']} read wrong" in capsys.readouterr().out
    assert first.read_bytes() == second.read_bytes()
    assert pixels(first).shape == (960, 1200, 3)


def test_points_of_one_label_lie_together(data_dir: Path) -> None:
    found = embedding.embed(weights.load("cnn"), "mnist", 60, data_dir)
    assert (found.points.shape, len(found.truth)) == ((60, 2), 60)
    assert (found.mistakes == (found.truth != found.read)).all()
    again = embedding.embed(weights.load("cnn"), "mnist", 60, data_dir)
    assert (found.points == again.points).all()
    clouds = np.random.default_rng(0).normal(size=(60, 20)).astype(np.float32)
    clouds[:30] += 20
    points = embedding.plane(clouds)
    centres = points[:30].mean(axis=0), points[30:].mean(axis=0)
    apart = np.linalg.norm(centres[0] - centres[1])
    assert apart > 2 * np.linalg.norm(points[:30] - centres[0], axis=1).mean()


def test_problems_with_one_line(
    seven: Path, tmp_path: Path, capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "text.png").write_text("no image")
    lenet = ("--arch", "lenet", "--image")
    for arguments, code, complaint in (
        ((*lenet, tmp_path / "gone.png"), 1, "gone.png"),
        ((*lenet, tmp_path / "text.png"), 1, "not an image"),
        ((*lenet, seven, "--weights", tmp_path / "gone.safetensors"), 3, "gone.safetensors"),
        ((*lenet, seven, "--weights", weights.SHIPPED / "mlp.safetensors"), 3, "no lenet"),
        (("--arch", "vgg16", "--image", seven), 3, "digits train --arch vgg16"),
        ((*lenet, seven, "--out", seven / "x.png"), 1, "can't be written"),
    ):
        assert show(*arguments) == code
        captured = capsys.readouterr()
        assert captured.out == ""
        assert complaint in captured.err
        assert captured.err.count("\n") == 1
    assert not list(tmp_path.glob("*-maps.png"))


def test_missing_scikit_learn_is_named_with_its_install_command(
    capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = extras.find_spec
    monkeypatch.setattr(
        extras, "find_spec", lambda name: None if name == "sklearn" else found(name)
    )
    assert show("--arch", "lenet", "--features") == 3
    assert "needs sklearn, which isn't installed" in capsys.readouterr().err
