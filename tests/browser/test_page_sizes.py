"""From a tablet to 4K: everything a hand needs is on the screen, and nothing lies over it."""

import pytest

SIZES = [(820, 1180), (1024, 768), (1180, 820), (1280, 720), (1440, 900), (1920, 1080), (3840, 2160)]

COVERED = """() => [...document.querySelectorAll(".moulage button, .moulage input, .moulage select, .moulage nav *")]
  .filter(node => node.checkVisibility({ visibilityProperty: true, opacityProperty: true }) && !node.matches(":disabled"))
  .filter(node => {
    const box = node.getBoundingClientRect();
    const inside = box.left >= 0 && box.top >= 0 && box.right <= innerWidth && box.bottom <= innerHeight;
    const top = document.elementFromPoint((box.left + box.right) / 2, (box.top + box.bottom) / 2);
    return !inside || !top || !(node.contains(top) || top.contains(node) && top.matches("label"));
  })
  .map(node => node.outerHTML.slice(0, 120))"""


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_every_control_is_in_reach(opened, plain, width, height):
    studio = opened(plain, width, height)
    studio.settle()

    for tool in ("b", "r"):
        studio.choose([tool])
        assert studio.page.evaluate(COVERED) == []
    for screen in ("sweeps", "sample"):
        studio.page.locator(f"[data-go={screen}]").click()
        assert studio.page.evaluate(COVERED) == []
    studio.page.locator("[data-go=studio]").click()
    text_px = studio.page.evaluate("parseFloat(getComputedStyle(document.querySelector('.moulage .class')).fontSize)")
    assert text_px >= (14 if width < 2400 else 24)
    pane = studio.frame()
    assert pane["width"] * pane["height"] > 0.12 * width * height, "the map is what the screen is for"
