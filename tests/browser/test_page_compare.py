"""The picture held against the one before: while a key is down, by a slider, as a difference, against a pinned one."""

import base64
import io

import numpy as np
import pytest
from PIL import Image


@pytest.fixture
def studio(opened, plain):
    return opened(plain)


def canvas(studio):
    """The picture pane's canvas, uint8 [H, W, 3]."""
    url = studio.page.evaluate("moulage.picture.canvas.toDataURL()")
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(url.partition(",")[2]))).convert("RGBA"))[..., :3]


def shown(studio):
    """What the picture pane shows, one RGB value a map pixel [H, W, 3], in the canvas before any amplification."""
    studio.page.wait_for_timeout(60)
    view = studio.view()
    pixels = canvas(studio)
    rows = (view["y"] + (np.arange(256) + 0.5) * view["scale"]).astype(int)
    columns = (view["x"] + (np.arange(384) + 0.5) * view["scale"]).astype(int)
    return pixels[rows][:, columns].astype(int)


def changed(studio):
    """The pictures before and after a stroke."""
    before = shown(studio)
    studio.choose(["b", "7"])
    studio.drag([(160, 110), (230, 150)])
    studio.choose(["Shift+5"])
    studio.settle()
    studio.choose(["Shift+2"])
    studio.settle()
    return before, shown(studio)


def tag(studio):
    return studio.page.locator("[data-part=reference]").inner_text()


def near(a, b):
    return np.abs(a - b).mean() < 1


def test_backslash_shows_the_picture_before_while_it_is_held(studio):
    before = shown(studio)
    studio.choose(["b", "7"])
    studio.size(60)
    studio.drag([(100, 128), (300, 128)])
    after = shown(studio)
    assert not near(before, after)

    studio.page.keyboard.down("Backslash")
    held, words = shown(studio), tag(studio)
    studio.page.keyboard.up("Backslash")

    assert near(held, before)
    assert words == "before the last change"
    assert near(shown(studio), after)


def test_the_slider_shows_before_on_its_left_and_now_on_its_right(studio):
    before = shown(studio)
    studio.choose(["b", "7"])
    studio.size(60)
    studio.drag([(100, 128), (300, 128)])
    after = shown(studio)
    studio.choose(["c"])
    box = studio.page.locator("[data-pane=picture]").bounding_box()
    view = studio.view()

    studio.page.mouse.move(box["x"] + view["x"] + 100 * view["scale"], box["y"] + 200)
    studio.page.mouse.down()
    studio.page.mouse.move(box["x"] + view["x"] + 250 * view["scale"], box["y"] + 200, steps=3)
    studio.page.mouse.up()

    split = shown(studio)
    assert near(split[:, :247], before[:, :247])
    assert near(split[:, 253:], after[:, 253:])


def halves(studio):
    """What the left and the right half show at the map's points that lie in the pane, and which those are."""
    studio.page.wait_for_timeout(60)
    view = studio.view()
    pixels = canvas(studio).astype(int)
    width = pixels.shape[1]
    y, x = ((np.arange(count) + 0.5) * view["scale"] / 2 for count in (256, 384))
    y, x = y + view["y"] / 2 + pixels.shape[0] / 4, x + view["x"] / 2
    rows, columns = (y > 0) & (y < pixels.shape[0]), (x > 4) & (x < width / 2 - 4)
    y, x = y[rows].astype(int), x[columns]
    return pixels[y][:, x.astype(int)], pixels[y][:, (x + width / 2).astype(int)], np.ix_(rows, columns)


def test_side_by_side_shows_before_and_now_at_the_maps_zoom_and_pan(studio):
    before = shown(studio)
    studio.choose(["b", "7"])
    studio.size(60)
    studio.drag([(100, 128), (300, 128)])
    after = shown(studio)
    studio.choose(["c", "c"])

    for _ in range(2):
        left, right, seen = halves(studio)
        assert seen[0].size * seen[1].size > 5000
        assert np.abs(left - before[seen]).mean() < 2
        assert np.abs(right - after[seen]).mean() < 2
        assert np.abs(left - right).mean() > 4
        studio.page.mouse.move(*studio.at(200, 120))
        studio.page.mouse.wheel(0, -400)
    assert studio.page.locator("[data-part=now]").is_visible()
    studio.page.keyboard.down("Backslash")
    assert studio.page.locator("[data-part=now]").is_hidden(), "held, the reference fills the pane"
    studio.page.keyboard.up("Backslash")


def test_a_pinned_picture_stays_the_reference_and_the_difference_is_theirs(studio):
    studio.choose(["y"])
    pinned, now = changed(studio)

    studio.choose(["c", "c", "c"])
    difference, words = shown(studio), tag(studio)
    studio.choose(["c", "y"])

    assert near(difference, np.abs(now - pinned))
    assert "pinned" in words
    assert near(shown(studio), now)
    assert studio.page.locator("[data-part=reference]").is_hidden()


def test_a_hundred_strokes_leave_no_picture_behind(studio):
    studio.page.evaluate(
        """() => { window.open_ = 0; const make = createImageBitmap, close = ImageBitmap.prototype.close;
        window.createImageBitmap = async (...given) => { window.open_++; return make(...given); };
        ImageBitmap.prototype.close = function () { window.open_--; return close.call(this); }; }"""
    )
    for step in range(20):
        studio.choose([f"Shift+{1 + step % 6}"])
        studio.settle()
    studio.page.wait_for_timeout(1500)

    assert studio.page.evaluate("window.open_") <= 3
