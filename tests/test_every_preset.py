"""The contract of families and presets, generators and judges alike, over the registries, with nobody left out."""

import dataclasses
import tomllib
import typing

import clinical_phantoms
import numpy as np
import pytest
import torch
from phantoms import phantom

from engine.cases.appearance import measure
from engine.cases.boxes import Box
from engine.cases.case import Drawing
from engine.cases.planes import Planes, pack
from engine.config import to_table
from engine.data.batches.loading import batch_at, batches
from engine.data.batches.order import Sampling, View
from engine.data.caches.crops import Crop, CropCache, appearance
from engine.data.caches.photos import PhotoCache
from engine.data.caches.planes import Cache
from engine.data.crop_windows import Window, rescaled
from engine.data.recipes import CropsData, Frame, PhotosData, PlanesData
from engine.data.sources import SOURCES
from engine.generators.registry import FAMILIES as GENERATORS
from engine.generators.shared.model import parameters
from engine.judges.registry import FAMILIES as JUDGES
from engine.paths import PRESETS
from engine.pixels import resize_labels, resize_picture
from engine.rendering.loading import chosen, load
from engine.rendering.painter import starter_case
from engine.rendering.painters import live_generators
from engine.training import presets
from engine.training.presets import FAMILIES

CPU = torch.device("cpu")
SHOWN = 2  # photos a step
STEPS = 3  # at every scale: what starts at zero passes a gradient on from the second step, through two layers from the third


def test_the_registries_are_told_apart_by_name_and_every_family_has_a_preset_and_data_that_can_be_read():
    assert [family.name for family in FAMILIES.values()] == [*GENERATORS, *JUDGES] == list(FAMILIES)
    assert {presets.load(name).family for name in presets.names()} == FAMILIES.keys()
    assert len({family.config for family in FAMILIES.values()}) == len(FAMILIES)
    assert {family.data for family in FAMILIES.values()} == SOURCES.keys() == CACHES.keys()


@pytest.mark.parametrize("family", FAMILIES.values(), ids=FAMILIES)
def test_a_family_says_what_it_is_and_every_request_field_has_a_default(family):
    assert family.title
    assert family.paper
    family.request()
    # A generator's picture follows from a seed, a judge's answer from the photo alone.
    assert ("seed" in {field.name for field in dataclasses.fields(family.request)}) == (family.name in GENERATORS)


@pytest.mark.parametrize("name", presets.names())
def test_a_preset_is_complete_cites_its_source_and_survives_its_table(name):
    preset = presets.load(name)
    text = (PRESETS / name / "preset.toml").read_text(encoding="utf-8")

    assert text.startswith("# ")
    tomllib.loads(text)
    assert presets.from_preset_table(to_table(preset), "again") == preset
    assert all(getattr(preset, field) for field in ("title", "paper", "takes", "makes"))
    assert (preset.capabilities.takes == "photo") == (preset.family in JUDGES)


@pytest.mark.parametrize("name", presets.names())
def test_a_preset_builds_counts_and_ships_the_network_that_is_trained(name):
    preset = presets.load(name)
    family = FAMILIES[preset.family]
    with torch.device("meta"):
        model = family.build(preset.model)
        sampler = family.sampler(preset.model)

    assert all(count > 0 for count in parameters(model.networks).values())
    assert {k: v.shape for k, v in sampler.state_dict().items()} == {
        k: v.shape for k, v in model.networks[model.shipped].state_dict().items()
    }


@pytest.mark.parametrize("name", presets.names())
def test_every_input_channel_that_a_family_names_is_one_of_its_weights(name):
    preset = presets.load(name)
    with torch.device("meta"):
        weights = FAMILIES[preset.family].sampler(preset.model).state_dict()

    for weight, channels in FAMILIES[preset.family].input_channels(preset.model).items():
        assert weights[weight].shape[1] == len(channels) == len(set(channels)), weight


@pytest.mark.parametrize("name", [one.name for one in live_generators()])
def test_every_slider_left_open_is_told_where_the_seed_put_it(name):
    preset, weights = chosen(name, None)
    trained, case = load(preset, weights, "cpu"), starter_case(preset)
    sliders = [one.name for one in preset.capabilities.controls if one.unset == "auto"]
    for tone in ("II", "VI", None):
        settings = dataclasses.replace(case.settings, tone=tone, **dict.fromkeys(sliders))
        drawn = trained.family.drawn(preset.model, trained.tables, case.drawing, settings)
        assert list(drawn) == sliders
        assert all(0 <= value <= 1 for value in drawn.values())
        one = dataclasses.replace(settings, **{sliders[0]: 0.3})
        assert list(trained.family.drawn(preset.model, trained.tables, case.drawing, one)) == sliders[1:]
    measured = measure(phantom(3, 0, *case.planes.size)[0], phantom(3, 0, *case.planes.size)[1])
    assert set(trained.family.matched(preset.model, trained.tables, measured)) <= set(sliders)


# What makes each family's networks small, and the size that they then work at.
NARROW = {
    "pix2pixhd": ({"width": 4, "blocks": 1, "discriminator_width": 4}, (64, 32)),
    "dermgan": ({"width": 4, "discriminator_width": 4}, (256, 256)),
    "dcgan": ({"width": 4, "start": (4, 3), "upsamplings": 3, "discriminator_width": 4}, (32, 24)),
    "dcgan128": ({"width": 4, "discriminator_width": 4}, (128, 128)),
    "lapgan": ({"width": 4, "hidden": 8, "start": (5, 5), "discriminator_width": 4}, (160, 160)),
    "pgan": ({"fmap_base": 64, "fmap_max": 8, "latent": 8, "resolution": 32}, (32, 32)),
    "lesion-segmenter": ({"width": 2}, (128, 128)),
}
CHANNELS = {"photo": 1}  # a judge's mask; a generator's picture has three, and a fourth for its mask


def test_every_family_has_a_narrow_form():
    assert NARROW.keys() == FAMILIES.keys()


def narrowed(name):
    """A preset with its family's narrow form, made at its size."""
    preset = presets.load(name)
    changes, size = NARROW[preset.family]
    return dataclasses.replace(preset, size=size, model=dataclasses.replace(preset.model, **changes))


def asked(preset, tables, seed):
    """What the shipped network takes for a seed: of a generator its inputs, of a judge a photo."""
    if preset.family in JUDGES:
        picture, _ = phantom(seed, 0, *preset.size)
        return (picture.transpose(2, 0, 1)[None].astype(np.float32) / 127.5 - 1,)
    family, planes = FAMILIES[preset.family], Planes.blank(*preset.size)
    planes.lesion[8:24, 16:48] = 1
    drawing = None if preset.capabilities.takes == "noise" else Drawing(planes)
    return family.inputs(preset.model, tables, drawing, family.request(seed=seed))


@pytest.mark.parametrize("name", presets.names())
def test_same_request_same_picture_and_a_picture_does_not_depend_on_its_neighbours(name):
    preset = narrowed(name)
    family, shows = FAMILIES[preset.family], preset.capabilities
    torch.manual_seed(0)
    sampler = family.sampler(preset.model).eval()
    tables = family.build(preset.model).tables(cache_of(preset).described)
    one, two, again = (asked(preset, tables, seed) for seed in (1, 2, 1))
    both = [np.concatenate(arrays) for arrays in zip(one, two, strict=True)]
    with torch.inference_mode():
        alone, other, same, pair = (sampler(*map(torch.from_numpy, arrays)) for arrays in (one, two, again, both))

    width, height = preset.size
    assert alone.shape == (1, CHANNELS.get(shows.takes, 3 + shows.mask), height, width)
    assert torch.isfinite(alone).all()
    if shows.takes != "photo":  # a mask is told in logits
        assert float(alone.abs().max()) <= 1
    assert torch.equal(alone, same)
    assert torch.allclose(torch.cat([alone, other]), pair, atol=1e-4)


@pytest.mark.parametrize("name", presets.names())
def test_a_few_steps_of_training_change_every_network_and_stay_finite(name, lite0):
    preset = narrowed(name)
    torch.manual_seed(0)
    model, cache = FAMILIES[preset.family].build(preset.model), cache_of(preset)
    before = {group: [p.detach().clone() for p in net.parameters()] for group, net in model.networks.items()}
    model.prepare(batches(cache, view(preset, model, 1), CPU))
    optimizers = {group: torch.optim.Adam(net.parameters(), 1e-3) for group, net in model.networks.items()}
    shrinks = sorted({stage.frame.shrink for stage in preset.train.stages}, reverse=True)
    for step, shrink in enumerate(shrink for shrink in shrinks for _ in range(STEPS)):
        batch = batch_at(cache, SHOWN * step, view(preset, model, shrink), CPU)
        for group, terms in model.losses(batch, SHOWN * step):
            assert all(torch.isfinite(term) for term in terms.values())
            optimizers[group].zero_grad()
            torch.stack(list(terms.values())).sum().backward()
            optimizers[group].step()

    assert model.shipped in model.networks
    for group, net in model.networks.items():
        moved = [not torch.equal(a, b) for a, b in zip(before[group], net.parameters(), strict=True)]
        # A stage of progressive growing leaves the other stages' heads alone; hinge's last bias may have gradient 0.
        assert sum(moved) >= 0.8 * len(moved), f"{group}: {sum(moved)} of {len(moved)} moved"


def view(preset, model, shrink):
    """How a step sees the cache; a generator that fades its stages in is half way."""
    frame = Frame(preset.size[0] // shrink, preset.size[1] // shrink, shrink, 0.5)
    return View(SHOWN, frame, Sampling(0, preset.data.flips, model.tone_augmentation))


def planes_cache(preset):
    drawn = [phantom(index, 0, *preset.size) for index in range(12)]
    pictures, cells = np.stack([picture for picture, _ in drawn]), np.stack([pack(planes) for _, planes in drawn])
    return Cache(tuple(map(str, range(12))), pictures, cells, tuple(measure(*pair) for pair in drawn))


def crops_cache(preset):
    entries = [crop(index, preset.size[0]) for index in range(12)]
    crops, pictures, cells = zip(*entries, strict=True)
    return CropCache(crops, np.stack(pictures), np.stack(cells))


def crop(index, size):
    photo, mask, box = clinical_phantoms.drawn(index)
    whole = Window(0, 0, clinical_phantoms.SIZE)
    boxes = rescaled((Box(*box, "melanoma"),), whole, size)
    picture, lesion = resize_picture(photo, size, size), resize_labels(mask, size, size) // 255
    known = appearance(picture, boxes, lesion, np.zeros_like(lesion))
    return Crop(str(index), boxes, None, known), picture, lesion


def photos_cache(preset):
    drawn = [phantom(index, 0, *preset.size) for index in range(12)]
    masks = [planes.lesion * np.uint8(255) for _, planes in drawn]
    shown = [np.dstack([picture, mask]) for (picture, _), mask in zip(drawn, masks, strict=True)]
    channels = 3 + preset.capabilities.mask
    return PhotoCache(tuple(map(str, range(12))), np.stack(shown)[..., :channels], (0, 0, 1) * 4)


CACHES = {PlanesData: planes_cache, CropsData: crops_cache, PhotosData: photos_cache}


def cache_of(preset):
    """Drawn photos as the preset's data would be decoded."""
    return CACHES[type(preset.data)](preset)


@pytest.mark.parametrize("family", FAMILIES.values(), ids=FAMILIES)
def test_every_request_field_can_be_typed(family):
    hints = typing.get_type_hints(family.request, include_extras=True)

    assert all(field.name in hints for field in dataclasses.fields(family.request))
