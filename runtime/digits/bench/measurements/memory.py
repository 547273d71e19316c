"""What more files do to memory, and how soon the first result of many comes."""

from collections.abc import Callable, Sequence

from digits.bench import child
from digits.bench.contenders import reading_of, script
from digits.bench.folders import links
from digits.bench.footprint import Footprint
from digits.bench.measurement import Contender, Figure, Kind, Measurement, Reading, Settings, Target

FEW, MANY = "few files", "many files"


def _contenders(settings: Settings) -> Sequence[Contender]:
    counts = {FEW: settings.sizes.few, MANY: settings.sizes.many}
    return [Contender(name, Kind.OURS, _infer(settings, n)) for name, n in counts.items()]


def _infer(settings: Settings, count: int) -> Callable[[], Reading]:
    folder = str(links(settings.folder, count))
    options = ["--model", settings.model, "--provider", settings.provider, "--format", "jsonl"]

    def run() -> Reading:
        footprint = Footprint()
        reading = reading_of(
            child.run([*script("digits-infer"), folder, *options], watch=footprint.watch)
        )
        all_held = {"all": footprint.most / 1e6} if footprint.most else {}
        kept = {key: reading[key] for key in ("memory", "start")}
        return {"files": count, **kept, **all_held}

    return run


MEASUREMENT = Measurement(
    name="memory",
    title="Memory over the number of files, digits-infer",
    figures=(
        Figure("files", "files"),
        Figure("memory", "MB"),
        Figure("all", "MB"),
        Figure("start", "s"),
    ),
    contenders=_contenders,
    targets=(
        Target(
            "largest process, many files over few",
            (MANY, "memory"),
            ((FEW, "memory"),),
            at_most=1.1,
        ),
        Target("all processes, many files over few", (MANY, "all"), ((FEW, "all"),), at_most=1.1),
        Target("first of many results, s", (MANY, "start"), at_most=1),
    ),
)
