"""What a step of dermoscopic training sees: accidents, tones on the locus, windows that show markers."""

import dataclasses

import numpy as np
import pytest
import torch
from phantoms import phantom

from engine.cases.appearance import Appearance, locus_redness, measure
from engine.cases.planes import FIRST_MARKER_BIT, pack
from engine.cases.tone import ita_deg, measured_ita
from engine.data.batches import tones
from engine.data.batches.loading import batch_at
from engine.data.batches.order import Sampling, View
from engine.data.caches.planes import ACCIDENT_BITS, EDGE_BIT, Cache
from engine.data.recipes import Frame
from engine.pixels import to_pictures

CPU = torch.device("cpu")


def cache_of(drawn, bits=()):
    pictures, cells = np.stack([picture for picture, _ in drawn]), np.stack([pack(planes) for _, planes in drawn])
    for bit in bits:
        cells[:, 4:6] |= np.uint16(1 << bit)
    return Cache(tuple(map(str, range(len(drawn)))), pictures, cells, tuple(measure(*pair) for pair in drawn))


@pytest.fixture(scope="module")
def drawn():
    return [phantom(index, 0, 96, 64) for index in range(24)]


def shown(cache, count, images=0, frame=None, **how):
    sampling = dataclasses.replace(Sampling(3, False, 0.0), **how)
    return batch_at(cache, images, View(count, frame or Frame(96, 64), sampling), CPU)


def test_accidents_travel_in_their_own_bits_and_are_flipped_with_the_picture(drawn):
    cache = cache_of(drawn, [ACCIDENT_BITS["ruler"]])

    batch = shown(cache, 4)
    flipped = shown(cache, 8, flips=True).accidents[:, 1].mean(dim=2)

    assert len({*ACCIDENT_BITS.values(), EDGE_BIT}) == 4
    assert batch.accidents.shape == (4, 3, 64, 96)
    assert batch.accidents.sum(dim=(0, 2, 3)).tolist() == [0, 4 * 2 * 96, 0]
    assert {tuple(row.nonzero()[:, 0].tolist()) for row in flipped} == {(4, 5), (58, 59)}
    assert shown(cache, 2, frame=Frame(48, 32, 2)).accidents[:, 1].sum().item() == 2 * 48


def test_tones_that_are_asked_for_and_those_left_are_spread_evenly():
    random = np.random.default_rng(0)
    natural = random.normal(50, 12, 4000)

    whole = tones.even(natural, 1.0, 20_000, random)
    part = tones.even(natural, 0.6, 20_000, random)

    counts = np.histogram(whole, np.arange(-50, 76, 25))[0] / 20_000
    assert counts == pytest.approx([0.2] * 5, abs=0.02)
    mixed = np.concatenate([part[:12_000], natural[random.random(4000) < 2][:4000], natural[:4000]])
    below = np.histogram(mixed, np.arange(-50, 26, 25))[0] / 20_000
    assert below == pytest.approx([0.2] * 3, abs=0.06)
    assert part.min() >= -50
    assert part.max() <= 75


def test_a_picture_on_the_locus_has_the_tone_and_redness_asked_for_and_its_lesion_stays_darker(drawn):
    cache = cache_of(drawn)
    still = shown(cache, 24)

    moved = shown(cache, 24, tone_augmentation=1.0, tone_locus=True)

    pictures, before = to_pictures(moved.pictures), to_pictures(still.pictures)
    assert not np.array_equal(pictures, before)
    seen = [measured_ita(p, lesion[0].numpy() == 0) for p, lesion in zip(pictures, moved.lesion, strict=True)]
    assert np.ptp(seen) > 70
    described = [Appearance(*_raw(vector)) for vector in moved.appearance.numpy()]
    assert np.median(np.abs(np.array([one.ita_deg for one in described]) - seen)) < 4
    assert all(one.lesion_lab[0] < one.skin_lab[0] for one in described)


def _raw(vector):
    from engine.cases.appearance import OFFSET, SCALE

    values = vector * SCALE + OFFSET
    return tuple(values[:3]), tuple(values[3:6]), tuple(values[6:9]), float(values[9]) ** 2, float(values[10])


@pytest.mark.parametrize("ita", [-45.0, -10.0, 19.0, 48.0])
def test_a_layer_to_a_tone_meets_it_and_takes_most_of_the_redness_of_such_skin(ita):
    flushed = Appearance((66.0, 22.0, 16.0), (40.0, 24.0, 18.0), (6.0, 3.0, 3.0), 0.0, 0.0)

    moved = flushed.absorbing(flushed.density_to(ita))

    assert ita_deg(moved.skin_lab[0], moved.skin_lab[2]) == pytest.approx(ita, abs=1.5)
    assert moved.skin_lab[1] == pytest.approx(0.3 * 22 + 0.7 * locus_redness(ita), abs=1.0)
    assert moved.lesion_lab[0] < moved.skin_lab[0]


def test_redness_is_kept_whole_where_nothing_else_is_asked_for():
    one = Appearance((66.0, 22.0, 16.0), (40.0, 24.0, 18.0), (6.0, 3.0, 3.0), 0.0, 0.0)

    assert one.at_tone(-10.0).skin_lab[1] == pytest.approx(22.0)
    assert one.density_to(89.0).min() >= -0.1501


def test_every_marker_fills_its_share_of_the_windows(drawn):
    cache, frame = cache_of(drawn), Frame(48, 32)

    def shares(**how):
        batches = [shown(cache, 24, 24 * k, frame, **how) for k in range(12)]
        return torch.cat([b.markers for b in batches]).amax(dim=(2, 3)).gt(0).float().mean(dim=0)

    rare = drawn_with_few(drawn, 1)
    cache = cache_of(rare)
    before, after = shares(), shares(marker_share=0.2)

    assert before[1] < 0.1
    assert after[1] > 0.15
    assert (after > 0.1).all()


def drawn_with_few(drawn, marker):
    """The same photos, of which two only bear the marker."""
    kept = []
    for picture, planes in drawn:
        if planes.markers[marker].any() and sum(p.markers[marker].any() for _, p in kept) >= 2:
            planes = dataclasses.replace(planes, markers=planes.markers * (np.arange(5) != marker)[:, None, None])
            planes = dataclasses.replace(planes, markers=planes.markers.astype(np.uint8))
        kept.append((picture, planes))
    return kept


def test_a_cache_knows_which_markers_each_photo_bears(drawn):
    cache = cache_of(drawn)

    expected = np.array([[plane.any() for plane in planes.markers] for _, planes in drawn])
    assert np.array_equal(cache.marked, expected)
    assert min(ACCIDENT_BITS.values()) >= FIRST_MARKER_BIT + 10


def test_the_same_images_see_the_same_whatever_came_before(drawn):
    cache, how = cache_of(drawn), {"tone_augmentation": 0.6, "tone_locus": True, "marker_share": 0.2}

    one, again = (shown(cache, 4, 16, Frame(48, 32), **how) for _ in range(2))

    assert torch.equal(one.pictures, again.pictures)
    assert torch.equal(one.appearance, again.appearance)
