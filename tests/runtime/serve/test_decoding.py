"""Images that a server can't afford to decode, and those that others shouldn't wait for."""

import json
import struct
import time
import zlib
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest


def bomb(side: int) -> bytes:
    """A PNG file of few bytes and many pixels."""

    def chunk(name: bytes, data: bytes) -> bytes:
        body = name + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    packed = zlib.compressobj(9)
    rows = b"".join(packed.compress(bytes(1 + side)) for _ in range(side)) + packed.flush()
    header = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    parts = chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + parts


def test_pixel_bombs(server) -> None:
    answer = server.post("/predict", bomb(7_100))
    assert answer.status == 413
    expected = "too large: 7100 x 7100 pixels, the limit is 50 million"
    assert answer.json["error"] == expected
    assert server.post("/predict", bomb(3_000)).json["reason"] == "empty"


def test_fewer_pixels_may_be_allowed(serving, digit) -> None:
    server = serving("--workers", 1, "--max-pixels", 783)
    answer = server.post("/predict", digit)
    assert answer.status == 413
    assert answer.json["error"] == "too large: 28 x 28 pixels, the limit is 783"


def test_a_row_of_many_pixels(server, png) -> None:
    """The front end would make gigabytes of it."""
    answer = server.post("/predict", png(np.zeros((1, 100_000), np.uint8)))
    assert answer.status == 413
    assert answer.json["error"] == (
        "too large: 100000 x 1 pixels, a side may have 8192: crop it to the digit"
    )
    tensor = {"name": "image", "datatype": "UINT8", "shape": [1, 9000, 1, 3], "data": [0] * 27_000}
    for model in ("lenet", "lenet_front"):
        answer = server.post(f"/v2/models/{model}/infer", json.dumps({"inputs": [tensor]}))
        assert answer.status == 413
    assert server.post("/predict", png(np.zeros((1, 8192), np.uint8))).status == 200


def scans(number: int) -> bytes:
    """A progressive JPEG file of 64 pixels that is passed over so many times."""

    def table(kind: int, symbol: int) -> bytes:
        return b"\xff\xc4\0\x14" + bytes([kind, 1, *[0] * 15, symbol])

    head = b"\xff\xd8\xff\xdb\0\x43\0" + b"\1" * 64
    head += b"\xff\xc2\0\x0b\x08\0\x08\0\x08\1\1\x11\0" + table(0, 0) + table(0x10, 0)
    first = b"\xff\xda\0\x08\1\1\0\0\0\0\0"
    return head + first + b"\xff\xda\0\x08\1\1\0\1\x3f\0\0" * (number - 1) + b"\xff\xd9"


def test_a_jpeg_file_of_many_scans(server) -> None:
    """A megabyte of them, at 64 megapixels, would take a decoder a minute and a half."""
    assert server.post("/predict", scans(100)).status == 200
    assert server.post("/predict", scans(100) + scans(9)).status == 200  # as films lie behind
    answer = server.post("/predict", scans(101))
    assert answer.status == 413
    assert answer.json["error"] == ("too large: a JPEG file of more than 100 scans: save it as PNG")


@pytest.mark.parametrize(
    "start", [b"\0\0\0\x0cjP  \r\n\x87\n", b"\xff\x4f\xff\x51", b"icns", b"qoif", b"P2\n#"]
)
def test_formats_that_hold_up_all_others(server, start: bytes) -> None:
    answer = server.post("/predict", start + b"0" * 100)
    assert answer.status == 400
    assert answer.json["error"].endswith("takes a server too long: save it as JPEG or PNG")


def test_jpeg_files_dont_wait_for_slow_formats(serving, sample) -> None:
    server = serving("--workers", 1)
    size = 1000
    pixels = (b"\1\0" * size + b"\0\0") * size
    head = struct.pack("<IHHI", 54 + 1024 + len(pixels), 0, 0, 54 + 1024)
    info = struct.pack("<IiiHHIIiiII", 40, size, size, 1, 8, 1, len(pixels), 0, 0, 256, 0)
    slow = b"BM" + head + info + bytes(1024) + pixels  # runs of one pixel, unpacked by Python
    photo = (sample / "7-paper-pencil.jpg").read_bytes()
    with ThreadPoolExecutor(4) as pool:
        waiting = [pool.submit(server.post, "/predict", slow) for _ in range(4)]
        time.sleep(0.1)
        assert server.post("/predict", photo).status == 200
        assert not all(future.done() for future in waiting)
        assert {future.result().status for future in waiting} == {200}
