"""A finger paints, two fingers move and zoom; a pen paints as the mouse does."""

import numpy as np
import pytest
import rasteriser


@pytest.fixture
def studio(opened, plain):
    page = opened(plain, 1180, 820, has_touch=True)
    page.touch = page.page.context.new_cdp_session(page.page)
    return page


def send(studio, kind, *points):
    points = [{"x": x, "y": y, "id": number} for number, (x, y) in enumerate(points)]
    studio.touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})


def test_one_finger_paints(studio):
    before = studio.cells()
    studio.choose(["b", "3"])
    start, end = studio.at(120, 80), studio.at(160, 100)

    send(studio, "touchStart", start)
    send(studio, "touchMove", end)
    path = studio.path()
    send(studio, "touchEnd")
    studio.settle()

    size = studio.page.evaluate("moulage.editor.tool.size_px")
    inside = rasteriser.stroke(before.shape, path, size / 2)
    assert np.array_equal(studio.both(), rasteriser.painted(before, inside, 3))
    assert not np.array_equal(studio.cells(), before)


def test_two_fingers_zoom_about_their_middle_and_paint_nothing(studio):
    before, scale = studio.cells(), studio.view()["scale"]
    (left, top), (right, bottom) = studio.at(150, 110), studio.at(230, 150)
    middle = ((left + right) / 2, (top + bottom) / 2)

    send(studio, "touchStart", (left, top))
    send(studio, "touchStart", (left, top), (right, bottom))
    for step in range(1, 11):
        send(studio, "touchMove", (left - 4 * step, top - 2 * step), (right + 4 * step, bottom + 2 * step))
    send(studio, "touchEnd", (left - 40, top - 20))
    send(studio, "touchMove", (left - 10, top - 20))
    send(studio, "touchEnd")

    grown = np.hypot(right - left + 80, bottom - top + 40) / np.hypot(right - left, bottom - top)
    assert studio.view()["scale"] == pytest.approx(scale * grown, rel=0.02)
    assert studio.at(190, 130) == pytest.approx(middle, abs=2)
    assert np.array_equal(studio.cells(), before)
    assert studio.page.evaluate("moulage.editor.history.done.length") == 0


def test_h_hides_the_map_while_held_and_from_tap_to_tap(studio):
    hidden = "moulage.mapPane.hidden"
    studio.page.keyboard.down("h")
    assert studio.page.evaluate(hidden)
    studio.page.wait_for_timeout(350)
    studio.page.keyboard.up("h")
    assert not studio.page.evaluate(hidden)
    studio.choose(["h"])
    assert studio.page.evaluate(hidden)
    studio.choose(["h"])
    assert not studio.page.evaluate(hidden)
