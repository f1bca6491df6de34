"""DermGAN: a clinical photograph from boxes, their conditions and a skin tone (Ghorbani et al. 2019), and its live form.

The paper's form is entire: U-Net with resize-convolutions, PatchGAN, and four losses: L1, L1 inside the boxes, min-max GAN,
and feature matching. The live form (`generator = "modulated"`) is told more than a map can say: the seed draws an outline
in each box, and colours that fit the tone and the condition, both from what the training photos show. Spectral norm, hinge
loss, projected heads and a perceptual loss make it learn from few photos; each is a field of Config and off in the paper's.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from engine import clinical, regions
from engine.appearance import Appearance, Density
from engine.boxes import Box
from engine.config import Range
from engine.configs import DermGanConfig
from engine.data.cropped import Crop
from engine.generators.batches import RegionsBatch
from engine.generators.dermgan_networks import GENERATORS, Discriminators, dropout_channels
from engine.generators.gan import Family, Gan, Terms
from engine.generators.objectives import OBJECTIVES, activation_distance, region_colour, region_l1
from engine.generators.projected import calibrated, perceptual
from engine.labels import Planes
from engine.outlines import Outlines
from engine.seeds import normal, stream
from engine.tone import TONES
from engine.train.augment import diffaugment

FEWEST = 12  # crops of a condition from which its own density can be fitted; fewer take that of all
# Photos under blue or violet light, or in deep shadow, are trained on, but their colours are not drawn from: L* and the
# least a* and b* of what is drawn from.
LIT_L, LEAST_A, LEAST_B = (35.0, 92.0), 2.0, 6.0
TYPICAL = 1.5  # standard deviations to which colours are held: rarer ones are accidents of lighting
# Type IV, the darkest with plenty of photos: darker skin is that under more melanin, lesion included, as the augmented
# training photos had it.
ANCHOR_ITA_DEG = TONES["IV"]
UNTOLD_ITA_DEG = 34.5  # tone of the paper's map where none is asked: type III, the middle


@dataclass(frozen=True)
class Request:
    """What one call takes; None lets the seed draw it from the training photos. boxes: later ones lie over earlier ones."""

    boxes: tuple[Box, ...] = ()
    tone: Literal["I", "II", "III", "IV", "V", "VI"] | None = None
    lesion_colour: Annotated[float, Range(0, 1)] | None = None
    variation: Annotated[float, Range(0, 1)] | None = None
    hair: Annotated[float, Range(0, 1)] | None = None
    seed: int = 0


class DermGan(Gan):
    """The family's losses over `networks["G"]` and `networks["D"]`."""

    grows = True  # a stage at half resolution leaves the finest level and judge alone

    def __init__(self, config: DermGanConfig) -> None:
        self.config = config
        self.objective = OBJECTIVES[config.objective]
        self.networks = {"G": GENERATORS[config.generator](config), "D": Discriminators(config)}
        self.frozen = {}

    def prepare(self, batches: Iterator[RegionsBatch]) -> None:
        """Load the feature net where a loss asks for it, and scale its channels by their spread over real photos."""
        if self.config.perceptual or self.config.projected:
            self.frozen = {"lite0": calibrated(batches)}

    def tables(self, described: Sequence[tuple[Crop, NDArray[np.uint8]]]) -> dict[str, Tensor]:
        """Densities from which an appearance is drawn, row 0 of all crops and one a condition, and the outlines' model."""
        if self.config.generator == "unet":
            return {}
        densities = _densities([crop for crop, _ in described], self.config.conditions)
        outlines = Outlines.fit(
            [mask[b.top : b.bottom, b.left : b.right] for crop, mask in described for b in crop.boxes]
        )
        return {
            "appearance.quantiles": torch.tensor([d.quantiles for d in densities]),
            "appearance.correlation": torch.tensor([d.correlation for d in densities]),
            "outline.mean": torch.from_numpy(outlines.mean),
            "outline.components": torch.from_numpy(outlines.components),
        }

    def losses(self, batch: RegionsBatch, images: int) -> Iterator[tuple[str, Terms]]:
        """Yield D's terms, then G's, from one forward pass of G (pix2pix's order)."""
        real, maps = batch.pictures, self.maps(batch)
        fake = self.networks["G"](maps, *self.chance(batch), shrink=batch.shrink).float()
        shown = [fake, real, maps]
        seen_fake, seen_real, seen = diffaugment(shown, batch.random) if self.config.diffaugment else shown
        fake_taps, real_taps = self._taps(seen_fake), self._taps(seen_real)

        taps = [torch.cat([a.detach(), b]) for a, b in zip(fake_taps, real_taps, strict=True)]
        both = torch.cat([seen_fake.detach(), seen_real])
        patches, heads = self.networks["D"](torch.cat([seen, seen]), both, taps, shrink=batch.shrink)
        of_real = [activations.chunk(2)[1].detach() for activations, _ in patches]
        judged = [logits for _, logits in patches]
        yield "D", {"patch": self._told_apart(judged)} | ({"heads": self._told_apart(heads)} if heads else {})

        with self.fixed("D") as judge:
            of_fake, heads = judge(seen, seen_fake, fake_taps, shrink=batch.shrink)
        terms = {"patch": self.config.adversarial * self._fooled([logits for _, logits in of_fake])}
        if self.config.feature_matching:
            pairs = [activation_distance(f[0], r) for f, r in zip(of_fake, of_real, strict=True)]
            terms["features"] = self.config.feature_matching * torch.stack(pairs).mean()
        if heads:
            terms["heads"] = self.config.projected * self._fooled(heads)
        if self.config.perceptual:
            terms["perceptual"] = self.config.perceptual * perceptual(fake_taps, real_taps)
        yield "G", terms | self._pixel_terms(fake, batch)

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
    codes = torch.tensor(np.vstack([clinical.CODES, [[0, 0]]]), dtype=torch.float32, device=batch.pictures.device)
    red = ((batch.ita_deg + clinical.ITA_LIMIT_DEG) / (2 * clinical.ITA_LIMIT_DEG) * 254).round() + 1
    coded = codes[batch.conditions].permute(0, 3, 1, 2)  # -1 is the last row: none
    red = red[:, None, None, None].expand(-1, 1, *coded.shape[2:])
    return torch.cat([red, coded], dim=1) / 255 * 2 - 1


def _guide(config: DermGanConfig, batch: RegionsBatch) -> Tensor:
    places = [clinical.CONDITIONS.index(condition) for condition in config.conditions]
    shown = torch.stack([batch.conditions == place for place in places], dim=1).float()
    boxed = (batch.conditions >= 0).float()[:, None]
    return torch.cat([batch.outline, boxed, batch.place, batch.colours, shown], dim=1)


MAPS = {"unet": _semantic, "modulated": _guide}


def sampler(config: DermGanConfig) -> nn.Module:
    """The generator alone, untrained."""
    return GENERATORS[config.generator](config)


def inputs(
    config: DermGanConfig,
    tables: Mapping[str, Tensor],
    planes: Planes,
    edges: NDArray[np.uint8] | None,
    request: Request,
) -> tuple[NDArray[np.float32], ...]:
    """A case as the sampler takes it: the map and dropout masks, or the live form's guide and noise. Planes give the size."""
    width, height = planes.size
    conditions = clinical.condition_map(request.boxes, width, height, config.conditions)
    if config.generator == "unet":
        ita = UNTOLD_ITA_DEG if request.tone is None else TONES[request.tone]
        coded = clinical.encode(conditions, ita).transpose(2, 0, 1)[None].astype(np.float32) / 255 * 2 - 1
        return coded, *_dropout(config, request.seed)
    skin, lesions = drawn(config, tables, request, width, height)
    outline = np.max([np.zeros((height, width), np.float32), *(one.outline for one in lesions)], axis=0)
    shown = [(conditions == clinical.CONDITIONS.index(name))[None] for name in config.conditions]
    guide = [outline[None], (conditions != clinical.NONE)[None], regions.place(request.boxes, width, height)]
    guide += [regions.colours(skin, lesions, width, height), *shown]
    return np.concatenate(guide).astype(np.float32)[None], _noise(request.seed, (1, config.noise, height, width))


@lru_cache(maxsize=8)  # a box that is dragged keeps its seed
def _noise(seed: int, shape: tuple[int, ...]) -> NDArray[np.float32]:
    return normal(seed, "noise", shape)


def _dropout(config: DermGanConfig, seed: int) -> tuple[NDArray[np.float32], ...]:
    random = stream(seed, "dropout")
    drawn = [random.random((1, channels, side, side), np.float32) for channels, side in dropout_channels(config)]
    return tuple((one >= config.dropout).astype(np.float32) / np.float32(1 - config.dropout) for one in drawn)


def drawn(
    config: DermGanConfig, tables: Mapping[str, Tensor], request: Request, width: int, height: int
) -> tuple[Appearance, list[regions.Lesion]]:
    """The skin, and the outline and colours of every box's lesion: what the request sets, and the seed draws of the rest."""
    ita = None if request.tone is None else TONES[request.tone]
    outlines = Outlines(*(tables[f"outline.{name}"].float().numpy() for name in ("mean", "components")))
    first = request.boxes[0].condition if request.boxes else None
    skin, lesions = _appearance(config, tables, request, 0, first, ita), []
    beside = skin.ita_deg if ita is None else ita
    for index, box in enumerate(request.boxes):
        own = _appearance(config, tables, request, index, box.condition, beside) if index else skin
        mask = np.zeros((height, width), np.float32)
        shape = outlines.draw(request.seed, index, box.right - box.left, box.bottom - box.top)
        mask[box.top : box.bottom, box.left : box.right] = shape
        lesions.append(regions.Lesion(mask, own))
    return skin, lesions


def _appearance(
    config: DermGanConfig,
    tables: Mapping[str, Tensor],
    request: Request,
    index: int,
    condition: str | None,
    ita: float | None,
) -> Appearance:
    row = 0 if condition is None else 1 + config.conditions.index(condition)
    asked = None if ita is None else max(ita, ANCHOR_ITA_DEG)
    sliders = request.lesion_colour, request.variation, request.hair
    found = density(tables, row).draw(request.seed + 7919 * index, asked, *sliders, TYPICAL)
    return found if ita is None or ita >= ANCHOR_ITA_DEG else found.at_tone(ita)


def density(tables: Mapping[str, Tensor], row: int) -> Density:
    """A density shipped beside the weights: row 0 of all crops, then one a condition."""
    rows = [tables[f"appearance.{name}"][row].float().tolist() for name in ("quantiles", "correlation")]
    return Density(*(tuple(tuple(line) for line in table) for table in rows))


def extrapolates(config: DermGanConfig, tables: Mapping[str, Tensor], planes: Planes, request: Request) -> list[str]:
    """A tone that no training photo shows; melanin-aware augmentation painted it onto others'."""
    if config.generator == "unet" or request.tone is None or density(tables, 0).covers(TONES[request.tone]):
        return []
    return [f"extrapolated: skin type {request.tone} has no training photos"]


FAMILY = Family(
    name="dermgan",
    title="DermGAN: a clinical photograph from boxes, conditions and a skin tone",
    paper="Ghorbani et al. 2019, DermGAN: synthetic generation of clinical skin images with pathology",
    config=DermGanConfig,
    request=Request,
    build=DermGan,
    sampler=sampler,
    inputs=inputs,
    extrapolates=extrapolates,
    takes="boxes",
)
