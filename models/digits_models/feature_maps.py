"""One image inside a network, drawn: kernels, the maps of every stage, the answer's bars."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from digits_models.activations import Passage, Stage, shown
from digits_models.mosaic import GAP, TILE, Colours, mosaic, signed, strongest, unsigned

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

#: Tiles in a row, and rows at most of one stage.
COLUMNS, ROWS = 16, 2
#: In networks with more stages than this, one row for each.
MANY_STAGES = 14
_PAPER, _INK, _FAINT, _ACCENT = "#14171f", "#e8eaf0", "#8f98a8", "#f6a623"
_PAPER_RGB = (0x14 / 255, 0x17 / 255, 0x1F / 255)
# Inches: of a row of tiles, of the answer, of the names on the left, of all tiles.
_ROW, _HEAD, _NAMES, _WIDTH = 0.72, 2.3, 1.9, 11.5
_GAP = 0.22


@dataclass(frozen=True, eq=False)
class Band:
    """One row of the picture: a name, a note, and a mosaic."""

    name: str
    note: str
    pixels: NDArray[np.uint8]

    @property
    def height(self) -> float:
        """In inches."""
        return _ROW * len(self.pixels) / (TILE + GAP)


def draw(passage: Passage, labels: Sequence[str], title: str) -> bytes:
    """Draw a passage as PNG; needs matplotlib."""
    from matplotlib.figure import Figure

    found = bands(passage)
    height = 0.5 + _HEAD + sum(band.height + _GAP for band in found)
    figure = Figure(figsize=(_NAMES + _WIDTH + 0.2, height), facecolor=_PAPER)
    figure.text(0.2 / figure.get_figwidth(), 1 - 0.3 / height, title, color=_INK, fontsize=15)
    _head(figure, passage, labels)
    top = height - 0.5 - _HEAD
    for band in found:
        _band(figure, band, top)
        top -= band.height + _GAP
    picture = io.BytesIO()
    figure.savefig(picture, format="png", dpi=100, metadata={"Software": None})
    return picture.getvalue()


def bands(passage: Passage) -> list[Band]:
    """The kernels and the stages as mosaics."""
    from matplotlib import colormaps

    stages = shown(passage.stages)
    rows = 1 if len(stages) > MANY_STAGES else ROWS
    chosen = choices(passage.stages, COLUMNS * rows)
    found = [_kernels(passage, chosen[passage.stages[0].name], colormaps["RdBu_r"])]
    for stage in stages:
        negative = bool((stage.output < 0).any())
        colours, scale = ("RdBu_r", signed) if negative else ("magma", unsigned)
        found.append(_stage(stage, chosen[stage.name], colormaps[colours], scale))
    return found


def choices(stages: Sequence[Stage], count: int) -> dict[str, NDArray[np.int64]]:
    """Which maps of each stage to draw: the same ones from a convolution to the next.

    Those are chosen that are strongest at the end, behind activation and pool.
    """
    chosen: dict[str, NDArray[np.int64]] = {}
    best = np.zeros(0, np.int64)
    for stage, after in zip(reversed(stages), (None, *reversed(stages)), strict=False):
        if after is None or after.kind == "Conv2d" or len(after.output) != len(stage.output):
            best = strongest(stage.output, count)
        chosen[stage.name] = best
    return chosen


def _kernels(passage: Passage, chosen: NDArray[np.int64], colours: Colours) -> Band:
    """The kernels of those maps that are drawn below them.

    Kernels with three channels are shown as their mean: all canvases are grey.
    """
    kernels = passage.kernels.mean(axis=1)
    scaled = np.stack([signed(kernel) for kernel in kernels[chosen]])
    size = "×".join(map(str, kernels.shape[1:]))
    note = f"{len(kernels)} of {size}{_of(len(chosen), len(kernels))}"
    return Band("kernels", note, mosaic(scaled, _columns(len(scaled)), colours, _PAPER_RGB))


def _stage(
    stage: Stage,
    chosen: NDArray[np.int64],
    colours: Colours,
    scale: Callable[[NDArray[np.float32]], NDArray[np.float32]],
) -> Band:
    output = stage.output
    note = f"{stage.kind} {'×'.join(map(str, output.shape))}"
    if output.ndim == 1 or output.shape[1:] == (1, 1):
        return Band(stage.name, note, _strip(scale(output.reshape(-1)), colours))
    pixels = mosaic(scale(output[chosen]), _columns(len(chosen)), colours, _PAPER_RGB)
    return Band(stage.name, note + _of(len(chosen), len(output)), pixels)


def _of(chosen: int, total: int) -> str:
    return "" if chosen == total else f"\nthe strongest {chosen}"


def _columns(count: int) -> int:
    """Few maps are drawn in one row of the same tiles, so that all rows share a scale."""
    return min(COLUMNS, count)


def _strip(values: NDArray[np.float32], colours: Colours) -> NDArray[np.uint8]:
    """Numbers side by side as one bar, at most as wide as a row of tiles."""
    width = COLUMNS * (TILE + GAP) - GAP
    places = np.arange(width) * len(values) // width
    row = colours(values[places].astype(np.float64))[None, :, :3]
    return np.repeat((row * 255).round().astype(np.uint8), TILE // 2, axis=0)


def _band(figure: Figure, band: Band, top: float) -> None:
    width, height = figure.get_size_inches()
    middle = (top - band.height / 2) / height
    figure.text(0.2 / width, middle, band.name, color=_INK, fontsize=11, va="bottom")
    figure.text(0.2 / width, middle, band.note, color=_FAINT, fontsize=8, va="top")
    share = band.pixels.shape[1] / (COLUMNS * (TILE + GAP) - GAP)
    place = (_NAMES, top - band.height, _WIDTH * share, band.height)
    axes = _axes(figure, place)
    axes.imshow(band.pixels, interpolation="nearest", aspect="auto")
    axes.set_axis_off()


def _head(figure: Figure, passage: Passage, labels: Sequence[str]) -> None:
    """The image, its canvas, and what the network makes of it."""
    side, bottom = _HEAD - 0.75, figure.get_figheight() - 0.5 - _HEAD + 0.4
    for place, (pixels, name) in enumerate(((passage.image, "image"), (passage.canvas, "canvas"))):
        axes = _axes(figure, (0.2 + place * (side + 0.25), bottom, side, side))
        smooth = "antialiased" if max(pixels.shape) > 200 else "nearest"
        axes.imshow(pixels, cmap="gray", vmin=0, vmax=255, interpolation=smooth)
        axes.set_axis_off()
        axes.set_title(name, color=_FAINT, fontsize=9)
    left = 0.2 + 2 * (side + 0.25) + 0.5
    axes = _axes(figure, (left, bottom, figure.get_figwidth() - left - 0.3, side))
    _bars(axes, passage.probabilities, labels)


def _bars(axes: Axes, probabilities: NDArray[np.float32], labels: Sequence[str]) -> None:
    best = int(probabilities.argmax())
    colours = [_ACCENT if place == best else "#4a5468" for place in range(len(labels))]
    axes.bar(range(len(labels)), probabilities, color=colours, width=0.7)
    for place, value in enumerate(probabilities):
        text = f"{100 * value:.0f} %" if value >= 0.005 else ""
        axes.text(place, value + 0.02, text, color=_INK, ha="center", fontsize=9)
    axes.set_xticks(range(len(labels)), labels)
    axes.set(ylim=(0, 1.15), yticks=[], facecolor=_PAPER)
    axes.tick_params(colors=_INK, length=0, labelsize=8 if max(map(len, labels)) > 3 else 11)
    axes.spines[:].set_visible(False)
    axes.set_title("probabilities", color=_FAINT, fontsize=9)


def _axes(figure: Figure, inches: tuple[float, float, float, float]) -> Axes:
    width, height = figure.get_size_inches()
    left, bottom, w, h = inches
    return figure.add_axes((left / width, bottom / height, w / width, h / height))
