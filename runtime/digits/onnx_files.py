"""Refusing .onnx files that reach beyond themselves or may never end, before they are opened.

Reads Protocol Buffers as far as that needs, without onnx: a message is a row of fields, each a tag
(number and kind) and a value. https://protobuf.dev/programming-guides/encoding/
"""

from collections.abc import Iterator, Mapping

# By message: the fields that hold other messages, and those that no exported graph has.
_NESTED: Mapping[str, Mapping[int, str]] = {
    "model": {7: "graph"},
    "graph": {1: "node", 5: "tensor", 15: "sparse"},
    "node": {5: "attribute"},
    "attribute": {5: "tensor", 10: "tensor", 22: "sparse", 23: "sparse"},
    "sparse": {1: "tensor", 2: "tensor"},
}
_OUTSIDE = "keeps weights outside of the file"
_BRANCHES = "has a graph within a graph (If, Loop, Scan), which may never end"
_REFUSED: Mapping[str, Mapping[int, str]] = {
    "model": {25: "has functions of its own, which may grow without end"},
    "attribute": {6: _BRANCHES, 11: _BRANCHES},
    "tensor": {13: _OUTSIDE, 14: _OUTSIDE},
}
# Names without which neither can be: data elsewhere has a "location", branches are attributes.
_NAMES = (b"location", b"then_branch", b"body")
_VARINT, _FIXED_64, _BYTES, _FIXED_32 = 0, 1, 2, 5


def check_self_contained(data: bytes) -> None:
    """Make sure that a model is one file, and that each of its nodes runs once.

    Such as hold none of the names above are settled by one look through the bytes: a front end has
    thousands of nodes, and walking them takes longer than all other checks.

    Raises:
        ValueError: It isn't, or it is no model; the message says what is wrong with the file.
    """
    try:
        deep = any(name in data for name in _NAMES)
        _check(memoryview(data), "model", deep=deep)
    except IndexError as error:
        raise ValueError("is no ONNX file, or a damaged one") from error


def _check(data: memoryview, message: str, *, deep: bool) -> None:
    nested, refused = _NESTED.get(message, {}), _REFUSED.get(message, {})
    for number, value in _fields(data):
        # A default value, such as a location in the file itself, says nothing.
        if number in refused and value:
            raise ValueError(refused[number])
        if deep and number in nested:
            if not isinstance(value, memoryview):
                raise ValueError("is no ONNX file, or a damaged one")
            _check(value, nested[number], deep=True)


def _fields(data: memoryview) -> Iterator[tuple[int, memoryview | int]]:
    """Number and value of each field: a number, or the bytes of a text or message."""
    place = 0
    while place < len(data):
        tag, place = _varint(data, place)
        kind = tag & 7
        if kind == _VARINT:
            value, place = _varint(data, place)
            yield tag >> 3, value
            continue
        if kind == _BYTES:
            size, place = _varint(data, place)
        elif kind in (_FIXED_64, _FIXED_32):
            size = 8 if kind == _FIXED_64 else 4
        else:
            raise ValueError("is no ONNX file, or a damaged one")
        if place + size > len(data):
            raise IndexError
        yield tag >> 3, data[place : place + size]
        place += size


def _varint(data: memoryview, place: int) -> tuple[int, int]:
    """A number, seven bits to a byte, and the place behind it."""
    value = shift = 0
    while True:
        byte = data[place]
        place += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, place
        shift += 7
        if shift > 63:
            raise IndexError
