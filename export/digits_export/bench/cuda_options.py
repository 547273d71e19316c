"""What a run of the GPU's benchmark is told."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Options:
    """How much is measured, and where.

    Attributes:
        device: "cuda"; "cpu" to try out the benchmark itself.
        large: The architecture that shows the arithmetic.
        small: The architecture that shows what surrounds it.
        large_batches: Batch sizes of the large one.
        small_batches: Batch sizes of the small one.
        compiled: Those of them that torch.compile, seconds for each, takes part in.
        side: Of the matrices whose product shows the card's rate.
        rounds: How often each contender has its turn.
        seconds: How long a turn is.
        search: Whether to compare settings of ONNX Runtime's CUDA provider, too.
    """

    device: str = "cuda"
    large: str = "vgg16"
    small: str = "lenet"
    large_batches: tuple[int, ...] = (1, 64, 256)
    small_batches: tuple[int, ...] = (1, 4, 16, 64, 256, 1024, 4096)
    compiled: tuple[int, ...] = (1, 64, 256, 4096)
    side: int = 8192
    rounds: int = 5
    seconds: float = 0.1
    search: bool = False


#: A third of the time.
QUICK = Options(large_batches=(1, 256), small_batches=(1, 256), compiled=(1, 256), rounds=3)
#: Seconds on a CPU: that everything runs, not how fast.
DRY = Options(
    device="cpu",
    large="simple-cnn",
    large_batches=(1, 3),
    small_batches=(1, 4),
    compiled=(),
    side=64,
    rounds=2,
    seconds=0.01,
)
