"""Frozen EfficientNet-lite0 features: a perceptual distance, and discriminator heads that look at them.

Sauer et al. 2021, "Projected GANs converge faster", sec. 4 (features of four depths, one small discriminator each), with
what belongs to the picture given to every head: its map, its label, or its mask. Raw features are ruled by a few large
channels, so each channel is divided by its spread over training photos before it is compared, as LPIPS weighs channels
(Zhang et al. 2018, eq. 1).
"""

from collections.abc import Iterator, Sequence
from itertools import pairwise

import timm
import torch
from safetensors.torch import load_file
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.fusion import fuse_conv_bn_eval
from torch.nn.utils.parametrizations import spectral_norm

from engine.data.batches.kinds import Batch
from engine.generators.shared.objectives import Objective
from engine.weights.feature_nets import path

HEAD_WIDTH = 64
CALIBRATION_BATCHES = 8
MIRRORED_PX = 8
SMALLEST_PX = 64  # side to which smaller pictures are enlarged: the deepest features are 32 px apart
CHANNELS = (24, 40, 112, 320)  # after blocks 1, 2, 4, 6: strides 4, 8, 16, 32
TAPS = (1, 2, 4, 6)


class LiteFeatures(nn.Module):
    """EfficientNet-lite0's blocks at four depths, each channel divided by its spread over training photos.

    Input: pictures [B, 3, H, W] in [-1, 1] (the net was trained on (x·255 − 127)/128, which differs by 0.4 %).
    """

    def __init__(self, pretrained: bool = True) -> None:
        super().__init__()
        net = timm.create_model("tf_efficientnet_lite0", pretrained=False)
        if pretrained:
            net.load_state_dict(load_file(path("lite0")))
        self.stem = nn.Sequential(net.conv_stem, net.bn1)
        self.blocks = nn.Sequential(*list(net.blocks)[: TAPS[-1] + 1])
        for k, channels in enumerate(CHANNELS):
            self.register_buffer(f"spread{k}", torch.ones(1, channels, 1, 1))
        fold_batch_norms(self.eval().requires_grad_(False))

    def forward(self, x: Tensor) -> list[Tensor]:
        """Four maps [B, 24|40|112|320, H/4 … H/32, W/4 … W/32]."""
        # CPUs are slow at the bfloat16 gradient of the depthwise convolutions, and fast at all else in it.
        slow = x.device.type == "cpu" and x.requires_grad
        with torch.autocast(x.device.type, enabled=torch.is_autocast_enabled(x.device.type) and not slow):
            x, taps = self.stem(x), []
            for index, block in enumerate(self.blocks):
                x = block(x)
                if index in TAPS:
                    taps.append(x / self.get_buffer(f"spread{len(taps)}"))
        return taps

    @torch.no_grad()
    def calibrate(self, pictures: Iterator[Tensor]) -> None:
        """Set every channel's spread to its standard deviation over `pictures`, an iterator of [B, 3, H, W]."""
        seen = [[tap.float().cpu() for tap in self(batch)] for batch in pictures]
        for k in range(len(CHANNELS)):
            spread = torch.cat([taps[k] for taps in seen]).std(dim=(0, 2, 3), keepdim=True)
            buffer = self.get_buffer(f"spread{k}")
            buffer.mul_(spread.clamp(min=1e-3).to(buffer.device))


def calibrated(batches: Iterator[Batch], pretrained: bool = True) -> LiteFeatures:
    """The feature net, its channels scaled by their spread over the photos of the first batches, on their device."""
    first = next(batches)
    net = LiteFeatures(pretrained).to(first.pictures.device)
    rest = (next(batches).pictures[:, :3] for _ in range(CALIBRATION_BATCHES - 1))
    net.calibrate(iter([first.pictures[:, :3], *rest]))
    return net


def fold_batch_norms(module: nn.Module) -> None:
    """Fold each batch norm (timm's norm with activation) into the convolution before it: the same function, fewer passes."""
    children = list(module.named_children())
    for (name, conv), (after, norm) in pairwise(children):
        if isinstance(conv, nn.Conv2d) and isinstance(norm, nn.BatchNorm2d):
            setattr(module, name, fuse_conv_bn_eval(conv, norm))
            setattr(
                module, after, nn.Sequential(*[getattr(norm, part) for part in ("drop", "act") if hasattr(norm, part)])
            )
    for child in module.children():
        fold_batch_norms(child)


def perceptual(fake: Sequence[Tensor], real: Sequence[Tensor]) -> Tensor:
    """Mean over depths of the L1 distance between scaled features."""
    return torch.stack([F.l1_loss(a.float(), b.detach().float()) for a, b in zip(fake, real, strict=True)]).mean()


class FeatureHeads(nn.Module):
    """One small conditional discriminator a depth, on frozen features.

    varied: whether each also sees how much the batch varies, without which pictures from noise all get the same skin.
    """

    def __init__(self, condition: int, width: int, varied: bool = False) -> None:
        super().__init__()
        self.varied = varied
        self.heads = nn.ModuleList(_head(channels + condition + varied, width) for channels in CHANNELS)

    def forward(self, features: Sequence[Tensor], condition: Tensor) -> list[Tensor]:
        """features of `LiteFeatures`, condition [B, C, H, W] → four maps of logits."""
        logits = []
        for head, tap in zip(self.heads, features, strict=True):
            tap = torch.cat([tap, minibatch_stddev(tap)], dim=1) if self.varied else tap
            if condition.shape[1]:  # pooling knows no gradient of no channels
                tap = torch.cat([tap, F.adaptive_avg_pool2d(condition, tap.shape[2:])], dim=1)
            logits.append(head(tap))
        return logits


def minibatch_stddev(x: Tensor, group: int = 0) -> Tensor:
    """Standard deviation over the pictures, averaged over features and pixels, as one more map (Karras et al. 2018, sec. 3).

    x: [B, C, H, W] → [B, 1, H, W]. group: so many pictures are taken together, or all with 0 or where they do not divide.
    """
    count, _, height, width = x.shape
    size = group if group and count % group == 0 else count
    parts = x.reshape(size, count // size, *x.shape[1:])
    deviation = (parts.var(dim=0, correction=0) + 1e-8).sqrt().mean(dim=(1, 2, 3))
    return deviation.repeat(size)[:, None, None, None].expand(count, 1, height, width)


def distinguished(objective: Objective, real: Sequence[Tensor], fake: Sequence[Tensor]) -> Tensor:
    """The discriminators' mean loss over depths."""
    return torch.stack([objective.discriminator(r, f) for r, f in zip(real, fake, strict=True)]).mean()


def fooled(objective: Objective, fake: Sequence[Tensor]) -> Tensor:
    """The generator's mean loss over depths."""
    return torch.stack([objective.generator(f) for f in fake]).mean()


def taps(net: nn.Module, pictures: Tensor) -> list[Tensor]:
    """Features of pictures [B, 3 or more, H, W], of which the first three channels are looked at.

    They are mirrored outwards first, so that the outermost rows have neighbours on both sides as the others have.
    """
    colours = pictures[:, :3]
    short = min(colours.shape[2:])
    if short < SMALLEST_PX:
        colours = F.interpolate(colours, scale_factor=SMALLEST_PX / short, mode="bilinear", antialias=True)
    return net(F.pad(colours, (MIRRORED_PX,) * 4, mode="reflect"))


def _head(inputs: int, width: int) -> nn.Module:
    return nn.Sequential(
        spectral_norm(nn.Conv2d(inputs, width, 1)),
        nn.LeakyReLU(0.2),
        spectral_norm(nn.Conv2d(width, width, 3, 1, 1)),
        nn.LeakyReLU(0.2),
        spectral_norm(nn.Conv2d(width, 1, 3, 1, 1)),
    )
