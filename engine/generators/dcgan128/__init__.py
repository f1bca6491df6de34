"""DCGAN of 128x128 px, one a disease, from noise."""

from engine.data.recipes import PhotosData
from engine.generators.dcgan128.config import Dcgan128Config
from engine.generators.dcgan128.request import Request, capabilities
from engine.generators.shared.family import Family

FAMILY = Family(
    name="dcgan128",
    title="DCGAN of 128x128 px, one a disease, from noise",
    paper="A generative adversarial approach to melanoma and basal cell carcinoma images with a Turing test",
    config=Dcgan128Config,
    data=PhotosData,
    request=Request,
    capabilities=capabilities,
    module="engine.generators.dcgan128.losses",
)
