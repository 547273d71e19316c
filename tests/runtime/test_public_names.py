"""What apps may count on: the names, signatures and fields of `digits`, and that all is told."""

import ast
import inspect
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import digits

SNAPSHOT = Path(__file__).with_name("public_names.txt")
# How a docstring says that a public class has the method for its own package.
OWN = "for the rest of this package."
NAMES = [name for name in digits.__all__ if name not in ("__version__", "Source")]


def parsed(name: str) -> ast.ClassDef | ast.FunctionDef:
    """The source of a public name: its annotations are the same text under every Python."""
    (node,) = ast.parse(inspect.getsource(getattr(digits, name))).body
    assert isinstance(node, ast.ClassDef | ast.FunctionDef)
    return node


def members(node: ast.ClassDef) -> Iterator[ast.FunctionDef]:
    """The public methods and properties of a class, overloads among them."""
    for item in node.body:
        method = isinstance(item, ast.FunctionDef) and not item.name.startswith("_")
        if method and not summary(item).endswith(OWN):
            yield item


def summary(node: ast.ClassDef | ast.FunctionDef) -> str:
    return (ast.get_docstring(node) or "").partition("\n")[0]


def section(node: ast.ClassDef | ast.FunctionDef, title: str) -> list[str]:
    """The names that a section of a docstring describes."""
    text = f"{ast.get_docstring(node)}\n\n"
    found = re.search(rf"^{title}:\n(.*?)\n(?=\S|\n)", text, re.DOTALL | re.MULTILINE)
    return re.findall(r"^    (\w+): ", found[1], re.MULTILINE) if found else []


def signature(node: ast.FunctionDef) -> str:
    decorators = "".join(f"@{ast.unparse(item)} " for item in node.decorator_list)
    returned = ast.unparse(node.returns) if node.returns else None
    return f"{decorators}def {node.name}({ast.unparse(node.args)}) -> {returned}"


def described(name: str) -> Iterator[str]:
    """A public name as lines of text."""
    node = parsed(name)
    if isinstance(node, ast.FunctionDef):
        yield signature(node)
        return
    bases = ", ".join(map(ast.unparse, node.bases))
    yield f"class {name}({bases})" if bases else f"class {name}"
    fields = (item for item in node.body if isinstance(item, ast.Assign | ast.AnnAssign))
    yield from (f"    {ast.unparse(field)}" for field in fields)
    for method in members(node):
        yield f"    {signature(method)}"


def everything() -> str:
    lines = [f"{name}" for name in digits.__all__]
    for name in NAMES:
        lines += ["", *described(name)]
    return "\n".join(lines) + "\n"


def test_public_names_are_those_that_were_promised() -> None:
    assert everything() == SNAPSHOT.read_text(encoding="utf-8"), (
        "the public names have changed: if that is meant, raise the version as 'Stability' in "
        "runtime/API.md says, add a line to 'Changes' there, and run: "
        "python tests/runtime/test_public_names.py"
    )


def test_names_lead_to_what_they_say() -> None:
    assert digits.__all__ == sorted(digits.__all__)
    assert {*digits.__all__} == {*digits._HOMES, "__version__"}
    assert dir(digits) == digits.__all__
    for name in NAMES:
        assert getattr(digits, name).__name__ == name
        assert getattr(digits, name).__module__ == digits._HOMES[name]


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'digits' has no attribute 'Clasifier'"):
        _ = digits.Clasifier


def test_lenet_is_the_model_unless_another_is_named() -> None:
    assert inspect.signature(digits.Classifier.load).parameters["model"].default == "lenet"


def test_a_source_may_be_missing() -> None:
    """Apps write `Source | None`, which runs."""
    assert type(None) in (digits.Source | None).__args__


def callables() -> Iterator[tuple[str, ast.FunctionDef]]:
    for name in NAMES:
        node = parsed(name)
        several = [node] if isinstance(node, ast.FunctionDef) else members(node)
        for item in several:
            if "overload" not in map(ast.unparse, item.decorator_list):
                yield f"{name}.{item.name}", item


@pytest.mark.parametrize("node", [pytest.param(node, id=name) for name, node in callables()])
def test_every_call_says_what_it_takes_gives_and_raises(node: ast.FunctionDef) -> None:
    assert summary(node).endswith(".")
    every = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
    taken = [item.arg for item in every if item.arg not in ("self", "cls")]
    assert section(node, "Args") == taken
    text = ast.get_docstring(node) or ""
    if taken and node.returns and ast.unparse(node.returns) != "None":
        assert re.search(r"^(Returns|Yields):\n", text, re.MULTILINE)
    raised = section(node, "Raises")
    assert all(issubclass(getattr(digits, name), digits.DigitsError) for name in raised)
    direct = {ast.unparse(r.exc.func) for r in ast.walk(node) if is_new_error(r)}
    assert direct <= set(raised)


def is_new_error(node: ast.AST) -> bool:
    return isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call)


@pytest.mark.parametrize("name", NAMES)
def test_every_field_is_described(name: str) -> None:
    node = parsed(name)
    assert summary(node).endswith(".")
    if isinstance(node, ast.ClassDef) and not issubclass(getattr(digits, name), Exception):
        fields = [ast.unparse(i.target) for i in node.body if isinstance(i, ast.AnnAssign)]
        fields += [ast.unparse(i.targets[0]) for i in node.body if isinstance(i, ast.Assign)]
        assert set(fields) <= set(section(node, "Attributes"))


if __name__ == "__main__":
    SNAPSHOT.write_text(everything(), encoding="utf-8")
    print(f"wrote {SNAPSHOT.name}", file=sys.stderr)
