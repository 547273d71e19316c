"""The page for users: its clients run, its table of limits is what holds."""

import inspect
import re
from pathlib import Path

import pytest

from digits.commands.serve import serve

ROOT = Path(__file__).parents[3]
TEXT = (ROOT / "runtime" / "SERVE.md").read_text()
BLOCKS = re.findall(r"```py\n(.*?)```", TEXT, re.DOTALL)


def test_python_clients(server, capsys, monkeypatch) -> None:
    assert len(BLOCKS) == 2
    monkeypatch.chdir(ROOT)
    for block in BLOCKS:
        if "tritonclient" in block:
            pytest.importorskip("tritonclient.http", reason="tritonclient isn't installed")
        exec(block.replace(":8000", f":{server.port}"), {})
    assert capsys.readouterr().out.startswith("7 0.9")


def test_every_option_is_told() -> None:
    names = inspect.signature(serve).parameters
    told = {name for name in names if f"--{name.replace('_', '-')}" in TEXT}
    assert set(names) - told <= {"max_batch", "port"}


def test_every_metric_is_told(server) -> None:
    text = server.get("/metrics").body.decode()
    for name in re.findall(r"# TYPE (\w+)", text):
        assert name in TEXT
