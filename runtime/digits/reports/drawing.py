"""How all charts of a report look, and how they become PNG; needs matplotlib."""

import io

from matplotlib.axes import Axes
from matplotlib.figure import Figure

INK, FAINT, BLUE, RED = "#111827", "#9ca3af", "#2563eb", "#dc2626"
_DPI = 144


def figure(width: float, height: float) -> Figure:
    """An empty figure, in inches."""
    return Figure(figsize=(width, height), layout="constrained")


def plain(axes: Axes) -> None:
    """Leave out what isn't needed to read a chart."""
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0, colors=INK)


def png(drawn: Figure) -> bytes:
    """Render a figure; without the version of matplotlib inside."""
    content = io.BytesIO()
    drawn.savefig(content, format="png", dpi=_DPI, metadata={"Software": None})
    return content.getvalue()
