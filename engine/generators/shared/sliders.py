"""The sliders that several generators share. A new one is one annotated line here, or in the request of the one that has it.

The studio's controls, the command line's flags, the case and its file all read it from there.
"""

from dataclasses import dataclass
from typing import Annotated

from engine.cases.settings import Settings, Share
from engine.config import Slider


@dataclass(frozen=True)
class AppearanceSettings(Settings):
    """What a map cannot say, as percentiles of the training photos, 0..1; None lets the seed draw it from their density."""

    lesion_colour: Annotated[
        Share | None, Slider("Lesion colour", "Lesion colour, as a percentile of the training photos")
    ] = None
    variation: Annotated[
        Share | None, Slider("Variation", "Colour variation inside the lesion, as a percentile of the training photos")
    ] = None
    hair: Annotated[Share | None, Slider("Hair", "Hair, as a percentile of the training photos")] = None
