"""`digits export`, also known as `digits-export`: a trained network becomes a bundle."""

import os
import shlex
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from digits.commands.tables import fields, table
from digits_export import onnx
from digits_export.bundle import Bundled, ProofFailedError
from digits_export.bundle import export as export_bundle
from digits_export.proof import Proof, summary
from digits_export.subject import trained_subject
from digits_models import registry, weights


def export(
    arch: Annotated[str, typer.Option(help=f"The network: {', '.join(registry.names())}")],
    weights_file: Annotated[
        Path | None,
        typer.Option(
            "--weights", metavar="FILE", help="Trained weights; else those that are shipped."
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Directory to write; else bundles/ARCH.")
    ] = None,
    opset: Annotated[
        int, typer.Option(metavar="N", help="ONNX opset; 18 is what most runtimes read.")
    ] = onnx.OLDEST_OPSET,
    light: Annotated[
        bool, typer.Option("--light", help="Write only what the runtime reads.")
    ] = False,
    fresh: Annotated[
        bool,
        typer.Option("--fresh", help="Trace the front end even if it was traced before as it is."),
    ] = False,
) -> None:
    """Export a trained network to ONNX and TorchScript, and prove the export equal to it.

    Exit code 3: there are no such weights, or they don't fit. 4: the export answers differently;
    then nothing is written.
    """
    registry.get(arch)
    onnx.check_opset(opset)
    subject = trained_subject(weights.load(arch, weights_file))
    place = out or Path("bundles", arch)
    try:
        with _progress() as progress:
            bundled = export_bundle(
                subject, place, opset=opset, light=light, fresh=fresh, progress=progress
            )
    except ProofFailedError as error:
        _show(error.proof)
        raise
    _tell(bundled)


@contextmanager
def _progress() -> Iterator[Callable[[str], None]]:
    """Show what happens now: a spinner on a terminal, lines elsewhere; on stderr."""
    console = Console(stderr=True, highlight=False)
    if not console.is_terminal:
        yield lambda step: print(step, file=sys.stderr, flush=True)
        return
    with console.status("loading") as status:
        yield status.update


def _tell(bundled: Bundled) -> None:
    directory = bundled.directory
    _show(bundled.proof)
    print(
        fields(
            [(str(directory / name), f"{size:>11,} bytes") for name, size in bundled.sizes.items()]
        )
    )
    print()
    print("next:")
    argument = _argument(directory)
    print(f"  digits-infer --model {argument} IMAGE...")
    print(f"  digits verify {argument}")
    print(f"  digits inspect {argument}")


def _show(proof: Proof) -> None:
    for part in summary(proof):
        print(f"{part.title}\n\n{table(part.head, part.rows)}\n")


def _argument(directory: Path) -> str:
    """The directory as it is typed; a bare name could be that of a shipped model."""
    bare = len(directory.parts) == 1 and not directory.is_absolute()
    return shlex.quote(f".{os.sep}{directory}" if bare else str(directory))
