"""The one part of an .ort file that differs from save to save, put in order.

ONNX Runtime writes which types choose each operator's kernel from a hash table, whose order changes
every time. The format is a FlatBuffer, whose offsets point forward: the part is written anew at the
end, sorted, the pointer to it is changed, and the old one is blanked.

    InferenceSession (root)    slot 3: KernelTypeStrResolver
    KernelTypeStrResolver      slot 0: vector of entries, one for each operator
    entry                      slot 0: the operator, slot 1: vector of types
    type                       slot 0: its name, slot 1: vector of arguments
    argument                   slot 0: input or output (byte), slot 1: index (uint32)
"""

from collections.abc import Iterator, Sequence
from typing import Any

import flatbuffers
from flatbuffers import number_types
from flatbuffers.encode import Get
from flatbuffers.packer import soffset, uoffset, voffset
from flatbuffers.table import Table

_RESOLVER = 3
_ALIGNMENT = 8

# By operator: its types by name, each with its arguments.
Argument = tuple[int, int]
Types = dict[str, dict[str, list[Argument]]]


def in_order(data: bytes) -> bytes:
    """The file with its table of kernel types sorted; the same for every save of one graph."""
    file = bytearray(data)
    root = Table(file, Get(uoffset, file, 0))
    pointer = root.Pos + root.Offset(_slot(_RESOLVER))
    if pointer == root.Pos:
        return data
    spans: list[tuple[int, int]] = []
    sorted_part = _written(_read(Table(file, root.Indirect(pointer)), spans))
    start, end = min(span[0] for span in spans), max(span[1] for span in spans)
    file[start:end] = bytes(end - start)
    file += bytes(-len(file) % _ALIGNMENT)
    place = len(file) + Get(uoffset, sorted_part, 0)
    file[pointer : pointer + 4] = (place - pointer).to_bytes(4, "little")
    return bytes(file + sorted_part)


def _slot(number: int) -> int:
    return 4 + 2 * number


def _read(resolver: Table, spans: list[tuple[int, int]]) -> Types:
    """The table; and where its pieces are in the file."""
    types: Types = {}
    for entry in _tables(resolver, 0, spans):
        known = types.setdefault(_text(entry, spans), {})
        for kind in _tables(entry, 1, spans):
            known[_text(kind, spans)] = [_argument(item) for item in _tables(kind, 1, spans)]
    return types


def _tables(table: Table, slot: int, spans: list[tuple[int, int]]) -> Iterator[Table]:
    """The tables in a vector."""
    spans.append(_span(table))
    offset = table.Offset(_slot(slot))
    start, count = table.Vector(offset), table.VectorLen(offset)
    spans.append((start - 4, start + 4 * count))
    for i in range(count):
        found = Table(table.Bytes, table.Indirect(start + 4 * i))
        spans.append(_span(found))
        yield found


def _span(table: Table) -> tuple[int, int]:
    """Where a table's fields are; their number of bytes is the second figure of its vtable."""
    vtable = table.Pos - Get(soffset, table.Bytes, table.Pos)
    return table.Pos, table.Pos + Get(voffset, table.Bytes, vtable + 2)


def _text(table: Table, spans: list[tuple[int, int]]) -> str:
    place = table.Pos + table.Offset(_slot(0))
    start = table.Indirect(place)
    text: bytes = table.String(place)
    spans.append((start, start + 4 + len(text) + 1))
    return text.decode()


def _argument(table: Table) -> Argument:
    kind, index = table.Offset(_slot(0)), table.Offset(_slot(1))
    return (
        table.Get(number_types.Int8Flags, table.Pos + kind) if kind else 0,
        table.Get(number_types.Uint32Flags, table.Pos + index) if index else 0,
    )


def _written(types: Types) -> bytes:
    """The table as a FlatBuffer of its own, sorted by name as lookups expect."""
    builder = flatbuffers.Builder(0)
    entries = []
    for operator in sorted(types):
        kinds = [_kind(builder, name, types[operator][name]) for name in sorted(types[operator])]
        entries.append(_named(builder, operator, kinds))
    vector = _vector(builder, entries)
    builder.StartObject(1)
    builder.PrependUOffsetTRelativeSlot(0, vector, 0)
    builder.Finish(builder.EndObject())
    return bytes(builder.Output())


def _kind(builder: Any, name: str, arguments: Sequence[Argument]) -> int:
    items = []
    for kind, index in arguments:
        builder.StartObject(2)
        builder.PrependInt8Slot(0, kind, 0)
        builder.PrependUint32Slot(1, index, 0)
        items.append(builder.EndObject())
    return _named(builder, name, items)


def _named(builder: Any, name: str, items: Sequence[int]) -> int:
    text, vector = builder.CreateString(name), _vector(builder, items)
    builder.StartObject(2)
    builder.PrependUOffsetTRelativeSlot(0, text, 0)
    builder.PrependUOffsetTRelativeSlot(1, vector, 0)
    return int(builder.EndObject())


def _vector(builder: Any, items: Sequence[int]) -> int:
    builder.StartVector(4, len(items), 4)
    for item in reversed(items):
        builder.PrependUOffsetTRelative(item)
    return int(builder.EndVector())
