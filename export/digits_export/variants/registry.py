"""The variants by name: ours, and those of other distributions."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import EntryPoint
from typing import cast

from digits.commands.options import note
from digits.errors import ModelError, UsageError
from digits_export.variants.fp16 import Fp16
from digits_export.variants.int8 import Int8
from digits_export.variants.ort import Ort
from digits_export.variants.pt2 import Pt2
from digits_export.variants.variant import Variant
from digits_models import plugins

ALL = "all"

_OURS: tuple[Variant, ...] = (Pt2(), Fp16(), Int8(), Ort())
_VERBS = ("name", "file", "purpose", "bound", "save", "load")


@dataclass(frozen=True)
class Wanted:
    """The variants that an export is to make.

    Attributes:
        variants: In the order in which they are made.
        named: Whether they were asked for by name: then one that can't be made is an error, else it
            is left out and said so.
        calibration: Where int8's calibration images come from: a data set, a folder or a `.npy`
            file; the training images of the classifier's own data if None.
    """

    variants: tuple[Variant, ...] = ()
    named: bool = True
    calibration: str | None = None


def names() -> list[str]:
    """The names of all variants, without loading any but ours."""
    others = [point.name for point in plugins.named(plugins.VARIANTS)]
    return list(dict.fromkeys([*(variant.name for variant in _OURS), *others]))


def known_files() -> frozenset[str]:
    """Names of the files that variants of ours have in a bundle."""
    return frozenset(
        name for variant in _OURS for name in (variant.file, f"goldens.{variant.name}.npz")
    )


def choose(text: str | None, calibration: str | None = None) -> Wanted:
    """The variants in a list such as "fp16,int8", or all of them.

    Args:
        text: The list; none of them if None.
        calibration: See `Wanted`.

    Raises:
        UsageError: There is no such variant, two have one name, or calibration without variants.
        ModelError: A variant of another distribution can't be loaded.
    """
    if text is None:
        if calibration is not None:
            raise UsageError("--calibration is for --variants int8: give both or none")
        return Wanted()
    known = _known()
    if text.strip() == ALL:
        return Wanted(tuple(_every(known.values())), named=False, calibration=calibration)
    asked = list(dict.fromkeys(part.strip() for part in text.split(",")))
    for name in asked:
        if name not in known:
            listed = ", ".join(known)
            raise UsageError(f"unknown variant {name!r}; known: {listed}, or {ALL} for all of them")
    return Wanted(tuple(_loaded(known[name]) for name in asked), calibration=calibration)


def _every(known: Iterable[Variant | EntryPoint]) -> Iterator[Variant]:
    """All that can be loaded; what can't be is left out and told."""
    for item in known:
        try:
            yield _loaded(item)
        except ModelError as error:
            note(str(error))


def _known() -> Mapping[str, Variant | EntryPoint]:
    known: dict[str, Variant | EntryPoint] = {variant.name: variant for variant in _OURS}
    for point in plugins.named(plugins.VARIANTS):
        if point.name in known:
            raise UsageError(
                f"two variants are called {point.name!r}: {_origin(known[point.name])}'s and "
                f"{_origin(point)}'s: uninstall one of them"
            )
        known[point.name] = point
    return known


def _origin(item: Variant | EntryPoint) -> str:
    if not isinstance(item, EntryPoint):
        return "digits-edge"
    return plugins.distribution(item)


def _loaded(item: Variant | EntryPoint) -> Variant:
    if not isinstance(item, EntryPoint):
        return item
    variant = plugins.load(item)
    missing = [verb for verb in _VERBS if not hasattr(variant, verb)]
    if missing or variant.name != item.name:
        lack = f"has no {', '.join(missing)}" if missing else f"calls itself {variant.name!r}"
        raise ModelError(
            f"the variant {item.name!r} of {_origin(item)} {lack}: upgrade or uninstall it"
        )
    return cast("Variant", variant)
