"""The live path under trouble: refusals, a killed server, slow answers; and what the page says meanwhile."""

import pytest


@pytest.fixture
def studio(opened, plain):
    return opened(plain)


def status(studio):
    return studio.page.locator("[data-part=status]").get_attribute("data-state")


def text(studio, part):
    return studio.page.locator(f"[data-part={part}]").inner_text()


def test_the_page_opens_with_picture_badge_tone_strip_and_measured_tone(studio):
    studio.page.wait_for_function("moulage.state.strips > 0")

    assert text(studio, "synthetic") == "Synthetic"
    assert text(studio, "ita") == "ITA 41°"
    assert status(studio) == "live"
    assert studio.page.locator(".tone span").all_inner_texts() == [
        "I", "II", "III", "IV", "V · extrapolated", "VI · extrapolated",
    ]  # fmt: skip
    assert studio.page.locator(".tone[aria-pressed=true]").get_attribute("data-tone") == "II"
    assert studio.errors == []


def test_a_refusal_is_told_in_a_sentence_and_the_picture_stays_badged_stale(studio):
    before = studio.picture()

    studio.page.evaluate("moulage.editor.set({ hair: 0.13 })")
    studio.page.wait_for_function("moulage.live.state === 'refused'")

    assert text(studio, "message") == "hair is 0.13; this painter allows any other."
    assert text(studio, "stale").startswith("Stale")
    assert studio.picture() == before
    studio.choose(["Control+z"])
    studio.settle()
    assert not studio.page.locator("[data-part=stale]").is_visible()


def test_the_page_outlives_its_server_and_paints_on(opened, request, tmp_path):
    from conftest import Server

    server = Server("plain", tmp_path)
    request.addfinalizer(lambda: server.stop())
    studio = opened(server)
    server.stop()
    studio.page.wait_for_function("moulage.live.state === 'offline'")
    assert text(studio, "stale").startswith("Stale")

    studio.choose(["b", "3"])
    studio.page.mouse.move(*studio.at(150, 100))
    studio.page.mouse.down()
    studio.page.mouse.move(*studio.at(200, 120), steps=4)
    studio.page.mouse.up()
    server.start()
    studio.settle()

    assert (server.record()["cells"] == studio.cells()).all()


def test_the_newest_wish_wins_over_slow_answers(studio):
    studio.page.evaluate("moulage.editor.set({ seed: 4242 })")
    for seed in range(10, 30):
        studio.page.evaluate(f"moulage.editor.set({{ seed: {seed} }})")
    before = studio.server.record()["count"]
    studio.settle()

    record = studio.server.record()
    assert record["seed"] == 29
    assert record["count"] <= before + 2, "the wishes in between are never rendered"


def test_digits_follow_the_board_and_letters_what_they_say(studio):
    page = studio.page
    page.evaluate(
        """() => { for (const [key, code] of [["\u00e9", "Digit2"], ["S", "KeyO"]])
        document.body.dispatchEvent(new KeyboardEvent("keydown", { key, code, bubbles: true })); }"""
    )

    assert page.evaluate("[moulage.editor.tool.label, moulage.editor.tool.name]") == [2, "superpixel"]


def test_a_click_chooses_the_tone_and_a_second_one_leaves_it_to_the_seed(studio):
    studio.page.locator("[data-tone=IV]").click()
    studio.settle()
    chosen = studio.server.record()["tone"]
    studio.page.locator("[data-tone=IV]").click()
    studio.settle()

    assert (chosen, studio.server.record()["tone"]) == ("IV", None)


def test_a_slider_is_one_undo_step_and_auto_gives_it_back_to_the_seed(studio):
    slider = studio.page.locator("[data-slider=lesion_colour]")
    box = slider.bounding_box()
    studio.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    studio.page.mouse.down()
    studio.page.mouse.move(box["x"] + box["width"] * 0.9, box["y"] + box["height"] / 2, steps=8)
    studio.page.mouse.up()
    studio.settle()
    value = studio.server.record()["lesion_colour"]
    studio.page.locator("[data-auto=lesion_colour]").click()
    studio.settle()
    auto = studio.server.record()["lesion_colour"]
    steps = studio.page.evaluate("moulage.editor.history.done.length")

    assert 0.75 < value <= 1
    assert auto is None
    assert steps == 2


def test_a_slider_on_auto_stands_where_the_seed_put_it_and_follows_the_seed_undo_and_another_case(studio):
    where = "document.querySelector('[data-slider=lesion_colour]').value"
    assert (studio.page.evaluate(where), studio.server.record()["lesion_colour"]) == ("7", None)
    studio.page.locator("[data-act=next]").click()
    studio.settle()
    assert studio.page.evaluate(where) == "8"
    studio.page.locator("[data-auto=lesion_colour]").click()
    studio.settle()
    assert studio.server.record()["lesion_colour"] == 0.08
    studio.choose(["Control+z", "Control+z"])
    studio.settle()
    assert studio.page.evaluate(where) == "7"


def test_a_free_seed_changes_with_every_stroke_and_undo_brings_it_back(studio):
    studio.choose(["k", "b", "3"])
    studio.drag([(150, 100), (200, 120)])
    fresh = studio.server.record()["seed"]
    studio.choose(["Control+z"])
    studio.settle()

    assert fresh != 7
    assert studio.server.record()["seed"] == 7


@pytest.mark.parametrize(("width", "height"), [(1280, 720), (1440, 900), (1920, 1080)])
def test_nothing_is_cut_off_at_usual_sizes(opened, plain, width, height):
    page = opened(plain, width, height).page
    cut = page.evaluate(
        """() => [...document.querySelectorAll(".moulage button, .moulage input:not([hidden]), .side, .bar")]
        .filter(node => node.offsetParent).filter(node => {
          const box = node.getBoundingClientRect();
          return box.right > innerWidth + 0.5 || box.bottom > innerHeight + 0.5
            || node.scrollHeight > node.clientHeight + 1 && node.matches(".side")
            || node.scrollWidth > node.clientWidth + 1 && node.matches(".bar, button");
        }).map(node => node.className + " " + node.textContent.slice(0, 30))"""
    )

    assert cut == []


def test_every_control_that_acts_has_a_name(studio):
    nameless = studio.page.evaluate(
        """() => [...document.querySelectorAll(".moulage button, .moulage input:not([hidden]), .moulage select")]
        .filter(node => !(node.getAttribute("aria-label") || node.textContent.trim() || (node.labels || []).length))
        .map(node => node.outerHTML)"""
    )

    assert nameless == []
