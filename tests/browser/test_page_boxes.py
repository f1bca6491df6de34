"""Lesion boxes under a real mouse and keyboard: drawn, moved, pulled, typed, undone; the lesion goes along exactly."""

import numpy as np
import pytest
import rasteriser

BOX = (73, 49, 312, 208)  # around the plain painter's first lesion
LESION = 1
PULLS = {
    "nw": (BOX[0], BOX[1], (-12, 15)),
    "n": ((BOX[0] + BOX[2]) / 2, BOX[1], (3, 21)),
    "ne": (BOX[2], BOX[1], (25, -10)),
    "e": (BOX[2], (BOX[1] + BOX[3]) / 2, (-60, 4)),
    "se": (BOX[2], BOX[3], (20, 11)),
    "s": ((BOX[0] + BOX[2]) / 2, BOX[3], (0, -70)),
    "sw": (BOX[0], BOX[3], (33, -40)),
    "w": (BOX[0], (BOX[1] + BOX[3]) / 2, (-30, 0)),
}


@pytest.fixture
def studio(opened, plain):
    page = opened(plain)
    page.choose(["r"])
    return page


@pytest.fixture
def boxed(studio):
    studio.choose(["Enter"])
    studio.settle()
    return studio


def boxes(studio):
    """The page's boxes, after checking that the painter received the same."""
    found = studio.page.evaluate("moulage.editor.boxes")
    studio.settle()
    assert studio.server.record()["boxes"] == found
    return [(box["left"], box["top"], box["right"], box["bottom"]) for box in found]


def steps(studio):
    return studio.page.evaluate("moulage.editor.history.done.length")


def test_a_box_is_drawn_from_corner_to_corner_and_kept_inside_the_map(studio):
    before = studio.cells()

    path = studio.drag([(300.2, 200.3), (400, 90.4)])

    (x0, y0), (_, y1) = path[0], path[-1]
    assert boxes(studio) == [(round(x0), round(y1), 384, round(y0))]
    assert np.array_equal(studio.both(), before)
    studio.choose(["Control+z"])
    assert boxes(studio) == []


def test_a_click_draws_no_box(studio):
    studio.click(20, 20)

    assert boxes(studio) == []
    assert steps(studio) == 0


def test_enter_draws_one_around_the_lesion(boxed):
    rows, columns = np.nonzero(boxed.cells() & LESION)

    assert boxes(boxed) == [(columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)] == [BOX]


def test_a_moved_box_carries_the_lesion(boxed):
    before, ended = boxed.cells(), steps(boxed)

    path = boxed.drag([(180.5, 120.5), (205.5, 90.5), (191.5, 101.5)])

    dx, dy = (round(b - a) for a, b in zip(path[0], path[-1], strict=True))
    assert (dx, dy) == (11, -19)
    end = (BOX[0] + dx, BOX[1] + dy, BOX[2] + dx, BOX[3] + dy)
    assert boxes(boxed) == [end]
    assert np.array_equal(boxed.both(), rasteriser.carried(before, BOX, end))
    assert np.count_nonzero(boxed.cells() & LESION) == np.count_nonzero(before & LESION)
    assert steps(boxed) == ended + 1
    boxed.choose(["Control+z"])
    assert boxes(boxed) == [BOX]
    assert np.array_equal(boxed.both(), before)


@pytest.mark.parametrize("grip", PULLS)
def test_a_pulled_grip_scales_the_lesion(boxed, grip):
    before, (x, y, (dx, dy)) = boxed.cells(), PULLS[grip]

    boxed.drag([(x, y), (x + dx, y + dy)])

    end = (
        BOX[0] + dx * ("w" in grip), BOX[1] + dy * ("n" in grip),
        BOX[2] + dx * ("e" in grip), BOX[3] + dy * ("s" in grip),
    )  # fmt: skip
    assert boxes(boxed) == [end]
    assert np.array_equal(boxed.both(), rasteriser.carried(before, BOX, end))


def test_arrows_nudge_by_one_and_ten_and_resize(boxed):
    before, ended = boxed.cells(), steps(boxed)

    boxed.choose(["ArrowRight", "Shift+ArrowUp", "Alt+ArrowLeft", "Alt+Shift+ArrowDown"])

    assert boxes(boxed) == [(BOX[0] + 1, BOX[1] - 10, BOX[2], BOX[3])]
    assert steps(boxed) == ended + 4
    for _ in range(4):
        boxed.choose(["Control+z"])
    assert np.array_equal(boxed.both(), before)


def test_a_held_arrow_is_one_step_and_resamples_once(boxed):
    before, ended = boxed.cells(), steps(boxed)

    boxed.page.keyboard.down("Alt")
    for _ in range(25):
        boxed.page.keyboard.down("ArrowLeft")
    boxed.page.keyboard.up("ArrowLeft")
    boxed.page.keyboard.up("Alt")

    end = (BOX[0], BOX[1], BOX[2] - 25, BOX[3])
    assert boxes(boxed) == [end]
    assert np.array_equal(boxed.both(), rasteriser.carried(before, BOX, end))
    assert steps(boxed) == ended + 1


def test_exact_numbers_are_taken_or_kept_inside(boxed):
    before = boxed.cells()

    def typed(name, text):
        field = boxed.page.locator(f"[data-edge={name}]")
        field.fill(text)
        field.press("Enter")

    typed("left", "10")
    typed("width", "100")
    assert boxes(boxed) == [(10, BOX[1], 110, BOX[3])]
    typed("left", "380")
    assert boxes(boxed) == [(284, BOX[1], 384, BOX[3])]
    typed("top", "x")
    typed("height", "")
    assert boxed.page.locator("[data-edge=top]").input_value() == str(BOX[1])
    assert boxes(boxed) == [(284, BOX[1], 384, BOX[3])]
    for _ in range(3):
        boxed.choose(["Control+z"])
    assert np.array_equal(boxed.both(), before)


def test_without_carry_the_map_stays(boxed):
    before = boxed.cells()
    boxed.page.locator("[data-act=carry]").click()

    boxed.drag([(180.5, 120.5), (210.5, 130.5)])

    assert boxes(boxed) == [(BOX[0] + 30, BOX[1] + 10, BOX[2] + 30, BOX[3] + 10)]
    assert np.array_equal(boxed.both(), before)


def test_a_locked_class_is_not_carried(boxed):
    before = boxed.cells()
    boxed.page.evaluate("moulage.editor.lock(7)")

    boxed.drag([(180.5, 120.5), (200.5, 120.5)])

    end = (BOX[0] + 20, BOX[1], BOX[2] + 20, BOX[3])
    assert np.array_equal(boxed.both(), rasteriser.carried(before, BOX, end, kept=3 << 10))
    assert np.array_equal(boxed.cells() >> 10, before >> 10)


def test_boxes_are_chosen_and_removed_by_hand_and_by_key(boxed):
    boxed.page.locator("[data-act=carry]").click()
    boxed.drag([(10, 10), (50, 60)])
    both = boxes(boxed)
    assert len(both) == 2

    boxed.choose(["Enter", "Delete"])
    assert boxes(boxed) == both[1:]
    boxed.click(30.5, 30.5, button="right")
    assert boxes(boxed) == []
    boxed.choose(["Control+z", "Control+z"])
    assert boxes(boxed) == both


def test_escape_takes_back_the_drag(boxed):
    before = boxed.cells()
    boxed.page.mouse.move(*boxed.at(180, 120))
    boxed.page.mouse.down()
    boxed.page.mouse.move(*boxed.at(220, 100), steps=4)
    boxed.choose(["Escape"])
    boxed.page.mouse.up()

    assert boxes(boxed) == [BOX]
    assert np.array_equal(boxed.both(), before)
