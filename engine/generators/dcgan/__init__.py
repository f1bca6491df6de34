"""DCGAN: a picture, or a picture and its mask, from noise."""

from engine.data.recipes import PhotosData
from engine.generators.dcgan.config import DcganConfig
from engine.generators.dcgan.request import Request, capabilities
from engine.generators.shared.family import Family

FAMILY = Family(
    name="dcgan",
    title="DCGAN: a picture, or a picture and its mask, from noise",
    paper="Radford et al. 2016, Unsupervised representation learning with deep convolutional GANs; Pollastri et al. 2019",
    config=DcganConfig,
    data=PhotosData,
    request=Request,
    capabilities=capabilities,
    module="engine.generators.dcgan.losses",
)
