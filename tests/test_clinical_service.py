"""Clinical photographs through the front door: training that grows and resumes, painting maps and cases, reports."""

import clinical_phantoms
import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file

from engine import presets, service
from engine.boxes import Box
from engine.case import Case, to_json
from engine.checkpoints import read_card
from engine.data.cropped import CropCache
from engine.errors import EngineError
from engine.formats import read_picture_case, read_regions, region_bytes
from engine.labels import Planes
from engine.train import loop

BOXES = (Box(40, 50, 200, 180, "melanoma"), Box(150, 150, 190, 190, "melanocytic nevus"))
TINY = (
    "size=[64, 64]", "model.width=4", "model.discriminator_width=4", "model.perceptual=0.0", "model.projected=0.0",
    "train.images=16", "train.snapshot_images=4", "train.precision=fp32", "data.exclude=[]", "data.crops=1",
    "train.stages=[{until=0.5, width=32, height=32, shrink=2, batch=2}, {until=1.0, width=32, height=64, batch=2}]",
)  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return clinical_phantoms.write(tmp_path_factory.mktemp("clinical") / "pad", 36)


def test_a_run_that_grows_and_was_killed_ends_with_the_weights_of_one_that_was_not(folder, tmp_path, monkeypatch):
    whole = service.train("dermgan-live", folder, tmp_path / "whole", settings=TINY, device="cpu")
    real_step, steps = loop.step, []

    def dying(*arguments):
        steps.append(1)
        if len(steps) == 6:
            raise KeyboardInterrupt
        return real_step(*arguments)

    monkeypatch.setattr(loop, "step", dying)
    with pytest.raises(KeyboardInterrupt):
        service.train("dermgan-live", folder, tmp_path / "killed", settings=TINY, device="cpu")
    monkeypatch.setattr(loop, "step", real_step)
    resumed = service.train("dermgan-live", folder, tmp_path / "killed", settings=TINY, resume=True, device="cpu")

    expected, found = load_file(whole), load_file(resumed)
    assert expected.keys() == found.keys()
    assert {"outline.mean", "appearance.quantiles"} <= expected.keys()
    assert all(torch.equal(expected[k], found[k]) for k in expected)
    assert "CC BY 4.0" in read_card(whole).licence


def test_a_map_survives_its_file():
    boxes, ita = read_regions(region_bytes(BOXES, 19.0, 256, 256), (256, 256))

    assert boxes == BOXES
    assert ita == pytest.approx(19, abs=0.4)
    with pytest.raises(EngineError, match="256x256; 128x128 is needed"):
        read_regions(region_bytes(BOXES, 19.0, 256, 256), (128, 128))
    with pytest.raises(EngineError, match="an RGB PNG is needed"):
        read_regions(png(np.zeros((8, 8), np.uint8)))


def png(array):
    import io

    out = io.BytesIO()
    Image.fromarray(array).save(out, "PNG")
    return out.getvalue()


def test_a_map_becomes_a_case_of_its_boxes_and_type():
    case = service.case_from_regions(region_bytes(BOXES, 19.0, 256, 256), "dermgan-live")

    assert (case.boxes, case.tone, case.generator) == (BOXES, "IV", "dermgan-live")
    with pytest.raises(EngineError, match=r"24\.8 degrees ITA; a case asks for one of I 60"):
        service.case_from_regions(region_bytes(BOXES, 25.0, 256, 256), "dermgan-live")


def test_crops_of_the_train_split_are_what_the_cache_holds(folder, tmp_path):
    from engine.data.sources import SOURCES

    preset = presets.with_settings(presets.load("dermgan-live"), TINY)
    source = SOURCES[type(preset.data)]
    manifest = source.read(folder, None, preset).of("train")
    cache = source.build(manifest, preset, tmp_path, None)
    picture, case = source.pairs(manifest.records[0], preset)[0]

    assert isinstance(cache, CropCache)
    assert np.array_equal(cache.pictures[0], picture)
    assert cache.crops[0].boxes == case.boxes


def test_a_map_and_the_case_inside_its_picture_paint_the_same(tmp_path):
    (tmp_path / "map.png").write_bytes(region_bytes(BOXES, 48.0, 256, 256))
    first = service.render_file("dermgan-live", tmp_path / "a.png", map=tmp_path / "map.png", seed=7)
    again = service.render_file("dermgan-live", tmp_path / "b.png", case=first)

    assert np.array_equal(np.asarray(Image.open(first)), np.asarray(Image.open(again)))
    assert read_picture_case(first.read_bytes())["case"]["boxes"][0]["condition"] == "melanoma"


def test_sampled_pictures_repeat_and_hold_boxes_inside_the_map(folder, tmp_path):
    first = service.sample_maps("dermgan-live", folder, 3, tmp_path / "a", seed=5, split="test")
    again = service.sample_maps("dermgan-live", folder, 3, tmp_path / "b", seed=5, split="test")

    for one, two in zip(first, again, strict=True):
        assert np.array_equal(np.asarray(Image.open(one)), np.asarray(Image.open(two)))
        assert read_picture_case(one.read_bytes())["case"]["boxes"]


def test_an_unknown_condition_and_another_size_are_one_sentence(tmp_path):
    def painted(case):
        (tmp_path / "case.json").write_text(to_json(case))
        service.render_file("dermgan-live", tmp_path / "out.png", case=tmp_path / "case.json")

    with pytest.raises(EngineError, match="'acne' is not known here"):
        painted(Case(Planes.blank(256, 256), None, "dermgan-live", 0, boxes=(Box(9, 9, 99, 99, "acne"),)))
    with pytest.raises(EngineError, match="256x256, the same is needed"):
        painted(Case(Planes.blank(64, 64), None, "dermgan-live", 0))


def test_markers_are_not_tried_on_a_generator_of_boxes(folder):
    with pytest.raises(EngineError, match="moulage evaluate tone"):
        service.control(folder, "dermgan-live")
