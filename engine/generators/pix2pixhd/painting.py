"""How a case becomes what a trained pix2pixHD takes, and what of it lies beyond the training data."""

from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from engine.cases.accidents import Accidents
from engine.cases.appearance import COORDINATES, REDNESS_KEPT, Appearance, Density, Percentiles
from engine.cases.case import Drawing
from engine.cases.planes import CLASSES, MARKERS, POSSIBLE, Planes, instance_edges, semantic_map
from engine.cases.strands import strands
from engine.cases.superpixels import instance_map, proposed_cells
from engine.cases.tone import TONES
from engine.generators.pix2pixhd.config import Pix2PixHDConfig
from engine.generators.pix2pixhd.networks import CONDITIONS, GENERATORS, told_appearance
from engine.generators.pix2pixhd.request import Request
from engine.generators.shared.family import Tables
from engine.seeds import normal


def sampler(config: Pix2PixHDConfig) -> nn.Module:
    """The generator alone, untrained."""
    return GENERATORS[config.generator](config)


def density(tables: Tables) -> Density:
    """The density shipped beside the weights."""
    rows = [tables[f"appearance.{name}"].float().tolist() for name in ("quantiles", "correlation")]
    return Density(*(tuple(tuple(row) for row in table) for table in rows))


# On a tone beyond the training photos' the noise is truncated: few photos were that dark, and the noise calls up what those
# few had, a surgeon's violet ink.
TRUNCATION = 0.5


def inputs(
    config: Pix2PixHDConfig, tables: Tables, drawing: Drawing, request: Request
) -> tuple[NDArray[np.float32], ...]:
    """A case as the sampler takes it: condition [1, C, H, W] and, in the live form, appearance [1, 11] and noise.

    The drawing's edges are those of a photo's superpixels; a drawn case has none.
    """
    planes, (width, height) = drawing.planes, drawing.size
    lesion, border, markers = (
        torch.from_numpy(p.astype(np.float32)) for p in (planes.lesion, planes.border, planes.markers)
    )
    condition = CONDITIONS[config.condition](lesion[None, None], markers[None] / 2, border[None, None]).numpy()
    if config.edges:
        drawn = _edges_of_a_drawing(config, planes, request) if drawing.edges is None else drawing.edges
        condition = np.concatenate([condition, drawn.astype(np.float32)[None, None]], axis=1)
    if config.generator == "global":
        return (_with_accidents(config, condition, drawing, 0.0, request.seed),)
    drawn_from = density(tables)
    appearance = drawn_appearance(config, drawn_from, request)
    hair = 0.0 if request.hair == 0 else appearance.hair  # the slider's end is none, not the least of the photos'
    condition = _with_accidents(config, condition, drawing, hair, request.seed)
    noise = normal(request.seed, "noise", (1, config.noise, height // 2, width // 2))
    beyond = request.tone is not None and not drawn_from.covers(TONES[request.tone]) and not config.tone_locus
    told = told_appearance(config, torch.from_numpy(appearance.vector()[None])).numpy()
    return condition, told, noise * np.float32(TRUNCATION if beyond else 1)


def _with_accidents(
    config: Pix2PixHDConfig, condition: NDArray[np.float32], drawing: Drawing, hair: float, seed: int
) -> NDArray[np.float32]:
    """The condition with the planes of accidents: those drawn, or hair by the seed, `hair` of its pixels, and nothing else."""
    if not config.accidents:
        return condition
    lying = drawing.accidents
    if lying is None:
        lying = replace(Accidents.none(*drawing.size), hair=strands(*drawing.size, hair, seed))
    return np.concatenate([condition, lying.of(config.accidents)[None].astype(np.float32)], axis=1)


def _edges_of_a_drawing(config: Pix2PixHDConfig, planes: Planes, request: Request) -> NDArray[np.uint8]:
    """No edges, or, for a network that never saw a picture without them, those of proposed cells."""
    width, height = planes.size
    if config.edge_dropout:
        return np.zeros((height, width), np.uint8)
    return instance_edges(instance_map(proposed_cells(width, height, request.seed), semantic_map(planes)))


def drawn_appearance(config: Pix2PixHDConfig, drawn_from: Density, request: Request) -> Appearance:
    """What the request sets, and the seed draws of the rest."""
    drawn = drawn_from.draw(request.seed, _anchor_deg(config, request), *_sliders(request))
    if request.tone is None or not config.tone_locus:
        return drawn
    return drawn.at_tone(TONES[request.tone], REDNESS_KEPT)


def drawn_settings(config: Pix2PixHDConfig, tables: Tables, drawing: Drawing, request: Request) -> dict[str, float]:
    """Percentiles 0..1 that the seed draws for the sliders left open."""
    if config.generator == "global":
        return {}
    return density(tables).drawn(request.seed, _anchor_deg(config, request), _sliders(request))


def matched_settings(config: Pix2PixHDConfig, tables: Tables, photo: Appearance) -> dict[str, float]:
    """Percentiles 0..1 of the sliders of colour that come nearest to a measured photo."""
    return {} if config.generator == "global" else density(tables).colours(photo)


def _anchor_deg(config: Pix2PixHDConfig, request: Request) -> float | None:
    """ITA in degrees of the skin that is drawn, or None for any."""
    if request.tone is None:
        return None
    # Darker skin is that of the darkest type with plenty of photos under more melanin, lesion included, as in training.
    return max(TONES[request.tone], TONES["IV"]) if config.tone_locus else TONES[request.tone]


def _sliders(request: Request) -> Percentiles:
    return request.lesion_colour, request.variation, request.hair


def extrapolates(config: Pix2PixHDConfig, tables: Tables, drawing: Drawing, request: Request) -> list[str]:
    """A tone no training photo has, and possible markers, which no training mask holds."""
    if config.generator == "global":
        return []
    reasons = []
    if request.tone is not None and not density(tables).covers(TONES[request.tone]):
        reasons.append(f"extrapolated: skin type {request.tone} has no training photos")
    if (drawing.planes.markers == POSSIBLE).any():
        reasons.append("extrapolated: possible markers")
    return reasons


def input_channels(config: Pix2PixHDConfig) -> dict[str, tuple[str, ...]]:
    """Weight of the generator → what each of its input channels holds."""
    shown = CLASSES if config.condition == "semantic" else ("lesion", *MARKERS)
    condition = (*shown, *(("edges",) if config.edges else ()), *config.accidents)
    if config.generator == "global":
        return {"layers.0.weight": condition}
    noise = tuple(f"noise {k}" for k in range(config.noise))
    grain = tuple(f"grain {k}" for k in range(config.noise // 4))
    features = tuple(f"feature {k}" for k in range(config.width))
    guides = {f"guides.{k}.weight": (*condition, *COORDINATES, *noise) for k in range(config.downsamplings)}
    return {"stem.weight": condition, **guides, "to_rgb.weight": (*features, *condition, *grain, "rim")}
