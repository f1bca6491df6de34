"""The Laplacian pyramid (Burt & Adelson 1983): what each level adds to the enlarged one below it."""

from itertools import pairwise

import torch
from torch import Tensor
from torch.nn import functional as F

BINOMIAL = (1 / 16, 4 / 16, 6 / 16, 4 / 16, 1 / 16)  # Burt & Adelson's kernel with a = 3/8


def blurred(x: Tensor) -> Tensor:
    """[B, C, H, W] through the separable binomial kernel, edges repeated; in its own precision, whatever autocast says."""
    weights = torch.tensor(BINOMIAL, dtype=x.dtype, device=x.device)
    with torch.autocast(x.device.type, enabled=False):
        for dimension, padding in ((3, (2, 2, 0, 0)), (2, (0, 0, 2, 2))):
            kernel = weights.view(1, 1, *((1, -1) if dimension == 3 else (-1, 1))).expand(x.shape[1], 1, -1, -1)
            x = F.conv2d(F.pad(x, padding, mode="replicate"), kernel, groups=x.shape[1])
    return x


def halved(x: Tensor) -> Tensor:
    """[B, C, H, W] → [B, C, H/2, W/2]: blurred, then the mean of every 2x2."""
    return F.avg_pool2d(blurred(x), 2)


def doubled(x: Tensor) -> Tensor:
    """[B, C, H, W] → [B, C, 2H, 2W]: every pixel repeated, then blurred."""
    return blurred(F.interpolate(x, scale_factor=2))


def levels(pictures: Tensor, count: int) -> list[Tensor]:
    """The pictures at `count` sizes, smallest first, the last of them as given."""
    found = [pictures]
    for _ in range(count - 1):
        found.insert(0, halved(found[0]))
    return found


def residuals(found: list[Tensor]) -> list[Tensor]:
    """The smallest level, then what each next one adds to the enlarged one before it."""
    return [found[0], *(x - doubled(before) for before, x in pairwise(found))]
