"""The Sweeps screen in a real Chromium: filled at once, cells opened, compared, zoomed together, stopped, saved."""

import io
import json
import zipfile

import numpy as np
import pytest
from starters import starter
from test_page_access import findings

from engine.formats import read_picture_case
from engine.rendering.sweeps import scaled
from engine.training.presets import read_case


@pytest.fixture
def studio(opened, plain):
    page = opened(plain)
    page.settle()
    page.page.locator("[data-go=sweeps]").click()
    filled(page, 30)
    return page


def filled(studio, count):
    studio.page.wait_for_function(f"document.querySelectorAll('.cell[data-painted]').length === {count}")


def cell(studio, column, row):
    return studio.page.locator(".cell").nth(
        row * studio.page.locator(".grid").evaluate("node => Number(node.style.getPropertyValue('--columns'))") + column
    )


def test_five_sizes_by_six_tones_stand_there_at_once_and_axe_agrees(studio):
    headers = studio.page.locator(".grid > span").all_inner_texts()

    assert headers == ["", "60 %", "80 %", "100 %", "120 %", "140 %", "I", "II", "III", "IV", "V", "VI"]
    assert "60 % · II · ITA 41°" in cell(studio, 0, 1).get_attribute("aria-label")
    assert findings(studio.page) == []


def test_a_click_opens_the_cells_case_and_undo_brings_the_old_one_back(studio):
    before = studio.cells()

    cell(studio, 1, 4).click()
    studio.page.wait_for_selector(".moulage[data-on=studio]")
    studio.settle()

    record = studio.server.record()
    assert record["tone"] == "V"
    assert np.count_nonzero(studio.both() & 1) == pytest.approx(0.64 * np.count_nonzero(before & 1), rel=0.02)
    studio.choose(["Control+z"])
    assert np.array_equal(studio.cells(), before)


def test_two_shift_clicks_hold_two_cells_against_each_other(studio):
    cell(studio, 0, 0).click(modifiers=["Shift"])
    cell(studio, 4, 5).click(modifiers=["Shift"])

    assert studio.page.locator("[data-part=pair]").is_visible()
    assert studio.page.locator("[data-part=pair-left-name]").inner_text() == "60 % · I"
    assert studio.page.locator("[data-part=pair-right-name]").inner_text() == "140 % · VI"
    assert findings(studio.page) == []
    studio.choose(["Escape"])
    assert not studio.page.locator("[data-part=pair]").is_visible()


def test_the_wheel_zooms_all_cells_and_a_double_click_ends_it(studio):
    transforms = "[...document.querySelectorAll('.cell canvas')].map(node => getComputedStyle(node).transform)"
    cell(studio, 2, 2).hover()
    studio.page.mouse.wheel(0, -500)
    studio.page.wait_for_function("moulage.sweeps.view.zoom > 1.5")

    seen = studio.page.evaluate(transforms)
    assert len(set(seen)) == 1
    assert seen[0] != "matrix(1, 0, 0, 1, 0, 0)"
    studio.page.evaluate("moulage.sweeps.look({ zoom: 1, x: 0, y: 0 })")
    assert set(studio.page.evaluate(transforms)) == {"matrix(1, 0, 0, 1, 0, 0)"}


def test_other_axes_and_values_and_their_mistakes(studio):
    studio.page.locator("[data-axis=x]").select_option("seed")
    values = studio.page.locator("[data-values=x]")
    studio.page.wait_for_function("document.querySelector('[data-values=x]').value === '7, 8, 9, 10, 11'")
    filled(studio, 30)

    values.fill("1, 2, x")
    values.press("Enter")
    studio.page.wait_for_selector("[data-part=sweep-state].wrong")
    assert "'x'" in studio.page.locator("[data-part=sweep-state]").inner_text()
    studio.page.locator("[data-axis=y]").select_option("seed")
    assert studio.page.locator("[data-axis=x]").input_value() != "seed"


def test_stop_keeps_what_is_done(studio):
    studio.page.locator("[data-axis=x]").select_option("seed")
    values = studio.page.locator("[data-values=x]")
    values.fill("1, 2, 4242")
    values.press("Enter")
    studio.page.wait_for_function(
        "moulage.sweeps.cells.flat().length === 18 && document.querySelectorAll('.cell[data-painted]').length > 2"
    )
    studio.page.locator("[data-act=sweep]").click()
    studio.page.wait_for_function("moulage.sweeps.running === null")

    done = studio.page.locator(".cell[data-painted]").count()
    assert 2 < done < 18
    assert "stays" in studio.page.locator("[data-part=sweep-state]").inner_text()


def test_what_is_typed_while_a_sweep_begins_stays(studio):
    studio.page.evaluate("""() => {
      const [x, y] = ["x", "y"].map(axis => document.querySelector("[data-values=" + axis + "]"));
      x.value = "60";
      x.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter" }));
      y.value = "II, V";
    }""")
    studio.page.wait_for_function("!moulage.sweeps.running")

    assert studio.page.locator("[data-values=y]").input_value() == "II, V"
    studio.page.locator("[data-values=y]").press("Enter")
    filled(studio, 2)


def test_grid_loop_and_cells_are_saved_and_the_first_cell_is_the_scaled_case(opened, trained):
    studio = opened(trained)
    studio.page.locator("[data-go=sweeps]").click()
    for axis, values in (("x", "60"), ("y", "II, V")):
        field = studio.page.locator(f"[data-values={axis}]")
        field.fill(values)
        field.press("Enter")
    filled(studio, 2)
    with studio.page.expect_download() as waiting:
        studio.page.locator("[data-act=sweep-save]").click()

    archive = zipfile.ZipFile(io.BytesIO(waiting.value.path().read_bytes()))

    names = archive.namelist()
    assert sum(name.endswith(".png") for name in names) == 3
    assert sum(name.endswith(".gif") for name in names) == 1
    table = json.loads(archive.read(next(name for name in names if name.endswith(".json"))))
    assert [cell["row"] for cell in table["sweep"]["cells"]] == ["II", "V"]
    assert table["sweep"]["cells"][1]["badge"]
    cell = next(name for name in names if name.endswith("-1-1.png"))
    kept = read_case(read_picture_case(archive.read(cell))["case"])
    assert kept.planes == scaled(starter(), 60).planes
