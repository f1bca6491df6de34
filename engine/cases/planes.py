"""Classes, planes and the maps derived from them.

The truth of a dermoscopic case is a lesion mask and five independent marker planes, each pixel absent, possible or
definite (the ISIC annotation tool's 0 / 0.5 / 1). The eight-class semantic map of Bissoto et al. 2018 is derived from
the planes by a fixed precedence and is never stored as the truth, since a pixel may bear several markers.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.errors import EngineError
from engine.pixels import resize_labels

CLASSES = (
    "border",
    "skin",
    "lesion",
    "pigment_network",
    "negative_network",
    "streaks",
    "milia_like_cyst",
    "globules",
)
BORDER, SKIN, LESION = 0, 1, 2
MARKERS = CLASSES[3:]
ABSENT, POSSIBLE, DEFINITE = 0, 1, 2

# A packed cell holds one pixel of all planes: bit 0 lesion, bit 1 border, then two bits a marker in MARKERS' order.
LESION_BIT, BORDER_BIT, FIRST_MARKER_BIT = 0, 1, 2
CELL_LIMIT = 1 << (FIRST_MARKER_BIT + 2 * len(MARKERS))


@dataclass(frozen=True, eq=False)
class Planes:
    """What a dermoscopic case shows, pixel by pixel; all arrays uint8.

    lesion: [H, W] in {0, 1}. markers: [5, H, W] in {ABSENT, POSSIBLE, DEFINITE}, in MARKERS' order.
    border: [H, W] in {0, 1}, 1 where a letterbox pads the frame.
    """

    lesion: NDArray[np.uint8]
    markers: NDArray[np.uint8]
    border: NDArray[np.uint8]

    def __post_init__(self) -> None:
        height, width = self.lesion.shape
        if self.markers.shape != (len(MARKERS), height, width) or self.border.shape != (height, width):
            raise EngineError(
                f"the planes do not fit together: lesion {self.lesion.shape}, markers {self.markers.shape}, "
                f"border {self.border.shape}; allowed is [H, W], [5, H, W], [H, W] of one size"
            )

    @property
    def size(self) -> tuple[int, int]:
        """(width, height) in pixels."""
        return self.lesion.shape[1], self.lesion.shape[0]

    @classmethod
    def blank(cls, width: int, height: int) -> "Planes":
        """Skin everywhere."""
        empty = np.zeros((height, width), np.uint8)
        return cls(empty, np.zeros((len(MARKERS), height, width), np.uint8), empty.copy())

    def resized(self, width: int, height: int) -> "Planes":
        """Every plane by nearest."""
        markers = np.stack([resize_labels(plane, width, height) for plane in self.markers])
        return Planes(resize_labels(self.lesion, width, height), markers, resize_labels(self.border, width, height))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Planes) and np.array_equal(pack(self), pack(other))


def semantic_map(planes: Planes) -> NDArray[np.uint8]:
    """The eight-class map, uint8 [H, W]: higher id wins; a marker keeps its class outside the lesion mask too.

    A possible marker counts as present. Bissoto et al. 2018, sec. 3.1; precedence fixed here because the released
    script's depends on the order in which the file system lists the masks.
    """
    labels = np.where(planes.lesion > 0, LESION, SKIN).astype(np.uint8)
    for index, plane in enumerate(planes.markers):
        labels[plane > ABSENT] = LESION + 1 + index
    labels[planes.border > 0] = BORDER
    return labels


def planes_from_semantic(labels: NDArray[np.uint8]) -> Planes:
    """Read a flat map back: lesion = id >= 2, each marker definite where its id stands.

    labels: uint8 [H, W] in 0..7; raises EngineError for any other value.
    """
    if labels.size and int(labels.max()) >= len(CLASSES):
        raise EngineError(
            f"the map holds the value {int(labels.max())}; allowed are 0..7 "
            f"({', '.join(f'{i} {name}' for i, name in enumerate(CLASSES))})"
        )
    markers = np.stack([(labels == LESION + 1 + k) * np.uint8(DEFINITE) for k in range(len(MARKERS))])
    return Planes((labels >= LESION).astype(np.uint8), markers.astype(np.uint8), (labels == BORDER).astype(np.uint8))


def pack(planes: Planes) -> NDArray[np.uint16]:
    """All planes in one uint16 [H, W]: bit 0 lesion, bit 1 border, two bits a marker from bit 2."""
    cells: NDArray[np.uint16] = (planes.lesion.astype(np.uint16) << LESION_BIT).astype(np.uint16)
    cells |= planes.border.astype(np.uint16) << BORDER_BIT
    for index, plane in enumerate(planes.markers):
        cells |= plane.astype(np.uint16) << (FIRST_MARKER_BIT + 2 * index)
    return cells


def unpack(cells: NDArray[np.uint16]) -> Planes:
    """Inverse of `pack`; raises EngineError for a certainty of 3 or a bit beyond the last plane."""
    if cells.size and int(cells.max()) >= CELL_LIMIT:
        raise EngineError(f"a packed cell is {int(cells.max())}; allowed is 0..{CELL_LIMIT - 1}")
    shifts = FIRST_MARKER_BIT + 2 * np.arange(len(MARKERS), dtype=np.uint16)
    markers = ((cells[None] >> shifts[:, None, None].astype(np.uint16)) & 3).astype(np.uint8)
    if markers.size and int(markers.max()) > DEFINITE:
        raise EngineError("a marker's certainty is 3; allowed are 0 absent, 1 possible, 2 definite")
    lesion = ((cells >> LESION_BIT) & 1).astype(np.uint8)
    return Planes(lesion, markers, ((cells >> BORDER_BIT) & 1).astype(np.uint8))


def instance_edges(ids: NDArray[np.integer]) -> NDArray[np.uint8]:
    """Mark pixels whose 4-neighbour bears another id, on both sides of the boundary: uint8 [H, W] in {0, 1}.

    ids: any integers [H, W]. Wang et al. 2018 (pix2pixHD), sec. 3.3, the instance boundary map.
    """
    edges = np.zeros(ids.shape, np.uint8)
    across, down = ids[:, 1:] != ids[:, :-1], ids[1:] != ids[:-1]
    edges[:, 1:] |= across
    edges[:, :-1] |= across
    edges[1:] |= down
    edges[:-1] |= down
    return edges
