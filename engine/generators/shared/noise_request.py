"""What one picture from noise is asked with, without torch."""

from dataclasses import dataclass
from typing import Annotated

from engine.config import Range, Slider

SEED_LIMIT = 2**64


@dataclass(frozen=True)
class NoiseRequest:
    """diagnosis: one of the preset's; None lets the seed draw it in the training data's proportion."""

    diagnosis: str | None = None
    seed: int = 0


@dataclass(frozen=True)
class TruncatedRequest(NoiseRequest):
    """truncation: bound of the latent, in standard deviations; None leaves it unbounded."""

    truncation: Annotated[
        Annotated[float, Range(0.05, 4, 0.05)] | None,
        Slider("Truncation", "Bound of the noise in standard deviations: lower is more alike and more usual"),
    ] = None
