"""What the engine receives equals an independent rasteriser, bit for bit, under a real mouse in a real Chromium."""

import numpy as np
import pytest
import rasteriser


@pytest.fixture
def studio(opened, plain):
    return opened(plain)


@pytest.mark.parametrize(("digit", "size_px"), [("1", 9), ("2", 40), ("3", 24), ("5", 1), ("7", 13)])
def test_a_brush_stroke_is_exact(studio, digit, size_px):
    before = studio.cells()
    studio.choose(["b", digit])
    studio.size(size_px)

    path = studio.drag([(150, 90), (222, 120), (180, 190)])

    expected = rasteriser.painted(before, rasteriser.stroke(before.shape, path, size_px / 2), int(digit))
    assert np.array_equal(studio.both(), expected)
    assert not np.array_equal(expected, before)


def test_a_stroke_at_six_zooms_and_over_the_rim_is_exact(studio):
    studio.choose(["b", "4", "p"])
    studio.size(11)
    expected = studio.cells()
    for _ in range(6):
        scale = studio.view()["scale"]
        studio.page.mouse.move(*studio.at(20, 30))
        studio.page.mouse.wheel(0, -180)
        studio.page.wait_for_function("scale => moulage.view.scale > scale", arg=scale)
        path = studio.drag([(20, 30), (31, 22), (-4, 25)], steps=3)
        expected = rasteriser.painted(expected, rasteriser.stroke(expected.shape, path, 5.5), 4, certainty=1)

    assert studio.view()["scale"] > 5
    assert np.array_equal(studio.both(), expected)


def test_the_eraser_takes_the_chosen_marker_alone(studio):
    studio.choose(["b", "3"])
    studio.drag([(150, 100), (230, 100)])
    studio.choose(["7"])
    studio.drag([(150, 110), (230, 110)])
    before = studio.cells()
    studio.choose(["e"])
    studio.size(15)

    path = studio.drag([(190, 80), (190, 140)])

    expected = rasteriser.erased(before, rasteriser.stroke(before.shape, path, 7.5), 7)
    assert np.array_equal(studio.both(), expected)
    assert np.count_nonzero(expected != before) > 100
    assert np.array_equal(expected & 0b1100, before & 0b1100), "the network underneath stays"


def test_the_right_button_erases_with_any_tool(studio):
    before = studio.cells()
    studio.choose(["b", "2"])

    path = studio.drag([(180, 120), (200, 130)], button="right")

    assert np.array_equal(studio.both(), rasteriser.erased(before, rasteriser.stroke(before.shape, path, 12), 2))


def test_a_click_on_a_superpixel_toggles_it(studio):
    before, ids = studio.cells(), studio.superpixels()
    studio.choose(["s", "6"])
    inside = ids == ids[120, 200]

    studio.click(200.5, 120.5)
    on = studio.both()
    studio.click(200.5, 120.5)

    assert np.array_equal(on, rasteriser.painted(before, inside, 6))
    assert np.array_equal(studio.both(), before)


def test_a_drag_paints_superpixels_and_shift_clears_them(studio):
    before, ids = studio.cells(), studio.superpixels()
    studio.choose(["s", "5"])

    path = studio.drag([(160, 100), (215, 140)], steps=12)
    touched = np.isin(ids, [ids[int(y), int(x)] for x, y in path])
    on = studio.both()
    studio.page.keyboard.down("Shift")
    studio.drag([(160, 100), (215, 140)], steps=12)
    studio.page.keyboard.up("Shift")

    assert len(np.unique(ids[touched])) > 4
    assert np.array_equal(on, rasteriser.painted(before, touched, 5))
    assert np.array_equal(studio.both(), before)


def test_a_hundred_steps_of_every_kind_are_undone_and_redone(studio):
    start, settings = studio.cells(), studio.page.evaluate("({ ...moulage.editor.settings })")
    studio.size(7)
    for step in range(100):
        kind = step % 5
        if kind == 0:
            studio.choose(["b", str(2 + step % 6)])
            studio.page.mouse.move(*studio.at(80 + step * 2, 60 + step))
            studio.page.mouse.down()
            studio.page.mouse.move(*studio.at(96 + step * 2, 70 + step))
            studio.page.mouse.up()
        elif kind == 1:
            studio.choose([f"Shift+{1 + (step // 5) % 6}"])
            studio.page.evaluate("moulage.editor.settings.tone") or pytest.fail("no tone")
        elif kind == 2:
            studio.choose(["n"])
        elif kind == 3:
            studio.page.evaluate(f"moulage.editor.set({{ hair: {0.2 + step / 200} }})")
        else:
            studio.page.evaluate(f"moulage.editor.set({{ variation: {step / 200} }})")
    done = studio.page.evaluate("moulage.editor.history.done.length")
    end, end_settings = studio.cells(), studio.page.evaluate("({ ...moulage.editor.settings })")

    for _ in range(done):
        studio.choose(["Control+z"])
    assert np.array_equal(studio.cells(), start)
    assert studio.page.evaluate("({ ...moulage.editor.settings })") == settings
    for _ in range(done):
        studio.choose(["Control+Shift+Z"])
    studio.settle()
    assert done >= 95, "a tone that stood already is no step"
    assert np.array_equal(studio.both(), end)
    assert studio.page.evaluate("({ ...moulage.editor.settings })") == end_settings


def test_escape_takes_back_the_stroke_in_hand(studio):
    before = studio.cells()
    studio.choose(["b", "3"])
    studio.page.mouse.move(*studio.at(150, 100))
    studio.page.mouse.down()
    studio.page.mouse.move(*studio.at(200, 120), steps=4)
    assert not np.array_equal(studio.cells(), before)

    studio.choose(["Escape"])
    studio.page.mouse.move(*studio.at(240, 140), steps=4)
    studio.page.mouse.up()
    studio.settle()

    assert np.array_equal(studio.both(), before)
