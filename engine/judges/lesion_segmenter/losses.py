"""How the lesion segmenter learns: binary cross-entropy and soft Dice against the masks of the crops."""

from collections.abc import Iterator

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from engine.data.batches.kinds import RegionsBatch
from engine.generators.shared.model import Model, Terms
from engine.judges.lesion_segmenter.config import LesionSegmenterConfig
from engine.judges.lesion_segmenter.networks import SmallUNet


class LesionSegmenter(Model):
    """One network, `networks["S"]`."""

    shipped = "S"

    def __init__(self, config: LesionSegmenterConfig) -> None:
        self.networks = {"S": SmallUNet(config.width)}
        self.frozen = {}
        self.tone_augmentation = config.tone_augmentation

    def losses(self, batch: RegionsBatch, images: int) -> Iterator[tuple[str, Terms]]:
        """Yield both terms; Dice is 1 - 2 |A ∩ B| / (|A| + |B|) of shares, a mean over pictures (Milletari et al. 2016)."""
        logits = self.networks["S"](batch.pictures).float()
        share, outline = logits.sigmoid(), batch.outline
        overlap, total = (share * outline).sum(dim=(1, 2, 3)), (share + outline).sum(dim=(1, 2, 3))
        dice = 1 - ((2 * overlap + 1) / (total + 1)).mean()
        yield "S", {"cross_entropy": F.binary_cross_entropy_with_logits(logits, outline), "dice": dice}

    def sample_inputs(self, batch: RegionsBatch) -> tuple[Tensor, ...]:
        """The pictures."""
        return (batch.pictures,)

    def previews(self, network: nn.Module, inputs: tuple[Tensor, ...], photos: Tensor) -> list[Tensor]:
        """The photos with the mask that is found in them as fourth channel, [N, 4, H, W] in [-1, 1]."""
        return [torch.cat([photos, network(*inputs).sigmoid() * 2 - 1], dim=1)]


def sampler(config: LesionSegmenterConfig) -> nn.Module:
    """The network alone, untrained."""
    return SmallUNet(config.width)


build = LesionSegmenter
