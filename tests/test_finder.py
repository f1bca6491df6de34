"""One finder: names pair whatever their letters' case and suffix, what a file system leaves is passed by, the rest is named."""

import shutil

import numpy as np
import pytest
from clinical_phantoms import write as write_clinical
from phantoms import phantom, write
from PIL import Image

from engine import service
from engine.data import finder
from engine.data.readers import clinical, isic, registry
from engine.data.records import PhotoRecord
from engine.errors import EngineError

PHOTOS, LESIONS = "ISIC2018_Task1-2_Training_Input", "ISIC2018_Task1_Training_GroundTruth"


def test_names_pair_without_regard_to_case_suffix_and_downsampling(tmp_path):
    write(tmp_path, 3)
    photos, lesions = tmp_path / PHOTOS, tmp_path / LESIONS
    (photos / "ISIC_9000000.png").rename(photos / "ISIC_9000000.PNG")
    (photos / "ISIC_9000001.png").rename(photos / "ISIC_9000001_downsampled.png")
    (lesions / "ISIC_9000002_segmentation.png").rename(lesions / "isic_9000002_Segmentation.PNG")
    for name in ("._ISIC_9000000.png", ".DS_Store", "Thumbs.db", ".hidden.png"):
        (photos / name).write_bytes(b"left by a file system")

    records = isic.read(tmp_path, None, "isic2017").records

    assert [r.id for r in records] == ["ISIC_9000000", "ISIC_9000001_downsampled", "ISIC_9000002"]
    assert records[2].lesion.name == "isic_9000002_Segmentation.PNG"
    assert service.run(service.CheckRequest(tmp_path)).sound


@pytest.mark.parametrize("end", ["", "_segmentation", "_Mask"])
def test_two_folders_of_images_and_masks_are_a_data_set(tmp_path, end):
    for index in range(4):
        picture, planes = phantom(index, 0, 48, 32)
        for folder, name, pixels in (
            ("Images", f"a{index}.jpg", picture),
            ("masks", f"a{index}{end}.png", planes.lesion),
        ):
            (tmp_path / folder).mkdir(exist_ok=True)
            Image.fromarray(pixels).save(tmp_path / folder / name)

    report = service.run(service.CheckRequest(tmp_path))

    assert (report.layout, report.sound) == ("images and masks", True)
    assert report.counts == {"photos": 4, "lesion masks": 4}
    assert [r.id for r in isic.read(tmp_path, None, "isic2017").records] == ["a0", "a1", "a2", "a3"]
    assert all(r.mask for r in registry.read(tmp_path, None, registry.ALL).records)


def test_pad_ufes_in_three_parts_is_read_as_in_one_folder(tmp_path):
    write_clinical(tmp_path / "one", 9)
    shutil.copytree(tmp_path / "one", tmp_path / "parts")
    for place, photo in enumerate(sorted((tmp_path / "parts" / "images").iterdir())):
        part = f"imgs_part_{1 + place % 3}"
        folder = tmp_path / "parts" / part / part if place % 2 else tmp_path / "parts" / "images" / part
        folder.mkdir(parents=True, exist_ok=True)
        photo.rename(folder / photo.name)

    one, parts = (clinical.read(tmp_path / name, None, 0) for name in ("one", "parts"))

    assert [(r.id, r.split, r.boxes) for r in parts.records] == [(r.id, r.split, r.boxes) for r in one.records]
    assert service.run(service.CheckRequest(tmp_path / "parts")).sound


def test_dangling_links_and_damaged_files_are_named_and_the_rest_goes_on(tmp_path):
    write(tmp_path, 6)
    photos = tmp_path / PHOTOS
    (photos / "ISIC_9000001.png").unlink()
    (photos / "ISIC_9000001.png").symlink_to(tmp_path / "gone.png")
    (photos / "ISIC_9000002.png").write_bytes(b"text")

    report = service.run(service.CheckRequest(tmp_path))

    assert dict(report.problems).keys() == {"ISIC_9000001.png", "ISIC_9000002.png"}
    assert "which does not exist" in dict(report.problems)["ISIC_9000001.png"]
    assert report.counts["photos"] == 6


def test_two_photos_of_one_name_are_refused(tmp_path):
    write(tmp_path, 2)
    shutil.copy(tmp_path / PHOTOS / "ISIC_9000000.png", tmp_path / PHOTOS / "isic_9000000.bmp")

    with pytest.raises(EngineError, match="go by the same name"):
        isic.read(tmp_path, None, "isic2017")
    assert not service.run(service.CheckRequest(tmp_path)).sound


def test_a_reader_added_to_the_list_is_known_to_data_check(tmp_path, monkeypatch):
    Image.fromarray(np.zeros((20, 30, 3), np.uint8)).save(tmp_path / "mine.png")
    record = PhotoRecord("mine", tmp_path / "mine.png", None, "melanoma", "mine", "my own", None)
    layout = registry.PhotoLayout("mine", lambda root: (root / "mine.png").exists(), lambda root, labels, how: [record])
    monkeypatch.setattr(registry, "LAYOUTS", (registry.CHALLENGE, layout, registry.CLINICAL))

    report = service.run(service.CheckRequest(tmp_path))

    assert (report.layout, report.licence, report.sound) == ("mine", "my own", True)
    with pytest.raises(EngineError, match=r"known are .*mine"):
        service.run(service.CheckRequest(tmp_path / "elsewhere"))


def test_what_a_name_has_in_common_with_its_masks_and_rows():
    assert {finder.key(name) for name in ("ISIC_1.JPG", "isic_1", "ISIC_1_downsampled.png", "a\\b/ISIC_1.jpeg")} == {
        "isic_1"
    }
    assert finder.key("PAT_1.5_x") == "pat_1.5_x"
