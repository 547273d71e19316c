"""`digits export --layout triton`."""

import pytest

from digits import cli


def test_a_shipped_bundle(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert cli.export(["--layout", "triton", "--bundle", "lenet", "--bundle", "cnn"]) == 0
    told = capsys.readouterr().out.splitlines()
    assert told[-4:] == [
        "next:",
        "  tritonserver --model-repository ./triton",
        "  curl localhost:8000/v2/models/lenet",
        "  curl localhost:8000/v2/models/cnn",
    ]
    assert sorted(file.name for file in (tmp_path / "triton").iterdir() if file.is_dir()) == sorted(
        f"{name}{part}"
        for name in ("lenet", "cnn")
        for part in ("", "_front", "_classifier", "_canvas")
    )


@pytest.mark.usefixtures("quick")
def test_a_network_is_exported_and_proved_first(tmp_path, capsys):
    out = tmp_path / "models"
    assert cli.export(["--arch", "mlp", "--layout", "triton", "--out", str(out)]) == 0
    told = capsys.readouterr().out
    assert told.startswith("The trained numbers in the files, bit for bit")
    assert (out / "mlp" / "config.pbtxt").is_file()
    assert [file.name for file in tmp_path.iterdir()] == ["models"]


@pytest.mark.parametrize(
    ("arguments", "code", "problem"),
    [
        (["--bundle", "lenet"], 2, "--bundle is for --layout triton"),
        (["--bundle", "lenet", "--layout", "triton", "--arch", "mlp"], 2, "taken as it is"),
        (["--bundle", "lenet", "--layout", "triton", "--light"], 2, "taken as it is"),
        (["--arch", "mlp", "--layout", "triton", "--variants", "fp16"], 2, "--variants is for"),
        (["--bundle", "nothing", "--layout", "triton"], 3, "no model 'nothing'"),
        (["--bundle", "cnn", "--bundle", "cnn", "--layout", "triton"], 3, "two models have"),
        (["--arch", "mlp", "--layout", "kserve"], 2, "'kserve' is not one of"),
    ],
)
def test_what_can_not_be(arguments, code, problem, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert cli.export(arguments) == code
    assert problem in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_place_of_others_is_refused_before_the_work(tmp_path, capsys):
    (tmp_path / "notes.txt").write_text("mine")
    assert cli.export(["--arch", "mlp", "--layout", "triton", "--out", str(tmp_path)]) == 2
    assert "has notes.txt, which would be lost" in capsys.readouterr().err
