"""The family against its layer tables, and the invariants of its live form."""

import dataclasses

import numpy as np
import pytest
import torch

from engine.cases.accidents import Accidents
from engine.cases.appearance import locus_redness
from engine.cases.case import Drawing
from engine.cases.planes import Planes, planes_from_semantic, semantic_map
from engine.cases.tone import TONES
from engine.data.batches.kinds import PlanesBatch
from engine.errors import EngineError
from engine.generators.pix2pixhd.losses import Pix2PixHD, inputs, sampler
from engine.generators.pix2pixhd.networks import MultiscaleDiscriminator
from engine.generators.pix2pixhd.request import Request
from engine.generators.registry import FAMILIES
from engine.generators.shared.model import parameters
from engine.generators.shared.objectives import OBJECTIVES, feature_matching, region_colour
from engine.training import presets


def on_meta(name):
    preset = presets.load(name)
    with torch.device("meta"):
        return preset, FAMILIES[preset.family].build(preset.model)


@pytest.mark.parametrize(("name", "generator", "scale"), [
    ("pix2pixhd-instance", 182_462_083, 2_773_953),
    ("pix2pixhd-semantic", 182_458_947, 2_772_929),
])  # fmt: skip
def test_paper_presets_have_the_papers_parameter_counts(name, generator, scale):
    _, gan = on_meta(name)

    assert parameters(gan.networks) == {"G": generator, "D": 3 * scale}


def test_the_papers_generator_paints_1024_by_512_and_its_discriminator_maps_have_the_tables_sizes():
    _, gan = on_meta("pix2pixhd-instance")
    condition = torch.empty(1, 9, 512, 1024, device="meta")

    picture = gan.networks["G"](condition)
    finest = gan.networks["D"].patches(torch.cat([condition, picture], dim=1))[0]

    assert picture.shape == (1, 3, 512, 1024)
    assert [tuple(m.shape[2:]) for m in finest] == [(257, 513), (129, 257), (65, 129), (66, 130), (67, 131)]


def test_one_discriminator_scale_counts_2773953_parameters():
    preset, _ = on_meta("pix2pixhd-instance")
    with torch.device("meta"):
        one = MultiscaleDiscriminator(dataclasses.replace(preset.model, scales=1))

    assert sum(p.numel() for p in one.parameters()) == 2_773_953


def test_the_live_generator_fits_12_mib_in_half_precision():
    _, gan = on_meta("pix2pixhd-live")

    assert parameters(gan.networks)["G"] * 2 < 12 * 2**20


def tiny(**changes):
    base = presets.load("pix2pixhd-live").model
    return dataclasses.replace(base, width=4, blocks=1, discriminator_width=4, perceptual=0.0, projected=0.0, **changes)


def batch(count=2, height=32, width=48):
    random = torch.Generator().manual_seed(0)
    lesion = torch.zeros(count, 1, height, width)
    lesion[:, :, 8:24, 12:36] = 1
    markers = torch.zeros(count, 5, height, width)
    markers[:, 4, 10:16, 14:20] = 1
    empty = torch.zeros(count, 1, height, width)
    pictures = torch.rand(count, 3, height, width, generator=random) * 2 - 1
    appearance = torch.randn(count, 11, generator=random)
    return PlanesBatch(pictures, random, lesion, markers, empty, empty, empty, appearance)


@pytest.mark.parametrize("config", [
    tiny(),
    tiny(norm="instance", edges=False),
    tiny(generator="global", condition="semantic", objective="lsgan", discriminator_norm="instance", diffaugment=False),
], ids=["live", "live-instance-norm", "paper"])  # fmt: skip
def test_each_group_is_yielded_once_with_finite_terms_that_reach_only_its_own_parameters(config):
    torch.manual_seed(0)
    gan = Pix2PixHD(config)
    groups = []

    for group, terms in gan.losses(batch(), 0):
        groups.append(group)
        assert all(torch.isfinite(term) for term in terms.values())
        for network in gan.networks.values():
            network.zero_grad(set_to_none=True)
        sum(terms.values()).backward()
        touched = {name for name, net in gan.networks.items() if any(p.grad is not None for p in net.parameters())}
        assert touched == {group}

    assert groups == ["G", "D"]


def test_without_instance_norm_an_edit_far_away_changes_nothing():
    torch.manual_seed(0)
    network = sampler(tiny()).eval()
    condition, appearance, noise = torch.zeros(1, 7, 64, 384), torch.randn(1, 11), torch.randn(1, 4, 32, 192)
    edited = condition.clone()
    edited[:, 0, :, :8] = 1

    with torch.inference_mode():
        change = (network(edited, appearance, noise) - network(condition, appearance, noise)).abs().amax(dim=(0, 1, 2))

    assert change[:8].max() > 0
    assert change[256:].max() == 0


def test_a_possible_marker_stands_as_one_half_in_the_planes_and_counts_as_present_in_the_flat_map():
    planes = Planes.blank(48, 32)
    planes.lesion[8:24, 12:36] = 1
    planes.markers[2, 10, 14] = 1
    live, tables = presets.load("pix2pixhd-live").model, table_of_one_density()

    condition, appearance, noise = inputs(live, tables, Drawing(planes), Request(seed=3))

    assert condition[0, 3, 10, 14] == 0.5
    assert semantic_map(planes)[10, 14] == 5
    assert appearance.shape == (1, 11)
    assert noise.shape == (1, 4, 16, 24)


def table_of_one_density():
    from engine.cases.appearance import Appearance, Density

    random = np.random.default_rng(0)
    photos = [
        Appearance((70 + 5 * a, 8 + b, 14 + c), (45 + 6 * a, 15 + b, 18 + c), (8 + a, 4.0, 5.0 + b), 0.02, 5.0 + c)
        for a, b, c in random.standard_normal((50, 3))
    ]
    density = Density.fit(photos)
    return {
        "appearance.quantiles": torch.tensor(density.quantiles),
        "appearance.correlation": torch.tensor(density.correlation),
    }


def test_the_one_hot_condition_equals_the_flat_map():
    labels = np.random.default_rng(0).integers(0, 8, (32, 48)).astype(np.uint8)
    paper = presets.load("pix2pixhd-semantic").model

    (condition,) = inputs(paper, {}, Drawing(planes_from_semantic(labels)), Request())

    assert condition.shape == (1, 8, 32, 48)
    assert np.array_equal(condition[0].argmax(0), labels)
    assert np.array_equal(condition.sum(1), np.ones((1, 32, 48)))


def test_objectives_equal_their_equations_by_hand():
    real, fake = torch.tensor([0.5, 2.0]), torch.tensor([-0.5, 0.0])

    assert OBJECTIVES["lsgan"].discriminator(real, fake).item() == pytest.approx(0.5 * ((0.25 + 1) / 2 + 0.25 / 2))
    assert OBJECTIVES["lsgan"].generator(fake).item() == pytest.approx((2.25 + 1) / 2)
    assert OBJECTIVES["hinge"].discriminator(real, fake).item() == pytest.approx(0.5 / 2 + (0.5 + 1) / 2)
    assert OBJECTIVES["hinge"].generator(fake).item() == pytest.approx(0.25)


def test_feature_matching_leaves_the_logits_out_and_averages_over_scales():
    zero, one = torch.zeros(1, 2, 3, 3), torch.ones(1, 2, 3, 3)

    value = feature_matching(
        [[one, one, 9 * one], [zero, one, one]], [[zero, zero, zero], [zero, zero, zero]], layers=3
    )

    assert value.item() == pytest.approx((1 + 1 + 0 + 1) / 2)


def test_region_colour_is_the_mean_difference_of_region_means():
    fake, real = torch.zeros(1, 3, 4, 4), torch.zeros(1, 3, 4, 4)
    fake[:, :, :, :2] = 0.5
    masks = torch.zeros(1, 2, 4, 4)
    masks[:, 0, :, :2], masks[:, 1, :, 2:] = 1, 1

    assert region_colour(fake, real, masks).item() == pytest.approx(0.25)


WITH_ACCIDENTS = {"accidents": ("hair", "ruler", "ink"), "tone_locus": True, "detail": 8.0, "patches_augmented": False}


def drawn(accidents=None, **settings):
    planes = Planes.blank(96, 64)
    planes.lesion[16:48, 24:72] = 1
    return inputs(
        tiny(**WITH_ACCIDENTS), table_of_one_density(), Drawing(planes, None, (), accidents), Request(**settings)
    )


def test_a_case_without_accidents_has_hair_by_its_seed_and_neither_ruler_nor_ink():
    hairy = [drawn(seed=seed, hair=0.9)[0] for seed in (1, 2, 1)]
    bald, told, _ = drawn(seed=1, hair=0.0)

    assert hairy[0].shape == (1, 10, 64, 96)
    assert hairy[0][:, 7].any()
    assert np.array_equal(hairy[0], hairy[2])
    assert not np.array_equal(hairy[0], hairy[1])
    assert not hairy[0][:, 8:].any()
    assert not bald[:, 7:].any()
    assert told[0, 9] == 0  # the plane says it all


def test_accidents_that_are_painted_are_the_ones_shown():
    lying = Accidents.none(96, 64)
    lying.ink[3:9, 4:20] = 1

    condition, _, _ = drawn(lying, seed=1, hair=0.9)

    assert not condition[:, 7:9].any()
    assert condition[0, 9].sum() == 6 * 16


@pytest.mark.parametrize("tone", ["I", "IV", "V", "VI"])
def test_a_tone_that_is_asked_for_is_met_with_the_redness_of_such_skin_and_a_darker_lesion(tone):
    from engine.generators.pix2pixhd.painting import density, drawn_appearance

    described = density(table_of_one_density())
    for seed in range(20):
        one = drawn_appearance(tiny(**WITH_ACCIDENTS), described, Request(seed=seed, tone=tone))
        assert one.ita_deg == pytest.approx(TONES[tone], abs=0.5)
        assert abs(one.skin_lab[1] - locus_redness(TONES[tone])) < 0.3 * 12
        assert one.lesion_lab[0] < one.skin_lab[0]


def test_judges_with_detail_and_accidents_take_every_channel():
    torch.manual_seed(0)
    gan = Pix2PixHD(tiny(**WITH_ACCIDENTS, discriminator_norm="instance"))

    verdicts = gan.verdicts(batch())
    groups = [group for group, _ in gan.losses(batch(), 0)]

    assert groups == ["G", "D"]
    assert verdicts.keys() == {"patch0", "patch1"}
    assert all(real.shape == fake.shape for real, fake in verdicts.values())


def test_an_accident_named_twice_is_refused():
    with pytest.raises(EngineError, match="each once"):
        tiny(accidents=("hair", "hair"))
