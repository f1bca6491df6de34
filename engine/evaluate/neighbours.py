"""Which real photo is nearest to a picture, by embeddings.

An embedding is the pooled last map of a frozen EfficientNet-lite0, divided by its length, so that its inner product with
another is the cosine of their angle. How near is near is told by the photos themselves: beside the nearest photo stands the
share of photos that have another photo as near. A photo is looked up whole and as its centre square, since some generators
learn from the square alone and a copy of it would else pass for a stranger.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

INPUT_PX = 224
FEATURES = 1280
BATCH = 16
RECIPE = "lite0/224-stretched, whole and square/2"  # names what an embedding is; change it with this file


@dataclass(frozen=True)
class Neighbour:
    """The nearest photo. similarity: cosine, -1..1. as_near: share of photos that have another photo at least as near."""

    id: str
    path: Path
    data: str
    similarity: float
    as_near: float

    def sentence(self) -> str:
        """For people."""
        return f"{self.id} of {self.data}; {self.as_near:.0%} of photos have another as near ({self.path})"


@dataclass(frozen=True, eq=False)
class Index:
    """Embeddings float16 [N, 2, 1280] of photos, whole and square, their ids and files.

    own: float32 [N, 2], each view's similarity to the nearest of the other photos' same views. left_out: why photos that
    could not be read are not in it, known where it was made and not kept.
    """

    data: str
    ids: tuple[str, ...]
    files: tuple[str, ...]
    embeddings: NDArray[np.float16]
    own: NDArray[np.float32]
    left_out: tuple[str, ...] = ()

    def nearest(self, embedding: NDArray[np.float32]) -> Neighbour:
        """Of an embedding, float32 [1280]."""
        similar = self.embeddings.astype(np.float32) @ embedding
        best, view = np.unravel_index(int(np.argmax(similar)), similar.shape)
        as_near = float((self.own[:, view] >= similar[best, view]).mean())
        return Neighbour(self.ids[best], Path(self.files[best]), self.data, float(similar[best, view]), as_near)


def embedded(pictures: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
    """Embeddings of pictures, uint8 [H, W, 3] sRGB of any size → float32 [N, 1280] of length 1."""
    import torch

    rows = [np.zeros((0, FEATURES), np.float32)]
    for start in range(0, len(pictures), BATCH):
        shrunk = [
            cv2.resize(p, (INPUT_PX, INPUT_PX), interpolation=cv2.INTER_AREA) for p in pictures[start : start + BATCH]
        ]
        batch = torch.from_numpy(np.stack(shrunk)).permute(0, 3, 1, 2).float()
        with torch.inference_mode():
            found = _network()((batch - 127) / 128)
        rows.append(torch.nn.functional.normalize(found.float(), dim=1).numpy())
    return np.concatenate(rows)


def views(picture: NDArray[np.uint8]) -> list[NDArray[np.uint8]]:
    """A photo as it is looked up: whole, and its centre square."""
    height, width = picture.shape[:2]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    return [picture, np.ascontiguousarray(picture[top : top + side, left : left + side])]


@cache
def _network() -> Any:
    import timm
    import torch
    from safetensors.torch import load_file

    from engine.weights.feature_nets import path

    net: Any = timm.create_model("tf_efficientnet_lite0", pretrained=False)
    net.load_state_dict(load_file(path("lite0")))
    net.reset_classifier(0)
    net.eval()
    return net.to(memory_format=torch.channels_last)


def nearest_others(embeddings: NDArray[np.float16]) -> NDArray[np.float32]:
    """Each view's similarity to its nearest among the other photos', [N, 2]; -1 for a single photo."""
    return np.stack([_nearest_other(view) for view in embeddings.astype(np.float32).swapaxes(0, 1)], axis=1)


def _nearest_other(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    found = []
    for start in range(0, len(rows), 1024):
        similar = rows[start : start + 1024] @ rows.T
        similar[np.arange(len(similar)), np.arange(start, start + len(similar))] = -1
        found.append(similar.max(axis=1))
    return np.concatenate(found)
