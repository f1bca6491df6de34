"""pix2pixHD from semantic and instance maps (Wang et al. 2018; Bissoto et al. 2018), and its small live form.

The papers' form is entire: global generator, multi-scale PatchGAN, LSGAN and feature matching, G stepped before D from
the same forward pass. The live form (`generator = "modulated"`) adds appearance, noise, hinge loss, spectral norm, a
perceptual loss and projected discriminator heads; every addition is a field of Config and off in the paper presets.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import torch
from torch import Tensor, nn

from engine.cases.accidents import ACCIDENTS
from engine.cases.appearance import Appearance, Density
from engine.data.batches.kinds import PlanesBatch
from engine.generators.pix2pixhd.config import Pix2PixHDConfig
from engine.generators.pix2pixhd.networks import (
    APPEARANCE,
    CONDITIONS,
    GENERATORS,
    REGION,
    MultiscaleDiscriminator,
    masked_appearance,
    told_appearance,
)
from engine.generators.pix2pixhd.painting import (
    drawn_settings,
    extrapolates,
    input_channels,
    inputs,
    matched_settings,
    sampler,
)
from engine.generators.shared.augment import diffaugment
from engine.generators.shared.feature_critics import (
    HEAD_WIDTH,
    FeatureHeads,
    calibrated,
    distinguished,
    fooled,
    perceptual,
)
from engine.generators.shared.model import Model, Terms
from engine.generators.shared.objectives import OBJECTIVES, feature_matching, region_colour

__all__ = ["build", "drawn_settings", "extrapolates", "input_channels", "inputs", "matched_settings", "sampler"]


class Discriminators(nn.Module):
    """All that judges a picture: PatchGANs on pixels and, if asked for, heads on frozen features."""

    def __init__(self, config: Pix2PixHDConfig) -> None:
        super().__init__()
        self.patches = MultiscaleDiscriminator(config)
        self.heads = FeatureHeads(REGION + APPEARANCE, HEAD_WIDTH) if config.projected else None

    def forward(
        self, condition: Tensor, guide: Tensor, pictures: Tensor, features: list[Tensor]
    ) -> tuple[list[list[Tensor]], list[Tensor]]:
        """condition [B, C, H, W] (with appearance in the live form), guide for the heads, pictures [B, 3, H, W].

        Returns a Verdict's two fields as plain lists, which every wrapper of a network can carry.
        """
        maps = self.patches(torch.cat([condition, pictures], dim=1))
        return maps, [] if self.heads is None else self.heads(features, guide)


@dataclass(frozen=True)
class Verdict:
    """patches: one list of feature maps a scale, logits last. heads: logits of the projected heads."""

    patches: list[list[Tensor]]
    heads: list[Tensor]

    def halves(self) -> tuple["Verdict", "Verdict"]:
        """Split a verdict on cat(fake, real) into the two."""
        split = [[m.chunk(2) for m in scale] for scale in self.patches]
        heads = [h.chunk(2) for h in self.heads]
        parts = [Verdict([[m[i] for m in scale] for scale in split], [h[i] for h in heads]) for i in (0, 1)]
        return parts[0], parts[1]


class Pix2PixHD(Model):
    """The family's losses over `networks["G"]` and `networks["D"]`."""

    pixel_judges = MappingProxyType({"D": "patches."})

    def __init__(self, config: Pix2PixHDConfig) -> None:
        self.config = config
        self.objective = OBJECTIVES[config.objective]
        self.networks = {"G": GENERATORS[config.generator](config), "D": Discriminators(config)}
        self.frozen = {}
        self._pretrained = True
        self.tone_augmentation, self.tone_locus = config.tone_augmentation, config.tone_locus
        self.marker_share = config.marker_share

    def prepare(self, batches: Iterator[PlanesBatch]) -> None:
        """Load the feature net where a loss asks for it, and scale its channels by their spread over real photos."""
        if self.config.perceptual or self.config.projected:
            self.frozen = {"lite0": calibrated(batches, self._pretrained)}

    def tables(self, described: Sequence[Appearance]) -> dict[str, Tensor]:
        """The density from which an appearance is drawn: "appearance.quantiles" [12, 65], "appearance.correlation" [11, 11]."""
        if self.config.generator == "global":
            return {}
        density = Density.fit(list(described))
        return {
            "appearance.quantiles": torch.tensor(density.quantiles),
            "appearance.correlation": torch.tensor(density.correlation),
        }

    def losses(self, batch: PlanesBatch, images: int) -> Iterator[tuple[str, Terms]]:
        """Yield G's terms, then D's, from one forward pass of G (pix2pixHD's order)."""
        config, real = self.config, batch.pictures
        fake, judged, guide = self._painted(batch, self._softened(batch), self._dropped_edges(batch))
        seen_fake, seen_real, seen_map, seen_guide = self._shown(fake, real, judged, guide, batch.random)
        fake_taps, real_taps = self._taps(seen_fake), self._taps(seen_real.detach())
        if not config.patches_augmented:
            seen_fake, seen_real, seen_map = fake, real, judged
        with self.fixed("D") as judge:
            with torch.no_grad():
                of_real = Verdict(*judge(seen_map, seen_guide, seen_real, real_taps))
            of_fake = Verdict(*judge(seen_map, seen_guide, seen_fake, fake_taps))
            judged_terms = self._judged_terms(of_fake, of_real)
            yield "G", judged_terms | self._compared_terms(fake, batch, fake_taps, real_taps)

        taps = [torch.cat([a.detach(), b.detach()]) for a, b in zip(fake_taps, real_taps, strict=True)]
        maps, guides = seen_map.repeat(2, 1, 1, 1), seen_guide.repeat(2, 1, 1, 1)
        both = Verdict(*self.networks["D"](maps, guides, torch.cat([seen_fake.detach(), seen_real]), taps))
        of_fake, of_real = both.halves()
        patch = [
            self.objective.discriminator(r[-1], f[-1]) for r, f in zip(of_real.patches, of_fake.patches, strict=True)
        ]
        terms = {"patch": torch.stack(patch).sum()}
        if both.heads:
            terms["heads"] = distinguished(self.objective, of_real.heads, of_fake.heads)
        yield "D", terms

    def verdicts(self, batch: PlanesBatch) -> dict[str, tuple[Tensor, Tensor]]:
        """Of every PatchGAN, "patch0" the finest, and of every head, "head0" the shallowest."""
        fake, judged, guide = self._painted(batch, batch.markers, batch.edges)
        both = torch.cat([fake, batch.pictures])
        verdict = Verdict(
            *self.networks["D"](judged.repeat(2, 1, 1, 1), guide.repeat(2, 1, 1, 1), both, self._taps(both))
        )
        logits = {f"patch{k}": scale[-1] for k, scale in enumerate(verdict.patches)}
        logits |= {f"head{k}": head for k, head in enumerate(verdict.heads)}
        return {name: (one.chunk(2)[1], one.chunk(2)[0]) for name, one in logits.items()}

    def _painted(self, batch: PlanesBatch, markers: Tensor, edges: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """The picture painted for a batch's maps, and what the PatchGANs and the heads are told of them."""
        condition = self.condition(batch, markers, edges)
        appearance = told_appearance(self.config, batch.appearance)
        colours = masked_appearance(batch.lesion, appearance, batch.radius)
        fake = self.networks["G"](condition, appearance, self.noise(batch), batch.radius).float()
        judged = torch.cat([condition, colours], dim=1) if self.config.generator == "modulated" else condition
        return fake, judged, torch.cat([batch.lesion, markers, colours], dim=1)

    def _judged_terms(self, of_fake: Verdict, of_real: Verdict) -> Terms:
        config = self.config
        terms = {"patch": torch.stack([self.objective.generator(s[-1]) for s in of_fake.patches]).sum()}
        if config.feature_matching:
            matched = feature_matching(of_fake.patches, of_real.patches, config.discriminator_layers)
            terms["features"] = config.feature_matching * matched
        if of_fake.heads:
            terms["heads"] = config.projected * fooled(self.objective, of_fake.heads)
        return terms

    def _compared_terms(
        self, fake: Tensor, batch: PlanesBatch, fake_taps: list[Tensor], real_taps: list[Tensor]
    ) -> Terms:
        config, terms = self.config, {}
        if config.perceptual:
            terms["perceptual"] = config.perceptual * perceptual(fake_taps, real_taps)
        if config.colour:
            regions = torch.cat([batch.lesion, (1 - batch.lesion) * (1 - batch.border)], dim=1)
            terms["colour"] = config.colour * region_colour(fake, batch.pictures, regions)
        return terms

    def sample_inputs(self, batch: PlanesBatch) -> tuple[Tensor, ...]:
        """Condition, appearance and noise of a batch, markers as they are."""
        condition = self.condition(batch, batch.markers, batch.edges)
        if self.config.generator == "global":
            return (condition,)
        return condition, told_appearance(self.config, batch.appearance), self.noise(batch)

    def condition(self, batch: PlanesBatch, markers: Tensor, edges: Tensor) -> Tensor:
        """The map channels of this configuration: one-hot classes or planes, the edges if it takes them, and accidents."""
        parts = [CONDITIONS[self.config.condition](batch.lesion, markers, batch.border)]
        parts += [edges] if self.config.edges else []
        if self.config.accidents:
            places = [ACCIDENTS.index(name) for name in self.config.accidents]
            parts.append(
                torch.zeros_like(edges).repeat(1, len(places), 1, 1)
                if batch.accidents is None
                else batch.accidents[:, places]
            )
        return torch.cat(parts, dim=1)

    def noise(self, batch: PlanesBatch) -> Tensor:
        """Standard normal [B, noise, H/2, W/2] from the step's generator."""
        count, _, height, width = batch.pictures.shape
        shape = (count, self.config.noise, height // 2, width // 2)
        return torch.randn(shape, generator=batch.random, device=batch.pictures.device)

    def _taps(self, pictures: Tensor) -> list[Tensor]:
        return self.frozen["lite0"](pictures) if self.frozen else []

    def _shown(
        self, fake: Tensor, real: Tensor, judged: Tensor, guide: Tensor, random: torch.Generator
    ) -> list[Tensor]:
        tensors = [fake, real, judged, guide]
        return diffaugment(tensors, random) if self.config.diffaugment else tensors

    def _softened(self, batch: PlanesBatch) -> Tensor:
        """Show a share of the markers present as possible (0.5): the masks hold only absent and definite."""
        if not self.config.soften:
            return batch.markers
        shape = batch.markers.shape[:2]
        soft = torch.rand(shape, generator=batch.random, device=batch.markers.device) < self.config.soften
        return torch.where(soft[:, :, None, None], batch.markers.clamp(max=0.5), batch.markers)

    def _dropped_edges(self, batch: PlanesBatch) -> Tensor:
        if not self.config.edge_dropout:
            return batch.edges
        kept = (
            torch.rand(len(batch.edges), generator=batch.random, device=batch.edges.device) >= self.config.edge_dropout
        )
        return batch.edges * kept[:, None, None, None]


build = Pix2PixHD
