"""Averaged weights: the ones that are shipped."""

import copy

import torch
from torch import nn

RAMP = 0.1  # the half-life grows with the images seen, so that the average soon forgets the random start

STATISTICS = ("running_mean", "running_var")  # what batch norm has seen of the weights, so averaged as they are


class Ema:
    """Moving average of a network's parameters and batch norms, its half-life counted in images (Karras et al. 2020)."""

    def __init__(self, network: nn.Module, half_life_images: float) -> None:
        self.network = copy.deepcopy(network).eval().requires_grad_(False)
        self.half_life_images = half_life_images

    @torch.no_grad()
    def update(self, network: nn.Module, images: int, batch: int) -> None:
        """Take in the weights after a step of `batch` images, `images` having been seen in all."""
        half_life = max(min(self.half_life_images, RAMP * images), 1e-8)
        keep = 0.5 ** (batch / half_life)
        for average, current in zip(self.network.parameters(), network.parameters(), strict=True):
            average.lerp_(current, 1 - keep)
        for (name, kept), now in zip(self.network.named_buffers(), network.buffers(), strict=True):
            if name.endswith(STATISTICS):
                kept.lerp_(now, 1 - keep)
            else:
                kept.copy_(now)
