"""Warnings of a run that goes wrong, on synthetic curves."""

import numpy as np

from engine.training.warnings import WINDOW, judging_warnings, warnings_of


def curve(variety, told_apart, suffix="", lines=WINDOW):
    random = np.random.default_rng(0)
    return [
        {
            f"G.variety{suffix}": variety(i / lines) + random.normal(0, 0.03),
            f"D.told_apart{suffix}": told_apart(i / lines),
        }
        for i in range(lines)
    ]


def test_a_healthy_run_is_told_nothing():
    assert warnings_of(curve(lambda t: 0.9, lambda t: 0.85)) == ()


def test_pictures_that_become_alike_are_a_collapse():
    (warning,) = warnings_of(curve(lambda t: 0.15, lambda t: 0.8))

    assert warning.startswith("mode collapse:")
    assert "1" in warning.split("%")[0]
    assert "model.diffaugment=true" in warning


def test_a_discriminator_that_knows_every_picture_overpowers():
    (warning,) = warnings_of(curve(lambda t: 0.9, lambda t: 1.0))

    assert "overpowers" in warning
    assert "100.0%" in warning


def test_both_at_once_and_by_level():
    found = warnings_of(curve(lambda t: 0.1, lambda t: 1.0, ".level0"))

    assert len(found) == 2
    assert all("of level0" in warning for warning in found)


def test_a_bad_start_or_a_few_bad_lines_are_no_warning():
    assert warnings_of(curve(lambda t: 0.1, lambda t: 1.0, lines=WINDOW - 1)) == ()
    assert warnings_of(curve(lambda t: 0.1 if t < 0.4 else 0.9, lambda t: 1.0 if t < 0.4 else 0.9)) == ()


def test_a_recovered_run_is_told_nothing_more():
    assert warnings_of(curve(lambda t: 0.1, lambda t: 1.0) + curve(lambda t: 0.8, lambda t: 0.9)) == ()


def test_a_run_that_measures_neither_is_told_nothing():
    assert warnings_of([{"G.patch": 1.0}] * 40) == ()


def judged(auc, places, images=range(0, 2401, 480)):
    return [(n, {"D.auc.patch0": auc, "D.auc_places.patch0": places, "D.auc.head1": 0.8}) for n in images]


def test_a_judge_that_guesses_for_2000_images_is_told_of():
    (warning,) = judging_warnings(judged(0.51, 0.5))

    assert warning.startswith("the discriminator patch0 learns nothing: AUC 0.51")
    assert "model.detail=8" in warning


def test_a_judge_that_is_never_wrong_is_told_of():
    (warning,) = judging_warnings(judged(1.0, 0.995))

    assert warning.startswith("the discriminator patch0 is never wrong")
    assert "0.995" in warning


def test_a_judge_that_knows_every_window_but_not_every_place_is_healthy():
    assert judging_warnings(judged(1.0, 0.8)) == ()


def test_nothing_is_said_of_a_judge_before_2000_images_nor_after_it_has_learned():
    assert judging_warnings(judged(0.5, 0.5, range(0, 1999, 480))) == ()
    assert judging_warnings([]) == ()
    learned = [(n + 2400, values) for n, values in judged(0.9, 0.7, range(480, 2401, 480))]
    assert judging_warnings(judged(0.5, 0.5) + learned) == ()
