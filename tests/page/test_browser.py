"""The page without a server: the runtime's answers, few bytes, no network once it is kept."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from digits import Classifier, Prediction

IMAGES = Path(__file__).parents[2] / "samples" / "images"
GOLDEN_IMAGES = Path(__file__).parents[2] / "export" / "digits_export" / "golden_images"
LARGEST = 600_000  # bytes, without ONNX Runtime's own WebAssembly
WASM = "ort.wasm.gz"

Visits = Callable[..., Any]
Glyphs = Callable[..., list[list[tuple[float, float]]]]

ASK = """async (images) => {
    const { createEngine } = await import("./page/engine.js");
    const { predict } = await createEngine();
    const answers = [];
    for (const image of images) {
        const bytes = Uint8Array.from(atob(image), (character) => character.charCodeAt(0));
        const answer = await predict(new Blob([bytes]));
        answers.push({ ...answer, canvas: [...answer.canvas.data] });
    }
    return answers;
}"""


def ask(visited: Any, files: list[Path]) -> list[dict[str, Any]]:
    """The page's engine about image files."""
    from base64 import b64encode

    answers: list[dict[str, Any]] = visited.page.evaluate(
        ASK, [b64encode(file.read_bytes()).decode() for file in files]
    )
    return answers


def test_a_drawing_waits_for_the_model(visit: Visits, folder: Any, glyphs: Glyphs) -> None:
    visited = visit(folder.site, opened=False)
    held: list[Any] = []
    visited.page.route(f"**/{WASM}", lambda route: held.append(route))
    with visited.page.expect_request(f"**/{WASM}"):
        visited.page.goto(visited.site)
    visited.expect("\N{EN DASH}", "Waiting for a picture.")
    visited.draw(glyphs("7"))
    visited.expect("\N{EN DASH}", "Loading the model.")
    (wasm,) = held
    wasm.continue_()
    visited.expect("7", "% sure")


def test_the_goldens(visit: Visits, folder: Any, tmp_path: Path) -> None:
    """From an image file's bytes to the trained network's answer, all in the browser."""
    with np.load(folder.bundle / "goldens.npz") as goldens:
        count = sum(name.endswith("_box") for name in goldens.files)
        images = [goldens[f"image_{i}"] for i in range(count)]
        canvases = [goldens[f"image_{i}_canvas"] for i in range(count)]
    files = [tmp_path / f"{i}.png" for i in range(count)]
    for file, image in zip(files, images, strict=True):
        Image.fromarray(image).save(file)
    assert count > 10
    answers = ask(visit(folder.site), files)
    runtime = Classifier.load(folder.bundle, "cpu")
    same, differences = 0, []
    for answer, file, canvas in zip(answers, files, canvases, strict=True):
        expected = runtime.predict(file)
        assert (answer["label"], answer.get("reason")) == (expected.label, expected.reason)
        assert np.abs(seen(answer)[0].astype(int) - canvas).max() <= 4
        same += np.array_equal(seen(answer)[0], expected.canvas)
        differences.append(difference(runtime, answer, expected))
    print(f"{count} goldens, {same} canvases equal: probabilities within {max(differences):.1e}")
    assert same > count // 2
    assert max(differences) <= 1e-5


def seen(answer: dict[str, Any]) -> np.ndarray:
    return np.array(answer["canvas"], np.uint8).reshape(1, 28, 28)


def difference(runtime: Classifier, answer: dict[str, Any], expected: Prediction) -> float:
    """How far the probabilities are from the runtime's.

    A canvas may differ by a grey level, and its probabilities then differ rightly: so they are
    compared with what the runtime makes of the same canvas.
    """
    found = seen(answer)
    if np.array_equal(found[0], expected.canvas):
        truth = expected.probabilities
    else:
        truth = runtime.predict_canvases(found)[0]
    return float(np.abs(np.array(answer["probabilities"]) - truth).max())


def test_the_sample_images(visit: Visits, folder: Any) -> None:
    """Photos of many kinds: sideways, transparent, huge, 16 bits, palettes."""
    files = sorted(file for file in IMAGES.iterdir() if file.suffix != ".csv")
    assert len(files) > 70
    answers = ask(visit(folder.site), files)
    runtime = Classifier.load(folder.bundle, "cpu")
    for file, answer in zip(files, answers, strict=True):
        expected = runtime.predict(file)
        assert answer["label"] == expected.label, file.name
        assert answer["box"] == pytest.approx(expected.box, abs=0.03 * max(expected.box)), file.name
        assert difference(runtime, answer, expected) <= 1e-4, file.name


def test_the_classifiers_goldens_in_the_browsers_engine(visit: Visits, folder: Any) -> None:
    """`goldens.mjs`, which Node replays, too, on the folder's own copy of ONNX Runtime."""
    visited = visit(folder.site)
    web = Path(__file__).parents[2] / "samples" / "peers" / "web"
    for path, source, kind in (
        ("peers", web, "text/javascript"),
        ("bundle", folder.bundle, "application/octet-stream"),
    ):
        visited.page.route(f"**/{path}/*", from_folder(source, kind))
    report = visited.page.evaluate(
        """async () => {
            const ort = await import("./page/ort.js");
            const { replayed } = await import("./peers/goldens.mjs");
            const { unpacked } = await import("./page/packed.js");
            ort.env.wasm.numThreads = 1;
            ort.env.wasm.wasmBinary = await unpacked(new URL("page/ort.wasm.gz", document.baseURI));
            return replayed(ort, ["wasm"], async (name) => {
                const response = await fetch(`bundle/${name}`);
                return new Uint8Array(await response.arrayBuffer());
            });
        }"""
    )
    print(json.dumps(report))
    assert report["passed"]
    assert report["graphs"].keys() == {"model.onnx", "front.onnx", "image.onnx"}
    for figures in report["graphs"].values():
        assert figures["goldens"] > 10
        assert figures["flips"] == 0
        assert figures["probabilities"] <= 1e-5


def from_folder(source: Path, kind: str) -> Callable[[Any], None]:
    """Answers the browser's requests with the files of a folder."""

    def answer(route: Any) -> None:
        name = route.request.url.rpartition("/")[2]
        route.fulfill(path=source / name, content_type=kind)

    return answer


def test_what_is_transferred(visit: Visits, folder: Any) -> None:
    folder.sent.clear()
    visited = visit(folder.site, reduced_motion="reduce")
    visited.page.keyboard.press("7")
    visited.expect("7")
    visited.page.evaluate("navigator.serviceWorker.ready.then(() => null)")
    wasm = folder.sent.pop(WASM)
    total = sum(folder.sent.values())
    print(f"{total:,} bytes in {len(folder.sent)} files, and {wasm:,} of WebAssembly")
    assert 300_000 < total <= LARGEST
    assert wasm <= 5_000_000


def test_it_opens_without_a_network(visit: Visits, folder: Any) -> None:
    visited = visit(folder.site, reduced_motion="reduce")
    visited.page.evaluate("navigator.serviceWorker.ready.then(() => null)")
    visited.page.context.set_offline(True)
    visited.open()
    visited.page.keyboard.press("6")
    visited.expect("6", "% sure")


def test_what_is_no_image(visit: Visits, folder: Any, tmp_path: Path) -> None:
    (tmp_path / "letter.png").write_text("Dear model,")
    visited = visit(folder.site)
    visited.page.set_input_files("#file", tmp_path / "letter.png")
    visited.expect_notice("no image that this browser can read")
    visited.page.set_input_files("#file", IMAGES / "3-paper.jpg")
    visited.expect("3")
    visited.expect_notice("")


def build(samples: Callable[[str], Path], *arguments: object) -> subprocess.CompletedProcess[str]:
    command = ["node", samples("browser") / "build.mjs", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_a_bundle_without_the_whole_graph(samples: Callable[[str], Path], tmp_path: Path) -> None:
    done = build(samples, tmp_path, tmp_path / "dist")
    assert done.returncode == 2
    assert "image.onnx is missing: export the model: digits-export" in done.stderr


def test_a_folder_of_somebody_else_is_left_alone(
    samples: Callable[[str], Path], exported: Path, tmp_path: Path
) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    done = build(samples, exported, tmp_path)
    assert done.returncode == 2
    assert (tmp_path / "thesis.txt").read_text() == "years of work"


def test_the_same_rules_for_abstaining(samples: Callable[[str], Path]) -> None:
    """As `digits.abstain` has them, for evidence on both sides of each threshold and NaN."""
    from digits.abstain import reason_to_abstain

    thresholds = {"present": 0.5, "others": 0.75, "confidence": 0.4}
    nan = float("nan")
    cases = [
        (some, {"present": present, "others": others}, confidence)
        for some in (thresholds, {}, {"others": 0.75})
        for present in (0.4, 0.5, nan)
        for others in (0.7, 0.75, 0.8, nan)
        for confidence in (0.39, 0.4, nan)
    ]
    cases.append((thresholds, {}, 0.9))
    program = f"""
        import {{ reasonToAbstain }} from "{(samples("browser") / "abstain.js").as_uri()}";
        const NaN_ = NaN;
        const cases = {json.dumps(cases)};
        console.log(JSON.stringify(cases.map((c) => reasonToAbstain(...c) ?? null)));
    """
    done = subprocess.run(
        ["node", "--input-type=module", "-e", program], capture_output=True, text=True, check=True
    )
    assert json.loads(done.stdout) == [reason_to_abstain(*case) for case in cases]
