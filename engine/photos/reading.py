"""A photo's file as plain pixels: any JPEG, PNG or TIFF → sRGB, upright, without a word of metadata.

What cannot be converted faithfully, is not one picture, or would not fit the memory is refused in a sentence. A large
JPEG is reduced while it is decoded; anything else is measured by its header before its pixels are touched.
"""

import io
import threading
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms, UnidentifiedImageError

from engine.errors import EngineError

FORMATS = ("JPEG", "PNG", "TIFF")  # and MPO, which Pillow finds inside a JPEG
SHORTEST_SIDE_PX = 64
_READING = threading.Lock()
# So that no photo takes more than about 1 GB: a progressive JPEG keeps its coefficients, up to 8 bytes a pixel; the
# others are decoded whole, with a palette into 5 bytes a pixel, and only then reduced.
PIXEL_LIMIT = 110_000_000
ORIENTATION_TAG, TURN = 0x0112, Image.Transpose
TURNS = {
    2: TURN.FLIP_LEFT_RIGHT, 3: TURN.ROTATE_180, 4: TURN.FLIP_TOP_BOTTOM, 5: TURN.TRANSPOSE, 6: TURN.ROTATE_270,
    7: TURN.TRANSVERSE, 8: TURN.ROTATE_90,
}  # fmt: skip
SIDEWAYS = {TURN.TRANSPOSE, TURN.ROTATE_270, TURN.TRANSVERSE, TURN.ROTATE_90}
UNSIGNED_16_BIT = 65535
HALF_WHITE = 127  # ISIC masks are 0 / 255; the annotation tool's "possible", 128, counts as marked here
OTHER_KINDS = {  # by a mark in the first bytes, and where it stands
    "a GIF": (b"GIF8", 0), "a WebP": (b"WEBP", 8), "a HEIC": (b"ftyphei", 4), "a HEIF": (b"ftypmif", 4),
    "an AVIF": (b"ftypavi", 4), "a PDF": (b"%PDF", 0),
}  # fmt: skip


def read_photo(data: bytes, what: str, enough_px: tuple[int, int]) -> tuple[NDArray[np.uint8], tuple[int, int]]:
    """(pixels sRGB uint8 [H, W, 3], the photo's whole size (width, height) in pixels, both upright).

    enough_px: (width, height) that the pixels must cover; a larger photo may be reduced by a whole number, a JPEG while it
    is decoded.
    """
    with _READING, warnings.catch_warnings():  # one at a time, so that several large ones do not add up
        warnings.simplefilter("ignore")  # a bomb's size and odd tags: `_check` names what matters
        return _read(data, what, enough_px)


def _read(data: bytes, what: str, enough_px: tuple[int, int]) -> tuple[NDArray[np.uint8], tuple[int, int]]:
    picture = _opened(data, what)
    whole = picture.size
    _check(picture, what)
    scale = max(enough_px) / min(whole)
    if scale < 1:
        picture.draft(picture.mode, (round(whole[0] * scale), round(whole[1] * scale)))  # a JPEG heeds it
    try:
        picture.load()
        turn = TURNS.get(picture.getexif().get(ORIENTATION_TAG, 1))  # Pillow turns a TIFF as it loads it
    except Exception as error:  # Pillow's decoders raise a dozen kinds for damaged files
        raise EngineError(f"{what} is damaged or was not copied whole: {error}.") from error
    rgb = _in_srgb(picture, int(min(picture.size) / max(enough_px)), what)
    upright = rgb if turn is None else rgb.transpose(turn)
    return np.asarray(upright, np.uint8), whole[::-1] if turn in SIDEWAYS else whole


def png_bytes(picture: NDArray[np.uint8]) -> bytes:
    """Pixels alone, sRGB uint8 [H, W, 3], as PNG."""
    out = io.BytesIO()
    Image.fromarray(picture).save(out, "PNG", compress_level=4)
    return out.getvalue()


def _opened(data: bytes, what: str) -> Image.Image:
    """The header alone."""
    if not data:
        raise EngineError(f"{what} is empty; a photo has at least a few bytes.")
    try:
        return Image.open(io.BytesIO(data), formats=FORMATS)
    except Image.DecompressionBombError as error:
        raise EngineError(
            f"{what} has over {2 * (Image.MAX_IMAGE_PIXELS or 0) / 1e6:.0f} megapixels; at most {PIXEL_LIMIT / 1e6:.0f} can "
            "be opened."
        ) from error
    except (OSError, ValueError) as error:
        raise EngineError(
            f"{what} is {_kind(data)}; a JPEG, PNG or TIFF photo, its ISIC masks, a saved picture, a bundle or a case "
            "can be opened."
        ) from error


def _kind(data: bytes) -> str:
    return next((kind for kind, (mark, at) in OTHER_KINDS.items() if data.startswith(mark, at)), "no picture")


def _check(picture: Image.Image, what: str) -> None:
    width, height = picture.size
    if width * height > PIXEL_LIMIT:
        raise EngineError(
            f"{what} is {width}x{height}, {width * height / 1e6:.0f} megapixels; at most {PIXEL_LIMIT / 1e6:.0f} can be "
            "opened."
        )
    if min(width, height) < SHORTEST_SIDE_PX:
        raise EngineError(f"{what} is {width}x{height}; at least {SHORTEST_SIDE_PX} pixels a side are needed.")
    # A phone's MPO holds its photo first and, behind it, previews or depth: no pages (CIPA DC-007).
    if getattr(picture, "is_animated", False) and picture.format != "MPO":
        raise EngineError(
            f"{what} holds several pictures, an animation's or pages; which one is meant cannot be told, save that one alone."
        )


def _in_srgb(picture: Image.Image, shrink: int, what: str) -> Image.Image:
    """sRGB on white. shrink: take the mean of so many pixels squared, before the conversions take memory."""
    profile = picture.info.get("icc_profile")
    if picture.mode in ("CMYK", "LAB") and not profile:
        raise EngineError(
            f"{what} is {picture.mode} without a colour profile, so its colours cannot be known; save it as RGB."
        )
    if picture.mode not in MODES:
        raise EngineError(
            f"{what} has pixels of the kind {picture.mode}, which are no colours; 8 or 16 bits a channel are needed."
        )
    flat = MODES[picture.mode](picture)
    flat = flat.reduce(shrink) if shrink > 1 else flat
    alpha = flat.getchannel("A") if flat.mode.endswith("A") else None
    opaque = flat.convert({"RGBA": "RGB", "LA": "L"}.get(flat.mode, flat.mode))
    rgb = _managed(opaque, profile, what) if profile else opaque.convert("RGB")
    return rgb if alpha is None else Image.composite(rgb, Image.new("RGB", rgb.size, "white"), alpha)


def _managed(picture: Image.Image, profile: bytes, what: str) -> Image.Image:
    """Through the profile's colours to sRGB, relative colorimetric."""
    try:
        source, target = ImageCms.ImageCmsProfile(io.BytesIO(profile)), ImageCms.createProfile("sRGB")
        intent = ImageCms.Intent.RELATIVE_COLORIMETRIC
        made = ImageCms.profileToProfile(picture, source, target, intent, outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, ValueError) as error:
        raise EngineError(f"{what} has a colour profile that cannot be used ({error}); save it as sRGB.") from error
    assert made is not None
    return made


def _from_16_bit(picture: Image.Image) -> Image.Image:
    nearest = np.rint(np.arange(1 << 16) * (255 / UNSIGNED_16_BIT)).astype(np.uint8)
    return Image.fromarray(nearest[np.asarray(picture)])


def _with_palette(picture: Image.Image) -> Image.Image:
    return picture.convert("RGBA" if "transparency" in picture.info else "RGB")


def _as_it_is(picture: Image.Image) -> Image.Image:
    return picture.convert("RGBA") if "transparency" in picture.info else picture


# Pillow's mode → the picture with 8 bits a channel and alpha, if any, last. 16-bit colour arrives as RGB already.
MODES: dict[str, Callable[[Any], Image.Image]] = {
    "RGB": _as_it_is, "L": _as_it_is, "RGBA": _as_it_is, "LA": _as_it_is, "CMYK": _as_it_is, "LAB": _as_it_is,
    "1": lambda picture: picture.convert("L"), "YCbCr": lambda picture: picture.convert("RGB"),
    "P": _with_palette, "PA": lambda picture: picture.convert("RGBA"), "RGBX": lambda picture: picture.convert("RGB"),
    "I;16": _from_16_bit, "I;16B": _from_16_bit, "I;16L": _from_16_bit,
}  # fmt: skip


def load_picture(path: Path) -> NDArray[np.uint8]:
    """A photo as sRGB uint8 [H, W, 3]."""
    return np.asarray(_file(path).convert("RGB"))


def load_mask(path: Path) -> NDArray[np.uint8]:
    """A mask file as uint8 [H, W] in {0, 1}: 128 and above is marked."""
    return (np.asarray(_file(path).convert("L")) > HALF_WHITE).astype(np.uint8)


def _file(path: Path) -> Image.Image:
    try:
        picture = Image.open(path)
        picture.load()
    except FileNotFoundError as error:
        raise EngineError(f"{path} does not exist.") from error
    except (UnidentifiedImageError, OSError) as error:
        raise EngineError(f"{path.name} cannot be read as a picture: {error}.") from error
    return picture
