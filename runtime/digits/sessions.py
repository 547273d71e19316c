"""Opening exported graphs in ONNX Runtime, and saying where their nodes really run."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from digits.bundle import FRONT, Bundle
from digits.errors import ModelError, ProviderError
from digits.providers import CPU, CUDA, Choice, Provider, choose, load_onnxruntime
from digits.sharing import callers_for
from digits.signature import check_signature

_SILENT = 4  # only what ends the process; errors come as exceptions anyway
_HALF = "fp16"  # the variant


@dataclass(frozen=True)
class Assignment:
    """Where the nodes of a graph run.

    Attributes:
        providers: The execution providers of the session, the wanted one first.
        nodes: Number of nodes by execution provider; empty where ONNX Runtime can't tell.
        elsewhere: Of the nodes that aren't on the wanted provider, how many there are of each
            operator.
        tf32: Whether CUDA may round to TF32; None without CUDA, or where it doesn't tell.
        graphs: Whether runs replay CUDA graphs; None without CUDA.
        notes: What was given up on CUDA, and why.
    """

    providers: tuple[str, ...]
    nodes: Mapping[str, int] = field(default_factory=dict)
    elsewhere: Mapping[str, int] = field(default_factory=dict)
    tf32: bool | None = None
    graphs: bool | None = None
    notes: tuple[str, ...] = ()

    def __str__(self) -> str:
        if not self.nodes:
            return f"{', '.join(self.providers)} (this ONNX Runtime doesn't tell for each node)"
        text = ", ".join(f"{name} ({count} nodes)" for name, count in self.nodes.items())
        others = ", ".join(f"{count} {name}" for name, count in self.elsewhere.items())
        return f"{text}; elsewhere: {others}" if others else text


class Sessions(NamedTuple):
    """Both graphs of a bundle, opened, and what was chosen for them.

    Attributes:
        choice: Where the classifier runs.
        model: Its session.
        front: The front end's.
        callers: Threads that may share the batches of one call out (see `digits.sharing`).
    """

    choice: Choice
    model: Any
    front: Any
    callers: int = 1


def open_sessions(
    bundle: Bundle, wanted: Provider, threads: int, *, tf32: bool = False
) -> Sessions:
    """Open both graphs where they are wanted; `auto` goes to the CPU if CUDA fails after all.

    The front end is always on the CPU: of its 1,400 small nodes each would wait some microseconds
    for a GPU, milliseconds an image, and a processor core takes half of one for all.

    Raises:
        ModelError: A graph can't be opened.
        ProviderError: The provider can't be had.
    """
    choice = choose(wanted)
    try:
        return _open_both(bundle, choice, threads, tf32=tf32)
    except ProviderError as error:
        if wanted is not Provider.AUTO:
            raise
        choice = Choice(Provider.CPU, f"running on the CPU, {error}")
        return _open_both(bundle, choice, threads, tf32=tf32)


def _open_both(bundle: Bundle, choice: Choice, threads: int, *, tf32: bool) -> Sessions:
    callers = 1
    if choice.provider is Provider.CUDA:
        model = _open_on_gpu(bundle, threads, tf32=tf32)
    else:
        file = bundle.model_file
        callers = callers_for(bundle.manifest.files[file].bytes, threads)
        model = open_session(bundle, file, choice.provider, threads // callers, strict=True)
    # One thread, since sharing its many small nodes out takes longer than they do.
    front = open_session(bundle, FRONT, Provider.CPU, 1, strict=False)
    return Sessions(choice, model, front, callers)


def _open_on_gpu(bundle: Bundle, threads: int, *, tf32: bool) -> Any:
    """The classifier's graph on CUDA, in the fastest way that this machine allows."""
    from digits.cuda.buckets import buckets_for
    from digits.cuda.options import settings
    from digits.cuda.runner import Runner, Way

    file = bundle.model_file

    def way(name: str, cuda: Mapping[str, str], graphs: bool) -> Way:
        def opened() -> Any:
            return open_session(bundle, file, Provider.CUDA, threads, strict=True, cuda=cuda)

        return Way(name, opened, graphs)

    ways = [way(*setting) for setting in settings(tf32=tf32, half=bundle.variant == _HALF)]
    return Runner(ways, buckets_for(bundle.manifest.files[file].bytes))


def open_session(
    bundle: Bundle,
    file: str,
    provider: Provider,
    threads: int,
    *,
    strict: bool,
    cuda: Mapping[str, str] | None = None,
) -> Any:
    """Open one graph of a bundle.

    Args:
        bundle: The checked bundle.
        file: Name of the graph in it.
        provider: CPU or CUDA.
        threads: Threads within one run.
        strict: With CUDA, refuse a graph that has nodes on the CPU.
        cuda: With CUDA, options of its provider; plain runs in float32 if None.

    Raises:
        ModelError: ONNX Runtime can't open the graph, or it isn't what the manifest says.
        ProviderError: CUDA is wanted, and the graph can't be run there.
    """
    runtime = load_onnxruntime()
    options = _options(runtime, threads)
    on_cuda = provider is Provider.CUDA
    if file == FRONT:
        # Fusing its many small nodes takes 40 ms at the start, and saves 0.01 ms an image; planning
        # which of their results share memory takes 60 ms, and saves neither time nor memory.
        options.graph_optimization_level = runtime.GraphOptimizationLevel.ORT_DISABLE_ALL
        options.enable_mem_reuse = False
    if on_cuda and strict:
        options.add_session_config_entry("session.disable_cpu_ep_fallback", "1")
    providers = _cuda_providers(cuda, strict=strict) if on_cuda else [CPU]
    model = bundle.read(file)
    # Else a failure on CUDA is told on stdout, and the run repeated on the CPU.
    stay: dict[str, Any] = {"enable_fallback": 0} if on_cuda else {}
    try:
        session = runtime.InferenceSession(model, options, providers=providers, **stay)
    except Exception as error:  # its exceptions have no base of their own
        reason = " ".join(str(error).split())
        if on_cuda:
            raise ProviderError(
                f"no CUDA: ONNX Runtime can't open {bundle.directory / file} there ({reason}): "
                "run: digits doctor"
            ) from error
        raise ModelError(
            f"{bundle.directory / file}: onnxruntime {runtime.__version__} can't open it "
            f"({reason}): upgrade onnxruntime or export the model again"
        ) from error
    if on_cuda and CUDA not in session.get_providers():
        raise ProviderError(f"no CUDA: ONNX Runtime opened {file} on the CPU: run: digits doctor")
    check_signature(session, bundle, file)
    return session


def _cuda_providers(cuda: Mapping[str, str] | None, *, strict: bool) -> list[Any]:
    from digits.cuda.options import provider_options

    options = provider_options() if cuda is None else dict(cuda)
    return [(CUDA, options)] if strict else [(CUDA, options), CPU]


def _options(runtime: Any, threads: int) -> Any:
    options = runtime.SessionOptions()
    options.log_severity_level = _SILENT
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    # Threads that spin while they wait take the processor from the app around us.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.add_session_config_entry("session.record_ep_graph_assignment_info", "1")
    return options


def run(session: Any, outputs: list[str], inputs: dict[str, Any], name: str) -> list[Any]:
    """Run an open graph.

    Args:
        session: The open graph.
        outputs: Names of the outputs to compute.
        inputs: Arrays by name.
        name: What errors call the graph.

    Raises:
        ModelError: ONNX Runtime fails on it.
    """
    try:
        arrays: list[Any] = session.run(outputs, inputs)
    except Exception as error:  # its exceptions have no base of their own
        raise ModelError(f"{name} fails: {' '.join(str(error).split())}") from error
    return arrays


def assignment(session: Any) -> Assignment:
    """Where the nodes of an open session run, from ONNX Runtime itself (since 1.24)."""
    providers = tuple(session.get_providers())
    tf32 = _tf32(session) if CUDA in providers else None
    graphs = getattr(session, "graphs", None)  # of digits.cuda.runner.Runner
    notes = tuple(getattr(session, "notes", ()))
    if not hasattr(session, "get_provider_graph_assignment_info"):
        return Assignment(providers, tf32=tf32, graphs=graphs, notes=notes)
    nodes: dict[str, int] = {}
    elsewhere: dict[str, int] = {}
    for part in session.get_provider_graph_assignment_info():
        several = part.get_nodes()
        nodes[part.ep_name] = nodes.get(part.ep_name, 0) + len(several)
        for node in several if part.ep_name != providers[0] else ():
            elsewhere[node.op_type] = elsewhere.get(node.op_type, 0) + 1
    ordered = dict(sorted(elsewhere.items()))
    return Assignment(providers, nodes, ordered, tf32, graphs, notes)


def _tf32(session: Any) -> bool | None:
    """What the session says that it was opened with, not what was asked for."""
    setting = session.get_provider_options().get(CUDA, {}).get("use_tf32")
    return None if setting is None else setting != "0"
