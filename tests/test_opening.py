"""Whatever is opened is told apart by its content; what is wrong with it is one sentence, and then nothing is kept."""

import io
import json
import warnings
import zipfile
from dataclasses import replace

import numpy as np
import pytest
from phantoms import phantom
from PIL import Image
from starters import starter

from engine import formats, service
from engine.cases.case import Case, to_json
from engine.cases.planes import MARKERS, Planes, semantic_map
from engine.cases.superpixels import instance_map, proposed_cells
from engine.cases.tone import measured_ita, nearest_type
from engine.data.frames import crop_labels, crop_picture
from engine.errors import EngineError
from engine.generators.shared.sliders import AppearanceSettings
from engine.photos.proposal import propose_lesion
from engine.service import Rendered, export, open_files
from studio.screens.paint import notices

WIDTH, HEIGHT, FRAME = 600, 480, (384, 256)
PICTURE, PLANES = phantom(5, 1, WIDTH, HEIGHT)
CELLS = proposed_cells(WIDTH, HEIGHT, 2, 600)
MASKED = Case(PLANES, CELLS, "pix2pixhd-live", AppearanceSettings(seed=1))


def jpeg(picture=PICTURE):
    out = io.BytesIO()
    Image.fromarray(picture).save(out, "JPEG", quality=98)
    return out.getvalue()


def masks(case=MASKED, stem="mole"):
    return list(formats.isic_files(case, stem).items())


PHOTO = ("mole.jpg", jpeg())


@pytest.fixture
def photos(tmp_path):
    return service.Photos(tmp_path / "photos")


def zipped(*members):
    out = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        warnings.simplefilter("ignore")  # a name given twice
        for name, data in members:
            archive.writestr(name, data)
    return out.getvalue()


def test_a_photo_alone_gets_a_proposed_lesion_its_tone_and_no_markers(photos):
    opened = open_files([PHOTO], photos)
    seen = np.asarray(Image.open(io.BytesIO(PHOTO[1])))
    framed, case = photos.picture(opened.case.photo, FRAME), opened.case

    assert np.abs(framed.astype(int) - crop_picture(seen, FRAME)).mean() < 1
    assert np.asarray(Image.open(io.BytesIO(photos.png(case.photo)))).shape == (400, 600, 3), "its own sharpness"
    lesion = propose_lesion(crop_picture(seen, FRAME)).lesion
    assert opened.proposed
    assert np.array_equal(case.planes.lesion, lesion)
    assert not case.planes.markers.any()
    assert opened.ita_deg == measured_ita(crop_picture(seen, FRAME), lesion == 0)
    assert case.tone == nearest_type(opened.ita_deg)
    assert (case.superpixels, case.grain) == (None, "medium")


@pytest.mark.parametrize("zip_them", [False, True])
@pytest.mark.parametrize("jpeg_name", ["mole.jpg", "mole.tif"])
def test_masks_beside_a_photo_load_with_it(photos, zip_them, jpeg_name):
    files = [*masks(), (jpeg_name, jpeg())]
    opened = open_files(
        [("a.zip", zipped(*((f"in/a folder/{n}", d) for n, d in files)))] if zip_them else files, photos
    )
    case = opened.case

    assert not opened.proposed
    assert np.array_equal(case.planes.lesion, crop_labels(PLANES.lesion, FRAME))
    for index in range(len(MARKERS)):
        assert np.array_equal(case.planes.markers[index], crop_labels(PLANES.markers[index], FRAME))
    cells = crop_labels(CELLS, FRAME)
    assert np.array_equal(np.unique(cells, return_inverse=True)[1].reshape(cells.shape), case.superpixels)
    assert photos.holds(case.photo)


def test_a_users_mask_is_never_passed_over_for_a_proposal_and_what_was_done_to_it_is_said(photos):
    small = np.asarray(Image.fromarray(PLANES.lesion * np.uint8(255)).resize((300, 240), Image.Resampling.BILINEAR))
    for name in ("mole_segmentation.PNG", "mole_Segmentation.png", "MOLE_mask.bmp"):
        out = io.BytesIO()
        Image.fromarray(small).save(out, "BMP" if name.endswith("bmp") else "PNG")
        opened = open_files([PHOTO, (name, out.getvalue())], photos)

        assert not opened.proposed
        assert (opened.case.planes.lesion == crop_labels(PLANES.lesion, FRAME)).mean() > 0.98
        assert f"{name} has soft borders, thresholded at half." in notices.opened(opened)
        assert "was resized from 300x240 to 600x480" in notices.opened(opened)


def test_markers_without_a_lesion_mask_are_laid_on_the_proposal(photos):
    files = [file for file in masks() if "segmentation" not in file[0]]

    opened = open_files([PHOTO, *files], photos)

    assert opened.proposed
    assert opened.case.planes.lesion.any()
    assert np.array_equal(opened.case.planes.markers[0], crop_labels(PLANES.markers[0], FRAME))


def test_masks_and_a_label_map_are_opened_without_a_photo(photos):
    from_masks, from_map = (
        open_files(masks(), photos),
        open_files([("x", formats.map_bytes(semantic_map(PLANES)))], photos),
    )

    assert np.array_equal(from_masks.case.planes.lesion, crop_labels(PLANES.lesion, FRAME))
    assert np.array_equal(semantic_map(from_map.case.planes), crop_labels(semantic_map(PLANES), FRAME))
    assert photos.names() == []
    assert not from_map.proposed


def test_more_superpixels_than_an_instance_map_numbers_are_left_out_and_counted(photos):
    crowded = replace(MASKED, superpixels=proposed_cells(WIDTH, HEIGHT, 2, 1600))

    opened = open_files([PHOTO, *masks(crowded)], photos)

    assert opened.left_out > 1000
    assert opened.case.superpixels is None


@pytest.mark.parametrize("grain", service.GRAINS)
def test_every_grain_exports_a_valid_instance_map(photos, grain):
    opened = open_files([PHOTO], photos)
    cells = photos.superpixels(opened.case.photo, FRAME, "medium")
    case = replace(opened.case, superpixels=cells, grain=grain)

    bundle = formats.bundle_bytes(PICTURE[:256, :384], case, provenance(case), "mole")

    with zipfile.ZipFile(io.BytesIO(bundle)) as archive:
        read = formats.read_instances(archive.read("mole_instances.png"), FRAME)
    assert np.array_equal(read, instance_map(cells, semantic_map(case.planes)))
    assert service.case_from_bytes(bundle) == case


def provenance(case):
    return {"format": 1, "synthetic": True, "case": json.loads(to_json(case)), "checkpoint": {"sha256": "0"}}


def test_a_saved_picture_and_a_case_are_restored(photos):
    case = replace(starter(), backend=None)

    for data in (formats.picture_bytes(PICTURE, provenance(case)), to_json(case).encode()):
        opened = open_files([("renamed.jpg", data)], photos)
        assert opened.restored
        assert opened.case == case


def test_a_bundle_gives_the_photo_away_only_when_asked_and_says_so(photos, tmp_path):
    case = open_files([PHOTO], photos).case.varied(seed=4)
    kept = Rendered(np.zeros((256, 384, 3), np.uint8), provenance(case))
    real = photos.png(case.photo)

    plain, holding = (export(kept, form, "mole", photos).data for form in ("bundle", "photo-bundle"))

    with zipfile.ZipFile(io.BytesIO(plain)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    assert json.loads(members["meta.json"])["synthetic"] is True
    assert not any("photo" in name for name in members)
    assert real not in members.values()
    assert not any(near_pictures(data, real) for name, data in members.items() if name.endswith(".png"))
    with zipfile.ZipFile(io.BytesIO(holding)) as archive:
        meta, photo = json.loads(archive.read("meta.json")), archive.read("mole_photo.png")
        picture = formats.read_picture_case(archive.read("mole.png"))
    assert meta["holds_photo"] is True
    assert meta["synthetic"] == {"mole.png": True, "mole_photo.png": False}
    assert picture["synthetic"] is True
    assert photo == real
    assert b"ynthetic" not in photo
    assert b"trainedAlgorithmicMedia" not in photo

    elsewhere = service.Photos(tmp_path / "elsewhere")
    assert open_files([("b.zip", holding)], elsewhere).case == case
    assert elsewhere.png(case.photo) == real
    photos.delete(case.photo)
    with pytest.raises(EngineError, match="no longer on this machine"):
        export(kept, "photo-bundle", "mole", photos)
    with pytest.raises(EngineError, match="drawn on no photo"):
        export(Rendered(kept.picture, provenance(starter())), "photo-bundle", "mole", photos)


def near_pictures(data, other):
    one, two = (np.asarray(Image.open(io.BytesIO(d)).convert("RGB").resize((48, 32)), int) for d in (data, other))
    return np.abs(one - two).mean() < 20


def test_a_strangers_bundle_photo_is_stripped_like_any_other(photos):
    case = replace(starter(), photo="ab" * 32)
    meta = json.dumps(provenance(case) | {"holds_photo": True}).encode()
    exif = Image.Exif()
    exif[0x010F] = "Dr Secret"
    out = io.BytesIO()
    Image.fromarray(PICTURE).save(out, "PNG", exif=exif)

    opened = open_files([("b.zip", zipped(("meta.json", meta), ("x_photo.png", out.getvalue())))], photos)

    assert opened.case.photo != case.photo
    assert b"Secret" not in photos.png(opened.case.photo)


LESION = "mole_segmentation.png"
SMALL = formats.plane_bytes(np.zeros((10, 12), np.uint8))
SAVED = formats.picture_bytes(PICTURE, provenance(starter()))


@pytest.mark.parametrize(("files", "sentence"), [
    ([], "no file was given"),
    ([("mole.jpg", b"just text")], "'mole.jpg' is no picture"),
    ([("mole.jpg", b"")], "'mole.jpg' is empty"),
    ([PHOTO, ("other.jpg", jpeg(PICTURE[::-1]))], "2 files are no masks"),
    ([PHOTO, ("case.png", SAVED)], "'case.png' is a saved case, which is opened alone; 2 files"),
    ([PHOTO, (LESION, SMALL)], "mole_segmentation.png is 12x10; 600x480 is needed"),
    ([PHOTO, ("mole_attribute_globules.png", SMALL)], "globules.png is 12x10; 600x480 is needed"),
    ([PHOTO, ("mole_superpixels.png", formats.superpixel_bytes(np.zeros((9, 9), np.int32)))], "9x9; 600x480"),
    ([PHOTO, ("other_segmentation.png", SMALL)], "do not belong to one picture"),
    ([PHOTO, (LESION, SMALL), (LESION, SMALL[:-1])], "was given twice"),
    ([PHOTO, (LESION, jpeg())], "mole_segmentation.png holds the values"),
    ([("mole_attribute_streaks.png", SMALL)], "lesion mask is needed"),
    ([("a.zip", zipped(PHOTO, ("../../evil.png", b"x")))], "leads out of its folder"),
    ([("a.zip", zipped(PHOTO, ("/etc/evil.png", b"x")))], "leads out of its folder"),
    ([("a.zip", zipped(PHOTO, ("..\\evil.png", b"x")))], "leads out of its folder"),
    ([("a.zip", zipped(PHOTO, PHOTO))], "twice"),
    ([("a.zip", zipped(("a/mole_segmentation.png", SMALL), ("b/mole_segmentation.png", SMALL[:-1])))], "given twice"),
    ([("a.zip", zipped(("mole.jpg", bytes(200 << 20))))], "unpacks to 209715200 bytes"),
    ([("a.zip", zipped())], "no file was given"),
    ([("a.zip", zipped(PHOTO)[:-40])], "not a readable zip"),
    ([("a.zip", zipped(*((f"{i}.png", b"") for i in range(65))))], "at most 64"),
    ([("a.json", b'{"case": 1}')], "format"),
    ([("b.zip", zipped(("meta.json", json.dumps(provenance(starter())).encode()), ("x_photo.png", b"text")))],
     "the bundle's photo is no picture"),
])  # fmt: skip
def test_what_is_wrong_is_one_sentence_and_nothing_is_kept(photos, tmp_path, monkeypatch, files, sentence):
    monkeypatch.chdir(tmp_path)

    with pytest.raises(EngineError, match=sentence):
        open_files(files, photos)

    assert photos.names() == []
    assert not any(tmp_path.iterdir())


def test_a_file_managers_leavings_in_a_zip_are_passed_over(photos):
    data = zipped(("a/", b""), PHOTO, ("__MACOSX/._mole.jpg", b"x"), (".DS_Store", b"x"))

    assert photos.holds(open_files([("a.zip", data)], photos).case.photo)


def test_a_case_whose_photo_is_gone_still_opens(photos):
    planes = Planes.blank(*FRAME)
    case = Case(planes, None, "pix2pixhd-live", AppearanceSettings(seed=1), photo="cd" * 32)

    assert open_files([("a.json", to_json(case).encode())], photos).case == case
