"""DermGAN's networks: the paper's U-Net and PatchGAN, and the small modulated generator.

Ghorbani et al. 2019, sec. 2, on pix2pix's U-Net-256 and 70x70 PatchGAN (Isola et al. 2017, sec. 6.1).
"""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from engine.cases.box_channels import COLOURS
from engine.generators.dermgan.config import DermGanConfig
from engine.generators.shared.detail import detail_channels, with_detail
from engine.generators.shared.feature_critics import HEAD_WIDTH, FeatureHeads
from engine.generators.shared.layers import EDGE, NORMS, ModulatedBlock, PatchDiscriminator

SIZE_PX = 256  # the paper's pictures; levels are counted from here
DOWNS = 8  # 256 to 1
WIDEST = 8  # the U-Net's deepest layers have 8 times the first one's channels
DROPPED = 3  # decoder layers with dropout: 2x2, 4x4 and 8x8
COARSEST_PX = 8  # where the modulated generator begins in a whole picture
GUIDE = 32  # channels of what modulates a block
REGION = 4 + COLOURS  # outline, inside a box, place across and down, colours
BASE = slice(4, 7)  # where the guide holds sRGB before tanh


def weights_init(module: nn.Module) -> None:
    """Convolutions N(0, 0.02), batch norm's scale N(1, 0.02), biases 0 (pix2pix)."""
    if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
        nn.init.normal_(module.weight, 0, 0.02)
    if isinstance(module, nn.BatchNorm2d):
        nn.init.normal_(module.weight, 1, 0.02)
    if isinstance(module, nn.Conv2d | nn.ConvTranspose2d | nn.BatchNorm2d) and module.bias is not None:
        nn.init.zeros_(module.bias)


def dropout_channels(config: DermGanConfig) -> list[tuple[int, int]]:
    """(channels, side) of the decoder layers with dropout."""
    return [(WIDEST * config.width, 2**k) for k in range(1, 1 + DROPPED)]


class UNet(nn.Module):
    """Eight strided convolutions down, eight upsamplings with skips up.

    Dropout is the only chance in it and stays on at test time, so its masks are inputs: a seed then gives one picture on
    every backend.
    """

    def __init__(self, config: DermGanConfig) -> None:
        super().__init__()
        widths = [config.width * min(2**k, WIDEST) for k in range(DOWNS)]
        self.downs = nn.ModuleList()
        previous = 3
        for k, width in enumerate(widths):
            normed = 0 < k < DOWNS - 1
            conv = nn.Conv2d(previous, width, 4, 2, 1, bias=not normed)
            self.downs.append(nn.Sequential(conv, nn.BatchNorm2d(width)) if normed else nn.Sequential(conv))
            previous = width
        self.ups = nn.ModuleList()
        for width in reversed(widths[:-1]):
            self.ups.append(
                nn.Sequential(*UPSAMPLINGS[config.upsampling](previous, width, False), nn.BatchNorm2d(width))
            )
            previous = 2 * width
        self.last = nn.Sequential(*UPSAMPLINGS[config.upsampling](previous, 3, True))
        self.apply(weights_init)

    def forward(self, maps: Tensor, *dropout: Tensor, shrink: int = 1) -> Tensor:
        """maps [B, 3, 256, 256] in [-1, 1]; dropout: [B, 512, s, s] for s = 2, 4, 8, 0 or the kept units' scale.

        Returns [B, 3, 256, 256] in [-1, 1]. It knows one scale only, so shrink is 1.
        """
        skips, x = [], maps
        for k, down in enumerate(self.downs):
            x = down(F.leaky_relu(x, 0.2) if k else x)
            skips.append(x)
        skips.pop()
        for k, up in enumerate(self.ups):
            x = up(F.relu(x))
            x = x * dropout[k] if k < len(dropout) else x
            x = torch.cat([x, skips.pop()], dim=1)
        return torch.tanh(self.last(F.relu(x)))


def _resize(inputs: int, outputs: int, bias: bool) -> list[nn.Module]:
    """Nearest, then a 3x3 convolution: no checkerboard (Odena et al. 2016); the paper names no kernel size."""
    return [nn.Upsample(scale_factor=2, mode="nearest"), nn.Conv2d(inputs, outputs, 3, 1, 1, bias=bias)]


def _deconv(inputs: int, outputs: int, bias: bool) -> list[nn.Module]:
    return [nn.ConvTranspose2d(inputs, outputs, 4, 2, 1, bias=bias)]


UPSAMPLINGS = {"resize": _resize, "deconv": _deconv}


class ModulatedUp(nn.Module):
    """The live form: from 8x8 upwards, every level modulated by what its pixels are to show, painting onto flat colours.

    Each level adds its share to the picture (Karras et al. 2020, fig. 7b), so half the resolution is a whole picture too:
    the first stage trains it at a quarter of the cost, and the last level then joins in from nothing.
    """

    def __init__(self, config: DermGanConfig) -> None:
        super().__init__()
        inputs = guide_channels(config) + config.noise
        levels = (SIZE_PX // COARSEST_PX).bit_length()
        widths = [config.width * min(2 ** (levels - 1 - k), WIDEST) for k in range(levels)]
        self.last_alone = config.last_level_alone
        self.guides = nn.ModuleList(nn.Conv2d(inputs, GUIDE, 1) for _ in widths)
        self.first = nn.Conv2d(inputs, widths[0], 1)
        self.ups = nn.ModuleList(
            nn.Conv2d(widths[k], widths[k + 1], 3, padding=1, padding_mode=EDGE) for k in range(levels - 1)
        )
        self.blocks = nn.ModuleList(ModulatedBlock(width, GUIDE, "none") for width in widths)
        self.to_rgb = nn.ModuleList(nn.Conv2d(width, 3, 1) for width in widths)
        for layer in self.to_rgb:
            nn.init.zeros_(layer.weight)
            nn.init.zeros_(layer.bias)

    def forward(self, guide: Tensor, noise: Tensor, shrink: int = 1) -> Tensor:
        """guide [B, C, H, W], noise [B, Z, H, W], sides multiples of 32 / shrink → [B, 3, H, W] in [-1, 1].

        shrink: by what power of two the picture is smaller than a whole one's scale; the last levels are then left out.
        """
        given = [torch.cat([guide, noise], dim=1)]
        base = guide[:, BASE]
        for _ in range(len(self.blocks) - shrink.bit_length()):
            guide, noise = F.avg_pool2d(guide, 2), 2 * F.avg_pool2d(noise, 2)  # the noise keeps unit variance
            given.append(torch.cat([guide, noise], dim=1))
        x, rgb = self.first(given[-1]), torch.zeros(1)
        for level, here in enumerate(reversed(given)):
            if level == len(self.blocks) - 1 and self.last_alone:
                x, rgb = x.detach(), rgb.detach()
            if level:
                x = self.ups[level - 1](F.interpolate(F.leaky_relu(x, 0.2), scale_factor=2.0, mode="nearest"))
            x = self.blocks[level](x, F.leaky_relu(self.guides[level](here), 0.2))
            share = self.to_rgb[level](F.leaky_relu(x, 0.2))
            rgb = share + F.interpolate(rgb, scale_factor=2.0, mode="bilinear", align_corners=False) if level else share
        return torch.tanh(base + rgb)


def guide_channels(config: DermGanConfig) -> int:
    """Channels that tell the modulated generator, and its judges, what a pixel is to show."""
    return REGION + len(config.conditions)


GENERATORS = {"unet": UNet, "modulated": ModulatedUp}


class PatchGan(nn.Module):
    """pix2pix's 70x70 PatchGAN: three strided convolutions, one of stride 1 with 512 channels, and one logit a patch."""

    def __init__(self, inputs: int, width: int) -> None:
        super().__init__()
        stages, previous = [], inputs
        for k in range(4):
            wide, normed = width * min(2**k, WIDEST), k > 0
            conv = nn.Conv2d(previous, wide, 4, 2 if k < 3 else 1, 1, bias=not normed)
            stages.append(nn.Sequential(conv, *([nn.BatchNorm2d(wide)] if normed else []), nn.LeakyReLU(0.2)))
            previous = wide
        stages.append(nn.Sequential(nn.Conv2d(previous, 1, 4, 1, 1)))
        self.stages = nn.ModuleList(stages)
        self.apply(weights_init)

    def forward(self, x: Tensor) -> list[Tensor]:
        """[B, C, 256, 256] → every stage's output: the 512 channels at 31x31 second to last, logits at 30x30 last."""
        outputs = []
        for stage in self.stages:
            x = stage(x)
            outputs.append(x)
        return outputs


def _patches(norm: str) -> Callable[[int, int], nn.Module]:
    return lambda inputs, width: PatchDiscriminator(inputs, width, 3, norm)


PATCHES = {"batch": PatchGan} | {norm: _patches(norm) for norm in NORMS}


class Discriminators(nn.Module):
    """All that judges a picture: PatchGANs, each at its own resolution, and, if asked for, heads on frozen features."""

    def __init__(self, config: DermGanConfig) -> None:
        super().__init__()
        given = 3 if config.generator == "unet" else guide_channels(config)
        make, self.detail = PATCHES[config.discriminator_norm], config.detail
        inputs = given + 3 + detail_channels(config.detail)
        self.patches = nn.ModuleList(make(inputs, config.discriminator_width) for _ in range(config.scales))
        self.heads = FeatureHeads(given, HEAD_WIDTH) if config.projected else None

    def forward(
        self, maps: Tensor, pictures: Tensor, features: list[Tensor], shrink: int = 1, guide: Tensor | None = None
    ) -> tuple[list[tuple[Tensor, Tensor]], list[Tensor]]:
        """maps [B, C, H, W], pictures [B, 3, H, W], features of the frozen net or none, shrink as the generator's.
        guide: the maps as the heads see them, where those are augmented otherwise.

        Returns (activations of the second to last convolution, logits) of every PatchGAN from this scale down, and the
        heads' logits.
        """
        x, found = torch.cat([maps, pictures], dim=1), []
        for patch in self.patches[shrink.bit_length() - 1 :]:
            *_, activations, logits = patch(with_detail(x, x[:, -3:], self.detail))
            found.append((activations, logits))
            x = F.avg_pool2d(x, 2)
        return found, [] if self.heads is None else self.heads(features, maps if guide is None else guide)
