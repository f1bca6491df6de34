"""The clinical mode: boxes with conditions in place of a lesion map; what is asked is what the painter receives."""

from pathlib import Path

import numpy as np
import pytest
from test_page_access import findings

from engine.formats import read_regions

CLINICAL = "dermgan-live"


@pytest.fixture
def studio(opened, trained):
    page = opened(trained)
    page.page.locator("[data-part=generator]").select_option(CLINICAL)
    page.page.wait_for_function("moulage.editor.map.width === 256")
    # The first picture waits for the generator to be loaded, compiled and measured.
    page.page.wait_for_function("moulage.state.fresh && moulage.live.state === 'live'", timeout=120_000)
    page.settle()
    return page


def record(studio):
    """What the page holds, after checking that the painter received the same."""
    studio.settle()
    settings = studio.page.evaluate("({ ...moulage.editor.settings })")
    last = studio.server.record()
    assert {key: last[key] for key in settings if key in last} == {
        key: settings[key] for key in settings if key in last
    }
    return settings


def test_the_starter_shows_a_lesion_and_six_tones_and_axe_agrees(studio):
    settings = record(studio)

    assert settings["generator"] == CLINICAL
    assert [box["condition"] for box in settings["boxes"]] == ["melanocytic nevus"]
    assert not studio.page.locator("[data-tool=brush]").is_visible()
    assert studio.page.locator("[data-condition]:visible").count() == 6
    studio.page.wait_for_function("moulage.live.shownStrip.version === moulage.editor.version")
    assert findings(studio.page) == []


def test_a_condition_is_chosen_for_the_box_in_hand_and_for_new_ones(studio):
    studio.choose(["4"])
    assert [box["condition"] for box in record(studio)["boxes"]] == ["melanoma"]

    studio.page.locator("[data-condition='basal cell carcinoma']").click()
    studio.drag([(10, 10), (60, 50)])

    conditions = [box["condition"] for box in record(studio)["boxes"]]
    assert conditions == ["basal cell carcinoma", "basal cell carcinoma"]
    for _ in range(3):
        studio.choose(["Control+z"])
    assert [box["condition"] for box in record(studio)["boxes"]] == ["melanocytic nevus"]


def test_no_key_paints_planes_that_the_generator_does_not_take(studio):
    for name in "begsil":
        studio.choose([name])
        studio.page.mouse.click(*studio.at(128, 128))

    assert studio.page.evaluate("moulage.editor.tool.name") == "box"
    assert studio.page.evaluate("moulage.editor.map.cells.every(cell => cell === 0)")


def test_another_generator_keeps_the_case_that_was_left_and_undo_leads_back(studio):
    studio.choose(["4", "ArrowRight"])
    left = record(studio)
    studio.page.locator("[data-part=generator]").select_option("pix2pixhd-live")
    studio.page.wait_for_function("moulage.editor.map.width === 384")
    assert studio.page.locator("[data-tool=brush]").is_visible()
    assert np.count_nonzero(studio.cells()) > 0

    studio.page.locator("[data-part=generator]").select_option(CLINICAL)
    studio.page.wait_for_function("moulage.editor.map.width === 256")
    assert record(studio) == left
    studio.choose(["Control+z", "Control+z"])
    assert record(studio) == left


def test_the_sweep_over_conditions(studio):
    studio.page.locator("[data-go=sweeps]").click()
    studio.page.locator("[data-axis=x]").select_option("condition")
    studio.page.wait_for_function(
        "document.querySelector('[data-values=x]').value.startsWith('actinic') && "
        "document.querySelectorAll('.cell[data-painted]').length === 36"
    )
    lacking = studio.page.locator("[data-axis=x] option[value=marker]")
    assert not lacking.is_enabled()
    assert lacking.text_content() == "Markers (needs a painted map)"


def test_its_map_of_boxes_is_in_the_menu_and_lesion_masks_are_not(studio):
    studio.page.locator("[popovertarget=export-menu]").click()
    assert not studio.page.locator("[data-form=isic]").is_visible()
    with studio.page.expect_download() as saving:
        studio.page.locator("[data-form=boxes]").click()

    boxes, _ = read_regions(Path(saving.value.path()).read_bytes(), (256, 256))

    settings = record(studio)
    assert [(box.left, box.top, box.right, box.bottom, box.condition) for box in boxes] == [
        (box["left"], box["top"], box["right"], box["bottom"], box["condition"]) for box in settings["boxes"]
    ]
