"""The load generator notices what is wrong: else a fast server that answers nonsense would win."""

import asyncio
from contextlib import suppress

import pytest

from digits.bench.child import ChildError
from digits.bench.programs.http_load import Request, load

RIGHT = [Request(b"POST / HTTP/1.1\r\ncontent-length: 1\r\n\r\nx", label) for label in (b"7", None)]


def answer(text: str, status: str = "200 OK") -> bytes:
    return f"HTTP/1.1 {status}\r\nContent-Length: {len(text)}\r\n\r\n{text}".encode()


def figures(replies: list[bytes]) -> dict[str, float]:
    """What the load finds at a server that gives one reply after the other, in two pieces."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        count = 0
        while await reader.read(1000):
            reply = replies[count % len(replies)]
            count += 1
            writer.write(reply[:30])
            await writer.drain()
            await asyncio.sleep(0)
            writer.write(reply[30:])
            if not reply:
                break
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()

    async def main() -> dict[str, float]:
        server = await asyncio.start_server(serve, "127.0.0.1", 0)
        async with server:
            port = server.sockets[0].getsockname()[1]
            return await load(RIGHT, port, 1, 0.2, lambda: None)

    return asyncio.run(main())


def test_right_answers() -> None:
    found = figures([answer('{"label": "7"}'), answer('{"label":null,"x":1}')])
    assert (found["errors"], found["wrong"]) == (0, 0)
    assert found["rate"] > 0
    assert 0 < found["p50"] <= found["p99"]


@pytest.mark.parametrize("text", ['{"label": "1"}', '{"label": null}', "{}"])
def test_wrong_answers(text: str) -> None:
    found = figures([answer(text), answer('{"label": null}')])
    assert found["errors"] == 0
    assert found["wrong"] > 0


def test_errors() -> None:
    found = figures([answer('{"label": "7"}', "503 Service Unavailable")])
    assert found["errors"] > 0


def test_a_connection_that_breaks() -> None:
    with pytest.raises(ChildError, match="no answers, and 1 errors"):
        figures([answer('{"label": "7"}'), b""])
