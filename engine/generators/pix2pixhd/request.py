"""What the family takes and makes, without torch."""

from engine.config import controls_of
from engine.generators.pix2pixhd.config import Pix2PixHDConfig
from engine.generators.shared.family import Capabilities
from engine.generators.shared.sliders import AppearanceSettings

Request = AppearanceSettings


def capabilities(config: Pix2PixHDConfig) -> Capabilities:
    """A lesion with its markers; only the live form can be told colours and hair."""
    controls = controls_of(Request) if config.generator == "modulated" else ()
    return Capabilities("map", controls=controls, accidents=config.accidents)
