"""Progressive growing against the paper's counts, its own invariants, and plain numpy."""

import dataclasses
import math

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from engine.generators.pgan.config import PganConfig
from engine.generators.pgan.losses import gradient_penalty
from engine.generators.pgan.networks import Discriminator, EqualConv, FromLatent, Generator
from engine.generators.registry import FAMILIES
from engine.generators.shared.feature_critics import minibatch_stddev
from engine.generators.shared.layers import PixelNorm
from engine.generators.shared.model import parameters
from engine.training import presets
from engine.training.clock import fade_at, rampup, stage_at
from engine.training.presets import Stage

PAPER = presets.load("pgan-256").model
SMALL = dataclasses.replace(PAPER, resolution=32, latent=6, fmap_base=64, fmap_max=8)


def counts(**changes):
    with torch.device("meta"):
        return parameters(FAMILIES["pgan"].build(dataclasses.replace(PAPER, **changes)).networks)


@pytest.mark.parametrize(("changes", "expected"), [
    ({}, {"G": 23_132_159, "D": 23_113_539}),
    ({"diagnoses": ()}, {"G": 23_044_309, "D": 23_052_353}),
    ({"label_head": False}, {"G": 23_132_159, "D": 23_113_539 - 2 * 513}),
])  # fmt: skip
def test_the_counts_are_those_of_the_paper_and_the_released_code(changes, expected):
    assert counts(**changes) == expected


def test_the_papers_sentence_gives_its_own_count():
    assert counts(label_placement="every layer")["G"] == 23_141_333


def test_the_released_code_with_its_seven_labels_counts_as_released():
    seven = ("melanoma", "melanocytic nevus", "basal cell carcinoma", "actinic keratosis", "benign", "cyst", "eczema")

    assert counts(diagnoses=seven) == {"G": 23_351_784, "D": 23_266_504}


def networks(config=SMALL):
    torch.manual_seed(0)
    return Generator(config), Discriminator(config)


def inputs(count=3):
    random = torch.Generator().manual_seed(1)
    return torch.randn(count, 6, generator=random), F.one_hot(torch.tensor([0, 1, 1][:count]), 2).float()


@pytest.mark.parametrize("placement", ["released", "every layer"])
@pytest.mark.parametrize("stage", [2, 3, 4])
def test_at_fade_0_a_stage_is_the_one_before_enlarged_and_at_1_itself(stage, placement):
    generator, discriminator = networks(dataclasses.replace(SMALL, label_placement=placement))
    z, label = inputs()
    before, grown = generator(z, label, stage - 1), generator(z, label, stage, 0.0)

    assert torch.allclose(grown, F.interpolate(before, scale_factor=2), atol=1e-6)
    assert torch.allclose(generator(z, label, stage, 1 - 1e-7), generator(z, label, stage), atol=1e-4)
    judged, smaller = discriminator(grown, label, stage, 0.0)[0], discriminator(before, label, stage - 1)[0]
    assert torch.allclose(judged, smaller, atol=1e-5)


def test_what_has_grown_travels_with_the_weights_and_is_painted_at_the_full_size():
    generator, _ = networks()
    z, label = inputs()
    generator.grown.copy_(torch.tensor([2.0, 0.5]))
    other = Generator(SMALL)
    other.load_state_dict(generator.state_dict())

    expected = F.interpolate(generator(z, label, 2, 0.5), scale_factor=4).clamp(-1, 1)
    assert torch.allclose(other(z, label), expected, atol=1e-6)


def test_the_label_changes_the_picture_and_an_unlabelled_network_takes_none():
    generator, _ = networks()
    z, label = inputs()
    plain = Generator(dataclasses.replace(SMALL, diagnoses=()))

    assert not torch.allclose(generator(z, label), generator(z, label.flip(1)))
    assert plain(z, label[:, :0]).shape == (3, 3, 32, 32)


@pytest.mark.parametrize(("layer", "x", "fan_in"), [
    (EqualConv(7, 400, 3, 1), torch.randn(4, 7, 32, 32), 7 * 9),
    (FromLatent(64, 400), torch.randn(64, 64), 64 * 16),
])  # fmt: skip
def test_equalised_layers_draw_unit_weights_and_scale_them_in_use(layer, x, fan_in):
    assert layer.weight.std().item() == pytest.approx(1, abs=0.03)
    assert layer.scale == pytest.approx(math.sqrt(2) / math.sqrt(fan_in))
    with torch.no_grad():
        once = layer(x)
        layer.weight.mul_(2)
        assert torch.allclose(layer(x), 2 * once, atol=1e-5)  # bias 0


def test_an_equalised_convolution_keeps_the_variance_he_promises():
    out = EqualConv(64, 64, 3)(torch.randn(2, 64, 20, 20))

    assert out.var().item() == pytest.approx(2, rel=0.15)


def test_pixel_norm_equals_numpy():
    x = np.random.default_rng(0).standard_normal((2, 5, 3, 4)).astype(np.float32)

    assert np.allclose(
        PixelNorm()(torch.from_numpy(x)).numpy(), x / np.sqrt((x**2).mean(axis=1, keepdims=True) + 1e-8), atol=1e-6
    )


@pytest.mark.parametrize(
    ("group", "parts"), [(0, [[0, 1, 2, 3]]), (4, [[0, 1, 2, 3]]), (2, [[0, 2], [1, 3]]), (3, [[0, 1, 2, 3]])]
)
def test_minibatch_stddev_equals_numpy(group, parts):
    x = np.random.default_rng(0).standard_normal((4, 5, 3, 2)).astype(np.float32)
    expected = np.zeros(4)
    for part in parts:
        expected[part] = np.sqrt(x[part].var(axis=0) + 1e-8).mean()

    found = minibatch_stddev(torch.from_numpy(x), group).numpy()
    assert found.shape == (4, 1, 3, 2)
    assert np.allclose(found, expected[:, None, None, None], atol=1e-6)


def test_the_gradient_penalty_equals_finite_differences():
    torch.manual_seed(0)
    weights = torch.randn(3, 2, 2, dtype=torch.float64)
    between = torch.randn(2, 3, 2, 2, dtype=torch.float64)

    def score(x):
        return (x**3 * weights).sum(dim=(1, 2, 3))

    norms = []
    for picture in between:
        gradient = np.zeros(12)
        for place in range(12):
            step = torch.zeros(12, dtype=torch.float64)
            step[place] = 1e-5
            up, down = (score((picture + sign * step.view(3, 2, 2))[None]).item() for sign in (1, -1))
            gradient[place] = (up - down) / 2e-5
        norms.append(np.linalg.norm(gradient))

    expected = np.mean((np.array(norms) - 1) ** 2)
    assert gradient_penalty(score, between).item() == pytest.approx(expected, rel=1e-5)


def test_the_presets_stages_are_30_epochs_of_4x4_then_30_of_fading_and_30_of_stabilising():
    stages = presets.load("pgan-256").train.stages

    def at(epoch):
        share = epoch / 390
        return stage_at(stages, share).width, round(fade_at(stages, share), 2)

    assert [at(e) for e in (0, 29, 45, 60, 89)] == [(4, 1.0), (4, 1.0), (8, 0.5), (8, 1.0), (8, 1.0)]
    assert [at(e) for e in (330.1, 345, 361, 390)] == [(256, 0.0), (256, 0.5), (256, 1.0), (256, 1.0)]


def test_a_stage_without_a_fade_adds_at_once():
    assert fade_at((Stage(0.5, 4, 4, 1), Stage(1.0, 8, 8, 1)), 0.5) == 1
    assert fade_at((Stage(0.5, 4, 4, 1), Stage(1.0, 8, 8, 1, fade=0.5)), 0.625) == 0.5


def test_the_rates_rise_as_the_authors_let_them():
    assert [rampup(images, 100) for images in (0, 50, 100, 200)] == [math.exp(-5), math.exp(-1.25), 1, 1]
    assert rampup(0, None) == 1


def test_a_config_of_one_diagnosis_takes_no_label():
    model = dataclasses.replace(SMALL, diagnoses=("melanoma",))

    assert isinstance(model, PganConfig)
    assert FAMILIES["pgan"].inputs(model, {}, None, FAMILIES["pgan"].request(seed=1))[1].shape == (1, 0)
