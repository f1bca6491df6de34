"""Conditional PGAN: a picture of a diagnosis, from noise."""

from engine.data.recipes import PhotosData
from engine.generators.pgan.config import PganConfig
from engine.generators.pgan.request import Request, capabilities
from engine.generators.shared.family import Family

FAMILY = Family(
    name="pgan",
    title="Conditional PGAN: a picture of a diagnosis, from noise",
    paper="Karras et al. 2018, Progressive growing of GANs; Bissoto et al. 2018, Skin lesion synthesis with GANs",
    config=PganConfig,
    data=PhotosData,
    request=Request,
    capabilities=capabilities,
    module="engine.generators.pgan.losses",
)
