"""Clinical folders: readers, splits by patient, crops around boxes, and what is wrong said in one sentence."""

import csv
from pathlib import Path

import clinical_phantoms
import numpy as np
import pytest
from PIL import Image

from engine.cases.boxes import Box
from engine.data import crop_windows as crops
from engine.data.caches.crops import BACKGROUND_BIT, OUTLINE_BIT, build
from engine.data.check import check
from engine.data.readers import clinical
from engine.data.recipes import CropsData
from engine.errors import EngineError

SHARED = Path(__file__).resolve().parent.parent.parent / "shared/data/pad-ufes-20"
HOW = CropsData(crops=3, context=(1.2, 2.5), adjacent=0.5, smallest_px=24, split_seed=0, exclude=(), flips=True)


@pytest.fixture
def folder(tmp_path):
    return clinical_phantoms.write(tmp_path / "pad")


def rows(path):
    with path.open(encoding="utf-8") as file:
        return list(csv.reader(file))


def change(path, row, column, value):
    """Write `value` into a table and read the folder."""
    found = rows(path)
    found[row][column] = value
    clinical_phantoms.table(path, found[0], found[1:])
    return clinical.read(path.parent, None, 0)


def test_a_folder_reads_back_with_its_conditions_boxes_and_types_though_extensions_differ(folder):
    manifest = clinical.read(folder, None, 0)

    assert manifest.layout == "pad-ufes-20"
    assert len(manifest.records) == 24
    one = next(r for r in manifest.records if r.id == "PAT_3_3")
    assert one.picture.suffix == ".jpg"
    assert one.boxes == (Box(*clinical_phantoms.drawn(3)[2], "melanocytic nevus"),)
    assert one.fitzpatrick == "II"
    assert {r.fitzpatrick for r in manifest.records} == {"II", None, "V"}


def test_no_patient_is_on_two_sides_and_the_split_repeats(folder):
    manifest, again = (clinical.read(folder, None, 5) for _ in range(2))
    sides = [{r.group for r in manifest.of(split).records} for split in ("train", "val", "test")]

    assert manifest.records == again.records
    assert sum(map(len, sides)) == len(set().union(*sides)) == 12
    assert clinical.read(folder, None, 6).records != manifest.records


def test_groups_join_adjacent_boxes_only():
    near, beside, far = Box(0, 0, 10, 10), Box(13, 0, 20, 10), Box(60, 60, 70, 70)

    assert crops.groups([near, far, beside], 0.5) == [[near, beside], [far]]
    assert crops.groups([near, beside], 0.1) == [[near], [beside]]


def test_a_window_holds_its_group_inside_the_photo_and_is_as_large_as_asked():
    random = np.random.default_rng(0)
    clean = np.zeros((200, 300), bool)
    group = [Box(100, 80, 140, 110), Box(145, 90, 160, 100)]

    for _ in range(50):
        window = crops.draw(group, clean, HOW, random)
        assert 0 <= window.left <= 100
        assert window.left + window.side >= 160
        assert 0 <= window.top <= 80
        assert window.top + window.side >= 110
        assert window.top + window.side <= 200
        assert 1.2 * 60 - 1 <= window.side <= 2.5 * 60 + 1


def test_a_window_avoids_the_background_where_it_can():
    random = np.random.default_rng(0)
    strange = np.zeros((200, 200), bool)
    strange[:, 120:] = True

    for _ in range(30):
        window = crops.draw([Box(80, 80, 110, 120)], strange, HOW, random)
        assert window.left + window.side <= 126


def test_skin_under_any_light_is_skin_and_a_blue_cloth_is_not():
    y, x = np.mgrid[:200, :200]
    for cast in ((230, 180, 150), (120, 70, 50), (150, 140, 170)):
        picture = np.empty((200, 200, 3), np.uint8)
        picture[:] = cast
        picture[(x - 80) ** 2 + (y - 100) ** 2 < 400] = (60, 30, 30)
        picture[:, 160:] = (20, 60, 190)
        strange = crops.background(picture, [Box(60, 80, 101, 121)])

        assert strange[:, 162:].all()
        assert not strange[:, :155].any()


def test_boxes_are_cut_and_rescaled_with_the_window():
    boxes = (Box(20, 30, 40, 50, "cyst"), Box(0, 0, 12, 12, "acne"))

    assert crops.rescaled(boxes, crops.Window(10, 10, 40), 80) == (Box(20, 40, 60, 80, "cyst"),)
    assert crops.rescaled(boxes, crops.Window(4, 4, 40), 40)[1] == Box(0, 0, 8, 8, "acne")


def test_crops_show_the_lesion_inside_its_box_and_repeat(folder, tmp_path):
    manifest = clinical.read(folder, None, 0).of("train")
    first = build(manifest, (64, 64), HOW, tmp_path / "a")
    again = build(manifest, (64, 64), HOW, tmp_path / "b")

    assert len(first) == 3 * len(manifest.records)
    assert np.array_equal(first.pictures, again.pictures)
    for crop, cells in zip(first.crops, first.cells, strict=True):
        (box,) = crop.boxes
        lesion = (cells >> OUTLINE_BIT & 1) > 0
        inside = np.zeros_like(lesion)
        inside[box.top : box.bottom, box.left : box.right] = True
        assert (lesion & inside).sum() > 0.9 * lesion.sum()
        assert not (cells >> BACKGROUND_BIT & 1)[inside].any()
        assert crop.appearance.lesion_lab[0] < crop.appearance.skin_lab[0]


@pytest.mark.parametrize("file, column, value, sentence", [
    ("rois.csv", 3, "999", "leaves the photo; it is 160x160"),
    ("rois.csv", 1, "-3", "leaves the photo"),
    ("rois.csv", 3, "0", "has no area"),
    ("rois.csv", 2, "some", "whole pixels x0, y0, x1, y1 are needed"),
    ("metadata.csv", 2, "NEW", "has the condition 'NEW', which is unknown"),
    ("metadata.csv", 3, "PAT_77.png", "is not in the folder 'images'"),
    ("metadata.csv", 1, "VII", "has the skin type 'VII'; I to VI"),
])  # fmt: skip
def test_a_wrong_row_is_one_sentence_that_names_the_photo(folder, file, column, value, sentence):
    with pytest.raises(EngineError, match=sentence) as error:
        change(folder / file, 1, column, value)

    assert str(error.value).startswith("pad: PAT_")
    assert str(error.value).count("\n") == 0


def test_a_photo_without_boxes_is_left_out_and_counted(folder):
    listed = rows(folder / "rois.csv")
    clinical_phantoms.table(folder / "rois.csv", listed[0], listed[2:])

    assert len(clinical.read(folder, None, 0).records) == 23
    report = check(folder)
    assert report.sound
    assert report.counts["photos without boxes (left out of training)"] == 1


def test_the_check_lists_every_wrong_row_by_name(folder):
    (folder / "images" / "PAT_0_0.jpg").unlink()
    (folder / "masks" / "PAT_1_1.png").write_bytes(b"no picture")
    found = dict(check(folder).problems)

    assert found["PAT_0_0.png"].startswith("is not in the folder")
    assert found["PAT_1_1.png"].startswith("is no picture")


def test_a_generic_folder_fitzpatrick17k_and_ddi_are_told_by_their_tables(tmp_path):
    picture = Image.new("RGB", (64, 64), (200, 160, 140))
    sets = {
        "folder": ("photos.csv", ("image", "condition", "skin_type"), ("a.jpg", "melanoma", "VI"), "images"),
        "fitzpatrick17k": (
            "fitzpatrick17k.csv",
            ("md5hash", "label", "fitzpatrick"),
            ("a", "porokeratosis", "-1"),
            "images",
        ),
        "ddi": ("ddi_metadata.csv", ("DDI_file", "disease", "skin_tone"), ("a.png", "melanoma-in-situ", "56"), "."),
    }
    for name, (file, columns, row, pictures) in sets.items():
        root = tmp_path / name
        (root / pictures).mkdir(parents=True)
        picture.save(root / pictures / "a.jpg")
        clinical_phantoms.table(root / file, columns, [row])
        clinical_phantoms.table(
            root / "boxes.csv", ("image", "x0", "y0", "x1", "y1"), [("a", 3, 4, 20, 30), ("a", 1, 1, 9, 9)]
        )
    first, second, third = (clinical.read(tmp_path / name, None, 0).records[0] for name in sets)

    assert [box.edges for box in first.boxes] == [(3, 4, 20, 30), (1, 1, 9, 9)]
    assert [r.boxes[0].condition for r in (first, second, third)] == ["melanoma", "other", "melanoma"]
    assert [r.fitzpatrick for r in (first, second, third)] == ["VI", None, "V"]


def test_pad_ufes_20_reads_whole():
    if SHARED.is_dir():
        manifest = clinical.read(SHARED, None, 0)

        assert len(manifest.records) == 936
        assert len({box.condition for r in manifest.records for box in r.boxes}) == 6
        assert min(len(manifest.of(split).records) for split in ("train", "val", "test")) > 90
