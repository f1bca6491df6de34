"""Weights that a training starts from: another checkpoint of the family, for fine-tuning on photos of one's own.

What the averaged network of that checkpoint has is taken over, name by name. A configuration may show the network more than
that one saw: input channels that are new start at zero, so that at first they change nothing. Whatever else does not fit is
refused by name.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from engine.config import from_table
from engine.errors import EngineError
from engine.generators.shared.model import Model
from engine.training.presets import FAMILIES, Preset
from engine.weights import checkpoint


@dataclass(frozen=True, eq=False)
class Initial:
    """A checkpoint's file name, hash, tensors, and the configuration of the model that was trained."""

    name: str
    sha256: str
    tensors: dict[str, Tensor]
    config: Any

    @classmethod
    def read(cls, path: Path, preset: Preset) -> "Initial":
        """Read it; a file that is none, and one of another family, is one sentence."""
        tensors, card = checkpoint.load(path, preset.family)
        config: Any = from_table(FAMILIES[preset.family].config, card.config.get("model"), f"{path.name}: model")
        return cls(path.name, checkpoint.sha256(path), tensors, config)


def initialise(model: Model, first: Initial, preset: Preset) -> None:
    """Give the model's shipped network the weights of a checkpoint, in place."""
    family, network = FAMILIES[preset.family], model.networks[model.shipped]
    now, before = family.input_channels(preset.model), family.input_channels(first.config)
    prefix = f"{model.shipped}."
    given = {k.removeprefix(prefix): v for k, v in first.tensors.items() if k.startswith(prefix)}
    wanted = network.state_dict()
    for name in sorted(wanted.keys() ^ given.keys()):
        where = first.name if name in given else f"the preset '{preset.name}'"
        raise EngineError(
            f"{first.name} does not fit the preset '{preset.name}': only {where} has the weight '{name}'."
        )
    fitted = {
        name: _fitted(tensor, wanted[name], before.get(name), now.get(name), f"{first.name}: the weight '{name}'")
        for name, tensor in given.items()
    }
    network.load_state_dict(fitted)


def _fitted(
    tensor: Tensor, wanted: Tensor, before: tuple[str, ...] | None, now: tuple[str, ...] | None, what: str
) -> Tensor:
    """The weight with its input channels, named by `before`, in the places that `now` names."""
    same_but_inputs = tensor.ndim > 1 and tensor.shape[:1] == wanted.shape[:1] and tensor.shape[2:] == wanted.shape[2:]
    if before is None or now is None or before == now or not same_but_inputs:
        if tensor.shape != wanted.shape:
            raise EngineError(f"{what} has the shape {list(tensor.shape)}; {list(wanted.shape)} is needed.")
        return tensor
    if lost := [name for name in before if name not in now]:
        raise EngineError(f"{what} was trained with the input '{lost[0]}', which this configuration does not give.")
    placed = torch.zeros_like(wanted)
    placed[:, [now.index(name) for name in before]] = tensor.to(wanted.dtype)
    return placed
