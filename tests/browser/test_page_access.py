"""Anyone can work here: no axe finding in either theme, and a lesion made, marked and exported without a mouse."""

import json

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe

from engine.cases.planes import pack
from engine.formats import read_picture_case
from engine.training.presets import read_case

RULES = {
    "runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
}
STATES = {
    "at rest": lambda page: None,
    "box": lambda page: page.keyboard.press("r") or page.keyboard.press("Enter"),
    "keys": lambda page: page.keyboard.press("?"),
    "lesion menu": lambda page: page.locator("[popovertarget=lesion-menu]").click(),
    "export menu": lambda page: page.locator("[popovertarget=export-menu]").click(),
    "compare": lambda page: page.keyboard.press("c"),
    "library": lambda page: page.keyboard.press("Shift+A") or page.locator("[data-act=library]").click(),
}


def findings(page):
    found = Axe().run(page, context=".moulage", options=RULES).response["violations"]
    return [(rule["id"], [node["html"][:120] for node in rule["nodes"]]) for rule in found]


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_axe_finds_nothing(opened, plain, theme):
    studio = opened(plain)
    studio.settle()
    if theme == "light":
        studio.page.locator("[data-act=light]").click()
    for state, enter in STATES.items():
        enter(studio.page)
        assert findings(studio.page) == [], state
        studio.choose(["Escape"])


def test_the_theme_is_remembered(opened, plain):
    studio = opened(plain)
    studio.page.locator("[data-act=light]").click()
    studio.page.reload()
    studio.page.wait_for_selector(".moulage.light[data-ready]")


def walk(studio, keys):
    """Superpixel after superpixel by key; returns those that were pressed."""
    pressed = set()
    for key in keys:
        studio.choose([key])
        if key == "Space":
            pressed.add(
                studio.page.evaluate(
                    "moulage.editor.superpixels.at(moulage.mapPane.pointer.x, moulage.mapPane.pointer.y)"
                )
            )
    return pressed


def test_a_lesion_is_made_marked_and_exported_by_keyboard_alone(opened, trained):
    studio = opened(trained)
    tab_to(studio, "[data-part=starter]")
    studio.choose(["End", "Enter"])
    studio.page.wait_for_function("moulage.editor.map.cells.every(cell => cell === 0)")
    tab_to(studio, "[data-pane=map]", backwards=True)
    studio.choose(["s", "2"])
    lesion = walk(studio, ["ArrowRight", "Space", "ArrowRight", "Space", "ArrowDown", "Space", "ArrowLeft", "Space"])
    studio.choose(["7"])
    globules = walk(studio, ["Space"])
    spoken = studio.page.locator("[data-part=readout]").inner_text()
    with studio.page.expect_download() as waiting:
        studio.choose(["Control+s"])

    case = read_case(read_picture_case(waiting.value.path().read_bytes())["case"])

    ids = studio.superpixels()
    assert len(lesion) > 2
    assert np.array_equal(case.planes.lesion > 0, np.isin(ids, list(lesion)))
    assert np.array_equal(case.planes.markers[4] == 2, np.isin(ids, list(globules)))
    assert np.array_equal(pack(case.planes), studio.cells())
    assert "region" in spoken
    assert "Globules" in spoken
    assert json.dumps(case.plain())


def tab_to(studio, selector, backwards=False):
    """Press Tab until the element has the focus."""
    for _ in range(120):
        if studio.page.evaluate("selector => document.activeElement?.matches(selector)", selector):
            return
        studio.choose(["Shift+Tab" if backwards else "Tab"])
    raise AssertionError(f"Tab never reaches {selector}")
