"""DCGAN: a picture, or a picture and its lesion mask, from noise (Radford et al. 2016; Pollastri et al. 2019)."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.generators.dcgan.config import DcganConfig
from engine.generators.dcgan.networks import Discriminator, Generator
from engine.generators.dcgan.request import Request, capabilities
from engine.generators.shared.family import Tables
from engine.generators.shared.noise import extrapolates
from engine.generators.shared.noise_model import NoiseModel, latent_inputs
from engine.generators.shared.objectives import OBJECTIVES

__all__ = ["build", "extrapolates", "inputs", "sampler"]


class Dcgan(NoiseModel):
    """The family's networks."""

    def __init__(self, config: DcganConfig) -> None:
        super().__init__(config, Generator(config), Discriminator(config), OBJECTIVES[config.objective], config.mask)
        self.generator_steps = config.generator_steps


def inputs(config: DcganConfig, tables: Tables, drawing: Any, request: Request) -> tuple[NDArray[np.float32], ...]:
    """A request as the sampler takes it: the latent, [1, latent]."""
    return latent_inputs(config, capabilities(config), tables, request)


build = Dcgan
sampler = Generator
