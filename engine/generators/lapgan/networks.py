"""LAPGAN's networks: five generators and discriminators, one a level of the pyramid (Denton et al. 2015)."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn

from engine.generators.lapgan.config import LAPGAN_GANS, LapganConfig
from engine.generators.lapgan.pyramid import doubled
from engine.generators.shared.detail import detail_channels, with_detail
from engine.generators.shared.feature_critics import HEAD_WIDTH, FeatureHeads
from engine.generators.shared.layers import weights_init

SLOPE = 0.2


def channels(config: LapganConfig) -> int:
    """Of a picture, with its mask where there is one."""
    return 3 + config.mask


def level_size(config: LapganConfig, level: int) -> tuple[int, int]:
    """Width and height, px, of a level, 0..5."""
    return config.start[0] << level, config.start[1] << level


class Base(nn.Module):
    """The first GAN's generator: two dense layers."""

    def __init__(self, config: LapganConfig) -> None:
        super().__init__()
        self.shape = (channels(config), config.start[1], config.start[0])
        self.layers = nn.Sequential(
            nn.Linear(config.latent, config.hidden),
            nn.LeakyReLU(SLOPE),
            nn.Linear(config.hidden, int(np.prod(self.shape))),
        )

    def forward(self, noise: Tensor) -> Tensor:
        """[B, latent] → [B, C, H, W] of the smallest level."""
        return self.layers(noise).view(-1, *self.shape)


class Refiner(nn.Module):
    """Another GAN's generator: three convolutions, nothing after the last, since a residual has either sign."""

    def __init__(self, config: LapganConfig) -> None:
        super().__init__()
        count, width = channels(config), config.width
        self.layers = nn.Sequential(
            nn.Conv2d(count + 1, width, 7, padding=3), nn.LeakyReLU(SLOPE),
            nn.Conv2d(width, width, 7, padding=3), nn.LeakyReLU(SLOPE),
            nn.Conv2d(width, count, 5, padding=2),
        )  # fmt: skip

    def forward(self, noise: Tensor, coarse: Tensor) -> Tensor:
        """noise [B, 1, H, W], the enlarged level below [B, C, H, W] → the residual [B, C, H, W]."""
        return self.layers(torch.cat([noise, coarse], dim=1))


def critic(config: LapganConfig, level: int) -> nn.Sequential:
    """A discriminator, of a level's whole picture: two layers and, after dropout, one logit."""
    count, width = channels(config) + detail_channels(config.detail), config.discriminator_width
    columns, rows = level_size(config, level)
    if level == 0:
        hidden = [nn.Flatten(), nn.Linear(count * rows * columns, config.hidden), nn.LeakyReLU(SLOPE)]
        return nn.Sequential(*hidden, nn.Dropout(config.dropout), nn.Linear(config.hidden, 1))
    convolutions = [nn.Conv2d(count, width, 5), nn.LeakyReLU(SLOPE), nn.Conv2d(width, width, 5, 2), nn.LeakyReLU(SLOPE)]
    left = ((rows - 4 - 5) // 2 + 1) * ((columns - 4 - 5) // 2 + 1)  # both convolutions are valid
    return nn.Sequential(*convolutions, nn.Flatten(), nn.Dropout(config.dropout), nn.Linear(width * left, 1))


class Generators(nn.Module):
    """Those of the five that a configuration has, by number."""

    def __init__(self, config: LapganConfig) -> None:
        super().__init__()
        self.levels = nn.ModuleDict({str(n): Refiner(config) if n else Base(config) for n in sorted(config.levels)})
        self.apply(weights_init)

    def forward(self, *noises: Tensor, below: Sequence[Tensor] | None = None) -> Tensor | list[Tensor]:
        """One noise a level, [B, latent] and then [B, 1, H, W] each → [B, C, H, W] in [-1, 1], which needs all five.

        below: for training, what each level has under it (the smallest: anything), in place of what was painted there; then
        every level's own picture is returned.
        """
        if below is not None:
            known = sorted(int(level) for level in self.levels)
            return [self.refined(n, noise, under) for n, noise, under in zip(known, noises, below, strict=True)]
        picture = self.refined(0, noises[0], noises[0])
        for level, noise in enumerate(noises[1:], start=1):
            picture = self.refined(level, noise, doubled(picture))
        return picture.clamp(-1, 1)

    def refined(self, level: int, noise: Tensor, below: Tensor) -> Tensor:
        """A level's picture over the enlarged one below; the last GAN also paints the level above its own."""
        network = self.levels[str(min(level, LAPGAN_GANS - 1))]
        return below + network(noise, below) if level else network(noise)


class Discriminators(nn.Module):
    """Those of the five that a configuration has, by number."""

    def __init__(self, config: LapganConfig) -> None:
        super().__init__()
        self.detail = config.detail
        self.levels = nn.ModuleDict({str(n): critic(config, n) for n in sorted(config.levels)})
        self.apply(weights_init)

    def forward(self, pictures: Sequence[Tensor]) -> list[Tensor]:
        """One [B, C, H, W] a level that there is → logits [B] of each."""
        seen = [with_detail(x, x, self.detail) for x in pictures]
        return [judge(x)[:, 0] for judge, x in zip(self.levels.values(), seen, strict=True)]


class LevelHeads(nn.Module):
    """Small discriminators on frozen features, a set for each level, given the mask and what the level had under it."""

    def __init__(self, config: LapganConfig) -> None:
        super().__init__()
        given = channels(config)
        self.levels = nn.ModuleDict(
            {
                str(n): FeatureHeads(config.mask + (given if n else 0), HEAD_WIDTH, varied=True)
                for n in sorted(config.levels)
            }
        )

    def forward(self, features: Sequence[Sequence[Tensor]], given: Sequence[Tensor]) -> list[list[Tensor]]:
        """Features of one picture a level, and what is given beside it → logits of every depth of each."""
        return [heads(taps, x) for heads, taps, x in zip(self.levels.values(), features, given, strict=True)]


def noise_shape(config: LapganConfig, level: int, count: int) -> tuple[int, ...]:
    """Of `count` noises of a level: [B, latent], above the smallest [B, 1, H, W]."""
    columns, rows = level_size(config, level)
    return (count, 1, rows, columns) if level else (count, config.latent)
