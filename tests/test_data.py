"""Reading data folders: three ISIC layouts, splits, fitting into a frame, and the report of what is wrong."""

import shutil
from pathlib import Path

import numpy as np
import pytest
from phantoms import phantom, write
from PIL import Image

from engine.cases.planes import DEFINITE, Planes, pack, semantic_map
from engine.data.caches.planes import EDGE_BIT, build
from engine.data.check import check
from engine.data.decoding import load_planes
from engine.data.frames import crop_picture, crop_planes, letterbox_picture, letterbox_planes
from engine.data.readers.isic import read
from engine.data.recipes import PlanesData, Recipe
from engine.data.records import excluding
from engine.errors import EngineError
from engine.photos.reading import load_picture

SHARED = Path(__file__).resolve().parent.parent.parent / "shared/data"
SCHEME = "isic2017"
MARKER_FOLDER = "ISIC2018_Task2_Training_GroundTruth_v3"


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "set", write(tmp_path / "set", 12)


def test_a_phantom_set_reads_back_exactly(folder):
    manifest = read(*folder, SCHEME)

    assert [len(manifest.of(split).records) for split in ("train", "val", "test")] == [8, 2, 2]
    picture, planes = phantom(3, 0, 96, 64)
    assert np.array_equal(load_picture(manifest.records[3].picture), picture)
    assert load_planes(manifest.records[3]) == planes
    assert manifest.records[3].labels == {"melanoma": 1.0, "seborrheic_keratosis": 0.0}


def test_the_manifests_hash_follows_the_contents_not_the_place(folder, tmp_path):
    root, labels = folder
    shutil.copytree(root, tmp_path / "copy")
    same = read(tmp_path / "copy", labels, SCHEME).sha256()
    mask = next((tmp_path / "copy" / MARKER_FOLDER).iterdir())
    Image.fromarray(np.full((64, 96), 255, np.uint8)).save(mask)

    assert read(root, labels, SCHEME).sha256() == same
    assert read(tmp_path / "copy", labels, SCHEME).sha256() != same


def test_the_bissoto_split_is_seeded_and_disjoint(folder):
    first, again = (read(*folder, "bissoto") for _ in range(2))

    assert [r.split for r in first.records] == [r.split for r in again.records]
    assert {r.split for r in first.records} == {"train", "test"}


def test_isic_2016_and_2017_are_told_by_their_names_and_superpixels_are_no_photos(folder, tmp_path):
    photo = next((folder[0] / "ISIC2018_Task1-2_Training_Input").iterdir())
    old, new = tmp_path / "2016", tmp_path / "2017"
    for root, pictures, masks, suffix in (
        (old, "ISBI2016_ISIC_Part1_Training_Data", "ISBI2016_ISIC_Part1_Training_GroundTruth", "_Segmentation.png"),
        (new, "ISIC-2017_Training_Data", "ISIC-2017_Training_Part1_GroundTruth", "_segmentation.png"),
    ):
        (root / pictures).mkdir(parents=True)
        (root / masks).mkdir()
        shutil.copy(photo, root / pictures / "ISIC_0000001.png")
        Image.fromarray(np.zeros((64, 96), np.uint8)).save(root / masks / f"ISIC_0000001{suffix}")
    shutil.copy(photo, new / "ISIC-2017_Training_Data" / "ISIC_0000001_superpixels.png")
    (old / "ISBI2016_ISIC_Part3_Training_GroundTruth.csv").write_text("ISIC_0000001,malignant\n")

    assert read(old, None, SCHEME).layout == "isic2016"
    assert read(old, None, SCHEME).records[0].labels == {"melanoma": 1.0}
    assert [r.id for r in read(new, None, SCHEME).records] == ["ISIC_0000001"]
    assert read(new, None, SCHEME).records[0].superpixels.name == "ISIC_0000001_superpixels.png"


def test_excluded_ids_are_left_out_and_an_unknown_one_is_refused(folder):
    manifest = read(*folder, SCHEME)

    assert len(excluding(manifest, ("ISIC_9000000",)).records) == 11
    with pytest.raises(EngineError, match="ISIC_123"):
        excluding(manifest, ("ISIC_123",))


def test_a_folder_with_half_its_masks_is_one_sentence(folder):
    for mask in sorted((folder[0] / "ISIC2018_Task1_Training_GroundTruth").iterdir())[::2]:
        mask.unlink()

    with pytest.raises(EngineError, match=r"lacks the lesion masks of 6 of 12 photos, first ISIC_9000000\.png"):
        read(*folder, SCHEME)


@pytest.mark.parametrize("wrong", ["missing", "file", "empty"])
def test_a_folder_that_is_none_is_one_sentence(tmp_path, wrong):
    (tmp_path / "file").write_text("x")
    (tmp_path / "empty").mkdir()

    with pytest.raises(EngineError, match=wrong):
        read(tmp_path / wrong, None, SCHEME)


def test_check_reports_every_fault_by_file_name(folder):
    root, labels = folder
    masks, photos = root / "ISIC2018_Task1_Training_GroundTruth", root / "ISIC2018_Task1-2_Training_Input"
    (masks / "ISIC_9000000_segmentation.png").unlink()
    Image.fromarray(np.zeros((10, 10), np.uint8)).save(masks / "ISIC_9000001_segmentation.png")
    Image.fromarray(np.full((64, 96), 77, np.uint8)).save(masks / "ISIC_9000002_segmentation.png")
    (photos / "ISIC_9000003.png").write_bytes(b"not a picture")
    shutil.copy(photos / "ISIC_9000004.png", photos / "ISIC_9000005.png")
    (root / MARKER_FOLDER / "ISIC_9000006_attribute_streaks.png").unlink()
    with labels.open("a") as file:
        file.write("ISIC_7777777,0,0,train\n")

    problems = dict(check(root, labels).problems)

    assert "no lesion mask" in problems["ISIC_9000000.png"]
    assert "10x10" in problems["ISIC_9000001_segmentation.png"]
    assert "77" in problems["ISIC_9000002_segmentation.png"]
    assert "is no picture" in problems["ISIC_9000003.png"]
    assert "same bytes as ISIC_9000004.png" in problems["ISIC_9000005.png"]
    assert "no streaks mask" in problems["ISIC_9000006.png"]
    assert "ISIC_7777777" in problems[labels.name]
    assert len(problems) == 7


def test_a_sound_folder_has_nothing_wrong(folder):
    assert check(*folder).sound


def test_the_letterbox_only_shrinks_and_pads_with_border():
    picture, planes = phantom(0, 0, 96, 64)

    small = letterbox_planes(planes, (256, 128))
    assert int((small.border == 0).sum()) == 96 * 64
    assert np.array_equal(letterbox_picture(picture, (256, 128))[32:96, 80:176], picture)
    grown = letterbox_planes(planes, (256, 128), enlarge=True)
    assert int((grown.border == 0).sum()) == 192 * 128
    assert set(np.unique(semantic_map(grown))) <= set(np.unique(semantic_map(planes))) | {0}


def test_the_crop_keeps_the_centre_and_makes_no_new_label():
    picture, planes = phantom(1, 0, 100, 60)

    cut = crop_planes(planes, (48, 32))
    assert cut.size == (48, 32)
    assert crop_picture(picture, (48, 32)).shape == (32, 48, 3)
    assert set(np.unique(cut.markers)) <= {0, DEFINITE}
    assert np.array_equal(crop_planes(planes, (90, 60)).lesion, planes.lesion[:, 5:95])


def test_the_cache_holds_what_the_files_hold_and_is_found_again(folder, tmp_path):
    manifest = read(*folder, SCHEME).of("train")
    recipe = Recipe((96, 64), PlanesData("crop", False, "slic", SCHEME, (), False))
    made = build(manifest, recipe, tmp_path / "cache")
    again = build(manifest, recipe, tmp_path / "cache")

    assert len(made) == len(manifest.records) == len(again)
    assert np.array_equal(made.pictures[0], load_picture(manifest.records[0].picture))
    assert np.array_equal(made.cells[0] & ((1 << EDGE_BIT) - 1), pack(load_planes(manifest.records[0])))
    assert made.cells[0].max() >> EDGE_BIT == 1
    assert made.appearance == again.appearance
    assert len(list((tmp_path / "cache").iterdir())) == 1


def test_phantoms_are_seeded_and_never_alike():
    picture, planes = phantom(0, 0, 96, 64)
    again, _ = phantom(0, 0, 96, 64)
    other, _ = phantom(1, 0, 96, 64)

    assert np.array_equal(picture, again)
    assert not np.array_equal(picture, other)
    assert isinstance(planes, Planes)
    assert 0.05 < planes.lesion.mean() < 0.6


def test_the_real_folders_read_where_they_are_at_hand():
    for name in ("isic2018-384", "isic2018-512crop"):
        if (SHARED / name).is_dir():
            manifest = read(SHARED / name, SHARED / "isic2018_labels.csv", SCHEME)
            assert len(manifest.records) == 2594
            assert [len(manifest.of(s).records) for s in ("train", "val", "test")] == [1942, 121, 531]
            paper = read(SHARED / name, None, "bissoto")
            assert [len(paper.of(s).records) for s in ("train", "test")] == [2346, 248]
