"""The C++ programs answer as the runtime does, for real: built here, run on files of all kinds."""

import base64
import json
import os
import shutil
import struct
import subprocess
import sys
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from digits import Classifier
from digits.commands.formats import Format, record, writer

if TYPE_CHECKING:
    from digits_export.bundle import Bundled

ROOT = Path(__file__).parents[2]
SOURCES = ROOT / "samples" / "cpp"
PICTURES = ROOT / "samples" / "images"
GOLDEN_IMAGES = ROOT / "export" / "digits_export" / "golden_images"
FOUR = PICTURES / "4-screen-280.png"
ENGINES = {
    "read_onnx": "ONNX Runtime's headers: run: apt-get install libonnxruntime-dev on Debian 13, "
    "else samples/cpp/onnxruntime_headers.sh DIR, and set ONNXRUNTIME_DIR=DIR/usr",
    "read_torchscript": "libtorch: run: pip install torch",
}
# What CMake says where a library isn't installed, and its Debian package.
LIBRARIES = {
    "nlohmann/json.hpp isn't found": "nlohmann-json3-dev",
    "No PNG files will be read": "libpng-dev",
    "Neither engine is found": "libonnxruntime-dev",
}


@dataclass(frozen=True)
class Done:
    """What a program wrote, and its exit code."""

    code: int
    out: str
    err: str

    @cached_property
    def records(self) -> list[dict]:
        return [json.loads(line) for line in self.out.splitlines()]


@dataclass(frozen=True)
class Program:
    """One of the programs with a bundle to read from."""

    file: Path
    bundle: Path

    @property
    def graph(self) -> str:
        return "image.onnx" if self.file.name == "read_onnx" else "image.torchscript.pt"

    def __call__(self, *arguments: object, bundle: Path | None = None) -> Done:
        return self.bare("--bundle", bundle or self.bundle, *arguments)

    def bare(self, *arguments: object) -> Done:
        """Run it with these arguments alone; it may neither hang nor crash."""
        command = [self.file, *map(str, arguments)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
        assert done.returncode >= 0, done.stderr
        return Done(done.returncode, done.stdout, done.stderr)


def step(*command: object, **variables: str) -> tuple[int, str]:
    """Run a step towards the tests: its exit code, and all that it wrote."""
    done = subprocess.run(
        list(map(str, command)),
        env=os.environ | variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with those of the programs whose engine is here; a warning is an error."""
    if shutil.which("cmake") is None or shutil.which("c++") is None:
        pytest.skip("needs CMake and a compiler: run: apt-get install cmake g++")
    folder = tmp_path_factory.mktemp("cpp")
    python = f"-DPython3_EXECUTABLE={sys.executable}"
    code, said = step("cmake", "-S", SOURCES, "-B", folder, "-DSTRICT=ON", python)
    for words, package in LIBRARIES.items():
        if words in said:
            pytest.skip(f"needs a library: run: apt-get install {package}")
    assert code == 0, said
    code, said = step("cmake", "--build", folder, "--parallel", "2")
    assert code == 0, said[-4000:]
    return folder


@pytest.fixture(scope="module")
def bundle(full: "Bundled") -> Path:
    """lenet exported with everything; nobody changes it."""
    return full.directory


@pytest.fixture(scope="module", params=ENGINES)
def program(request: pytest.FixtureRequest, built: Path, bundle: Path) -> Program:
    """Each of the programs."""
    if not (built / request.param).exists():
        pytest.skip(f"needs {ENGINES[request.param]}")
    return Program(built / request.param, bundle)


@pytest.fixture(scope="module")
def classifier(bundle: Path) -> Classifier:
    """The runtime with the same bundle."""
    return Classifier.load(bundle, "cpu")


def check_same(program: Program, classifier: Classifier, files: list[Path]) -> None:
    """The program's records are those of `digits-infer`, and all probabilities are close."""
    done = program("--json", *files)
    assert (done.code, done.err) == (0, "")
    for file, found in zip(files, done.records, strict=True):
        expected = classifier.predict(file)
        shares = np.array(found.pop("probabilities"))
        difference = np.abs(shares - expected.probabilities).max()
        assert difference <= 1e-4, file
        same = record(expected, 1)
        assert found.keys() == same.keys()
        for key in ("path", "label", "reason", "provider", "model"):
            assert found.get(key) == same.get(key), file
        assert found["confidence"] == pytest.approx(same["confidence"], abs=1e-4)
        assert found["top"][0]["label"] == classifier.labels[expected.probabilities.argmax()]


def test_the_goldens(program: Program, classifier: Classifier, tmp_path: Path) -> None:
    """No label differs; a canvas by grey levels at most, and its probabilities by nothing."""
    with np.load(program.bundle / "goldens.npz") as file:
        goldens = dict(file)
    count = sum(name.endswith("_box") for name in goldens)
    files = [tmp_path / f"{i}.ppm" for i in range(count)]
    for i, file in enumerate(files):
        Image.fromarray(goldens[f"image_{i}"]).save(file)
    found = program("--canvas", *files).records
    shares = np.array([answer["probabilities"] for answer in found])
    canvases = np.array([canvas(answer) for answer in found])
    expected = np.array([goldens[f"image_{i}_probabilities"] for i in range(count)])
    seen = np.array([goldens[f"image_{i}_canvas"] for i in range(count)])
    assert count > 10
    assert (shares.argmax(1) == expected.argmax(1)).all()
    levels = np.abs(canvases.astype(int) - seen).max()
    assert levels <= classifier.bundle.manifest.tolerance["canvas"]
    same = (canvases == seen).all(axis=(1, 2))
    assert same.sum() > count // 2
    assert np.abs(shares - expected)[same].max() <= 1e-4
    assert np.abs(shares - classifier.predict_canvases(canvases)).max() <= 1e-4


def canvas(answer: dict) -> np.ndarray:
    data = base64.b64decode(answer["canvas"]["data"], validate=True)
    return np.frombuffer(data, np.uint8).reshape(answer["canvas"]["shape"])


def test_the_sample_images(program: Program, classifier: Classifier) -> None:
    files = sorted(PICTURES.glob("*.png"))
    assert len(files) > 30
    check_same(program, classifier, files)


def test_files_of_every_kind(program: Program, classifier: Classifier) -> None:
    files = sorted(GOLDEN_IMAGES.rglob("*.png")) + sorted(GOLDEN_IMAGES.rglob("*.ppm"))
    assert len(files) > 15
    check_same(program, classifier, files)


def kinds(folder: Path) -> Iterator[Path]:
    """A digit in more pixel formats, some only a decoder's author would think of."""
    grey = Image.open(FOUR).convert("L").crop((3, 5, 276, 271))
    transparent = Image.merge("LA", (Image.new("L", grey.size), grey.point(lambda v: 255 - v)))
    deep = Image.fromarray(np.asarray(grey, np.uint16) * 200)
    photo = Image.open(PICTURES / "5-huge.jpg").convert("RGB")
    pictures = {
        "one-bit.png": grey.convert("1"),
        "two-bit.png": grey.convert("P", palette=Image.Palette.ADAPTIVE, colors=4),
        "grey-alpha.png": transparent,
        "deep.png": deep,
        "large.png": photo.resize((1501, 1103)),
        "large.ppm": photo.resize((1103, 1501)),
        "grey.pgm": grey,
        "deep.pgm": deep,
    }
    for name, picture in pictures.items():
        picture.save(folder / name)
    grey.save(folder / "one-level.png", transparency=255)
    grey.convert("RGB").save(folder / "one-colour.png", transparency=(255, 255, 255))
    levels = (np.asarray(grey) // 17).astype(np.uint8)
    head = f"P5 # 4 bits\n#\n{grey.width}\t{grey.height}\n15 ".encode()
    (folder / "shallow.pgm").write_bytes(head + levels.tobytes())
    yield from sorted(folder.iterdir())


def test_more_pixel_formats(program: Program, classifier: Classifier, tmp_path: Path) -> None:
    check_same(program, classifier, list(kinds(tmp_path)))


def changed(bundle: Path, folder: Path) -> Path:
    """A copy of the bundle, to change."""
    return Path(shutil.copytree(bundle, folder / "changed"))


def rewrite_manifest(bundle: Path, change: Callable[[dict], object]) -> None:
    file = bundle / "manifest.json"
    fields = json.loads(file.read_text())
    change(fields)
    file.write_text(json.dumps(fields))


def test_images_without_a_label(program: Program, tmp_path: Path) -> None:
    """Every reason comes up, in the words of the runtime's table."""
    files = [FOUR, tmp_path / "empty.png", tmp_path / "several.png"]
    Image.new("RGB", (60, 50), "white").save(files[1])
    Image.fromarray(np.tile(np.asarray(Image.open(FOUR).convert("L")), 3)).save(files[2])
    bundle = changed(program.bundle, tmp_path)
    rewrite_manifest(bundle, lambda fields: fields["abstain"].update(confidence=1))
    done = program("--json", *files, bundle=bundle)
    assert done.code == 0
    assert [found["label"] for found in done.records] == [None] * 3
    assert [found["reason"] for found in done.records] == ["unsure", "empty", "several"]
    classifier = Classifier.load(program.bundle, "cpu", min_confidence=1)
    table = writer(Format.TABLE, classifier.labels, 1)
    expected = [table.line(classifier.predict(file)) for file in files]
    assert program(*files, bundle=bundle).out == table.head + "".join(expected)


def test_the_table_is_the_runtimes(program: Program, classifier: Classifier) -> None:
    files = sorted(PICTURES.glob("*-screen-28*.png"))
    table = writer(Format.TABLE, classifier.labels, 1)
    expected = [table.line(classifier.predict(file)) for file in files]
    assert program(*files).out == table.head + "".join(expected)


def test_batches_change_no_answer(program: Program, tmp_path: Path) -> None:
    """Images of one size are read together; what stands between them stays in its place."""
    sources = [Image.open(file).convert("L") for file in sorted(PICTURES.glob("*-screen-280*.png"))]
    files = [tmp_path / f"{i}.png" for i in range(150)]
    for i, file in enumerate(files):
        sources[i % len(sources)].resize((40, 40) if i < 140 else (41, 40)).save(file)
    files[70].write_bytes(b"broken")
    together = program("--json", *files).records
    assert [found["path"] for found in together] == list(map(str, files))
    assert [i for i, found in enumerate(together) if "error" in found] == [70]
    for i in (0, 1, 2, 63, 64, 69, 71, 139, 140, 149):
        (alone,) = program("--json", files[i]).records
        assert alone["label"] == together[i]["label"]
        assert alone["probabilities"] == pytest.approx(together[i]["probabilities"], abs=1e-5)


def png(*chunks: tuple[bytes, bytes]) -> bytes:
    """A PNG file with right checksums, whatever is in it."""
    parts = [b"\x89PNG\r\n\x1a\n"]
    for name, data in chunks:
        checksum = struct.pack(">I", zlib.crc32(name + data))
        parts += [struct.pack(">I", len(data)), name, data, checksum]
    return b"".join(parts)


def header(width: int, height: int) -> tuple[bytes, bytes]:
    return b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)


DAMAGED = {
    "text.png": (b"no image", "not an image that can be read here"),
    "empty.png": (b"", "the file is empty"),
    "picture.jpg": (b"\xff\xd8\xff\xe0", "not an image that can be read here"),
    "start.png": (b"\x89PNG\r\n\x1a\n", "a damaged image: the file ends too early"),
    "bomb.png": (png(header(100_000, 100_000)), "a damaged image: "),
    "large.png": (
        png(header(100_000, 100_000), (b"IDAT", zlib.compress(b""))),
        "too large: 100000 x 100000 pixels, the limit is 100 million",
    ),
    "flat.png": (png(header(0, 5), (b"IDAT", b"")), "a damaged image: "),
    "lies.png": (png(header(9, 9), (b"IDAT", b"no zlib"), (b"IEND", b"")), "a damaged image: "),
    "short.pgm": (b"P5 4 4 255\n" + bytes(15), "a damaged image: the file ends too early"),
    "large.ppm": (b"P6 99999999 99999999 255\n", "too large: 99999999 x 99999999 pixels"),
    "longer.ppm": (b"P6 " + b"9" * 40 + b" 1 255\n", "a damaged image: "),
    "flat.ppm": (b"P6 0 3 255\n", "an image without pixels"),
    "deeper.ppm": (b"P6 1 1 65536\n" + bytes(6), "a damaged image: "),
    "black.ppm": (b"P6 1 1 0\n" + bytes(3), "a damaged image: "),
    "headless.ppm": (b"P6", "a damaged image: "),
    "negative.ppm": (b"P6 -1 -1 255\n", "a damaged image: "),
    "comment.ppm": (b"P6 # and no end", "a damaged image: "),
}


def test_what_is_no_image_harms_no_other(program: Program, tmp_path: Path) -> None:
    for name, (data, _) in DAMAGED.items():
        (tmp_path / name).write_bytes(data)
    files = [*(tmp_path / name for name in DAMAGED), tmp_path / "nope.png", tmp_path]
    done = program("--json", *files, FOUR)
    assert done.code == 1
    assert done.err == f"{len(files)} of {len(files) + 1} inputs failed\n"
    reasons = [reason for _, reason in DAMAGED.values()]
    reasons += ["no such file", "is a folder, not an image"]
    for file, reason, found in zip(files, reasons, done.records[:-1], strict=True):
        assert found["path"] == str(file)
        assert found["error"].startswith(reason), file
    assert done.records[-1]["label"] == "4"


def test_files_cut_anywhere(program: Program, tmp_path: Path) -> None:
    """Without its end a file is no image, unless the pixels are whole, as for the runtime."""
    whole = FOUR.read_bytes()
    lengths = [8, 20, 33, 40, 60, *range(100, len(whole) - 20, len(whole) // 20)]
    for length in lengths:
        (tmp_path / f"{length}.png").write_bytes(whole[:length])
    done = program("--json", *(tmp_path / f"{length}.png" for length in lengths))
    assert done.code == 1
    assert all(found["error"].startswith("a damaged image: ") for found in done.records)


def test_files_with_changed_bytes(program: Program, tmp_path: Path) -> None:
    """Each gets a line, whatever it says, and none ends the program."""
    random = Random(1)
    files = []
    for source in (FOUR, *sorted((GOLDEN_IMAGES / "encoded").glob("*.p[np][gm]"))):
        for i in range(20):
            data = bytearray(source.read_bytes())
            for _ in range(random.randint(1, 4)):
                data[random.randrange(len(data) if i % 2 else 64)] = random.randrange(256)
            files.append(tmp_path / f"{len(files)}{source.suffix}")
            files[-1].write_bytes(data)
    done = program("--json", *files)
    assert done.code in (0, 1)
    assert [found["path"] for found in done.records] == list(map(str, files))


FILES_DAMAGED: dict[str, Callable[[Path], object]] = {
    "no graph": Path.unlink,
    "cut graph": lambda graph: graph.write_bytes(graph.read_bytes()[:1000]),
    "garbage": lambda graph: graph.write_bytes(bytes(graph.stat().st_size)),
    "no manifest": lambda graph: graph.with_name("manifest.json").unlink(),
    "no JSON": lambda graph: graph.with_name("manifest.json").write_text("{]"),
    "no bundle": lambda graph: shutil.rmtree(graph.parent),
}
FIELDS_DAMAGED: dict[str, Callable[[dict], object]] = {
    "light": lambda fields: fields.update(files={}),
    "format": lambda fields: fields.update(format=99),
    "labels": lambda fields: fields.update(labels=["0", "1"]),
    "types": lambda fields: fields.update(labels={"0": 1}),
    "field": lambda fields: fields.pop("evidence"),
}


def check_refused(program: Program, bundle: Path) -> None:
    done = program("--json", FOUR, bundle=bundle)
    assert (done.code, done.out) == (3, "")
    assert done.err.startswith(f"{bundle}")
    assert len(done.err.splitlines()) == 1


@pytest.mark.parametrize("kind", FILES_DAMAGED)
def test_a_bundle_with_damaged_files(program: Program, kind: str, tmp_path: Path) -> None:
    bundle = changed(program.bundle, tmp_path)
    FILES_DAMAGED[kind](bundle / program.graph)
    check_refused(program, bundle)


@pytest.mark.parametrize("kind", FIELDS_DAMAGED)
def test_a_manifest_with_damaged_fields(program: Program, kind: str, tmp_path: Path) -> None:
    bundle = changed(program.bundle, tmp_path)
    rewrite_manifest(bundle, FIELDS_DAMAGED[kind])
    check_refused(program, bundle)


def test_a_graph_that_is_another(program: Program, tmp_path: Path) -> None:
    bundle = changed(program.bundle, tmp_path)
    graph = bundle / program.graph
    shutil.copy(bundle / program.graph.replace("image", "model"), graph)
    size = graph.stat().st_size
    rewrite_manifest(bundle, lambda fields: fields["files"][graph.name].update(bytes=size))
    check_refused(program, bundle)


def test_wrong_usage(program: Program) -> None:
    for arguments in ((), ("--bundle",), ("--jsno", FOUR), ("--",)):
        done = program.bare(*arguments)
        assert (done.code, done.out) == (2, "")
        assert len(done.err.splitlines()) == 1
    assert program.bare("--help").out.startswith("usage: ")
    assert program.bare("--version").out.split()[-1][0].isdigit()


def test_odd_file_names(program: Program, tmp_path: Path) -> None:
    names = ("--json", "four\n\x1b[31m.png", "vier ü 四.png")
    files = [shutil.copy(FOUR, tmp_path / name) for name in names]
    records = program("--json", *files).records
    assert [found["path"] for found in records] == list(map(str, files))
    assert {found["label"] for found in records} == {"4"}
    assert len(program(*files).out.splitlines()) == 1 + len(files)
    inside = subprocess.run(
        [program.file, "--bundle", program.bundle, "--", "--json"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert inside.stdout.splitlines()[1].endswith("  --json")
