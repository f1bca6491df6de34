"""Hair, rulers and ink on drawn skin, and the strands that a seed draws."""

import cv2
import numpy as np
import pytest

from engine.cases.accidents import ACCIDENTS, Accidents, measure
from engine.cases.planes import Planes
from engine.cases.strands import strands
from engine.errors import EngineError

SKIN, HAIR, INK = (214, 172, 148), (92, 66, 54), (104, 66, 158)


def skin(width=384, height=256, seed=0):
    """Grainy skin with a lesion in the middle, and its planes."""
    planes = Planes.blank(width, height)
    cv2.ellipse(planes.lesion, (width // 2, height // 2), (width // 8, height // 8), 0, 0, 360, 1, -1)
    grain = cv2.GaussianBlur(np.random.default_rng(seed).standard_normal((height, width, 3)), (0, 0), 1.0) * 6
    picture = np.where(planes.lesion[..., None] > 0, (140, 92, 70), SKIN) + grain
    return picture.clip(0, 255).astype(np.uint8), planes


def found(picture, planes):
    return dict(zip(ACCIDENTS, measure(picture, planes).all, strict=True))


def test_clean_skin_has_hardly_any():
    planes = found(*skin())

    assert all(plane.mean() < 0.004 for plane in planes.values())


def test_a_drawn_strand_is_hair_and_nothing_else():
    picture, planes = skin()
    drawn = cv2.ellipse(np.zeros((256, 384), np.uint8), (190, 150), (160, 120), 0, 200, 330, 1, 3)
    picture[drawn > 0] = HAIR

    planes = found(picture, planes)

    assert planes["hair"][drawn > 0].mean() > 0.85
    assert planes["hair"][cv2.dilate(drawn, np.ones((7, 7))) == 0].mean() < 0.004
    assert planes["ink"].mean() == 0
    assert planes["ruler"][drawn > 0].mean() < 0.05


def test_ink_is_violet_outside_the_lesion_and_is_no_hair():
    picture, planes = skin()
    drawn = cv2.line(np.zeros((256, 384), np.uint8), (30, 200), (110, 215), 1, 5)
    picture[drawn > 0] = INK
    picture[120:130, 185:200] = INK  # in the lesion: a blue veil

    planes = found(picture, planes)

    assert planes["ink"][drawn > 0].mean() > 0.9
    assert planes["ink"][110:140, 170:210].mean() == 0
    assert planes["hair"][drawn > 0].mean() == 0


@pytest.mark.parametrize("turned", [False, True])
def test_a_row_of_ticks_is_a_ruler_and_so_is_a_printed_scale(turned):
    picture, planes = skin()
    drawn = np.zeros((256, 384), np.uint8)
    for y in range(20, 240, 16):
        cv2.line(drawn, (8, y), (26, y + 2), 1, 2)
    cv2.line(drawn, (200, 228), (365, 228), 1, 2)
    for x in range(202, 366, 9):
        cv2.line(drawn, (x, 222), (x, 228), 1, 2)
    if turned:
        drawn = np.ascontiguousarray(drawn[::-1, ::-1])
    picture[drawn > 0] = (60, 58, 56)

    planes = found(picture, planes)

    assert planes["ruler"][drawn > 0].mean() > 0.7
    assert planes["hair"][drawn > 0].mean() < 0.15


def test_short_lines_of_a_network_in_the_lesion_are_no_hair():
    picture, planes = skin()
    for x in range(165, 225, 9):
        cv2.line(picture, (x, 122), (x + 3, 138), (78, 48, 38), 2)

    assert found(picture, planes)["hair"][115:145, 160:230].mean() < 0.02


def test_a_larger_photo_of_the_same_skin_has_the_same_accidents():
    picture, planes = skin()
    cv2.line(picture, (30, 40), (300, 90), HAIR, 3)
    large = cv2.resize(picture, (768, 512), interpolation=cv2.INTER_CUBIC)

    small_share, large_share = (
        float(measure(p, q).hair.mean()) for p, q in ((picture, planes), (large, planes.resized(768, 512)))
    )

    assert large_share == pytest.approx(small_share, rel=0.2)


def test_planes_of_two_sizes_are_refused_and_planes_are_given_in_the_order_asked_for():
    small, large = np.zeros((4, 6), np.uint8), np.ones((8, 6), np.uint8)

    with pytest.raises(EngineError, match="hair"):
        Accidents(small, small, large)
    both = Accidents(small, small + 1, small)
    assert both.of(("ink", "ruler")).mean(axis=(1, 2)).tolist() == [0, 1]
    assert both.of(()).shape == (0, 4, 6)


@pytest.mark.parametrize("share", [0.005, 0.013, 0.07])
@pytest.mark.parametrize("size", [(384, 256), (768, 512)])
def test_strands_cover_the_share_that_is_asked_for(share, size):
    drawn = [float(strands(*size, share, seed).mean()) for seed in range(12)]

    assert np.median(drawn) == pytest.approx(share, rel=0.3)
    assert all(0.3 * share < one < 2.2 * share for one in drawn)


def test_strands_follow_from_the_seed_and_none_asked_for_are_none_drawn():
    assert strands(384, 256, 0.0, 1).sum() == 0
    assert np.array_equal(strands(384, 256, 0.02, 1), strands(384, 256, 0.02, 1))
    assert not np.array_equal(strands(384, 256, 0.02, 1), strands(384, 256, 0.02, 2))
    few, many = strands(384, 256, 0.01, 3), strands(384, 256, 0.04, 3)
    assert (many >= few).all()


def test_drawn_strands_look_like_hair_to_who_measures_it():
    picture, planes = skin()
    drawn = strands(384, 256, 0.03, 5)
    picture[drawn > 0] = HAIR

    planes = found(picture, planes)

    either = (planes["hair"] | planes["ruler"])[drawn > 0].mean()
    assert either > 0.75
    assert planes["hair"].mean() == pytest.approx(0.03, rel=0.6)
