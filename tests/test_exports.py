"""Files that other tools read: every form comes back as it went, and outside readers see the same masks."""

import io
import json
import warnings
import zipfile
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image
from pycocotools.coco import COCO
from starters import starter

from engine.cases.boxes import Box
from engine.cases.case import Case, to_json
from engine.cases.examples import EXAMPLES
from engine.cases.planes import MARKERS, Planes, pack, semantic_map
from engine.cases.superpixels import instance_map, proposed_cells
from engine.errors import EngineError
from engine.formats import (
    bundle_bytes,
    coco_json,
    instance_bytes,
    isic_files,
    plane_bytes,
    read_bundle,
    read_coco,
    read_instances,
    read_isic,
    read_map,
    read_picture_case,
    read_superpixels,
)
from engine.generators.shared.sliders import AppearanceSettings
from engine.service import case_from_bytes

CELLS = proposed_cells(384, 256, 3)


def doubtful(name, cells=None):
    """A starter whose right half is only possibly marked."""
    case = starter(name)
    markers = case.planes.markers.copy()
    markers[:, :, 192:] = np.minimum(markers[:, :, 192:], 1)
    return replace(case, planes=Planes(case.planes.lesion, markers, case.planes.border), superpixels=cells)


def same(planes, other):
    return np.array_equal(pack(planes), pack(other))


def provenance(case):
    return {"format": 1, "synthetic": True, "case": json.loads(to_json(case))}


@pytest.mark.parametrize("name", EXAMPLES)
def test_isic_masks_come_back_and_pillow_reads_them(name):
    case = doubtful(name, CELLS)
    files = isic_files(case, "ISIC_0000001")

    read = read_isic(files)
    planes, cells = read.planes, read.superpixels

    assert same(planes, case.planes)
    assert np.array_equal(cells, CELLS)
    assert len(files) == 2 + len(MARKERS)
    lesion = np.asarray(Image.open(io.BytesIO(files["ISIC_0000001_segmentation.png"])))
    assert np.array_equal(lesion, 255 * case.planes.lesion)
    for marker, plane in zip(MARKERS, case.planes.markers, strict=True):
        read = np.asarray(Image.open(io.BytesIO(files[f"ISIC_0000001_attribute_{marker}.png"])))
        assert np.array_equal(read, np.array([0, 128, 255])[plane])


@pytest.mark.parametrize("name", EXAMPLES)
def test_coco_comes_back_and_pycocotools_decodes_the_same_masks(name, tmp_path):
    case, file = doubtful(name), tmp_path / "coco.json"
    file.write_text(coco_json(case, "a.png"))

    reader = COCO(str(file))
    planes = {"lesion": 2 * case.planes.lesion} | dict(zip(MARKERS, case.planes.markers, strict=True))
    for annotation in reader.loadAnns(reader.getAnnIds()):
        (category,) = reader.loadCats(annotation["category_id"])
        value = {"possible": 1, "definite": 2}[annotation["attributes"]["certainty"]]
        where = planes[category["name"]] == value
        assert np.array_equal(reader.annToMask(annotation), where)
        assert annotation["area"] == where.sum()

    planes, boxes = read_coco(file.read_bytes())

    assert same(planes, case.planes)
    assert boxes == ()


def test_boxes_with_conditions_come_back_and_pycocotools_sees_their_pixels(tmp_path):
    boxes = Box(3, 5, 380, 251, "lesion"), Box(0, 0, 384, 256), Box(10, 20, 11, 21, "basal cell carcinoma")
    boxes += (Box(40, 50, 70, 90, "lesion"),)
    case, file = replace(doubtful("small"), boxes=boxes), tmp_path / "coco.json"
    file.write_text(coco_json(case, "a.png"))

    reader, planes = COCO(str(file)), Planes.blank(384, 256)
    regions = reader.loadCats(reader.getCatIds(supNms=["region of interest"]))
    found = reader.loadAnns(reader.getAnnIds(catIds=[category["id"] for category in regions]))
    for annotation, box in zip(found, boxes, strict=True):
        where = np.zeros_like(planes.lesion)
        where[box.top : box.bottom, box.left : box.right] = 1
        assert np.array_equal(reader.annToMask(annotation), where)
        assert annotation["area"] == where.sum()
    assert [category["name"] for category in regions] == ["lesion", "region of interest", "basal cell carcinoma"]

    assert same(read_coco(file.read_bytes())[0], case.planes)
    assert read_coco(file.read_bytes())[1] == boxes


def test_an_instance_map_comes_back(tmp_path):
    labels = semantic_map(starter().planes)
    instances = instance_map(CELLS, labels)

    assert np.array_equal(read_instances(instance_bytes(instances), (384, 256)), instances)
    assert set(np.unique(instances // 1000)) <= set(np.unique(labels))


@pytest.mark.parametrize("cells", [None, CELLS])
def test_a_bundle_holds_every_form_and_comes_back(cells):
    case = doubtful("melanoma-like", cells)
    data = bundle_bytes(np.zeros((256, 384, 3), np.uint8), case, provenance(case), "mole")

    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    assert case_from_bytes(data) == case
    assert read_bundle(data) == (provenance(case), None)
    assert data == bundle_bytes(np.zeros((256, 384, 3), np.uint8), case, provenance(case), "mole")
    assert read_picture_case(files["mole.png"])["synthetic"] is True
    assert np.array_equal(read_map(files["mole_map.png"]), semantic_map(case.planes))
    assert same(read_coco(files["mole_coco.json"])[0], case.planes)
    assert same(
        read_isic({n: d for n, d in files.items() if "segmentation" in n or "attribute" in n}).planes, case.planes
    )
    assert {name.split(".")[0].removeprefix("mole") for name in files} >= {"", "meta", "_map", "_instances", "_coco"}


def test_a_bare_skin_has_a_bundle_too():
    case = Case(Planes.blank(384, 256), None, "pix2pixhd-live", AppearanceSettings(seed=1))

    assert case_from_bytes(bundle_bytes(np.zeros((256, 384, 3), np.uint8), case, provenance(case), "skin")) == case


def zipped(*members):
    out = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        warnings.simplefilter("ignore")  # a name given twice
        for name, data in members:
            archive.writestr(name, data)
    return out.getvalue()


META = json.dumps(provenance(starter())).encode()


@pytest.mark.parametrize(("data", "words"), [
    (b"PK nothing", "not a readable zip"),
    (zipped(("other.json", b"{}")), "meta.json"),
    (zipped(("meta.json", META), ("meta.json", b"{}")), "twice"),
    (zipped(*((f"{i}.png", b"") for i in range(65)), ("meta.json", META)), "at most 64"),
    (zipped(("meta.json", b" " * (17 << 20))), "more than"),
    (zipped(("meta.json", b'{"case": 3}')), "format"),
    (zipped(("meta.json", b"[]")), "no case"),
    (zipped(("meta.json", META))[:-30], "not a readable zip"),
])  # fmt: skip
def test_a_hostile_bundle_is_one_sentence(data, words):
    with pytest.raises(EngineError, match=words):
        case_from_bytes(data)


@pytest.mark.parametrize(("table", "words"), [
    ({"images": [], "annotations": [], "categories": []}, "is COCO annotations, which is not read; open the photo"),
    ({"shapes": [], "imagePath": "mole.jpg", "version": "5"}, "is a labelme file, which is not read"),
    ({"_via_img_metadata": {}}, "is a VGG annotator's project"),
    ({"type": "FeatureCollection", "features": []}, "is GeoJSON"),
    ({"a": 1}, "is JSON without a case"),
])  # fmt: skip
def test_other_tools_json_is_called_by_its_name(table, words):
    with pytest.raises(EngineError, match=words):
        case_from_bytes(json.dumps(table).encode(), "mole.json")


def test_names_that_climb_out_are_never_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    assert case_from_bytes(zipped(("../../evil.txt", b"x"), ("meta.json", META))) == starter()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("change", "words"), [
    (lambda files: files.pop("a_segmentation.png"), "lesion mask"),
    (lambda files: files.update({"a_segmentation.png": plane_bytes(np.ones((256, 384), np.uint8))}), "value 128 alone"),
    (lambda files: files.update({"a_attribute_globules.png": plane_bytes(np.zeros((4, 4), np.uint8))}), "384x256"),
    (lambda files: files.update({"a_attribute_streaks.png": b"\xff\xd8\xff"}), "is no picture"),
])  # fmt: skip
def test_wrong_isic_files_are_one_sentence(change, words):
    files = isic_files(starter(), "a")
    change(files)

    with pytest.raises(EngineError, match=words):
        read_isic(files)


@pytest.mark.parametrize("text", ["{}", '{"images": [], "categories": [], "annotations": []}', "[1]", '{"images": 3}'])
def test_a_wrong_coco_file_is_one_sentence(text):
    with pytest.raises(EngineError, match="COCO"):
        read_coco(text)


@pytest.mark.parametrize(("change", "words"), [
    ({"bbox": [380, 0, 9, 9]}, "leaves the map"),
    ({"bbox": [5, 0, 0, 9]}, "no area"),
    ({"bbox": 3}, "COCO"),
    ({"attributes": {"condition": 3}}, "condition"),
    ({"attributes": None}, "COCO"),
])  # fmt: skip
def test_a_wrong_coco_box_is_one_sentence(change, words):
    table = json.loads(coco_json(replace(starter(), boxes=(Box(1, 2, 3, 4),)), "a.png"))
    table["annotations"][-1] |= change

    with pytest.raises(EngineError, match=words):
        read_coco(json.dumps(table))


def test_superpixels_of_the_wrong_kind_are_refused():
    with pytest.raises(EngineError, match="RGB"):
        read_superpixels(plane_bytes(np.zeros((4, 4), np.uint8)))
