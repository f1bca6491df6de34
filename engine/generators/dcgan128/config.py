"""How the DCGAN of 128x128 px is built, without torch."""

from dataclasses import dataclass
from typing import Annotated, Literal

from engine.config import Range
from engine.generators.shared.noise_config import NoiseConfig


@dataclass(frozen=True, kw_only=True)
class Dcgan128Config(NoiseConfig):
    """The DCGAN of 128x128 px whose Keras layers the melanoma and BCC paper tabulates, batch norm and padding included."""

    latent: Annotated[int, Range(1, 1024)]
    width: Annotated[int, Range(1, 256)]
    """Channels of the last blocks; the first three have twice as many."""
    discriminator_width: Annotated[int, Range(1, 256)]
    """Channels of the first of five convolutions; each has twice as many as the one before."""
    dropout: Annotated[float, Range(0, 0.9)]
    objective: Literal["bce", "hinge"]
    r1: Annotated[float, Range(0, 1000)]
    """Weight of the gradient penalty on real pictures (Mescheder et al. 2018); 0 in the paper."""
    diffaugment: bool
    """Translation and cutout of what the discriminator sees (Zhao et al. 2020)."""

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the pictures, px: 4x4, thrice doubled, then by four."""
        return 128, 128
