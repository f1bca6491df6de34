"""Conditional PGAN: a picture of a diagnosis, its networks grown from 4x4 (Karras et al. 2018; Bissoto et al. 2018).

What has grown follows from the size of the batch's pictures and from how far their stage has faded in, so that the schedule
stands in the preset's stages and nowhere else. WGAN-GP with drift is the paper's; `logistic` with R1 is the later form.
"""

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from engine.data.batches.kinds import PhotosBatch
from engine.generators.pgan.config import PganConfig
from engine.generators.pgan.networks import Discriminator, Generator, label_width
from engine.generators.pgan.request import Request, capabilities
from engine.generators.shared.augment import diffaugment
from engine.generators.shared.family import Tables
from engine.generators.shared.model import Terms, bare
from engine.generators.shared.noise import diagnosis_of, extrapolates, latent, r1, told_apart, told_variety
from engine.generators.shared.noise_model import R1_EVERY, NoiseModel
from engine.generators.shared.objectives import OBJECTIVES

__all__ = ["build", "extrapolates", "inputs", "sampler"]

LOGISTIC = OBJECTIVES["bce"]


class Pgan(NoiseModel):
    """The family's losses over `networks["G"]` and `networks["D"]`."""

    grows = True

    def __init__(self, config: PganConfig) -> None:
        super().__init__(config, Generator(config), Discriminator(config), LOGISTIC, label_width(config))

    def losses(self, batch: PhotosBatch, images: int) -> Iterator[tuple[str, Terms]]:
        """Yield D's terms, then G's and those of the heads on features, from one forward pass of G."""
        real, label, stage = batch.pictures, self._label(batch.labels), batch.pictures.shape[2].bit_length() - 2
        bare(self.networks["G"]).grown.copy_(torch.tensor([float(stage), batch.fade]))
        fake = self.networks["G"](self._latents(batch), label, stage, batch.fade).float()
        seen = diffaugment([real, fake], batch.random) if self.config.diffaugment else [real, fake]
        self.measured = told_variety(fake, real)
        terms = self._energy(fake, batch, label)
        if "D" in self.networks:
            yield "D", self._judging(*seen, batch, label, stage, images)
            terms |= self._own(seen[1], batch, label, stage)
        given = label[:, :, None, None]
        yield from self._by_features(terms, seen[0], seen[1], given, given)

    def verdicts(self, batch: PhotosBatch) -> dict[str, tuple[Tensor, Tensor]]:
        """Of its own discriminator, "own", and of every head on features, "head0" the shallowest."""
        real, label, stage = batch.pictures, self._label(batch.labels), batch.pictures.shape[2].bit_length() - 2
        fake = self.networks["G"](self._latents(batch), label, stage, batch.fade).float()
        found = {}
        if "D" in self.networks:
            own = [self.networks["D"](x, label, stage, batch.fade)[0] for x in (real, fake)]
            found = {"own": (own[0], own[1])}
        given = label[:, :, None, None]
        return found | self._verdicts_by_features(real, fake, given, given)

    def _own(self, fake: Tensor, batch: PhotosBatch, label: Tensor, stage: int) -> Terms:
        with self.fixed("D") as judge:
            score, logits = judge(fake, label, stage, batch.fade)
        fooling = -score.mean() if self.config.objective == "wgan-gp" else LOGISTIC.generator(score)
        terms = {"adversarial": fooling} | ({"label": _label_loss(logits, batch.labels)} if logits.shape[1] else {})
        return {name: self.config.own_discriminator * term for name, term in terms.items()}

    def _judging(self, real: Tensor, fake: Tensor, batch: PhotosBatch, label: Tensor, stage: int, images: int) -> Terms:
        config, fake = self.config, fake.detach()
        score_real, logits_real = self.networks["D"](real, label, stage, batch.fade)
        score_fake, logits_fake = self.networks["D"](fake, label, stage, batch.fade)
        if config.objective == "wgan-gp":
            terms = {"adversarial": (score_fake - score_real).mean()}
            terms["penalty"] = config.gradient_penalty * self._between(real, fake, batch, label, stage)
        else:
            self.measured["D.told_apart"] = told_apart(score_real, score_fake)
            terms = {"adversarial": LOGISTIC.discriminator(score_real, score_fake)}
            if config.gradient_penalty and images // (len(real) * batch.ranks) % R1_EVERY == 0:
                terms["penalty"] = config.gradient_penalty / 2 * R1_EVERY * self._at_photos(batch, label, stage)
        if config.drift:
            terms["drift"] = config.drift * score_real.square().mean()
        if logits_real.shape[1]:  # AC-GAN: real and fake weigh 1 each (Odena et al. 2017)
            terms["label"] = _label_loss(logits_real, batch.labels) + _label_loss(logits_fake, batch.labels)
        return terms

    def _between(self, real: Tensor, fake: Tensor, batch: PhotosBatch, label: Tensor, stage: int) -> Tensor:
        share = torch.rand((len(real), 1, 1, 1), generator=batch.random, device=real.device)
        judge = bare(self.networks["D"])
        return gradient_penalty(lambda x: judge(x, label, stage, batch.fade)[0], torch.lerp(real, fake, share))

    def _at_photos(self, batch: PhotosBatch, label: Tensor, stage: int) -> Tensor:
        real = batch.pictures.detach().requires_grad_(True)
        return r1(bare(self.networks["D"])(real, label, stage, batch.fade)[0].float(), real)

    def _label(self, labels: Tensor) -> Tensor:
        width = label_width(self.config)
        return F.one_hot(labels, width).float() if width else labels.new_zeros((len(labels), 0), dtype=torch.float32)

    def sample_inputs(self, batch: PhotosBatch) -> tuple[Tensor, ...]:
        """As many latents as the batch has photos, and the photos' own labels."""
        return self._latents(batch), self._label(batch.labels)


def _label_loss(logits: Tensor, labels: Tensor) -> Tensor:
    return F.cross_entropy(logits.float(), labels)


def gradient_penalty(score: Callable[[Tensor], Tensor], between: Tensor) -> Tensor:
    """E[(‖∇ score‖ - 1)²] at pictures between real and fake (Gulrajani et al. 2017, eq. 3). score: [B, ...] → [B]."""
    between = between.detach().requires_grad_(True)
    (gradient,) = torch.autograd.grad(score(between).float().sum(), between, create_graph=True)
    return (gradient.flatten(1).norm(dim=1) - 1).square().mean()


def inputs(config: PganConfig, tables: Tables, drawing: Any, request: Request) -> tuple[NDArray[np.float32], ...]:
    """A request as the sampler takes it: latent [1, latent] and one-hot label [1, K]."""
    diagnosis = diagnosis_of(capabilities(config), tables, request)
    width = label_width(config)
    label = np.zeros((1, width), np.float32)
    if width:
        label[0, config.diagnoses.index(diagnosis)] = 1
    return latent(request.seed, "latent", (1, config.latent)), label


build = Pgan
sampler = Generator
