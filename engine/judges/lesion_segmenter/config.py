"""How the lesion segmenter is built, without torch."""

from dataclasses import dataclass
from typing import Annotated

from engine.config import Range

SIZE_PX = 128  # it looks at pictures of this side


@dataclass(frozen=True)
class LesionSegmenterConfig:
    """A small U-Net, and how it learns."""

    width: Annotated[int, Range(1, 256)]
    """Channels of the first level; each of the four has twice as many as the one before."""
    tone_augmentation: Annotated[float, Range(0, 1)]
    """Share of pictures moved along the melanin axis, so that lesions on hardly photographed skins are seen too."""
