"""The commands that make sets: pictures from noise, the Library's cases, LAPGAN's levels put together."""

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from engine import service
from engine.cli.app import AsJson, Bar, Checkpoint, Device, Labels, app, console, library_app
from engine.errors import EngineError


@app.command()
def sample(
    preset: str,
    count: Annotated[int, typer.Option(help="How many pictures the whole set has.")],
    out: Annotated[Path, typer.Option(help="Folder of the set; the same command goes on where it stopped.")],
    seed: Annotated[int, typer.Option(help="Seed of the set, 64 bits.")] = 0,
    shard: Annotated[
        str, typer.Option(help="i/n: make only the i-th of n parts; the set is the same for every n.")
    ] = "1/1",
    diagnosis: Annotated[
        str | None, typer.Option(help="One of the preset's; else in the training data's proportion.")
    ] = None,
    truncation: Annotated[
        float | None, typer.Option(help="Bound of the latent, standard deviations: 0.05 to 4.")
    ] = None,
    data: Annotated[
        Path | None, typer.Option(help="For a generator of maps or boxes: the data folder whose maps are painted.")
    ] = None,
    labels: Labels = None,
    split: Annotated[
        str | None, typer.Option(help="With --data, the split whose maps are used; val by default.")
    ] = None,
    tone: Annotated[str | None, typer.Option(help="With --data, skin type I..VI; else the seed draws it.")] = None,
    checkpoint: Checkpoint = None,
    device: Device = "cpu",
) -> None:
    """Make a set of pictures: from noise, with masks and a manifest in ISIC's layout, or with --data from held-out maps.

    Boxes of held-out maps are moved about and thinned out by the seed.
    """
    of_noise = {"--shard": shard != "1/1", "--diagnosis": diagnosis is not None, "--truncation": truncation is not None}
    of_maps = {"--labels": labels is not None, "--split": split is not None, "--tone": tone is not None}
    for option, given in (of_maps if data is None else of_noise).items():
        if given:
            raise EngineError(
                f"{option} is for pictures from {'maps, with' if data is None else 'noise, without'} --data."
            )
    with Bar("sampling") as tick:
        if data is not None:
            written = service.sample_maps(
                preset, data, count, out, seed, labels, split or "val", tone, checkpoint, device, tick
            )
            print(f"{len(written)} pictures in {out}")
            return
        found = service.sample(preset, count, seed, out, shard, diagnosis, truncation, checkpoint, device, tick)
    print(f"{out}: {found.sentence()}")
    if found.manifest is None:
        print("other shards' pictures are missing; the last shard to finish writes the manifest")


@app.command("sample-one")
def sample_one(
    preset: str,
    seed: Annotated[int, typer.Option(help="The sample's own seed, as a manifest and the Sample page tell it.")],
    out: Annotated[
        Path, typer.Option(help="Picture to write (.png), its mask beside it; or the last turn's way (.gif).")
    ],
    turns: Annotated[
        list[str] | None, typer.Option("--turn", help="SEED:SHARE, turn its noise towards another seed's; repeatable.")
    ] = None,
    diagnosis: Annotated[str | None, typer.Option(help="One of the preset's; else its seed draws it.")] = None,
    truncation: Annotated[float | None, typer.Option(help="Bound of the latent, standard deviations.")] = None,
    device: Device = "cpu",
) -> None:
    """Make one picture from noise, or a film of its way to another seed, and tell the nearest real photo."""
    written, nearest = service.sample_one(preset, seed, out, turns or (), diagnosis, truncation, device)
    for path in written:
        print(path)
    print(nearest)


@app.command()
def join(
    parts: Annotated[list[Path], typer.Argument(help="Checkpoints of one preset's parts, such as LAPGAN's levels.")],
    out: Annotated[Path, typer.Option(help="Checkpoint to write.")],
) -> None:
    """Make one generator of parts that were trained in runs of their own."""
    print(service.join(parts, out))


Words = Annotated[list[str] | None, typer.Argument(help="A marker, tone, generator or seed; all must fit.")]
Folder = Annotated[Path | None, typer.Option(help="Another Library folder than this user's own.")]


@library_app.command("list")
def library_list(words: Words = None, folder: Folder = None, as_json: AsJson = False) -> None:
    """List the kept cases, newest first."""
    library = service.Library(folder or service.library_folder())
    found = library.entries(" ".join(words or ()))
    if as_json:
        print(json.dumps([asdict(kept) for kept in found], indent=1))
    else:
        table = Table("id", "made", "generator", "seed", "tone", "markers", box=None)
        for kept in found:
            shown = ", ".join((*kept.markers, *kept.conditions))
            table.add_row(kept.id, kept.made, kept.generator, str(kept.seed), kept.tone or "auto", shown)
        console.print(table)
    for name in library.damaged():
        print(f"moulage: {library.folder / name} holds no readable case; it stays as it is.", file=sys.stderr)


@library_app.command("export")
def library_export(
    out: Annotated[Path, typer.Option(help="A new folder, or a .zip file.")], words: Words = None, folder: Folder = None
) -> None:
    """Write the kept cases that fit as a data set in ISIC 2018's layout, with a manifest."""
    library = service.Library(folder or service.library_folder())
    names = [kept.id for kept in library.entries(" ".join(words or ()))]
    with Bar("writing") as tick:
        print(service.export_library(library, names, out, tick))
