"""The page in a real browser: before `digits serve`, and in a folder without a server of ours."""

import functools
import http.server
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

    from digits_export.bundle import Bundled

ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "samples" / "browser"
CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
# Root has no sandbox, this machine no screen; nothing may be asked of other hosts.
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)
PATIENCE = 20_000  # milliseconds

Place = tuple[float, float]


@dataclass
class Visit:
    """A browser's tab with the page, and what it did.

    Attributes:
        page: The tab.
        site: Where the page is from.
        requests: All addresses that it asked.
        complaints: What the browser wrote on its console, and errors that nothing caught.
    """

    page: "Page"
    site: str
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def open(self) -> "Visit":
        self.page.goto(self.site)
        self.page.locator("html[data-ready]").wait_for(timeout=PATIENCE)
        return self

    def on_paper(self, place: Place) -> Place:
        """From parts of the paper's side to pixels of the window."""
        box = self.page.locator("#paper").bounding_box()
        assert box is not None
        return box["x"] + place[0] * box["width"], box["y"] + place[1] * box["height"]

    def draw(self, strokes: list[list[Place]]) -> None:
        """Draw with the mouse."""
        for stroke in strokes:
            first, *others = map(self.on_paper, stroke)
            self.page.mouse.move(*first)
            self.page.mouse.down()
            for place in others:
                self.page.mouse.move(*place)
            self.page.mouse.up()

    def expect(self, label: str, words: str = "") -> None:
        """Wait for an answer."""
        from playwright.sync_api import expect

        expect(self.page.locator("#label")).to_have_text(label, timeout=PATIENCE)
        expect(self.page.locator("#words")).to_contain_text(words, timeout=PATIENCE)

    def expect_notice(self, words: str) -> None:
        from playwright.sync_api import expect

        notice = self.page.locator("#notice")
        if words:
            expect(notice).to_contain_text(words, timeout=PATIENCE)
        else:
            expect(notice).to_be_empty(timeout=PATIENCE)

    def probabilities(self) -> list[float]:
        """The lengths of the bars."""
        return self.page.evaluate(
            "[...document.querySelectorAll('#bars li')]"
            ".map((row) => Number(row.style.getPropertyValue('--share')))"
        )

    def milliseconds(self) -> list[float]:
        """From each lifting of the pen to its answer."""
        return self.page.evaluate("performance.getEntriesByType('measure').map((m) => m.duration)")


@pytest.fixture(scope="module")
def chromium() -> Iterator["Browser"]:
    """Chromium, driven by Playwright; only for a module, as its event loop is in asyncio's way."""
    api = pytest.importorskip(
        "playwright.sync_api", reason="needs Playwright: run: pip install playwright"
    )
    program = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if program is None:
        pytest.skip("needs Chromium: run: apt-get install chromium")
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture
def visit(chromium: "Browser") -> Iterator[Callable[..., Visit]]:
    """Opens a site in a profile of its own; it may ask no other host, and must not complain."""
    visits: list[Visit] = []
    contexts: list[BrowserContext] = []

    def open_site(site: str, *, opened: bool = True, **options: Any) -> Visit:
        context = chromium.new_context(**({"viewport": {"width": 1100, "height": 760}} | options))
        contexts.append(context)
        visited = Visit(context.new_page(), site)
        visits.append(visited)
        context.on("request", lambda request: visited.requests.append(request.url))
        visited.page.on("console", lambda message: visited.complaints.append(message.text))
        visited.page.on("pageerror", lambda error: visited.complaints.append(str(error)))
        return visited.open() if opened else visited

    yield open_site
    for context in contexts:
        context.close()
    for visited in visits:
        assert visited.requests
        assert [url for url in visited.requests if not url.startswith(visited.site)] == []
        assert visited.complaints == []


@dataclass
class Served:
    """`digits serve` in a process of its own, on a port that it found free."""

    site: str = ""
    process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        port = self.site.rstrip("/").rpartition(":")[2] or "0"
        command = [sys.executable, "-m", "digits", "serve", "--workers", "1", "--port", port]
        self.process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        assert self.process.stderr is not None
        line = self.process.stderr.readline()
        assert " on http://127.0.0.1:" in line, line
        self.site = line.split(" on ")[1].split()[0].rstrip("/") + "/"

    def stop(self) -> None:
        assert self.process is not None
        self.process.terminate()
        with self.process:
            self.process.wait(timeout=30)


@pytest.fixture(scope="session")
def served() -> Iterator[Served]:
    """The page as `digits serve` shows it."""
    for module in ("fastapi", "uvicorn"):
        pytest.importorskip(module, reason="needs the extra [serve]: run: pip install '.[serve]'")
    server = Served()
    server.start()
    yield server
    server.stop()


class Files(http.server.SimpleHTTPRequestHandler):
    """Any file server: no headers of ours, no compression. It counts what it sends."""

    sent: dict[str, int]

    def __init__(self, *args: Any, sent: dict[str, int], **options: Any) -> None:
        self.sent = sent
        super().__init__(*args, **options)

    def log_message(self, *_: object) -> None:
        pass

    def copyfile(self, source: Any, outputfile: Any) -> None:
        data = source.read()
        name = self.path.rpartition("/")[2]
        self.sent[name] = self.sent.get(name, 0) + len(data)
        outputfile.write(data)


@dataclass(frozen=True)
class Folder:
    """The sample's folder on a plain file server.

    Attributes:
        site: Its address.
        path: The folder.
        bundle: The model in it.
        sent: Bytes sent so far, by name of the file.
    """

    site: str
    path: Path
    bundle: Path
    sent: dict[str, int]


@pytest.fixture(scope="session")
def npm_install() -> Callable[[Path], None]:
    """Brings the packages of a copied sample from the npm registry."""

    def install(folder: Path) -> None:
        npm = shutil.which("npm")
        if npm is None or shutil.which("node") is None:
            pytest.skip("needs Node and npm: run: apt-get install nodejs npm")
        options = ("--no-package-lock", "--ignore-scripts", "--no-audit", "--no-fund", "--silent")
        try:
            done = subprocess.run(
                [npm, "install", *options],
                cwd=folder,
                capture_output=True,
                text=True,
                check=False,
                timeout=240,
            )
        except subprocess.TimeoutExpired:
            pytest.skip("needs the npm registry: it doesn't answer")
        if done.returncode:
            said = " ".join((done.stdout + done.stderr).split())
            pytest.skip(f"needs the npm registry: {said[:200]}")

    return install


@pytest.fixture(scope="session")
def exported(full: "Bundled") -> Path:
    """lenet's bundle; nobody changes it."""
    return full.directory


@pytest.fixture(scope="session")
def samples(
    tmp_path_factory: pytest.TempPathFactory, npm_install: Callable[[Path], None]
) -> Callable[[str], Path]:
    """A sample with its packages, in a copy of the folders that it looks into."""
    root = tmp_path_factory.mktemp("clone")
    skipped = shutil.ignore_patterns("node_modules", "dist", "__pycache__")
    for name in ("samples/browser", "samples/node", "samples/peers", "runtime/digits/serve/page"):
        shutil.copytree(ROOT / name, root / name, ignore=skipped)

    @functools.cache
    def installed(name: str) -> Path:
        npm_install(root / "samples" / name)
        return root / "samples" / name

    return installed


@pytest.fixture(scope="session")
def folder(
    samples: Callable[[str], Path], exported: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Folder]:
    """The page without a server of ours."""
    path = tmp_path_factory.mktemp("static") / "dist"
    command = ["node", samples("browser") / "build.mjs", exported, path]
    subprocess.run(command, check=True, capture_output=True, text=True)
    sent: dict[str, int] = {}
    handler = functools.partial(Files, directory=str(path), sent=sent)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield Folder(f"http://127.0.0.1:{server.server_port}/", path, exported, sent)
        server.shutdown()
        thread.join()


@pytest.fixture(scope="session", params=["server", "browser"])
def site(request: pytest.FixtureRequest) -> str:
    """Where the page is: its behaviour is the same wherever the model runs."""
    name = {"server": "served", "browser": "folder"}[request.param]
    found: str = request.getfixturevalue(name).site
    return found


@pytest.fixture(scope="session")
def glyphs() -> Callable[[str], list[list[Place]]]:
    """The samples' centre lines of a digit in the middle of the paper, in one way of writing it."""
    spec = spec_from_file_location("glyphs", ROOT / "samples" / "drawing" / "glyphs.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)

    def strokes(digit: str, way: int = -1) -> list[list[Place]]:
        variant = module.variants(int(digit))[way]
        return [
            [(0.5 + (x - 33) / 160, 0.5 + (y - 50) / 160) for curve in stroke for x, y in curve]
            for stroke in module.strokes(int(digit), variant)
        ]

    return strokes
