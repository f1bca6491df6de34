"""Files in and out: maps, pictures that carry their case, and what strangers may send."""

import io
import json
import zlib

import numpy as np
import pytest
from PIL import Image, PngImagePlugin
from starters import starter

from engine.cases.boxes import Box
from engine.cases.case import Case, to_json
from engine.cases.planes import Planes
from engine.errors import EngineError
from engine.formats import DESCRIPTION, KEY, map_bytes, picture_bytes, read_map, read_picture_case
from engine.generators.shared.sliders import AppearanceSettings
from engine.training.presets import read_case

PICTURE = np.random.default_rng(0).integers(0, 256, (32, 48, 3)).astype(np.uint8)


def provenance(case=None):
    return {
        "format": 1,
        "synthetic": True,
        "case": json.loads(to_json(case or starter())),
        "checkpoint": {"sha256": "0"},
    }


def png(picture, **texts):
    notes, out = PngImagePlugin.PngInfo(), io.BytesIO()
    for key, text in texts.items():
        notes.add_itxt(key, text, zip=True)
    Image.fromarray(picture).save(out, "PNG", pnginfo=notes)
    return out.getvalue()


def test_a_map_is_a_palette_png_whose_index_is_the_class():
    labels = np.arange(8, dtype=np.uint8).reshape(2, 4)

    data = map_bytes(labels)

    assert Image.open(io.BytesIO(data)).mode == "P"
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(data))), labels)
    assert np.array_equal(read_map(data), labels)


def test_a_grey_map_is_read_too():
    out = io.BytesIO()
    Image.fromarray(np.full((2, 3), 5, np.uint8)).save(out, "PNG")

    assert read_map(out.getvalue()).tolist() == [[5, 5, 5]] * 2


def test_bad_maps_are_one_sentence_each():
    jpeg, grey = io.BytesIO(), io.BytesIO()
    Image.fromarray(PICTURE).save(jpeg, "JPEG")
    Image.fromarray(np.full((4, 4), 8, np.uint8)).save(grey, "PNG")

    for data, words in (
        (jpeg.getvalue(), "JPEG"),
        (grey.getvalue(), "value 8"),
        (png(PICTURE), "RGB"),
        (b"", "cannot be read"),
        (map_bytes(np.ones((4, 4), np.uint8))[:-30], "cannot be read"),
    ):
        with pytest.raises(EngineError, match=words):
            read_map(data)
    with pytest.raises(EngineError, match="4x4; 5x4 is needed"):
        read_map(map_bytes(np.ones((4, 4), np.uint8)), (5, 4))


def test_a_saved_picture_holds_pixels_case_and_the_word_synthetic():
    data = picture_bytes(PICTURE, provenance())
    seen = Image.open(io.BytesIO(data))

    assert np.array_equal(np.asarray(seen), PICTURE)
    assert seen.text["Description"] == DESCRIPTION
    assert "trainedAlgorithmicMedia" in seen.text["XML:com.adobe.xmp"]
    assert json.loads(seen.text[KEY])["synthetic"] is True
    assert read_case(read_picture_case(data)["case"]) == starter()


def test_a_case_survives_its_json():
    random = np.random.default_rng(0)
    planes = Planes(
        random.integers(0, 2, (8, 9), dtype=np.uint8),
        random.integers(0, 3, (5, 8, 9), dtype=np.uint8),
        random.integers(0, 2, (8, 9), dtype=np.uint8),
    )
    boxes = Box(0, 1, 9, 8, "melanoma"), Box(2, 2, 3, 3)
    cells = random.integers(0, 9, (8, 9)).astype(np.int32)
    case = Case(planes, cells, "x", AppearanceSettings(3, "VI", 0.25, None, 1.0), "torch-fp32", boxes, "a0" * 32)

    assert read_case(json.loads(to_json(case))) == case


def test_a_case_from_before_there_were_boxes_is_still_read():
    table = json.loads(to_json(starter())) | {"format": 1}
    del table["boxes"], table["photo"]

    assert read_case(table) == starter()


@pytest.mark.parametrize(("change", "words"), [
    ({"format": 3}, "formats 1 to 2"),
    ({"photo": "../secret"}, "sha256"),
    ({"boxes": [{"left": 5, "top": 0, "right": 5, "bottom": 9}]}, "no area"),
    ({"boxes": [{"left": 5, "top": 0, "right": 385, "bottom": 9}]}, "leaves the map"),
    ({"boxes": [{"left": -1, "top": 0, "right": 5, "bottom": 9}]}, "left"),
    ({"boxes": [{"left": 0, "top": 0, "right": 5, "bottom": 9, "condition": ""}]}, "condition"),
    ({"boxes": [{"left": 0, "top": 0, "right": 5, "bottom": 9}] * 65}, "at most 64"),
    ({"seed": float("nan")}, "."),
    ({"seed": -1}, "seed"),
    ({"tone": "VII"}, "tone"),
    ({"hair": 2}, "hair"),
    ({"width": 10**6}, "2048"),
    ({"planes": "AAAA"}, "planes"),
    ({"planes": 7}, "planes"),
    ({"extra": 1}, "extra"),
    ({"superpixels": "!"}, "superpixels"),
])  # fmt: skip
def test_a_wrong_case_is_one_sentence(change, words):
    with pytest.raises(EngineError, match=words):
        read_case(json.loads(to_json(starter())) | change)


def test_hostile_metadata_is_refused_before_it_is_unpacked():
    deep = json.dumps({"case": 0})[:-2] + "[" * 5000 + "]" * 5000 + "}"
    for data, words in (
        (png(PICTURE), "holds no case"),
        (png(PICTURE, moulage="{}"), "holds no case"),
        (png(PICTURE, moulage='{"case": NaN}'), "NaN"),
        (png(PICTURE, moulage=deep), "nested"),
        (png(PICTURE, moulage="[" * 100_000), "nested"),
        (png(PICTURE, moulage=" " * (20 << 20)), "more than"),
        (picture_bytes(PICTURE, provenance())[:2000], "ends in the middle"),
        (b"GIF89a", "no PNG or JPEG"),
    ):
        with pytest.raises(EngineError, match=words):
            read_picture_case(data)


def test_a_zip_bomb_for_planes_is_refused():
    import base64

    bomb = base64.b64encode(zlib.compress(b"\0" * (64 << 20))).decode()

    with pytest.raises(EngineError, match="more than"):
        read_case(json.loads(to_json(starter())) | {"planes": bomb})


def test_the_starter_is_a_finished_asymmetric_lesion():
    planes = starter().planes

    assert planes.size == (384, 256)
    assert 0.15 < planes.lesion.mean() < 0.5
    assert (planes.markers[[0, 2, 4]].reshape(3, -1).max(axis=1) == 2).all()
    assert not np.array_equal(planes.lesion, planes.lesion[:, ::-1])
    assert (planes.markers.max(axis=0) <= 2 * planes.lesion).all()
