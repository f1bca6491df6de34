"""pix2pixHD: a dermoscopic picture from a map."""

from engine.data.recipes import PlanesData
from engine.generators.pix2pixhd.config import Pix2PixHDConfig
from engine.generators.pix2pixhd.request import Request, capabilities
from engine.generators.shared.family import Family

FAMILY = Family(
    name="pix2pixhd",
    title="pix2pixHD: a dermoscopic picture from a map",
    paper="Bissoto et al. 2018, Skin lesion synthesis with generative adversarial networks",
    config=Pix2PixHDConfig,
    data=PlanesData,
    request=Request,
    capabilities=capabilities,
    module="engine.generators.pix2pixhd.losses",
)
