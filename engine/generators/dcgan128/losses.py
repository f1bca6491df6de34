"""The losses of the DCGAN of 128x128 px: both networks step from the same forward pass."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.generators.dcgan128.config import Dcgan128Config
from engine.generators.dcgan128.networks import Discriminator, Generator
from engine.generators.dcgan128.request import Request, capabilities
from engine.generators.shared.family import Tables
from engine.generators.shared.noise import extrapolates
from engine.generators.shared.noise_model import NoiseModel, latent_inputs
from engine.generators.shared.objectives import OBJECTIVES

__all__ = ["build", "extrapolates", "inputs", "sampler"]


class Dcgan128(NoiseModel):
    """The family's networks."""

    simultaneous = True

    def __init__(self, config: Dcgan128Config) -> None:
        super().__init__(config, Generator(config), Discriminator(config), OBJECTIVES[config.objective])


def inputs(config: Dcgan128Config, tables: Tables, drawing: Any, request: Request) -> tuple[NDArray[np.float32], ...]:
    """A request as the sampler takes it: the latent, [1, latent]."""
    return latent_inputs(config, capabilities(config), tables, request)


build = Dcgan128
sampler = Generator
