"""Counting on the terminal: items pass unchanged, and nothing is left on the line."""

import pytest

from digits.commands import progress


def test_items_pass_and_the_line_is_cleared(
    capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "_SECONDS_BETWEEN", 0)
    assert list(progress.counted("abc", shown=True)) == ["a", "b", "c"]
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("\r1 images, ")
    assert err.endswith("\r\x1b[K")


def test_nothing_is_shown_unless_asked(capsys: pytest.CaptureFixture) -> None:
    assert list(progress.counted("abc", shown=False)) == ["a", "b", "c"]
    assert capsys.readouterr() == ("", "")
