"""Pixels of a DICOM photograph, such as VL Photographic or Dermoscopic Photography, by pydicom, an optional extra.

Compressed or not: JPEG, JPEG 2000 and run lengths are decoded by pydicom with Pillow. Nothing but pixels and their colour
profile is taken; what a file says of its patient is never looked at.
"""

import io
import warnings
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from engine.errors import EngineError

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

MARK, MARK_AT = b"DICM", 128  # behind the preamble: PS3.10, 7.1
NEEDED = ("Rows", "Columns", "PhotometricInterpretation", "BitsStored", "PixelData")
GREY_INVERTED = "MONOCHROME1"
COLOURS = ("RGB", "YBR_FULL", "YBR_FULL_422", "YBR_ICT", "YBR_RCT", "PALETTE COLOR", "MONOCHROME2", GREY_INVERTED)


def is_dicom(data: bytes) -> bool:
    """Whether a file says that it is a DICOM file."""
    return data[MARK_AT : MARK_AT + len(MARK)] == MARK


def check_size(size: tuple[int, int], what: str, pixel_limit: int) -> None:
    """Raise EngineError where a picture of (width, height) pixels has more than `pixel_limit`."""
    pixels = size[0] * size[1]
    if pixels > pixel_limit:
        raise EngineError(
            f"{what} is {size[0]}x{size[1]}, {pixels / 1e6:.0f} megapixels; at most {pixel_limit / 1e6:.0f} can be opened."
        )


def opened(data: bytes, what: str, pixel_limit: int) -> Image.Image:
    """The picture, 8 bits a channel, grey or RGB, with the colour profile that the file holds.

    Raises EngineError where pydicom is missing, the file is damaged, has several frames or is no photograph.
    """
    try:
        import pydicom
    except ImportError as error:
        raise EngineError(
            f"{what} is a DICOM, which needs pydicom; `pip install 'moulage[dicom]'` brings it."
        ) from error
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            file = pydicom.dcmread(io.BytesIO(data))
        missing = [name for name in NEEDED if name not in file]
    except Exception as error:  # pydicom raises many kinds for damaged files
        raise EngineError(f"{what} is a DICOM that cannot be read: {error}.") from error
    if missing:
        raise EngineError(f"{what} is a DICOM without {missing[0]}; a photograph has pixels.")
    if int(file.get("NumberOfFrames") or 1) > 1:
        raise EngineError(f"{what} is a DICOM of {file.NumberOfFrames} frames; save the one that is meant alone.")
    if file.PhotometricInterpretation not in COLOURS:
        raise EngineError(
            f"{what} is a DICOM of the kind {str(file.PhotometricInterpretation)[:20]}; allowed are {', '.join(COLOURS)}."
        )
    check_size((int(file.Columns), int(file.Rows)), what, pixel_limit)
    picture = Image.fromarray(_pixels(file, what))
    picture.info["icc_profile"] = bytes(file.ICCProfile) if "ICCProfile" in file else None
    return picture


def _pixels(file: "Dataset", what: str) -> NDArray[np.uint8]:
    """uint8 [H, W] or [H, W, 3]: all bits that are stored, scaled to eight."""
    from pydicom.pixels.processing import apply_color_lut
    from pydicom.pixels.utils import pixel_array

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            pixels, bits = pixel_array(file), int(file.BitsStored)
            if file.PhotometricInterpretation == "PALETTE COLOR":
                pixels, bits = apply_color_lut(pixels, file), int(file.RedPaletteColorLookupTableDescriptor[2])
    except Exception as error:  # a decoder that is not here, or pixels that are damaged
        raise EngineError(f"{what} is a DICOM whose pixels cannot be decoded: {error}.") from error
    shift = 1 << (bits - 1) if file.get("PixelRepresentation") == 1 else 0
    most = (1 << bits) - 1
    scaled = pixels.astype(np.float64) + shift if bits != 8 or shift else pixels
    flat = np.rint(scaled * (255 / most)).clip(0, 255).astype(np.uint8) if bits != 8 or shift else pixels
    return (255 - flat if file.PhotometricInterpretation == GREY_INVERTED else flat).astype(np.uint8)
