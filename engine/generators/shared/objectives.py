"""Adversarial objectives and matching terms: logits or features in, one scalar out. Weights are the family's business."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F


@dataclass(frozen=True)
class Objective:
    """Two functions of a discriminator's logits."""

    discriminator: Callable[[Tensor, Tensor], Tensor]
    """(real logits, fake logits) → scalar."""
    generator: Callable[[Tensor], Tensor]
    """fake logits → scalar."""


def _lsgan_discriminator(real: Tensor, fake: Tensor) -> Tensor:
    """½·(MSE(D(x), 1) + MSE(D(G(z)), 0)): Mao et al. 2017, eq. 2 with a = 0, b = c = 1, and pix2pixHD's factor ½."""
    return 0.5 * ((real.float() - 1).square().mean() + fake.float().square().mean())


def _lsgan_generator(fake: Tensor) -> Tensor:
    return (fake.float() - 1).square().mean()


def _hinge_discriminator(real: Tensor, fake: Tensor) -> Tensor:
    """Lim & Ye 2017, eq. 8: E[max(0, 1 − D(x))] + E[max(0, 1 + D(G(z)))]."""
    return F.relu(1 - real.float()).mean() + F.relu(1 + fake.float()).mean()


def _hinge_generator(fake: Tensor) -> Tensor:
    return -fake.float().mean()


def _minmax_discriminator(real: Tensor, fake: Tensor) -> Tensor:
    """½·(BCE(D(x), 1) + BCE(D(G(z)), 0)): Goodfellow et al. 2014, eq. 1, and pix2pix's factor ½."""
    return 0.5 * (F.softplus(-real.float()).mean() + F.softplus(fake.float()).mean())


def _minmax_generator(fake: Tensor) -> Tensor:
    """-log D(G(z)), the form that does not saturate."""
    return F.softplus(-fake.float()).mean()


def _bce_discriminator(real: Tensor, fake: Tensor) -> Tensor:
    """BCE(D(x), 1) + BCE(D(G(z)), 0) without min-max's factor, as DCGAN's loss curves have it (Radford et al. 2016)."""
    return 2 * _minmax_discriminator(real, fake)


OBJECTIVES = {
    "bce": Objective(_bce_discriminator, _minmax_generator),
    "minmax": Objective(_minmax_discriminator, _minmax_generator),
    "lsgan": Objective(_lsgan_discriminator, _lsgan_generator),
    "hinge": Objective(_hinge_discriminator, _hinge_generator),
}


def feature_matching(fake: Sequence[Sequence[Tensor]], real: Sequence[Sequence[Tensor]], layers: int) -> Tensor:
    """(4 / (layers + 1)) / scales · Σ_k Σ_j<last L1(F_kj(fake), F_kj(real)): Wang et al. 2018, eq. 4.

    fake, real: one list of feature maps a scale, the logits last (and left out). layers: the PatchGAN's n_layers.
    """
    terms = [
        F.l1_loss(a.float(), b.detach().float())
        for scale_fake, scale_real in zip(fake, real, strict=True)
        for a, b in zip(scale_fake[:-1], scale_real[:-1], strict=True)
    ]
    return torch.stack(terms).sum() * 4 / (layers + 1) / len(fake)


def region_l1(fake: Tensor, real: Tensor, mask: Tensor) -> Tensor:
    """L1 inside a mask, a mean over its pixels, so that a small region weighs as a large one: [B, 3, H, W], [B, 1, H, W]."""
    return ((fake - real).abs() * mask).sum() / (fake.shape[1] * mask.sum()).clamp(min=1)


def activation_distance(fake: Tensor, real: Tensor) -> Tensor:
    """L2 distance between activations [B, ...], a root mean square, so that it does not grow with their number."""
    return (fake.float() - real.detach().float()).square().flatten(1).mean(dim=1).add(1e-12).sqrt().mean()


def region_colour(fake: Tensor, real: Tensor, masks: Tensor) -> Tensor:
    """L1 between the mean colours of regions. fake, real: [B, 3, H, W]; masks: [B, R, H, W] in {0, 1}.

    A region under 1 % of the frame says too little about colour and is left out.
    """
    area = masks.mean(dim=(2, 3))  # [B, R]
    difference = torch.einsum("bchw,brhw->brc", (fake - real).float(), masks) / masks.shape[2] / masks.shape[3]
    present = (area > 0.01).float()
    per_region = difference.abs().mean(dim=2) / area.clamp(min=0.01)
    return (per_region * present).sum() / present.sum().clamp(min=1)
