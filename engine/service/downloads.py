"""Sets of samples that a page downloads: where they are written, and as one file."""

import hashlib
import shutil
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from engine import formats
from engine.config import from_table, suggestion
from engine.errors import EngineError
from engine.paths import user_cache
from engine.rendering.sampler import noise_settings
from engine.rendering.samplers import GridRequest, SampleRef, noise_generators
from engine.training import presets
from engine.training.presets import Preset

SETS_KEPT = 4
SETTINGS = "settings"  # the field of a wish that holds what the generator is told


def set_folder(wish: GridRequest) -> Path:
    """Where a set to download is written: the same for the same wish and weights, so that a second try goes on."""
    weights = presets.weights_path(wish.preset)
    if wish.around is not None:
        raise EngineError("samples around another are no set; sample anew, or keep single ones.")
    now = weights.stat().st_mtime_ns if weights else 0
    key = hashlib.sha256(f"{wish}|{now}".encode()).hexdigest()[:16]
    folder = sets_folder() / key
    kept = sorted(sets_folder().glob("*"), key=lambda path: path.stat().st_mtime_ns, reverse=True)
    for old in kept[SETS_KEPT:] if folder not in kept[:SETS_KEPT] else ():
        shutil.rmtree(old, ignore_errors=True)
    return folder


def sets_folder() -> Path:
    """Where sets to download are kept for a second try: this user's own cache."""
    return user_cache("sets")


def zipped_folder(folder: Path) -> bytes:
    """All files of a set as one zip, in order of their names."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and not path.name.startswith("."))
    return formats.zip_bytes({path.relative_to(folder).as_posix(): path.read_bytes() for path in files})


def wished(table: Any, kind: type = SampleRef) -> Any:
    """A SampleRef or a GridRequest from a page's JSON or from a picture's metadata.

    Its settings stand beside its own fields. What is missing, of another type, or not taken by the generator is one sentence.
    """
    if not isinstance(table, dict):
        raise EngineError("the wish is no JSON object.")
    given = {name: value for name, value in table.items() if value is not None}
    preset = _preset(given)
    own = {field.name for field in fields(kind)} - {SETTINGS}
    told = {name: value for name, value in given.items() if name not in own}
    if "seed" not in told:
        raise EngineError("the wish: key 'seed' is missing.")
    settings = noise_settings(preset, told)
    return from_table(kind, {name: given[name] for name in own & given.keys()} | {SETTINGS: settings}, "the wish")


def _preset(given: dict[str, Any]) -> Preset:
    name = from_table(_Named, {key: value for key, value in given.items() if key == "preset"}, "the wish").preset
    known = [generator.name for generator in noise_generators()]
    if name not in known:
        raise EngineError(f"the generator '{name[:60]}' makes no samples here; {suggestion(name[:60], known)}")
    return presets.load(name)


@dataclass(frozen=True)
class _Named:
    """What a wish says before it is known what else it may say."""

    preset: str
