"""How a DCGAN is built, without torch."""

from dataclasses import dataclass
from typing import Annotated, Literal

from engine.config import Range
from engine.generators.shared.noise_config import NoiseConfig

Side = Annotated[int, Range(1, 512)]


@dataclass(frozen=True, kw_only=True)
class DcganConfig(NoiseConfig):
    """DCGAN (Radford et al. 2016): the official 64x64 form, the four-channel 5x5 form of Pollastri et al. 2019, and ours."""

    mask: bool
    """Whether a fourth channel holds the lesion mask, so that picture and mask are made together."""
    latent: Annotated[int, Range(1, 1024)]
    start: tuple[Side, Side]
    """Width and height, px, of the map that the latent is projected to; each upsampling doubles it."""
    upsamplings: Annotated[int, Range(1, 7)]
    width: Annotated[int, Range(1, 256)]
    """Channels before the last upsampling (ngf); each one before it has twice as many."""
    kernel: Literal[4, 5]
    bias: bool
    activation: Literal["relu", "leaky"]
    """In the generator; the discriminator's is leaky."""
    upsampling: Literal["deconv", "resize"]
    """`deconv` is the papers'; `resize` is nearest and a 3x3 convolution, against the checkerboard (Odena et al. 2016)."""
    generator_norm: Literal["batch", "pixel"]
    discriminator_width: Annotated[int, Range(1, 256)]
    discriminator_norm: Literal["batch", "spectral"]
    first_norm: bool
    """Whether the discriminator's first convolution is normalised too."""
    objective: Literal["bce", "hinge"]
    generator_steps: Annotated[int, Range(1, 4)]
    """Steps of the generator for one of the discriminator."""
    r1: Annotated[float, Range(0, 1000)]
    """Weight of the gradient penalty on real pictures (Mescheder et al. 2018); 0 in the papers."""
    diffaugment: bool
    """Translation and cutout of what the discriminator sees (Zhao et al. 2020)."""

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the pictures, px."""
        return self.start[0] << self.upsamplings, self.start[1] << self.upsamplings
