"""Protocol Buffers' text format."""

import pytest

from digits_export.triton.text import Word, written


def test_every_kind_of_field():
    message = {
        "name": "lenet",
        "kind": Word("KIND_CPU"),
        "size": 16,
        "on": True,
        "dims": [-1, 28],
        "none": [],
        "step": [{"a": 1}, {"a": 2, "b": {"c": "d"}}],
    }
    assert written(message).splitlines() == [
        'name: "lenet"',
        "kind: KIND_CPU",
        "size: 16",
        "on: true",
        "dims: [-1, 28]",
        "step {",
        "  a: 1",
        "}",
        "step {",
        "  a: 2",
        "  b {",
        '    c: "d"',
        "  }",
        "}",
    ]


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ('say "7"', r'"say \"7\""'),
        ("back\\slash", r'"back\\slash"'),
        ("two\nlines", r'"two\012lines"'),
        ("sieben é", r'"sieben \303\251"'),
        ("\x7f", r'"\177"'),
    ],
)
def test_a_text_in_quotes(text, quoted):
    assert written({"name": text}) == f"name: {quoted}\n"
