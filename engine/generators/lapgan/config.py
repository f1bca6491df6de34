"""How a LAPGAN is built, without torch."""

from dataclasses import dataclass
from typing import Annotated, Literal

from engine.config import Range
from engine.errors import EngineError
from engine.generators.shared.noise_config import NoiseConfig

LAPGAN_GANS = 5


@dataclass(frozen=True, kw_only=True)
class LapganConfig(NoiseConfig):
    """LAPGAN (Denton et al. 2015) as Pollastri et al. 2019 built it: five independent GANs over a Laplacian pyramid."""

    mask: bool
    """Whether a fourth channel holds the lesion mask, so that picture and mask are made together."""
    levels: tuple[Annotated[int, Range(0, LAPGAN_GANS - 1)], ...]
    """Which of the five are built and trained. A run of some of them is joined with the others' by `moulage join`."""
    latent: Annotated[int, Range(1, 1024)]
    start: tuple[Annotated[int, Range(5, 64)], Annotated[int, Range(5, 64)]]
    """Width and height, px, of the smallest level, 5 at least for the convolutions above it.

    Each of the five levels above doubles it, the last by the fifth GAN again."""
    hidden: Annotated[int, Range(1, 8192)]
    """Units of the first GAN's hidden layers."""
    width: Annotated[int, Range(1, 256)]
    """Channels of the other generators' hidden layers."""
    discriminator_width: Annotated[int, Range(1, 256)]
    dropout: Annotated[float, Range(0, 0.9)]
    """Before the last layer of every discriminator."""
    objective: Literal["bce", "hinge"]

    def __post_init__(self) -> None:
        """Levels must be named once each."""
        super().__post_init__()
        if not self.levels or len(set(self.levels)) != len(self.levels):
            raise EngineError(
                f"levels = {list(self.levels)}; one or more of 0 to {LAPGAN_GANS - 1}, each once, is expected."
            )

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the pictures, px."""
        return self.start[0] << LAPGAN_GANS, self.start[1] << LAPGAN_GANS
