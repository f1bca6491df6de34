"""The one decoder of photos: any JPEG, PNG, TIFF, BMP, JPEG 2000 or DICOM → sRGB, upright, without a word of metadata.

What cannot be converted faithfully, is not one picture, or would not fit the memory is refused in a sentence. The studio
has a large JPEG reduced while it is decoded; training and reports read every pixel. Masks are read in `masks.py`.
"""

import io
import threading
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms

from engine.errors import EngineError
from engine.photos import dicom

FORMATS = ("JPEG", "PNG", "TIFF", "BMP", "JPEG2000")  # and MPO, which Pillow finds inside a JPEG
SHORTEST_SIDE_PX = 64  # of a photo that is drawn on in the studio
_READING, _OPENING = threading.Lock(), threading.Lock()
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
SRGB = "sRGB"  # how the descriptions of profiles that say what is meant without any begin
OTHER_KINDS = {  # by a mark in the first bytes, and where it stands
    "a GIF": (b"GIF8", 0), "a WebP": (b"WEBP", 8), "a HEIC": (b"ftyphei", 4), "a HEIF": (b"ftypmif", 4),
    "an AVIF": (b"ftypavi", 4), "a PDF": (b"%PDF", 0),
}  # fmt: skip


def read_photo(data: bytes, what: str, enough_px: tuple[int, int]) -> tuple[NDArray[np.uint8], tuple[int, int]]:
    """(pixels sRGB uint8 [H, W, 3], the photo's whole size (width, height) in pixels, both upright), for the studio.

    enough_px: (width, height) that the pixels must cover; a larger photo may be reduced by a whole number, a JPEG while it
    is decoded.
    """
    with _READING, warnings.catch_warnings():  # one at a time, so that several large ones do not add up
        warnings.simplefilter("ignore")  # a bomb's size and odd tags: `check_size` names what matters
        picture = opened(data, what)
        if min(picture.size) < SHORTEST_SIDE_PX:
            raise EngineError(f"{what} is {_by(picture.size)}; at least {SHORTEST_SIDE_PX} pixels a side are needed.")
        return _decoded(picture, what, enough_px)


def load_picture(path: Path) -> NDArray[np.uint8]:
    """A photo's file as sRGB uint8 [H, W, 3], upright, every pixel of it."""
    pixels, _ = _decoded(opened(file_bytes(path), path.name), path.name, None)
    return pixels


def upright_size(path: Path) -> tuple[int, int]:
    """(width, height) in pixels of a photo's file as it is seen, by its header alone."""
    picture = opened(file_bytes(path), path.name)
    return picture.size[::-1] if _exif_turn(picture, path.name) in SIDEWAYS else picture.size


def file_bytes(path: Path) -> bytes:
    """The whole file; a missing one, a link that leads nowhere, and one that may not be read are each a sentence."""
    try:
        return path.read_bytes()
    except FileNotFoundError as error:
        if path.is_symlink():
            raise EngineError(f"{path.name} is a link to {path.readlink()}, which does not exist.") from error
        raise EngineError(f"{path} does not exist.") from error
    except OSError as error:
        raise EngineError(f"{path.name} cannot be read: {error.strerror}.") from error


def opened(data: bytes, what: str, pixel_limit: int = PIXEL_LIMIT) -> Image.Image:
    """One picture whose header was read and whose size is allowed; its pixels are still to be decoded, a DICOM's are.

    pixel_limit: the most pixels, width times height, that it may have.
    """
    if not data:
        raise EngineError(f"{what} is empty; a picture has at least a few bytes.")
    if dicom.is_dicom(data):
        return dicom.opened(data, what, pixel_limit)
    try:
        with _OPENING, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            picture = Image.open(io.BytesIO(data), formats=FORMATS)
    except Image.DecompressionBombError as error:
        raise EngineError(
            f"{what} has over {2 * (Image.MAX_IMAGE_PIXELS or 0) / 1e6:.0f} megapixels; at most {pixel_limit / 1e6:.0f} can "
            "be opened."
        ) from error
    except (
        OSError,
        ValueError,
        SyntaxError,
    ) as error:  # ValueError: a text chunk that unpacks to more than Pillow allows
        said = f" ({error})" if isinstance(error, ValueError) else ""
        raise EngineError(
            f"{what} is {_kind(data)}{said}; a JPEG, PNG, TIFF, BMP, JPEG 2000 or DICOM picture is needed."
        ) from error
    dicom.check_size(picture.size, what, pixel_limit)
    # A phone's MPO holds its photo first and, behind it, previews or depth: no pages (CIPA DC-007).
    if getattr(picture, "is_animated", False) and picture.format != "MPO":
        raise EngineError(
            f"{what} holds several pictures, an animation's or pages; which one is meant cannot be told, save that one alone."
        )
    return picture


def turn_of(picture: Image.Image, what: str) -> Image.Transpose | None:
    """How a picture is brought upright once its pixels are here, which this decodes; None where it is."""
    try:
        picture.load()
    except Exception as error:  # Pillow's decoders raise a dozen kinds for damaged files
        raise EngineError(f"{what} is damaged or was not copied whole: {error}.") from error
    return _exif_turn(picture, what)  # Pillow turns a TIFF as it loads it


def _exif_turn(picture: Image.Image, what: str) -> Image.Transpose | None:
    try:
        with _OPENING, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return TURNS.get(picture.getexif().get(ORIENTATION_TAG, 1))
    except Exception as error:  # as above
        raise EngineError(f"{what} has damaged EXIF data: {error}.") from error


def _decoded(
    picture: Image.Image, what: str, enough_px: tuple[int, int] | None
) -> tuple[NDArray[np.uint8], tuple[int, int]]:
    whole, shrink = picture.size, 1
    if enough_px is not None and (scale := max(enough_px) / min(whole)) < 1:
        picture.draft(picture.mode, (round(whole[0] * scale), round(whole[1] * scale)))  # a JPEG heeds it
    turn = turn_of(picture, what)
    if enough_px is not None:
        shrink = int(min(picture.size) / max(enough_px))
    rgb = _in_srgb(picture, shrink, what)
    upright = rgb if turn is None else rgb.transpose(turn)
    return np.asarray(upright, np.uint8), whole[::-1] if turn in SIDEWAYS else whole


def png_bytes(picture: NDArray[np.uint8]) -> bytes:
    """Pixels alone, sRGB uint8 [H, W, 3], as PNG."""
    out = io.BytesIO()
    Image.fromarray(picture).save(out, "PNG", compress_level=4)
    return out.getvalue()


def _kind(data: bytes) -> str:
    return next((kind for kind, (mark, at) in OTHER_KINDS.items() if data.startswith(mark, at)), "no picture")


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
    says_srgb = profile and opaque.mode in ("RGB", "L") and _is_srgb(profile, what)
    rgb = _managed(opaque, profile, what) if profile and not says_srgb else opaque.convert("RGB")
    return rgb if alpha is None else Image.composite(rgb, Image.new("RGB", rgb.size, "white"), alpha)


def _is_srgb(profile: bytes, what: str) -> bool:
    """Whether a profile only says sRGB: the pixels are then taken as they stand, not rounded on their way through it."""
    return ImageCms.getProfileDescription(_profile(profile, what)).strip().startswith(SRGB)


def _profile(profile: bytes, what: str) -> ImageCms.ImageCmsProfile:
    try:
        return ImageCms.ImageCmsProfile(io.BytesIO(profile))
    except (ImageCms.PyCMSError, OSError, ValueError) as error:
        raise EngineError(f"{what} has a colour profile that cannot be used ({error}); save it as sRGB.") from error


def _managed(picture: Image.Image, profile: bytes, what: str) -> Image.Image:
    """Through the profile's colours to sRGB, relative colorimetric."""
    try:
        source, target = _profile(profile, what), ImageCms.createProfile("sRGB")
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


def _by(size: tuple[int, int]) -> str:
    return f"{size[0]}x{size[1]}"
