"""What one picture from noise is asked with, without torch.

A family's settings travel as its one record: from a page or the command line to the generator, and into whatever is stored.
A new setting is one annotated line here, or in the request of the family that has it.
"""

from dataclasses import dataclass
from typing import Annotated, Any

from engine.config import Range, Slider, number_text, to_table

SEED_LIMIT = 2**64
ALWAYS_STORED = ("diagnosis", "truncation")  # format 1 has named both since its beginning, taken or not


@dataclass(frozen=True)
class NoiseRequest:
    """diagnosis: one of the preset's; None lets the seed draw it in the training data's proportion."""

    diagnosis: str | None = None
    seed: int = 0

    def chosen(self) -> dict[str, Any]:
        """The settings beside the seed as plain values, without those that are None."""
        return {name: value for name, value in to_table(self).items() if name != "seed"}

    def stored(self) -> dict[str, Any]:
        """The settings beside the seed as a picture's metadata and a set's job hold them."""
        return dict.fromkeys(ALWAYS_STORED) | self.chosen()

    def options(self) -> list[str]:
        """The settings beside the seed as the command line takes them."""
        written = {
            name: number_text(value) if isinstance(value, float) else str(value)
            for name, value in self.chosen().items()
        }
        return [part for name, text in written.items() for part in (f"--{name.replace('_', '-')}", text)]


@dataclass(frozen=True)
class TruncatedRequest(NoiseRequest):
    """truncation: bound of the latent, in standard deviations; None leaves it unbounded."""

    truncation: Annotated[
        Annotated[float, Range(0.05, 4, 0.05)] | None,
        Slider("Truncation", "Bound of the noise in standard deviations: lower is more alike and more usual", "off"),
    ] = None
