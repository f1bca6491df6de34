"""Augmentation on the device: translation and cutout of what discriminators see, and melanin for the data."""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from engine.tone import MELANIN_OD

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


def add_melanin(pictures: Tensor, density: Tensor) -> Tensor:
    """Move along the melanin axis: linear RGB times 10^(-density · MELANIN_OD).

    pictures: float [B, 3, H, W] in [-1, 1], sRGB; density: [B], optical density units, 0 leaves the picture, below 0 lightens.
    """
    unit = ((pictures + 1) / 2).clamp(0, 1)
    linear = torch.where(unit <= 0.04045, unit / 12.92, ((unit + 0.055) / 1.055) ** 2.4)  # IEC 61966-2-1
    absorbed = torch.as_tensor(MELANIN_OD, device=pictures.device)[None, :, None, None] * density[:, None, None, None]
    linear = linear * 10**-absorbed
    linear = linear.clamp(max=1)
    encoded = torch.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear.clamp(min=1e-6) ** (1 / 2.4) - 0.055)
    return torch.where(density[:, None, None, None] != 0, encoded * 2 - 1, pictures)
