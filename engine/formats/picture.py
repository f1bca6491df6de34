"""A picture carries its whole case, and says in three places that it is synthetic: PNG here, JPEG in jpeg.py."""

import io
import json
import struct
import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, PngImagePlugin

from engine.cases.case import SIDE_LIMIT_PX
from engine.config import JSON_LIMIT_BYTES, parse_json
from engine.errors import EngineError
from engine.formats import jpeg
from engine.formats.maps import FILE_LIMIT_BYTES
from engine.formats.xmp import DESCRIPTION, NAMESPACE, packet

KEY = "moulage"
XMP_KEY = "XML:com.adobe.xmp"
PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
PROVENANCE_DEPTH = 5  # the case is one level deep inside it


def picture_bytes(picture: NDArray[np.uint8], provenance: dict[str, Any], level: int = 6) -> bytes:
    """A picture, uint8 [H, W, 3] sRGB, as PNG that holds its provenance (with the case, if any) and says it is synthetic.

    level: of packing, 1 fast to 9 small; the pixels are the same.
    """
    notes = PngImagePlugin.PngInfo()
    notes.add_itxt("Software", "Moulage")
    notes.add_itxt("Description", DESCRIPTION)
    notes.add_itxt(KEY, json.dumps(provenance, sort_keys=True, allow_nan=False), zip=True)
    notes.add_itxt(XMP_KEY, packet())
    notes.add(b"sRGB", b"\x00")  # rendering intent: perceptual
    out = io.BytesIO()
    Image.fromarray(picture).save(out, "PNG", pnginfo=notes, compress_level=level)
    return out.getvalue()


def holds_case(data: bytes) -> bool:
    """Whether a file is a picture that says it carries its case, told by its PNG chunk's or its XMP's name.

    A JPEG that lost its case on the way still says so, and is refused rather than taken for a photo.
    """
    mark = NAMESPACE.encode() if data.startswith(jpeg.SIGNATURE) else b"iTXt" + KEY.encode() + b"\0"
    return data.startswith((PNG_SIGNATURE, jpeg.SIGNATURE)) and mark in data


def read_picture_case(data: bytes) -> dict[str, Any]:
    """The provenance inside a PNG made by `picture_bytes` or a JPEG made by `jpeg_bytes`, which must hold a case.

    Chunks and segments are walked by hand, so that neither pixels nor an oversized text are ever decoded. The case is left
    as plain values: whoever needs it reads it, once.
    """
    provenance = read_provenance(data)
    if "case" not in provenance:
        raise EngineError("the picture's metadata holds no case; a picture saved by Moulage is needed.")
    return provenance


def read_provenance(data: bytes) -> dict[str, Any]:
    """Where a picture comes from, whether it was painted from a case or from noise; see `read_picture_case`."""
    if len(data) > FILE_LIMIT_BYTES:
        raise EngineError(f"the picture has {len(data)} bytes; at most {FILE_LIMIT_BYTES} are read.")
    text = jpeg.provenance_text(data) if data.startswith(jpeg.SIGNATURE) else _provenance_text(data)
    provenance = parse_json(text, "the picture's metadata", depth_limit=PROVENANCE_DEPTH)
    if not isinstance(provenance, dict):
        raise EngineError("the picture's metadata is no table; a picture saved by Moulage is needed.")
    return provenance


def _provenance_text(data: bytes) -> bytes:
    if data[:8] != PNG_SIGNATURE:
        raise EngineError("the file is no PNG or JPEG; a picture saved by Moulage is one.")
    at = 8
    while at + 12 <= len(data):
        (length,) = struct.unpack_from(">I", data, at)
        kind, body = data[at + 4 : at + 8], data[at + 8 : at + 8 + length]
        if len(body) < length:
            raise EngineError("the picture ends in the middle; it was not copied whole.")
        if kind == b"IHDR":
            width, height = struct.unpack_from(">II", body)
            if not (1 <= width <= SIDE_LIMIT_PX and 1 <= height <= SIDE_LIMIT_PX):
                raise EngineError(f"the picture is {width}x{height}; at most {SIDE_LIMIT_PX} a side is read.")
        if kind == b"iTXt" and body.startswith(KEY.encode() + b"\0"):
            return _itxt(body[len(KEY) + 1 :])
        at += 12 + length
    raise EngineError("the picture holds no case; a picture saved by Moulage is needed.")


def _itxt(body: bytes) -> bytes:
    """The text of an iTXt chunk after its keyword: flag, method, language, translated keyword, text."""
    parts = body[2:].split(b"\0", 2)
    if len(parts) < 3:
        raise EngineError("the picture's metadata is damaged; a picture saved by Moulage is needed.")
    if body[:1] != b"\x01":
        return parts[2]
    inflater = zlib.decompressobj()
    try:
        plain = inflater.decompress(parts[2], JSON_LIMIT_BYTES + 1)
    except zlib.error as error:
        raise EngineError(f"the picture's metadata cannot be unpacked: {error}.") from error
    if len(plain) > JSON_LIMIT_BYTES:
        raise EngineError(f"the picture's metadata is more than {JSON_LIMIT_BYTES} bytes; no case is.")
    return plain
