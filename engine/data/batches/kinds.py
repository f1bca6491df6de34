"""What a step of training is given, by kind of data."""

from dataclasses import dataclass, field

import torch
from torch import Tensor


@dataclass(frozen=True)
class Batch:
    """One training batch on its device.

    pictures: float32 [B, 3, H, W] in [-1, 1]. random: the step's own generator.
    """

    pictures: Tensor
    random: torch.Generator = field(repr=False)


@dataclass(frozen=True)
class PlanesBatch(Batch):
    """Dermoscopic photos with their planes.

    lesion: float32 [B, 1, H, W]. markers: float32 [B, 5, H, W] in {0, 0.5, 1}. border, edges: float32 [B, 1, H, W].
    accidents: float32 [B, 3, H, W] in {0, 1}, in `accidents.ACCIDENTS`' order; zeros where they were not measured.
    radius: float32 [B, 1, H, W], squared distance from the whole frame's centre, 1 in its corners.
    appearance: float32 [B, 11].
    """

    lesion: Tensor
    markers: Tensor
    border: Tensor
    edges: Tensor
    radius: Tensor
    appearance: Tensor
    accidents: Tensor | None = None


@dataclass(frozen=True)
class RegionsBatch(Batch):
    """Clinical photos with their boxes.

    conditions: int64 [B, H, W], places in `conditions.CONDITIONS`, -1 outside the boxes. ita_deg: float32 [B], apparent tone.
    place: float32 [B, 2, H, W], across and down in the topmost box, -1..1; 0 outside. outline: float32 [B, 1, H, W] in
    0..1. skin: float32 [B, 1, H, W] in {0, 1}, neither box nor background. colours: float32 [B, 7, H, W], see
    `box_channels.colours`. shrink: by how much the crops were shrunk.
    """

    conditions: Tensor
    ita_deg: Tensor
    place: Tensor
    outline: Tensor
    skin: Tensor
    colours: Tensor
    shrink: int


@dataclass(frozen=True)
class PhotosBatch(Batch):
    """Photos alone, `pictures` being [B, 4, H, W] where the lesion mask in {-1, 1} is their fourth channel.

    labels: int64 [B], places in the model's diagnoses. fade: how far what this stage added has faded in, 0..1.
    ranks: how many processes take this step, each with a batch of its own.
    """

    labels: Tensor
    fade: float = 1.0
    ranks: int = 1
