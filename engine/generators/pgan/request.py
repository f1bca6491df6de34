"""What the family takes and makes, without torch."""

from engine.config import controls_of
from engine.generators.pgan.config import PganConfig
from engine.generators.shared.family import Capabilities
from engine.generators.shared.noise_request import NoiseRequest

Request = NoiseRequest


def capabilities(config: PganConfig) -> Capabilities:
    """Noise, and the settings of its request."""
    return Capabilities(
        "noise",
        diagnoses=config.diagnoses,
        asks_diagnosis=True,
        size=config.size,
        training_sizes=config.training_sizes,
        controls=controls_of(Request),
    )
