"""What a clinical picture is painted from beyond DermGAN's map: where in its box a pixel lies, and the colours around it."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.cases.appearance import OFFSET, SCALE, Appearance
from engine.cases.boxes import Box
from engine.cases.tone import lab_to_unit

COLOURS = 7  # sRGB before tanh, the lesion's spread in L*a*b*, hair
FULLEST = 0.96  # atanh of 1 is infinite; 0.96 is 2 % short of white and black
SOFT = 1 / 85  # of the picture's width: standard deviation by which a lesion's colour runs into the skin, 3 px of 256
SPREAD, HAIR = slice(6, 9), 9  # places in Appearance.vector


@dataclass(frozen=True, eq=False)
class Lesion:
    """outline: float32 [H, W] in 0..1; appearance: what colours it has."""

    outline: NDArray[np.float32]
    appearance: Appearance


def place(boxes: Sequence[Box], width: int, height: int) -> NDArray[np.float32]:
    """Across and down in the topmost box, from -1 at its left and top to 1, 0 outside: float32 [2, H, W]."""
    where = np.zeros((2, height, width), np.float32)
    for box in boxes:
        across = (np.arange(box.left, box.right) + 0.5 - box.left) / (box.right - box.left) * 2 - 1
        down = (np.arange(box.top, box.bottom) + 0.5 - box.top) / (box.bottom - box.top) * 2 - 1
        where[0, box.top : box.bottom, box.left : box.right] = across[None]
        where[1, box.top : box.bottom, box.left : box.right] = down[:, None]
    return where


def colours(skin: Appearance, lesions: Sequence[Lesion], width: int, height: int) -> NDArray[np.float32]:
    """float32 [7, H, W]: sRGB before tanh of skin and lesions, which run into each other; a lesion's spread; hair."""
    painted = np.zeros((COLOURS, height, width), np.float32)
    painted[:3] = _before_tanh(skin.skin_lab)[:, None, None]
    painted[6] = skin.vector()[HAIR]
    for lesion in lesions:
        inside = cv2.GaussianBlur(lesion.outline, (0, 0), SOFT * width)[None]
        vector = (np.array(lesion.appearance.spread_lab, np.float32) - OFFSET[SPREAD]) / SCALE[SPREAD]
        painted[:3] += (_before_tanh(lesion.appearance.lesion_lab)[:, None, None] - painted[:3]) * inside
        painted[3:6] += (vector[:, None, None] - painted[3:6]) * inside
    return painted


def _before_tanh(lab: tuple[float, float, float]) -> NDArray[np.float32]:
    return np.arctanh(lab_to_unit(np.array([lab]))[0] * np.float32(FULLEST))
