"""KID and FID against torch-fidelity and scipy, and what must hold of any distance."""

import numpy as np
import pytest
import scipy.linalg
import torch
from torch_fidelity.metric_fid import fid_features_to_statistics, fid_statistics_to_metric
from torch_fidelity.metric_kid import kid_features_to_metric

from engine.errors import EngineError
from engine.evaluate.distances import frechet, kid, squared_mmd


def correlated(seed, count, width, shift=0.0):
    random = np.random.default_rng(seed)
    mixing = np.random.default_rng(7).standard_normal((width, width)) / np.sqrt(width)
    return random.standard_normal((count, width)) @ mixing + shift


@pytest.mark.parametrize(("n", "m", "width"), [(40, 40, 64), (40, 90, 64), (90, 40, 64), (150, 120, 32)])
def test_frechet_equals_torch_fidelity_on_either_side_of_full_rank(n, m, width):
    a, b = correlated(1, n, width), correlated(2, m, width, 0.3)
    statistics = [fid_features_to_statistics(torch.from_numpy(x)) for x in (a, b)]
    expected = fid_statistics_to_metric(*statistics, False)["frechet_inception_distance"]
    assert frechet(a, b) == pytest.approx(expected, rel=1e-5)


def test_frechet_equals_scipys_matrix_root():
    a, b = correlated(1, 300, 16), 1.7 * correlated(2, 300, 16)
    first, second = np.cov(a, rowvar=False), np.cov(b, rowvar=False)
    gap = a.mean(axis=0) - b.mean(axis=0)
    expected = gap @ gap + np.trace(first + second - 2 * scipy.linalg.sqrtm(first @ second).real)
    assert frechet(a, b) == pytest.approx(expected, rel=1e-8)


@pytest.mark.parametrize("n", [20, 80])
def test_a_set_lies_at_no_frechet_distance_from_itself_and_equally_far_both_ways(n):
    a, b = correlated(1, n, 32), correlated(2, n, 32)
    assert frechet(a, a) == pytest.approx(0, abs=1e-4)
    assert frechet(a, b) == pytest.approx(frechet(b, a), rel=1e-6)


def test_kid_equals_torch_fidelity_on_the_same_subsets():
    a, b = correlated(1, 90, 64), correlated(2, 70, 64, 0.2)
    settings = {"kid_subsets": 10, "kid_subset_size": 50, "verbose": False}
    expected = kid_features_to_metric(torch.from_numpy(a), torch.from_numpy(b), **settings)
    mean, spread = kid(a, b, subsets=10, subset_size=50)
    assert mean == pytest.approx(expected["kernel_inception_distance_mean"], rel=1e-9)
    assert spread == pytest.approx(expected["kernel_inception_distance_std"], rel=1e-9)


def test_kid_of_one_distribution_is_nought_on_average_and_grows_with_a_shift():
    drawn = [squared_mmd(correlated(2 * i, 60, 32), correlated(2 * i + 1, 60, 32)) for i in range(60)]
    assert abs(np.mean(drawn)) < 3 * np.std(drawn) / np.sqrt(len(drawn))
    shifts = [squared_mmd(correlated(1, 60, 32), correlated(2, 60, 32, shift)) for shift in (0.0, 0.3, 0.6)]
    assert shifts == sorted(shifts)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda a: frechet(a, a[:, :5]), "of one D"),
        (lambda a: frechet(a, a[:1]), "at least 2"),
        (lambda a: frechet(a, np.full_like(a, np.nan)), "not finite"),
        (lambda a: kid(a, a, subset_size=11), "subset size is 11; allowed is 2..10"),
    ],
)
def test_sets_that_cannot_be_compared_are_refused_in_a_sentence(call, says):
    with pytest.raises(EngineError, match=says):
        call(correlated(1, 10, 8))
