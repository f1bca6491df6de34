"""What the family takes and makes, without torch."""

from engine.config import controls_of
from engine.generators.dermgan.config import DermGanConfig
from engine.generators.shared.family import Capabilities
from engine.generators.shared.sliders import AppearanceSettings

Request = AppearanceSettings


def capabilities(config: DermGanConfig) -> Capabilities:
    """Boxes with their conditions; only the live form can be told colours and hair."""
    controls = controls_of(Request) if config.generator == "modulated" else ()
    return Capabilities("boxes", conditions=config.conditions, controls=controls)
