"""The command's apps, and what its commands share."""

import sys
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from engine import service

app = typer.Typer(
    help="Moulage: paint a lesion, see the skin. Research use, not for diagnosis.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
GROUPS = {
    "data": typer.Typer(help="Look at data folders.", no_args_is_help=True),
    "library": typer.Typer(help="The cases kept in the studio's Library.", no_args_is_help=True),
    "weights": typer.Typer(help="Feature nets: origin, licence, sha256, how to get a missing one."),
}
for _name, _group in GROUPS.items():
    app.add_typer(_group, name=_name)
console = Console()

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Device = Annotated[str, typer.Option(help="cpu or cuda.")]
TITLES = {service.TrainRequest: "decoding", service.CheckRequest: "looking", service.IndexRequest: "indexing"}


class Bars:
    """Progress on stderr as a context; gives the `Watch` that moves it. Each kind of warning is told once."""

    def __init__(self, record: Any) -> None:
        screen = Console(stderr=True)
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        self._progress = Progress(*columns, console=screen, transient=True, disable=not screen.is_terminal)
        self._title = TITLES.get(type(record), "working")
        self._warned: set[str] = set()

    def __enter__(self) -> service.Watch:
        self._progress.start()
        self._counted = self._progress.add_task(self._title, total=None)
        self._training = self._progress.add_task("training", total=None, visible=False)
        return service.Watch(self._count, self._report, self._notice)

    def _count(self, done: int, total: int) -> None:
        self._progress.update(self._counted, completed=done, total=total)

    def _notice(self, sentence: str) -> None:
        print(f"moulage: {sentence}", file=sys.stderr)

    def _report(self, found: Any) -> None:
        if hasattr(found, "sentence"):  # a search's best so far
            print(found.sentence(), flush=True)
            return
        left = "" if found.seconds_left is None else f", {found.seconds_left / 60:.0f} min left"
        said = f"training {found.images_per_s:.1f} images/s{left}"
        self._progress.update(self._training, completed=found.images, total=found.total, description=said, visible=True)
        for warning in found.warnings:
            if (kind := warning.partition(":")[0]) not in self._warned:
                self._warned.add(kind)
                print(f"moulage: image {found.images}: {warning}", file=sys.stderr)

    def __exit__(self, *exception: object) -> None:
        self._progress.stop()
