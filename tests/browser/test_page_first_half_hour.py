"""What a newcomer meets first: messages that end, marks on what is of the case before, superpixels, hints, words."""

import numpy as np
import pytest
from test_page_compare import canvas

SLOW_SEED = 4242  # the plain painter takes its time over it


@pytest.fixture
def studio(opened, plain):
    return opened(plain)


def text(studio, part):
    return studio.page.locator(f"[data-part={part}]").inner_text()


def map_pane(studio):
    studio.page.evaluate("new Promise(requestAnimationFrame)")
    return studio.page.evaluate("moulage.mapPane.canvas.toDataURL()")


def test_a_mistake_goes_with_the_next_success_and_a_notice_after_a_while(studio):
    studio.page.evaluate("moulage.editor.set({ hair: 0.13 })")
    studio.page.wait_for_selector("[data-part=message].wrong")
    studio.page.wait_for_timeout(600)  # what follows at once belongs to the mistake

    studio.page.evaluate("moulage.editor.set({ hair: 0.5 })")

    studio.page.wait_for_function("!document.querySelector('[data-part=message].wrong')")
    assert text(studio, "message") == ""
    studio.choose([","])
    studio.page.wait_for_function("document.querySelector('[data-part=message]').textContent.startsWith('Coarse')")
    studio.page.wait_for_function("!document.querySelector('[data-part=message]').textContent", timeout=8000)


def test_what_is_of_the_case_before_is_marked_until_the_new_picture_is_there(studio):
    studio.page.wait_for_function("moulage.state.strips > 0")
    marks = (
        "[document.querySelector('.moulage').dataset.behind, document.querySelector('.strip').dataset.behind,"
        " document.querySelector('[data-part=stale]').textContent]"
    )

    at_once = studio.page.evaluate(f"(moulage.editor.set({{ seed: {SLOW_SEED} }}), {marks})")

    assert at_once == ["1", "1", "Catching up"]
    studio.settle()
    assert studio.page.evaluate(marks)[::2] == [None, ""]
    studio.page.wait_for_function("!document.querySelector('.strip').dataset.behind")


def test_a_picture_of_another_shape_is_never_stretched_over_the_map(studio):
    shown = canvas(studio)
    assert shown.any()

    fits = studio.page.evaluate(
        "() => { moulage.view.map = { width: 256, height: 256 }; moulage.picture.draw();"
        " return [[384, 256], [256, 256], [768, 768]].map(([width, height]) => moulage.view.fits({ width, height })); }"
    )

    assert fits == [False, True, True]
    assert not canvas(studio).any()


def test_superpixels_are_shown_over_map_and_picture_whatever_the_overlay_does_and_remembered(studio):
    plain_map, plain_picture = map_pane(studio), canvas(studio)

    studio.choose(["v"])

    lined_map, lined = map_pane(studio), canvas(studio)
    assert lined_map != plain_map
    changed = (lined != plain_picture).any(axis=2)
    assert 0.02 < changed.mean() < 0.5
    studio.page.locator("[data-part=opacity]").fill("40")
    assert np.array_equal(canvas(studio), lined)
    studio.page.locator("[data-part=cells-strength]").fill("100")
    assert np.abs(canvas(studio).astype(int) - plain_picture).sum() > np.abs(lined.astype(int) - plain_picture).sum()
    studio.page.reload()
    studio.ready()
    assert studio.page.locator("[data-act=cells]").get_attribute("aria-pressed") == "true"
    studio.choose(["v"])
    assert np.array_equal(canvas(studio), plain_picture)


def test_the_superpixel_tool_shows_them_on_the_map_alone(studio):
    plain_map, plain_picture = map_pane(studio), canvas(studio)

    studio.choose(["s"])

    assert map_pane(studio) != plain_map
    assert np.array_equal(canvas(studio), plain_picture)


def test_the_first_visits_steps_and_tool_names_stay_until_they_are_dismissed(studio):
    coach = studio.page.locator("[data-part=coach]")
    assert coach.is_visible()
    assert studio.page.locator("[data-tool=lasso] .caption").is_visible()

    studio.page.locator("[data-act=coach-done]").click()

    assert not coach.is_visible()
    studio.page.reload()
    studio.ready()
    assert not coach.is_visible()
    assert not studio.page.locator("[data-tool=lasso] .caption").is_visible()


def test_bare_skin_says_what_to_do_until_there_is_a_lesion(studio):
    bare = studio.page.locator("[data-part=bare-skin]")
    assert not bare.is_visible()

    studio.page.evaluate("moulage.editor.clear()")

    assert bare.is_visible()
    studio.choose(["b", "2"])
    studio.drag([(190, 120), (220, 130)])
    assert not bare.is_visible()


def test_the_sheet_shows_every_key_and_what_the_words_mean(studio):
    studio.choose(["?"])

    caps = studio.page.locator("[data-part=sheet] kbd").all_inner_texts()
    assert "\\" in caps
    assert "V" in caps
    assert all(caps)
    assert "individual typology angle" in studio.page.locator(".glossary").inner_text()


def test_eyes_and_locks_are_seen_without_a_pointer(studio):
    seen = "[...document.querySelectorAll('.row .small')].map(node => Number(getComputedStyle(node).opacity))"

    assert min(studio.page.evaluate(seen)) > 0.5
