"""Presets are found by name, changed by --set, and identified by their resolved values."""

import json
import shutil

import pytest

from engine.cases.case import to_json
from engine.cases.planes import Planes
from engine.config import controls_of
from engine.errors import EngineError
from engine.paths import PRESETS
from engine.training import presets
from engine.training.presets import FAMILIES

NAME = "pix2pixhd-semantic"


def test_an_unknown_preset_is_answered_with_the_nearest_one():
    with pytest.raises(EngineError, match=r"no preset 'pix2pixhd-semantics'; did you mean 'pix2pixhd-semantic'\?"):
        presets.load("pix2pixhd-semantics")


def test_a_name_cannot_leave_the_folder():
    with pytest.raises(EngineError, match="no preset"):
        presets.load("../presets/pix2pixhd-live")


def test_settings_reach_every_table_and_are_typed():
    changed = presets.with_settings(
        presets.load(NAME), ["train.images=500", "model.width=8", "data.exclude=['ISIC_1']", "size=[64, 32]"]
    )

    assert (changed.train.images, changed.model.width, changed.size) == (500, 8, (64, 32))
    assert changed.data.exclude == ("ISIC_1",)


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ("train.imges=5", "unknown key 'train.imges'; did you mean 'images'"),
        ("train.images=many", "train.images = 'many'; a whole number"),
        ("model.widht=5", "unknown key 'widht'; did you mean 'width'"),
        ("model.norm=batch", "norm = 'batch'; 'instance' or 'none'"),
        ("family=stylegan", "family = 'stylegan'; one of pix2pixhd"),
        ("train.stages=[]", "train.stages"),
        ("train.stages=[{until=0.5, width=64, height=64, batch=1}]", "rising values that end in 1"),
    ],
)
def test_a_bad_setting_is_one_sentence(setting, words):
    with pytest.raises(EngineError) as caught:
        presets.with_settings(presets.load(NAME), [setting])

    assert words in str(caught.value)


@pytest.mark.parametrize(("name", "settings", "words"), [
    ("pgan-256", ["model.resolution=64", "size=[64, 64]"], "has one of 128x128; 4x4, 8x8, 16x16, 32x32, 64x64 is what"),
    ("dcgan-64", ["train.stages=[{until=1.0, width=32, height=32, batch=2}]"], "has one of 32x32; 64x64 is what"),
    ("dcgan-pairs-live", ["model.projected=0", "model.own_discriminator=0"], "one of them at least must be above 0"),
])  # fmt: skip
def test_a_stage_or_judge_that_the_model_cannot_have_is_one_sentence(name, settings, words):
    with pytest.raises(EngineError) as caught:
        presets.with_settings(presets.load(name), settings)

    assert words in str(caught.value)


def test_the_hash_is_that_of_the_values_whatever_the_comments(tmp_path):
    copy = tmp_path / NAME
    shutil.copytree(PRESETS / NAME, copy)
    text = (copy / "preset.toml").read_text()
    (copy / "preset.toml").write_text("# another comment\n" + text)

    same = presets.load(NAME, tmp_path)
    other = presets.with_settings(same, ["train.seed=77"])

    assert presets.sha256(same) == presets.sha256(presets.load(NAME))
    assert presets.sha256(other) != presets.sha256(same)


@pytest.mark.parametrize("name", ["dcgan-64", "lesion-segmenter", "another-lab-s"])
def test_a_case_that_names_a_generator_which_paints_no_cases_is_read_with_the_usual_settings(name):
    case = presets.new_case(presets.load("pix2pixhd-live"), Planes.blank(8, 8), seed=3, tone="IV")
    told = json.loads(to_json(case)) | {"generator": name}

    found = presets.read_case(told)
    assert (found.generator, found.seed, found.tone) == (name, 3, "IV")
    assert found.for_generator(name, presets.request_of(name)).varied(tone="V").tone == "V"


def test_trained_presets_come_first(tmp_path):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "preset.toml").write_text("")
    (tmp_path / "b" / "weights.safetensors").write_bytes(b"")

    assert presets.names(tmp_path) == ["b", "a"]
    assert presets.weights_path("a", tmp_path) is None


def test_a_name_that_no_file_can_have_is_one_sentence():
    for name in ("a" * 300, "a\0b", "", ".", ".."):
        with pytest.raises(EngineError, match="no preset"):
            presets.load(name)


@pytest.mark.parametrize("name", presets.names())
def test_a_slider_that_the_network_does_not_heed_is_refused(name):
    preset = presets.load(name)
    request = FAMILIES[preset.family].request
    if preset.capabilities.takes not in ("map", "boxes"):
        return
    case = presets.new_case(preset, Planes.blank(*preset.size))
    heeded = {control.name for control in preset.capabilities.controls}

    for control in controls_of(request):
        if control.name in heeded:
            assert getattr(presets.told(preset, case, {control.name: 0.5}).settings, control.name) == 0.5
        else:
            with pytest.raises(EngineError, match=f"'{name}' does not heed {control.name}"):
                presets.told(preset, case, {control.name: 0.5})
