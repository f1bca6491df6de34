"""Training, and the search over settings, from a request."""

import shlex
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from engine.data.finder import SUFFIXES
from engine.errors import EngineError
from engine.service.requests import SILENT, EvaluateRequest, SearchRequest, TrainRequest, Watch
from engine.training import presets

if TYPE_CHECKING:
    from engine.experiments.search import Found


@dataclass(frozen=True)
class Trained:
    """final: where the averaged weights are; they are there once the run is done. command: how a stopped one goes on."""

    final: Path
    command: str

    @property
    def done(self) -> bool:
        """Whether the run came to its end."""
        return self.final.exists()

    def sentence(self) -> str:
        """For people."""
        return str(self.final) if self.done else f"stopped; its state is saved, go on with: {self.command}"


def train(request: TrainRequest, watch: Watch = SILENT) -> Trained:
    """Train a preset on a data folder.

    `request.exclude` names a file of record ids to leave out beside the preset's own; they enter the run's configuration.
    """
    from engine.training import start

    chosen = presets.with_settings(presets.load(request.preset), request.settings)
    if request.exclude is not None:
        both = dict.fromkeys([*chosen.data.exclude, *excluded_ids(request.exclude)])
        chosen = replace(chosen, data=replace(chosen.data, exclude=tuple(both)))
    folders = start.Folders(request.data, request.out, request.labels, strict=request.strict)
    told = start.Watch(watch.progress, watch.report, watch.notice)
    first = True if request.resume else request.init
    final = start.train(chosen, folders, first, start.Hardware(request.device, request.devices), told)
    return Trained(final, _resumed(request))


def _resumed(request: TrainRequest) -> str:
    said = ["moulage", "train", request.preset, "--data", str(request.data), "--out", str(request.out)]
    said += ["--labels", str(request.labels)] if request.labels else []
    said += [part for setting in request.settings for part in ("--set", setting)]
    said += ["--exclude", str(request.exclude)] if request.exclude else []
    said += ["--device", request.device] if request.device != "auto" else []
    said += ["--devices", str(request.devices)] if request.devices != 1 else []
    said += ["--strict"] if request.strict else []
    return shlex.join([*said, "--resume"])


def excluded_ids(path: Path) -> list[str]:
    """The ids of an exclusion list: one a line, with or without a picture's suffix; empty lines and `#` lines are passed by."""
    try:
        lines = [line.strip() for line in path.read_text(encoding="utf-8-sig").splitlines()]
    except (OSError, UnicodeDecodeError) as error:
        raise EngineError(f"the exclusion list {path} cannot be read: {error}.") from error
    names = [line for line in lines if line and not line.startswith("#")]
    if strange := [name for name in names if "," in name or len(name) > 200]:
        raise EngineError(
            f"the exclusion list {path.name} holds the line {strange[0][:60]!r}; one id a line is expected."
        )
    return [Path(name).stem if Path(name).suffix.lower() in SUFFIXES else name for name in names]


def search(request: SearchRequest, watch: Watch = SILENT) -> "Found":
    """Grid search over a preset's settings by the KID of validation maps; the study lies in `out` unless a URL is given."""
    from engine.experiments import search as searching
    from engine.service.evaluate import evaluate

    def score(checkpoint: Path) -> float:
        judged = EvaluateRequest(
            "fidelity", request.data, request.preset, None, request.labels, "val", None, checkpoint
        )
        return float(evaluate(judged).kid_x1000)

    chosen = presets.with_settings(presets.load(request.preset), request.settings)
    request.out.mkdir(parents=True, exist_ok=True)
    url = request.storage or f"sqlite:///{request.out / 'study.db'}"
    grid: Sequence[str] = request.choices
    place = searching.Study(request.data, request.out, url, request.labels, request.device)
    return searching.search(chosen, place, searching.grid(grid), score, watch.report)
