"""Progressively grown networks (Karras et al. 2018, table 2) with a label concatenated to their features.

A stage s paints 2^(s+1) px; stage 1 is 4x4. While stage s fades in by a, the picture is (1 - a) · the enlarged one of stage
s - 1 and a · its own, so that a = 0 changes nothing and a = 1 is the stage alone. Where the label goes follows the released
code of Bissoto et al. 2018 (after most convolutions, and to every toRGB), or their sentence ("every layer except the last").
"""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from engine.generators.pgan.config import PganConfig
from engine.generators.shared.detail import detail_channels, with_detail
from engine.generators.shared.feature_critics import minibatch_stddev
from engine.generators.shared.layers import PixelNorm

SLOPE = 0.2
GAIN = math.sqrt(2)  # He et al. 2015, for leaky rectifiers


class EqualConv(nn.Module):
    """A convolution whose weights, N(0, 1), are scaled in use by gain / sqrt(fan-in) (Karras et al. 2018, sec. 4.1)."""

    def __init__(self, before: int, after: int, kernel: int, padding: int = 0, gain: float = GAIN) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(after, before, kernel, kernel))
        self.bias = nn.Parameter(torch.zeros(after))
        self.scale, self.padding = gain / math.sqrt(before * kernel**2), padding

    def forward(self, x: Tensor) -> Tensor:
        """[B, C, H, W] → [B, C', H, W], less 2 · (kernel // 2 - padding) a side."""
        return F.conv2d(x, self.weight * self.scale, self.bias, padding=self.padding)


class FromLatent(nn.Module):
    """Latent [B, C] → [B, C', 4, 4], a dense layer whose bias is one a channel: the 4x4 "full" convolution of one pixel."""

    def __init__(self, before: int, after: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(before, after, 4, 4))
        self.bias = nn.Parameter(torch.zeros(after))
        self.scale = GAIN / math.sqrt(before * 16)  # the kernel counts into the fan-in, as in the Theano code

    def forward(self, x: Tensor) -> Tensor:
        """[B, C] → [B, C', 4, 4]."""
        return F.conv_transpose2d(x[:, :, None, None], self.weight * self.scale, self.bias)


def channels(config: PganConfig, stage: int) -> int:
    """Features of a convolution at a stage."""
    return max(1, min(config.fmap_base >> stage, config.fmap_max))


def stages(config: PganConfig) -> int:
    """How many stages it takes to the full resolution."""
    return config.resolution.bit_length() - 2


def label_width(config: PganConfig) -> int:
    """Channels of the one-hot label; 0 where there is nothing to choose from."""
    return len(config.diagnoses) if len(config.diagnoses) > 1 else 0


def told(x: Tensor, label: Tensor) -> Tensor:
    """[B, C, ...] with the label [B, K] as K more channels, constant over the picture."""
    shape = (*label.shape, *([1] * (x.dim() - 2)))
    return torch.cat([x, label.reshape(shape).expand(-1, -1, *x.shape[2:])], dim=1)


class Generator(nn.Module):
    """Latent and label → picture, as far as it has grown."""

    def __init__(self, config: PganConfig) -> None:
        super().__init__()
        self.last, labels = stages(config), label_width(config)
        self.everywhere = config.label_placement == "every layer"
        self.norm = PixelNorm()
        first = channels(config, 1)
        self.project = FromLatent(config.latent + labels, first)
        self.refine = EqualConv(first + labels * self.everywhere, first, 3, 1)
        self.blocks, self.to_rgb = nn.ModuleList(), nn.ModuleList()
        for stage in range(1, self.last + 1):
            width = channels(config, stage)
            if stage > 1:
                before = channels(config, stage - 1)
                pair = [EqualConv(before + labels, width, 3, 1), EqualConv(width + labels, width, 3, 1)]
                self.blocks.append(nn.ModuleList(pair))
            self.to_rgb.append(EqualConv(width + labels * (not self.everywhere), 3, 1, gain=1))
        self.register_buffer("grown", torch.tensor([float(self.last), 1.0]))

    def forward(self, z: Tensor, label: Tensor, stage: int | None = None, fade: float = 1.0) -> Tensor:
        """z: [B, latent]; label: one-hot [B, K] → [B, 3, S, S].

        With a stage, S is its side; without, what has grown is painted, enlarged to the full side and clipped to [-1, 1].
        """
        if stage is not None:
            return self._painted(z, label, stage, fade)
        grown, faded = self.grown.tolist()
        picture = self._painted(z, label, round(grown), faded)
        return F.interpolate(picture, scale_factor=2 ** (self.last - round(grown))).clamp(-1, 1)

    def _painted(self, z: Tensor, label: Tensor, stage: int, fade: float) -> Tensor:
        x = self._step(self.project, told(self.norm(z), label))
        x = self._step(self.refine, told(x, label) if self.everywhere else x)
        before = None
        for number in range(2, stage + 1):
            before = x
            x = F.interpolate(x, scale_factor=2)
            for conv in self.blocks[number - 2]:
                x = self._step(conv, told(x, label))
        picture = self._rgb(stage, x, label)
        if fade >= 1 or before is None:
            return picture
        return torch.lerp(F.interpolate(self._rgb(stage - 1, before, label), scale_factor=2), picture, fade)

    def _step(self, layer: nn.Module, x: Tensor) -> Tensor:
        return self.norm(F.leaky_relu(layer(x), SLOPE))

    def _rgb(self, stage: int, x: Tensor, label: Tensor) -> Tensor:
        return self.to_rgb[stage - 1](x if self.everywhere else told(x, label))


class Discriminator(nn.Module):
    """The generator's mirror: picture and label → a score and, with a label head, logits of the label."""

    def __init__(self, config: PganConfig) -> None:
        super().__init__()
        labels = label_width(config)
        self.everywhere, self.group = config.label_placement == "every layer", config.stddev_group
        own = labels * self.everywhere
        self.detail = config.detail
        self.blocks, self.from_rgb = nn.ModuleList(), nn.ModuleList()
        for stage in range(1, stages(config) + 1):
            width = channels(config, stage)
            self.from_rgb.append(EqualConv(3 + detail_channels(config.detail), width, 1))
            if stage > 1:
                pair = [
                    EqualConv(width + own, width, 3, 1),
                    EqualConv(width + labels, channels(config, stage - 1), 3, 1),
                ]
                self.blocks.append(nn.ModuleList(pair))
        last = channels(config, 1)
        self.refine = EqualConv(last + own + 1, last, 3, 1)
        self.dense = EqualConv(last + labels, last, 4)
        self.score = EqualConv(last, 1 + labels * config.label_head, 1, gain=1)

    def forward(self, pictures: Tensor, label: Tensor, stage: int, fade: float = 1.0) -> tuple[Tensor, Tensor]:
        """pictures: [B, 3, S, S] at the stage's side; label: one-hot [B, K] → scores [B], label logits [B, K or 0]."""
        x = self._seen(stage, pictures)
        for number in range(stage, 1, -1):
            for place, conv in enumerate(self.blocks[number - 2]):
                x = F.leaky_relu(conv(told(x, label) if place or self.everywhere else x), SLOPE)
            x = F.avg_pool2d(x, 2)
            if number == stage and fade < 1:
                x = torch.lerp(self._seen(stage - 1, F.avg_pool2d(pictures, 2)), x, fade)
        x = told(x, label) if self.everywhere else x
        x = F.leaky_relu(self.refine(torch.cat([x, minibatch_stddev(x, self.group)], dim=1)), SLOPE)
        x = F.leaky_relu(self.dense(told(x, label)), SLOPE)
        found = self.score(x)[:, :, 0, 0]
        return found[:, 0], found[:, 1:]

    def _seen(self, stage: int, pictures: Tensor) -> Tensor:
        return F.leaky_relu(self.from_rgb[stage - 1](with_detail(pictures, pictures, self.detail)), SLOPE)
