"""Real servers over real sockets."""

import http.client
import io
import json
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Thread

import numpy as np
import pytest
from PIL import Image

from digits.bundle import DEFAULT, open_bundle
from digits.goldens.reading import Goldens, read_goldens

_URL = re.compile(r"on http://\S*:(\d+) ")
_SLOW = 60.0


@dataclass(frozen=True)
class Response:
    """What a server answered."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> dict:
        return json.loads(self.body)


class Server:
    """`digits serve` in a process of its own."""

    def __init__(self, *args: object) -> None:
        command = [sys.executable, "-m", "digits", "serve", "--port", "0", *map(str, args)]
        self.process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        self.lines: list[str] = []
        Thread(target=self._listen, daemon=True).start()
        self.port = int(self.line(_URL)[1])

    def _listen(self) -> None:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.lines.append(line)

    def line(self, pattern: re.Pattern) -> re.Match:
        """Wait for a line on its stderr."""
        return self.until(lambda: pattern.search("".join(self.lines)))

    def until(self, found: Callable[[], object]) -> object:
        end = time.monotonic() + _SLOW
        while time.monotonic() < end:
            with suppress(OSError, http.client.HTTPException):
                if (value := found()) is not None:
                    return value
            time.sleep(0.05)
        raise AssertionError(f"waited too long; it said {self.lines}")

    def ask(
        self,
        method: str,
        path: str,
        body: object = None,
        headers: dict[str, str] | None = None,
        **options: object,
    ) -> Response:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=_SLOW)
        try:
            connection.request(method, path, body, headers or {}, **options)
            answer = connection.getresponse()
            found = {name.lower(): value for name, value in answer.getheaders()}
            return Response(answer.status, found, answer.read())
        finally:
            connection.close()

    def get(self, path: str, **headers: str) -> Response:
        return self.ask("GET", path, headers=headers)

    def post(self, path: str, body: object, **headers: str) -> Response:
        return self.ask("POST", path, body, {k.replace("_", "-"): v for k, v in headers.items()})

    def raw(self, data: bytes = b"") -> socket.socket:
        """A connection that has sent something."""
        connection = socket.create_connection(("127.0.0.1", self.port), timeout=_SLOW)
        connection.sendall(data)
        return connection

    def said(self, data: bytes) -> bytes:
        """All that comes back until the server closes."""
        with self.raw(data) as connection:
            return b"".join(iter(lambda: connection.recv(65536), b""))

    def stop(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(_SLOW)


@pytest.fixture(scope="session")
def serving() -> Iterator[Callable[..., Server]]:
    """Starts servers; they end with the tests."""
    pytest.importorskip("fastapi", reason="fastapi isn't installed: pip install digits-edge[serve]")
    servers: list[Server] = []

    def serve(*args: object) -> Server:
        servers.append(Server("--provider", "cpu", *args))
        return servers[-1]

    yield serve
    for server in servers:
        server.process.terminate()
        try:
            server.process.wait(_SLOW)
        except subprocess.TimeoutExpired:
            server.process.kill()
            raise
        assert server.process.stderr is not None
        server.process.stderr.close()


@pytest.fixture(scope="session")
def server(serving: Callable[..., Server]) -> Server:
    """The default model, two workers, small limits on time and size."""
    return serving("--workers", 2, "--max-body", "1MB", "--timeout", 2)


@pytest.fixture(scope="session")
def goldens() -> Goldens:
    """Those of the default model."""
    return read_goldens(open_bundle(DEFAULT))


@pytest.fixture(scope="session")
def png() -> Callable[..., bytes]:
    """The bytes of a PNG file with such pixels."""

    def encode(pixels: np.ndarray, form: str = "png") -> bytes:
        file = io.BytesIO()
        Image.fromarray(pixels).save(file, form)
        return file.getvalue()

    return encode


@pytest.fixture(scope="session")
def digit(goldens: Goldens, png: Callable[..., bytes]) -> bytes:
    """A PNG file that the default model reads."""
    best = goldens.probabilities.max(axis=1).argmax()
    return png(goldens.canvases[best])


@pytest.fixture(scope="session")
def sample(request: pytest.FixtureRequest) -> Path:
    """The folder of the sample images."""
    return request.config.rootpath / "samples" / "images"
