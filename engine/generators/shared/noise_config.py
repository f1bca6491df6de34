"""What the configurations of generators that start from noise share, without torch."""

from dataclasses import dataclass
from typing import Annotated

from engine.cases.diagnoses import check as check_diagnosis
from engine.config import Range
from engine.errors import EngineError

Diagnoses = tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class NoiseConfig:
    """What every one of them says of the photos that it learns from, and of who judges its pictures beside the paper's."""

    diagnoses: Diagnoses
    """The photos learned from: those with one of these; empty takes all."""
    projected: Annotated[float, Range(0, 10)] = 0.0
    """Weight of small discriminators on features of a frozen network (Sauer et al. 2021); 0 in the papers."""
    energy: Annotated[float, Range(0, 1000)] = 0.0
    """Weight of the energy distance between thumbnails of pictures and of photos, see `noise.energy`; 0 in the papers."""
    own_discriminator: Annotated[float, Range(0, 10)] = 1.0
    """Weight of the family's own discriminator; 0 leaves it out, and those on features judge alone."""

    detail: Annotated[float, Range(0, 100)] = 0.0
    """Gain of the detail channels that the family's own discriminator sees, see `shared.detail`; 0 in the papers."""

    def __post_init__(self) -> None:
        """Diagnoses must be known, and each named once; somebody must judge."""
        check_diagnoses(self.diagnoses)
        check_judges(self.projected, self.own_discriminator)


def check_judges(projected: float, own_discriminator: float) -> None:
    """Raise EngineError where nobody would judge the pictures."""
    if not projected and not own_discriminator:
        raise EngineError("projected = 0 and own_discriminator = 0; one of them at least must be above 0, to judge.")


def check_diagnoses(diagnoses: Diagnoses) -> None:
    """Raise EngineError for a diagnosis that is unknown, or named twice."""
    if len(set(diagnoses)) != len(diagnoses):
        raise EngineError(f"diagnoses = {list(diagnoses)}; each once is expected.")
    for diagnosis in diagnoses:
        check_diagnosis(diagnosis)
