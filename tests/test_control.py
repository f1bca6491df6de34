"""Control: measures against outside references, and painters whose obedience is known."""

from dataclasses import dataclass

import cv2
import numpy as np
import pytest
import scipy.ndimage
from phantoms import phantom

from engine.cases.planes import MARKERS, Planes
from engine.errors import EngineError
from engine.evaluate import edits
from engine.evaluate import picture_measures as measures
from engine.evaluate.control import TOGGLED, colour_spread_ratio, control, real_directions, sharpness_ratio

SIZE = (120, 80)
GRAIN = np.random.default_rng(5).integers(-40, 41, (SIZE[1], SIZE[0], 1)).repeat(3, axis=2)


@dataclass(frozen=True)
class Case:
    planes: Planes
    seed: int


def case(index):
    """A round lesion whose left half bears network, a disc in the right half globules."""
    rows, columns = np.mgrid[: SIZE[1], : SIZE[0]]
    middle = 38 + index % 5
    planes = Planes.blank(*SIZE)
    planes.lesion[(rows - 40) ** 2 + (columns - middle) ** 2 < 28**2] = 1
    planes.markers[0][(planes.lesion > 0) & (columns < middle - 6)] = 2
    planes.markers[4][(rows - 40) ** 2 + (columns - middle - 10) ** 2 < 8**2] = 2
    return Case(planes, index)


def painted(case, rough=1.0, everywhere=0.0):
    """Skin and a lesion whose colour follows the seed; grain where markers are (or everywhere), as strong as said."""
    colour = np.where(case.planes.lesion[..., None] > 0, 120 + 4 * (case.seed % 7), 190).astype(float)
    marked = (case.planes.markers > 0).any(axis=0)[..., None]
    return np.clip(colour + GRAIN * (rough * marked + everywhere), 0, 255).astype(np.uint8)


CASES = [case(index) for index in range(12)]
REAL = [painted(c, rough=0.8, everywhere=0.1) for c in CASES]


def test_an_obedient_painter_is_right_in_every_trial_and_changes_nothing_far_away():
    found = control(lambda c: painted(c, everywhere=0.1), CASES, REAL, trials=12)
    assert found.cases == 12
    assert [(t.marker, t.trials, t.right, t.real_agreement) for t in found.toggles] == [
        (m, 12, 12, 1.0) for m in TOGGLED
    ]
    assert all(t.made_ratio > 1 and t.real_ratio > 1 for t in found.toggles)
    assert found.locality == float("inf")
    assert found.colour_spread_ratio == pytest.approx(1, abs=0.1)


def test_a_painter_deaf_to_markers_is_never_right():
    found = control(lambda c: painted(c, rough=0.0, everywhere=0.5), CASES, REAL, trials=12)
    assert [t.right for t in found.toggles] == [0, 0]
    assert [t.made_ratio for t in found.toggles] == [1.0, 1.0]


def test_the_right_direction_is_the_real_pictures_not_an_assumption():
    smooth = [painted(c, rough=-0.7, everywhere=0.8) for c in CASES]
    found = control(lambda c: painted(c, rough=-0.6, everywhere=0.8), CASES, smooth, trials=12)
    assert all(t.real_ratio < 1 and t.made_ratio < 1 and t.right == t.trials for t in found.toggles)


def test_a_painter_whose_whole_picture_moves_with_each_edit_is_not_local():
    def global_painter(c):
        shade = int(c.planes.markers.sum() + c.planes.lesion.sum()) % 17
        return np.clip(painted(c).astype(int) + shade, 0, 255).astype(np.uint8)

    assert control(global_painter, CASES, REAL, trials=12).locality < 5


def test_pictures_at_hand_are_not_rendered_again_and_progress_ends_with_the_last_render():
    rendered, told = [], []

    def counting(c):
        rendered.append(c)
        return painted(c)

    given = control(counting, CASES, REAL, made=[painted(c) for c in CASES], trials=6,
                    progress=lambda done, total: told.append((done, total)))  # fmt: skip
    assert len(rendered) == 6 * 2 + 6
    assert told[-1] == (18, 18)
    assert given == control(painted, CASES, REAL, trials=6)


def test_a_case_without_its_photo_is_refused():
    with pytest.raises(EngineError, match="12 cases and 11 real pictures"):
        control(painted, CASES, REAL[1:])
    with pytest.raises(EngineError, match="12 cases and 1 made pictures"):
        control(painted, CASES, REAL, made=REAL[:1])
    with pytest.raises(EngineError, match="real picture 11 is 60x40; allowed is its map's size, 120x80"):
        control(painted, CASES, [*REAL[:-1], REAL[-1][::2, ::2]])


def test_the_sentence_says_every_figure():
    sentence = control(lambda c: painted(c, everywhere=0.1), CASES, REAL, trials=12).sentence()
    assert "pigment_network right in 12 of 12, globules right in 12 of 12" in sentence
    assert sentence.endswith("edits change inf× more inside than beyond 32 px, 12 maps")


def test_maps_without_the_marker_have_no_trials_rather_than_a_verdict():
    bare = [Case(edits.without_marker(c.planes, "globules"), c.seed) for c in CASES]
    globules = control(painted, bare, [painted(c) for c in bare], trials=3).toggles[1]
    assert (globules.trials, globules.right) == (0, 0)


@pytest.mark.parametrize("marker", TOGGLED)
def test_the_texture_of_phantoms_rises_where_they_bear_the_marker(marker):
    drawn = [phantom(index, 2, 192, 128) for index in range(16)]
    ratios = real_directions([p for p, _ in drawn], [Case(planes, 0) for _, planes in drawn], marker)
    assert len(ratios) > 3
    assert np.median(ratios) > 0


def test_laplacian_variance_equals_scipys():
    grey = cv2.cvtColor(REAL[0], cv2.COLOR_RGB2GRAY).astype(float)
    expected = scipy.ndimage.laplace(grey, mode="mirror").var()
    assert measures.laplacian_variance(REAL[0]) == pytest.approx(expected, rel=1e-9)


def test_sharpness_is_one_for_the_same_pictures_and_falls_with_blur():
    assert sharpness_ratio(REAL, REAL) == 1
    assert sharpness_ratio(REAL, [cv2.GaussianBlur(p, (0, 0), 1.5) for p in REAL]) < 0.5


def test_colour_spread_is_one_for_the_same_pictures_and_nought_for_one_picture_repeated():
    assert colour_spread_ratio(REAL, REAL, CASES) == 1
    one = [CASES[0]] * 12
    assert colour_spread_ratio(REAL, [REAL[0]] * 12, one) == pytest.approx(0, abs=1e-6)


def test_spread_is_the_root_of_the_covariances_trace():
    colours = np.random.default_rng(1).standard_normal((30, 3)) * [5, 2, 1]
    assert measures.spread(colours) == pytest.approx(np.sqrt(np.trace(np.cov(colours, rowvar=False))))


def test_gradient_energy_of_a_grey_ramp_is_its_slope_squared():
    ramp = np.repeat(np.arange(60, 200, dtype=np.uint8)[None, :, None], 20, axis=0).repeat(3, axis=2)
    lightness = measures.rgb_to_lab(ramp)[10, :, 0]
    expected = ((lightness[2:] - lightness[:-2]) / 2) ** 2
    np.testing.assert_allclose(measures.gradient_energy(ramp)[10, 1:-1], expected, rtol=1e-6)


def test_reach_measures_inside_and_beyond_and_nothing_between():
    before = np.zeros((40, 120, 3), np.uint8)
    edit = np.zeros((40, 120), bool)
    edit[:, :10] = True
    after = before.copy()
    after[:, :10], after[:, 10:41], after[:, 42:] = 50, 200, 4
    assert measures.reach(before, after, edit) == (50.0, 4.0)
    assert measures.reach(before, after, np.zeros_like(edit)) is None
    assert measures.reach(before, after, np.ones_like(edit)) is None


@pytest.mark.parametrize("plane", ["lesion", *MARKERS])
def test_a_stroke_is_one_seeded_capsule_of_one_plane(plane):
    planes = CASES[0].planes
    after, again = (edits.stroke(planes, plane, np.random.default_rng(4)) for _ in range(2))
    assert after == again
    edit = edits.changed(planes, after)
    assert 0 < edit.sum() <= np.pi * 10**2 + 20 * 30 + 100
    untouched = [m for m in MARKERS if m != plane]
    assert all(np.array_equal(planes.markers[MARKERS.index(m)], after.markers[MARKERS.index(m)]) for m in untouched)
    if plane != "lesion":
        assert not (edit & (planes.lesion == 0)).any()


def test_a_stroke_erases_where_the_plane_is_already():
    planes = edits.without_marker(CASES[0].planes, "globules")
    planes.markers[4][:] = 2
    after = edits.stroke(planes, "globules", np.random.default_rng(4))
    assert (after.markers[4] == 0).any()


def test_planes_without_lesion_take_no_stroke():
    blank = Planes.blank(*SIZE)
    assert edits.stroke(blank, "lesion", np.random.default_rng(0)) == blank
