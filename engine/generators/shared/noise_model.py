"""The losses of a generator that starts from noise and of who judges it: its own discriminator, and heads on frozen features.

The discriminator steps first and the generator answers it with the same pictures, as the official DCGAN does; or both step
from the same forward pass. R1, DiffAugment and the energy distance are fields of Config and off in the papers' forms.
"""

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from engine.data.batches.kinds import PhotosBatch
from engine.generators.shared.augment import diffaugment
from engine.generators.shared.family import Capabilities
from engine.generators.shared.feature_critics import HEAD_WIDTH, FeatureHeads, calibrated, distinguished, fooled, taps
from engine.generators.shared.model import Model, Terms, bare
from engine.generators.shared.noise import (
    diagnosis_of,
    energy,
    latent,
    r1,
    shares,
    told_apart,
    told_apart_by,
    told_variety,
)
from engine.generators.shared.noise_request import TruncatedRequest
from engine.generators.shared.objectives import Objective

R1_EVERY = 16  # steps between penalties, each weighing as many times more (Karras et al. 2020)


class NoiseModel(Model):
    """The losses of one generator and one discriminator, `networks["G"]` and `networks["D"]`, over pictures alone."""

    pixel_judges = MappingProxyType({"D": ""})
    generator_steps = 1
    simultaneous = False
    """Whether the generator's loss is taken from the discriminator as it was before its step."""

    def __init__(
        self, config: Any, generator: nn.Module, discriminator: nn.Module, objective: Objective, given: int = 0
    ) -> None:
        """given: channels that the heads on features get beside a picture."""
        self.config = config
        self.objective = objective
        self.networks = {"G": generator}
        if config.own_discriminator:
            self.networks["D"] = discriminator
        if config.projected:
            self.networks["H"] = FeatureHeads(given, HEAD_WIDTH, varied=True)
        self.frozen = {}
        self.measured: dict[str, Tensor] = {}

    def prepare(self, batches: Iterator[PhotosBatch]) -> None:
        """Load the feature net where the heads look at it."""
        if self.config.projected:
            self.frozen = {"lite0": calibrated(batches)}

    def tables(self, described: Sequence[int]) -> dict[str, Tensor]:
        """The diagnoses' shares, from which a request that names none is answered."""
        return shares(self.config.diagnoses, described)

    def losses(self, batch: PhotosBatch, images: int) -> Iterator[tuple[str, Terms]]:
        """Yield D's terms and then G's, or G's first where both are taken at once; the heads on features follow G."""
        fake = self.networks["G"](self._latents(batch)).float()
        self.measured = told_variety(fake, batch.pictures)
        if self.simultaneous:
            yield from self._fooling(fake, batch)
        if "D" in self.networks:
            yield "D", self._judging(fake, batch, images)
        if not self.simultaneous:
            for again in range(self.generator_steps):
                fake = self.networks["G"](self._latents(batch)).float() if again else fake
                yield from self._fooling(fake, batch)

    def verdicts(self, batch: PhotosBatch) -> dict[str, tuple[Tensor, Tensor]]:
        """Of its own discriminator, "own", and of every head on features, "head0" the shallowest."""
        real, fake = batch.pictures, self.networks["G"](self._latents(batch)).float()
        found = {"own": (self.networks["D"](real), self.networks["D"](fake))} if "D" in self.networks else {}
        return found | self._verdicts_by_features(real, fake, real[:, 3:], fake[:, 3:])

    def _verdicts_by_features(
        self, real: Tensor, fake: Tensor, with_real: Tensor, with_fake: Tensor
    ) -> dict[str, tuple[Tensor, Tensor]]:
        if "H" not in self.networks:
            return {}
        net, heads = self.frozen["lite0"], self.networks["H"]
        judged = zip(heads(taps(net, real), with_real), heads(taps(net, fake), with_fake), strict=True)
        return {f"head{k}": pair for k, pair in enumerate(judged)}

    def _judging(self, fake: Tensor, batch: PhotosBatch, images: int) -> Terms:
        judge = self.networks["D"]
        seen_real, seen_fake = self._shown(batch.pictures, fake.detach(), batch.random)
        of_real, of_fake = judge(seen_real).float(), judge(seen_fake).float()
        self.measured["D.told_apart"] = told_apart(of_real, of_fake)
        terms = {"adversarial": self.objective.discriminator(of_real, of_fake)}
        if self.config.r1 and images // (len(fake) * batch.ranks) % R1_EVERY == 0:
            real = batch.pictures.detach().requires_grad_(True)
            terms["r1"] = self.config.r1 / 2 * R1_EVERY * r1(bare(judge)(real).float(), real)
        return terms

    def _fooling(self, fake: Tensor, batch: PhotosBatch) -> Iterator[tuple[str, Terms]]:
        seen_real, seen = self._shown(batch.pictures, fake, batch.random)
        terms = self._energy(fake, batch)
        if "D" in self.networks:
            with self.fixed("D") as judge:
                terms["adversarial"] = self.config.own_discriminator * self.objective.generator(judge(seen))
        yield from self._by_features(terms, seen_real, seen, seen_real[:, 3:], seen[:, 3:])

    def _energy(self, fake: Tensor, batch: PhotosBatch, known: Tensor | None = None) -> Terms:
        if not self.config.energy or len(fake) < 2:
            return {}
        return {"energy": self.config.energy * energy(fake, batch.pictures, known)}

    def _by_features(
        self, terms: Terms, real: Tensor, fake: Tensor, with_real: Tensor, with_fake: Tensor
    ) -> Iterator[tuple[str, Terms]]:
        """G's terms with those of the heads, then the heads' own. with_: what is given beside the pictures."""
        if not self.config.projected:
            yield "G", terms
            return
        net = self.frozen["lite0"]
        looked_at = taps(net, fake)
        with self.fixed("H") as heads:
            fooling = fooled(self.objective, heads(looked_at, with_fake))
            yield "G", terms | {"heads": self.config.projected * fooling}
        of_fake = self.networks["H"]([tap.detach() for tap in looked_at], with_fake.detach())
        of_real = self.networks["H"](taps(net, real), with_real)
        if "D" not in self.networks:
            self.measured["D.told_apart"] = told_apart_by(of_real, of_fake)
        yield "H", {"heads": distinguished(self.objective, of_real, of_fake)}

    def _shown(self, real: Tensor, fake: Tensor, random: torch.Generator) -> Sequence[Tensor]:
        return diffaugment([real, fake], random) if self.config.diffaugment else (real, fake)

    def _latents(self, batch: PhotosBatch) -> Tensor:
        shape = (len(batch.pictures), self.config.latent)
        return torch.randn(shape, generator=batch.random, device=batch.pictures.device)

    def sample_inputs(self, batch: PhotosBatch) -> tuple[Tensor, ...]:
        """As many latents as the batch has photos."""
        return (self._latents(batch),)


def latent_inputs(
    config: Any, shows: Capabilities, tables: Mapping[str, Tensor], request: TruncatedRequest
) -> tuple[NDArray[np.float32], ...]:
    """A request as a sampler of one latent takes it: [1, latent]. A diagnosis that is not to be had is refused."""
    diagnosis_of(shows, tables, request)
    return (latent(request.seed, "latent", (1, config.latent), request.truncation),)
