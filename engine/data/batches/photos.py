"""Photo cache → batches of photos, with their masks and labels, on a device."""

import numpy as np
import torch
from torch.nn import functional as F

from engine.data.batches.kinds import PhotosBatch
from engine.data.batches.order import View, flipped, photo_at
from engine.data.caches.photos import PhotoCache
from engine.data.recipes import Frame
from engine.pixels import resize_labels, resize_picture, to_tensor
from engine.seeds import stream


def batch_at(cache: PhotoCache, images: int, view: View, device: torch.device) -> PhotosBatch:
    """See `loading.batch_at`. A frame smaller than the photos shows them whole, shrunk; masks by nearest.

    While `frame.fade` is below 1, photos are blended with their form at half the resolution, as the generator's pictures
    are (Karras et al. 2018, appendix A).
    """
    count, frame, how = view.count, view.frame, view.how
    first = images + how.rank * count
    chosen = [photo_at(len(cache), position, how.seed) for position in range(first, first + count)]
    random = stream(how.seed, "batch", images, how.rank)
    flips = random.random((count, 2)) < (0.5 if how.flips else 0.0)
    shown = torch.from_numpy(np.stack([_shrunk(cache.pictures[i], frame) for i in chosen])).to(device)
    pictures = flipped(to_tensor(shown), flips)
    if frame.fade < 1:
        pictures = torch.lerp(F.interpolate(F.avg_pool2d(pictures, 2), scale_factor=2), pictures, frame.fade)
    return PhotosBatch(
        pictures=pictures,
        random=torch.Generator(device).manual_seed(int(random.integers(2**62))),
        labels=torch.tensor([cache.labels[i] for i in chosen], device=device),
        fade=frame.fade,
        ranks=how.ranks,
    )


def _shrunk(pixels: np.ndarray, frame: Frame) -> np.ndarray:
    """uint8 [H, W, 3 or 4] → the frame's size."""
    if pixels.shape[:2] == (frame.height, frame.width):
        return pixels
    picture = resize_picture(np.ascontiguousarray(pixels[..., :3]), frame.width, frame.height)
    masks = [resize_labels(pixels[..., k], frame.width, frame.height) for k in range(3, pixels.shape[2])]
    return np.dstack([picture, *masks])
