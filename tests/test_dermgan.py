"""DermGAN: layer tables and counts, losses against numpy, one seed one picture, and the live form's scales."""

import dataclasses

import clinical_phantoms
import numpy as np
import pytest
import torch
from torch.nn import functional as F

from engine.cases.boxes import Box
from engine.cases.case import Drawing
from engine.cases.conditions import CODES, CONDITIONS, condition_map, encode
from engine.cases.planes import Planes
from engine.cases.tone import TONES, measured_ita
from engine.data.batches.loading import batch_at
from engine.data.batches.order import Sampling, View
from engine.data.caches.crops import build
from engine.data.readers import clinical
from engine.data.recipes import CropsData, Frame
from engine.errors import EngineError
from engine.generators.dermgan.losses import DermGan, inputs, sampler
from engine.generators.dermgan.networks import PatchGan
from engine.generators.dermgan.painting import drawn
from engine.generators.dermgan.request import Request
from engine.generators.shared.model import parameters
from engine.generators.shared.objectives import OBJECTIVES, activation_distance, region_l1
from engine.training import presets

HOW = CropsData(crops=2, context=(1.2, 2.5), adjacent=0.5, smallest_px=24, split_seed=0, exclude=(), flips=True)
CPU = torch.device("cpu")
BOXES = (Box(60, 50, 180, 190, "melanoma"),)
DRAWING = Drawing(Planes.blank(256, 256), boxes=BOXES)


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    root = clinical_phantoms.write(tmp_path_factory.mktemp("pad"))
    return build(clinical.read(root, None, 0), (256, 256), HOW, root / "cache")


def paper(**changes):
    return dataclasses.replace(presets.load("dermgan").model, **{"width": 4, "discriminator_width": 4} | changes)


def live(**changes):
    small = {"width": 4, "discriminator_width": 4, "perceptual": 0.0, "projected": 0.0}
    return dataclasses.replace(presets.load("dermgan-live").model, **small | changes)


@pytest.mark.parametrize("name, generator", [("dermgan", 39_158_339), ("dermgan-deconv", 54_414_531)])
def test_the_papers_networks_have_the_parameters_of_its_layer_table(name, generator):
    with torch.device("meta"):
        counts = parameters(DermGan(presets.load(name).model).networks)

    assert counts == {"G": generator, "D": 2_768_705}


def test_the_patch_discriminator_taps_512_channels_at_31_and_judges_30_patches():
    with torch.device("meta"):
        outputs = PatchGan(6, 64)(torch.empty(1, 6, 256, 256))

    assert [tuple(o.shape[1:]) for o in outputs] == [
        (64, 128, 128), (128, 64, 64), (256, 32, 32), (512, 31, 31), (1, 30, 30),
    ]  # fmt: skip


def test_the_presets_list_six_eight_and_twenty_six_conditions():
    assert [len(presets.load(n).model.conditions) for n in ("dermgan", "dermgan-rare", "dermgan-26")] == [6, 8, 26]


def test_the_papers_map_is_the_encoded_one_in_training_as_in_sampling(cache):
    batch = batch_at(cache, 0, View(2, Frame(256, 256), Sampling(0, False, 0.0)), CPU)
    maps = DermGan(paper()).maps(batch)

    for one, conditions, ita in zip(maps, batch.conditions, batch.ita_deg, strict=True):
        coded = encode(conditions.numpy().astype(np.int8), float(ita)).transpose(2, 0, 1)
        assert torch.equal(((one + 1) / 2 * 255).round().byte(), torch.from_numpy(coded))
    sampled = inputs(paper(), {}, DRAWING, Request(tone="IV"))[0]
    assert np.array_equal(np.rint((sampled[0, 1:, 100, 100] + 1) / 2 * 255), CODES[CONDITIONS.index("melanoma")])


def test_dropout_is_the_seeds_alone():
    torch.manual_seed(0)
    network = sampler(paper()).eval()
    arrays = {seed: inputs(paper(), {}, DRAWING, Request(seed, "III")) for seed in (1, 2)}
    again = inputs(paper(), {}, DRAWING, Request(1, "III"))
    with torch.inference_mode():
        one, two, same = (network(*map(torch.from_numpy, x)) for x in (arrays[1], arrays[2], again))

    assert torch.equal(one, same)
    assert not torch.equal(one, two)
    assert [a.shape[1:] for a in again[1:]] == [(32, 2, 2), (32, 4, 4), (32, 8, 8)]
    masks = np.concatenate([a.ravel() for a in again[1:]])
    assert set(np.unique(masks)) == {0.0, 2.0}
    assert abs(masks.mean() - 1) < 0.1


@pytest.mark.parametrize("config", [paper(), paper(upsampling="deconv"), live()], ids=["paper", "deconv", "live"])
def test_each_group_is_yielded_once_with_finite_terms_that_reach_only_its_own_parameters(config, cache):
    torch.manual_seed(0)
    gan, groups = DermGan(config), []
    batch = batch_at(cache, 0, View(2, Frame(256, 256), Sampling(0, True, 0.5)), CPU)

    for group, terms in gan.losses(batch, 0):
        groups.append(group)
        assert all(torch.isfinite(term) for term in terms.values())
        for network in gan.networks.values():
            network.zero_grad(set_to_none=True)
        sum(terms.values()).backward()
        assert {n for n, net in gan.networks.items() if any(p.grad is not None for p in net.parameters())} == {group}

    assert groups == ["D", "G"]


def test_the_four_losses_are_those_of_the_paper_and_each_ablation_lacks_its_own(cache):
    batch = batch_at(cache, 0, View(1, Frame(256, 256), Sampling(0, False, 0.0)), CPU)

    def terms(config):
        return dict(DermGan(config).losses(batch, 0))["G"].keys()

    whole = {"patch", "features", "reconstruction", "region"}
    assert terms(paper()) == whole
    assert terms(paper(region=0.0)) == whole - {"region"}
    assert terms(paper(feature_matching=0.0)) == whole - {"features"}


def test_losses_equal_numpy():
    random = np.random.default_rng(0)
    fake, real = random.normal(size=(2, 2, 3, 8, 8)).astype(np.float32)
    mask = (random.random((2, 1, 8, 8)) < 0.2).astype(np.float32)
    tensors = [torch.from_numpy(x) for x in (fake, real, mask)]

    expected = np.abs(fake - real)[np.repeat(mask, 3, axis=1) > 0].mean()
    assert region_l1(*tensors).item() == pytest.approx(expected, rel=1e-5)
    distances = np.linalg.norm((fake - real).reshape(2, -1), axis=1) / np.sqrt(3 * 8 * 8)
    assert activation_distance(*tensors[:2]).item() == pytest.approx(distances.mean(), rel=1e-5)
    a, b = tensors[0].flatten(), tensors[1].flatten()
    told = 0.5 * (
        F.binary_cross_entropy_with_logits(b, torch.ones_like(b)) + F.binary_cross_entropy_with_logits(a, a * 0)
    )
    assert OBJECTIVES["minmax"].discriminator(b, a).item() == pytest.approx(told.item(), rel=1e-5)
    fooled = F.binary_cross_entropy_with_logits(a, torch.ones_like(a))
    assert OBJECTIVES["minmax"].generator(a).item() == pytest.approx(fooled.item(), rel=1e-5)


def test_an_untrained_live_generator_already_paints_the_tone_it_was_asked_for(cache):
    config = live()
    tables, network = DermGan(config).tables(cache.described), sampler(config).eval()
    beside = np.ones((256, 256), bool)
    beside[40:200, 50:190] = False

    for tone, ita in TONES.items():
        arrays = inputs(config, tables, DRAWING, Request(4, tone))
        with torch.inference_mode():
            unit = network(*map(torch.from_numpy, arrays))[0].permute(1, 2, 0).numpy()
        picture = np.rint((unit + 1) / 2 * 255).astype(np.uint8)
        assert measured_ita(picture, beside) == pytest.approx(ita, abs=4)


def test_half_the_scale_leaves_the_finest_level_out(cache):
    torch.manual_seed(0)
    gan = DermGan(live())
    batch = batch_at(cache, 0, View(2, Frame(128, 128, 2), Sampling(0, True, 0.0)), CPU)
    for _, terms in gan.losses(batch, 0):
        sum(terms.values()).backward()

    assert gan.networks["G"].blocks[-1].conv1.weight.grad is None
    assert gan.networks["G"].blocks[-2].conv2.weight.grad is not None
    assert all(p.grad is None for p in gan.networks["D"].patches[0].parameters())


def test_boxes_outlines_and_photos_are_mirrored_alike(cache):
    for images in range(6):
        batch = batch_at(cache, images, View(1, Frame(256, 256), Sampling(1, True, 0.0)), CPU)
        lesion = batch.outline[0, 0] > 0
        inside = batch.conditions[0] >= 0
        dark = batch.pictures[0].mean(dim=0)

        assert (lesion & inside).sum() > 0.9 * lesion.sum()
        assert dark[lesion].mean() < dark[~inside].mean()
        middle = batch.place[0][:, inside]
        assert torch.allclose(middle.mean(dim=1), torch.zeros(2), atol=1e-4)


def test_a_toned_photo_has_the_colours_that_its_map_says(cache):
    batch = batch_at(cache, 0, View(8, Frame(256, 256), Sampling(2, True, 1.0)), CPU)

    assert float(batch.ita_deg.max() - batch.ita_deg.min()) > 40
    for picture, colours, skin in zip(batch.pictures, batch.colours, batch.skin, strict=True):
        shown, said = (
            picture[:, skin[0] > 0].median(dim=1).values,
            torch.tanh(colours[:3, skin[0] > 0]).median(dim=1).values,
        )
        assert torch.allclose(shown, said, atol=0.08)


def test_an_unknown_condition_is_refused_by_name():
    with pytest.raises(EngineError, match="'acne' is not known here"):
        inputs(live(), {}, Drawing(Planes.blank(256, 256), boxes=(Box(0, 0, 9, 9, "acne"),)), Request())
    with pytest.raises(EngineError, match="each once"):
        live(conditions=("acne", "acne"))
    assert condition_map((), 4, 4).max() == -1


def test_a_second_box_has_a_lesion_of_its_own_on_the_same_skin(cache):
    config = live()
    tables = DermGan(config).tables(cache.described)
    boxes = (*BOXES, Box(10, 10, 50, 50, "basal cell carcinoma"))

    skin, lesions = drawn(config, tables, Drawing(Planes.blank(256, 256), boxes=boxes), Request(seed=3))

    assert len(lesions) == 2
    assert lesions[0].appearance == skin
    assert lesions[1].appearance.lesion_lab != skin.lesion_lab
    assert lesions[1].appearance.ita_deg == pytest.approx(skin.ita_deg, abs=3)


def test_at_full_resolution_the_last_level_alone_learns(cache):
    gan = DermGan(live(last_level_alone=True))
    for group, terms in gan.losses(batch_at(cache, 0, View(2, Frame(128, 128), Sampling(0, True, 0.0)), CPU), 0):
        for network in gan.networks.values():
            network.zero_grad(set_to_none=True)
        sum(terms.values()).backward()
        assert group in ("D", "G")

    learning = {name.split(".")[1] for name, p in gan.networks["G"].named_parameters() if p.grad is not None}
    assert learning == {"5", "4"}
    assert gan.networks["G"].ups[4].weight.grad is not None
    assert gan.networks["G"].blocks[4].conv1.weight.grad is None


def test_crops_on_the_locus_show_the_tone_and_redness_that_they_are_told_of(cache):
    def shown(**how):
        return batch_at(cache, 0, View(8, Frame(256, 256), Sampling(1, False, 1.0, **how)), torch.device("cpu"))

    batch = shown(tone_locus=True)

    assert torch.isfinite(batch.pictures).all()
    assert not torch.equal(batch.pictures, shown().pictures)
    assert batch.ita_deg.min() >= -52
    assert batch.ita_deg.max() <= 78
    assert float(batch.ita_deg.max() - batch.ita_deg.min()) > 40


def test_judges_with_detail_see_three_channels_more_and_may_be_spared_the_augmentation(cache):
    torch.manual_seed(0)
    config = live(detail=8.0, discriminator_norm="instance", patches_augmented=False, projected=0.0, perceptual=0.0)
    gan, seeing = DermGan(config), DermGan(dataclasses.replace(config, detail=0.0))
    first, before = (model.networks["D"].patches[0].stages[0][0].weight for model in (gan, seeing))
    batch = batch_at(cache, 0, View(2, Frame(256, 256), Sampling(1, False, 0.0)), torch.device("cpu"))

    assert first.shape[1] == before.shape[1] + 3
    assert [group for group, _ in gan.losses(batch, 0)] == ["D", "G"]
    assert gan.verdicts(batch).keys() == {"patch0", "patch1", "patch2"}
