"""Regions of interest: axis-parallel boxes on a case's map, each with what it shows."""

from dataclasses import dataclass
from typing import Annotated

from engine.config import Range
from engine.errors import EngineError

COUNT_LIMIT = 64  # Ghorbani et al. 2019's cases hold a handful
CONDITION_LIMIT = 64
SIDE_LIMIT_PX = 2048
Edge = Annotated[int, Range(0, SIDE_LIMIT_PX)]


@dataclass(frozen=True)
class Box:
    """A box in map pixels: left and top inclusive, right and bottom exclusive. condition: None where none is named."""

    left: Edge
    top: Edge
    right: Edge
    bottom: Edge
    condition: str | None = None

    def __post_init__(self) -> None:
        if self.left >= self.right or self.top >= self.bottom:
            raise EngineError(f"the box {self.edges} has no area; left < right and top < bottom are needed.")
        if self.condition is not None and not 1 <= len(self.condition) <= CONDITION_LIMIT:
            raise EngineError(
                f"the box's condition {self.condition[:60]!r} is not a name; 1 to {CONDITION_LIMIT} characters are allowed."
            )

    @property
    def edges(self) -> tuple[int, int, int, int]:
        """(left, top, right, bottom)."""
        return self.left, self.top, self.right, self.bottom


def check(boxes: tuple[Box, ...], width: int, height: int) -> None:
    """Raise EngineError for more boxes than a case holds and for one that leaves a map of width x height."""
    if len(boxes) > COUNT_LIMIT:
        raise EngineError(f"the case holds {len(boxes)} boxes; at most {COUNT_LIMIT} are allowed.")
    for box in boxes:
        if box.right > width or box.bottom > height:
            raise EngineError(f"the box {box.edges} leaves the map; it is {width}x{height}.")
