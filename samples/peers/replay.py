"""Replay a bundle's goldens in another engine, with nothing of this project.

    python samples/peers/replay.py openvino bundles/lenet

Every `with_*.py` beside this file is an engine: its SUFFIX says which files it opens, its
`open_graph(file)` gives a function from the input's pixels to the list of outputs, its `version()`
what it is. The last line is JSON; exit code 4 if an answer isn't as the trained network's.
"""

import json
import sys
from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Run = Callable[[Array], Mapping[str, Array]]
Figures = dict[str, float]


def main(engine: str, bundle: Path) -> int:
    """Replay every graph that the engine and the bundle have, and print the figures."""
    peer = import_module(f"with_{engine}")
    manifest = json.loads((bundle / "manifest.json").read_text("utf-8"))
    with np.load(bundle / "goldens.npz") as file:
        goldens = dict(file)
    graphs = {}
    model = opened(peer, bundle / f"model{peer.SUFFIX}", manifest)
    graphs[f"model{peer.SUFFIX}"] = canvases(model, goldens)
    for name in ("front", "image"):
        file = bundle / f"{name}{peer.SUFFIX}"
        if file.exists():
            graphs[file.name] = images(opened(peer, file, manifest), model, goldens)
    passed = all(within(figures, manifest["tolerance"]) for figures in graphs.values())
    print(json.dumps({"engine": peer.version(), "graphs": graphs, "passed": passed}))
    return 0 if passed else 4


def opened(peer: Any, file: Path, manifest: Mapping[str, Any]) -> Run:
    """The graph as a function from pixels to outputs by name."""
    run = peer.open_graph(file)
    # TorchScript's outputs have no names; they are those of the same graph in ONNX.
    signature = manifest["graphs"][file.name.split(".")[0] + ".onnx"]
    names = [tensor["name"] for tensor in signature["outputs"]]
    return lambda pixels: dict(zip(names, run(pixels), strict=True))


def canvases(model: Run, goldens: Mapping[str, Array]) -> Figures:
    """The classifier on all golden canvases: as one batch, and one by one."""
    truth = goldens["probabilities"]
    several = [model(goldens["canvas"]), stacked([model(one[None]) for one in goldens["canvas"]])]
    return {
        "goldens": len(truth),
        "flips": max(flips(found["probabilities"], truth) for found in several),
        "logits": largest(worst(found["logits"], goldens["logits"]) for found in several),
        "probabilities": largest(worst(found["probabilities"], truth) for found in several),
    }


def images(graph: Run, model: Run, goldens: Mapping[str, Array]) -> Figures:
    """A graph with the front end on all golden images.

    A canvas may differ by a grey level, and its probabilities then differ rightly: so they are
    compared with the engine's own classifier, which `canvases` holds against the truth.
    """
    figures: Figures = {"goldens": 0, "flips": 0, "canvas": 0, "box": 0, "evidence": 0}
    while f"image_{figures['goldens']}" in goldens:
        name = f"image_{figures['goldens']}"
        found = graph(goldens[name][None])
        own = model(found["canvas"])["probabilities"]
        side = max(goldens[name].shape)
        canvas, box = goldens[f"{name}_canvas"][None], goldens[f"{name}_box"][None]
        found_here = {
            "canvas": worst(found["canvas"], canvas),
            "box": worst(found["box"] / side, box / side),
            "evidence": worst(found["evidence"], goldens[f"{name}_evidence"][None]),
            "probabilities": worst(found.get("probabilities", own), own),
        }
        for key, value in found_here.items():
            figures[key] = largest([figures.get(key, 0.0), value])
        answer = found.get("probabilities", own)
        figures["flips"] += flips(answer, goldens[f"{name}_probabilities"][None])
        figures["goldens"] += 1
    return figures


def within(figures: Figures, tolerance: Mapping[str, float]) -> bool:
    """Whether something was compared, no label differs and no value differs too much."""
    if figures["goldens"] == 0 or figures["flips"] > 0:
        return False
    # `not … <=`, so that NaN fails.
    return not any(
        not value <= tolerance[name] for name, value in figures.items() if name in tolerance
    )


def stacked(rows: list[Mapping[str, Array]]) -> Mapping[str, Array]:
    """Outputs of single inputs as those of one batch."""
    return {name: np.concatenate([row[name] for row in rows]) for name in rows[0]}


def worst(found: Array, truth: Array) -> float:
    """The largest difference; infinite where the shapes differ."""
    if found.shape != truth.shape:
        return float("inf")
    return float(np.abs(found.astype(np.float64) - truth.astype(np.float64)).max())


def largest(differences: Iterable[float]) -> float:
    """The largest difference; NaN if one is, which Python's max would lose."""
    return float(np.max(list(differences)))


def flips(found: Array, truth: Array) -> int:
    """How many labels differ."""
    return int((found.argmax(1) != truth.argmax(1)).sum())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], Path(sys.argv[2])))
