"""What time it is in a run, counted in images; every schedule is a function of it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

MEASURE_S = 60.0  # how long a run's speed is measured before minutes are turned into images


class Staged(Protocol):
    """A stage of training: until which share of the images, in windows of which size, how many at once."""

    @property
    def until(self) -> float:
        """Share of all images at which it ends."""
        ...

    @property
    def width(self) -> int:
        """Window's width, px."""
        ...

    @property
    def height(self) -> int:
        """Window's height, px."""
        ...

    @property
    def batch(self) -> int:
        """Images a step."""
        ...

    @property
    def fade(self) -> float | None:
        """Share of the stage during which what it adds fades in."""
        ...


@dataclass(frozen=True)
class Clock:
    """images: seen so far. total: the run's budget; None while minutes have not been turned into images yet."""

    images: int
    step: int
    total: int | None

    @property
    def done(self) -> bool:
        """Whether the budget is spent."""
        return self.total is not None and self.images >= self.total

    @property
    def share(self) -> float:
        """Part of the budget spent, 0..1."""
        return 0.0 if self.total is None else min(self.images / self.total, 1.0)


StageT = TypeVar("StageT", bound=Staged)


def stage_at(stages: Sequence[StageT], share: float) -> StageT:
    """The stage that a run is in when it has spent `share` of its images."""
    return next((stage for stage in stages if share < stage.until), stages[-1])


def fade_at(stages: Sequence[Staged], share: float) -> float:
    """How far the stage's own additions have faded in, 0..1; 1 where the stage fades nothing."""
    starts = [0.0, *[stage.until for stage in stages[:-1]]]
    start, stage = next(
        ((s, x) for s, x in zip(starts, stages, strict=True) if share < x.until), (starts[-1], stages[-1])
    )
    return 1.0 if not stage.fade else min(1.0, (share - start) / (stage.until - start) / stage.fade)


def rampup(images: int, rampup_images: float | None) -> float:
    """exp(-5 (1 - t)²) over the first images, t from 0 to 1; then 1 (Karras et al. 2018, the authors' code)."""
    return 1.0 if rampup_images is None or images >= rampup_images else math.exp(-5 * (1 - images / rampup_images) ** 2)


def learning_rate_factor(share: float, decay_from: float) -> float:
    """1 until `decay_from` of the images, then linearly to 0 (pix2pixHD: 100 epochs constant, 100 to zero)."""
    return 1.0 if share < decay_from or decay_from >= 1 else max(0.0, (1 - share) / (1 - decay_from))


def images_in(minutes: float, seconds_an_image: float, stages: Sequence[Staged]) -> int:
    """The images that fit a wall-clock budget, each stage costing in proportion to its window's pixels.

    seconds_an_image: measured in the first stage.
    """
    first = stages[0].width * stages[0].height
    starts = [0.0, *[stage.until for stage in stages[:-1]]]
    cost = sum((s.until - start) * s.width * s.height / first for start, s in zip(starts, stages, strict=True))
    return max(1, round(minutes * 60 / (seconds_an_image * cost)))
