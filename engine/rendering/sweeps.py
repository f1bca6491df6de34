"""Sweeps: one case over two axes, a cell for each pair of values. Pure functions of cases; nothing is painted here.

Ghorbani et al. 2019, sec. 4 vary the size of a box and the skin colour in this way.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.cases.boxes import Box
from engine.cases.case import Case
from engine.cases.conditions import CONDITIONS
from engine.cases.planes import MARKERS, Planes, pack, unpack
from engine.cases.settings import SEED_LIMIT, TONES
from engine.config import suggestion
from engine.errors import EngineError
from engine.training import presets

CELL_LIMIT = 400
LOWEST_SIZE, HIGHEST_SIZE = 10, 400  # percent
WITHOUT = "without "
NAMES = {"milia_like_cyst": "milia-like cysts"}  # as the palette has it, where a marker's own name says it otherwise
BORDER_CELL = 2


@dataclass(frozen=True)
class Axis:
    """title: what a menu says. proposed: values to begin with, for a case. read: one value's text → value.

    apply: (case, value) → the case there. label: a value as a header shows it.
    """

    title: str
    proposed: Callable[[Case], tuple[Any, ...]]
    read: Callable[[str], Any]
    apply: Callable[[Case, Any], Case]
    label: Callable[[Any], str]


def scaled(case: Case, percent: int) -> Case:
    """All that lies on the skin, and every box, scaled about its middle by the nearest pixel; what leaves the map is cut.

    percent: 100 leaves the case as it is. A photo's superpixels stay where they are.
    """
    cells = pack(case.planes)
    border = cells & BORDER_CELL
    content = cells & ~np.uint16(BORDER_CELL)
    if content.any():
        content = _scaled(content, percent / 100)
    planes = unpack(np.where(border > 0, cells, content).astype(np.uint16))
    return replace(case, planes=planes, boxes=_scaled_boxes(case.boxes, percent / 100, case.planes.size))


def clipped(case: Case, percent: int) -> float:
    """The share of the scaled lesion that leaves the map, 0..1."""
    area = float((pack(case.planes) & ~np.uint16(BORDER_CELL) > 0).sum())
    kept = float((pack(scaled(case, percent).planes) & ~np.uint16(BORDER_CELL) > 0).sum())
    return max(0.0, 1 - kept / (area * (percent / 100) ** 2)) if area else 0.0


def without(case: Case, marker: str | None) -> Case:
    """The case without one marker, or unchanged for None."""
    if marker is None:
        return case
    markers = case.planes.markers.copy()
    markers[MARKERS.index(marker)] = 0
    return replace(case, planes=Planes(case.planes.lesion, markers, case.planes.border))


def _scaled(content: NDArray[np.uint16], factor: float) -> NDArray[np.uint16]:
    height, width = content.shape
    rows, columns = np.nonzero(content)
    middle_y, middle_x = rows.mean() + 0.5, columns.mean() + 0.5
    y = np.floor(middle_y + (np.arange(height) + 0.5 - middle_y) / factor).astype(int)
    x = np.floor(middle_x + (np.arange(width) + 0.5 - middle_x) / factor).astype(int)
    inside = ((y >= 0) & (y < height))[:, None] & ((x >= 0) & (x < width))
    return np.where(inside, content[y.clip(0, height - 1)][:, x.clip(0, width - 1)], 0).astype(np.uint16)


def _scaled_boxes(boxes: tuple[Box, ...], factor: float, size: tuple[int, int]) -> tuple[Box, ...]:
    def edges(low: int, high: int, limit: int) -> tuple[int, int]:
        middle, half = (low + high) / 2, max(2.0, (high - low) / 2 * factor)
        return max(0, round(middle - half)), min(limit, round(middle + half))

    moved = []
    for box in boxes:
        (left, right), (top, bottom) = edges(box.left, box.right, size[0]), edges(box.top, box.bottom, size[1])
        moved.append(replace(box, left=left, right=right, top=top, bottom=bottom))
    return tuple(moved)


def _whole(what: str, low: int, high: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not text.isascii() or not text.isdigit() or not low <= int(text) <= high:
            raise EngineError(f"the {what} '{text[:40]}' is not one; {low} to {high} are allowed.")
        return int(text)

    return read


def _one_of(what: str, names: tuple[str, ...]) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in names:
            raise EngineError(f"the {what} '{text[:40]}' is not one; {', '.join(names)} are allowed.")
        return text

    return read


def _marker_label(marker: str | None) -> str:
    return "all" if marker is None else WITHOUT + NAMES.get(marker, marker.replace("_", " "))


def _read_marker(text: str) -> str | None:
    """None for all; a marker by its label, or by its own name."""
    known = {_marker_label(marker).removeprefix(WITHOUT): marker for marker in MARKERS} | {m: m for m in MARKERS}
    name = text.removeprefix(WITHOUT).strip()
    if text != "all" and name not in known:
        raise EngineError(
            f"the markers '{text[:40]}' are none; all, or {WITHOUT}one of {', '.join(MARKERS)} is allowed."
        )
    return None if text == "all" else known[name]


def _conditions(case: Case) -> tuple[str, ...]:
    """What boxes may show to the case's generator; nothing where it takes no boxes."""
    return presets.load(case.generator).capabilities.conditions if case.boxes else ()


def _showing(case: Case, condition: str) -> Case:
    return replace(case, boxes=tuple(replace(box, condition=condition) for box in case.boxes))


def _shown_markers(case: Case) -> tuple[str | None, ...]:
    present = (name for name, plane in zip(MARKERS, case.planes.markers, strict=True) if plane.any())
    return (None, *present)


AXES: dict[str, Axis] = {
    "size": Axis(
        "Lesion size",
        lambda case: (60, 80, 100, 120, 140),
        lambda text: _whole("size in percent", LOWEST_SIZE, HIGHEST_SIZE)(text.removesuffix("%").strip()),
        scaled,
        lambda value: f"{value} %",
    ),
    "tone": Axis(
        "Skin tone",
        lambda case: TONES,
        _one_of("tone", TONES),
        lambda case, value: case.varied(tone=value),
        str,
    ),
    "seed": Axis(
        "Seed",
        lambda case: tuple((case.seed + step) % SEED_LIMIT for step in range(5)),
        _whole("seed", 0, SEED_LIMIT),
        lambda case, value: case.varied(seed=value),
        str,
    ),
    "marker": Axis(
        "Markers",
        _shown_markers,
        _read_marker,
        without,
        _marker_label,
    ),
    "condition": Axis("Condition", _conditions, _one_of("condition", CONDITIONS), _showing, str),
    "generator": Axis(
        "Generator",
        lambda case: (case.generator,),
        _one_of("generator", tuple(presets.names())),
        lambda case, value: case.for_generator(value, presets.request_of(value)),
        str,
    ),
}


@dataclass(frozen=True)
class Sweep:
    """Two axes by name and their values in order; columns run along x."""

    x: str
    y: str
    columns: tuple[Any, ...]
    rows: tuple[Any, ...]

    def __post_init__(self) -> None:
        for name in (self.x, self.y):
            if name not in AXES:
                raise EngineError(f"the axis '{name[:40]}' is not one; {suggestion(name, AXES)}")
        if self.x == self.y:
            raise EngineError(f"both axes are '{self.x}'; two different ones of {', '.join(AXES)} are needed.")
        cells = len(self.columns) * len(self.rows)
        if not 1 <= cells <= CELL_LIMIT:
            raise EngineError(f"the sweep has {cells} cells; 1 to {CELL_LIMIT} are allowed.")

    def case(self, start: Case, column: int, row: int) -> Case:
        """The case of one cell."""
        across = AXES[self.x].apply(start, self.columns[column])
        return AXES[self.y].apply(across, self.rows[row])

    def labels(self) -> tuple[list[str], list[str]]:
        """Headers of columns and rows."""
        return [AXES[self.x].label(v) for v in self.columns], [AXES[self.y].label(v) for v in self.rows]


def sweep(start: Case, x: str, y: str, columns: str = "", rows: str = "") -> Sweep:
    """A sweep from texts; an empty text stands for the proposed values, commas separate values."""
    return Sweep(x, y, _values(start, x, columns), _values(start, y, rows))


def _values(start: Case, name: str, text: str) -> tuple[Any, ...]:
    if name not in AXES:
        raise EngineError(f"the axis '{name[:40]}' is not one; {suggestion(name, AXES)}")
    axis = AXES[name]
    parts = [part.strip() for part in text.split(",") if part.strip()]
    return tuple(axis.read(part) for part in parts) if parts else axis.proposed(start)
