"""Nothing is lost: reload, closed tab, two tabs, killed server, full storage, damaged draft."""

import numpy as np
import pytest
from conftest import Server
from conftest import Studio as Page

KEPT = "!moulage.autosave.unsaved && moulage.autosave.kept.server === moulage.autosave.revision"


@pytest.fixture
def server(tmp_path):
    started = Server("plain", tmp_path)
    yield started
    started.stop()


@pytest.fixture
def studio(opened, server):
    return opened(server)


def painted(studio):
    """A stroke, a tone and a seed; the cells and settings after."""
    studio.choose(["b", "7"])
    studio.drag([(150, 100), (230, 140)])
    studio.choose(["Shift+4", "n"])
    studio.settle()
    return state(studio)


def state(studio):
    return studio.cells().tobytes(), studio.page.evaluate("moulage.editor.settings")


def reopened(studio):
    studio.page.reload()
    return studio.ready()


def another_tab(studio):
    return Page(studio.page.context.new_page(), studio.server).open()


def test_a_reloaded_page_goes_on_where_it_was(studio):
    before = painted(studio)

    assert state(reopened(studio)) == before
    studio.choose(["e"])
    studio.drag([(150, 100), (200, 120)])
    studio.choose(["Control+z"])
    studio.page.wait_for_function(KEPT)
    assert state(reopened(studio)) == before, "an undone stroke is kept as undone"


def timeline(studio):
    """Cells and settings at every undo step, from the first to the last; the last stays."""
    steps = []
    while studio.page.locator("[data-act=undo]").is_enabled():
        studio.choose(["Control+z"])
    while studio.page.locator("[data-act=redo]").is_enabled():
        steps.append(state(studio))
        studio.choose(["Control+y"])
    return [*steps, state(studio)]


def test_a_reloaded_page_has_its_undo_steps_and_its_filmstrip(studio):
    painted(studio)
    studio.page.locator("[data-part=starter]").select_option("blank")
    studio.settle()
    studio.choose(["Control+z", "Control+z"])
    studio.settle()
    before, shots = timeline(studio), studio.page.locator(".shot").count()
    studio.choose(["Control+z"])
    here = state(studio)
    studio.settle()
    studio.page.wait_for_function("moulage.film.frames.length && !moulage.autosave.unsaved")
    ids = "moulage.film.frames.map(({ key }) => key)"
    frames = studio.page.evaluate(ids)

    reopened(studio)
    studio.settle()

    assert studio.page.evaluate(ids) == frames
    assert studio.page.locator(".shot[aria-current=true]").count() == 1
    assert state(studio) == here
    assert len(frames) == shots > 3
    assert timeline(studio) == before
    studio.page.locator(".shot").last.click()
    studio.settle()
    assert studio.page.evaluate(
        "(({ grains, editor }) => grains.known.get(grains.keyOf(editor.map, editor.settings)) === editor.superpixels)(moulage)"
    )


def test_a_closed_tab_comes_back_in_a_new_one(studio):
    before = painted(studio)
    studio.page.wait_for_function(KEPT)
    context = studio.page.context
    studio.page.close()

    assert state(Page(context.new_page(), studio.server).open()) == before


def test_two_tabs_keep_a_draft_each(studio):
    first = painted(studio)
    other = another_tab(studio)
    assert state(other) != first, "an open tab's case is its own"
    other.choose(["b", "3"])
    other.drag([(180, 100), (180, 160)])
    second = state(other)

    assert state(reopened(studio)) == first
    assert state(reopened(other)) == second


def test_a_killed_server_loses_no_stroke(studio):
    painted(studio)
    studio.page.wait_for_function(KEPT)
    studio.server.stop()
    studio.choose(["b", "5"])
    studio.page.mouse.move(*studio.at(120, 120))
    studio.page.mouse.down()
    studio.page.mouse.move(*studio.at(160, 150), steps=4)
    studio.page.mouse.up()
    cells = studio.cells()
    studio.page.wait_for_function("document.querySelector('[data-part=saved]').textContent.includes('this browser')")

    studio.server.start()
    studio.page.wait_for_function(KEPT)
    studio.page.evaluate("localStorage.clear()")

    assert np.array_equal(reopened(studio).cells(), cells)


def test_a_full_browser_storage_is_told_once_and_the_server_keeps_on(studio):
    studio.page.evaluate("() => { Storage.prototype.setItem = () => { throw new DOMException('full'); }; }")
    before = painted(studio)
    studio.page.wait_for_selector("[data-part=message].wrong")
    assert "storage is full" in studio.page.locator("[data-part=message]").inner_text()
    studio.page.wait_for_function(KEPT)

    assert state(reopened(studio)) == before


def test_a_damaged_draft_is_told_and_set_aside(studio):
    painted(studio)
    studio.page.wait_for_function(KEPT)
    tab = studio.page.evaluate("moulage.autosave.tab")
    (studio.server.drafts / "drafts" / f"{tab}.json").write_bytes(b"{")
    studio.page.evaluate("localStorage.clear()")

    reopened(studio)

    assert "set aside" in studio.page.locator("[data-part=message]").inner_text()
    assert (studio.server.drafts / "drafts" / f"{tab}.damaged").exists()
    studio.choose(["b", "7"])
    studio.drag([(150, 100), (230, 140)])
    studio.page.wait_for_function(KEPT)
