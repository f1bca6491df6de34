"""Skin tone: Fitzpatrick type for people, individual typology angle (ITA) for the machine.

ITA = arctan((L* - 50) / b*) in degrees, of CIE L*a*b* under D65 (Chardon et al. 1991). It is measured on pictures, never
guessed, and it is not a Fitzpatrick label: lighting moves it.
"""

import math

import cv2
import numpy as np
from numpy.typing import NDArray

# The ITA asked of a generator for each Fitzpatrick type: centres within Chardon's bounds (55, 41, 28, 10, -30 degrees).
TONES = {"I": 60.0, "II": 48.0, "III": 34.5, "IV": 19.0, "V": -10.0, "VI": -45.0}
CHARDON_DEG = {"I": 55.0, "II": 41.0, "III": 28.0, "IV": 10.0, "V": -30.0}  # the ITA above which a skin is of that type
SKIN_LIMIT_DEG = (
    75.0  # skin lies within, either way; beyond, it is not skin that was measured, or the white balance is off
)

# Melanin's extinction in linear red, green and blue, relative to green: eumelanin absorbs as wavelength^-3.33
# (Jacques 2013, "Optical properties of biological tissues", sec. 3.3) at 610, 545 and 465 nm.
MELANIN_OD = np.array([0.687, 1.0, 1.697], np.float32)


def ita_deg(lightness: float, yellowness: float) -> float:
    """Individual typology angle in degrees, -90..90, of one colour: L* in 0..100 and b*."""
    return math.degrees(math.atan2(lightness - 50, max(yellowness, 1e-6)))


def nearest_type(ita: float) -> str | None:
    """The Fitzpatrick type within whose bounds an ITA in degrees lies (Chardon et al. 1991); None beyond those of skin."""
    if abs(ita) > SKIN_LIMIT_DEG:
        return None
    return next((tone for tone, above in CHARDON_DEG.items() if ita > above), "VI")


def rgb_to_lab(picture: NDArray[np.uint8]) -> NDArray[np.float32]:
    """sRGB uint8 [H, W, 3] → float32 [H, W, 3]: L* in 0..100, a* and b* in about -128..127 (D65)."""
    return np.asarray(cv2.cvtColor(picture.astype(np.float32) / 255, cv2.COLOR_RGB2LAB), np.float32)


def lab_to_linear(lab: NDArray[np.floating]) -> NDArray[np.float32]:
    """L*a*b* [N, 3] → linear RGB [N, 3]; colours outside sRGB are clipped to it."""
    shaped = np.asarray(lab, np.float32).reshape(-1, 1, 3)
    return np.asarray(cv2.cvtColor(shaped, cv2.COLOR_LAB2LRGB), np.float32).reshape(-1, 3).clip(0, 1)


def linear_to_lab(linear: NDArray[np.floating]) -> NDArray[np.float32]:
    """Linear RGB [N, 3] in 0..1 → L*a*b* [N, 3]."""
    shaped = np.asarray(linear, np.float32).reshape(-1, 1, 3)
    return np.asarray(cv2.cvtColor(shaped, cv2.COLOR_LRGB2LAB), np.float32).reshape(-1, 3)


def lab_to_unit(lab: NDArray[np.floating]) -> NDArray[np.float32]:
    """L*a*b* [N, 3] → sRGB [N, 3] in -1..1, as networks see it."""
    shaped = np.asarray(lab, np.float32).reshape(-1, 1, 3)
    return np.asarray(cv2.cvtColor(shaped, cv2.COLOR_LAB2RGB), np.float32).reshape(-1, 3).clip(0, 1) * 2 - 1


def darken(lab: NDArray[np.floating], density: float) -> NDArray[np.float32]:
    """Add melanin to colours: multiply linear RGB by 10^(-density · MELANIN_OD). lab: [N, 3]; density in OD units, below 0
    takes melanin away."""
    return linear_to_lab(lab_to_linear(lab) * 10 ** (-density * MELANIN_OD))


def melanin_to(lab: NDArray[np.floating], ita: float, densities: NDArray[np.floating]) -> float:
    """Which of the densities brings a skin colour, [3], nearest to an ITA in degrees."""
    toned = linear_to_lab(lab_to_linear(lab) * 10 ** (-np.asarray(densities)[:, None] * MELANIN_OD))
    found = [ita_deg(float(lightness), float(yellowness)) for lightness, _, yellowness in toned]
    return float(densities[int(np.argmin(np.abs(np.array(found) - ita)))])


def measured_ita(picture: NDArray[np.uint8], skin: NDArray[np.bool_]) -> float | None:
    """ITA in degrees of the median colour of the pixels in `skin`, bool [H, W]; None where fewer than 64 are skin."""
    if int(skin.sum()) < 64:
        return None
    lightness, _, yellowness = np.median(rgb_to_lab(picture)[skin], axis=0)
    return ita_deg(float(lightness), float(yellowness))
