"""`digits train`: its output, its exit codes, and Ctrl-C on a real process."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from digits.cli import main
from digits_models import registry, weights

PROCESS = [sys.executable, "-c", "import sys; from digits.cli import main; sys.exit(main())"]


def arguments(data_dir: Path, out: Path, *more: str) -> list[str]:
    options = ["--arch", "mlp", "--data-dir", str(data_dir), "--out", str(out), "--device", "cpu"]
    return ["train", *options, "--batch-size", "8", *more]


def start(words: list[str]) -> subprocess.Popen[str]:
    pipe = subprocess.PIPE
    return subprocess.Popen([*PROCESS, *words], stdout=pipe, stderr=pipe, text=True)


def test_results_are_on_stdout_and_notes_on_stderr(tmp_path, tiny_data, capsys):
    assert main(arguments(tiny_data, tmp_path, "--epochs", "2")) == 0
    output, notes = capsys.readouterr()
    first, second = output.splitlines()
    assert first.startswith(f"{tmp_path / 'mlp.safetensors'}: ")
    assert first.endswith("of the mnist test set")
    assert f"digits-export --arch mlp --weights {tmp_path / 'mlp.safetensors'}" in second
    assert notes.count("images/s") == 2
    assert "\x1b" not in notes


def test_a_limited_training_says_how_many_images_it_measured(tmp_path, tiny_data, capsys):
    assert main(arguments(tiny_data, tmp_path, "--epochs", "1", "--limit", "20")) == 0
    first = capsys.readouterr().out.splitlines()[0]
    assert first.endswith("% of 20 images of the mnist test set")
    assert main(arguments(tiny_data, tmp_path, "--epochs", "1", "--limit", "999")) == 0
    first = capsys.readouterr().out.splitlines()[0]
    assert first.endswith("% of 24 images of the mnist test set")


def test_the_same_command_again_prints_the_same_result_and_a_note(tmp_path, tiny_data, capsys):
    words = arguments(tiny_data, tmp_path, "--epochs", "1")
    assert main(words) == 0
    first = capsys.readouterr().out
    assert main(words) == 0
    output, notes = capsys.readouterr()
    assert output == first
    assert notes.startswith(f"{tmp_path} is done already: ")
    assert "--fresh trains again" in notes


@pytest.mark.parametrize("command", ["train", "show", "export"])
def test_help_lists_every_network(command, capsys):
    assert main([command, "--help"]) == 0
    unwrapped = "".join(capsys.readouterr().out.split())
    assert f"Thenetwork:{','.join(registry.names())}" in unwrapped


def test_ctrl_c_leaves_weights_and_a_checkpoint_that_goes_on(tmp_path, tiny_data):
    words = arguments(tiny_data, tmp_path, "--epochs", "100000")
    with start(words) as run:
        assert any("images/s" in line for line in iter(run.stderr.readline, ""))
        run.send_signal(signal.SIGINT)
        output, notes = run.communicate()
    assert run.returncode == 130
    assert output == ""
    assert "run the same command to go on" in notes
    assert "Traceback" not in notes
    assert weights.load("mlp", tmp_path / "mlp.safetensors").record["complete"] is False
    with start(words) as run:
        assert run.stderr.readline().startswith("going on at step ")
        assert any("images/s" in line for line in iter(run.stderr.readline, ""))
        run.send_signal(signal.SIGINT)
        run.communicate()
    assert run.returncode == 130


@pytest.mark.parametrize(
    ("more", "code", "message"),
    [
        (("--arch", "alexnet"), 2, "unknown architecture 'alexnet'; known: "),
        (("--out", "/"), 2, "--out / is the root of all files: name a folder"),
        (("--lr", "-1"), 2, "--lr is -1.0; it must be above 0"),
        (("--dataset", "cifar"), 2, "unknown data set 'cifar'"),
        (("--data-dir", "/dev/null"), 1, "MNIST is not in /dev/null/MNIST/raw"),
    ],
)
def test_wrong_use_is_one_line_and_its_code(more, code, message, tmp_path, tiny_data, capsys):
    assert main(arguments(tiny_data, tmp_path, *more)) == code
    said = capsys.readouterr().err
    assert said.splitlines()[-1].startswith("digits train: error: ")
    assert message in said
    assert "Traceback" not in said
