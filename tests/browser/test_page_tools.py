"""Fill, lasso, eyedropper, locks and eyes, against an independent rasteriser, under a real mouse."""

import numpy as np
import pytest
import rasteriser

from engine import service
from engine.cases.planes import pack

LESION = 1


@pytest.fixture
def studio(opened, plain):
    return opened(plain)


def tool(studio):
    return studio.page.evaluate("({ ...moulage.editor.tool })")


def test_fill_paints_the_region_under_the_pointer_alone(studio):
    studio.choose(["b", "5"])
    studio.size(6)
    studio.drag([(190, 20), (192, 240)], steps=20)
    before = studio.cells()
    studio.choose(["g", "7"])

    studio.click(150.5, 128.5)

    inside = rasteriser.region(before, 150, 128)
    assert 1000 < np.count_nonzero(inside) < np.count_nonzero(before & LESION)
    assert np.array_equal(studio.both(), rasteriser.painted(before, inside, 7))


def test_a_dragged_lasso_closes_when_the_hand_lets_go(studio):
    before = studio.cells()
    studio.choose(["l", "3"])

    path = studio.drag([(120.2, 60.3), (260.1, 81.7), (271.3, 203.9), (183.7, 111.3), (109.1, 190.8)])

    assert np.array_equal(studio.both(), rasteriser.painted(before, rasteriser.polygon(before.shape, path), 3))


@pytest.mark.parametrize("close", ["Enter", "first corner", "double click"])
def test_a_clicked_outline_is_closed_in_three_ways(studio, close):
    before, corners = studio.cells(), [(100.3, 50.2), (300.7, 60.1), (250.2, 210.9), (180.4, 90.6)]
    studio.choose(["l", "6"])
    for corner in corners:
        studio.page.mouse.click(*studio.at(*corner))
    points = studio.page.evaluate("moulage.editor.outline.points.map(({ x, y }) => [x, y])")
    assert np.array_equal(studio.cells(), before)

    if close == "Enter":
        studio.choose(["Enter"])
    elif close == "first corner":
        studio.page.mouse.click(*studio.at(*corners[0]))
    else:
        studio.page.mouse.dblclick(*studio.at(*corners[-1]))
    studio.settle()

    assert np.array_equal(studio.both(), rasteriser.painted(before, rasteriser.polygon(before.shape, points), 6))


def test_undo_takes_back_a_corner_and_escape_the_outline(studio):
    before = studio.cells()
    studio.choose(["l", "4"])
    for corner in ((100, 50), (300, 60), (250, 210)):
        studio.page.mouse.click(*studio.at(*corner))

    studio.choose(["Control+z"])
    assert studio.page.evaluate("moulage.editor.outline.points.length") == 2
    studio.choose(["Escape"])
    assert studio.page.evaluate("moulage.editor.outline") is None
    studio.choose(["l"])
    studio.page.mouse.click(*studio.at(100, 50))
    studio.choose(["b"])

    assert studio.page.evaluate("moulage.editor.outline") is None, "another tool drops it"
    assert np.array_equal(studio.cells(), before)


def test_the_eyedropper_takes_up_class_and_certainty_and_hands_back_the_brush(studio):
    studio.choose(["b", "6", "p"])
    studio.drag([(150, 100), (170, 100)])
    studio.choose(["2", "p", "i"])

    studio.page.mouse.click(*studio.at(160, 100))

    assert (tool(studio)["name"], tool(studio)["label"], tool(studio)["certainty"]) == ("brush", 6, 1)
    studio.choose(["i"])
    studio.page.mouse.click(*studio.at(5, 5))
    assert tool(studio)["label"] == 1


def test_inside_the_lesion_spares_everything_outside(studio):
    before = studio.cells()
    studio.choose(["b", "7", "o"])
    studio.size(40)

    path = studio.drag([(20, 128), (200, 128)])

    inside = rasteriser.stroke(before.shape, path, 20) & (before & LESION > 0)
    assert np.array_equal(studio.both(), rasteriser.painted(before, inside, 7))


def test_a_locked_class_stays_whatever_is_painted(studio):
    studio.choose(["b", "5"])
    studio.drag([(100, 128), (280, 128)])
    before = studio.cells()
    studio.page.locator("[data-guard='5']").click()
    studio.page.locator("[data-guard='2']").click()
    studio.choose(["1"])
    studio.size(60)
    studio.drag([(60, 128), (330, 128)])
    assert np.array_equal(studio.both(), before), "lesion and streaks are locked, and nothing else is there"

    studio.page.locator("[data-guard='1']").click()
    studio.choose(["3"])
    path = studio.drag([(20, 128), (330, 150)])

    inside = rasteriser.stroke(before.shape, path, 30) & (before > 0)
    assert np.array_equal(studio.both(), rasteriser.painted(before, inside, 3)), "bare skin is locked too"


def test_a_hidden_class_is_kept(studio):
    studio.choose(["b", "7"])
    studio.drag([(150, 100), (230, 110)])
    before = studio.cells()
    seen = "Array.from(moulage.mapPane.overlay.context.getImageData(3 * 190, 3 * 105, 24, 24).data)"
    shown = studio.page.evaluate(seen)

    studio.page.locator("[data-hide='7']").click()

    assert studio.page.evaluate(seen) != shown
    studio.page.locator("[data-hide='7']").click()
    assert studio.page.evaluate(seen) == shown
    assert np.array_equal(studio.both(), before)


COS, SIN = np.cos(np.pi / 12), np.sin(np.pi / 12)


@pytest.mark.parametrize(("press", "backwards"), [
    ("m", lambda x, y: (-x, y)),
    ("Shift+M", lambda x, y: (x, -y)),
    ("t", lambda x, y: (COS * x + SIN * y, COS * y - SIN * x)),
    ("Shift+T", lambda x, y: (COS * x - SIN * y, COS * y + SIN * x)),
    ("Shift+BracketRight", lambda x, y: (x / 1.1, y / 1.1)),
    ("Shift+BracketLeft", lambda x, y: (x * 1.1, y * 1.1)),
])  # fmt: skip
def test_the_whole_lesion_moves_and_comes_back(studio, press, backwards):
    studio.choose(["b", "7"])
    studio.drag([(230, 80), (280, 120)])
    before = studio.cells()

    studio.choose([press])
    studio.settle()
    after = studio.both()
    studio.choose(["Control+z"])

    assert np.array_equal(after, rasteriser.moved(before, backwards))
    assert np.array_equal(studio.cells(), before)


def test_what_is_locked_does_not_move(studio):
    studio.choose(["b", "5"])
    studio.drag([(230, 80), (280, 120)])
    before = studio.cells()
    studio.page.locator("[data-guard='5']").click()

    studio.choose(["t"])
    studio.settle()

    after = studio.both()
    assert np.array_equal(after & 0b11000000, before & 0b11000000)
    assert not np.array_equal(after & LESION, before & LESION)


@pytest.mark.parametrize(("source", "target"), [(7, 3), (4, 6)])
def test_a_marker_is_copied_to_another_with_its_certainty(studio, source, target):
    studio.choose(["b", str(source)])
    studio.drag([(150, 100), (230, 110)])
    studio.choose(["p"])
    studio.drag([(150, 140), (230, 150)])
    before = studio.cells()

    studio.page.locator("[popovertarget=lesion-menu]").click()
    studio.page.locator(f"[data-copy='{target}']").click()
    studio.settle()

    after, bits = studio.both(), lambda cells, label: cells >> (2 + 2 * (label - 3)) & 3
    assert np.array_equal(bits(after, target), bits(before, source))
    assert np.array_equal(after & ~np.uint16(3 << (2 + 2 * (target - 3))), before)


def test_superpixels_are_walked_and_marked_by_keyboard_alone(studio):
    before, ids = studio.cells(), studio.superpixels()
    studio.page.mouse.move(2, 2)
    studio.choose(["s", "7", "ArrowRight"])
    seen = [ids[128, 192]]
    marked = np.zeros(ids.shape, bool)
    for step in ("ArrowRight", "ArrowRight", "ArrowDown", "ArrowDown", "ArrowLeft", "ArrowUp"):
        studio.choose([step])
        at = studio.page.evaluate("[moulage.mapPane.pointer.x, moulage.mapPane.pointer.y]")
        region = ids[int(at[1]), int(at[0])]
        old, new = (np.argwhere(ids == i).mean(axis=0) for i in (seen[-1], region))
        axis, sign = {"Right": (1, 1), "Left": (1, -1), "Down": (0, 1), "Up": (0, -1)}[step[5:]]
        assert sign * (new - old)[axis] > 0
        seen.append(region)
        studio.choose(["Space"])
        marked ^= ids == region
        assert f"region {region}" in studio.page.locator("[data-part=readout]").inner_text()
    studio.settle()

    assert np.array_equal(studio.both(), rasteriser.painted(before, marked, 7))
    studio.choose(["Shift+Space"])
    studio.settle()
    assert np.array_equal(studio.both(), rasteriser.painted(before, marked & (ids != seen[-1]), 7))


def test_a_starter_takes_the_canvas_and_undo_gives_it_back(studio):
    before = studio.cells()
    menu = studio.page.locator("[data-part=starter]")

    menu.select_option("two lesions")
    studio.page.wait_for_function("moulage.editor.settings.seed === 18")
    studio.settle()

    planes = service.Painter().starter_case("two lesions").planes
    assert np.array_equal(studio.both(), pack(planes))
    assert menu.evaluate("node => node.selectedIndex") == 0
    studio.choose(["Control+z"])
    assert np.array_equal(studio.cells(), before)
