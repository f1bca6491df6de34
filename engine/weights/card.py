"""Card: where a checkpoint comes from and what it may be used for, as data. It travels in the checkpoint's own header."""

import json
import platform
import subprocess
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from engine.config import from_table, to_table
from engine.errors import EngineError
from engine.paths import CHECKOUT

FORMAT = 1
CARD_LIMIT_BYTES = 1 << 20  # a card is a few kilobytes; a header that claims more is not ours

INTENDED_USE = "Research and teaching with synthetic skin images."
LIMITS = "Not for diagnosis. Pictures are synthetic and inherit the gaps and biases of the training data."


@dataclass(frozen=True)
class PresetRef:
    """Which preset a checkpoint was trained by; sha256 is that of the resolved configuration."""

    name: str
    sha256: str


@dataclass(frozen=True)
class DataRef:
    """Which records it was trained on."""

    name: str
    manifest_sha256: str
    split: str


@dataclass(frozen=True)
class Clock:
    """How far training went: images seen, and optimiser steps."""

    images: int
    step: int


@dataclass(frozen=True)
class Code:
    """The commit that trained, and whether the work tree differed from it."""

    commit: str | None
    dirty: bool


@dataclass(frozen=True)
class Env:
    """What it was trained with."""

    python: str
    torch: str
    device: str


@dataclass(frozen=True)
class Card:
    """Provenance of one checkpoint, format 1."""

    family: str
    preset: PresetRef
    config: dict[str, Any]
    data: DataRef
    clock: Clock
    seed: int
    code: Code
    env: Env
    licence: str
    parent: str | None = None
    """sha256 of the checkpoint this one was trained on from."""
    metrics: dict[str, Any] = field(default_factory=dict)
    intended_use: str = INTENDED_USE
    limits: str = LIMITS
    made: str = field(default_factory=lambda: now())
    """Time of writing, ISO 8601, UTC."""
    format: int = FORMAT


def to_json(card: Card) -> str:
    """One line of JSON, keys sorted, so that equal cards are equal bytes."""
    return json.dumps(to_table(card), sort_keys=True, allow_nan=False, ensure_ascii=False)


def from_json(text: str, where: str) -> Card:
    """Read a card; `where` names the file in errors. Another format number is refused, naming both."""
    try:
        table = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise EngineError(f"{where}: its card is not valid JSON: {error}.") from error
    found = table.get("format") if isinstance(table, dict) else None
    if found != FORMAT:
        raise EngineError(f"{where}: its card has format {found!r}; this version reads format {FORMAT}.")
    return from_table(Card, table, where)


def now() -> str:
    """The time, ISO 8601, UTC, to the second."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def environment(torch_version: str, device: str) -> Env:
    """This machine's Env; the caller, who has torch loaded, says which and on what device."""
    return Env(platform.python_version(), torch_version, device)


def code_version(root: Path | None = None) -> Code:
    """The commit of the checkout that holds this file (or `root`); an installed copy has none."""
    folder = root or CHECKOUT
    commit = _git(folder, "rev-parse", "HEAD")
    return Code(commit, bool(commit and _git(folder, "status", "--porcelain", "--untracked-files=no")))


def _git(folder: Path, *arguments: str) -> str | None:
    if not (folder / ".git").exists():
        return None
    try:
        done = subprocess.run(["git", "-C", folder, *arguments], capture_output=True, text=True, timeout=10)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None
