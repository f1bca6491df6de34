"""The lesion segmenter: it says where the lesion of a clinical photograph is."""

from dataclasses import dataclass

from engine.cases.conditions import CONDITIONS
from engine.data.recipes import CropsData
from engine.generators.shared.family import Capabilities, Family
from engine.judges.lesion_segmenter.config import SIZE_PX, LesionSegmenterConfig


@dataclass(frozen=True)
class Request:
    """A judge is asked nothing but its photo."""


def capabilities(config: LesionSegmenterConfig) -> Capabilities:
    """Photos of every condition."""
    return Capabilities("photo", conditions=CONDITIONS, size=(SIZE_PX, SIZE_PX))


FAMILY = Family(
    name="lesion-segmenter",
    title="Lesion segmenter: the lesion's mask in a clinical photograph",
    paper="Ronneberger et al. 2015, U-Net: convolutional networks for biomedical image segmentation",
    config=LesionSegmenterConfig,
    data=CropsData,
    request=Request,
    capabilities=capabilities,
    module="engine.judges.lesion_segmenter.losses",
)
