"""The contract of families and presets, over the registries, with nobody left out."""

import dataclasses
import tomllib
import typing

import numpy as np
import pytest
import torch

from engine import presets
from engine.config import to_table
from engine.configs import CONFIGS, DATA
from engine.data.sources import SOURCES
from engine.generators import FAMILIES
from engine.generators.gan import parameters
from engine.labels import Planes
from engine.seeds import stream


def test_configs_and_families_are_the_same_list():
    assert {name: family.config for name, family in FAMILIES.items()} == CONFIGS
    assert DATA.keys() == CONFIGS.keys() == DESCRIBED.keys()
    assert set(DATA.values()) == SOURCES.keys()


@pytest.mark.parametrize("family", FAMILIES.values(), ids=FAMILIES)
def test_a_family_says_what_it_is_and_every_request_field_has_a_default(family):
    assert family.title
    assert family.paper
    family.request()
    assert "seed" in {field.name for field in dataclasses.fields(family.request)}


@pytest.mark.parametrize("name", presets.names())
def test_a_preset_is_complete_cites_its_source_and_survives_its_table(name):
    preset = presets.load(name)
    text = (presets.ROOT / name / "preset.toml").read_text(encoding="utf-8")

    assert text.startswith("# ")
    tomllib.loads(text)
    assert presets.from_preset_table(to_table(preset), "again") == preset
    assert all(getattr(preset, field) for field in ("title", "paper", "takes", "makes"))


@pytest.mark.parametrize("name", presets.names())
def test_a_preset_builds_counts_and_paints_its_size(name):
    preset = presets.load(name)
    family = FAMILIES[preset.family]
    with torch.device("meta"):
        networks = family.build(preset.model).networks
        sampler = family.sampler(preset.model)

    assert all(count > 0 for count in parameters(networks).values())
    assert {k: v.shape for k, v in sampler.state_dict().items()} == {
        k: v.shape for k, v in networks["G"].state_dict().items()
    }


@pytest.mark.parametrize("name", presets.names())
def test_same_request_same_picture_and_a_picture_does_not_depend_on_its_neighbours(name):
    preset = presets.load(name)
    family = FAMILIES[preset.family]
    small = {"width": 4, "blocks": 1}
    model = dataclasses.replace(preset.model, **{k: v for k, v in small.items() if hasattr(preset.model, k)})
    torch.manual_seed(0)
    sampler = family.sampler(model).eval()
    planes = Planes.blank(256, 256)
    planes.lesion[80:160, 60:200] = 1
    tables = family.build(model).tables(DESCRIBED[preset.family]())

    one = family.inputs(model, tables, planes, None, family.request(seed=1))
    two = family.inputs(model, tables, planes, None, family.request(seed=2))
    with torch.inference_mode():
        alone = sampler(*map(torch.from_numpy, one))
        again = sampler(*map(torch.from_numpy, family.inputs(model, tables, planes, None, family.request(seed=1))))
        pair = sampler(*(torch.from_numpy(np.concatenate(arrays)) for arrays in zip(one, two, strict=True)))

    assert alone.shape == (1, 3, 256, 256)
    assert float(alone.abs().max()) <= 1
    assert torch.equal(alone, again)
    assert torch.allclose(alone[0], pair[0], atol=1e-5)


def photos():
    from engine.appearance import Appearance

    return [
        Appearance((70 + a, 8 + b, 14 + c), (45 + a, 15 + b, 18 + c), (8 + a, 4.0, 5.0), 0.02, 5.0)
        for a, b, c in stream(0, "photos").standard_normal((20, 3))
    ]


def crops():
    from engine.boxes import Box
    from engine.data.cropped import Crop

    mask = np.zeros((256, 256), np.uint8)
    mask[60:180, 70:200] = 1
    boxes = (Box(70, 60, 200, 180, "melanoma"),)
    return [(Crop(str(i), boxes, None, photo), mask) for i, photo in enumerate(photos())]


DESCRIBED = {"pix2pixhd": photos, "dermgan": crops}
"""Family → what a cache of its data says of its photos."""


@pytest.mark.parametrize("family", FAMILIES.values(), ids=FAMILIES)
def test_every_request_field_can_be_typed(family):
    hints = typing.get_type_hints(family.request, include_extras=True)

    assert all(field.name in hints for field in dataclasses.fields(family.request))
