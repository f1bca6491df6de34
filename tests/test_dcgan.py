"""DCGAN's three forms against their layer tables, and what is measured of a run, against hand-made cases."""

import dataclasses

import numpy as np
import pytest
import torch
from scipy.stats import energy_distance, mannwhitneyu, truncnorm

from engine.data.batches.kinds import PhotosBatch
from engine.errors import EngineError
from engine.generators.dcgan128.networks import EnlargingConv, SameConv
from engine.generators.registry import FAMILIES
from engine.generators.shared.model import parameters
from engine.generators.shared.noise import (
    diagnosis_of,
    energy,
    latent,
    r1,
    shares,
    told_apart,
    told_variety,
    variety,
)
from engine.generators.shared.noise_request import TruncatedRequest
from engine.training import presets


def on_meta(name):
    preset = presets.load(name)
    with torch.device("meta"):
        return preset.capabilities, FAMILIES[preset.family].build(preset.model)


@pytest.mark.parametrize(("name", "generator", "discriminator"), [
    ("dcgan-64", 3_576_704, 2_765_568),
    ("dcgan-pairs", 14_238_276, 4_408_385),
    ("dcgan-128-melanoma", 2_041_475, 1_718_465),
    ("dcgan-128-bcc", 2_041_475, 1_718_465),
])  # fmt: skip
def test_paper_presets_have_the_papers_parameter_counts(name, generator, discriminator):
    _, gan = on_meta(name)

    assert parameters(gan.networks) == {"G": generator, "D": discriminator}


def test_with_batch_norms_statistics_the_keras_counts_are_2043011_and_1720385():
    _, gan = on_meta("dcgan-128-melanoma")
    statistics = {k: sum(b.numel() for b in net.buffers() if b.dim()) for k, net in gan.networks.items()}

    assert {k: n + statistics[k] for k, n in parameters(gan.networks).items()} == {"G": 2_043_011, "D": 1_720_385}


def sizes(network, x, kinds):
    found = []
    hooks = [
        module.register_forward_hook(lambda m, i, out: found.append(tuple(out.shape[1:])))
        for module in network.modules()
        if isinstance(module, kinds)
    ]
    network(x)
    for hook in hooks:
        hook.remove()
    return found


@pytest.mark.parametrize(("name", "kinds", "generator", "discriminator"), [
    ("dcgan-64", (torch.nn.Conv2d, torch.nn.ConvTranspose2d),
     [(256, 8, 8), (128, 16, 16), (64, 32, 32), (3, 64, 64)], [(64, 32, 32), (128, 16, 16), (256, 8, 8), (512, 4, 4)]),
    ("dcgan-pairs", (torch.nn.Conv2d, torch.nn.ConvTranspose2d),
     [(256, 24, 32), (128, 48, 64), (64, 96, 128), (4, 192, 256)],
     [(64, 96, 128), (128, 48, 64), (256, 24, 32), (512, 12, 16)]),
    ("dcgan-128-bcc", SameConv,
     [(256, 8, 8), (256, 16, 16), (128, 32, 32), (128, 128, 128), (3, 128, 128)],
     [(32, 64, 64), (64, 32, 32), (128, 17, 17), (256, 17, 17), (512, 17, 17)]),
])  # fmt: skip
def test_every_layer_has_the_size_of_the_papers_table(name, kinds, generator, discriminator):
    shows, gan = on_meta(name)
    (width, height), channels = shows.size, 3 + shows.mask

    assert sizes(gan.networks["G"], torch.empty(2, 100, device="meta"), kinds) == generator
    assert sizes(gan.networks["D"], torch.empty(2, channels, height, width, device="meta"), kinds) == discriminator


@pytest.mark.parametrize(("side", "stride"), [(8, 2), (7, 2), (33, 2), (8, 1), (5, 1)])
def test_same_padding_is_that_of_keras(side, stride):
    """Keras: output i is the dot product at input i·stride − left, left being half of what is missing, rounded down."""
    conv = SameConv(1, 1, stride)
    x = torch.randn(1, 1, side, side)
    outputs = -(-side // stride)
    left = max((outputs - 1) * stride + 3 - side, 0) // 2
    expected = np.zeros((outputs, outputs))
    weights, pixels = conv.weight[0, 0].detach().numpy(), x[0, 0].numpy()
    for row, column in np.ndindex(outputs, outputs):
        for i, j in np.ndindex(3, 3):
            y, z = row * stride - left + i, column * stride - left + j
            if 0 <= y < side and 0 <= z < side:
                expected[row, column] += weights[i, j] * pixels[y, z]

    assert np.allclose(conv(x)[0, 0].detach().numpy(), expected, atol=1e-5)


@pytest.mark.parametrize("factor", [2, 3, 4])
def test_an_enlarging_convolution_is_the_enlargement_and_the_convolution(factor):
    conv, x = EnlargingConv(factor, 5, 6), torch.randn(2, 5, 7, 9)
    torch.nn.init.normal_(conv.bias)
    then = SameConv(5, 6)
    then.load_state_dict(conv.state_dict())

    assert torch.allclose(conv(x), then(torch.nn.Upsample(scale_factor=factor)(x)), atol=1e-5)


@pytest.mark.parametrize(("name", "changes", "size"), [
    ("dcgan-pairs-live", {"width": 4, "start": (4, 3), "upsamplings": 3}, (32, 24)),
    ("dcgan-128-bcc", {"width": 4}, (128, 128)),
    ("pgan-256-live", {"fmap_base": 64, "fmap_max": 8, "latent": 8, "resolution": 32}, (32, 32)),
])  # fmt: skip
def test_without_its_own_discriminator_a_generator_is_judged_on_features_alone(name, changes, size, lite0):
    preset = presets.load(name)
    alone = {"own_discriminator": 0.0, "projected": 1.0, "energy": 0.0}
    model = dataclasses.replace(preset.model, **changes, **alone)
    gan = FAMILIES[preset.family].build(model)
    pictures = torch.rand(4, 3 + preset.capabilities.mask, size[1], size[0]) * 2 - 1
    batch = PhotosBatch(pictures, torch.Generator().manual_seed(0), torch.tensor([0, 1, 0, 1]))
    gan.prepare(batch for _ in range(8))

    assert gan.networks.keys() == {"G", "H"}
    assert [(group, set(terms)) for group, terms in gan.losses(batch, 0)] == [("G", {"heads"}), ("H", {"heads"})]
    assert 0 <= gan.measured["D.told_apart"] <= 1
    with pytest.raises(EngineError, match="one of them at least must be above 0"):
        dataclasses.replace(model, projected=0.0)


def test_all_noise_weights_that_ship_fit_20_mib():
    shipped = ("dcgan-pairs-live", "pgan-256-live", "lapgan-pairs", "dcgan-128-melanoma", "dcgan-128-bcc")

    assert sum(2 * parameters(on_meta(name)[1].networks)["G"] for name in shipped) <= 20 * 2**20


def test_a_truncated_latent_follows_scipys_truncated_normal_and_stays_near_its_seed():
    drawn, whole = latent(3, "latent", (20_000,), 0.7), latent(3, "latent", (20_000,))

    assert np.abs(drawn).max() <= 0.7
    quantiles = np.linspace(0.05, 0.95, 19)
    assert np.allclose(np.quantile(drawn, quantiles), truncnorm(-0.7, 0.7).ppf(quantiles), atol=0.02)
    assert np.corrcoef(drawn, whole)[0, 1] > 0.95
    assert np.allclose(latent(3, "latent", (100,), 4.0), latent(3, "latent", (100,)), atol=0.02)


def test_a_diagnosis_is_asked_for_or_drawn_in_the_datas_proportion_or_refused():
    shows = presets.load("pgan-256").capabilities
    tables = shares(shows.diagnoses, [0] * 80 + [1] * 20)
    drawn = [diagnosis_of(shows, tables, TruncatedRequest(seed=seed)) for seed in range(1000)]

    assert diagnosis_of(shows, tables, TruncatedRequest(diagnosis="melanoma")) == "melanoma"
    assert 150 < drawn.count("melanoma") < 250
    with pytest.raises(EngineError, match="diagnosis 'melanom' is not known here; did you mean 'melanoma'"):
        diagnosis_of(shows, tables, TruncatedRequest(diagnosis="melanom"))
    with pytest.raises(EngineError, match="trained without any"):
        diagnosis_of(presets.load("dcgan-64").capabilities, {}, TruncatedRequest(diagnosis="melanoma"))
    assert diagnosis_of(presets.load("dcgan-128-bcc").capabilities, {}, TruncatedRequest()) == "basal cell carcinoma"


def test_equal_pictures_have_no_variety_and_photos_have_that_of_photos():
    photos = torch.rand(8, 3, 16, 16)

    assert variety(photos[:1].repeat(8, 1, 1, 1), photos).item() == pytest.approx(0, abs=1e-5)
    assert variety(photos, photos).item() == pytest.approx(1, abs=1e-4)


def test_variety_of_colours_is_told_apart_from_that_of_masks():
    colours, masks = torch.rand(8, 3, 16, 16), torch.rand(8, 1, 16, 16).round() * 2 - 1
    photos = torch.cat([colours, masks], dim=1)
    alike = torch.cat([colours[:1].expand(8, -1, -1, -1), masks], dim=1)

    found = told_variety(alike, photos, ".level0")
    assert {k: round(v.item(), 3) for k, v in found.items()} == {"G.variety.level0": 0.0, "G.variety.level0.mask": 1.0}
    assert told_variety(alike[:1], photos[:1]) == {}


def test_the_energy_distance_is_scipys_and_sees_what_a_label_hides():
    random = np.random.default_rng(0)
    one, other = random.normal(0, 0.3, 400), random.normal(0.2, 0.5, 400)
    plain = [torch.from_numpy(v).float()[:, None, None, None].expand(-1, 1, 16, 16) for v in (one, other)]
    assert energy(*plain).item() == pytest.approx(energy_distance(one, other) ** 2, abs=5e-3)

    labels = torch.eye(2)[torch.arange(400) % 2]
    told = labels[:, :1, None, None].expand(-1, 1, 16, 16)
    varied = plain[0] + told  # differs within a label, and between them
    collapsed = told + 0 * plain[0]  # one picture a label
    assert energy(varied, varied.roll(2, 0), labels) < 0.05
    assert energy(collapsed, varied, labels) > 0.05
    picture = torch.zeros(4, 3, 16, 16, requires_grad=True)
    energy(picture, plain[1][:4].expand(-1, 3, -1, -1)).backward()
    assert torch.isfinite(picture.grad).all()


def test_r1_falls_every_sixteenth_step_whatever_the_number_of_devices(monkeypatch):
    model = dataclasses.replace(presets.load("dcgan-pairs-modern").model, width=2, discriminator_width=2)
    gan = FAMILIES["dcgan"].build(dataclasses.replace(model, start=(4, 3), upsamplings=3))
    for ranks in (1, 4):
        counted = 0
        for step in range(32):
            batch = PhotosBatch(
                torch.rand(2, 4, 24, 32),
                torch.Generator().manual_seed(0),
                torch.zeros(2, dtype=torch.int64),
                ranks=ranks,
            )
            counted += "r1" in next(gan.losses(batch, step * 2 * ranks))[1]
        assert counted == 2


def test_told_apart_is_the_area_under_the_roc_curve():
    random = np.random.default_rng(0)
    real, fake = random.integers(-3, 6, 40).astype(np.float32), random.integers(-6, 3, 30).astype(np.float32)

    expected = mannwhitneyu(real, fake).statistic / (40 * 30)
    assert told_apart(torch.from_numpy(real), torch.from_numpy(fake)).item() == pytest.approx(expected)


def test_r1_of_a_linear_score_is_the_squared_norm_of_its_weights():
    weights = torch.randn(3, 4, 4)
    pictures = torch.randn(2, 3, 4, 4, requires_grad=True)

    assert r1((pictures * weights).sum(dim=(1, 2, 3)), pictures).item() == pytest.approx(
        weights.square().sum().item(), rel=1e-5
    )


def test_both_networks_of_dcgan128_step_from_the_same_pass_and_dcgans_discriminator_first():
    assert on_meta("dcgan-128-bcc")[1].simultaneous
    assert not on_meta("dcgan-64")[1].simultaneous
    assert dataclasses.replace(presets.load("dcgan-64").model, width=2).size == (64, 64)
