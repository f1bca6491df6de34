"""The Sample screen in a real Chromium: a grid at once, one large, ways to others, masks, files, keys."""

import io
import json
import zipfile

import numpy as np
import pytest
from phantoms import phantom
from PIL import Image
from test_page_access import findings

from engine import service


@pytest.fixture
def studio(opened, trained):
    page = opened(trained, reduced_motion="reduce")
    page.page.locator("[data-go=sample]").click()
    tiles(page, 24)
    return page


def tiles(studio, count):
    """Wait until so many samples are there and none is being made."""
    studio.page.wait_for_function(
        f"document.querySelectorAll('.tile').length === {count} && !moulage.samples.running", timeout=60_000
    )


def wished(studio, **values):
    for name, value in values.items():
        studio.page.locator(f"[data-wish={name}]").fill(str(value))
    studio.page.locator("[data-act=sample]").click()


def seeds(studio):
    return studio.page.evaluate("moulage.samples.places.map(one => one.place.seed)")


def pixels(studio, selector):
    canvas = f"document.querySelector({json.dumps(selector)})"
    data = f"{canvas}.getContext('2d').getImageData(0, 0, {canvas}.width, {canvas}.height).data"
    return np.frombuffer(studio.bytes(data), np.uint8).astype(np.int16)


def shown(studio):
    """Wait until the large picture is the one that is wished for; its caption."""
    studio.page.wait_for_function("moulage.samples.large.open && !moulage.samples.turning")
    return studio.page.locator("[data-part=large-name]").inner_text()


def test_a_grid_stands_there_at_once_each_with_its_seed_and_axe_agrees(studio):
    assert len(set(seeds(studio))) == 24
    assert studio.page.locator(".tile .seed").nth(3).inner_text() == str(seeds(studio)[3])
    command = studio.page.locator("[data-part=sample-command]").inner_text()
    assert command.startswith("moulage sample ")
    assert "--count 24 --seed 1" in command
    assert findings(studio.page) == []
    studio.page.locator(".tile .shot").first.click()
    shown(studio)
    assert findings(studio.page) == []
    assert studio.errors == []


def test_the_same_seed_gives_the_same_grid_and_another_another(studio):
    first = seeds(studio)
    wished(studio, count=6, seed=18446744073709551615)
    tiles(studio, 6)
    assert not set(seeds(studio)) & set(first)
    wished(studio, count=24, seed=1)
    tiles(studio, 24)
    assert seeds(studio) == first


@pytest.mark.parametrize(("count", "seed", "words"), [
    (0, 1, "1 to 2000"), (501, 1, "a page shows 1 to 500"), (3, "18446744073709551616", "64 bits"), (3, "seven", "seed"),
    (3, "007", "seed"), ("many", 1, "count"),
])  # fmt: skip
def test_a_wish_that_is_not_allowed_is_a_sentence_and_the_grid_stays(studio, count, seed, words):
    before = seeds(studio)

    wished(studio, count=count, seed=seed)
    studio.page.wait_for_function("document.querySelector('[data-part=sample-state]').classList.contains('wrong')")

    assert words in studio.page.locator("[data-part=sample-state]").inner_text()
    assert seeds(studio) == before


def test_the_masks_outline_comes_and_goes(studio):
    outlined = pixels(studio, ".tile canvas")
    studio.page.locator("[data-act=sample-mask]").click()
    plain = pixels(studio, ".tile canvas")

    changed = (outlined != plain).reshape(-1, 4).any(axis=1)
    assert 20 < changed.sum() < 0.2 * changed.size
    studio.page.locator("[data-act=sample-mask]").click()
    assert np.array_equal(pixels(studio, ".tile canvas"), outlined)


def test_large_steps_by_arrow_turns_by_slider_and_says_that_no_index_is_there(studio):
    own = seeds(studio)
    studio.page.locator(".tile .shot").nth(2).click()
    assert str(own[2]) in shown(studio)
    studio.page.wait_for_function("!document.querySelector('[data-part=index]').hidden")
    at_rest = pixels(studio, "[data-part=large-picture]")
    assert studio.page.locator("[data-part=towards]").input_value() == str(own[3])

    studio.page.locator("[data-part=share]").fill("60")
    assert f"{own[2]} → {own[3]}" in shown(studio)
    assert not np.array_equal(pixels(studio, "[data-part=large-picture]"), at_rest)

    studio.page.locator("[data-act=sample-after]").focus()
    studio.page.keyboard.press("ArrowRight")
    assert str(own[3]) in shown(studio)
    studio.page.keyboard.press("ArrowLeft")
    assert str(own[2]) in shown(studio)
    assert np.array_equal(pixels(studio, "[data-part=large-picture]"), at_rest)
    studio.page.keyboard.press("Escape")
    assert not studio.page.evaluate("moulage.samples.large.open")


def test_two_shift_clicks_go_from_one_to_the_other(studio):
    own = seeds(studio)
    studio.page.locator(".tile .shot").nth(1).click(modifiers=["Shift"])
    studio.page.locator(".tile .shot").nth(5).click(modifiers=["Shift"])

    assert f"{own[1]} → {own[5]}" in shown(studio)
    assert studio.page.locator("[data-part=share-value]").inner_text() == "50 %"


def test_more_like_this_is_a_grid_around_it(studio):
    own = seeds(studio)
    studio.page.locator(".tile .shot").nth(4).click()
    shown(studio)
    studio.page.locator("[data-act=sample-more]").click()
    studio.page.wait_for_function(
        "moulage.samples.places.length === 24 && moulage.samples.places[23].place.turns.length === 1"
    )

    assert set(seeds(studio)) == {own[4]}
    studio.page.locator(".tile .shot").nth(7).click()
    assert shown(studio).count("→") == 1
    assert "--turn" in studio.page.locator("[data-part=large-command]").inner_text()
    turns = studio.page.evaluate("moulage.samples.places[7].place.turns")
    studio.page.locator("[data-act=sample-more]").click()
    studio.page.wait_for_function(
        "moulage.samples.places.length === 24 && moulage.samples.places[23].place.turns.length === 2"
    )
    assert studio.page.evaluate("moulage.samples.places[0].place.turns") == turns, "around the neighbour, not its seed"


def test_a_seed_of_64_bits_stays_itself_along_the_way(studio):
    far = "18446744073709551615"
    studio.page.locator(".tile .shot").nth(0).click()
    shown(studio)
    studio.page.locator("[data-part=towards]").fill(far)
    studio.page.locator("[data-part=share]").fill("40")
    assert f"→ {far}" in shown(studio)
    studio.page.locator("[data-act=sample-more]").click()
    studio.page.wait_for_function(
        "moulage.samples.places.length === 24 && moulage.samples.places[23].place.turns.length === 2"
    )
    studio.page.locator(".tile .shot").nth(5).click()

    assert f"→ {far} →" in shown(studio)
    assert f"--turn {far}:0.4" in studio.page.locator("[data-part=large-command]").inner_text()


def test_a_sample_is_saved_with_what_made_it_and_a_set_is_exported(studio, tmp_path):
    own = seeds(studio)
    studio.page.locator(".tile .shot").nth(0).click()
    shown(studio)
    with studio.page.expect_download() as saving:
        studio.page.locator("[data-act=sample-save]").click()
    with zipfile.ZipFile(saving.value.path()) as archive:
        (picture,) = [name for name in archive.namelist() if not name.endswith("_segmentation.png")]
        told = json.loads(Image.open(io.BytesIO(archive.read(picture))).text["moulage"])
    assert told["sample"]["seed"] == own[0]
    studio.page.locator("[data-act=sample-close]").click()

    studio.page.locator("[data-wish=export]").fill("9")
    with studio.page.expect_download() as exporting:
        studio.page.locator("[data-act=sample-export]").click()
    with zipfile.ZipFile(exporting.value.path()) as archive:
        names = archive.namelist()
    assert sum(name.endswith("_segmentation.png") for name in names) == 9
    assert {"manifest.csv", "job.json"} <= set(names)


def test_a_seed_is_whole_and_copied_by_a_click(studio):
    studio.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    studio.page.locator(".tile .seed").nth(2).click()
    studio.page.wait_for_function("document.querySelector('[data-part=sample-state]').textContent.includes('Copied')")

    assert studio.page.evaluate("navigator.clipboard.readText()") == str(seeds(studio)[2])
    for node in studio.page.locator(".tile .seed").all():
        assert node.evaluate("node => node.scrollWidth <= node.clientWidth + 1")


def test_a_starred_sample_comes_back_from_the_library(studio):
    own = seeds(studio)
    studio.page.locator(".tile .keep").nth(1).click()
    studio.page.wait_for_selector(".tile .keep[aria-pressed=true]")
    wished(studio, count=3, seed=5)
    tiles(studio, 3)
    studio.page.locator("[data-act=library]").first.click()
    studio.page.locator("[data-kept] .shot").first.click()
    assert str(own[1]) in shown(studio)
    assert seeds(studio)[3] == own[1]


def test_a_pairs_mask_opens_in_the_studio_as_a_lesion(studio):
    studio.page.locator(".tile .studio").nth(0).click()
    studio.page.wait_for_function("document.querySelector('[data-part=message]').textContent.includes('Map opened')")
    studio.settle()

    assert studio.page.evaluate("document.querySelector('.moulage').dataset.on") == "studio"
    assert (studio.cells() & 1).any()


def test_an_index_is_built_from_the_page(studio, tmp_path):
    for index in range(3):
        Image.fromarray(phantom(index, 0, 96, 64)[0]).save(tmp_path / f"photo {index}.jpg")
    studio.page.locator(".tile .shot").nth(0).click()
    shown(studio)
    studio.page.wait_for_selector("[data-part=index]:not([hidden])")
    assert findings(studio.page) == []
    studio.page.locator("[data-part=index-folder]").fill(str(tmp_path / "nothing"))
    studio.page.locator("[data-act=index]").click()
    studio.page.wait_for_selector("[data-part=index-state].wrong")
    assert "is no folder" in studio.page.locator("[data-part=index-state]").inner_text()

    studio.page.locator("[data-part=index-folder]").fill(str(tmp_path))
    studio.page.locator("[data-act=index]").click()
    studio.page.wait_for_selector("[data-part=real-picture]:not([hidden])")
    assert "photo " in studio.page.locator("[data-part=real-name]").inner_text()


def test_every_generator_fits_its_controls(studio):
    for one in service.noise_generators():
        studio.page.locator("[data-wish=preset]").select_option(one.name)
        tiles(studio, 24)
        assert studio.page.locator("[data-wish=diagnosis]").is_visible() == bool(one.diagnoses)
        assert studio.page.locator("[data-act=sample-mask]").is_visible() == one.mask
        sliders = studio.page.locator("[data-screen=sample] [data-slider]:visible")
        shown = [node.get_attribute("data-slider") for node in sliders.all()]
        assert shown == [control.name for control in one.controls]
        if one.diagnoses:
            studio.page.locator("[data-wish=diagnosis]").select_option(one.diagnoses[1])
            tiles(studio, 24)
            assert set(studio.page.evaluate("moulage.samples.places.map(one => one.place.shows)")) == {one.diagnoses[1]}
