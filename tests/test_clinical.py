"""DermGAN's map: codes are injective, the map survives its round trip, later boxes win, a wrong one is one sentence."""

import math

import numpy as np
import pytest

from engine.cases.boxes import Box
from engine.cases.conditions import (
    CODES,
    CONDITIONS,
    NONE,
    boxes_of,
    condition_map,
    decode,
    encode,
    sampled,
    tone_code,
    tone_of,
)
from engine.cases.lesion_shapes import GRID, LesionShapes, ellipse
from engine.cases.tone import TONES
from engine.errors import EngineError

MELANOMA, NEVUS = "melanoma", "melanocytic nevus"


def test_every_condition_has_a_code_of_its_own_without_zeros():
    assert len(CONDITIONS) >= 27
    assert len({tuple(code) for code in CODES.tolist()}) == len(CONDITIONS) == len(set(CONDITIONS))
    assert CODES.min() > 0


def test_a_tone_survives_its_code_within_half_a_step():
    for ita in (*TONES.values(), -90.0, 90.0, 0.0):
        assert 1 <= tone_code(ita) <= 255
        assert abs(tone_of(tone_code(ita)) - ita) <= 90 / 254 + 1e-9


def test_a_map_survives_encoding_and_later_boxes_lie_over_earlier_ones():
    boxes = (Box(10, 10, 60, 50, MELANOMA), Box(40, 30, 64, 64, NEVUS))
    conditions = condition_map(boxes, 64, 64)
    again, ita = decode(encode(conditions, 19.0))

    assert conditions[35, 45] == CONDITIONS.index(NEVUS)
    assert conditions[20, 20] == CONDITIONS.index(MELANOMA)
    assert conditions[0, 0] == NONE
    assert np.array_equal(again, conditions)
    assert abs(ita - 19) < 0.4


@pytest.mark.parametrize("condition", CONDITIONS)
def test_every_condition_comes_back_from_its_map(condition):
    conditions, _ = decode(encode(condition_map((Box(1, 2, 5, 7, condition),), 8, 8), 0.0))

    assert boxes_of(conditions) == (Box(1, 2, 5, 7, condition),)


def test_boxes_come_back_from_a_map_in_an_order_that_paints_it():
    boxes = (Box(0, 0, 60, 60, MELANOMA), Box(10, 10, 20, 30, NEVUS))

    assert boxes_of(condition_map(boxes, 64, 64)) == boxes


def test_a_map_that_is_none_is_refused_with_what_is_wrong():
    coded = encode(condition_map((Box(0, 0, 4, 4, MELANOMA),), 8, 8), 0.0)
    two_tones, no_code = coded.copy(), coded.copy()
    two_tones[0, 0, 0] += 9
    no_code[7, 6, 1] = 3
    ring = condition_map((Box(0, 0, 8, 8, MELANOMA),), 8, 8)
    ring[2:4, 2:4] = NONE

    with pytest.raises(EngineError, match="holds 2 values"):
        decode(two_tones)
    with pytest.raises(EngineError, match=r"\[3, 0\] at row 7, column 6"):
        decode(no_code)
    with pytest.raises(EngineError, match="are not boxes"):
        boxes_of(ring)
    with pytest.raises(EngineError, match="91 degrees"):
        tone_code(91)
    with pytest.raises(EngineError, match="'melanom' is not known here; did you mean 'melanoma'"):
        condition_map((Box(0, 0, 4, 4, "melanom"),), 8, 8)
    with pytest.raises(EngineError, match="leaves the map"):
        condition_map((Box(0, 0, 9, 4, MELANOMA),), 8, 8)


def test_sampled_maps_keep_their_boxes_sizes_inside_the_map_and_a_subset_of_them():
    maps = [(Box(0, 0, 10, 20, MELANOMA), Box(5, 5, 64, 64, NEVUS))]
    drawn = [sampled(maps, 64, 64, np.random.default_rng(seed)) for seed in range(60)]

    assert {len(boxes) for boxes in drawn} == {1, 2}
    for boxes in drawn:
        condition_map(boxes, 64, 64)
        assert {(b.right - b.left, b.bottom - b.top, b.condition) for b in boxes} <= {
            (10, 20, MELANOMA),
            (59, 59, NEVUS),
        }
    assert len({boxes[0].left for boxes in drawn}) > 10


def test_a_drawn_outline_touches_all_four_sides_of_its_box_and_repeats():
    masks = [ellipse(40, 30), ellipse(20, 50), np.triu(np.ones((30, 30), np.uint8))]
    outlines = LesionShapes.fit(masks)

    for seed in range(10):
        mask = outlines.draw(seed, 0, 70, 45)
        assert mask.shape == (45, 70)
        assert all(side.any() for side in (mask[:2], mask[-2:], mask[:, :2], mask[:, -2:]))
        assert np.array_equal(mask, outlines.draw(seed, 0, 70, 45))
    assert len({outlines.draw(seed, 0, 70, 45).tobytes() for seed in range(10)}) == 10


def test_the_mean_of_round_outlines_is_round():
    outlines = LesionShapes.fit([ellipse(64, 64)])

    assert (outlines.mean > 0).mean() == pytest.approx(math.pi / 4, abs=0.06)
    assert outlines.mean.shape == (GRID, GRID)
