"""Sets of samples that a page downloads: where they are written, and as one file."""

import hashlib
import shutil
from dataclasses import fields
from pathlib import Path
from typing import Any

from engine import formats
from engine.config import from_table
from engine.errors import EngineError
from engine.paths import user_cache
from engine.rendering.samplers import GridRequest, SampleRef
from engine.training import presets

SETS_KEPT = 4


def set_folder(wish: GridRequest) -> Path:
    """Where a set to download is written: the same for the same wish and weights, so that a second try goes on."""
    weights = presets.weights_path(wish.preset) if wish.preset in presets.names() else None
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
    """A SampleRef or a GridRequest from a page's JSON; what is missing or of another type is one sentence."""
    if not isinstance(table, dict):
        raise EngineError("the wish is no JSON object.")
    known = {field.name for field in fields(kind)}
    return from_table(
        kind, {name: value for name, value in table.items() if name in known and value is not None}, "the wish"
    )
