"""The Library: kept as saved, found by plain words, deleted for good, exported as a data set others can read."""

import csv
import hashlib
import io
import json
import time
import zipfile
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image
from starters import starter

from engine import service
from engine.cases.boxes import Box
from engine.cases.case import Case, to_json
from engine.cases.examples import EXAMPLES
from engine.cases.planes import MARKERS, Planes
from engine.cases.superpixels import decode_isic, proposed_cells
from engine.data.check import check
from engine.data.decoding import load_planes
from engine.data.export import README
from engine.data.readers import clinical, isic
from engine.errors import EngineError
from engine.formats import picture_bytes
from engine.generators.shared.sliders import AppearanceSettings
from engine.stores.library import INDEX, Library

PICTURE = np.random.default_rng(0).integers(0, 256, (256, 384, 3)).astype(np.uint8)
CHECKPOINT = {"preset": "pix2pixhd-live", "sha256": "ab" * 32, "licence": "weights: Apache-2.0"}


def saved(case, made="2026-11-21T12:00:00Z", picture=PICTURE):
    told = {"format": 1, "synthetic": True, "case": json.loads(to_json(case)), "checkpoint": CHECKPOINT, "made": made}
    return picture_bytes(picture, told)


@pytest.fixture
def library(tmp_path):
    return Library(tmp_path / "library", undo_s=0.2)


@pytest.fixture
def filled(library):
    """The six starters, a minute apart."""
    for minute, name in enumerate(EXAMPLES):
        library.keep(saved(starter(name), f"2026-11-21T12:0{minute}:00Z"))
    return library


def seeds(library, words=""):
    return [kept.seed for kept in library.entries(words)]


def test_what_is_kept_is_the_saved_picture_its_owners_alone_and_kept_once(library):
    case = replace(starter(), boxes=(Box(1, 2, 30, 40, "melanoma"),))

    kept = library.keep(saved(case))
    again = library.keep(saved(case, "2026-11-21T13:00:00Z"))

    assert kept.id == again.id
    assert library.entries() == [again]
    assert service.case_from_bytes(library.read(kept.id)) == case
    assert (kept.tone, kept.seed, kept.conditions) == ("II", 7, ("melanoma",))
    assert set(kept.markers) == set(MARKERS) - {"negative_network"}
    assert library.folder.stat().st_mode & 0o777 == 0o700
    assert all(file.stat().st_mode & 0o777 == 0o600 for file in library.folder.iterdir())


@pytest.mark.parametrize(("words", "found"), [
    ("", [18, 5, 33, 12, 21, 7]),
    ("streaks", [21, 7]),
    ("Streaks ii 7", [7]),
    ("milia-like", []),
    ("milia", [12, 7]),
    ("negative network", [33, 21]),
    ("negative_network", [33, 21]),
    ("iii", [18, 12]),
    ("III globules", [18]),
    ("I", []),
    ("pix2pixhd-live 5", [5]),
    ("6", []),
])  # fmt: skip
def test_plain_words_find_by_marker_tone_generator_and_seed(filled, words, found):
    assert seeds(filled, words) == found


def test_the_index_is_rebuilt_from_the_files_and_never_believed_over_them(filled):
    before = filled.entries()
    index = filled.folder / INDEX
    for text in (b"{", b"[]", b'{"format": 9}', json.dumps({"format": 1, "files": {"x": 3}}).encode()):
        index.write_bytes(text)
        assert Library(filled.folder).entries() == before
    (filled.folder / f"{before[0].id}.png").unlink()
    (filled.folder / "copied in.png").write_bytes(saved(starter().varied(seed=99), "2026-11-21T14:00:00Z"))
    (filled.folder / "stranger.png").write_bytes(b"no picture")

    other = Library(filled.folder)

    assert [kept.id for kept in other.entries()] == ["copied in", *(kept.id for kept in before[1:])]
    assert other.damaged() == ["stranger.png"]


def test_a_listed_picture_is_not_opened_again(filled, monkeypatch):
    before = filled.entries()
    monkeypatch.setattr(Library, "read", lambda *_: pytest.fail("a picture was opened"))

    assert Library(filled.folder).entries() == before


def test_a_sample_from_noise_is_kept_found_and_told_apart_and_is_no_case(library, tmp_path):
    told = {"preset": "dcgan", "seed": 2**63 + 1, "turns": [], "diagnosis": "melanoma"}
    made = {"format": 1, "synthetic": True, "sample": told, "checkpoint": CHECKPOINT, "made": "2026-11-22T12:00:00Z"}

    kept = library.keep(picture_bytes(PICTURE, made))
    library.keep(picture_bytes(PICTURE, made | {"made": "2026-11-23T12:00:00Z"}))

    assert (kept.sample, kept.seed, kept.generator, kept.conditions) == (True, 2**63 + 1, "dcgan", ("melanoma",))
    assert [one.id for one in library.entries("dcgan melanoma")] == [kept.id]
    assert service.kept_sample(library, kept.id) == told
    assert Library(library.folder).entries() == library.entries()
    with pytest.raises(EngineError, match="sample from noise"):
        service.export_kept(library, [kept.id], tmp_path / "set.zip")
    with pytest.raises(EngineError, match="no case"):
        service.case_from_bytes(library.read(kept.id), "the kept picture")
    broken = library.keep(saved(starter()))
    with pytest.raises(EngineError, match="no sample"):
        service.kept_sample(library, broken.id)


def test_deleting_can_be_undone_and_then_means_deleted(filled):
    first, second, *rest = [kept.id for kept in filled.entries()]
    filled.delete(first)
    filled.delete(second)
    filled.undelete(second)

    assert [kept.id for kept in filled.entries()] == [second, *rest]
    deadline = time.monotonic() + 10
    while any(filled.folder.glob("*.deleted")) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not any(first in file.read_bytes().decode("latin-1") for file in filled.folder.iterdir())
    assert not any(first in file.name for file in filled.folder.iterdir())
    with pytest.raises(EngineError, match="gone for good"):
        filled.undelete(first)
    with pytest.raises(EngineError, match="holds no case"):
        filled.delete(first)


def test_what_a_killed_process_left_deleted_is_swept_by_the_next(filled):
    name = filled.entries()[0].id
    (filled.folder / f"{name}.png").rename(filled.folder / f"{name}.png.deleted")
    time.sleep(0.25)

    Library(filled.folder, undo_s=0.2)

    assert not (filled.folder / f"{name}.png.deleted").exists()


@pytest.mark.parametrize("name", ["", "../x", ".hidden", "a/b", "x" * 101])
def test_a_name_that_climbs_out_is_refused(filled, name):
    for act in (filled.read, filled.delete, filled.undelete, filled.thumbnail):
        with pytest.raises(EngineError, match="none of a kept case"):
            act(name)


def test_a_thumbnail_is_the_picture_made_small(filled):
    with Image.open(io.BytesIO(filled.thumbnail(filled.entries()[0].id))) as small:
        assert small.size == (240, 160)
        assert np.abs(np.asarray(small).mean(axis=(0, 1)) - PICTURE.mean(axis=(0, 1))).max() < 3


def test_an_exported_folder_is_sound_and_holds_the_same_masks(filled, tmp_path):
    cells = proposed_cells(384, 256, 3)
    planes = starter().planes
    doubtful = replace(
        starter().varied(seed=70),
        planes=Planes(planes.lesion, np.minimum(planes.markers, 1), planes.border),
        superpixels=cells,
    )
    filled.keep(saved(doubtful))
    names, out = [kept.id for kept in filled.entries()], tmp_path / "set"

    service.export_kept(filled, names, out)
    report = check(out)

    assert report.problems == ()
    assert report.counts["photos"] == report.counts["lesion masks"] == report.counts["streaks masks"] == 7
    assert "synthetic" in report.licence
    records = isic.read(out, None, "isic2017").records
    assert sorted(record.id for record in records) == sorted(f"SYNTHETIC_{name}" for name in names)
    for record in records:
        case = service.case_from_bytes(record.picture.read_bytes())
        read = load_planes(record)
        assert np.array_equal(read.lesion, case.planes.lesion)
        assert np.array_equal(read.markers > 0, case.planes.markers > 0)
        assert "synthetic" in record.licence
    (with_cells,) = [record for record in records if record.superpixels]
    assert np.array_equal(decode_isic(np.asarray(Image.open(with_cells.superpixels))), cells)


def test_exported_clinical_pictures_carry_their_boxes(filled, tmp_path):
    boxes = (Box(20, 30, 200, 180, "melanoma"), Box(100, 90, 140, 150, "melanocytic nevus"))
    case = Case(Planes.blank(256, 256), None, "dermgan-live", AppearanceSettings(3, "IV"), boxes=boxes)
    kept = filled.keep(saved(case, picture=PICTURE[:, :256]))
    out = tmp_path / "set"

    service.export_kept(filled, [kept.id, filled.entries()[0].id], out)

    read = clinical.read(out, None, 0)
    (record,) = read.records
    assert (record.id, record.boxes, record.fitzpatrick) == (f"SYNTHETIC_{kept.id}", boxes, "IV")
    assert check(out).problems == ()
    assert len(isic.read(out, None, "isic2017").records) == 1


def test_the_manifest_names_every_file_with_its_hash_and_origin(filled, tmp_path):
    out = tmp_path / "set.zip"
    service.export_kept(filled, [kept.id for kept in filled.entries("streaks")], out)

    with zipfile.ZipFile(out) as archive:
        files = {name.removeprefix("set/"): archive.read(name) for name in archive.namelist()}
    rows = list(csv.DictReader(io.StringIO(files["manifest.csv"].decode())))
    summary = json.loads(files["manifest.json"])

    told = {"manifest.csv", "manifest.json", "README.txt"}
    assert {row["file"] for row in rows} == set(files) - told
    assert all(hashlib.sha256(files[row["file"]]).hexdigest() == row["sha256"] for row in rows)
    assert {(row["seed"], row["tone"], row["generator"]) for row in rows} == {
        ("7", "II", "pix2pixhd-live"), ("21", "II", "pix2pixhd-live"),
    }  # fmt: skip
    assert {row["checkpoint_sha256"] for row in rows} == {"ab" * 32}
    assert all("streaks" in row["markers"].split(";") for row in rows)
    assert (summary["pictures"], summary["synthetic"], summary["checkpoints"]) == (2, True, [CHECKPOINT])
    assert files["README.txt"].decode() == README


def test_an_export_that_cannot_be_made_leaves_nothing_behind(filled, tmp_path):
    names = [kept.id for kept in filled.entries()]
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("x")
    for chosen, out, words in (
        ([], tmp_path / "a", "no kept case"),
        ([*names, "gone"], tmp_path / "a", "holds no case 'gone'"),
        ([*names, "gone"], tmp_path / "a.zip", "holds no case 'gone'"),
        (names, tmp_path / "full", "not empty"),
    ):
        with pytest.raises(EngineError, match=words):
            service.export_kept(filled, chosen, out)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["full", "library"]
