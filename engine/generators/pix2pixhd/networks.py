"""pix2pixHD's networks: the papers' global generator and multi-scale PatchGAN, and the small modulated generator.

Wang et al. 2018, "High-resolution image synthesis and semantic manipulation with conditional GANs", sec. 3 and appendix.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from engine.cases.planes import CLASSES, LESION, MARKERS
from engine.generators.pix2pixhd.config import Pix2PixHDConfig
from engine.generators.shared.detail import detail_channels, with_detail
from engine.generators.shared.layers import EDGE, ModulatedBlock, PatchDiscriminator

APPEARANCE = 11
REGION = 1 + len(MARKERS)
RIM_STEEPNESS = 16.0  # the rim plane climbs from 0 to 1 within some 10 px
RIM_DARKNESS = 2.0  # what the rim takes from the picture before tanh, at first: from skin (0.5) to black (-0.9)
SKIN_COLOUR, LESION_COLOUR, HAIR, VIGNETTE = slice(0, 3), slice(3, 9), slice(9, 10), slice(10, 11)


def condition_channels(config: Pix2PixHDConfig) -> int:
    """Map channels that generator and discriminators are given."""
    return (len(CLASSES) if config.condition == "semantic" else REGION) + config.edges + len(config.accidents)


def weights_init(module: nn.Module, std: float = 0.02) -> None:
    """Convolution weights N(0, 0.02), biases 0 (pix2pixHD, sec. A)."""
    if isinstance(module, nn.Conv2d | nn.ConvTranspose2d):
        nn.init.normal_(module.weight, 0, std)
        if module.bias is not None:
            nn.init.zeros_(module.bias)


class ResidualBlock(nn.Module):
    """Reflection-padded conv3, instance norm, ReLU, conv3, instance norm, plus the input; nothing after the sum."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(channels, channels, 3, padding=1, padding_mode="reflect"),
            nn.InstanceNorm2d(channels),
            nn.ReLU(),
            nn.Conv2d(channels, channels, 3, padding=1, padding_mode="reflect"),
            nn.InstanceNorm2d(channels),
        )

    def forward(self, x: Tensor) -> Tensor:
        """[B, C, H, W] → the same shape."""
        return x + self.body(x)


class GlobalGenerator(nn.Module):
    """The papers' generator: conv7, n strided convs, residual blocks, n transposed convs, conv7, tanh."""

    def __init__(self, config: Pix2PixHDConfig) -> None:
        super().__init__()
        width, inputs = config.width, condition_channels(config)
        layers: list[nn.Module] = [nn.Conv2d(inputs, width, 7, padding=3, padding_mode="reflect"), *_norm_relu(width)]
        for _ in range(config.downsamplings):
            layers += [nn.Conv2d(width, 2 * width, 3, 2, 1), *_norm_relu(2 * width)]
            width *= 2
        layers += [ResidualBlock(width) for _ in range(config.blocks)]
        for _ in range(config.downsamplings):
            layers += [nn.ConvTranspose2d(width, width // 2, 3, 2, 1, output_padding=1), *_norm_relu(width // 2)]
            width //= 2
        layers += [nn.Conv2d(width, 3, 7, padding=3, padding_mode="reflect"), nn.Tanh()]
        self.layers = nn.Sequential(*layers)
        self.apply(weights_init)

    def forward(self, condition: Tensor, *beyond_the_map: Tensor) -> Tensor:
        """condition [B, C, H, W] → [B, 3, H, W] in [-1, 1]; the papers' generator looks at nothing else."""
        return self.layers(condition)


def _norm_relu(channels: int) -> list[nn.Module]:
    return [nn.InstanceNorm2d(channels), nn.ReLU()]


class ModulatedGenerator(nn.Module):
    """Our live generator: map in at half resolution, residual blocks deep down, resize-convolutions up.

    Where pix2pixHD is global it is local: the map guides every block at that block's resolution, and without instance
    norm an edit's reach is its receptive field. Resize-convolutions leave no checkerboard (Odena et al. 2016).
    """

    def __init__(self, config: Pix2PixHDConfig) -> None:
        super().__init__()
        inputs, levels = condition_channels(config), config.downsamplings
        widths = [config.width * 2**k for k in range(levels + 1)]
        guide = 2 * config.width
        self.stem = nn.Conv2d(inputs, widths[1], 4, 2, 1)
        self.guides = nn.ModuleList(nn.Conv2d(inputs + APPEARANCE + config.noise, guide, 1) for _ in range(levels))
        self.downs = nn.ModuleList(nn.Conv2d(widths[k], widths[k + 1], 3, 2, 1) for k in range(1, levels))
        self.deep = nn.ModuleList(ModulatedBlock(widths[-1], guide, config.norm) for _ in range(config.blocks))
        self.ups = nn.ModuleList(
            nn.Conv2d(widths[k + 1], widths[k], 3, padding=1, padding_mode=EDGE) for k in range(levels - 1, 0, -1)
        )
        self.refine = nn.ModuleList(ModulatedBlock(widths[k], guide, config.norm) for k in range(levels - 1, 0, -1))
        self.grain = config.noise // 4
        self.last_up = nn.Conv2d(widths[1] + self.grain, widths[0], 3, padding=1, padding_mode=EDGE)
        self.to_rgb = nn.Conv2d(widths[0] + inputs + self.grain + 1, 3, 3, padding=1, padding_mode=EDGE)
        with torch.no_grad():  # few pixels lie in the rim; learning from them that it is dark takes an epoch a shade
            self.to_rgb.weight[:, -1] = 0
            self.to_rgb.weight[:, -1, 1, 1] = -RIM_DARKNESS

    def forward(self, condition: Tensor, appearance: Tensor, noise: Tensor, radius: Tensor | None = None) -> Tensor:
        """condition [B, C, H, W], appearance [B, 11], noise [B, Z, H/2, W/2] → [B, 3, H, W] in [-1, 1].

        H and W must be multiples of 2^downsamplings. radius [B, 1, H, W] places a window in its frame; None means that
        the whole frame is painted.
        """
        x = self.stem(condition)
        skips, guides = [], []
        grain = F.pixel_shuffle(noise[:, : 4 * self.grain], 2)  # the same noise, laid out pixel by pixel
        small = F.avg_pool2d(condition, 2)
        for level, to_guide in enumerate(self.guides):
            # Of a whole frame the radius is a constant, which OpenVINO does not pool in bf16.
            place = _radius_like(small) if radius is None else F.avg_pool2d(radius, 2 ** (level + 1))
            given = torch.cat([small, masked_appearance(small[:, :1], appearance, place), noise], dim=1)
            guides.append(F.leaky_relu(to_guide(given), 0.2))
            if level < len(self.downs):
                skips.append(x)
                x = self.downs[level](F.leaky_relu(x, 0.2))
                small = F.avg_pool2d(small, 2)
                noise = 2 * F.avg_pool2d(noise, 2)  # keeps unit variance
        for block in self.deep:
            x = block(x, guides[-1])
        for level, (up, block) in enumerate(zip(self.ups, self.refine, strict=True)):
            x = up(F.interpolate(F.leaky_relu(x, 0.2), scale_factor=2.0, mode="nearest"))
            x = block(x + skips[-1 - level], guides[-2 - level])
        x = F.interpolate(F.leaky_relu(x, 0.2), scale_factor=2.0, mode="bilinear", align_corners=False)
        x = F.leaky_relu(self.last_up(torch.cat([x, grain], dim=1)), 0.2)
        rim = dark_rim(appearance, _radius_like(condition) if radius is None else radius)
        return torch.tanh(self.to_rgb(torch.cat([x, condition, grain, rim], dim=1)))


def told_appearance(config: Pix2PixHDConfig, appearance: Tensor) -> Tensor:
    """Appearance [B, 11] as the networks are told it: where hair is a plane, without the amount of it."""
    if "hair" not in config.accidents:
        return appearance
    kept = torch.ones_like(appearance)
    kept[:, HAIR] = 0
    return appearance * kept


def masked_appearance(lesion: Tensor, appearance: Tensor, radius: Tensor) -> Tensor:
    """Skin colour where there is skin, lesion colour and spread in the lesion, 1 in the dark rim: [B, 11, H, W].

    lesion: [B, 1, H, W] in 0..1; appearance: [B, 11]; radius: [B, 1, H, W], squared, 1 in the frame's corners.
    """
    a = appearance[:, :, None, None]
    skin, inside = a[:, SKIN_COLOUR] * (1 - lesion), a[:, LESION_COLOUR] * lesion
    return torch.cat([skin, inside, a[:, HAIR] * torch.ones_like(lesion), dark_rim(appearance, radius)], dim=1)


def dark_rim(appearance: Tensor, radius: Tensor) -> Tensor:
    """Where the round field of view has ended: [B, 1, H, W] in 0..1. appearance: [B, 11]; radius as above."""
    return (RIM_STEEPNESS * (radius - 1 + appearance[:, VIGNETTE, None, None])).clamp(0, 1)


def _radius_like(x: Tensor) -> Tensor:
    """Squared distance from the centre of [B, C, H, W] in pixels, 1 in the corners: [B, 1, H, W]."""
    height, width = x.shape[2:]
    down = torch.arange(height, device=x.device, dtype=x.dtype) + 0.5 - height / 2
    across = torch.arange(width, device=x.device, dtype=x.dtype) + 0.5 - width / 2
    squared = (down[:, None] ** 2 + across[None] ** 2) / (width**2 / 4 + height**2 / 4)
    return squared.expand(x.shape[0], 1, height, width)


GENERATORS = {"global": GlobalGenerator, "modulated": ModulatedGenerator}


class MultiscaleDiscriminator(nn.Module):
    """PatchGANs on the picture at full, half, quarter … resolution, each with that resolution's detail if it is asked for."""

    def __init__(self, config: Pix2PixHDConfig) -> None:
        super().__init__()
        self.detail = config.detail
        inputs = condition_channels(config) + 3 + detail_channels(config.detail)
        if config.generator == "modulated":
            inputs += APPEARANCE
        self.scales = nn.ModuleList(
            PatchDiscriminator(
                inputs, config.discriminator_width, config.discriminator_layers, config.discriminator_norm
            )
            for _ in range(config.scales)
        )
        self.apply(weights_init if config.discriminator_norm == "instance" else lambda module: None)

    def forward(self, x: Tensor) -> list[list[Tensor]]:
        """condition and picture [B, C + 3, H, W] → one list of feature maps a scale, finest first."""
        outputs = []
        for scale in self.scales:
            outputs.append(scale(with_detail(x, x[:, -3:], self.detail)))
            x = F.avg_pool2d(x, 3, 2, 1, count_include_pad=False)
        return outputs


def _one_hot(lesion: Tensor, markers: Tensor, border: Tensor) -> Tensor:
    """Eight channels by the fixed precedence of `planes.semantic_map`: [B, 8, H, W] in {0, 1}."""
    ids = torch.where(lesion > 0, LESION, LESION - 1)
    for index in range(markers.shape[1]):
        ids = torch.where(markers[:, index : index + 1] > 0, LESION + 1 + index, ids)
    ids = torch.where(border > 0, 0, ids)
    return F.one_hot(ids[:, 0].long(), len(CLASSES)).permute(0, 3, 1, 2).to(lesion.dtype)


def _planes(lesion: Tensor, markers: Tensor, border: Tensor) -> Tensor:
    return torch.cat([lesion, markers], dim=1)


CONDITIONS = {"semantic": _one_hot, "planes": _planes}
