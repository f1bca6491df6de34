"""The commands that look at data and train on it."""

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from engine import service
from engine.cli.app import AsJson, Bar, Labels, app, console, data_app, told


@data_app.command("check")
def data_check(folder: Path, labels: Labels = None, as_json: AsJson = False) -> None:
    """Tell a data folder's layout, counts, licence, and everything that is wrong with it, by file name."""
    with Bar("looking") as tick:
        report = service.check_data(folder, labels, tick)
    if as_json:
        print(json.dumps({**asdict(report), "root": str(report.root)}, indent=1))
    else:
        print(f"{report.root}: {report.layout}; licence: {report.licence}")
        print(", ".join(f"{count:,} {what}" for what, count in report.counts.items()))
        for name, sentence in report.problems:
            print(f"  {name} {sentence}")
        print("nothing is wrong" if report.sound else f"{len(report.problems)} problems")
    if not report.sound:
        raise typer.Exit(1)


@data_app.command("index")
def data_index(folder: Path, labels: Labels = None) -> None:
    """Embed a folder's photos, so that the Sample page can show the nearest real photo. A stopped try goes on."""
    with Bar("indexing") as tick:
        made = service.index_data(folder, labels, tick)
    print(f"{made.photos:,} photos of {made.data}: {made.path}")


@app.command()
def train(
    preset: str,
    data: Annotated[Path, typer.Option(help="Data folder, e.g. in the ISIC 2018 layout.")],
    out: Annotated[Path, typer.Option(help="Run folder: statistics, samples, snapshots, final weights.")],
    labels: Labels = None,
    settings: Annotated[list[str] | None, typer.Option("--set", help="key=value, e.g. train.minutes=60.")] = None,
    resume: Annotated[bool, typer.Option(help="Go on with the run in --out.")] = False,
    device: Annotated[str, typer.Option(help="auto, cpu or cuda.")] = "auto",
    devices: Annotated[int, typer.Option(help="How many devices.", min=1)] = 1,
    exclude: Annotated[Path | None, typer.Option(help="File of record ids to leave out, one a line.")] = None,
) -> None:
    """Train a generator. Ctrl-C or SIGTERM saves and stops; --resume goes on exactly."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console) as progress:
        preparing = progress.add_task("decoding", total=None)
        images = progress.add_task("training", total=None)

        def prepared(done: int, total: int) -> None:
            progress.update(preparing, completed=done, total=total)

        def report(status: Any) -> None:
            left = "" if status.seconds_left is None else f", {status.seconds_left / 60:.0f} min left"
            said = f"training {status.images_per_s:.1f} images/s{left}"
            progress.update(images, completed=status.images, total=status.total, description=said)
            for warning in status.warnings:
                if (kind := warning.partition(":")[0]) not in warned:
                    warned.add(kind)
                    print(f"moulage: image {status.images}: {warning}", file=sys.stderr)

        warned: set[str] = set()
        final = service.train(
            preset, data, out, labels, settings or (), resume, device, devices, prepared, report, exclude
        )
    if final.exists():
        print(final)
    else:
        print(f"stopped; its state is saved, go on with: moulage train {preset} --data {data} --out {out} --resume")


@app.command()
def search(
    preset: str,
    data: Annotated[Path, typer.Option(help="Data folder.")],
    out: Annotated[Path, typer.Option(help="Folder of the trials' runs.")],
    choices: Annotated[list[str], typer.Option("--grid", help="key=value,value, e.g. model.region=0,10,50,100.")],
    storage: Annotated[str | None, typer.Option(help="Study's storage URL; several workers may share one.")] = None,
    settings: Annotated[list[str] | None, typer.Option("--set", help="key=value, the same for all trials.")] = None,
    labels: Labels = None,
    device: Annotated[str, typer.Option(help="auto, cpu or cuda.")] = "auto",
) -> None:
    """Try every combination of settings and tell the best by KID on validation maps. Started again, it goes on."""
    told(service.search(preset, data, out, choices, storage, settings or (), labels, device, told))


@app.command()
def segmenter(
    data: Annotated[Path, typer.Option(help="Clinical photographs with lesion masks.")],
    out: Annotated[Path, typer.Option(help="Weights to write (.safetensors).")],
    images: Annotated[int, typer.Option(help="How many crops to show it in all.", min=16)] = 40000,
    seed: Annotated[int, typer.Option(help="Seed, 0 or more.", min=0)] = 0,
) -> None:
    """Fit the small lesion segmenter that judges clinical pictures."""
    with Bar("fitting") as tick:
        found = service.fit_segmenter(data, out, images, seed=seed, progress=tick)
    print(f"{out}: Jaccard {found['jaccard_mean']:.3f} on the test patients (median {found['jaccard_median']:.3f})")
