"""Tone and appearance: measured on pictures with known colours, drawn as asked."""

import math

import numpy as np
import pytest
import torch
from skimage.color import rgb2lab

from engine.cases.appearance import Appearance, Density, hair_density, locus, measure, squared_radius
from engine.cases.planes import Planes
from engine.cases.tone import TONES, darken, ita_deg, lab_to_linear, linear_to_lab, measured_ita, rgb_to_lab


def flat_case(skin=(200, 160, 140), lesion=(90, 55, 40)):
    planes = Planes.blank(96, 64)
    planes.lesion[20:44, 30:66] = 1
    picture = np.where(planes.lesion[..., None] > 0, np.array(lesion), np.array(skin)).astype(np.uint8)
    return picture, planes


def photos(count=200):
    random = np.random.default_rng(1)
    return [
        Appearance(
            (70 + 5 * a, 8 + b, 14 + c),
            (42 + 6 * a + d, 15 + b, 18 + c),
            (9 + 2 * d, 4.0, 5.0),
            0.02 + 0.01 * d**2,
            0.02 * max(0.0, c),
        )
        for a, b, c, d in random.standard_normal((count, 4))
    ]


def test_lab_agrees_with_scikit_image():
    picture = np.random.default_rng(0).integers(0, 256, (8, 9, 3)).astype(np.uint8)

    assert np.allclose(rgb_to_lab(picture), rgb2lab(picture), atol=0.5)


def test_lab_and_linear_rgb_are_inverse():
    lab = np.array([[70, 10, 15], [40, 15, 20]], np.float32)

    assert np.allclose(linear_to_lab(lab_to_linear(lab)), lab, atol=0.2)


def test_measured_ita_is_that_of_the_skin_colour():
    picture, planes = flat_case()
    lightness, _, yellowness = rgb2lab(np.array([[[200, 160, 140]]], np.uint8))[0, 0]

    assert measured_ita(picture, planes.lesion == 0) == pytest.approx(ita_deg(lightness, yellowness), abs=0.5)
    assert measured_ita(picture, np.zeros((64, 96), bool)) is None


def test_measure_finds_the_colours_of_both_regions():
    picture, planes = flat_case()

    found = measure(picture, planes)

    assert np.allclose(found.skin_lab, rgb2lab(np.array([[[200, 160, 140]]], np.uint8))[0, 0], atol=0.5)
    assert np.allclose(found.lesion_lab, rgb2lab(np.array([[[90, 55, 40]]], np.uint8))[0, 0], atol=0.5)
    assert np.allclose(found.spread_lab, 0, atol=0.01)
    assert found.hair == 0


def test_a_picture_without_lesion_or_without_skin_is_measured_all_the_same():
    picture, planes = flat_case()
    full = Planes(np.ones_like(planes.lesion), planes.markers, planes.border)

    assert np.isfinite(measure(picture, Planes.blank(96, 64)).vector()).all()
    assert np.isfinite(measure(picture, full).vector()).all()


def test_hairs_are_thin_dark_lines_and_a_broad_shadow_is_none():
    lightness = np.full((64, 96), 70, np.float32)
    lightness[:, 40:43] = 30
    shadow = np.full((64, 96), 70, np.float32)
    shadow[:, 40:80] = 30
    everywhere = np.ones((64, 96), bool)

    assert hair_density(lightness, everywhere) == pytest.approx(3 / 96, rel=0.1)
    assert hair_density(shadow, everywhere) == 0


def test_more_melanin_is_darker_and_yellow_to_brown_but_none_changes_nothing():
    lab = np.array([[70, 10, 15]], np.float32)

    assert np.allclose(darken(lab, 0.0), lab, atol=0.2)
    assert darken(lab, 0.3)[0, 0] < darken(lab, 0.1)[0, 0] < 70


@pytest.mark.parametrize("tone", TONES)
def test_a_requested_tone_is_met_exactly(tone):
    drawn = Density.fit(photos()).draw(3, TONES[tone])

    assert drawn.ita_deg == pytest.approx(TONES[tone], abs=0.01)


def test_the_locus_darkens_with_the_tone():
    lightness = [locus(ita)[0] for ita in TONES.values()]

    assert lightness == sorted(lightness, reverse=True)
    assert all(math.isfinite(locus(ita)[1]) for ita in np.linspace(-80, 80, 161))


def test_the_seed_decides_and_seeds_differ():
    density = Density.fit(photos())

    assert density.draw(5) == density.draw(5)
    assert density.draw(5) != density.draw(6)


@pytest.mark.parametrize("count", [2, 5, 11])
def test_a_handful_of_photos_is_drawn_from_in_the_half_precision_of_shipped_weights_too(count):
    fitted = Density.fit(photos(count))
    shipped = Density(fitted.quantiles, tuple(map(tuple, np.array(fitted.correlation, np.float16).tolist())))

    for density in (fitted, shipped):
        for seed in range(8):
            assert np.isfinite(density.draw(seed).vector()).all()
            assert density.draw(seed, TONES["III"], lesion_colour=0.2).ita_deg == pytest.approx(TONES["III"], abs=0.01)


def test_draws_have_the_training_sets_means():
    known, density = photos(), Density.fit(photos())

    drawn = np.stack([density.draw(seed).vector() for seed in range(300)])

    assert np.allclose(drawn.mean(axis=0), np.stack([a.vector() for a in known]).mean(axis=0), atol=0.35)


def test_sliders_move_what_they_name_and_leave_the_tone():
    density = Density.fit(photos())
    light, dark = density.draw(4, 48.0, lesion_colour=0.1), density.draw(4, 48.0, lesion_colour=0.9)
    plain, varied = density.draw(4, 48.0, variation=0.1), density.draw(4, 48.0, variation=0.9)
    bald, hairy = density.draw(4, 48.0, hair=0.1), density.draw(4, 48.0, hair=0.9)

    assert light.lesion_lab[0] > dark.lesion_lab[0]
    assert plain.spread_lab[0] < varied.spread_lab[0]
    assert bald.hair < hairy.hair
    assert light.ita_deg == pytest.approx(dark.ita_deg)


@pytest.mark.parametrize("tone", [None, "II", "VI"])
def test_a_slider_set_where_the_seed_put_it_changes_nothing_of_its_own(tone):
    density, ita = Density.fit(photos()), tone and TONES[tone]
    for seed in range(10):
        free, values = density.draw(seed, ita), density.drawn(seed, ita, (None, None, None))
        by_hand = [density.draw(seed, ita, **{name: value}) for name, value in values.items()]
        for name, found in zip(values, by_hand, strict=True):
            assert density.percentiles(found)[name] == pytest.approx(density.percentiles(free)[name], abs=0.005)
            assert density.percentiles(found)[name] == pytest.approx(values[name], abs=0.005)
        assert list(density.drawn(seed, ita, (0.2, None, None))) == ["variation", "hair"]


def test_a_tone_moves_neither_the_hair_nor_the_dermoscopes_rim():
    density = Density.fit(photos())
    for seed in range(20):
        drawn = [density.draw(seed, ita) for ita in (None, *TONES.values())]
        assert {a.hair for a in drawn} == {drawn[0].hair}
        assert {a.vignette for a in drawn} == {drawn[0].vignette}
        assert density.draw(seed, TONES["VI"], hair=0.9).hair == density.draw(seed, hair=0.9).hair


def test_a_tone_no_training_photo_has_is_not_covered():
    density = Density.fit(photos())

    assert density.covers(55.0)
    assert not density.covers(TONES["VI"])


def test_the_vignette_is_where_a_round_field_ends_and_nothing_else_dark_counts():
    planes = Planes.blank(96, 64)
    planes.lesion[20:44, 30:66] = 1
    picture = np.full((64, 96, 3), (200, 160, 140), np.uint8)
    picture[20:44, 30:66] = 20
    picture[:2] = 10  # a hair along the edge
    y, x = np.mgrid[:64, :96]
    squared = ((x - 47.5) ** 2 + (y - 31.5) ** 2) / (48**2 + 32**2)

    assert measure(picture, planes).vignette == 0
    picture[squared > 0.7] = 8
    assert measure(picture, planes).vignette == pytest.approx(0.3, abs=0.02)


def test_the_rim_plane_is_dark_outside_the_measured_field():
    from engine.generators.pix2pixhd.networks import masked_appearance

    radius = torch.from_numpy(squared_radius(96, 64))[None, None]
    photo = Appearance((70, 8, 14), (42, 15, 18), (9, 4, 5), 0.02, 0.3)

    rim = masked_appearance(torch.zeros(1, 1, 64, 96), torch.from_numpy(photo.vector())[None], radius)[:, -1:]

    assert torch.equal(rim > 0, radius > 0.7)


def test_a_tone_moves_skin_and_lesion_alike_and_keeps_blood_and_hair():
    found = Appearance((62.0, 12.0, 18.0), (45.0, 18.0, 16.0), (8.0, 4.0, 4.0), 0.05, 0.0)

    dark = found.at_tone(-45.0)

    assert dark.ita_deg == pytest.approx(-45, abs=0.5)
    assert dark.skin_lab[1] == found.skin_lab[1]
    assert dark.lesion_lab[0] < dark.skin_lab[0] < found.skin_lab[0]
    assert (dark.hair, dark.vignette) == (found.hair, found.vignette)
    assert found.at_tone(30.0).ita_deg == pytest.approx(30, abs=0.5)
