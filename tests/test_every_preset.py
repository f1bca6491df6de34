"""The contract of families and presets, over the registries, with nobody left out."""

import dataclasses
import tomllib
import typing

import numpy as np
import pytest
import torch

from engine import presets
from engine.appearance import Appearance
from engine.boxes import Box
from engine.config import to_table
from engine.configs import CONFIGS, DATA
from engine.data.cropped import Crop
from engine.data.sources import SOURCES
from engine.generators import FAMILIES
from engine.generators.batches import PhotosBatch
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


# What makes each family's generator small, and the size it then paints.
NARROW = {
    "pix2pixhd": ({"width": 4, "blocks": 1}, (64, 32)),
    "dermgan": ({"width": 4}, (256, 256)),
    "dcgan": ({"width": 4, "start": (4, 3), "upsamplings": 3}, (32, 24)),
    "dcgan128": ({"width": 4}, (128, 128)),
    "lapgan": ({"width": 4, "hidden": 8, "start": (5, 5)}, (160, 160)),
    "pgan": ({"fmap_base": 64, "fmap_max": 8, "latent": 8, "resolution": 32}, (32, 32)),
}
STEP = {
    "dcgan": {"discriminator_width": 4},
    "dcgan128": {"discriminator_width": 4},
    "lapgan": {"discriminator_width": 4, "levels": (0, 1)},
    "pgan": {},
}


def test_every_family_has_a_narrow_form():
    assert NARROW.keys() == FAMILIES.keys()
    assert STEP.keys() == {name for name, family in FAMILIES.items() if family.takes == "noise"}


def painted_alone_and_in_pairs(name):
    preset = presets.load(name)
    family, (changes, size) = FAMILIES[preset.family], NARROW[preset.family]
    model = dataclasses.replace(preset.model, **changes)
    torch.manual_seed(0)
    sampler = family.sampler(model).eval()
    planes = Planes.blank(*size)
    planes.lesion[8:24, 16:48] = 1
    tables = family.build(model).tables(DESCRIBED[preset.family](size))
    one, two = (family.inputs(model, tables, planes, None, family.request(seed=seed)) for seed in (1, 2))
    again = family.inputs(model, tables, planes, None, family.request(seed=1))
    with torch.inference_mode():
        both = [np.concatenate(arrays) for arrays in zip(one, two, strict=True)]
        return size, [sampler(*map(torch.from_numpy, arrays)) for arrays in (one, again, two, both)]


@pytest.mark.parametrize("name", presets.names())
def test_same_request_same_picture_and_a_picture_does_not_depend_on_its_neighbours(name):
    (width, height), (alone, again, other, pair) = painted_alone_and_in_pairs(name)

    assert alone.shape in ((1, 3, height, width), (1, 4, height, width))
    assert float(alone.abs().max()) <= 1
    assert torch.equal(alone, again)
    assert torch.allclose(torch.cat([alone, other]), pair, atol=1e-4)


@pytest.mark.parametrize("name", [n for n in presets.names() if FAMILIES[presets.load(n).family].takes == "noise"])
def test_two_steps_of_training_change_every_network_and_stay_finite(name, lite0):
    preset = presets.load(name)
    changes, (width, height) = NARROW[preset.family]
    torch.manual_seed(0)
    gan = FAMILIES[preset.family].build(dataclasses.replace(preset.model, **changes, **STEP[preset.family]))
    before = {group: [p.detach().clone() for p in net.parameters()] for group, net in gan.networks.items()}
    random = torch.Generator().manual_seed(0)
    pictures = torch.rand((4, 3 + getattr(preset.model, "mask", False), height, width), generator=random) * 2 - 1
    gan.prepare(PhotosBatch(pictures, random, torch.tensor([0, 1, 0, 1])) for _ in range(8))
    optimizers = {group: torch.optim.Adam(net.parameters(), 1e-3) for group, net in gan.networks.items()}
    for step in range(2):
        for group, terms in gan.losses(PhotosBatch(pictures, random, torch.tensor([0, 1, 0, 1]), 0.5), 4 * step):
            assert all(torch.isfinite(term) for term in terms.values())
            optimizers[group].zero_grad()
            torch.stack(list(terms.values())).sum().backward()
            optimizers[group].step()

    for group, net in gan.networks.items():
        moved = [not torch.equal(a, b) for a, b in zip(before[group], net.parameters(), strict=True)]
        # A stage of progressive growing leaves the other stages' heads alone; hinge's last bias may have gradient 0.
        assert sum(moved) >= 0.8 * len(moved), f"{group}: {sum(moved)} of {len(moved)} moved"


def appearances(size):
    return [
        Appearance((70 + a, 8 + b, 14 + c), (45 + a, 15 + b, 18 + c), (8 + a, 4.0, 5.0), 0.02, 5.0)
        for a, b, c in stream(0, "photos").standard_normal((20, 3))
    ]


def crops(size):
    width, height = size
    box = Box(width // 4, height // 4, width // 2, height // 2, "melanoma")
    mask = np.zeros((height, width), np.uint8)
    mask[height // 4 : height // 2, width // 4 : width // 2] = 1
    return [(Crop("a", (box,), None, one), mask) for one in appearances(size)]


def labels(size):
    return [0, 0, 1]


DESCRIBED = {
    "pix2pixhd": appearances, "dermgan": crops, "dcgan": labels, "dcgan128": labels, "lapgan": labels, "pgan": labels,
}  # fmt: skip


@pytest.mark.parametrize("family", FAMILIES.values(), ids=FAMILIES)
def test_every_request_field_can_be_typed(family):
    hints = typing.get_type_hints(family.request, include_extras=True)

    assert all(field.name in hints for field in dataclasses.fields(family.request))
