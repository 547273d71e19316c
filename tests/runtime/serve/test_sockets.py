"""Where a server listens, and what it says of that."""

import socket
from urllib.parse import urlsplit

import pytest

from digits.serve import sockets


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "0.0.0.0"])
def test_the_address_that_is_told_can_be_called(host: str) -> None:
    (listening,) = sockets.bind(host, 0, 1)
    with listening:
        listening.listen()
        told = urlsplit(sockets.url(listening, host))
        with socket.create_connection((told.hostname, told.port), timeout=5):
            pass
    assert told.hostname != "0.0.0.0"


def test_a_machine_without_a_network_calls_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    nowhere = ("255.255.255.255", "127.0.0.1")  # broadcasting isn't allowed
    monkeypatch.setitem(sockets._ELSEWHERE, "0.0.0.0", nowhere)
    (listening,) = sockets.bind("0.0.0.0", 0, 1)
    with listening:
        assert sockets.url(listening, "0.0.0.0").startswith("http://127.0.0.1:")
