"""The Sample screen's sliders, each from one line of a generator's request: moved, taken away, and told to the engine."""

import pytest
from test_page_access import findings
from test_page_samples import tiles, wished

PAIRS, LABELLED = "dcgan-pairs-live", "pgan-256-live"


@pytest.fixture
def studio(opened, redder):
    page = opened(redder, reduced_motion="reduce")
    page.page.locator("[data-go=sample]").click()
    page.page.locator("[data-wish=preset]").select_option(PAIRS)
    tiles(page, 24)
    wished(page, count=3, seed=1)
    tiles(page, 3)
    return page


def slider(studio, name):
    return studio.page.locator(f"[data-screen=sample] [data-slider={name}]")


def button(studio, name):
    return studio.page.locator(f"[data-screen=sample] [data-auto={name}]")


def command(studio, words):
    """Wait until a grid was asked for by a command that ends so."""
    studio.page.wait_for_function(
        "words => document.querySelector('[data-part=sample-command]').textContent.endsWith(words)"
        " && !moulage.samples.running",
        arg=words,
    )


def told(studio, name):
    return studio.page.evaluate(f"moulage.samples.places.map(one => one.place.{name} ?? null)")


def test_a_new_slider_is_moved_told_and_taken_away(studio):
    assert [button(studio, name).inner_text() for name in ("truncation", "redness")] == ["off", "auto"]
    slider(studio, "redness").fill("75")
    command(studio, "--seed 1 --redness 0.75 --out DIR")
    assert button(studio, "redness").inner_text() == "75 %"
    assert told(studio, "redness") == [0.75] * 3

    slider(studio, "truncation").fill("1.5")
    command(studio, "--seed 1 --truncation 1.5 --redness 0.75 --out DIR")
    assert findings(studio.page) == []
    button(studio, "redness").click()
    command(studio, "--seed 1 --truncation 1.5 --out DIR")
    assert (told(studio, "redness"), told(studio, "truncation")) == ([None] * 3, [1.5] * 3)
    button(studio, "redness").click()
    command(studio, "--redness 0.75 --out DIR")
    assert studio.errors == []


def test_a_large_sample_and_more_like_it_keep_what_the_grid_was_made_with(studio):
    slider(studio, "redness").fill("75")
    command(studio, "--redness 0.75 --out DIR")
    studio.page.locator(".tile .shot").nth(1).click()
    studio.page.wait_for_function("moulage.samples.large.open && !moulage.samples.turning")
    assert "--redness 0.75" in studio.page.locator("[data-part=large-command]").inner_text()
    studio.page.evaluate("moulage.samples.values = {}")
    studio.page.locator("[data-act=sample-more]").click()
    tiles(studio, 3)
    studio.page.wait_for_function("moulage.samples.places[2].place.turns.length === 1")

    assert told(studio, "redness") == [0.75] * 3


def test_a_generator_without_it_shows_no_slider_and_is_not_told_of_it(studio):
    slider(studio, "redness").fill("75")
    command(studio, "--redness 0.75 --out DIR")
    studio.page.locator("[data-wish=preset]").select_option(LABELLED)
    command(studio, f"{LABELLED} --count 3 --seed 1 --out DIR")

    assert not slider(studio, "redness").is_visible()
    assert not slider(studio, "truncation").is_visible()
    studio.page.locator("[data-wish=preset]").select_option(PAIRS)
    command(studio, "--redness 0.75 --out DIR")
