"""Connecting to a cluster: what goes wrong is one line, and nothing else is changed."""

import logging
import os

import pytest

from digits.cluster.errors import ClusterError
from digits.cluster.session import _quiet, session
from digits.errors import UsageError


def test_ray_client_is_refused() -> None:
    with pytest.raises(UsageError, match="ray job submit"), session("ray://head:10001", 1):
        pass


@pytest.mark.parametrize("address", ["127.0.0.1:1", "127.0.0.1:x", "no.such.host.invalid:6379"])
def test_no_cluster_there(address: str) -> None:
    match = f"no Ray cluster at {address}: .*: give the HOST:PORT of its head"
    with pytest.raises(ClusterError, match=match) as caught, session(address, 1):
        pass
    assert "\n" not in str(caught.value)


def test_silence_ends(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture) -> None:
    monkeypatch.delenv("RAY_USAGE_STATS_ENABLED", raising=False)
    monkeypatch.setenv("RAY_BACKEND_LOG_LEVEL", "info")
    with _quiet():
        print("nobody hears that")
        logging.getLogger("ray.data").error("nor that")
        assert os.environ["RAY_USAGE_STATS_ENABLED"] == "0"
        assert os.environ["RAY_BACKEND_LOG_LEVEL"] == "info"
    assert "RAY_USAGE_STATS_ENABLED" not in os.environ
    assert logging.getLogger("x").isEnabledFor(logging.ERROR)
    assert capsys.readouterr() == ("", "")
