"""LAPGAN: a picture and its mask from noise, level by level of a Laplacian pyramid (Denton et al. 2015; Pollastri et al. 2019).

Five GANs, none of which ever sees another's pictures: the first paints the smallest level, each of the others the residual
that turns the enlarged level below, taken from photos, into the next. Their losses share no parameter, so that one run that
sums them trains all five exactly as five runs would; `levels` picks some of them, on as many machines as there are, and
`moulage join` makes one generator of their weights. The fifth GAN is used twice: trained at half the full size, it paints
that level and the full one.
"""

from collections.abc import Iterator, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from engine.data.batches.kinds import PhotosBatch
from engine.generators.lapgan.config import LAPGAN_GANS, LapganConfig
from engine.generators.lapgan.networks import Discriminators, Generators, LevelHeads, noise_shape
from engine.generators.lapgan.pyramid import doubled, levels
from engine.generators.lapgan.request import Request, capabilities
from engine.generators.shared.family import Tables
from engine.generators.shared.feature_critics import calibrated, distinguished, fooled, taps
from engine.generators.shared.model import Model, Terms
from engine.generators.shared.noise import (
    diagnosis_of,
    energy,
    extrapolates,
    latent,
    shares,
    told_apart,
    told_apart_by,
    told_variety,
)
from engine.generators.shared.objectives import OBJECTIVES

__all__ = ["build", "extrapolates", "inputs", "sampler"]


class Lapgan(Model):
    """The losses of the five, side by side, over `networks["G"]`, `networks["D"]` and the heads on features, "H"."""

    pixel_judges = MappingProxyType({"D": ""})

    def __init__(self, config: LapganConfig) -> None:
        self.config = config
        self.objective = OBJECTIVES[config.objective]
        self.networks = {"G": Generators(config)}
        if config.own_discriminator:
            self.networks["D"] = Discriminators(config)
        if config.projected:
            self.networks["H"] = LevelHeads(config)
        self.frozen = {}
        self.measured: dict[str, Tensor] = {}
        self.known = sorted(config.levels)

    def prepare(self, batches: Iterator[PhotosBatch]) -> None:
        """Load the feature net where the heads look at it."""
        if self.config.projected:
            self.frozen = {"lite0": calibrated(batches)}

    def tables(self, described: Sequence[int]) -> dict[str, Tensor]:
        """The diagnoses' shares, from which a request that names none is answered."""
        return shares(self.config.diagnoses, described)

    def losses(self, batch: PhotosBatch, images: int) -> Iterator[tuple[str, Terms]]:
        """Yield the discriminators' terms, one a level, then the generators', then those of the heads."""
        whole = levels(batch.pictures, LAPGAN_GANS + 1)
        real, below = [whole[n] for n in self.known], self.below(whole)
        fake = [x.float() for x in self.networks["G"](*self.noises(batch, self.known), below=below)]
        # the levels above the smallest start from photos, which differ of themselves
        self.measured = told_variety(fake[0], real[0], ".level0") if 0 in self.known else {}
        terms: Terms = {}
        if self.config.energy and len(batch.pictures) > 1:
            terms |= {
                f"energy.level{n}": self.config.energy * energy(f, r)
                for n, f, r in zip(self.known, fake, real, strict=True)
            }
        if "D" in self.networks:
            yield "D", self._judging(real, fake)
            with self.fixed("D") as judge:
                judged = judge(fake)
            weight = self.config.own_discriminator
            terms |= {
                f"level{n}": weight * self.objective.generator(f) for n, f in zip(self.known, judged, strict=True)
            }
        if "H" not in self.networks:
            yield "G", terms
            return
        looked_at = [taps(self.frozen["lite0"], x) for x in fake]
        with self.fixed("H") as heads:
            judged = heads(looked_at, self._given(fake, below))
        for n, of_fake in zip(self.known, judged, strict=True):
            terms[f"heads.level{n}"] = self.config.projected * fooled(self.objective, of_fake)
        yield "G", terms
        yield "H", self._judging_features(real, fake, below, looked_at)

    def verdicts(self, batch: PhotosBatch) -> dict[str, tuple[Tensor, Tensor]]:
        """Of each level's own discriminator, "level0" the smallest's."""
        if "D" not in self.networks:
            return {}
        whole = levels(batch.pictures, LAPGAN_GANS + 1)
        fake = self.networks["G"](*self.noises(batch, self.known), below=self.below(whole))
        judged = zip(
            self.known, self.networks["D"]([whole[n] for n in self.known]), self.networks["D"](fake), strict=True
        )
        return {f"level{n}": (of_real, of_fake) for n, of_real, of_fake in judged}

    def _judging(self, real: list[Tensor], fake: list[Tensor]) -> Terms:
        of_real, of_fake = self.networks["D"](real), self.networks["D"]([x.detach() for x in fake])
        judged = list(zip(self.known, of_real, of_fake, strict=True))
        self.measured |= {f"D.told_apart.level{n}": told_apart(r, f) for n, r, f in judged}
        return {f"level{n}": self.objective.discriminator(r, f) for n, r, f in judged}

    def _judging_features(
        self, real: list[Tensor], fake: list[Tensor], below: list[Tensor], of_fake: list[list[Tensor]]
    ) -> Terms:
        of_real = [taps(self.frozen["lite0"], x) for x in real]
        left = [[tap.detach() for tap in looked_at] for looked_at in of_fake]
        judge = self.networks["H"]
        given_fake = [x.detach() for x in self._given(fake, below)]
        judged = list(zip(self.known, judge(of_real, self._given(real, below)), judge(left, given_fake), strict=True))
        if "D" not in self.networks:
            self.measured |= {f"D.told_apart.level{n}": told_apart_by(r, f) for n, r, f in judged}
        return {f"level{n}": distinguished(self.objective, r, f) for n, r, f in judged}

    def _given(self, pictures: list[Tensor], below: list[Tensor]) -> list[Tensor]:
        """Each level's own mask, and above the smallest what it was painted over."""
        both = zip(self.known, pictures, below, strict=True)
        return [torch.cat([x[:, 3:], under], dim=1) if n else x[:, 3:] for n, x, under in both]

    def below(self, whole: Sequence[Tensor]) -> list[Tensor]:
        """What each trained level has under it, enlarged; the smallest has nothing and is given itself."""
        return [doubled(whole[n - 1]) if n else whole[0] for n in self.known]

    def noises(self, batch: PhotosBatch, numbers: Sequence[int]) -> tuple[Tensor, ...]:
        """A new source of noise for each of the levels."""
        count, device = len(batch.pictures), batch.pictures.device
        shapes = [noise_shape(self.config, n, count) for n in numbers]
        return tuple(torch.randn(shape, generator=batch.random, device=device) for shape in shapes)

    def sample_inputs(self, batch: PhotosBatch) -> tuple[Tensor, ...]:
        """Noise for all six levels."""
        return self.noises(batch, range(LAPGAN_GANS + 1))

    def previews(self, network: nn.Module, inputs: tuple[Tensor, ...], photos: Tensor) -> list[Tensor]:
        """Each trained level's picture over the photos' own level below, enlarged; then the whole, if all five are there."""
        whole = levels(photos, LAPGAN_GANS + 1)
        painted = network(*(inputs[n] for n in self.known), below=self.below(whole))
        shown = [F.interpolate(x.clamp(-1, 1), size=photos.shape[2:]) for x in painted]
        return [*shown, network(*inputs)] if len(self.known) == LAPGAN_GANS else shown


def inputs(config: LapganConfig, tables: Tables, drawing: Any, request: Request) -> tuple[NDArray[np.float32], ...]:
    """A request as the sampler takes it: the latent [1, latent], then [1, 1, H, W] of noise for each level above."""
    diagnosis_of(capabilities(config), tables, request)
    shapes = [noise_shape(config, level, 1) for level in range(LAPGAN_GANS + 1)]
    return tuple(latent(request.seed, f"level {n}", shape, request.truncation) for n, shape in enumerate(shapes))


build = Lapgan
sampler = Generators
