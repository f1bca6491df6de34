"""The commands that judge pictures."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from engine import service
from engine.cli.app import Bar, Checkpoint, Labels, evaluate_app, reported

Real = Annotated[Path, typer.Option(help="Data folder; its train split gives the floor.")]
Split = Annotated[str, typer.Option(help="The split whose maps and photos are used: test, or val while choosing.")]
Report = Annotated[Path | None, typer.Option("--out", help="Write the report as JSON.")]


@evaluate_app.command("fidelity")
def evaluate_fidelity(
    real: Real,
    fake: Annotated[Path | None, typer.Option(help="Folder of pictures; or leave it and name --preset.")] = None,
    preset: Annotated[str | None, typer.Option(help="Paint the held-out maps with this preset.")] = None,
    labels: Labels = None,
    split: Split = "test",
    report: Report = None,
    checkpoint: Checkpoint = None,
) -> None:
    """KID and FID, beside the floor that real pictures reach against real pictures of the same number."""
    with Bar("judging") as tick:
        found = service.fidelity(real, fake, preset, labels, checkpoint, split, tick)
    reported(found, report)


REPORTS = {
    "control": (
        "painting",
        "Does the picture obey the map: sharpness, spread of colours, markers toggled, reach of an edit.",
    ),
    "tone": (
        "painting",
        "Do six skin tones come out as asked, and does the lesion stay: ITA of pictures of held-out maps.",
    ),
    "pairs": (
        "sampling",
        "Does a generated mask fit its picture: Jaccard with a segmentation, beside held-out photos'.",
    ),
}


def _report(name: str, doing: str) -> Callable[..., None]:
    def command(
        real: Real,
        preset: Annotated[str, typer.Option(help="The generator to judge.")],
        labels: Labels = None,
        split: Split = "test",
        report: Report = None,
        checkpoint: Checkpoint = None,
    ) -> None:
        with Bar(doing) as tick:
            found = getattr(service, name)(real, preset, labels, checkpoint, split, tick)
        reported(found, report)

    return command


for _name, (_doing, _help) in REPORTS.items():
    evaluate_app.command(_name, help=_help)(_report(_name, _doing))
