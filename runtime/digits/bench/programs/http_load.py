"""Load on a server, and the comparison of every answer with the runtime's own.

Each connection stays open and sends an image, waits for the answer, and sends the next.
"""

import asyncio
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from itertools import cycle
from pathlib import Path

from digits import Classifier
from digits.bench.spread import percentiles

_LABEL = re.compile(rb'"label": ?(?:"([^"]*)"|null)')
_LENGTH = re.compile(rb"content-length: (\d+)", re.IGNORECASE)
_END = b"\r\n\r\n"
# Until caches are full and batches have found their size.
_WARM = 1.0
SHARES = (50.0, 90.0, 99.0, 99.9)


@dataclass(frozen=True)
class Request:
    """One image on its way.

    Attributes:
        data: Headers and body.
        label: The label that it must get; None for none.
    """

    data: bytes
    label: bytes | None


@dataclass
class Tally:
    """What came back.

    Attributes:
        taken: Seconds of each request.
        errors: Answers with another status, and connections that broke.
        wrong: Answers with another label.
    """

    taken: list[float] = field(default_factory=list)
    errors: int = 0
    wrong: int = 0


class Connection(asyncio.Protocol):
    """Sends one request after the other until it is told to stop."""

    def __init__(self, requests: list[Request], first: int, tally: Tally) -> None:
        self._requests = cycle(requests[first:] + requests[:first])
        self._tally = tally
        self._buffer = b""
        self._whole = 0
        self._stopped = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._send()

    def _send(self) -> None:
        self._request = next(self._requests)
        self._transport.write(self._request.data)
        self._sent = time.perf_counter()

    def data_received(self, data: bytes) -> None:
        """Gather an answer."""
        self._buffer += data
        if not self._whole:
            end = self._buffer.find(_END)
            if end < 0:
                return
            length = _LENGTH.search(self._buffer, 0, end)
            self._whole = end + len(_END) + (int(length[1]) if length else 0)
        if len(self._buffer) >= self._whole:
            self._judge(time.perf_counter() - self._sent)
            self._buffer, self._whole = b"", 0
            if not self._stopped:
                self._send()

    def _judge(self, seconds: float) -> None:
        tally = self._tally
        tally.taken.append(seconds)
        if not self._buffer.startswith(b"HTTP/1.1 200"):
            tally.errors += 1
            return
        found = _LABEL.search(self._buffer)
        if found is None or found[1] != self._request.label:
            tally.wrong += 1

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        """It should stay open."""
        if not self._stopped:
            self._tally.errors += 1

    def stop(self) -> None:
        """Close it."""
        self._stopped = True
        self._transport.abort()


def requests_of(folder: Path, model: str, host: str) -> list[Request]:
    """Requests with the images of a folder, and the labels that the runtime gives them."""
    classifier = Classifier.load(model, "cpu")
    files = sorted(folder.iterdir())
    return [_request(file.read_bytes(), classifier, host) for file in files]


def _request(data: bytes, classifier: Classifier, host: str) -> Request:
    label = classifier.predict(data).label
    head = (
        f"POST /predict HTTP/1.1\r\nhost: {host}\r\ncontent-type: application/octet-stream\r\n"
        f"content-length: {len(data)}\r\n\r\n"
    )
    return Request(head.encode() + data, None if label is None else label.encode())


async def load(
    requests: list[Request],
    port: int,
    connections: int,
    seconds: float,
    warm: Callable[[], object],
) -> dict[str, float]:
    """Send requests over so many connections for so many seconds.

    Args:
        requests: Sent one after the other, each connection beginning elsewhere.
        port: Of a server on this machine.
        connections: How many.
        seconds: For how long, beside the warm-up.
        warm: Called after that.

    Returns:
        Requests/s, milliseconds from request to answer, errors, and wrong answers.
    """
    loop, tally = asyncio.get_running_loop(), Tally()
    places = [index * len(requests) // connections for index in range(connections)]
    made = [Connection(requests, place, tally) for place in places]
    for connection in made:
        await loop.create_connection(partial(_itself, connection), "127.0.0.1", port)
    await asyncio.sleep(min(_WARM, seconds))
    warm()
    tally.taken.clear()
    began = time.perf_counter()
    await asyncio.sleep(seconds)
    took, taken = time.perf_counter() - began, sorted(tally.taken)
    for connection in made:
        connection.stop()
    figures = {f"p{s:g}": 1000 * value for s, value in percentiles(taken, SHARES).items()}
    rate = len(taken) / took
    return {"rate": rate, **figures, "errors": tally.errors, "wrong": tally.wrong}


def _itself(connection: Connection) -> Connection:
    return connection
