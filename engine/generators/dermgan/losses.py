"""DermGAN: a clinical photograph from boxes, their conditions and a skin tone (Ghorbani et al. 2019), and its live form.

The paper's form is entire: U-Net with resize-convolutions, PatchGAN, and four losses: L1, L1 inside the boxes, min-max GAN,
and feature matching. The live form (`generator = "modulated"`) is told more than a map can say: the seed draws an outline
in each box, and colours that fit the tone and the condition, both from what the training photos show. Spectral norm, hinge
loss, projected heads and a perceptual loss make it learn from few photos; each is a field of Config and off in the paper's.
"""

from collections.abc import Iterator, Sequence
from types import MappingProxyType

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from engine.cases import conditions
from engine.cases.appearance import Density
from engine.cases.lesion_shapes import LesionShapes
from engine.data.batches.kinds import RegionsBatch
from engine.data.caches.crops import Crop
from engine.generators.dermgan.config import DermGanConfig
from engine.generators.dermgan.networks import GENERATORS, Discriminators, dropout_channels
from engine.generators.dermgan.painting import (
    drawn_settings,
    extrapolates,
    input_channels,
    inputs,
    matched_settings,
    sampler,
)
from engine.generators.shared.augment import diffaugment
from engine.generators.shared.feature_critics import calibrated, perceptual
from engine.generators.shared.model import Model, Terms
from engine.generators.shared.objectives import OBJECTIVES, activation_distance, region_colour, region_l1

__all__ = ["build", "drawn_settings", "extrapolates", "input_channels", "inputs", "matched_settings", "sampler"]

FEWEST = 12  # crops of a condition from which its own density can be fitted; fewer take that of all
# Photos under blue or violet light, or in deep shadow, are trained on, but their colours are not drawn from: L* and the
# least a* and b* of what is drawn from.
LIT_L, LEAST_A, LEAST_B = (35.0, 92.0), 2.0, 6.0


class DermGan(Model):
    """The family's losses over `networks["G"]` and `networks["D"]`."""

    pixel_judges = MappingProxyType({"D": "patches."})
    grows = True  # a stage at half resolution leaves the finest level and judge alone

    def __init__(self, config: DermGanConfig) -> None:
        self.config = config
        self.objective = OBJECTIVES[config.objective]
        self.networks = {"G": GENERATORS[config.generator](config), "D": Discriminators(config)}
        self.frozen = {}
        self.tone_augmentation, self.tone_locus = config.tone_augmentation, config.tone_locus

    def prepare(self, batches: Iterator[RegionsBatch]) -> None:
        """Load the feature net where a loss asks for it, and scale its channels by their spread over real photos."""
        if self.config.perceptual or self.config.projected:
            self.frozen = {"lite0": calibrated(batches)}

    def tables(self, described: Sequence[tuple[Crop, NDArray[np.uint8]]]) -> dict[str, Tensor]:
        """Densities from which an appearance is drawn, row 0 of all crops and one a condition, and the shapes' model."""
        if self.config.generator == "unet":
            return {}
        densities = _densities([crop for crop, _ in described], self.config.conditions)
        shapes = LesionShapes.fit(
            [mask[b.top : b.bottom, b.left : b.right] for crop, mask in described for b in crop.boxes]
        )
        return {
            "appearance.quantiles": torch.tensor([d.quantiles for d in densities]),
            "appearance.correlation": torch.tensor([d.correlation for d in densities]),
            "outline.mean": torch.from_numpy(shapes.mean),
            "outline.components": torch.from_numpy(shapes.components),
        }

    def losses(self, batch: RegionsBatch, images: int) -> Iterator[tuple[str, Terms]]:
        """Yield D's terms, then G's, from one forward pass of G (pix2pix's order)."""
        real, maps = batch.pictures, self.maps(batch)
        fake = self.networks["G"](maps, *self.chance(batch), shrink=batch.shrink).float()
        shown = [fake, real, maps]
        seen_fake, seen_real, seen = diffaugment(shown, batch.random) if self.config.diffaugment else shown
        fake_taps, real_taps = self._taps(seen_fake), self._taps(seen_real)
        guide = seen
        if not self.config.patches_augmented:
            seen_fake, seen_real, seen = shown

        taps = [torch.cat([a.detach(), b]) for a, b in zip(fake_taps, real_taps, strict=True)]
        both = torch.cat([seen_fake.detach(), seen_real])
        twice = [torch.cat([x, x]) for x in (seen, guide)]
        patches, heads = self.networks["D"](twice[0], both, taps, shrink=batch.shrink, guide=twice[1])
        of_real = [activations.chunk(2)[1].detach() for activations, _ in patches]
        judged = [logits for _, logits in patches]
        yield "D", {"patch": self._told_apart(judged)} | ({"heads": self._told_apart(heads)} if heads else {})

        with self.fixed("D") as judge:
            of_fake, heads = judge(seen, seen_fake, fake_taps, shrink=batch.shrink, guide=guide)
        terms = {"patch": self.config.adversarial * self._fooled([logits for _, logits in of_fake])}
        if self.config.feature_matching:
            pairs = [activation_distance(f[0], r) for f, r in zip(of_fake, of_real, strict=True)]
            terms["features"] = self.config.feature_matching * torch.stack(pairs).mean()
        if heads:
            terms["heads"] = self.config.projected * self._fooled(heads)
        if self.config.perceptual:
            terms["perceptual"] = self.config.perceptual * perceptual(fake_taps, real_taps)
        yield "G", terms | self._pixel_terms(fake, batch)

    def verdicts(self, batch: RegionsBatch) -> dict[str, tuple[Tensor, Tensor]]:
        """Of every PatchGAN from the stage's scale down, "patch0" the finest, and of every head, "head0" the shallowest."""
        maps = self.maps(batch)
        fake = self.networks["G"](maps, *self.chance(batch), shrink=batch.shrink).float()
        both = torch.cat([fake, batch.pictures])
        patches, heads = self.networks["D"](torch.cat([maps, maps]), both, self._taps(both), shrink=batch.shrink)
        logits = {f"patch{k}": one for k, (_, one) in enumerate(patches)}
        logits |= {f"head{k}": head for k, head in enumerate(heads)}
        return {name: (one.chunk(2)[1], one.chunk(2)[0]) for name, one in logits.items()}

    def _told_apart(self, logits: Sequence[Tensor]) -> Tensor:
        halves = [one.chunk(2) for one in logits]
        return torch.stack([self.objective.discriminator(real, fake) for fake, real in halves]).mean()

    def _fooled(self, logits: Sequence[Tensor]) -> Tensor:
        return torch.stack([self.objective.generator(one) for one in logits]).mean()

    def _pixel_terms(self, fake: Tensor, batch: RegionsBatch) -> Terms:
        config, real = self.config, batch.pictures
        inside = (batch.conditions >= 0).float()[:, None]
        terms = {}
        if config.reconstruction:
            terms["reconstruction"] = config.reconstruction * F.l1_loss(fake, real)
        if config.region:
            terms["region"] = config.region * region_l1(fake, real, inside)
        if config.colour:
            masks = torch.cat([(batch.outline > 0.5).float(), batch.skin], dim=1)
            terms["colour"] = config.colour * region_colour(fake, real, masks)
        return terms

    def sample_inputs(self, batch: RegionsBatch) -> tuple[Tensor, ...]:
        """Maps and chance of a batch."""
        return self.maps(batch), *self.chance(batch)

    def maps(self, batch: RegionsBatch) -> Tensor:
        """[B, C, H, W]: the paper's map in [-1, 1], or the live form's guide."""
        return MAPS[self.config.generator](self.config, batch)

    def chance(self, batch: RegionsBatch) -> tuple[Tensor, ...]:
        """Dropout masks or noise from the step's generator."""
        count, _, height, width = batch.pictures.shape
        device = batch.pictures.device
        if self.config.generator == "modulated":
            return (torch.randn((count, self.config.noise, height, width), generator=batch.random, device=device),)
        drawn = [
            torch.rand((count, c, s, s), generator=batch.random, device=device)
            for c, s in dropout_channels(self.config)
        ]
        return tuple((one >= self.config.dropout) / (1 - self.config.dropout) for one in drawn)

    def _taps(self, pictures: Tensor) -> list[Tensor]:
        return self.frozen["lite0"](pictures) if self.frozen else []


def _densities(crops: Sequence[Crop], conditions: Sequence[str]) -> list[Density]:
    """Of all crops, then of each condition's."""
    of_all = Density.fit([crop.appearance for crop in crops if _well_lit(crop)] or [crop.appearance for crop in crops])
    found = [of_all]
    for condition in conditions:
        own = [c.appearance for c in crops if _well_lit(c) and any(box.condition == condition for box in c.boxes)]
        found.append(Density.fit(own) if len(own) >= FEWEST else of_all)
    return found


def _well_lit(crop: Crop) -> bool:
    lightness, a, b = crop.appearance.skin_lab
    return LIT_L[0] <= lightness <= LIT_L[1] and a >= LEAST_A and b >= LEAST_B


def _semantic(config: DermGanConfig, batch: RegionsBatch) -> Tensor:
    codes = torch.tensor(np.vstack([conditions.CODES, [[0, 0]]]), dtype=torch.float32, device=batch.pictures.device)
    red = ((batch.ita_deg + conditions.ITA_LIMIT_DEG) / (2 * conditions.ITA_LIMIT_DEG) * 254).round() + 1
    coded = codes[batch.conditions].permute(0, 3, 1, 2)  # -1 is the last row: none
    red = red[:, None, None, None].expand(-1, 1, *coded.shape[2:])
    return torch.cat([red, coded], dim=1) / 255 * 2 - 1


def _guide(config: DermGanConfig, batch: RegionsBatch) -> Tensor:
    places = [conditions.CONDITIONS.index(condition) for condition in config.conditions]
    shown = torch.stack([batch.conditions == place for place in places], dim=1).float()
    boxed = (batch.conditions >= 0).float()[:, None]
    return torch.cat([batch.outline, boxed, batch.place, batch.colours, shown], dim=1)


MAPS = {"unet": _semantic, "modulated": _guide}


build = DermGan
