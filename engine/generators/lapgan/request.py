"""What the family takes and makes, without torch."""

from engine.config import controls_of
from engine.generators.lapgan.config import LapganConfig
from engine.generators.shared.family import Capabilities
from engine.generators.shared.noise_request import TruncatedRequest

Request = TruncatedRequest


def capabilities(config: LapganConfig) -> Capabilities:
    """Noise, and the settings of its request."""
    return Capabilities(
        "noise",
        diagnoses=config.diagnoses,
        mask=config.mask,
        size=config.size,
        controls=controls_of(Request),
    )
