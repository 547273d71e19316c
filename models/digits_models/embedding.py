"""The last features of a network as points in the plane: which images it finds alike."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from digits_models import data
from digits_models.measure import BATCH
from digits_models.weights import Trained

SEED = 0
# Features are brought down to so many numbers first, which takes noise and time away.
_COMPONENTS = 50
_PERPLEXITY = 30


@dataclass(frozen=True, eq=False)
class Embedding:
    """Images as points.

    Attributes:
        dataset: What they are from.
        points: float [N, 2].
        truth: int64 [N], what they show.
        read: int64 [N], what the network reads.
    """

    dataset: data.Dataset
    points: NDArray[np.floating[Any]]
    truth: NDArray[np.int64]
    read: NDArray[np.int64]

    @property
    def mistakes(self) -> NDArray[np.bool_]:
        """Which images the network reads wrong, bool [N]."""
        return np.not_equal(self.truth, self.read)


def embed(trained: Trained, name: str, limit: int, data_dir: Path | None) -> Embedding:
    """Place test images, chosen by a fixed seed, by t-SNE; needs scikit-learn.

    (Van der Maaten and Hinton, Visualizing data using t-SNE, 2008.)

    Raises:
        UsageError: There is no data set of that name.
        InputError: It can't be had.
    """
    images, labels = data.load(name, "test", data_dir)
    chosen = np.random.default_rng(SEED).permutation(len(images))[:limit]
    features, read = last_features(trained, images[chosen])
    return Embedding(data.get(name), plane(features), labels[chosen], read)


@torch.inference_mode()
def last_features(
    trained: Trained, canvases: NDArray[np.uint8]
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """What the head sees of canvases uint8 [N, 28, 28], float32 [N, F], and what it makes of it."""
    prepare, network = trained.architecture.prepare(), trained.network
    batches = torch.split(torch.from_numpy(canvases), BATCH)
    features = torch.cat([network.features(prepare(batch)) for batch in batches])
    return features.numpy(), network.head(features).argmax(dim=1).numpy()


def plane(features: NDArray[np.float32]) -> NDArray[np.floating[Any]]:
    """Features [N, F] → points [N, 2], the same ones for the same features."""
    from sklearn.decomposition import PCA
    from sklearn.manifold import TSNE

    components = min(_COMPONENTS, *features.shape)
    reduced = PCA(components, svd_solver="full").fit_transform(features)
    perplexity = min(_PERPLEXITY, (len(features) - 1) / 3)
    points: NDArray[np.floating[Any]] = TSNE(
        2, perplexity=perplexity, init="pca", random_state=SEED
    ).fit_transform(reduced)
    return points


def draw(embedding: Embedding, title: str) -> bytes:
    """Draw points coloured by label, mistakes marked, as PNG; needs matplotlib."""
    from matplotlib import colormaps
    from matplotlib.figure import Figure
    from matplotlib.patheffects import AbstractPathEffect, withStroke

    figure = Figure(figsize=(10, 8), layout="constrained")
    axes = figure.subplots()
    outline: list[AbstractPathEffect] = [withStroke(linewidth=4, foreground="white")]
    for index, label in enumerate(embedding.dataset.labels):
        members = embedding.points[embedding.truth == index]
        if len(members):
            colour = colormaps["tab10"](index)
            axes.scatter(
                members[:, 0],
                members[:, 1],
                s=9,
                color=colour,
                alpha=0.75,
                linewidth=0,
                label=label,
            )
            x, y = np.median(members, axis=0)
            text = axes.text(x, y, label, fontsize=15, weight="bold", ha="center", va="center")
            text.set_path_effects(outline)
    wrong = embedding.points[embedding.mistakes]
    ring: dict[str, Any] = {"facecolor": "none", "edgecolor": "black", "linewidth": 1.2}
    axes.scatter(wrong[:, 0], wrong[:, 1], s=70, label=f"{len(wrong)} wrong", **ring)
    axes.set(xticks=[], yticks=[], aspect="equal")
    axes.spines[:].set_visible(False)
    axes.set_title(title, loc="left")
    figure.legend(loc="outside right upper", frameon=False, markerscale=1.5)
    picture = io.BytesIO()
    figure.savefig(picture, format="png", dpi=120, metadata={"Software": None})
    return picture.getvalue()
