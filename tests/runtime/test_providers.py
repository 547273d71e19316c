"""Providers: what is chosen, and what errors say is missing. Needs no GPU: it pretends some."""

import pickle
import re
import struct
import sys
from pathlib import Path
from types import SimpleNamespace

import onnxruntime
import pytest

from digits import cli, providers, sessions, shared_libraries
from digits.bundle import open_bundle
from digits.classifier import Classifier
from digits.errors import MissingExtraError, ModelError, ProviderError, UsageError
from digits.extras import pip
from digits.machine.gpu import Driver, Gpu
from digits.providers import CPU, CUDA, Choice, Provider, choose
from digits.sessions import Assignment, assignment, open_session

GPU_WHEEL = ["onnxruntime-gpu"]


@pytest.fixture
def wheels(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """A machine to furnish: wheels, the providers of the build, what the loader finds."""
    machine = SimpleNamespace(installed=list(GPU_WHEEL), built=[CUDA, CPU], found=lambda _: True)
    machine.driver = Driver("13.0", (Gpu("NVIDIA H100", "9.0", 80 * 2**30),), 0)
    machine.libraries = ["libcublasLt.so.13", "libcurand.so.10", "libcuda.so.1", "libc.so.6"]
    monkeypatch.setattr(providers, "installed_wheels", lambda: machine.installed)
    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: machine.built)
    monkeypatch.setattr(providers, "loads", lambda name: machine.found(name))
    monkeypatch.setattr(providers, "preload", lambda _: None)
    monkeypatch.setattr(providers, "cuda_libraries", lambda _: machine.libraries)
    found = lambda: machine.driver if machine.found("libcuda.so.1") else None  # noqa: E731
    monkeypatch.setattr("digits.machine.gpu.ask_driver", found)
    return machine


def test_unknown_provider_lists_the_known() -> None:
    with pytest.raises(
        UsageError, match="unknown provider 'gpu': the providers are auto, cpu, cuda"
    ):
        Classifier.load("lenet", provider="gpu")


@pytest.mark.usefixtures("wheels")
def test_all_there_is_cuda() -> None:
    assert choose(Provider.AUTO) == Choice(Provider.CUDA)
    assert choose(Provider.CUDA) == Choice(Provider.CUDA)
    assert choose(Provider.CPU) == Choice(Provider.CPU)


@pytest.mark.parametrize(
    ("library", "message"),
    [
        (
            "libcuda.so.1",
            "NVIDIA driver is missing .*libcuda.*: where there is such a GPU, install",
        ),
        (
            "libcublasLt.so.",
            r"libcublasLt\.so\.\d+ can't be loaded: run: .* -m pip install 'digits-edge",
        ),
        (
            "libcurand.so.",
            r"libcurand\.so\.\d+ can't be loaded: run: .* -m pip install 'nvidia-curand'",
        ),
        (
            "libcudnn.so.9",
            r"libcudnn\.so\.9 can't be loaded: run: .* -m pip install 'digits-edge\[gpu\]'",
        ),
    ],
)
@pytest.mark.skipif(sys.platform != "linux", reason="needs Linux's names of libraries")
def test_missing_library_is_named(wheels: SimpleNamespace, library: str, message: str) -> None:
    wheels.found = lambda name: not name.startswith(library)
    with pytest.raises(ProviderError, match=f"^no CUDA: .*{message}"):
        choose(Provider.CUDA)
    choice = choose(Provider.AUTO)
    assert choice.provider is Provider.CPU
    assert choice.note.startswith("running on the CPU, no CUDA: ")


@pytest.mark.skipif(sys.platform != "linux", reason="needs Linux's names of libraries")
def test_wheel_without_its_cuda_library(wheels: SimpleNamespace) -> None:
    wheels.libraries = []
    with pytest.raises(
        ProviderError, match=r"lost its CUDA library: run: .* -m pip install --force"
    ):
        choose(Provider.CUDA)


@pytest.mark.skipif(sys.platform != "linux", reason="needs Linux's names of libraries")
def test_every_problem_is_told(wheels: SimpleNamespace) -> None:
    wheels.found = lambda name: name in ("libcuda.so.1", "libc.so.6")
    wheels.driver = Driver("11.4", (), 803)
    problems = list(providers.cuda_problems(GPU_WHEEL))
    assert [problem.split()[0] for problem in problems[1:]] == [
        "libcublasLt.so.13",
        "libcurand.so.10",
        "libcudnn.so.9",
    ]
    assert "CUDA error 803" in problems[0]
    wheels.built = [CPU]
    cpu_wheel = list(providers.cuda_problems(["onnxruntime"]))
    assert [problem[:20] for problem in cpu_wheel] == [
        "onnxruntime is the C",
        "the NVIDIA driver fi",
    ]


@pytest.mark.skipif(sys.platform != "linux", reason="needs Linux's names of libraries")
def test_a_driver_that_is_too_old_for_the_wheel(wheels: SimpleNamespace) -> None:
    wheels.driver = Driver("12.4", wheels.driver.gpus, 0)
    message = r"runs CUDA 12\.4 at most, this onnxruntime-gpu needs 13: upgrade the driver"
    with pytest.raises(ProviderError, match=message):
        choose(Provider.CUDA)
    wheels.driver = Driver("unknown", wheels.driver.gpus, 0)
    assert choose(Provider.CUDA).provider is Provider.CUDA


def test_cuda_libraries_of_this_wheel() -> None:
    found = providers.cuda_libraries(onnxruntime)
    if providers.installed_wheels() == GPU_WHEEL and sys.platform == "linux":
        assert any(name.startswith("libcublas.so.") for name in found)
    else:
        assert found == []


def test_driver_without_gpu(wheels: SimpleNamespace) -> None:
    wheels.driver = Driver("13.0", (), 100)
    with pytest.raises(ProviderError, match=r"finds no GPU it can use \(CUDA error 100\)"):
        choose(Provider.CUDA)
    wheels.driver = Driver("13.0", (), 0)
    with pytest.raises(ProviderError, match="finds no GPU"):
        choose(Provider.CUDA)


def test_cpu_wheel_is_named_and_auto_says_nothing(wheels: SimpleNamespace) -> None:
    wheels.installed, wheels.built = ["onnxruntime"], [CPU]
    command = r".* -m pip uninstall -y onnxruntime && .* -m pip install 'digits-edge\[gpu\]'"
    with pytest.raises(ProviderError, match=f"CPU-only wheel: run: {command}"):
        choose(Provider.CUDA)
    assert choose(Provider.AUTO) == Choice(Provider.CPU)


def test_both_wheels_get_the_command(wheels: SimpleNamespace) -> None:
    wheels.installed = ["onnxruntime", "onnxruntime-gpu"]
    command = f"{pip()} uninstall -y onnxruntime onnxruntime-gpu && {pip()} install"
    assert command in choose(Provider.CPU).note
    assert command in choose(Provider.AUTO).note
    wheels.built = [CPU]
    assert command in choose(Provider.AUTO).note
    with pytest.raises(
        ProviderError, match=f"overwrite each other's files: run: {re.escape(command)}"
    ):
        choose(Provider.CUDA)


def test_no_wheel_gets_the_command(monkeypatch: pytest.MonkeyPatch, tiny: Path) -> None:
    monkeypatch.setattr(providers, "find_spec", lambda _: None)
    with pytest.raises(MissingExtraError, match=r"run: .* -m pip install 'digits-edge\[cpu\]'"):
        Classifier.load(tiny)


def test_wheel_that_lost_its_files(monkeypatch: pytest.MonkeyPatch) -> None:
    remains = SimpleNamespace(__spec__=onnxruntime.__spec__)
    monkeypatch.setitem(sys.modules, "onnxruntime", remains)
    with pytest.raises(ProviderError, match=r"can't be imported .*pip uninstall -y onnxruntime"):
        providers.load_onnxruntime()
    monkeypatch.setattr(providers, "find_spec", lambda _: onnxruntime.__spec__)
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(ProviderError, match=r"can't be imported .*pip uninstall -y onnxruntime"):
        providers.load_onnxruntime()


def test_installed_wheels_finds_the_one_of_this_environment() -> None:
    assert providers.installed_wheels() in (["onnxruntime"], ["onnxruntime-gpu"])


class Graph:
    """What a pretended session was opened with."""

    def __init__(
        self, _: bytes, options: object, providers: list, *, enable_fallback: int = 1
    ) -> None:
        self.options, self.providers = options, providers
        # ONNX Runtime's own way to the CPU.
        assert enable_fallback == (providers == [CPU])

    def get_providers(self) -> list[str]:
        return [item[0] if isinstance(item, tuple) else item for item in self.providers]

    def get_provider_graph_assignment_info(self) -> list:
        return [
            SimpleNamespace(ep_name=CUDA, get_nodes=lambda: [_node("Conv")] * 3),
            SimpleNamespace(ep_name=CPU, get_nodes=lambda: [_node("Shape"), _node("Gather")]),
            SimpleNamespace(ep_name=CUDA, get_nodes=lambda: [_node("Gemm")]),
            SimpleNamespace(ep_name=CPU, get_nodes=lambda: [_node("Shape")]),
        ]

    def get_provider_options(self) -> dict:
        return {item[0]: item[1] for item in self.providers if isinstance(item, tuple)}


def _node(operator: str) -> SimpleNamespace:
    return SimpleNamespace(op_type=operator)


def config(options: onnxruntime.SessionOptions, name: str) -> str | None:
    try:
        return options.get_session_config_entry(name)
    except Exception:
        return None


@pytest.mark.usefixtures("wheels")
def test_cuda_is_for_the_classifier_alone_and_strict(
    monkeypatch: pytest.MonkeyPatch, tiny: Path
) -> None:
    monkeypatch.setattr(onnxruntime, "InferenceSession", Graph)
    monkeypatch.setattr(sessions, "check_signature", lambda *_: None)
    classifier = Classifier.load(tiny, provider="cuda")
    assert classifier.provider == "cuda"
    model, front = classifier._model, classifier._front
    assert model.get_providers() == [CUDA]
    assert config(model.options, "session.disable_cpu_ep_fallback") == "1"
    assert model.providers[0][1]["use_tf32"] == "0"
    assert model.providers[0][1]["enable_cuda_graph"] == "1"
    assert front.get_providers() == [CPU]
    assert config(front.options, "session.disable_cpu_ep_fallback") is None
    receipt = classifier.assignments()["model.onnx"]
    elsewhere = {"Gather": 1, "Shape": 2}
    assert receipt == Assignment((CUDA,), {CUDA: 4, CPU: 3}, elsewhere, tf32=False, graphs=True)
    assert str(receipt) == (
        "CUDAExecutionProvider (4 nodes), CPUExecutionProvider (3 nodes); "
        "elsewhere: 1 Gather, 2 Shape"
    )


@pytest.mark.usefixtures("wheels")
def test_tf32_and_half_precision_are_laid_out_for_tensor_cores(
    monkeypatch: pytest.MonkeyPatch, tiny: Path
) -> None:
    monkeypatch.setattr(onnxruntime, "InferenceSession", Graph)
    monkeypatch.setattr(sessions, "check_signature", lambda *_: None)
    exact = Classifier.load(tiny, provider="cuda")
    assert exact._model.get_provider_options()[CUDA]["prefer_nhwc"] == "0"
    coarse = Classifier.load(tiny, provider="cuda", tf32=True)
    for classifier in (coarse, pickle.loads(pickle.dumps(coarse))):
        options = classifier._model.get_provider_options()[CUDA]
        assert (options["use_tf32"], options["prefer_nhwc"]) == ("1", "1")
        assert classifier.assignments()["model.onnx"].tf32 is True


@pytest.mark.parametrize("command", [["infer"], ["eval", "lenet"]])
def test_tf32_reaches_the_classifier(monkeypatch: pytest.MonkeyPatch, command: list[str]) -> None:
    asked = []

    def load(*_: object, **options: object) -> None:
        asked.append(options["tf32"])
        raise ProviderError("no CUDA")

    monkeypatch.setattr(Classifier, "load", load)
    for flags in ([], ["--tf32"]):
        assert cli.main([*command, *flags, "mnist"]) == 3
    assert asked == [False, True]


@pytest.mark.usefixtures("wheels")
def test_cuda_graphs_that_are_refused_are_in_the_receipt(
    monkeypatch: pytest.MonkeyPatch, tiny: Path
) -> None:
    class NoGraphs(Graph):
        def __init__(self, model: bytes, options: object, providers: list, **more: int) -> None:
            super().__init__(model, options, providers, **more)
            if providers[0] != CPU and providers[0][1]["enable_cuda_graph"] == "1":
                raise RuntimeError("This session cannot use the graph\ncapture feature")

    monkeypatch.setattr(onnxruntime, "InferenceSession", NoGraphs)
    monkeypatch.setattr(sessions, "check_signature", lambda *_: None)
    receipt = Classifier.load(tiny, provider="cuda").assignments()["model.onnx"]
    assert receipt.graphs is False
    (note,) = receipt.notes
    assert note.startswith("without CUDA graphs: no CUDA: ")
    assert "cannot use the graph capture feature" in note


@pytest.mark.usefixtures("wheels")
def test_session_that_fails_on_cuda(monkeypatch: pytest.MonkeyPatch, tiny: Path) -> None:
    real = onnxruntime.InferenceSession

    def refuse(model: bytes, options: object, providers: list, **_: int) -> object:
        if providers != [CPU]:
            raise onnxruntime.capi.onnxruntime_pybind11_state.Fail("CUDA failure 35:\ntoo old")
        return real(model, options, providers=providers)

    monkeypatch.setattr(onnxruntime, "InferenceSession", refuse)
    with pytest.raises(ProviderError, match=r"no CUDA: .*CUDA failure 35: too old") as caught:
        Classifier.load(tiny, provider="cuda")
    assert "\n" not in str(caught.value)
    classifier = Classifier.load(tiny)
    assert classifier.provider == "cpu"
    assert "CUDA failure 35" in classifier.note


@pytest.mark.usefixtures("wheels")
def test_session_that_silently_opens_on_the_cpu(
    monkeypatch: pytest.MonkeyPatch, tiny: Path
) -> None:
    class OnCpu(Graph):
        def get_providers(self) -> list[str]:
            return [CPU]

    monkeypatch.setattr(onnxruntime, "InferenceSession", OnCpu)
    with pytest.raises(ProviderError, match=r"opened model\.onnx on the CPU"):
        Classifier.load(tiny, provider="cuda")


def test_assignment_of_the_cpu_and_of_older_runtimes(tiny: Path) -> None:
    session = open_session(open_bundle(tiny), "model.onnx", Provider.CPU, 1, strict=True)
    assert session.get_session_options().intra_op_num_threads == 1
    if hasattr(session, "get_provider_graph_assignment_info"):
        assert assignment(session).nodes.keys() == {CPU}
    older = assignment(SimpleNamespace(get_providers=lambda: [CPU]))
    assert older == Assignment((CPU,), {})
    assert "doesn't tell" in str(older)


def test_graph_that_does_not_open(
    bundle: Path, reseal: object, capfd: pytest.CaptureFixture
) -> None:
    (bundle / "model.onnx").write_bytes(b"\x08\x08")  # an IR version, and nothing else
    reseal(bundle)
    with pytest.raises(ModelError, match=r"model\.onnx: onnxruntime .* can't open it"):
        Classifier.load(bundle, provider="cpu")
    assert capfd.readouterr() == ("", "")


def test_needed_libraries(tmp_path: Path) -> None:
    python = Path(sys.executable).resolve()
    if python.read_bytes()[:6] == shared_libraries._MAGIC:
        assert any(name.startswith("libc.") for name in shared_libraries.needed(python))
    other = tmp_path / "other"
    other.write_bytes(b"MZ" + struct.pack("<Q", 0))
    assert shared_libraries.needed(other) == []
    assert not shared_libraries.loads("libthere-is-no-such.so.1")


def test_modules_agree_on_names() -> None:
    assert {sessions.CUDA, sessions.CPU} <= set(onnxruntime.get_all_providers())
