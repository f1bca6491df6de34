"""Layers and small networks that several families are built of."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.parametrizations import spectral_norm

EDGE = "replicate"  # zero padding leaves a frame around the picture


class PixelNorm(nn.Module):
    """Divide every pixel's features by their root mean square (Karras et al. 2018, sec. 4.2)."""

    def forward(self, x: Tensor) -> Tensor:
        """[B, C, ...] → the same shape."""
        return x * torch.rsqrt(x.square().mean(dim=1, keepdim=True) + 1e-8)


class WideTanh(nn.Tanh):
    """Tanh in float32 whatever comes in: bfloat16 rounds it to ±1 from 3.5 on, where no gradient is left to come back by."""

    def forward(self, x: Tensor) -> Tensor:
        """Any shape, elementwise."""
        return super().forward(x.float())


class Modulation(nn.Module):
    """Scale and shift of every pixel from map, appearance and noise (SPADE, Park et al. 2019, with 1x1 convolutions).

    Instance norm erases whatever is constant over a picture, a skin colour for one; what enters after it is kept.
    """

    def __init__(self, channels: int, inputs: int, norm: str) -> None:
        super().__init__()
        self.norm = nn.InstanceNorm2d(channels) if norm == "instance" else nn.Identity()
        self.affine = nn.Conv2d(inputs, 2 * channels, 1)
        nn.init.normal_(self.affine.weight, 0, 0.02)
        nn.init.zeros_(self.affine.bias)

    def forward(self, x: Tensor, guide: Tensor) -> Tensor:
        """x [B, C, H, W], guide [B, inputs, H, W] → [B, C, H, W]."""
        scale, shift = self.affine(guide).chunk(2, dim=1)
        return self.norm(x) * (1 + scale) + shift


class ModulatedBlock(nn.Module):
    """Two modulated convolutions and the input; starts as the identity, so that depth costs no stability."""

    def __init__(self, channels: int, guide: int, norm: str) -> None:
        super().__init__()
        self.first, self.second = Modulation(channels, guide, norm), Modulation(channels, guide, norm)
        self.conv1 = nn.Conv2d(channels, channels, 3, padding=1, padding_mode=EDGE)
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1, padding_mode=EDGE)
        nn.init.zeros_(self.conv2.weight)

    def forward(self, x: Tensor, guide: Tensor) -> Tensor:
        """[B, C, H, W] → the same shape."""
        y = self.conv1(F.leaky_relu(self.first(x, guide), 0.2))
        return x + self.conv2(F.leaky_relu(self.second(y, guide), 0.2))


class PatchDiscriminator(nn.Module):
    """One PatchGAN: k4 s2 convolutions (padding 2) doubling the width, one s1, then one logit a patch."""

    def __init__(self, inputs: int, width: int, layers: int, norm: str) -> None:
        super().__init__()
        wrap, normed = NORMS[norm]
        stages = [nn.Sequential(wrap(nn.Conv2d(inputs, width, 4, 2, 2)), nn.LeakyReLU(0.2))]
        for k in range(1, layers + 1):
            previous, width = width, min(2 * width, 512)
            conv = wrap(nn.Conv2d(previous, width, 4, 2 if k < layers else 1, 2))
            stages.append(nn.Sequential(conv, *normed(width), nn.LeakyReLU(0.2)))
        stages.append(nn.Sequential(wrap(nn.Conv2d(width, 1, 4, 1, 2))))
        self.stages = nn.ModuleList(stages)

    def forward(self, x: Tensor) -> list[Tensor]:
        """[B, C, H, W] → every stage's output, the logits last."""
        outputs = []
        for stage in self.stages:
            x = stage(x)
            outputs.append(x)
        return outputs


NORMS = {
    "instance": (lambda conv: conv, lambda channels: [nn.InstanceNorm2d(channels)]),
    "spectral": (spectral_norm, lambda channels: []),
    "none": (lambda conv: conv, lambda channels: []),
}


def weights_init(module: nn.Module, std: float = 0.02) -> None:
    """Weights N(0, 0.02), batch norm's N(1, 0.02), biases 0 (Radford et al. 2016, sec. 4; the official code)."""
    if isinstance(module, nn.Conv2d | nn.ConvTranspose2d | nn.Linear | nn.BatchNorm2d):
        nn.init.normal_(module.weight, float(isinstance(module, nn.BatchNorm2d)), std)
        if module.bias is not None:
            nn.init.zeros_(module.bias)
