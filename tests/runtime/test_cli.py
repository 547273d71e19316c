"""The commands as users meet them: names, help, errors, exit codes."""

import importlib.metadata
import os
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import digits as package
from digits import cli, extras
from digits.errors import MissingExtraError, ProviderError

Run = Callable[..., subprocess.CompletedProcess]


def test_version_is_the_distributions(capsys: pytest.CaptureFixture) -> None:
    assert importlib.metadata.version("digits-edge") == package.__version__
    assert cli.main(["--version"]) == 0
    assert cli.infer(["--version"]) == 0
    assert capsys.readouterr().out == "digits 0.1.0\ndigits-infer 0.1.0\n"


@pytest.mark.parametrize("args", [[], ["--help"], ["-h"]])
def test_help_shows_the_whole_product_on_one_screen(
    args: list[str], capsys: pytest.CaptureFixture
) -> None:
    assert cli.main(args) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) <= 30
    assert max(map(len, lines)) <= 90
    for name, command in cli.COMMANDS.items():
        assert any(line.split()[:1] == [name] and command.help in line for line in lines)


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys; from digits.cli import main; main(['--help']); "
        "print([m for m in ('numpy', 'typer', 'rich', 'PIL', 'onnxruntime', 'torch') "
        "if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize("name", ["infer", "eval", "inspect", "verify", "doctor"])
def test_help_of_each_command(name: str, capsys: pytest.CaptureFixture) -> None:
    assert cli.main([name, "--help"]) == 0
    assert capsys.readouterr().out.startswith(f"Usage: digits {name} [OPTIONS]")


def test_own_names_are_in_their_usage(capsys: pytest.CaptureFixture) -> None:
    assert cli.infer(["--help"]) == 0
    assert capsys.readouterr().out.startswith("Usage: digits-infer [OPTIONS]")


def test_light_commands_import_no_rich_and_no_pydantic(tiny: Path) -> None:
    code = (
        "import sys; from digits.cli import main; "
        f"assert main(['inspect', {str(tiny)!r}]) == 0; "
        "print([m for m in ('rich', 'pydantic', 'torch', 'onnx') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["wat"], "digits: error: unknown command 'wat': the commands are infer, eval"),
        (["--wat"], "digits: error: unknown option '--wat'"),
        (["infer"], "digits infer: error: Missing argument 'PATH...' (see digits infer --help)"),
        (["infer", "x", "--wat"], "digits infer: error: No such option"),
        (["infer", "x", "--format", "xml"], "'xml' is not one of 'table', 'json', 'jsonl', 'csv'"),
        (["infer", "x", "--provider", "tpu"], "'tpu' is not one of 'auto', 'cpu', 'cuda'"),
        (["infer", "x", "--top-k", "0"], "0 is not in the range x>=1"),
        (["infer", "x", "--batch-size", "-1"], "-1 is not in the range x>=1"),
        (["infer", "x", "--workers", "many"], "'many' is not a valid int"),
        (["verify", "a", "b"], "unexpected extra argument"),
    ],
)
def test_wrong_usage_is_one_line_and_exit_2(
    args: list[str], message: str, capsys: pytest.CaptureFixture
) -> None:
    assert cli.main(args) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert message in err
    assert err.count("\n") == 1


def test_missing_extra_gives_the_command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    monkeypatch.setattr(extras, "find_spec", lambda name: None if name == "torch" else object())
    with pytest.raises(MissingExtraError, match="this needs torch, which isn't installed"):
        extras.need("export", "torch", "onnx")
    extras.need("plot", "matplotlib")
    assert cli.main(["train"]) == 3
    assert capsys.readouterr().err == (
        "digits train: error: this needs torch, which isn't installed: "
        f"run: {shlex.quote(sys.executable)} -m pip install 'digits-edge[export]'\n"
    )


def test_missing_modules_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extras, "find_spec", lambda _: None)
    with pytest.raises(MissingExtraError, match="this needs matplotlib, sklearn, which aren't in"):
        extras.need("plot")


def test_options_of_the_server_before_it_is_installed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    monkeypatch.setattr(extras, "find_spec", lambda _: None)
    assert cli.main(["serve", "--help"]) == 0
    assert "--host ADDRESS" in capsys.readouterr().out
    assert cli.main(["serve"]) == 3
    assert "install 'digits-edge[serve]'" in capsys.readouterr().err


def test_a_path_for_a_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("my 7.png").touch()
    assert cli.main(["my 7.png"]) == 2
    assert capsys.readouterr().err == (
        "digits: error: 'my 7.png' is no command but a path: "
        "to read it, run: digits infer 'my 7.png'\n"
    )


def test_interruption_anywhere_is_130(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted() -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "help_screen", interrupted)
    assert cli.main([]) == 130


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full, a disk that is full")
@pytest.mark.parametrize("args", [["--help"], ["inspect", "TINY"], ["infer", "gone.png"]])
def test_full_disk_behind_stdout(digits: Run, tiny: Path, args: list[str]) -> None:
    args = [str(tiny) if arg == "TINY" else arg for arg in args]
    if args[0] == "infer":
        args += ["--model", str(tiny), "--provider", "cpu"]
    with Path("/dev/full").open("w") as full:
        done = digits(*args, stdout=full, stderr=subprocess.PIPE, capture_output=False)
    assert done.returncode == 1
    assert "error: stdout: can't be written: No space left on device\n" in done.stderr
    assert done.stderr.count("\n") == 1


def test_closed_pipe_ends_quietly(digits: Run, tiny: Path) -> None:
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "w") as closed:
        done = digits("inspect", tiny, stdout=closed, stderr=subprocess.PIPE, capture_output=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(os.name == "nt", reason="needs a shell that closes streams")
@pytest.mark.parametrize(
    ("closed", "code", "message"),
    [
        (">&-", 1, "digits: error: stdout: can't be written: Bad file descriptor\n"),
        ("<&-", 0, ""),
        ("2>&-", 0, ""),
        ("<&- 2>&-", 0, ""),
    ],
)
def test_streams_that_the_caller_closed(
    tiny: Path, photo: Callable[..., Path], closed: str, code: int, message: str
) -> None:
    infer = ["infer", str(photo()), "--model", str(tiny), "--provider", "cpu"]
    for args in (["--help"], ["inspect", str(tiny)], infer):
        line = shlex.join([sys.executable, "-m", "digits", *args])
        done = subprocess.run(
            ["sh", "-c", f"{line} {closed}"], capture_output=True, text=True, check=False
        )
        assert done.returncode == code
        prog = "digits" if args == ["--help"] else f"digits {args[0]}"
        assert done.stderr == message.replace("digits:", f"{prog}:")
        assert bool(done.stdout) == (code == 0)


@pytest.mark.parametrize("kind", [ImportError, SystemError, ProviderError])
def test_interruption_that_an_import_hides(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture, kind: type[Exception]
) -> None:
    def load(_: str) -> None:
        raise kind("numpy can't be imported") from KeyboardInterrupt()

    monkeypatch.setattr(cli, "import_module", load)
    assert cli.main(["doctor"]) == 130
    assert capsys.readouterr() == ("", "")


def test_a_terminal_without_the_characters_gets_their_numbers():
    program = "import sys; from digits.cli import main; sys.exit(main(['inspect', 'lenet']))"
    surroundings = os.environ | {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=surroundings,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "LeNet-5 with rectifiers, 1\\xd732\\xd732" in done.stdout
