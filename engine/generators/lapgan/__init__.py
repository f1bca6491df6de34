"""LAPGAN: a picture and its mask from noise, level by level."""

from engine.data.recipes import PhotosData
from engine.generators.lapgan.config import LapganConfig
from engine.generators.lapgan.request import Request, capabilities
from engine.generators.shared.family import Family

FAMILY = Family(
    name="lapgan",
    title="LAPGAN: a picture and its mask from noise, level by level",
    paper="Denton et al. 2015, Deep generative image models using a Laplacian pyramid; Pollastri et al. 2019",
    config=LapganConfig,
    data=PhotosData,
    request=Request,
    capabilities=capabilities,
    module="engine.generators.lapgan.losses",
)
