"""LAPGAN: a picture and its mask from noise, level by level of a Laplacian pyramid (Denton et al. 2015; Pollastri et al. 2019).

Five GANs, none of which ever sees another's pictures: the first paints the smallest level, each of the others the residual
that turns the enlarged level below, taken from photos, into the next. Their losses share no parameter, so that one run that
sums them trains all five exactly as five runs would; `levels` picks some of them, on as many machines as there are, and
`moulage join` makes one generator of their weights. The fifth GAN is used twice: trained at half the full size, it paints
that level and the full one.
"""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from engine.configs import LAPGAN_GANS, LapganConfig
from engine.generators.batches import PhotosBatch
from engine.generators.dcgan_networks import weights_init
from engine.generators.gan import Family, Gan, Terms
from engine.generators.noise import (
    TruncatedRequest,
    diagnosis_of,
    energy,
    extrapolates,
    latent,
    shares,
    told_apart,
    told_apart_by,
    told_variety,
)
from engine.generators.objectives import OBJECTIVES
from engine.generators.projected import HEAD_WIDTH, ProjectedHeads, calibrated, distinguished, fooled, taps
from engine.generators.pyramid import doubled, levels
from engine.labels import Planes

SLOPE = 0.2


def channels(config: LapganConfig) -> int:
    """Of a picture, with its mask where there is one."""
    return 3 + config.mask


def level_size(config: LapganConfig, level: int) -> tuple[int, int]:
    """Width and height, px, of a level, 0..5."""
    return config.start[0] << level, config.start[1] << level


class Base(nn.Module):
    """The first GAN's generator: two dense layers."""

    def __init__(self, config: LapganConfig) -> None:
        super().__init__()
        self.shape = (channels(config), config.start[1], config.start[0])
        self.layers = nn.Sequential(
            nn.Linear(config.latent, config.hidden),
            nn.LeakyReLU(SLOPE),
            nn.Linear(config.hidden, int(np.prod(self.shape))),
        )

    def forward(self, noise: Tensor) -> Tensor:
        """[B, latent] → [B, C, H, W] of the smallest level."""
        return self.layers(noise).view(-1, *self.shape)


class Refiner(nn.Module):
    """Another GAN's generator: three convolutions, nothing after the last, since a residual has either sign."""

    def __init__(self, config: LapganConfig) -> None:
        super().__init__()
        count, width = channels(config), config.width
        self.layers = nn.Sequential(
            nn.Conv2d(count + 1, width, 7, padding=3), nn.LeakyReLU(SLOPE),
            nn.Conv2d(width, width, 7, padding=3), nn.LeakyReLU(SLOPE),
            nn.Conv2d(width, count, 5, padding=2),
        )  # fmt: skip

    def forward(self, noise: Tensor, coarse: Tensor) -> Tensor:
        """noise [B, 1, H, W], the enlarged level below [B, C, H, W] → the residual [B, C, H, W]."""
        return self.layers(torch.cat([noise, coarse], dim=1))


def critic(config: LapganConfig, level: int) -> nn.Sequential:
    """A discriminator, of a level's whole picture: two layers and, after dropout, one logit."""
    count, width = channels(config), config.discriminator_width
    columns, rows = level_size(config, level)
    if level == 0:
        hidden = [nn.Flatten(), nn.Linear(count * rows * columns, config.hidden), nn.LeakyReLU(SLOPE)]
        return nn.Sequential(*hidden, nn.Dropout(config.dropout), nn.Linear(config.hidden, 1))
    convolutions = [nn.Conv2d(count, width, 5), nn.LeakyReLU(SLOPE), nn.Conv2d(width, width, 5, 2), nn.LeakyReLU(SLOPE)]
    left = ((rows - 4 - 5) // 2 + 1) * ((columns - 4 - 5) // 2 + 1)  # both convolutions are valid
    return nn.Sequential(*convolutions, nn.Flatten(), nn.Dropout(config.dropout), nn.Linear(width * left, 1))


class Generators(nn.Module):
    """Those of the five that a configuration has, by number."""

    def __init__(self, config: LapganConfig) -> None:
        super().__init__()
        self.levels = nn.ModuleDict({str(n): Refiner(config) if n else Base(config) for n in sorted(config.levels)})
        self.apply(weights_init)

    def forward(self, *noises: Tensor, below: Sequence[Tensor] | None = None) -> Tensor | list[Tensor]:
        """One noise a level, [B, latent] and then [B, 1, H, W] each → [B, C, H, W] in [-1, 1], which needs all five.

        below: for training, what each level has under it (the smallest: anything), in place of what was painted there; then
        every level's own picture is returned.
        """
        if below is not None:
            known = sorted(int(level) for level in self.levels)
            return [self.refined(n, noise, under) for n, noise, under in zip(known, noises, below, strict=True)]
        picture = self.refined(0, noises[0], noises[0])
        for level, noise in enumerate(noises[1:], start=1):
            picture = self.refined(level, noise, doubled(picture))
        return picture.clamp(-1, 1)

    def refined(self, level: int, noise: Tensor, below: Tensor) -> Tensor:
        """A level's picture over the enlarged one below; the last GAN also paints the level above its own."""
        network = self.levels[str(min(level, LAPGAN_GANS - 1))]
        return below + network(noise, below) if level else network(noise)


class Discriminators(nn.Module):
    """Those of the five that a configuration has, by number."""

    def __init__(self, config: LapganConfig) -> None:
        super().__init__()
        self.levels = nn.ModuleDict({str(n): critic(config, n) for n in sorted(config.levels)})
        self.apply(weights_init)

    def forward(self, pictures: Sequence[Tensor]) -> list[Tensor]:
        """One [B, C, H, W] a level that there is → logits [B] of each."""
        return [judge(x)[:, 0] for judge, x in zip(self.levels.values(), pictures, strict=True)]


class FeatureHeads(nn.Module):
    """Small discriminators on frozen features, a set for each level, given the mask and what the level had under it."""

    def __init__(self, config: LapganConfig) -> None:
        super().__init__()
        given = channels(config)
        self.levels = nn.ModuleDict(
            {
                str(n): ProjectedHeads(config.mask + (given if n else 0), HEAD_WIDTH, varied=True)
                for n in sorted(config.levels)
            }
        )

    def forward(self, features: Sequence[Sequence[Tensor]], given: Sequence[Tensor]) -> list[list[Tensor]]:
        """Features of one picture a level, and what is given beside it → logits of every depth of each."""
        return [heads(taps, x) for heads, taps, x in zip(self.levels.values(), features, given, strict=True)]


class Lapgan(Gan):
    """The losses of the five, side by side, over `networks["G"]`, `networks["D"]` and the heads on features, "H"."""

    def __init__(self, config: LapganConfig) -> None:
        self.config = config
        self.objective = OBJECTIVES[config.objective]
        self.networks = {"G": Generators(config)}
        if config.own_discriminator:
            self.networks["D"] = Discriminators(config)
        if config.projected:
            self.networks["H"] = FeatureHeads(config)
        self.frozen = {}
        self.measured: dict[str, Tensor] = {}
        self.known = sorted(config.levels)

    def prepare(self, batches: Iterator[PhotosBatch]) -> None:
        """Load the feature net where the heads look at it."""
        if self.config.projected:
            self.frozen = {"lite0": calibrated(batches)}

    def tables(self, described: Sequence[int]) -> dict[str, Tensor]:
        """The diagnoses' shares, from which a request that names none is answered."""
        return shares(self.config, described)

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
        shapes = [_noise_shape(self.config, n, count) for n in numbers]
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


def _noise_shape(config: LapganConfig, level: int, count: int) -> tuple[int, ...]:
    columns, rows = level_size(config, level)
    return (count, 1, rows, columns) if level else (count, config.latent)


def inputs(
    config: LapganConfig,
    tables: Mapping[str, Tensor],
    planes: Planes | None,
    edges: NDArray[np.uint8] | None,
    request: TruncatedRequest,
) -> tuple[NDArray[np.float32], ...]:
    """A request as the sampler takes it: the latent [1, latent], then [1, 1, H, W] of noise for each level above."""
    diagnosis_of(config, tables, request)
    shapes = [_noise_shape(config, level, 1) for level in range(LAPGAN_GANS + 1)]
    return tuple(latent(request.seed, f"level {n}", shape, request.truncation) for n, shape in enumerate(shapes))


FAMILY = Family(
    name="lapgan",
    title="LAPGAN: a picture and its mask from noise, level by level",
    paper="Denton et al. 2015, Deep generative image models using a Laplacian pyramid; Pollastri et al. 2019",
    config=LapganConfig,
    request=TruncatedRequest,
    build=Lapgan,
    sampler=Generators,
    inputs=inputs,
    extrapolates=extrapolates,
    takes="noise",
)
