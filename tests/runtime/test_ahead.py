"""Importing ahead: in another thread, and silent about what fails."""

import sys
import threading
from pathlib import Path

import pytest

from digits.commands.ahead import import_ahead


def wait() -> None:
    for thread in threading.enumerate():
        if thread.name == "digits-imports":
            thread.join()


@pytest.mark.usefixtures("capfd")
def test_modules_are_there_after_a_while(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "ahead_of_time.py").write_text(
        "import threading; thread = threading.current_thread().name"
    )
    monkeypatch.syspath_prepend(tmp_path)
    import_ahead("ahead_of_time")
    wait()
    assert sys.modules.pop("ahead_of_time").thread == "digits-imports"


def test_a_module_that_fails_is_left_to_who_needs_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture
) -> None:
    (tmp_path / "broken_ahead.py").write_text("1 / 0")
    monkeypatch.syspath_prepend(tmp_path)
    import_ahead("broken_ahead", "no_such_module_ahead")
    wait()
    assert "broken_ahead" not in sys.modules
    assert capfd.readouterr() == ("", "")
