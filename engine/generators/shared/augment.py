"""Augmentation on the device: translation and cutout of what discriminators see."""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

TRANSLATION = 1 / 8  # DiffAugment's default: up to an eighth of each side
CUTOUT = 0.35  # side of the cut rectangle as a share of the frame; DiffAugment's 1/2 hides most small lesions


def diffaugment(tensors: Sequence[Tensor], random: torch.Generator) -> list[Tensor]:
    """Translate and cut out the same region of every [B, C, H, W] tensor, differentiably (Zhao et al. 2020).

    What enters is mirrored, and not 0 as there: bars at the edges of photos would excuse any at the edges of pictures.
    """
    count, _, height, width = tensors[0].shape
    device = tensors[0].device
    draws = torch.rand(count, 4, generator=random, device=device).cpu()
    shifts = ((draws[:, :2] * 2 - 1) * TRANSLATION * torch.tensor([height, width])).round().int().tolist()
    near_row = (torch.arange(height) / height - draws[:, 2:3]).abs() < CUTOUT / 2
    near_column = (torch.arange(width) / width - draws[:, 3:4]).abs() < CUTOUT / 2
    kept = ~(near_row[:, None, :, None] & near_column[:, None, None, :]).to(device)
    return [torch.cat([_moved(t[i : i + 1], *shifts[i]) for i in range(count)]) * kept.to(t.dtype) for t in tensors]


def _moved(x: Tensor, down: int, right: int) -> Tensor:
    """Shift [1, C, H, W] by whole pixels; what enters is mirrored."""
    height, width = x.shape[2:]
    padded = F.pad(x, (max(right, 0), max(-right, 0), max(down, 0), max(-down, 0)), mode="reflect")
    return padded[:, :, max(-down, 0) : max(-down, 0) + height, max(-right, 0) : max(-right, 0) + width]
