"""Detail channels: what a discriminator of pixels needs so that it sees texture at all.

Grain and strands differ from their surroundings by a hundredth of a picture's range. A discriminator whose convolutions are
bounded, or computed in half precision, hardly sees that, and then nothing teaches a generator to be sharp. So the picture's
difference from its 5x5 mean is amplified and shown beside the picture.
"""

from torch import Tensor
from torch import cat as joined
from torch.nn import functional as F

SIDE_PX = 5  # of the square whose mean is taken away; strands and the lines of a network are 2 to 4 px wide
CHANNELS = 3


def detail(pictures: Tensor, gain: float) -> Tensor:
    """gain · (picture - its 5x5 mean), edges mirrored: [B, 3 or more, H, W], H and W at least 3 → [B, 3, H, W]."""
    colours, half = pictures[:, :CHANNELS], SIDE_PX // 2
    return gain * (colours - F.avg_pool2d(F.pad(colours, (half,) * 4, mode="reflect"), SIDE_PX, 1))


def detail_channels(gain: float) -> int:
    """How many input channels a gain adds to a discriminator; 0 adds none."""
    return CHANNELS if gain else 0


def with_detail(shown: Tensor, pictures: Tensor, gain: float) -> Tensor:
    """What is shown, [B, C, H, W], with the detail of its pictures behind it; unchanged with a gain of 0."""
    return joined([shown, detail(pictures, gain)], dim=1) if gain else shown
