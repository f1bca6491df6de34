"""The command's apps, and what its commands share: options, progress bars, reports."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import Progress

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
Checkpoint = Annotated[Path | None, typer.Option(help="Weights to use in place of the shipped ones.")]
Device = Annotated[str, typer.Option(help="cpu or cuda.")]


def told(found: Any) -> None:
    """Print a finding as its sentence."""
    print(found.sentence())


def reported(found: Any, report: Path | None) -> None:
    """Print a finding, and write its numbers as JSON where a file is named."""
    told(found)
    if report:
        from engine.checkpoints import write_atomically

        write_atomically(report, json.dumps(asdict(found), indent=1).encode())


class Bar:
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
