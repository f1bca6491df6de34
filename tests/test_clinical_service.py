"""Clinical photographs through the front door: training that grows and resumes, painting maps and cases, reports."""

import clinical_phantoms
import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file

from engine import service
from engine.cases.boxes import Box
from engine.cases.case import Case, to_json
from engine.cases.planes import Planes
from engine.data.caches.crops import CropCache
from engine.data.sources import source_of
from engine.errors import EngineError
from engine.formats import read_picture_case, read_regions, region_bytes
from engine.generators.dermgan.request import Request
from engine.service.render import case_from_regions
from engine.training import loop, presets
from engine.weights.checkpoint import read_card

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
    def train(name, resume=False):
        request = service.TrainRequest("dermgan-live", folder, tmp_path / name, None, TINY, resume, device="cpu")
        return service.run(request).final

    whole = train("whole")
    real_step, steps = loop.step, []

    def dying(*arguments):
        steps.append(1)
        if len(steps) == 6:
            raise KeyboardInterrupt
        return real_step(*arguments)

    monkeypatch.setattr(loop, "step", dying)
    with pytest.raises(KeyboardInterrupt):
        train("killed")
    monkeypatch.setattr(loop, "step", real_step)
    resumed = train("killed", resume=True)

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
    preset = presets.load("dermgan-live")
    case = case_from_regions(region_bytes(BOXES, 19.0, 256, 256), preset)

    assert (case.boxes, case.tone, case.generator) == (BOXES, "IV", "dermgan-live")
    with pytest.raises(EngineError, match=r"24\.8 degrees ITA; a case asks for one of I 60"):
        case_from_regions(region_bytes(BOXES, 25.0, 256, 256), preset)


def test_crops_of_the_train_split_are_what_the_cache_holds(folder, tmp_path):
    recipe = presets.with_settings(presets.load("dermgan-live"), TINY).recipe
    source = source_of(recipe)
    manifest = source.read(folder, None, recipe).of("train")
    cache = source.build(manifest, recipe, tmp_path, None)
    pair = source.pairs(manifest.records[0], recipe)[0]

    assert isinstance(cache, CropCache)
    assert np.array_equal(cache.pictures[0], pair.picture)
    assert cache.crops[0].boxes == pair.boxes


def test_a_map_and_the_case_inside_its_picture_paint_the_same(tmp_path):
    (tmp_path / "map.png").write_bytes(region_bytes(BOXES, 48.0, 256, 256))
    first, again = tmp_path / "a.png", tmp_path / "b.png"
    service.run(service.RenderRequest("dermgan-live", first, map=tmp_path / "map.png", settings={"seed": 7}))
    service.run(service.RenderRequest("dermgan-live", again, case=first))

    assert np.array_equal(np.asarray(Image.open(first)), np.asarray(Image.open(again)))
    assert read_picture_case(first.read_bytes())["case"]["boxes"][0]["condition"] == "melanoma"


def test_sampled_pictures_repeat_and_hold_boxes_inside_the_map(folder, tmp_path):
    for name in ("a", "b"):
        request = service.SampleRequest("dermgan-live", 3, tmp_path / name, seed=5, data=folder, split="test")
        assert service.run(request).made == 3
    first, again = (sorted((tmp_path / name).glob("*.png")) for name in ("a", "b"))

    assert len(first) == 3
    for one, two in zip(first, again, strict=True):
        assert one.name == two.name
        assert np.array_equal(np.asarray(Image.open(one)), np.asarray(Image.open(two)))
        assert read_picture_case(one.read_bytes())["case"]["boxes"]


def test_an_unknown_condition_and_another_size_are_one_sentence(tmp_path):
    def painted(case):
        (tmp_path / "case.json").write_text(to_json(case))
        service.run(service.RenderRequest("dermgan-live", tmp_path / "out.png", case=tmp_path / "case.json"))

    with pytest.raises(EngineError, match="'acne' is not known here"):
        painted(Case(Planes.blank(256, 256), None, "dermgan-live", Request(), boxes=(Box(9, 9, 99, 99, "acne"),)))
    with pytest.raises(EngineError, match="256x256, the same is needed"):
        painted(Case(Planes.blank(64, 64), None, "dermgan-live", Request()))


def test_markers_are_not_tried_on_a_generator_of_boxes(folder):
    with pytest.raises(EngineError, match="moulage evaluate tone"):
        service.run(service.EvaluateRequest("control", folder, "dermgan-live"))
