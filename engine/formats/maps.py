"""Label maps as PNG: the semantic map, one plane, superpixels, instances.

Everything here may come from a stranger: sizes and lengths are checked before anything is decoded.
"""

import io
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from engine.cases.boxes import Box
from engine.cases.case import SIDE_LIMIT_PX
from engine.cases.conditions import boxes_of, condition_map, decode, encode
from engine.cases.planes import CLASSES
from engine.cases.superpixels import decode_isic, encode_isic
from engine.errors import EngineError
from engine.photos.masks import check_aspect

FILE_LIMIT_BYTES = 64 << 20
# Okabe & Ito's colours for the markers: what a viewer shows for a palette PNG whose pixels are the classes.
MAP_COLOURS = (
    (16, 16, 18), (44, 44, 48), (112, 84, 72), (230, 159, 0), (86, 180, 233), (0, 158, 115), (240, 228, 66), (204, 121, 167),
)  # fmt: skip
Framing = Callable[[NDArray[Any]], NDArray[Any]]
GREYS = (0, 128, 255)  # absent, possible, definite: ISIC's masks know the first and the last


def map_bytes(labels: NDArray[np.uint8]) -> bytes:
    """A semantic map, uint8 [H, W] in 0..7, as a palette PNG whose index is the class."""
    picture = Image.fromarray(labels, "P")
    picture.putpalette([channel for colour in MAP_COLOURS for channel in colour])
    return _png(picture)


def is_map(data: bytes) -> bool:
    """Whether a file is a semantic map with the palette of `map_bytes`."""
    colours = bytes(channel for colour in MAP_COLOURS for channel in colour)
    return data.startswith(b"\x89PNG") and b"PLTE" + colours in data[:1024]


def read_map(data: bytes, size: tuple[int, int] | None = None) -> NDArray[np.uint8]:
    """A semantic map from a palette or grey PNG: uint8 [H, W] in 0..7. size: (width, height) it must have, or None."""
    if data[:3] == b"\xff\xd8\xff":
        raise EngineError("the label map is a JPEG, whose compression invents values; a palette or grey PNG is needed.")
    picture = _opened(data, "the label map")
    if picture.format != "PNG" or picture.mode not in ("P", "L", "1"):
        raise EngineError(f"the label map is {picture.format} {picture.mode}; a palette (P) or grey (L) PNG is needed.")
    _check_size(picture, "the label map", size)
    labels = np.asarray(picture, np.uint8)
    if int(labels.max()) >= len(CLASSES):
        listed = ", ".join(f"{index} {name}" for index, name in enumerate(CLASSES))
        raise EngineError(f"the label map holds the value {int(labels.max())}; allowed are 0..7 ({listed}).")
    return labels


def plane_bytes(plane: NDArray[np.uint8]) -> bytes:
    """One plane, uint8 [H, W] in 0 absent, 1 possible, 2 definite, as a grey PNG of 0, 128, 255."""
    return _png(Image.fromarray(np.array(GREYS, np.uint8)[plane]))


def superpixel_bytes(cells: NDArray[np.int32]) -> bytes:
    """Superpixel ids, int32 [H, W], as ISIC's RGB PNG."""
    return _png(Image.fromarray(encode_isic(cells)))


def read_superpixels(
    data: bytes, size: tuple[int, int] | None = None, frame: Framing | None = None, side_limit_px: int = SIDE_LIMIT_PX
) -> NDArray[np.int32]:
    """Inverse of `superpixel_bytes`. size: of the photo, whose aspect it must have.

    frame: brings the picture to another size, by nearest, before it is decoded.
    """
    picture = _opened(data, "the superpixel picture", side_limit_px)
    if picture.format != "PNG" or picture.mode != "RGB":
        raise EngineError(f"the superpixel picture is {picture.format} {picture.mode}; an RGB PNG is needed.")
    if size is not None and frame is not None:
        check_aspect(picture.size, size, "the superpixel picture")
    else:
        _check_size(picture, "the superpixel picture", size)
    colours = np.asarray(picture, np.uint8)
    return decode_isic(colours if frame is None else frame(colours))


def region_bytes(boxes: Sequence[Box], ita_deg: float, width: int, height: int) -> bytes:
    """DermGAN's semantic map as an RGB PNG: R the skin tone, G and B the condition inside the boxes."""
    return _png(Image.fromarray(encode(condition_map(boxes, width, height), ita_deg)))


def read_regions(data: bytes, size: tuple[int, int] | None = None) -> tuple[tuple[Box, ...], float]:
    """Inverse of `region_bytes`: (boxes, ITA in degrees). size: (width, height) it must have, or None."""
    picture = _opened(data, "the map of boxes")
    if picture.format != "PNG" or picture.mode != "RGB":
        raise EngineError(f"the map of boxes is {picture.format} {picture.mode}; an RGB PNG is needed.")
    _check_size(picture, "the map of boxes", size)
    conditions, ita_deg = decode(np.asarray(picture, np.uint8))
    return boxes_of(conditions), ita_deg


def instance_bytes(instances: NDArray[np.int32]) -> bytes:
    """An instance map, ids class * 1000 + k below 8,000, int32 [H, W], as a 16-bit grey PNG."""
    return _png(Image.fromarray(instances.astype(np.uint16)))


def read_instances(data: bytes, size: tuple[int, int] | None = None) -> NDArray[np.int32]:
    """Inverse of `instance_bytes`."""
    picture = _opened(data, "the instance map")
    if picture.format != "PNG" or not picture.mode.startswith("I"):
        raise EngineError(f"the instance map is {picture.format} {picture.mode}; a 16-bit grey PNG is needed.")
    _check_size(picture, "the instance map", size)
    return np.asarray(picture).astype(np.int32)


def _check_size(picture: Image.Image, what: str, size: tuple[int, int] | None) -> None:
    if size is not None and picture.size != size:
        raise EngineError(f"{what} is {_by(picture.size)}; {_by(size)} is needed, the size of what it belongs to.")


def _png(picture: Image.Image) -> bytes:
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


def _opened(data: bytes, what: str, side_limit_px: int = SIDE_LIMIT_PX) -> Image.Image:
    """A picture whose header was looked at before its pixels are decoded."""
    if len(data) > FILE_LIMIT_BYTES:
        raise EngineError(f"{what} has {len(data)} bytes; at most {FILE_LIMIT_BYTES} are read.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            picture = Image.open(io.BytesIO(data))
        if max(picture.size) > side_limit_px:
            raise EngineError(f"{what} is {_by(picture.size)}; at most {side_limit_px} a side is read.")
        picture.load()
    except (
        UnidentifiedImageError,
        OSError,
        ValueError,
        Image.DecompressionBombWarning,
        Image.DecompressionBombError,
    ) as error:
        raise EngineError(f"{what} cannot be read as a picture: {error}.") from error
    return picture


def _by(size: tuple[int, int]) -> str:
    return f"{size[0]}x{size[1]}"
