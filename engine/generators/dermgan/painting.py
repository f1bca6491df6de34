"""How a case becomes what a trained DermGAN takes, and what of it lies beyond the training data."""

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from torch import nn

from engine.cases import box_channels, conditions
from engine.cases.appearance import REDNESS_KEPT, Appearance, Density, Percentiles
from engine.cases.case import Drawing
from engine.cases.lesion_shapes import LesionShapes
from engine.cases.tone import TONES
from engine.generators.dermgan.config import DermGanConfig
from engine.generators.dermgan.networks import GENERATORS, dropout_channels
from engine.generators.dermgan.request import Request
from engine.generators.shared.family import Tables
from engine.seeds import normal, stream

TYPICAL = 1.5  # standard deviations to which colours are held: rarer ones are accidents of lighting
# Type IV, the darkest with plenty of photos: darker skin is that under more melanin, lesion included, as the augmented
# training photos had it.
ANCHOR_ITA_DEG = TONES["IV"]
UNTOLD_ITA_DEG = 34.5  # tone of the paper's map where none is asked: type III, the middle


def sampler(config: DermGanConfig) -> nn.Module:
    """The generator alone, untrained."""
    return GENERATORS[config.generator](config)


def inputs(
    config: DermGanConfig, tables: Tables, drawing: Drawing, request: Request
) -> tuple[NDArray[np.float32], ...]:
    """A case as the sampler takes it: the map and dropout masks, or the live form's guide and noise."""
    (width, height), boxes = drawing.size, drawing.boxes
    shown_map = conditions.condition_map(boxes, width, height, config.conditions)
    if config.generator == "unet":
        ita = UNTOLD_ITA_DEG if request.tone is None else TONES[request.tone]
        coded = conditions.encode(shown_map, ita).transpose(2, 0, 1)[None].astype(np.float32) / 255 * 2 - 1
        return coded, *_dropout(config, request.seed)
    skin, lesions = drawn(config, tables, drawing, request)
    outline = np.max([np.zeros((height, width), np.float32), *(one.outline for one in lesions)], axis=0)
    shown = [(shown_map == conditions.CONDITIONS.index(name))[None] for name in config.conditions]
    guide = [outline[None], (shown_map != conditions.NONE)[None], box_channels.place(boxes, width, height)]
    guide += [box_channels.colours(skin, lesions, width, height), *shown]
    return np.concatenate(guide).astype(np.float32)[None], _noise(request.seed, (1, config.noise, height, width))


@lru_cache(maxsize=8)  # a box that is dragged keeps its seed
def _noise(seed: int, shape: tuple[int, ...]) -> NDArray[np.float32]:
    return normal(seed, "noise", shape)


def _dropout(config: DermGanConfig, seed: int) -> tuple[NDArray[np.float32], ...]:
    random = stream(seed, "dropout")
    drawn = [random.random((1, channels, side, side), np.float32) for channels, side in dropout_channels(config)]
    return tuple((one >= config.dropout).astype(np.float32) / np.float32(1 - config.dropout) for one in drawn)


def drawn(
    config: DermGanConfig, tables: Tables, drawing: Drawing, request: Request
) -> tuple[Appearance, list[box_channels.Lesion]]:
    """The skin, and the outline and colours of every box's lesion: what the request sets, and the seed draws of the rest."""
    (width, height), boxes = drawing.size, drawing.boxes
    ita = None if request.tone is None else TONES[request.tone]
    shapes = LesionShapes(*(tables[f"outline.{name}"].float().numpy() for name in ("mean", "components")))
    first = boxes[0].condition if boxes else None
    skin, lesions = _appearance(_Asked(config, tables, request), 0, first, ita), []
    beside = skin.ita_deg if ita is None else ita
    for index, box in enumerate(boxes):
        own = _appearance(_Asked(config, tables, request), index, box.condition, beside) if index else skin
        mask = np.zeros((height, width), np.float32)
        shape = shapes.draw(request.seed, index, box.right - box.left, box.bottom - box.top)
        mask[box.top : box.bottom, box.left : box.right] = shape
        lesions.append(box_channels.Lesion(mask, own))
    return skin, lesions


def drawn_settings(config: DermGanConfig, tables: Tables, drawing: Drawing, request: Request) -> dict[str, float]:
    """Percentiles 0..1 that the seed draws for the sliders left open, of the first box where there are several."""
    if config.generator == "unet":
        return {}
    found = density(tables, _row(config, drawing.boxes[0].condition if drawing.boxes else None))
    ita = None if request.tone is None else max(TONES[request.tone], ANCHOR_ITA_DEG)
    return found.drawn(request.seed, ita, _sliders(request), typical=TYPICAL)


def matched_settings(config: DermGanConfig, tables: Tables, photo: Appearance) -> dict[str, float]:
    """Percentiles 0..1 of the sliders of colour that come nearest to a measured photo, among all of the training crops."""
    return {} if config.generator == "unet" else density(tables, 0).colours(photo)


class _Asked(NamedTuple):
    config: DermGanConfig
    tables: Tables
    request: Request


def _row(config: DermGanConfig, condition: str | None) -> int:
    return 0 if condition is None else 1 + config.conditions.index(condition)


def _sliders(request: Request) -> Percentiles:
    return request.lesion_colour, request.variation, request.hair


def _appearance(asked_of: _Asked, index: int, condition: str | None, ita: float | None) -> Appearance:
    config, tables, request = asked_of
    asked = None if ita is None else max(ita, ANCHOR_ITA_DEG)
    of = density(tables, _row(config, condition))
    found = of.draw(request.seed + 7919 * index, asked, *_sliders(request), typical=TYPICAL)
    if ita is not None and config.tone_locus:
        return found.at_tone(ita, REDNESS_KEPT)
    return found if ita is None or ita >= ANCHOR_ITA_DEG else found.at_tone(ita)


def density(tables: Tables, row: int) -> Density:
    """A density shipped beside the weights: row 0 of all crops, then one a condition."""
    rows = [tables[f"appearance.{name}"][row].float().tolist() for name in ("quantiles", "correlation")]
    return Density(*(tuple(tuple(line) for line in table) for table in rows))


def extrapolates(config: DermGanConfig, tables: Tables, drawing: Drawing, request: Request) -> list[str]:
    """A tone that no training photo shows; melanin-aware augmentation painted it onto others'."""
    if config.generator == "unet" or request.tone is None or density(tables, 0).covers(TONES[request.tone]):
        return []
    return [f"extrapolated: skin type {request.tone} has no training photos"]


def input_channels(config: DermGanConfig) -> dict[str, tuple[str, ...]]:
    """Weight of the generator → what each of its input channels holds; the paper's map has three, whatever it shows."""
    if config.generator == "unet":
        return {}
    colours = tuple(f"colour {k}" for k in range(box_channels.COLOURS))
    noise = tuple(f"noise {k}" for k in range(config.noise))
    given = ("outline", "boxed", "across", "down", *colours, *config.conditions, *noise)
    weights = ["first.weight", *(f"guides.{k}.weight" for k in range(len(sampler(config).guides)))]
    return dict.fromkeys(weights, given)
