"""`digits export --layout triton`: bundles for a model server."""

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path

from digits.bundle import open_bundle
from digits.commands.tables import fields
from digits.errors import UsageError
from digits_export import triton
from digits_export.commands.arguments import argument

# Where a repository goes unless --out says otherwise.
PLACE = Path("triton")


class Layout(StrEnum):
    """How an export lies on the disk."""

    BUNDLE = "bundle"
    TRITON = "triton"


def check_handing_off(layout: Layout, bundles: Sequence[str], others: Sequence[object]) -> None:
    """Refuse options that don't go together.

    Args:
        layout: The layout asked for.
        bundles: The bundles to take as they are; else there is an export.
        others: Values of options that say what to export.

    Raises:
        UsageError: They don't.
    """
    if bundles and layout is Layout.BUNDLE:
        raise UsageError("--bundle is for --layout triton: a bundle has its own layout already")
    if bundles and any(others):
        raise UsageError(
            "--bundle is taken as it is: leave out --arch, --model and what says how to export them"
        )


def check_variants_wanted(layout: Layout, variants: str | None) -> None:
    """Refuse variants where none has a place.

    Raises:
        UsageError: They are asked for.
    """
    if layout is Layout.TRITON and variants is not None:
        raise UsageError("--variants is for bundles: a model repository holds float32's graphs")


def hand_off(bundles: Sequence[str], out: Path | None) -> None:
    """Write some bundles' model repository, and say how to go on.

    Raises:
        UsageError: `out` holds something else, or one isn't a path or a name.
        ModelError: A bundle can't be used, or Triton would refuse one of the models.
        OutputError: `out` can't be written; it is as it was.
    """
    place = out or PLACE
    opened = [open_bundle(bundle) for bundle in bundles]
    made = triton.repository(opened)
    triton.write(made, place)
    sizes = ((str(place / name), len(data)) for name, data in made.files.items())
    print(fields([(path, f"{size:>11,} bytes") for path, size in sizes]))
    print()
    print("next:")
    print(f"  tritonserver --model-repository {argument(place)}")
    for bundle in opened:
        print(f"  curl localhost:8000/v2/models/{bundle.name}")
