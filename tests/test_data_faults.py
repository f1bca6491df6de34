"""Training on real folders: what cannot be read is named and left out, a preset's list binds its own folder, disks are full."""

import errno
import sys

import numpy as np
import pytest
from phantoms import write
from PIL import Image

from engine import service
from engine.cli import main
from engine.data.caches import planes, reserved
from engine.data.caches.log import Log
from engine.data.readers import isic
from engine.data.recipes import PlanesData, Recipe
from engine.errors import EngineError
from engine.evaluate import feature_cache
from engine.paths import made_whole
from engine.rendering.backends import Probe, Renderer
from engine.training import start
from engine.training.presets import own_exclusions

PHOTOS, LESIONS = "ISIC2018_Task1-2_Training_Input", "ISIC2018_Task1_Training_GroundTruth"
NARROW = (
    "model.width=4", "model.blocks=1", "model.discriminator_width=4", "model.perceptual=0.0", "model.projected=0.0",
    "train.images=4", "train.snapshot_images=4", "train.precision=fp32",
    "train.stages=[{until=1.0, width=64, height=64, batch=2}]",
)  # fmt: skip
RECIPE = Recipe((48, 32), PlanesData("crop", False, "none", "bissoto", (), False))


@pytest.fixture
def folder(tmp_path):
    write(tmp_path / "set", 24)
    return tmp_path / "set"


@pytest.fixture
def trained(monkeypatch):
    """The plans of trainings that would have begun: everything but the loop."""
    plans = []
    monkeypatch.setattr(start.loop, "train", lambda plan, report: plans.append(plan) or plan.run.final)
    return plans


def train(folder, out, **more):
    said = []
    request = service.TrainRequest("pix2pixhd-live", folder, out, settings=NARROW, device="cpu", **more)
    service.run(request, service.Watch(notice=said.append))
    return said


def test_a_presets_own_list_does_not_bind_another_folder_but_a_users_list_does(folder, tmp_path, trained):
    listed = tmp_path / "list.txt"
    listed.write_text("ISIC_9000000\n")

    assert train(folder, tmp_path / "first") == []
    assert train(folder, tmp_path / "second", exclude=listed) == []
    listed.write_text("ISIC_900\n")
    with pytest.raises(EngineError, match="names ISIC_900, which"):
        train(folder, tmp_path / "third", exclude=listed)

    assert [len(plan.cache) for plan in trained] == [24, 23]
    assert own_exclusions("pix2pixhd-live")
    assert own_exclusions("my own") == ()


def test_an_unreadable_photo_is_named_and_left_out_and_strict_refuses(folder, tmp_path, trained):
    (folder / PHOTOS / "ISIC_9000003.png").write_bytes(b"text")

    said = train(folder, tmp_path / "run")

    assert said == ["1 photo left out: ISIC_9000003.png is no picture; a JPEG, PNG, TIFF, BMP, JPEG 2000 or DICOM picture "
                    "is needed."]  # fmt: skip
    assert len(trained[0].cache) == 23
    assert "ISIC_9000003" not in trained[0].cache.ids
    with pytest.raises(EngineError, match=r"--strict: 1 of 24 photos cannot be read, first: ISIC_9000003\.png"):
        train(folder, tmp_path / "strict", strict=True)
    assert not (tmp_path / "strict" / "run.json").exists()
    train(folder, tmp_path / "run", resume=True)
    assert len(trained) == 2


def test_more_than_a_twentieth_stops_and_leaves_no_half_made_run(folder, tmp_path, trained):
    for name in ("ISIC_9000003.png", "ISIC_9000004.png"):
        (folder / PHOTOS / name).write_bytes(b"")

    with pytest.raises(EngineError, match=r"2 of 24 photos cannot be used, more than 5%; ISIC_9000003\.png is empty"):
        train(folder, tmp_path / "run")

    assert not (tmp_path / "run").exists()
    assert not service.run(service.CheckRequest(folder)).sound


def test_empty_masks_stop_the_training_and_data_check_says_so(folder, tmp_path, trained):
    for mask in (folder / LESIONS).iterdir():
        Image.fromarray(np.zeros((64, 96), np.uint8)).save(mask)

    with pytest.raises(EngineError, match="all 24 lesion masks are empty"):
        train(folder, tmp_path / "run")

    assert "all of them empty" in dict(service.run(service.CheckRequest(folder)).problems)["set"]


def test_what_was_done_to_masks_is_told_by_kind_and_is_no_problem(folder, tmp_path, trained):
    for name in ("ISIC_9000001", "ISIC_9000002", "ISIC_9000003"):
        mask = Image.open(folder / LESIONS / f"{name}_segmentation.png")
        size = (192, 128) if name.endswith("3") else mask.size
        Image.fromarray(np.asarray(mask.resize(size))).save(folder / LESIONS / f"{name}_segmentation.jpg", quality=50)
        (folder / LESIONS / f"{name}_segmentation.png").unlink()

    said, report = train(folder, tmp_path / "run"), service.run(service.CheckRequest(folder))

    assert said == [
        "3 masks, first: ISIC_9000001_segmentation.jpg is a JPEG, whose soft borders were thresholded at half.",
        "1 mask, first: ISIC_9000003_segmentation.jpg was resized from 192x128 to 96x64, its photo's size.",
    ]
    assert report.sound
    assert len(report.notices) == 4
    assert "nothing is wrong; 4 notices" in report.sentence()


def test_what_data_check_calls_sound_starts_to_train_and_what_it_refuses_does_not(folder, tmp_path, trained):
    assert service.run(service.CheckRequest(folder)).sound
    train(folder, tmp_path / "run")
    turned = Image.open(folder / LESIONS / "ISIC_9000001_segmentation.png").transpose(Image.Transpose.ROTATE_90)
    for photo in (folder / PHOTOS).iterdir():
        turned.save(folder / LESIONS / f"{photo.stem}_segmentation.png")

    problems = dict(service.run(service.CheckRequest(folder)).problems)

    assert "is 64x96; 96x64 is needed" in problems["ISIC_9000001_segmentation.png"]
    with pytest.raises(EngineError, match="is 64x96; 96x64 is needed"):
        train(folder, tmp_path / "other")


def full(*arguments):
    raise OSError(errno.ENOSPC, "No space left on device")


def test_a_full_disk_is_one_sentence_before_anything_is_written_and_nothing_stays(folder, tmp_path, monkeypatch):
    manifest = isic.read(folder, None, "bissoto")
    monkeypatch.setattr(reserved.os, "posix_fallocate", full)

    with pytest.raises(EngineError, match=r"has no room for 0\.00 GB of decoded photos \(No space left"):
        planes.build(manifest, RECIPE, tmp_path / "cache")

    assert list((tmp_path / "cache").iterdir()) == []


def test_the_room_of_a_memory_map_is_taken_before_it_is_written(tmp_path):
    array = reserved.reserved_map(tmp_path / "a.npy", np.uint8, (3, 1 << 20))

    assert (tmp_path / "a.npy").stat().st_blocks * 512 >= array.nbytes
    assert not array.any()


def test_a_disk_that_fills_later_leaves_no_half_made_cache(folder, tmp_path, monkeypatch):
    monkeypatch.setattr(Log, "write", full)

    with pytest.raises(EngineError, match="cannot be written to: No space left"):
        planes.build(isic.read(folder, None, "bissoto"), RECIPE, tmp_path / "cache")

    assert list((tmp_path / "cache").iterdir()) == []
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(EngineError, match="cannot be written to"), made_whole(tmp_path / "file" / "cache"):
        pass


def refused(capsys, monkeypatch, *arguments):
    monkeypatch.setattr(sys, "argv", ["moulage", *map(str, arguments)])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    said = capsys.readouterr().err
    assert said.startswith("moulage: ")
    assert "Traceback" not in said
    return said


def test_a_full_disk_and_too_little_memory_anywhere_are_one_sentence_and_exit_code_2(tmp_path, monkeypatch, capsys):
    for error, words in (
        (OSError(errno.ENOSPC, "No space left on device", "run"), "run: No space left"),
        (MemoryError(), "memory"),
    ):
        monkeypatch.setattr(service, "run", lambda *given, error=error: (_ for _ in ()).throw(error))
        assert words in refused(capsys, monkeypatch, "data", "check", tmp_path)


def test_a_home_that_may_not_be_written_to_is_one_sentence_and_a_cache_is_done_without(tmp_path, monkeypatch, capsys):
    (tmp_path / "file").write_text("no folder")
    home = tmp_path / "file" / "home"
    for name in ("HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME"):
        monkeypatch.setenv(name, str(home))
    write(tmp_path / "set", 3)

    said = refused(capsys, monkeypatch, "data", "index", tmp_path / "set")

    assert said.count("\n") == 1
    with pytest.raises(EngineError, match="cannot be written to"):
        service.Photos(home / "photos").keep(np.zeros((64, 64, 3), np.uint8))
    renderer = Renderer.__new__(Renderer)
    renderer._cache = home / "backends.json"
    renderer._remember("key", Probe("torch-fp32", {}))
    feature_cache.write_array(home / "a.npy", np.zeros(3))
