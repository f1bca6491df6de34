"""DermGAN: a clinical photograph from boxes, conditions and a skin tone."""

from engine.data.recipes import CropsData
from engine.generators.dermgan.config import DermGanConfig
from engine.generators.dermgan.request import Request, capabilities
from engine.generators.shared.family import Family

FAMILY = Family(
    name="dermgan",
    title="DermGAN: a clinical photograph from boxes, conditions and a skin tone",
    paper="Ghorbani et al. 2019, DermGAN: synthetic generation of clinical skin images with pathology",
    config=DermGanConfig,
    data=CropsData,
    request=Request,
    capabilities=capabilities,
    module="engine.generators.dermgan.losses",
)
