"""What a case says beside its map, whatever its generator: every generator's request begins here."""

from dataclasses import dataclass
from typing import Annotated, Literal

from engine.config import Range

SEED_LIMIT = 2**31 - 1
TONES = ("I", "II", "III", "IV", "V", "VI")

Tone = Literal["I", "II", "III", "IV", "V", "VI"]
Share = Annotated[float, Range(0.0, 1.0, 0.01)]


@dataclass(frozen=True)
class Settings:
    """What every generator that paints a case takes. tone: Fitzpatrick type; None leaves it to the seed."""

    seed: Annotated[int, Range(0, SEED_LIMIT)] = 0
    tone: Tone | None = None
