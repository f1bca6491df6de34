"""The DCGAN of 128x128 px of the melanoma and BCC paper, layer for layer its two tables (there written for Keras).

"Same" padding of a strided convolution puts the odd pixel right and below; batch norm keeps 0.8 of its statistics and adds
1e-3 to the variance; weights are Glorot-uniform. Both networks step from the same forward pass.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from engine.generators.dcgan128.config import Dcgan128Config
from engine.generators.shared.detail import detail_channels, with_detail
from engine.generators.shared.layers import WideTanh

START_PX = 4
MOMENTUM, EPSILON = 0.2, 1e-3  # Keras writes the share that is kept, torch the share that is taken in
SLOPE = 0.2


class SameConv(nn.Conv2d):
    """A 3x3 convolution with Keras's "same" padding: the output has ceil(size / stride) px a side."""

    def __init__(self, before: int, after: int, stride: int = 1) -> None:
        super().__init__(before, after, 3, stride)
        nn.init.xavier_uniform_(self.weight)
        nn.init.zeros_(self.bias)

    def forward(self, x: Tensor) -> Tensor:
        """[B, C, H, W] → [B, C', ceil(H / stride), ceil(W / stride)]."""
        (above, below), (left, right) = (self._padding(side) for side in x.shape[2:])
        return super().forward(F.pad(x, (left, right, above, below)))

    def _padding(self, side: int) -> tuple[int, int]:
        stride, kernel = self.stride[0], self.kernel_size[0]
        missing = max(0, (-(-side // stride) - 1) * stride + kernel - side)
        return missing // 2, missing - missing // 2


class EnlargingConv(SameConv):
    """Nearest enlargement and then a 3x3 "same" convolution, as one convolution of the small map: the same function.

    A row of the enlarged map sees two rows of the small one at most: the first of every `factor` the row above its own,
    the last the one below, those between their own alone. So all rows are a 2x2 convolution of the small map apart, its
    weights sums of the 3x3 ones, at 4/9 (factor 2) or a quarter (factor 4) of the work.
    """

    def __init__(self, factor: int, before: int, after: int) -> None:
        super().__init__(before, after)
        first, last = ((1, 0, 0), (0, 1, 1)), ((1, 1, 0), (0, 0, 1))
        alone = ((0, 0, 0), (1, 1, 1))
        self.kinds = (first, *[alone] * (factor > 2), last)
        # of each of `factor` rows: its kind, and whether its window starts at the row above its own or at its own
        self.places = ((0, 0), *[(1, 0)] * (factor - 2), (len(self.kinds) - 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        """[B, C, H, W] → [B, C', factor·H, factor·W]."""
        kinds, (height, width) = len(self.kinds), x.shape[2:]
        sums = self.weight.new_tensor(self.kinds)
        weight = torch.einsum("kai,lbj,ocij->klocab", sums, sums, self.weight).flatten(0, 2)
        small = F.conv2d(F.pad(x, (1, 1, 1, 1)), weight, self.bias.repeat(kinds**2))
        small = small.permute(0, 2, 3, 1).unflatten(3, (kinds, kinds, -1))
        rows = []  # channels stay last, so that the copies below are of whole runs of memory
        for of_row, down in self.places:
            across = small[:, down : down + height, :, of_row]
            columns = [across[:, :, right : right + width, kind] for kind, right in self.places]
            rows.append(torch.stack(columns, dim=3).flatten(2, 3))
        return torch.stack(rows, dim=2).flatten(1, 2).permute(0, 3, 1, 2)


def _norm(channels: int) -> nn.BatchNorm2d:
    return nn.BatchNorm2d(channels, EPSILON, MOMENTUM)


def _dense(before: int, after: int) -> nn.Linear:
    layer = nn.Linear(before, after)
    nn.init.xavier_uniform_(layer.weight)
    nn.init.zeros_(layer.bias)
    return layer


class Generator(nn.Module):
    """Table 1: dense to 4x4, three doublings, one by four."""

    def __init__(self, config: Dcgan128Config) -> None:
        super().__init__()
        self.widths = (2 * config.width, 2 * config.width, 2 * config.width, config.width, config.width)
        self.project = _dense(config.latent, self.widths[0] * START_PX**2)
        layers: list[nn.Module] = []
        for factor, before, after in zip((2, 2, 2, 4), self.widths[:-1], self.widths[1:], strict=True):
            layers += [EnlargingConv(factor, before, after), _norm(after), nn.ReLU()]
        self.layers = nn.Sequential(*layers, SameConv(self.widths[-1], 3), WideTanh())

    def forward(self, z: Tensor) -> Tensor:
        """z: [B, latent] → [B, 3, 128, 128] in [-1, 1]."""
        return self.layers(F.relu(self.project(z)).view(-1, self.widths[0], START_PX, START_PX))


class Discriminator(nn.Module):
    """Table 2 of the paper, whose caption says generator: five convolutions, then one logit."""

    def __init__(self, config: Dcgan128Config) -> None:
        super().__init__()
        widths = [config.discriminator_width << level for level in range(5)]
        self.detail = config.detail
        layers = [
            SameConv(3 + detail_channels(config.detail), widths[0], 2),
            *_after(config),
            SameConv(widths[0], widths[1], 2),
        ]
        layers += [nn.ZeroPad2d((0, 1, 0, 1)), _norm(widths[1]), *_after(config)]
        for stride, before, after in zip((2, 1, 1), widths[1:-1], widths[2:], strict=True):
            layers += [SameConv(before, after, stride), _norm(after), *_after(config)]
        self.layers = nn.Sequential(*layers)
        self.last = _dense(widths[-1] * 17 * 17, 1)

    def forward(self, pictures: Tensor) -> Tensor:
        """[B, 3, 128, 128] → [B]."""
        return self.last(self.layers(with_detail(pictures, pictures, self.detail)).flatten(1))[:, 0]


def _after(config: Dcgan128Config) -> list[nn.Module]:
    return [nn.LeakyReLU(SLOPE), nn.Dropout(config.dropout)]
