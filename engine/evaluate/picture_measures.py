"""What is measured on one picture, or on two of the same case: sharpness, colour, texture, the reach of an edit."""

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.cases.tone import rgb_to_lab

FAR_PX = 32.0  # beyond this an edit should leave the picture as it was
LEAST_ENERGY = 1e-6  # L* squared per px squared: flat, far below what 8-bit pictures resolve


def laplacian_variance(picture: NDArray[np.uint8]) -> float:
    """Sharpness: the variance of the Laplacian of the grey picture, in grey levels squared (Pech-Pacheco et al. 2000)."""
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    return float(cv2.Laplacian(grey, cv2.CV_64F).var())


def mean_lab(picture: NDArray[np.uint8], where: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Mean L*a*b* [3] of the pixels in `where`, bool [H, W], of which there must be some."""
    return np.asarray(rgb_to_lab(picture)[where].mean(axis=0, dtype=np.float64))


def spread(colours: NDArray[np.float64]) -> float:
    """Spread of N colours [N, 3] in L*a*b*: root of the summed variances, the typical ΔE from their mean."""
    return float(np.sqrt(colours.var(axis=0, ddof=1).sum()))


def gradient_energy(picture: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Squared gradient of L* at each pixel by central differences, [H, W], in L* units squared per px squared."""
    down, across = np.gradient(rgb_to_lab(picture)[..., 0].astype(np.float64))
    return np.asarray(down**2 + across**2)


def log_ratio(energies: NDArray[np.float64], others: NDArray[np.float64]) -> float:
    """Natural logarithm of the mean of some pixels' gradient energies over that of others; neither may be empty."""
    return float(np.log(max(energies.mean(), LEAST_ENERGY)) - np.log(max(others.mean(), LEAST_ENERGY)))


def reach(
    before: NDArray[np.uint8], after: NDArray[np.uint8], edit: NDArray[np.bool_], far_px: float = FAR_PX
) -> tuple[float, float] | None:
    """Mean |Δ| in grey levels 0..255 inside an edit, bool [H, W], and farther than `far_px` from it.

    None where the edit is empty or nothing lies that far.
    """
    if not edit.any():
        return None
    far = cv2.distanceTransform((~edit).astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_PRECISE) > far_px
    change = np.abs(after.astype(np.int16) - before.astype(np.int16)).mean(axis=2)
    return (float(change[edit].mean()), float(change[far].mean())) if far.any() else None
