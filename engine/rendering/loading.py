"""A preset's generator in memory, from the weights it ships with or from a checkpoint."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.errors import EngineError
from engine.training import presets
from engine.training.presets import FAMILIES, Preset
from engine.weights import checkpoint as checkpoints

if TYPE_CHECKING:
    from torch import nn

    from engine.generators.shared.family import Family


@dataclass(frozen=True)
class Trained:
    """family: what it belongs to. network: its sampler. tables: shipped beside the weights. sha256: the file's.

    licence: of the weights and of what they were trained on.
    """

    family: "Family"
    network: "nn.Module"
    tables: dict[str, Any]
    sha256: str
    licence: str


def weights_of(preset: str, checkpoint: Path | None) -> Path:
    """The checkpoint, or else the preset's own weights; a preset without any is one sentence."""
    chosen = checkpoint or presets.weights_path(preset)
    if chosen is None:
        raise EngineError(
            f"the preset '{preset}' has no trained weights; train it with `moulage train {preset}`, "
            f"or choose one of {', '.join(n for n in presets.names() if presets.weights_path(n)) or 'none'}."
        )
    return chosen


def chosen(name: str, checkpoint: Path | None) -> tuple[Preset, Path]:
    """A preset and its weights; a checkpoint's own settings stand in place of the preset's, since it was trained by them.

    A checkpoint of another preset is one sentence, also where its shapes would fit: what it paints would bear a wrong name.
    """
    preset, weights = presets.load(name), weights_of(name, checkpoint)
    if checkpoint is None:
        return preset, weights
    card = checkpoints.read_card(weights)
    if card.preset.name != name:
        raise EngineError(f"{weights.name} was trained as '{card.preset.name}'; the preset '{name}' was asked for.")
    return presets.from_preset_table(card.config, weights.name), weights


def load(preset: Preset, weights: Path, device: str) -> Trained:
    """Read the weights into the preset's network; what does not fit, and a device that is not here, is one sentence."""
    import torch

    family = FAMILIES[preset.family]
    tensors, card = checkpoints.load(weights, preset.family)
    network = family.sampler(preset.model)
    try:
        network.load_state_dict({k.removeprefix("G."): v for k, v in tensors.items() if k.startswith("G.")})
    except RuntimeError as error:
        raise EngineError(
            f"{weights.name} does not fit the preset '{preset.name}': {str(error).splitlines()[-1].strip()}"
        ) from error
    if device != "cpu" and not torch.cuda.is_available():
        raise EngineError(f"--device {device} is not here; this machine offers cpu.")
    tables = {k: v for k, v in tensors.items() if not k.startswith("G.")}
    return Trained(family, network, tables, checkpoints.sha256(weights), card.licence)
