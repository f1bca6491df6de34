"""Sweeps: each axis changes its own thing and nothing else; scaling agrees with an affine map of scipy."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import ndimage
from starters import starter

from engine.cases.boxes import Box
from engine.cases.case import Case
from engine.cases.examples import EXAMPLES
from engine.cases.planes import MARKERS, Planes, pack
from engine.errors import EngineError
from engine.generators.shared.sliders import AppearanceSettings
from engine.rendering.sweeps import AXES, clipped, scaled, sweep, without


def clinical():
    boxes = Box(40, 30, 200, 160, "melanoma"), Box(5, 5, 9, 9, "melanoma")
    return Case(Planes.blank(256, 256), None, "dermgan-live", AppearanceSettings(7, "II"), boxes=boxes)


# The case that has what an axis varies.
STARTS = dict.fromkeys(AXES, starter) | {"condition": clinical}


@pytest.mark.parametrize("name", AXES)
def test_proposed_values_read_back_as_themselves(name):
    case = STARTS[name]()

    text = ", ".join(AXES[name].label(value) for value in AXES[name].proposed(case))

    other = "tone" if name != "tone" else "size"
    assert sweep(case, name, other, text).columns == AXES[name].proposed(case)
    assert sweep(case, other, name).rows == AXES[name].proposed(case)


@pytest.mark.parametrize("name", AXES)
def test_an_axis_repeats_and_one_of_its_values_leaves_the_case_alone(name):
    case = replace(STARTS[name](), boxes=clinical().boxes)
    axis = AXES[name]
    cells = [axis.apply(case, value) for value in axis.proposed(case)]

    assert case in cells
    assert all(a != b for i, a in enumerate(cells) for b in cells[:i])
    assert cells == [axis.apply(case, value) for value in axis.proposed(case)]


@pytest.mark.parametrize("percent", [37, 80, 100, 140])
@pytest.mark.parametrize("name", EXAMPLES)
def test_scaling_is_a_nearest_neighbour_zoom_about_the_centroid(name, percent):
    case = starter(name)
    cells = pack(case.planes)
    centre = np.array(ndimage.center_of_mass(cells > 0))
    zoom = 100 / percent
    matrix, offset = np.diag([zoom, zoom]), centre - zoom * centre

    expected = ndimage.affine_transform(cells, matrix, offset, order=0, mode="grid-constant", cval=0)

    found = pack(scaled(case, percent).planes)
    assert (found != expected).mean() < 0.002, "only ties at pixel borders may fall otherwise"
    assert set(np.unique(found)) <= set(np.unique(cells)) | {0}


def test_a_scaled_lesion_has_the_area_and_says_what_was_cut():
    case = starter("small")
    area = case.planes.lesion.sum()

    for percent in (50, 150):
        assert scaled(case, percent).planes.lesion.sum() == pytest.approx(area * (percent / 100) ** 2, rel=0.03)
        assert clipped(case, percent) < 0.03
    assert clipped(starter(), 300) > 0.3
    assert clipped(replace(case, planes=starter("small").planes.blank(384, 256)), 200) == 0


def test_boxes_scale_about_their_middles_inside_the_map():
    case = replace(starter(), boxes=(Box(100, 100, 140, 120, "nevus"), Box(0, 0, 20, 20)))

    small, large = scaled(case, 50).boxes, scaled(case, 200).boxes

    assert small == (Box(110, 105, 130, 115, "nevus"), Box(5, 5, 15, 15))
    assert large == (Box(80, 90, 160, 130, "nevus"), Box(0, 0, 30, 30))


def test_without_a_marker_only_that_marker_goes():
    case = starter()
    for index, marker in enumerate(MARKERS):
        bare = without(case, marker)
        assert not bare.planes.markers[index].any()
        assert np.array_equal(np.delete(bare.planes.markers, index, 0), np.delete(case.planes.markers, index, 0))
        assert np.array_equal(bare.planes.lesion, case.planes.lesion)


def test_both_axes_meet_in_a_cell():
    case = starter()
    chosen = sweep(case, "size", "tone", "50, 100%", "II,VI")

    assert chosen.case(case, 0, 1) == scaled(case, 50).varied(tone="VI")
    assert chosen.labels() == (["50 %", "100 %"], ["II", "VI"])


@pytest.mark.parametrize(("arguments", "words"), [
    (("size", "size"), "two different"),
    (("hue", "tone"), "'hue'"),
    (("size", "tone", "5"), "10 to 400"),
    (("condition", "tone", "measles"), "measles"),
    (("condition", "tone"), "0 cells"),
    (("generator", "tone", "pix2pix"), "pix2pix"),
    (("size", "tone", "1e2"), "10 to 400"),
    (("size", "tone", "100", "VII"), "VII"),
    (("seed", "tone", "-1"), "seed"),
    (("marker", "tone", "without hair"), "without one of"),
    (("seed", "tone", ",".join(map(str, range(99)))), "594 cells"),
])  # fmt: skip
def test_a_wrong_sweep_is_one_sentence(arguments, words):
    with pytest.raises(EngineError, match=words):
        sweep(starter(), *arguments)
