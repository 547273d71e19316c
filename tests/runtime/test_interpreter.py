import os
import pickle
import subprocess
import sys
from pathlib import Path

import pytest

from digits.machine import interpreter


def test_a_module_runs_with_our_folders_and_one_thread(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = tmp_path / "there" / "greeting.py"
    module.parent.mkdir()
    module.write_text(
        "import os, sys\n"
        "def main(): print(os.environ['OMP_NUM_THREADS'], os.environ['ORT_DISABLE_TELEMETRY'],"
        " sys.stdin.read())\n"
    )
    (tmp_path / "pickle.py").write_text("raise SystemExit('the current folder')")
    monkeypatch.setattr(sys, "path", [*sys.path, str(module.parent), 7])
    monkeypatch.setenv("OMP_NUM_THREADS", "9")
    monkeypatch.setenv("ORT_DISABLE_TELEMETRY", "0")  # an app's own choice
    done = subprocess.run(
        interpreter.command(interpreter.bootstrap("greeting")),
        input=pickle.dumps(interpreter.importable()) + b"hello",
        env=interpreter.surroundings(),
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        check=True,
    )
    assert done.stdout.decode().split(os.linesep)[0] == "1 0 hello"
