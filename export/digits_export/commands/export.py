"""`digits export`, also known as `digits-export`: a trained network becomes a bundle."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

import typer
from rich.console import Console

from digits.commands.options import note
from digits.commands.tables import fields, table
from digits.errors import UsageError
from digits_export import onnx
from digits_export.bundle import Bundled, ProofFailedError
from digits_export.bundle import export as export_bundle
from digits_export.commands.arguments import argument
from digits_export.commands.handoff import (
    PLACE,
    Layout,
    check_handing_off,
    check_variants_wanted,
    hand_off,
)
from digits_export.commands.values import numbers, shape
from digits_export.foreign import Request, foreign_subject
from digits_export.proof import Proof, summary
from digits_export.subject import Subject, trained_subject
from digits_export.triton import check_replaceable
from digits_export.variants import Wanted
from digits_export.variants import choose as choose_variants
from digits_export.variants import names as variant_names
from digits_export.variants.telling import check_variants, show_variants
from digits_models import registry, weights
from digits_models.front import front_ends


def export(
    arch: Annotated[
        str | None, typer.Option(help=f"The network: {', '.join(registry.names())}")
    ] = None,
    weights_file: Annotated[
        Path | None,
        typer.Option(
            "--weights", metavar="FILE", help="Trained weights; else those that are shipped."
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Directory to write; else bundles/NAME.")
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
    model: Annotated[
        str | None,
        typer.Option(metavar="PACKAGE.MODULE:FACTORY", help="Instead of --arch: your own model."),
    ] = None,
    input_size: Annotated[
        str | None,
        typer.Option("--input", metavar="CxHxW", help="With --model: its input, as 3x224x224."),
    ] = None,
    front: Annotated[
        str,
        typer.Option(help=f"With --model: the front end; one of {', '.join(front_ends())}."),
    ] = "photo",
    mean: Annotated[
        str, typer.Option(metavar="M[,M,M]", help="With --model: subtracted from pixels in 0…1.")
    ] = "0",
    std: Annotated[
        str, typer.Option(metavar="S[,S,S]", help="With --model: they are divided by it then.")
    ] = "1",
    labels: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="With --model: its labels, one a line or a JSON list."),
    ] = None,
    crop: Annotated[
        float, typer.Option(metavar="SHARE", help="With --model: of the image's middle to take.")
    ] = 1.0,
    name: Annotated[
        str | None, typer.Option(metavar="NAME", help="With --model: the bundle's name.")
    ] = None,
    variants: Annotated[
        str | None,
        typer.Option(
            metavar="[NAMES]", help=f"Add {', '.join(variant_names())}: all, or some (fp16,int8)."
        ),
    ] = None,
    calibration: Annotated[
        str | None,
        typer.Option(
            metavar="DATA",
            help="For int8: mnist, fashion-mnist, a folder of labelled images, or canvases in a "
            ".npy file; else the training images of the network's own data.",
        ),
    ] = None,
    layout: Annotated[
        Layout,
        typer.Option(help="What to write: a bundle, or a model repository for Triton."),
    ] = Layout.BUNDLE,
    bundle: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME|DIR",
            help="With --layout triton: this bundle as it is, instead of an export; several times "
            "for several models.",
        ),
    ] = None,
) -> None:
    """Export a trained network to ONNX and TorchScript, and prove the export equal to it.

    With --layout triton, what is written is a model repository for NVIDIA's Triton Inference
    Server, in `triton` unless --out says otherwise.

    Exit code 3: there are no such weights, or they don't fit. 4: the export answers differently;
    then nothing is written; or a variant does, then everything but that variant is.
    """
    wanted = choose_variants(variants, calibration)
    onnx.check_opset(opset)
    check_variants_wanted(layout, variants)
    check_handing_off(layout, bundle or (), [arch, model, weights_file, light, fresh])
    if bundle:
        hand_off(bundle, out)
        return
    if model is None:
        changed = front != "photo", mean != "0", std != "1", crop != 1.0
        subject = _registered(arch, weights_file, [input_size, labels, name, *changed])
    elif arch is not None:
        raise UsageError("--arch is for a network of ours, --model for your own: give one of them")
    else:
        subject = foreign_subject(
            Request(
                model=model,
                input=shape(input_size),
                front=front,
                weights=weights_file,
                mean=numbers("--mean", mean),
                std=numbers("--std", std),
                labels=labels,
                name=name,
                crop=crop,
            )
        )
        if weights_file is None:
            note(f"without --weights: exported as {model} makes it (seed 0 where that is random)")
    proved = partial(_proved, subject, opset=opset, fresh=fresh, wanted=wanted)
    if layout is Layout.TRITON:
        check_replaceable(out or PLACE)
        with TemporaryDirectory(prefix="digits-") as folder:
            bundled = proved(Path(folder, subject.name), light=True)
            _show(bundled.proof)
            hand_off([str(bundled.directory)], out)
        return
    bundled = proved(out or Path("bundles", subject.name), light=light)
    _tell(bundled)
    check_variants(bundled.variants, bundled.directory)


def _proved(
    subject: Subject, place: Path, *, opset: int, light: bool, fresh: bool, wanted: Wanted
) -> Bundled:
    """Export to a directory; where the proof fails, show it."""
    try:
        with _progress() as progress:
            bundled = export_bundle(
                subject,
                place,
                opset=opset,
                light=light,
                fresh=fresh,
                wanted=wanted,
                progress=progress,
            )
    except ProofFailedError as error:
        _show(error.proof)
        raise
    for line in bundled.notes:
        note(line)
    return bundled


def _registered(arch: str | None, weights_file: Path | None, foreign: Sequence[object]) -> Subject:
    if arch is None:
        raise UsageError("Missing option '--arch', or '--model' for your own")
    if any(foreign):
        raise UsageError(
            "--input, --front, --mean, --std, --labels, --crop and --name are for --model"
        )
    registry.get(arch)
    return trained_subject(weights.load(arch, weights_file))


@contextmanager
def _progress() -> Iterator[Callable[[str], None]]:
    """Show what happens now: a spinner on a terminal, lines elsewhere; on stderr."""
    # With the stream as it is now: exporters' own talk is kept from it.
    console = Console(file=sys.stderr, highlight=False)
    if not console.is_terminal:
        yield lambda step: print(step, file=sys.stderr, flush=True)
        return
    with console.status("loading") as status:
        yield status.update


def _tell(bundled: Bundled) -> None:
    directory = bundled.directory
    _show(bundled.proof)
    show_variants(bundled.variants)
    print(
        fields(
            [(str(directory / name), f"{size:>11,} bytes") for name, size in bundled.sizes.items()]
        )
    )
    print()
    print("next:")
    place = argument(directory)
    print(f"  digits-infer --model {place} IMAGE...")
    print(f"  digits verify {place}")
    print(f"  digits inspect {place}")


def _show(proof: Proof) -> None:
    for part in summary(proof):
        print(f"{part.title}\n\n{table(part.head, part.rows)}\n")
