"""Unsaved work, one file a browser tab: written after every stroke, whole or not at all, readable by its owner only."""

import json
import re
from dataclasses import dataclass
from pathlib import Path

from engine.cases.case import Case, to_json
from engine.config import DEPTH_LIMIT, JSON_LIMIT_BYTES, parse_json
from engine.errors import EngineError
from engine.paths import OWNER_ONLY, write_atomically
from engine.training.presets import read_case

FORMAT = 1
KEPT = 200  # drafts; beyond, the oldest go


@dataclass(frozen=True)
class Draft:
    """A case and the number of changes that led to it, by which a page tells the newer of two copies."""

    revision: int
    case: Case


class Drafts:
    """The drafts in one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def save(self, tab: str, draft: Draft) -> None:
        """Keep `draft` as the tab's only one. Raises EngineError for a name that is none and for a full disk."""
        path = self._path(tab)
        table = {"format": FORMAT, "revision": draft.revision, "case": json.loads(to_json(draft.case))}
        write_atomically(path, json.dumps(table).encode(), OWNER_ONLY)
        kept = sorted(self._folder.glob("*.json"), key=lambda file: file.stat().st_mtime, reverse=True)
        for old in kept[KEPT:]:
            old.unlink(missing_ok=True)

    def load(self, tab: str) -> Draft | None:
        """The tab's draft, or None. A damaged file is set aside, never overwritten, and named in an EngineError."""
        path = self._path(tab)
        if not path.is_file():
            return None
        try:
            return _draft(path)
        except EngineError as error:
            aside = path.with_suffix(".damaged")
            path.replace(aside)
            raise EngineError(
                f"the autosaved case cannot be read ({error}); it was set aside as {aside.name}."
            ) from error

    def _path(self, tab: str) -> Path:
        if not re.fullmatch(r"[0-9a-f-]{8,64}", tab):
            raise EngineError(f"the tab's name {tab[:60]!r} is not one; 8 to 64 of 0-9, a-f and dashes are allowed.")
        return self._folder / f"{tab}.json"


def _draft(path: Path) -> Draft:
    table = parse_json(path.read_bytes(), path.name, JSON_LIMIT_BYTES, DEPTH_LIMIT + 1)
    found = table if isinstance(table, dict) else {}
    revision = found.get("revision")
    if found.get("format") != FORMAT or not isinstance(revision, int):
        raise EngineError(f"{path.name}: format {str(found.get('format'))[:20]} with revision {str(revision)[:20]}")
    return Draft(revision, read_case(found.get("case"), path.name))
