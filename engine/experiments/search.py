"""Grid search over a preset's settings as an Optuna study: Ghorbani et al. 2019 chose DermGAN's four loss weights so.

A trial trains the preset under one choice and is scored by the KID of its pictures from the validation maps. The study
lives at a storage URL: started again it goes on where it stood, and several workers on one URL share the grid.
"""

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.config import assign, shown
from engine.errors import EngineError
from engine.training.presets import Preset, with_settings
from engine.training.start import Folders, Hardware, train

Score = Callable[[Path], float]
Grid = dict[str, list[Any]]
HEARTBEAT_S = 60


@dataclass(frozen=True)
class Found:
    """The best choice so far. score: the lower the better. trials: how many of `cells` are done."""

    settings: dict[str, Any]
    score: float
    trials: int
    cells: int

    def sentence(self) -> str:
        """The whole result in words."""
        chosen = ", ".join(f"{key} = {value}" for key, value in self.settings.items())
        return f"{chosen}: KID×1000 {self.score:.1f}, best of {self.trials} of {self.cells} trials"


def grid(choices: Sequence[str]) -> Grid:
    """Choices such as "model.region=0,10,100" → the values of each key, typed as `--set` types them."""
    found: Grid = {}
    for choice in choices:
        key, equals, values = choice.partition("=")
        if not equals or not values.strip():
            raise EngineError(f"--grid {shown(choice)} is no choice; table.key=value,value is expected.")
        found[key.strip()] = [_typed(value) for value in values.split(",")]
    return found


@dataclass(frozen=True)
class Study:
    """Where a search happens. data: the photos, with their label file or None. out: folder of the trials' runs.

    storage: URL of the study. device: what trains.
    """

    data: Path
    out: Path
    storage: str
    labels: Path | None = None
    device: str = "auto"


def search(
    preset: Preset, study_at: Study, choices: Grid, score: Score, report: Callable[[Found], None] = lambda found: None
) -> Found:
    """Run what is left of the grid. score: a final checkpoint → what is to be small. A trial that was stopped goes on.

    Raises EngineError where optuna is not installed, and for a setting that the preset does not take.
    """
    optuna = _optuna()
    whole = [dict(zip(choices, values, strict=True)) for values in itertools.product(*choices.values())]
    for chosen in whole:
        with_settings(preset, _assignments(chosen))
    states, stopped = optuna.trial.TrialState, []

    def objective(trial: Any) -> float:
        chosen = {key: trial.suggest_categorical(key, values) for key, values in choices.items()}
        folder = study_at.out / f"cell-{whole.index(chosen):04d}"
        begun = True if (folder / "run.json").is_file() else None
        tried = with_settings(preset, _assignments(chosen))
        folders = Folders(study_at.data, folder, study_at.labels, study_at.out / "cache")
        final = train(tried, folders, begun, Hardware(study_at.device))
        if not final.is_file():
            stopped.append(chosen)
            raise optuna.TrialPruned("stopped; its state is saved")
        return score(final)

    def settled(*counted: Any) -> list[Any]:
        return study.get_trials(deepcopy=False, states=counted)

    # A killed worker's trial is tried again. Optuna's own GridSampler counts a trial that was stopped as visited, so the
    # cells are queued here.
    kept = optuna.storages.RDBStorage(study_at.storage, heartbeat_interval=HEARTBEAT_S)
    study = optuna.create_study(storage=kept, study_name=preset.name, load_if_exists=True)
    while not stopped:
        taken = [trial.system_attrs.get("fixed_params", trial.params) for trial in settled(*_live(states))]
        for chosen in whole:
            if chosen not in taken:
                study.enqueue_trial(chosen)
        if not settled(states.WAITING):
            break
        study.optimize(objective, n_trials=1)
        if settled(states.COMPLETE):
            report(_best(study, len(settled(states.COMPLETE)), len(whole)))
    if not settled(states.COMPLETE):
        raise EngineError(
            f"the search in {study_at.out} was stopped before its first trial ended; the same command goes on."
        )
    return _best(study, len(settled(states.COMPLETE)), len(whole))


def _live(states: Any) -> tuple[Any, ...]:
    """Trials that need no second one of the same settings."""
    return states.COMPLETE, states.RUNNING, states.WAITING


def _best(study: Any, trials: int, cells: int) -> Found:
    return Found(dict(study.best_params), float(study.best_value), trials, cells)


def _assignments(chosen: dict[str, Any]) -> list[str]:
    return [f"{key}={value}" for key, value in chosen.items()]


def _typed(text: str) -> Any:
    return assign({}, f"value={text.strip()}")["value"]


def _optuna() -> Any:
    try:
        import optuna
    except ImportError as error:
        raise EngineError(
            "the search needs optuna, which is not installed; `pip install 'moulage[search]'` brings it."
        ) from error
    return optuna
