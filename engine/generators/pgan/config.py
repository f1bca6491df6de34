"""How a conditional PGAN is built, without torch."""

from dataclasses import dataclass
from typing import Annotated, Literal

from engine.config import Range
from engine.generators.shared.noise_config import NoiseConfig


@dataclass(frozen=True, kw_only=True)
class PganConfig(NoiseConfig):
    """Progressive growing (Karras et al. 2018) with the label of Bissoto et al. 2018 in its layers."""

    # `diagnoses` are its labels: with fewer than two the networks take none.
    resolution: Literal[8, 16, 32, 64, 128, 256]
    latent: Annotated[int, Range(1, 1024)]
    fmap_base: Annotated[int, Range(8, 16384)]
    """A convolution at 2^s px has fmap_base / 2^(s-1) channels, at most `fmap_max`."""
    fmap_max: Annotated[int, Range(1, 1024)]
    label_placement: Literal["released", "every layer"]
    """`released` is where the authors' code concatenates the label; `every layer` but the last is the paper's sentence."""
    label_head: bool
    """Whether the discriminator also tells the label (AC-GAN); the released code kept that head."""
    objective: Literal["wgan-gp", "logistic"]
    gradient_penalty: Annotated[float, Range(0, 1000)]
    """Weight of wgan-gp's penalty between real and fake, or of logistic's R1 on real pictures."""
    drift: Annotated[float, Range(0, 1)]
    """Weight of the squared score of real pictures."""
    stddev_group: Annotated[int, Range(0, 64)]
    """Pictures over which the minibatch standard deviation is taken; 0 is the whole minibatch."""
    diffaugment: bool
    """Translation and cutout of what the discriminator sees (Zhao et al. 2020)."""

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the pictures, px."""
        return self.resolution, self.resolution

    @property
    def training_sizes(self) -> tuple[tuple[int, int], ...]:
        """Width and height, px, of every stage of growing."""
        return tuple((side, side) for side in (4 << step for step in range(7)) if side <= self.resolution)
