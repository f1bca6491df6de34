"""Inception features: what KID and FID compare.

The network is the 2015-12-05 Inception of Szegedy et al., the one FID is defined on (Heusel et al. 2017), as TorchScript
without its classifier. Its results are only comparable with published ones when the picture reaches it the way the
original TensorFlow 1 graph resized it: bilinear with pixel corners aligned at 0, no antialiasing, then (x - 128) / 128.
"""

import hashlib
import warnings
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from engine.errors import EngineError
from engine.evaluate.feature_cache import read_array, user_folder, write_array

if TYPE_CHECKING:
    import torch

Network = Callable[["torch.Tensor"], "torch.Tensor"]
Progress = Callable[[int, int], None]

INPUT_PX = 299
FEATURES = 2048
BATCH = 4  # as fast as 16 with one thread a batch, and a quarter of the memory
RECIPE = "inception-2015-12-05/tf1-bilinear-299/fp32/1"  # names what the cached numbers are; change it with this file


def inception(
    pictures: Sequence[NDArray[np.uint8]], network: Network | None = None, progress: Progress | None = None
) -> NDArray[np.float64]:
    """Features of each picture, float64 [N, 2048], computed in fp32.

    pictures: uint8 [H, W, 3] sRGB, sizes may differ. network: float32 [B, 3, 299, 299] → [B, 2048]; None loads the FID
    Inception. progress is called with (pictures done, of how many).
    """
    import torch

    net = network or load_network()
    starts = range(0, len(pictures), BATCH)
    rows, threads = [np.zeros((0, FEATURES))], torch.get_num_threads()
    # One thread a batch: batches side by side keep their speed on a busy machine, threads that wait for each other do not
    # (measured on 2 cores with a training beside: 7.0 against 1.9 pictures a second).
    try:
        with ThreadPoolExecutor(threads, initializer=torch.set_num_threads, initargs=(1,)) as pool:
            for start, features in zip(
                starts, pool.map(lambda s: _batch(net, pictures[s : s + BATCH]), starts), strict=True
            ):
                rows.append(features)
                if progress:
                    progress(min(start + BATCH, len(pictures)), len(pictures))
    finally:
        torch.set_num_threads(threads)
    return np.concatenate(rows if len(rows) == 1 else rows[1:])


def _batch(network: Network, pictures: Sequence[NDArray[np.uint8]]) -> NDArray[np.float64]:
    import torch

    with torch.inference_mode():
        inputs = torch.cat([prepared(p) for p in pictures]).contiguous(memory_format=torch.channels_last)
        return np.asarray(network(inputs).double().cpu().numpy())


def prepared(picture: NDArray[np.uint8]) -> "torch.Tensor":
    """uint8 [H, W, 3] → float32 [1, 3, 299, 299] in [-1, 0.992], as the TensorFlow 1 graph prepares it."""
    import torch

    if picture.dtype != np.uint8 or picture.ndim != 3 or picture.shape[2] != 3:
        raise EngineError(f"a picture is {picture.dtype} {list(picture.shape)}; allowed is uint8 [H, W, 3]")
    tensor = torch.from_numpy(np.ascontiguousarray(picture)).permute(2, 0, 1)[None].float()
    return (_resampled(_resampled(tensor, 3), 2) - 128) / 128


def _resampled(tensor: "torch.Tensor", axis: int) -> "torch.Tensor":
    """Linear resampling of one axis to 299 as TensorFlow 1's ResizeBilinear: sample i lies at i · old / new."""
    import torch

    old = tensor.shape[axis]
    place = torch.arange(INPUT_PX, dtype=torch.float32) * torch.tensor(old / INPUT_PX, dtype=torch.float32)
    low = place.long()
    shape = [1, 1, 1, 1]
    shape[axis] = INPUT_PX
    before, after = tensor.index_select(axis, low), tensor.index_select(axis, (low + 1).clamp_max(old - 1))
    return before + (after - before) * (place - low.float()).view(shape)


def load_network(path: Path | None = None) -> Network:
    """The FID Inception on the CPU. path: its TorchScript file; None asks `engine.weights`, which checks the hash."""
    import torch

    if path is None:
        from engine.weights import feature_nets as weights

        path = weights.path("fid-inception")
    with warnings.catch_warnings():
        warnings.simplefilter(
            "ignore", FutureWarning
        )  # torch means to retire TorchScript; the file exists in no other form
        network = torch.jit.load(str(path), map_location="cpu").eval()
    return network


def cached(
    pictures: Sequence[NDArray[np.uint8]],
    folder: Path | None = None,
    network: Network | None = None,
    progress: Progress | None = None,
) -> NDArray[np.float64]:
    """`inception`, remembered on disk under the hash of the pictures: float64 [N, 2048].

    folder: where; None is the user's cache folder. Only meant for real pictures, which are judged against again and again.
    """
    path = (folder or user_folder()) / f"{content_hash(pictures)}.npy"
    known = read_array(path, (len(pictures), FEATURES))
    if known is not None:
        return known
    features = inception(pictures, network, progress)
    write_array(path, features)
    return features


def content_hash(pictures: Sequence[NDArray[np.uint8]]) -> str:
    """sha256 over the recipe and every picture's size and pixels, in order."""
    digest = hashlib.sha256(RECIPE.encode())
    for picture in pictures:
        digest.update(f"{picture.shape}".encode())
        digest.update(np.ascontiguousarray(picture).data)
    return digest.hexdigest()
