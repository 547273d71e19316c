"""What ONNX Runtime's CUDA provider is told, and what to do without where it refuses."""

from typing import NamedTuple


class Setting(NamedTuple):
    """One way to open a session on CUDA.

    Attributes:
        name: What it has that the next one hasn't.
        options: Options of the CUDA provider.
        graphs: Whether it records CUDA graphs.
    """

    name: str
    options: dict[str, str]
    graphs: bool


def provider_options(
    *, tf32: bool = False, graphs: bool = False, nhwc: bool = False
) -> dict[str, str]:
    """Options of ONNX Runtime's CUDA provider.

    Args:
        tf32: Let matrix products and convolutions round their inputs to TF32, which keeps 10 bits
            of the mantissa: more than the parity tolerances of float32 allow.
        graphs: Allow CUDA graphs to be recorded.
        nhwc: Lay images out channels last, as tensor cores want them; float32 has no use for it.
    """
    return {
        # The exhaustive default searches for seconds at each new batch size.
        "cudnn_conv_algo_search": "HEURISTIC",
        # Batch sizes are few and fixed: doubling what is asked for would take memory from others.
        "arena_extend_strategy": "kSameAsRequested",
        "use_tf32": str(int(tf32)),
        "enable_cuda_graph": str(int(graphs)),
        "prefer_nhwc": str(int(nhwc)),
    }


def settings(*, tf32: bool, half: bool) -> list[Setting]:
    """The ways to open a classifier on CUDA, the fastest first, the plainest last.

    Args:
        tf32: Whether TF32 is allowed.
        half: Whether the network is in half precision.
    """
    several = [
        Setting("CUDA graphs", provider_options(tf32=tf32, graphs=True), graphs=True),
        Setting("CUDA", provider_options(tf32=tf32), graphs=False),
    ]
    if tf32 or half:
        channels_last = provider_options(tf32=tf32, graphs=True, nhwc=True)
        several.insert(0, Setting("channels last", channels_last, graphs=True))
    return several
