"""Fidelity: one N for both distances, a seeded choice, and the floor beside it."""

import dataclasses

import numpy as np
import pytest
from phantoms import phantom

from engine.errors import EngineError
from engine.evaluate import features, fidelity
from engine.evaluate.distances import frechet


def drawn(seed, count, shift=0.0):
    return np.random.default_rng(seed).standard_normal((count, 24)) + shift


def pixels(inputs):
    return inputs[:, :, ::9, ::9].flatten(1).repeat(1, 2)[:, : features.FEATURES]


def test_all_sets_are_brought_to_the_smallest_ones_number():
    found = fidelity.fidelity(drawn(1, 90), drawn(2, 40, 0.5), drawn(3, 200))
    assert found.n == 40
    thin = [features_[fidelity.chosen(len(features_), 40)] for features_ in (drawn(1, 90), drawn(3, 200))]
    assert found.floor_fid == pytest.approx(frechet(*thin))
    assert found.kid_x1000 > found.floor_kid_x1000
    assert found.fid > found.floor_fid


def test_pictures_as_good_as_the_training_set_reach_the_floor():
    found = fidelity.fidelity(drawn(1, 80), drawn(3, 80), drawn(3, 80))
    assert (found.kid_x1000, found.kid_std, found.fid) == (found.floor_kid_x1000, found.floor_kid_std, found.floor_fid)


def test_the_choice_is_seeded_and_takes_each_at_most_once():
    chosen = fidelity.chosen(1942, 531)
    assert np.array_equal(chosen, fidelity.chosen(1942, 531))
    assert len(set(chosen)) == 531
    assert np.array_equal(fidelity.chosen(5, 5), np.arange(5))


def test_pictures_are_judged_like_their_features_and_only_real_ones_are_remembered(tmp_path):
    sets = [[phantom(index, seed, 48, 32)[0] for index in range(8)] for seed in (1, 2, 3)]
    found = fidelity.of_pictures(*sets, folder=tmp_path, network=pixels)
    assert found == fidelity.fidelity(*(features.inception(s, pixels) for s in sets))
    assert len(list(tmp_path.iterdir())) == 2
    against = fidelity.distance(*(features.inception(s, pixels) for s in sets[:2]))
    assert dataclasses.astuple(against) == (found.kid_x1000, found.kid_std, found.fid, found.n)


def test_the_sentence_says_every_number():
    sentence = fidelity.Fidelity(28.04, 1.5, 91.2, 11.05, 1.6, 67.96, 531).sentence()
    assert sentence == "KID×1000 28.0 ± 1.5 (floor 11.1 ± 1.6), FID 91.2 (floor 68.0), 531 pictures a set"


def test_too_few_pictures_are_refused():
    with pytest.raises(EngineError, match="holds 3 pictures; at least 4"):
        fidelity.fidelity(drawn(1, 3), drawn(2, 9), drawn(3, 9))
