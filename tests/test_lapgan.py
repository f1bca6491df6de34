"""LAPGAN against its counts, its pyramid, and the independence of its five GANs."""

import dataclasses
from functools import reduce

import numpy as np
import pytest
import torch

from engine.data.batches.kinds import PhotosBatch
from engine.generators.lapgan.networks import Generators, level_size
from engine.generators.lapgan.pyramid import blurred, doubled, halved, levels, residuals
from engine.generators.registry import FAMILIES
from engine.training import presets

PAPER = presets.load("lapgan-pairs").model
SMALL = dataclasses.replace(PAPER, start=(5, 5), hidden=8, width=3, discriminator_width=3, levels=(0, 1, 2))


def test_the_counts_are_those_of_the_published_shapes():
    with torch.device("meta"):
        networks = FAMILIES["lapgan"].build(PAPER).networks
    counts = {
        k: {n: sum(p.numel() for p in m.parameters()) for n, m in net.levels.items()} for k, net in networks.items()
    }

    assert counts["G"] == {"0": 351_792, "1": 222_916, "2": 222_916, "3": 222_916, "4": 222_916}
    assert counts["D"] == {"0": 232_801, "1": 109_441, "2": 115_073, "3": 144_769, "4": 277_889}


def test_six_levels_from_6x8_to_192x256_and_the_fifth_gan_paints_the_last_two():
    assert [level_size(PAPER, n) for n in range(6)] == [(8, 6), (16, 12), (32, 24), (64, 48), (128, 96), (256, 192)]
    torch.manual_seed(0)
    generators = Generators(dataclasses.replace(SMALL, levels=(0, 1, 2, 3, 4)))
    used = []
    for number, network in generators.levels.items():
        network.register_forward_hook(
            lambda module, inputs, out, number=number: used.append((number, tuple(out.shape[2:])))
        )

    inputs = FAMILIES["lapgan"].inputs(
        dataclasses.replace(SMALL, levels=(0, 1, 2, 3, 4)), {}, None, FAMILIES["lapgan"].request(seed=1)
    )
    picture = generators(*map(torch.from_numpy, inputs))

    assert [n for n, _ in used] == ["0", "1", "2", "3", "4", "4"]
    assert [size for _, size in used] == [(5 << n, 5 << n) for n in range(6)]
    assert picture.shape == (1, 4, 160, 160)
    noises = [array.ravel()[:3] for array in inputs]
    assert len({tuple(noise) for noise in noises}) == 6  # a new source of noise for every level


def test_a_real_pyramid_is_put_together_exactly():
    pictures = torch.rand(2, 4, 96, 128, dtype=torch.float64) * 2 - 1

    found = levels(pictures, 6)
    assert [tuple(x.shape[2:]) for x in found] == [(3 << n, 4 << n) for n in range(6)]
    smallest, *added = residuals(found)
    reconstructed = reduce(lambda picture, residual: doubled(picture) + residual, added, smallest)
    assert torch.allclose(reconstructed, pictures, atol=1e-12)


def test_blurring_halving_and_doubling_keep_a_plain_picture_and_equal_scipy():
    from scipy.ndimage import convolve1d

    plain, x = torch.full((1, 4, 12, 16), 0.3), torch.rand(1, 1, 9, 11)
    assert all(torch.allclose(f(plain), torch.tensor(0.3)) for f in (blurred, halved, doubled))

    kernel = np.array([1, 4, 6, 4, 1]) / 16
    expected = convolve1d(convolve1d(x[0, 0].numpy(), kernel, axis=0, mode="nearest"), kernel, axis=1, mode="nearest")
    assert np.allclose(blurred(x)[0, 0].numpy(), expected, atol=1e-6)


def batch():
    pictures = torch.rand(4, 4, 160, 160, generator=torch.Generator().manual_seed(2)) * 2 - 1
    return PhotosBatch(pictures, torch.Generator().manual_seed(3), torch.zeros(4, dtype=torch.int64))


def gradients(config, level):
    """Gradients of one level's networks after one step's losses, from the same start."""
    torch.manual_seed(0)
    whole = FAMILIES["lapgan"].build(dataclasses.replace(SMALL, dropout=0.0))
    gan = FAMILIES["lapgan"].build(dataclasses.replace(config, dropout=0.0))
    for group, network in gan.networks.items():
        network.load_state_dict(
            {k: v for k, v in whole.networks[group].state_dict().items() if k.split(".")[1] in network.levels}
        )
    torch.manual_seed(9)
    fixed = {n: torch.randn(4, *shape) for n, shape in ((0, (100,)), (1, (1, 10, 10)), (2, (1, 20, 20)))}
    gan.noises = lambda batch, numbers: tuple(fixed[n] for n in numbers)
    for _, terms in gan.losses(batch(), 0):
        torch.stack(list(terms.values())).sum().backward()
    return [p.grad for net in gan.networks.values() for p in net.levels[str(level)].parameters()]


@pytest.mark.parametrize("level", [0, 1, 2])
def test_a_level_learns_the_same_alone_as_beside_the_others(level):
    together = gradients(SMALL, level)
    alone = gradients(dataclasses.replace(SMALL, levels=(level,)), level)

    assert together
    assert all(torch.allclose(a, b, atol=1e-6) for a, b in zip(together, alone, strict=True))


def test_a_run_shows_every_level_it_trains_and_the_whole_where_it_can():
    gan = FAMILIES["lapgan"].build(SMALL)
    shown = gan.previews(gan.networks["G"], gan.sample_inputs(batch()), batch().pictures)
    assert [tuple(x.shape) for x in shown] == [(4, 4, 160, 160)] * 3

    gan = FAMILIES["lapgan"].build(dataclasses.replace(SMALL, levels=(0, 1, 2, 3, 4)))
    assert len(gan.previews(gan.networks["G"], gan.sample_inputs(batch()), batch().pictures)) == 6


def test_a_level_judged_on_features_stays_independent_of_the_others(lite0):
    features = {"projected": 1.0, "own_discriminator": 0.0, "objective": "hinge"}

    def terms(levels):
        torch.manual_seed(0)
        gan = FAMILIES["lapgan"].build(dataclasses.replace(SMALL, **features, levels=levels))
        gan.prepare(batch() for _ in range(8))
        with torch.autocast("cpu", dtype=torch.bfloat16):
            found = {(group, name) for group, terms in gan.losses(batch(), 0) for name in terms}
        return gan, found

    gan, found = terms((0, 2))
    assert gan.networks.keys() == {"G", "H"}
    assert found == {("G", "heads.level0"), ("G", "heads.level2"), ("H", "level0"), ("H", "level2")}
    assert gan.measured.keys() == {
        "G.variety.level0",
        "G.variety.level0.mask",
        "D.told_apart.level0",
        "D.told_apart.level2",
    }
    for group, told in gan.losses(batch(), 0):
        if group == "G":
            told["heads.level2"].backward()
    moved = {
        n: any(p.grad is not None and p.grad.any() for p in m.parameters()) for n, m in gan.networks["G"].levels.items()
    }
    assert moved == {"0": False, "2": True}
