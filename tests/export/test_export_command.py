"""`digits-export` as users run it: streams, exit codes, files."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import safetensors.torch

from digits.cli import export
from digits_export import proof
from digits_export.commands.arguments import argument
from digits_export.populations import test_set as images_at_hand
from digits_models import weights

PROGRAM = "import sys; from digits.cli import export; sys.exit(export())"
OUTSIDE_THE_PROMISE = {"proof.json", "report.md"}
# Nothing of this is in a bundle.
SOMEONE_ELSE = {
    "USER": "someone-else",
    "LOGNAME": "someone-else",
    "LANG": "C",
    "TZ": "Pacific/Auckland",
    "PYTHONHASHSEED": "7",
}


def test_the_same_bundle_from_another_folder_and_process(full, tmp_path, python, contents):
    threads = "2" if os.environ.get("OMP_NUM_THREADS") == "1" else "1"
    environment = os.environ | SOMEONE_ELSE | {"HOME": str(full.directory.parent)}
    environment |= {"OMP_NUM_THREADS": threads}
    run = python(PROGRAM, "--arch", "lenet", cwd=tmp_path, env=environment, umask=0o077)
    assert run.returncode == 0, run.stderr
    assert [file.name for file in tmp_path.iterdir()] == ["bundles"]
    assert [file.name for file in (tmp_path / "bundles").iterdir()] == ["lenet"]
    made, known = contents(tmp_path / "bundles" / "lenet"), contents(full.directory)
    assert set(made) == set(known)
    assert [n for n in known if made[n] != known[n] and n not in OUTSIDE_THE_PROMISE] == []

    assert run.stderr.splitlines()[:2] == ["exporting TorchScript", "exporting ONNX"]
    assert run.stderr.splitlines()[-1] == "writing"
    told = run.stdout.splitlines()
    assert told[0] == "The trained numbers in the files, bit for bit"
    rows = sum(len(table.rows) for table in proof.summary(full.proof))
    # Without the data set there is one population less.
    least = 60 if images_at_hand("mnist", (28, 28)) is not None else 54
    assert sum(line.endswith(" ok") for line in told) == rows > least
    place = Path("bundles", "lenet")
    assert told[-4:] == [
        "next:",
        f"  digits-infer --model {place} IMAGE...",
        f"  digits verify {place}",
        f"  digits inspect {place}",
    ]
    assert json.loads(made["proof.json"])["passed"] is True


def test_ctrl_c_leaves_nothing_behind(tmp_path):
    command = [sys.executable, "-c", PROGRAM, "--arch", "mlp"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=tmp_path, stdout=pipe, stderr=pipe, text=True) as run:
        assert run.stderr.readline() == "exporting TorchScript\n"
        run.send_signal(signal.SIGINT)
        told, notes = run.communicate()
    assert run.returncode == 130
    assert told == ""
    assert "Traceback" not in notes
    assert not list(tmp_path.iterdir())


@pytest.fixture
def spoilt(tmp_path):
    """Weights with one value that isn't a number."""
    tensors = dict(weights.load("mlp").network.state_dict())
    name = list(tensors)[-1]
    tensors[name][0] = float("nan")
    safetensors.torch.save_file(tensors, tmp_path / "nan.safetensors")
    return name


@pytest.mark.usefixtures("spoilt")
@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        ("--arch alexnet", 2, "unknown architecture 'alexnet'; known: "),
        ("", 2, "Missing option '--arch'"),
        ("--arch mlp --opset 17", 2, "opset 17: the exporter writes 18 to 23"),
        ("--arch mlp --opset 99", 2, "opset 99: the exporter writes 18 to 23"),
        ("--arch mlp --opset new", 2, "'new' is not a valid int"),
        ("--arch vgg16", 3, "train them with `digits train --arch vgg16`"),
        ("--arch mlp --weights none.safetensors", 3, "none.safetensors: no such file of weights"),
        ("--arch mlp --weights .", 3, ".: no such file of weights"),
        ("--arch mlp --weights {lenet}", 3, "lenet.safetensors is no mlp: tensor "),
        ("--arch mlp --weights nan.safetensors", 3, "holds values that are not finite"),
        ("--arch mlp --out nan.safetensors", 2, "is a file: name a directory to write"),
        ("--arch mlp --out nan.safetensors/mlp", 2, "is a file: name another directory"),
        ("--arch mlp --out .", 2, ".: is the current directory"),
    ],
)
def test_wrong_use_is_one_line_and_its_code(words, code, message, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    shipped = weights.SHIPPED / "lenet.safetensors"
    assert export(words.format(lenet=shipped).split()) == code
    told, notes = capsys.readouterr()
    assert told == ""
    assert notes.startswith("digits-export: error: ")
    assert message in notes
    assert len(notes.splitlines()) == 1
    assert [file.name for file in tmp_path.iterdir()] == ["nan.safetensors"]


def test_a_tensor_that_is_not_finite_is_named(spoilt, tmp_path, capsys):
    export(["--arch", "mlp", "--weights", str(tmp_path / "nan.safetensors")])
    assert f"tensor {spoilt} holds values" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("directory", "typed"),
    [("bundles/lenet", "bundles/lenet"), ("lenet", "./lenet"), ("-x", "./-x"), ("/a b", "'/a b'")],
)
def test_next_commands_can_be_pasted(directory, typed):
    assert argument(Path(directory)) == typed
