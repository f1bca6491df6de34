"""Clinical photographs: their conditions, and DermGAN's semantic map of boxes (Ghorbani et al. 2019, sec. 2).

R holds the skin's tone over the whole map, G and B the condition inside the boxes. The paper gives no code values: here R
is the apparent skin tone as ITA, since in smartphone photos lighting moves the tone that a picture shows far from what
its Fitzpatrick label says, and a condition's (G, B) is one of a 6x6 grid of well-spaced values, none of them 0.
"""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.cases.boxes import Box
from engine.cases.boxes import check as check_boxes
from engine.config import suggestion
from engine.errors import EngineError

# The 26 conditions of Liu et al. 2020, "A deep learning system for differential diagnosis of skin diseases", on whose data
# DermGAN was trained, and "other". A condition's place is its code: append, never reorder.
CONDITIONS = (
    "acne", "actinic keratosis", "allergic contact dermatitis", "alopecia areata", "androgenetic alopecia",
    "basal cell carcinoma", "cyst", "eczema", "folliculitis", "hidradenitis", "lentigo", "melanocytic nevus", "melanoma",
    "post-inflammatory hyperpigmentation", "psoriasis", "squamous cell carcinoma", "seborrheic keratosis", "scar condition",
    "seborrheic dermatitis", "skin tag", "stasis dermatitis", "tinea", "tinea versicolor", "urticaria", "verruca vulgaris",
    "vitiligo", "other",
)  # fmt: skip
LEVELS = (43, 85, 128, 170, 213, 255)
CODES = np.array([(LEVELS[i // len(LEVELS)], LEVELS[i % len(LEVELS)]) for i in range(len(CONDITIONS))], np.uint8)
"""[27, 2]: a condition's G and B."""
NONE = -1  # outside all boxes
ITA_LIMIT_DEG = 90.0


def index_of(condition: str | None, allowed: Sequence[str] = CONDITIONS) -> int:
    """A condition's place in CONDITIONS; one that is not among `allowed` is refused."""
    if condition is None or condition not in allowed:
        raise EngineError(
            f"the condition {str(condition)[:60]!r} is not known here; {suggestion(str(condition), allowed)}"
        )
    return CONDITIONS.index(condition)


def tone_code(ita_deg: float) -> int:
    """ITA in degrees, -90..90, as R in 1..255, 0.71 degrees a step; 0 stands for no skin."""
    if not -ITA_LIMIT_DEG <= ita_deg <= ITA_LIMIT_DEG:
        raise EngineError(f"the skin tone is {ita_deg:g} degrees ITA; -90 to 90 is allowed.")
    return round((ita_deg + ITA_LIMIT_DEG) / (2 * ITA_LIMIT_DEG) * 254) + 1


def tone_of(code: int) -> float:
    """Inverse of `tone_code`, degrees."""
    if not 1 <= code <= 255:
        raise EngineError(f"the map's red is {code}; 1 to 255 (a skin tone) is allowed.")
    return (code - 1) / 254 * 2 * ITA_LIMIT_DEG - ITA_LIMIT_DEG


def condition_map(
    boxes: Sequence[Box], width: int, height: int, allowed: Sequence[str] = CONDITIONS
) -> NDArray[np.int8]:
    """The condition of every pixel, int8 [H, W], NONE outside; where boxes overlap the later one wins."""
    check_boxes(tuple(boxes), width, height)
    conditions = np.full((height, width), NONE, np.int8)
    for box in boxes:
        conditions[box.top : box.bottom, box.left : box.right] = index_of(box.condition, allowed)
    return conditions


def encode(conditions: NDArray[np.int8], ita_deg: float) -> NDArray[np.uint8]:
    """DermGAN's semantic map, uint8 [H, W, 3], of a condition map and a skin tone."""
    coded = np.zeros((*conditions.shape, 3), np.uint8)
    coded[..., 0] = tone_code(ita_deg)
    coded[..., 1:] = np.where(conditions[..., None] == NONE, np.uint8(0), CODES[conditions])
    return coded


def decode(coded: NDArray[np.uint8]) -> tuple[NDArray[np.int8], float]:
    """Inverse of `encode`: (condition map, ITA in degrees, within 0.36 of what was encoded)."""
    tones = np.unique(coded[..., 0])
    if len(tones) != 1:
        raise EngineError(
            f"the map's red holds {len(tones)} values, first {tones[:3].tolist()}; one skin tone is allowed."
        )
    conditions = np.full(coded.shape[:2], NONE, np.int8)
    known = (coded[..., 1] == 0) & (coded[..., 2] == 0)
    for index, (green, blue) in enumerate(CODES):
        here = (coded[..., 1] == green) & (coded[..., 2] == blue)
        conditions[here] = index
        known |= here
    if not known.all():
        row, column = np.argwhere(~known)[0]
        raise EngineError(
            f"the map's green and blue are {coded[row, column, 1:].tolist()} at row {row}, column {column}; "
            "0 and 0 or one of the conditions' codes is allowed."
        )
    return conditions, tone_of(int(tones[0]))


def boxes_of(conditions: NDArray[np.int8]) -> tuple[Box, ...]:
    """Boxes that give this condition map: one a connected region, the larger ones first."""
    found = []
    for index in np.unique(conditions[conditions != NONE]).tolist():
        _, _, stats, _ = cv2.connectedComponentsWithStats((conditions == index).astype(np.uint8), connectivity=4)
        found += [Box(x, y, x + w, y + h, CONDITIONS[index]) for x, y, w, h, _ in stats[1:].tolist()]
    boxes = tuple(sorted(found, key=lambda b: (b.left - b.right) * (b.bottom - b.top)))
    height, width = conditions.shape
    if not np.array_equal(condition_map(boxes, width, height), conditions):
        raise EngineError(
            "the map's regions are not boxes; axis-parallel boxes, the smaller over the larger, are allowed."
        )
    return boxes


def sampled(maps: Sequence[Sequence[Box]], width: int, height: int, random: np.random.Generator) -> tuple[Box, ...]:
    """A map made from known ones: one at random, a random subset of its boxes, each moved to a random place inside.

    Ghorbani et al. 2019, sec. 3, which take the validation maps; how far a box is moved they do not say: anywhere here.
    """
    boxes = maps[int(random.integers(len(maps)))]
    kept = sorted(random.choice(len(boxes), random.integers(1, len(boxes) + 1), replace=False).tolist())
    return tuple(_moved(boxes[index], width, height, random) for index in kept)


def _moved(box: Box, width: int, height: int, random: np.random.Generator) -> Box:
    across, down = box.right - box.left, box.bottom - box.top
    left, top = int(random.integers(0, width - across + 1)), int(random.integers(0, height - down + 1))
    return Box(left, top, left + across, top + down, box.condition)
