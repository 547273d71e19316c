"""How much of everything `digits bench` does: a full run of half an hour, or a quick look."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Sizes:
    """Sizes of one run.

    Attributes:
        images: Small pictures in a folder that we read.
        peer_images: Of these, how many the slower peers read: their rate is steady, too.
        photos: Photos of 12 megapixels in a folder.
        peer_photos: Of these, how many are decoded whole.
        few: Files in a small folder,
        many: and in a large one, to see what memory does.
        calls: Calls of `predict` in a round.
        batches: Canvases that are classified together.
        seconds: For each of these, how long.
        stage_images: Pictures of each kind whose time is told by stage.
        workers: Numbers of processes to try for loaders that take one.
        load: Seconds for which a server is under load.
    """

    images: int
    peer_images: int
    photos: int
    peer_photos: int
    few: int
    many: int
    calls: int
    batches: tuple[int, ...]
    seconds: float
    stage_images: int
    workers: tuple[int, ...]
    load: float = 0.5


FULL = Sizes(
    images=60_000,
    peer_images=12_000,
    photos=200,
    peer_photos=24,
    few=1_000,
    many=100_000,
    calls=4_000,
    batches=(1, 4, 16, 64, 128, 256, 1024),
    seconds=0.1,
    stage_images=1_000,
    workers=(0, 2),
    load=8.0,
)
QUICK = Sizes(
    images=6_000,
    peer_images=2_000,
    photos=16,
    peer_photos=4,
    few=1_000,
    many=5_000,
    calls=1_000,
    batches=(1, 16, 64, 256),
    seconds=0.05,
    stage_images=300,
    workers=(0,),
    load=2.0,
)
FULL_ROUNDS, QUICK_ROUNDS = 3, 1
