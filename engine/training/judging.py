"""Whether each discriminator learns: how well its logits tell held-out photos from the pictures painted for their maps.

A discriminator's loss does not say so, since it depends on the generator too. The area under the ROC curve does: 0.5 is a
guess, 1 is never wrong. It is taken over whole windows (the mean logit of each), which shows that a discriminator learns at
all, and over the single places of its map of logits, which shows that it leaves the generator no way to go. The windows are
the same at every measurement, and of photos that are not trained on.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from lightning_fabric import Fabric
from sklearn.metrics import roc_auc_score
from torch import Tensor

from engine.data.batches.loading import Shown, batch_at
from engine.data.batches.order import Sampling, View
from engine.data.recipes import Frame
from engine.generators.shared.model import Model, bare

WINDOWS, AT_ONCE = 48, 8  # the AUC of 48 guesses on each side has a standard deviation of 0.06
WHOLE, PLACES = "D.auc", "D.auc_places"


@dataclass(frozen=True)
class Watched:
    """Photos that are not trained on, and the frame in which the stage shows its own."""

    cache: Shown
    frame: Frame


@torch.no_grad()
def measured(model: Model, watched: Watched, fabric: Fabric) -> dict[str, float]:
    """ "D.auc.NAME" and "D.auc_places.NAME" of every judge, 0..1. What the networks remember is afterwards as before."""
    kept = [(buffer, buffer.clone()) for network in model.networks.values() for buffer in bare(network).buffers()]
    found: dict[str, list[tuple[Tensor, Tensor]]] = {}
    for first in range(0, WINDOWS, AT_ONCE):
        view = View(AT_ONCE, watched.frame, Sampling(0, False, 0.0))
        batch = batch_at(watched.cache, first, view, fabric.device)
        with fabric.autocast():
            for name, pair in model.verdicts(batch).items():
                found.setdefault(name, []).append(pair)
    for buffer, before in kept:
        buffer.copy_(before)
    return {key: value for name, pairs in found.items() for key, value in _areas(name, pairs).items()}


def _areas(name: str, pairs: Sequence[tuple[Tensor, Tensor]]) -> Mapping[str, float]:
    real, fake = (
        torch.cat([pair[side].float().reshape(len(pair[side]), -1).cpu() for pair in pairs]) for side in (0, 1)
    )
    whole = area(real.mean(dim=1), fake.mean(dim=1))
    return {f"{WHOLE}.{name}": whole, f"{PLACES}.{name}": area(real, fake) if real.shape[1] > 1 else whole}


def area(real: Tensor, fake: Tensor) -> float:
    """Area under the ROC curve of logits, any shape, photos being what is looked for: 0..1."""
    logits = torch.cat([real.flatten(), fake.flatten()]).numpy()
    return float(roc_auc_score([1] * real.numel() + [0] * fake.numel(), logits))
