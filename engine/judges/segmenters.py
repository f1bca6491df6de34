"""A small lesion segmenter for clinical photographs: a U-Net at 128x128 (Ronneberger et al. 2015), fitted on masks.

It judges whether a generated lesion stays where its box is, and proposes an outline in the editor. Melanin-aware
augmentation lets it see lesions on skin that hardly any training photo shows.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from engine import checkpoints, presets
from engine.cards import Card
from engine.data.cropped import CropCache
from engine.errors import EngineError
from engine.pixels import resize_picture, to_tensor
from engine.presets import Frame
from engine.train.crops import batch_at
from engine.train.showing import Sampling

FAMILY = "segmenter"
SIZE_PX = 128
WIDTH = 16
LEVELS = 4
BATCH = 16
RATE = 2e-3
TONED = 0.6  # share of pictures moved along the melanin axis


class SmallUNet(nn.Module):
    """Two 3x3 convolutions with batch norm a level, 16 to 128 channels, sums as skips: 0.40 M parameters."""

    def __init__(self, width: int = WIDTH) -> None:
        super().__init__()
        widths = [width * 2**k for k in range(LEVELS)]
        self.downs = nn.ModuleList(_level(a, b) for a, b in zip([3, *widths[:-1]], widths, strict=True))
        self.narrow = nn.ModuleList(nn.Conv2d(b, a, 1) for a, b in pairwise(widths))
        self.ups = nn.ModuleList(_level(a, a) for a in widths[:-1])
        self.last = nn.Conv2d(widths[0], 1, 1)

    def forward(self, pictures: Tensor) -> Tensor:
        """[B, 3, H, W] in [-1, 1], sides multiples of 8 → logits [B, 1, H, W]."""
        skips, x = [], pictures
        for k, down in enumerate(self.downs):
            x = down(F.max_pool2d(x, 2) if k else x)
            skips.append(x)
        for k in reversed(range(LEVELS - 1)):
            x = F.interpolate(self.narrow[k](x), scale_factor=2.0, mode="bilinear", align_corners=False)
            x = self.ups[k](x + skips[k])
        return self.last(x)


def _level(inputs: int, outputs: int) -> nn.Module:
    layers: list[nn.Module] = []
    for a in (inputs, outputs):
        layers += [nn.Conv2d(a, outputs, 3, padding=1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU()]
    return nn.Sequential(*layers)


@dataclass(frozen=True)
class Segmenter:
    """A fitted net."""

    network: SmallUNet

    def predict(self, picture: NDArray[np.uint8]) -> NDArray[np.bool_]:
        """The lesion in a picture, uint8 [H, W, 3] of any size: bool [H, W]. The mean over four mirrorings decides."""
        height, width = picture.shape[:2]
        x = to_tensor(torch.from_numpy(resize_picture(np.ascontiguousarray(picture), SIZE_PX, SIZE_PX))[None])
        mirrors: list[list[int]] = [[], [2], [3], [2, 3]]
        with torch.inference_mode():
            found = self.network(torch.cat([x.flip(dims) for dims in mirrors])).sigmoid()
            mean = torch.stack(
                [one.flip([d - 1 for d in dims]) for one, dims in zip(found, mirrors, strict=True)]
            ).mean(0)
            full = F.interpolate(mean[None], size=(height, width), mode="bilinear", align_corners=False)
        return np.asarray(full[0, 0].numpy() > 0.5)


def fit(
    crops: CropCache,
    images: int,
    seed: int = 0,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Segmenter:
    """Fit on crops of at least 128x128 with their outlines: binary cross-entropy plus soft Dice, one cosine of Adam's rate."""
    if crops.pictures.shape[1] % SIZE_PX:
        raise EngineError(f"the crops are {crops.pictures.shape[1]} px a side; a multiple of {SIZE_PX} is needed.")
    torch.manual_seed(seed)
    network = SmallUNet()
    steps = -(-images // BATCH)
    optimizer = torch.optim.Adam(network.parameters(), RATE)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    how, cpu = Sampling(seed, True, TONED), torch.device("cpu")
    for step in range(steps):
        batch = batch_at(crops, step * BATCH, BATCH, Frame(SIZE_PX, SIZE_PX), how, cpu)
        loss = _loss(network(batch.pictures), batch.outline)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        schedule.step()
        progress(min((step + 1) * BATCH, images), images)
    return Segmenter(network.eval())


def _loss(logits: Tensor, outline: Tensor) -> Tensor:
    share = logits.sigmoid()
    overlap, total = (share * outline).sum(dim=(1, 2, 3)), (share + outline).sum(dim=(1, 2, 3))
    return F.binary_cross_entropy_with_logits(logits, outline) + 1 - ((2 * overlap + 1) / (total + 1)).mean()


def held_out(segmenter: Segmenter, crops: CropCache) -> list[float]:
    """Jaccard of every crop's outline and what is found in it."""
    scores = []
    for picture, (_, outline) in zip(crops.pictures, crops.described, strict=True):
        found, lesion = segmenter.predict(np.asarray(picture)), outline > 0
        scores.append(float((found & lesion).sum() / max(1, (found | lesion).sum())))
    return scores


def save(segmenter: Segmenter, path: Path, card: Card) -> None:
    """Write the weights as fp16 under their card."""
    checkpoints.save(path, segmenter.network.state_dict(), card, half=True)


def load(path: Path) -> Segmenter:
    """Inverse of `save`."""
    tensors, _ = checkpoints.load(path, FAMILY)
    network = SmallUNet()
    try:
        network.load_state_dict(tensors)
    except RuntimeError as error:
        raise EngineError(f"{path.name} holds another net: {str(error).splitlines()[-1].strip()}") from error
    return Segmenter(network.eval())


@cache
def shipped() -> Segmenter:
    """The segmenter that comes with Moulage."""
    path = presets.ROOT / FAMILY / "weights.safetensors"
    if not path.is_file():
        raise EngineError(f"{path} is missing; fit it with `moulage segmenter --data DIR --out {path.name}`.")
    return load(path)
