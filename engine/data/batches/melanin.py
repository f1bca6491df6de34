"""Augmentation of photos along the melanin axis, on the device."""

import torch
from torch import Tensor

from engine.cases.tone import MELANIN_OD


def add_melanin(pictures: Tensor, density: Tensor) -> Tensor:
    """Move along the melanin axis: linear RGB times 10^(-density · MELANIN_OD).

    pictures: float [B, 3, H, W] in [-1, 1], sRGB; density: [B], optical density units, 0 leaves the picture, below 0 lightens.
    """
    return absorb(pictures, density[:, None] * torch.as_tensor(MELANIN_OD, device=pictures.device)[None])


def absorb(pictures: Tensor, density: Tensor) -> Tensor:
    """Lay a layer over pictures: linear RGB times 10^-density.

    pictures: float [B, 3, H, W] in [-1, 1], sRGB; density: [B, 3], of red, green and blue; zeros leave the picture.
    """
    unit = ((pictures + 1) / 2).clamp(0, 1)
    linear = torch.where(unit <= 0.04045, unit / 12.92, ((unit + 0.055) / 1.055) ** 2.4)  # IEC 61966-2-1
    linear = linear * 10 ** -density[:, :, None, None]
    linear = linear.clamp(max=1)
    encoded = torch.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear.clamp(min=1e-6) ** (1 / 2.4) - 0.055)
    return torch.where((density != 0).any(dim=1)[:, None, None, None], encoded * 2 - 1, pictures)
