"""The three states of a picture, and the only place where 127.5 stands.

picture: numpy uint8 [H, W, 3] sRGB · tensor: float32 [B, 3, H, W] in [-1, 1] · labels: numpy uint8 [H, W].
"""

from typing import TYPE_CHECKING, TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import torch

HALF = 127.5


def to_tensor(pictures: "torch.Tensor") -> "torch.Tensor":
    """uint8 [B, H, W, 3] → float32 [B, 3, H, W] in [-1, 1], on the same device."""
    import torch

    return pictures.permute(0, 3, 1, 2).to(torch.float32).div(HALF).sub(1)


def to_pictures(tensor: "torch.Tensor") -> NDArray[np.uint8]:
    """float [B, 3, H, W] in [-1, 1] → uint8 [B, H, W, 3]: rounded, so that the round trip changes no value."""
    return from_unit(tensor.detach().float().permute(0, 2, 3, 1).cpu().numpy())


def from_unit(values: NDArray[np.floating]) -> NDArray[np.uint8]:
    """Any float array in [-1, 1] → uint8 of the same shape: rounded and clipped."""
    return np.clip(np.rint((values + 1) * HALF), 0, 255).astype(np.uint8)


def resize_picture(picture: NDArray[np.uint8], width: int, height: int) -> NDArray[np.uint8]:
    """Resample a picture: pixel-area averaging to shrink, Lanczos to enlarge."""
    shrinks = width <= picture.shape[1] and height <= picture.shape[0]
    method = cv2.INTER_AREA if shrinks else cv2.INTER_LANCZOS4
    return np.asarray(cv2.resize(picture, (width, height), interpolation=method), np.uint8)


Label = TypeVar("Label", bound=np.integer)


def resize_labels(labels: NDArray[Label], width: int, height: int) -> NDArray[Label]:
    """Resample labels: nearest (pixel centres) only, so no new value can arise."""
    rows = ((np.arange(height) + 0.5) * labels.shape[0] / height).astype(np.intp)
    columns = ((np.arange(width) + 0.5) * labels.shape[1] / width).astype(np.intp)
    return np.ascontiguousarray(labels[rows][:, columns])
