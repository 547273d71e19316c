"""Models of other people: what becomes a subject, and what is refused with the model's own line."""

import json
import sys

import numpy as np
import pytest
import safetensors.torch
import torch

from digits import Classifier, explain
from digits.cli import export as run
from digits.cli import main
from digits_export.foreign import Request, foreign_subject

MODELS = """
import torch
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3, padding=1)
        self.norm = nn.BatchNorm2d(8)
        self.head = nn.Linear(8, 3)

    def forward(self, x):
        return self.head(torch.relu(self.norm(self.conv(x))).mean((2, 3)))


class Grey(nn.Sequential):
    def __init__(self):
        super().__init__(nn.Flatten(), nn.Linear(16 * 16, 4))


class Branch(Net):
    def forward(self, x):
        if x.sum() > 0:
            return -super().forward(x)
        return super().forward(x)


class Eigen(Net):
    def forward(self, x):
        return self.head(torch.linalg.eigvals(x[:, 0, :8, :8]).real)


class OneAtATime(Net):
    def forward(self, x):
        return self.head(self.conv(x).mean((2, 3)).reshape(1, 8))


class Mixing(Net):
    def forward(self, x):
        return super().forward(x - x.mean(0))


class Several(Net):
    def forward(self, x):
        return super().forward(x), x


class Sure(Net):
    def forward(self, x):
        return super().forward(x).softmax(1)


class Unscriptable(Net):
    def forward(self, *images):
        return super().forward(images[0])


def nan():
    net = Net()
    net.norm.running_var[2] = float("nan")
    return net


class Random(Net):
    def forward(self, x):
        return super().forward(x + torch.rand_like(x))


class Endless(Net):
    def forward(self, x):
        return super().forward(x) / 0


def broken():
    raise KeyError("no weights here")


ready = Net()
seven = 7
"""
INPUT = (3, 12, 16)


@pytest.fixture(autouse=True)
def models(tmp_path, monkeypatch):
    """A folder with models of one's own, where the command runs."""
    (tmp_path / "own_models.py").write_text(MODELS)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    yield tmp_path
    sys.modules.pop("own_models", None)


def subject(name, **options):
    return foreign_subject(Request(f"own_models:{name}", options.pop("input", INPUT), **options))


def test_a_subject_tells_what_the_model_is():
    found = subject("Net", mean=(0.5, 0.4, 0.3), std=(0.2,))
    assert (found.name, found.arch, found.canvas) == ("net", "own_models:Net", INPUT)
    assert found.title == "Net, 3×12×16"
    assert found.parameters == 8 * 27 + 8 + 16 + 27
    assert found.labels == ("0", "1", "2")
    assert found.record["std"] == (0.2,)
    canvas = torch.full((1, *INPUT), 51, dtype=torch.uint8)
    prepared = found.classifier.prepare(canvas)[0, :, 0, 0]
    assert prepared.tolist() == pytest.approx([-1.5, -1.0, -0.5], abs=1e-6)


def test_random_weights_are_the_same_every_time():
    assert subject("Net").digest == subject("Net").digest
    ready = subject("ready").digest  # made by the import, not by a call
    sys.modules.pop("own_models")
    torch.rand(1)
    assert subject("ready").digest == ready


def test_a_grey_model_has_a_grey_canvas_of_its_own_side():
    found = subject("Grey", input=(1, 16, 16))
    assert found.canvas == (16, 16)
    canvas, clean, box, _ = found.front_end(torch.full((2, 40, 60, 3), 9, dtype=torch.uint8))
    assert (canvas.shape, clean.shape) == ((2, 16, 16), (2, 16, 16))
    assert (canvas == 9).all()
    assert box[0].tolist() == [10, 0, 50, 40]
    assert found.classifier(canvas)[1].shape == (2, 4)


def test_labels_may_begin_with_a_byte_order_mark(models):
    (models / "labels.txt").write_bytes("\ufeffant\nbee\ncat\n".encode())
    assert subject("Net", labels=models / "labels.txt").labels == ("ant", "bee", "cat")


@pytest.mark.parametrize(("side", "pad", "size"), [(28, 0, 0), (32, 2, 0), (56, 0, 56)])
def test_ink_makes_digits_of_any_square_input(side, pad, size, models):
    text = MODELS.replace("16 * 16", f"{side} * {side}")
    (models / "own_models.py").write_text(text)
    found = subject("Grey", input=(1, side, side), front="ink")
    assert found.canvas == (28, 28)
    assert (found.classifier.prepare.pad, found.classifier.prepare.size) == (pad, size)


def test_the_whole_way_in_colour(models, capsys):
    (models / "labels.json").write_text(json.dumps(["ant", "bee", "cat"]))
    weights = {f"module.{k}": v for k, v in subject("Net").classifier.network.state_dict().items()}
    safetensors.torch.save_file({k: v.clone() for k, v in weights.items()}, "net.safetensors")
    command = "--model own_models:Net --weights net.safetensors --input 3x12x16 --name insects"
    more = "--mean 0.5,0.4,0.3 --std 0.2 --labels labels.json --crop 0.875"
    assert run([*command.split(), *more.split()]) == 0
    told, notes = capsys.readouterr()
    assert "folded with batch norms" in told
    assert "note: " not in notes
    assert main(["verify", "bundles/insects", "--provider", "cpu"]) == 0

    classifier = Classifier.load("bundles/insects", "cpu")
    assert classifier.labels == ("ant", "bee", "cat")
    image = np.random.default_rng(0).integers(0, 256, (40, 100, 3), dtype=np.uint8)
    answer = classifier.predict(image)
    assert answer.canvas.shape == INPUT
    # The largest 12×16 part of 40 rows has 53 columns; seven eighths of that are taken.
    assert answer.box == pytest.approx((50 - 23.33, 2.5, 50 + 23.33, 37.5), abs=0.01)
    assert explain(answer, image).size[0] > 1000

    network = subject("Net", mean=(0.5, 0.4, 0.3), std=(0.2,)).classifier
    with torch.no_grad():
        expected = network(torch.from_numpy(answer.canvas.copy())[None])[1][0]
    assert answer.probabilities == pytest.approx(expected.numpy(), abs=1e-6)


def test_what_torchscript_cannot_express_costs_its_files_only(models, capsys):
    command = ["--model", "own_models:Unscriptable", "--input", "3x12x16", "--light"]
    assert run([*command, "--out", "made"]) == 0
    notes = capsys.readouterr().err
    assert "note: without --weights: exported as own_models:Unscriptable makes it" in notes
    assert "note: without model.torchscript.pt: model can't be exported to TorchScript: " in notes
    assert not list((models / "made").glob("*.pt"))
    assert main(["verify", "made", "--provider", "cpu"]) == 0


@pytest.mark.parametrize(
    ("name", "code", "said"),
    [
        (
            "Eigen",
            3,
            ":8, :8]).real)`: ONNX has nothing that computes aten.linalg_eig",
        ),
        ("Branch", 3, "own_models.py, line 24: `if x.sum() > 0:`: which way it takes depends on"),
        ("OneAtATime", 3, "line 36: `return self.head(self.conv(x).mean((2, 3)).reshape(1, 8))`"),
        ("Mixing", 3, "answers an image differently when others are beside it"),
        ("Several", 3, "gives a tuple for 1 images: wrap it in a module that gives the logits"),
        ("Random", 3, "gives another answer each time: are there random numbers in forward?"),
        ("Endless", 3, "gives numbers that are not finite"),
        ("Sure", 3, "gives probabilities: let it give the logits before them"),
        ("nan", 3, "own_models:nan: tensor norm.running_var holds values that are not finite"),
        ("broken", 3, "fails without arguments: own_models.py, line 76: `raise KeyError"),
        ("seven", 2, "is neither a module nor a function that makes one"),
        ("nothing", 2, "own_models has no nothing"),
    ],
)
def test_what_cannot_be_exported_is_told_by_the_models_own_line(name, code, said, models, capsys):
    assert run(["--model", f"own_models:{name}", "--input", "3x12x16"]) == code
    error = capsys.readouterr().err.splitlines()[-1]
    assert error.startswith("digits-export: error: ")
    assert said in error
    assert str(models) not in error
    assert not (models / "bundles").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("--model own_models:Net", "--input is missing: give the model's input as CxHxW"),
        ("--model own_models:Net --input 12x16", "--input is '12x16': give the model's input"),
        ("--model own_models:Net --input 2x12x16", "input 2x12x16: give 1xHxW or 3xHxW"),
        ("--model own_models --input 3x12x16", "give it as package.module:factory"),
        ("--model no.such:Net --input 3x12x16", "No module named 'no'"),
        ("--model own_models:Net --input 3x12x16 --mean a", "--mean is 'a': give one number"),
        ("--model own_models:Net --input 3x12x16 --mean 0,0", "mean has 2 numbers for 3 channels"),
        ("--model own_models:Net --input 3x12x16 --std 0", "std is 0: it must be above 0"),
        ("--model own_models:Net --input 3x12x16 --crop 2", "crop is 2: give a share"),
        ("--model own_models:Net --input 3x12x16 --front sea", "unknown front end 'sea'"),
        ("--model own_models:Net --input 3x12x16 --front ink", "front end 'ink' is for a square"),
        ("--model own_models:Net --input 3x12x16 --labels no.txt", "no.txt: can't be read"),
        ("--model own_models:Net --input 3x12x16 --labels own_models.py", "gives 3 classes"),
        ("--model own_models:Net --arch mlp", "give one of them"),
        ("--model own_models:Grey --input 1x12x16", "grey squares of 6 pixels or more, not [12"),
        ("--model own_models:Grey --input 1x16x16 --crop 0.5", "whole middle square in grey"),
        ("--arch mlp --input 3x12x16", "are for --model"),
        ("--arch mlp --crop 0.5", "are for --model"),
        ("--arch mlp --front ink", "are for --model"),
    ],
)
def test_wrong_use_is_told(words, said, capsys):
    assert run(words.split()) == 2
    assert said in capsys.readouterr().err


def test_weights_that_do_not_fit_are_told(models, capsys):
    safetensors.torch.save_file({"conv.weight": torch.zeros(1)}, models / "other.safetensors")
    words = "--model own_models:Net --input 3x12x16 --weights other.safetensors"
    assert run(words.split()) == 3
    assert "tensor conv.weight is [1], not [8, 3, 3, 3]" in capsys.readouterr().err
