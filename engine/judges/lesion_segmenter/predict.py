"""The trained lesion segmenter at work: a picture → the mask of its lesion."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional as F

from engine.config import from_table
from engine.errors import EngineError
from engine.evaluate.overlap import jaccard
from engine.judges.lesion_segmenter import FAMILY
from engine.judges.lesion_segmenter.config import SIZE_PX, LesionSegmenterConfig
from engine.judges.lesion_segmenter.networks import SmallUNet
from engine.paths import PRESETS
from engine.pixels import resize_picture, to_tensor
from engine.weights import checkpoint


@dataclass(frozen=True)
class Segmenter:
    """A fitted net."""

    network: nn.Module

    def predict(self, picture: NDArray[np.uint8]) -> NDArray[np.bool_]:
        """The lesion in a picture, uint8 [H, W, 3] of any size: bool [H, W]. The mean over four mirrorings decides."""
        height, width = picture.shape[:2]
        x = to_tensor(torch.from_numpy(resize_picture(np.ascontiguousarray(picture), SIZE_PX, SIZE_PX))[None])
        mirrors: list[list[int]] = [[], [2], [3], [2, 3]]
        with torch.inference_mode():
            found = self.network(torch.cat([x.flip(dims) for dims in mirrors])).sigmoid()
            mean = torch.stack(
                [one.flip([d - 1 for d in dims]) for one, dims in zip(found, mirrors, strict=True)]
            ).mean(0)
            full = F.interpolate(mean[None], size=(height, width), mode="bilinear", align_corners=False)
        return np.asarray(full[0, 0].numpy() > 0.5)


def load(path: Path) -> Segmenter:
    """A segmenter that `moulage train lesion-segmenter` wrote."""
    tensors, card = checkpoint.load(path, FAMILY.name)
    config = from_table(LesionSegmenterConfig, card.config.get("model"), f"{path.name}: model")
    network = SmallUNet(config.width)
    try:
        network.load_state_dict({k.removeprefix("S."): v for k, v in tensors.items()})
    except RuntimeError as error:
        raise EngineError(f"{path.name} holds another net: {str(error).splitlines()[-1].strip()}") from error
    return Segmenter(network.eval())


@cache
def shipped() -> Segmenter:
    """The segmenter that comes with Moulage."""
    path = PRESETS / FAMILY.name / "weights.safetensors"
    if not path.is_file():
        raise EngineError(f"{path} is missing; `moulage train {FAMILY.name} --data DIR --out RUN` makes it anew.")
    return load(path)


def jaccards(segmenter: Segmenter, crops: Iterable[tuple[NDArray[np.uint8], NDArray[np.uint8]]]) -> list[float]:
    """Jaccard of each crop's outline and what is found in it. crops: (picture uint8 [H, W, 3], outline uint8 [H, W])."""
    return [jaccard(segmenter.predict(np.asarray(picture)), np.asarray(outline) > 0) for picture, outline in crops]
