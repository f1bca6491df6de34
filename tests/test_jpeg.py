"""The JPEG to share: its case comes back whole, outside readers see what it says, and hostile files are refused."""

import hashlib
import io
import json
import struct
from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image
from starters import starter

from engine.cases.case import to_json
from engine.errors import EngineError
from engine.formats import holds_case, jpeg, jpeg_bytes, read_picture_case
from engine.formats.xmp import DESCRIPTION, SOURCE_TYPE, SPACES, packet
from engine.service import case_from_bytes

PICTURE = np.full((256, 384, 3), (214, 168, 150), np.uint8)
RAGGED = np.random.default_rng(0).integers(0, 900, (256, 384)).astype(np.int32)  # compresses badly
CASE = replace(starter().varied(seed=5), superpixels=RAGGED)


def provenance(case, **more):
    return {"format": 1, "synthetic": True, "case": json.loads(to_json(case)), **more}


def segments(data):
    """(marker, body) before the scan, by the JPEG standard alone."""
    at = 2
    while data[at + 1] != 0xDA:
        (length,) = struct.unpack_from(">H", data, at + 2)
        yield data[at + 1], data[at + 4 : at + 2 + length]
        at += 2 + length


def test_the_case_comes_back_from_many_segments_with_whatever_letters_it_holds():
    told = provenance(CASE, badge="<tone> & \"quotes\" 'é' ]]>")
    data = jpeg_bytes(PICTURE, told)

    assert read_picture_case(data) == told
    assert case_from_bytes(data) == CASE
    assert sum(body.startswith(jpeg.EXTENSION) for _, body in segments(data)) >= 2


def test_pillow_and_an_xml_parser_see_a_synthetic_picture():
    data = jpeg_bytes(PICTURE, provenance(CASE))
    with Image.open(io.BytesIO(data)) as seen:
        assert (seen.format, seen.mode, seen.size) == ("JPEG", "RGB", (384, 256))
        assert [layer[1:3] for layer in seen.layer] == [(1, 1)] * 3, "4:4:4"
        xmp = seen.info["xmp"].decode()
        pixels = np.asarray(seen).astype(int)

    body = ElementTree.fromstring(xmp[xmp.index("<x:") : xmp.index("<?xpacket end")])
    assert body.findtext(f".//{{{SPACES['Iptc4xmpExt']}}}DigitalSourceType") == SOURCE_TYPE
    assert body.findtext(f".//{{{SPACES['rdf']}}}li") == DESCRIPTION
    extended = b"".join(
        body[len(jpeg.EXTENSION) + 40 :] for _, body in segments(data) if body.startswith(jpeg.EXTENSION)
    )
    guid = body.findtext(f".//{{{SPACES['xmpNote']}}}HasExtendedXMP")
    assert hashlib.md5(extended).hexdigest().upper() == guid, "the specification's link to the second packet"
    assert np.abs(pixels[:200] - PICTURE[:200]).max() <= 2
    corner = pixels[200:, :150]
    assert corner.min() < 20, "the mark's ground"
    assert corner.max() > 240, "and its letters"


def cut(data, at=9000):
    return data[:at]


def without_extension(data):
    kept = b"".join(
        struct.pack(">BBH", 0xFF, kind, len(body) + 2) + body
        for kind, body in segments(data)
        if not body.startswith(jpeg.EXTENSION)
    )
    return data[:2] + kept + b"\xff\xda"


def changed(data):
    at = data.index(b"checkpoint" if b"checkpoint" in data else b"planes")
    return data[:at] + b"X" + data[at + 1 :]


def replaced(data, inside):
    """The same file with another extended packet, rightly named."""
    guid = hashlib.md5(inside).hexdigest().upper().encode()
    first = jpeg.XMP + packet(f"<xmpNote:HasExtendedXMP>{guid.decode()}</xmpNote:HasExtendedXMP>").encode()
    second = jpeg.EXTENSION + guid + struct.pack(">II", len(inside), 0) + inside
    out = b"".join(struct.pack(">BBH", 0xFF, 0xE1, len(body) + 2) + body for body in (first, second))
    return data[:2] + out + b"\xff\xda"


def sized(data, width, height):
    at = data.index(b"\xff\xc2" if b"\xff\xc2" in data else b"\xff\xc0")
    return data[: at + 5] + struct.pack(">HH", height, width) + data[at + 9 :]


BOMB = b'<!DOCTYPE x [<!ENTITY a "aaaa">]><x>&a;</x>'


@pytest.mark.parametrize(("change", "words"), [
    (cut, "ends in the middle"),
    (without_extension, "holds no case"),
    (changed, "damaged"),
    (lambda data: data[:2] + b"\xff\xda", "holds no case"),
    (lambda data: replaced(data, BOMB), "document type"),
    (lambda data: replaced(data, b"<x>" + b"<a/>" * 100 + b"</x>"), "too many tags"),
    (lambda data: replaced(data, b"<x>"), "not valid XML"),
    (lambda data: replaced(data, b"<x></x>"), "holds no case"),
    (lambda data: replaced(data, packet("<moulage:provenance>[]</moulage:provenance>", wrapped=False).encode()), "no table"),
    (lambda data: sized(data, 60000, 10), "60000x10"),
])  # fmt: skip
def test_a_hostile_jpeg_is_one_sentence(change, words):
    with pytest.raises(EngineError, match=words):
        read_picture_case(change(jpeg_bytes(PICTURE, provenance(CASE))))


def test_a_photo_from_a_camera_holds_no_case():
    out = io.BytesIO()
    Image.fromarray(PICTURE).save(out, "JPEG", exif=Image.Exif().tobytes(), xmp=b"<x/>")

    assert not holds_case(out.getvalue())
    with pytest.raises(EngineError, match="holds no case"):
        read_picture_case(out.getvalue())


def test_a_shared_picture_is_never_taken_for_a_photo_even_without_its_case():
    data = jpeg_bytes(PICTURE, provenance(CASE))

    assert holds_case(data)
    assert holds_case(without_extension(data))
