"""A JPEG that carries its case as XMP (ISO 16684-1; Adobe XMP specification part 3, 1.1.3) and a visible mark.

A JPEG segment holds 64 KB. What is longer goes, as the specification says, into extended XMP: a second packet in several
segments, named in the first by its MD5. Reading walks the segments by hand, so that no pixel is decoded.
"""

import hashlib
import io
import json
import re
import struct
from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree
from xml.sax.saxutils import escape

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from engine.cases.case import SIDE_LIMIT_PX
from engine.config import JSON_LIMIT_BYTES
from engine.errors import EngineError
from engine.formats.xmp import NAMESPACE, packet

SIGNATURE = b"\xff\xd8\xff"
XMP, EXTENSION = b"http://ns.adobe.com/xap/1.0/\0", b"http://ns.adobe.com/xmp/extension/\0"
APP0, APP1, START_OF_SCAN = 0xE0, 0xE1, 0xDA
FRAMES = {0xC0, 0xC1, 0xC2}  # baseline, extended and progressive: where the size stands
CHUNK_BYTES = 65_400  # the specification's; with its header it stays below a segment's 65,533
XML_LIMIT_BYTES = 2 * JSON_LIMIT_BYTES  # escaping makes JSON longer, never twice as long for what a case holds
QUALITY = 95  # 4:4:4, so that fine red and brown marks keep their colour
TAG_LIMIT = 64  # a packet of ours has ten; millions of elements would fill the memory
MARK = "SYNTHETIC"


def jpeg_bytes(picture: NDArray[np.uint8], provenance: dict[str, Any]) -> bytes:
    """A picture to share, uint8 [H, W, 3] sRGB: the word SYNTHETIC in its corner, its provenance and case inside."""
    out = io.BytesIO()
    Image.fromarray(marked(picture)).save(out, "JPEG", quality=QUALITY, subsampling=0, optimize=True)
    data = out.getvalue()
    at = 2  # after the start, and after the JFIF segment, which comes first
    if data[3] == APP0:
        at += 2 + struct.unpack_from(">H", data, 4)[0]
    return data[:at] + b"".join(_segments(provenance)) + data[at:]


def marked(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A copy with the word SYNTHETIC, white on black, in the lower left corner."""
    out = picture.copy()
    height, width = out.shape[:2]
    scale, edge = width / 900, max(2, width // 96)
    (wide, high), _ = cv2.getTextSize(MARK, cv2.FONT_HERSHEY_SIMPLEX, scale, 1)
    foot = height - 2 * edge
    cv2.rectangle(out, (edge, foot - high - edge), (3 * edge + wide, foot + edge), (0, 0, 0), -1)
    cv2.putText(out, MARK, (2 * edge, foot), cv2.FONT_HERSHEY_SIMPLEX, scale, (255, 255, 255), 1, cv2.LINE_AA)
    return out


def _segments(provenance: dict[str, Any]) -> Iterator[bytes]:
    text = escape(json.dumps(provenance, sort_keys=True, allow_nan=False))
    inside = f"<moulage:provenance>{text}</moulage:provenance>"
    extended = packet(inside, wrapped=False).encode()
    guid = hashlib.md5(extended, usedforsecurity=False).hexdigest().upper()
    yield _segment(XMP + packet(f"<xmpNote:HasExtendedXMP>{guid}</xmpNote:HasExtendedXMP>").encode())
    for start in range(0, len(extended), CHUNK_BYTES):
        head = EXTENSION + guid.encode() + struct.pack(">II", len(extended), start)
        yield _segment(head + extended[start : start + CHUNK_BYTES])


def _segment(body: bytes) -> bytes:
    return struct.pack(">BBH", 0xFF, APP1, len(body) + 2) + body


def provenance_text(data: bytes) -> bytes:
    """The provenance JSON inside a JPEG made by `jpeg_bytes`."""
    parts: dict[int, bytes] = {}
    guid, total = None, 0
    for kind, body in _walk(data):
        if kind in FRAMES:
            _check_frame(body)
        elif kind == APP1 and body.startswith(XMP):
            found = re.search(rb"HasExtendedXMP>([0-9A-F]{32})<", body)
            guid = found[1] if found else None
        elif guid is not None and kind == APP1 and body.startswith(EXTENSION + guid):
            head = len(EXTENSION) + len(guid)
            total, start = struct.unpack_from(">II", body.ljust(head + 8, b"\0"), head)
            parts[start] = body[head + 8 :]
    if not parts:
        raise EngineError("the picture holds no case; a picture saved by Moulage is needed.")
    xml = b"".join(parts[start] for start in sorted(parts))
    if len(xml) != total or len(xml) > XML_LIMIT_BYTES or _md5(xml) != guid:
        raise EngineError("the picture's metadata is damaged: its XMP is not as it was written.")
    return _text(xml)


def _walk(data: bytes) -> Iterator[tuple[int, bytes]]:
    """(marker, body) of every segment before the pixels."""
    at = 2
    while at + 4 <= len(data) and data[at] == 0xFF and data[at + 1] != START_OF_SCAN:
        (length,) = struct.unpack_from(">H", data, at + 2)
        body = data[at + 4 : at + 2 + length]
        if length < 2 or len(body) < length - 2:
            raise EngineError("the picture ends in the middle; it was not copied whole.")
        yield data[at + 1], body
        at += 2 + length


def _check_frame(body: bytes) -> None:
    height, width = struct.unpack_from(">HH", body.ljust(5, b"\0"), 1)
    if not (1 <= width <= SIDE_LIMIT_PX and 1 <= height <= SIDE_LIMIT_PX):
        raise EngineError(f"the picture is {width}x{height}; at most {SIDE_LIMIT_PX} a side is read.")


def _md5(data: bytes) -> bytes:
    return hashlib.md5(data, usedforsecurity=False).hexdigest().upper().encode()


def _text(xml: bytes) -> bytes:
    """What stands in the packet; a document type, by which a small file could grow large, is refused."""
    if b"<!" in xml or xml.count(b"<") > TAG_LIMIT:
        raise EngineError("the picture's metadata is no packet that Moulage writes: too many tags, or a document type.")
    try:
        found = ElementTree.fromstring(xml).findtext(f".//{{{NAMESPACE}}}provenance")
    except ElementTree.ParseError as error:
        raise EngineError(f"the picture's metadata is not valid XML: {error}.") from error
    if found is None:
        raise EngineError("the picture's metadata holds no case; a picture saved by Moulage is needed.")
    return found.encode()
