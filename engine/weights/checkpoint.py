"""Checkpoints: one safetensors file whose header carries its card. No pickle; writes are atomic."""

import hashlib
import json
import struct
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.errors import EngineError
from engine.paths import write_atomically
from engine.weights.card import CARD_LIMIT_BYTES, Card, from_json, to_json

if TYPE_CHECKING:
    import torch

CARD_KEY, STATE_KEY = "card", "state"
HEADER_LIMIT_BYTES = CARD_LIMIT_BYTES + (8 << 20)  # a tensor's entry is about 100 bytes


def save(path: Path, tensors: Mapping[str, "torch.Tensor"], card: Card, half: bool = False) -> None:
    """Write weights and card; half stores floating-point tensors as fp16."""
    import torch

    kept = {k: v.half() if half and v.dtype == torch.float32 else v for k, v in tensors.items()}
    _write(path, kept, {CARD_KEY: to_json(card)})


def load(path: Path, family: str | None = None) -> tuple[dict[str, "torch.Tensor"], Card]:
    """Read weights, as float32 where they are fp16, and card; another family or format, or a damaged file, is refused."""
    import torch
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    card = read_card(path)
    if family is not None and card.family != family:
        raise EngineError(f"{path.name} holds the family '{card.family}'; '{family}' is needed.")
    try:
        tensors = load_file(path)
    except (SafetensorError, OSError, ValueError) as error:
        raise EngineError(f"{path.name} is damaged: {error}.") from error
    return {k: v.float() if v.dtype == torch.float16 else v for k, v in tensors.items()}, card


def read_card(path: Path) -> Card:
    """The card alone, without torch and without reading the weights."""
    metadata = _header(path).get("__metadata__")
    text = metadata.get(CARD_KEY) if isinstance(metadata, dict) else None
    if not isinstance(text, str):
        raise EngineError(f"{path.name} carries no card; a checkpoint written by `moulage train` is needed.")
    return from_json(text, path.name)


def with_card(source: Path, target: Path, change: Callable[[Card], Card]) -> None:
    """Copy a checkpoint under a changed card (its measured metrics, for one); the tensors stay bit for bit."""
    from safetensors.torch import load_file

    _write(target, load_file(source), {CARD_KEY: to_json(change(read_card(source)))})


def sha256(path: Path) -> str:
    """Hash of the file."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


def save_resume(path: Path, tensors: Mapping[str, "torch.Tensor"], state: Mapping[str, Any]) -> None:
    """Write what a run needs to go on: tensors and a few plain values."""
    _write(path, tensors, {STATE_KEY: json.dumps(state)})


def load_resume(path: Path) -> tuple[dict[str, "torch.Tensor"], dict[str, Any]]:
    """Inverse of `save_resume`."""
    from safetensors import SafetensorError, safe_open
    from safetensors.torch import load_file

    try:
        with safe_open(path, "pt") as file:
            state = json.loads((file.metadata() or {})[STATE_KEY])
        return load_file(path), state
    except (SafetensorError, KeyError, ValueError, OSError) as error:
        raise EngineError(f"{path.name} is no resume state, or is damaged: {error}.") from error


def _header(path: Path) -> dict[str, Any]:
    """A safetensors header: 8 bytes of length, then JSON."""
    try:
        with path.open("rb") as file:
            (length,) = struct.unpack("<Q", file.read(8))
            if length > HEADER_LIMIT_BYTES:
                raise EngineError(f"{path.name} has a header of {length} bytes; at most {HEADER_LIMIT_BYTES} are read.")
            header = json.loads(file.read(length))
    except (OSError, struct.error, ValueError, RecursionError) as error:
        raise EngineError(f"{path.name} is no safetensors file, or is damaged: {error}.") from error
    if not isinstance(header, dict):
        raise EngineError(f"{path.name} is no safetensors file: its header is not a table.")
    return header


def _write(path: Path, tensors: Mapping[str, "torch.Tensor"], metadata: dict[str, str]) -> None:
    from safetensors.torch import save as serialise

    write_atomically(path, serialise({k: v.contiguous().cpu() for k, v in tensors.items()}, metadata))
