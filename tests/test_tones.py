"""The tone sweep, over painters whose obedience is known."""

import numpy as np
import pytest

from engine.cases.boxes import Box
from engine.cases.case import Case
from engine.cases.planes import Planes
from engine.cases.tone import TONES, lab_to_unit
from engine.evaluate.tones import boxed, overlap, skin_of, tone_sweep
from engine.generators.shared.sliders import AppearanceSettings
from engine.training import presets


def case(seed):
    return Case(
        Planes.blank(64, 64), None, "painter", AppearanceSettings(seed), boxes=(Box(20, 20, 40, 44, "melanoma"),)
    )


def flat(ita):
    """A picture whose skin has an ITA in degrees, chroma 15."""
    tangent = np.tan(np.radians(ita))
    unit = lab_to_unit(np.array([[50 + 15 * tangent, 8.0, 15.0]]))[0]
    return np.broadcast_to(np.rint((unit + 1) / 2 * 255), (64, 64, 3)).astype(np.uint8)


def painter(one):
    picture = flat(TONES[one.tone]).copy()
    picture[20:44, 20:40] = picture[20:44, 20:40] // 2
    return picture


def test_an_obedient_painter_has_rank_one_and_no_error():
    found = tone_sweep(painter, [case(s) for s in range(3)], ("I", "II", "III"), lambda p: boxed(case(0)))

    assert found.maps == 3
    assert found.rank_correlation == pytest.approx(1)
    assert found.ordered == 1
    assert found.error_deg < 1.5
    assert found.jaccard == 1
    assert "rank correlation 1.000" in found.sentence()


def test_a_painter_deaf_to_tone_is_found_out():
    rng = np.random.default_rng(0)
    found = tone_sweep(
        lambda one: np.clip(flat(34.5) + rng.integers(-1, 2), 0, 255).astype(np.uint8), [case(0)], tuple(TONES)
    )

    assert abs(found.rank_correlation) < 0.95
    assert found.error_deg > 20
    assert found.error_beyond_deg is None
    assert found.jaccard is None


def test_skin_is_what_no_box_is_near():
    skin = skin_of(case(0))

    assert not skin[16:48, 16:44].any()
    assert skin[:16].all()
    assert overlap(np.zeros((9, 9), bool), np.zeros((9, 9), bool)) is None


def test_the_segmenter_that_judges_the_lesion_ships_and_is_small():
    assert presets.weights_path("lesion-segmenter").stat().st_size <= 2 << 20
