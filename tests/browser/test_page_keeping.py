"""What was made before: the filmstrip, the Library drawer, and a hundred changes there and back."""

import io
import json
import zipfile

import numpy as np
import pytest
from conftest import Server
from PIL import Image

from engine import service
from engine.cases.case import to_json
from engine.cases.planes import pack
from engine.formats import read_picture_case

FRAMES = ".film .shot"
HASHES = """() => { const { map, settings } = moulage.editor;
  let sum = 0; for (const cell of map.cells) sum = (Math.imul(sum, 31) + cell) | 0;
  return sum + JSON.stringify(settings); }"""


@pytest.fixture
def server(tmp_path):
    started = Server("plain", tmp_path)
    yield started
    started.stop()


@pytest.fixture
def studio(opened, server):
    return opened(server)


def frames(studio, count):
    """Wait for that many frames, which come just after their pictures."""
    studio.page.wait_for_function(f"document.querySelectorAll('{FRAMES}').length === {count}")
    return studio.page.locator(FRAMES)


def made(studio):
    """Three frames: a stroke over the start, then another tone."""
    frames(studio, 1)
    studio.choose(["b", "7"])
    studio.drag([(150, 100), (230, 140)])
    frames(studio, 2)
    studio.choose(["Shift+4"])
    studio.settle()
    return frames(studio, 3)


def state(studio):
    return studio.cells().tobytes(), studio.page.evaluate("moulage.editor.settings")


def kept(studio, count):
    """Open the drawer, and wait for that many cards."""
    if not studio.page.evaluate("moulage.library.open"):
        studio.page.locator("[data-act=library]").click()
    studio.page.wait_for_function(f"document.querySelectorAll('.card').length === {count}")
    return studio.page.locator(".card")


def keep_three(studio):
    """Three kept cases of seeds 7, 8 and 9; the newest is seen in tone V."""
    frames(studio, 1)
    for step, keys in enumerate((["Shift+A"], ["n", "Shift+A"], ["n", "Shift+5", "Shift+A"]), start=1):
        for key in keys:
            studio.choose([key])
            studio.settle()
            studio.page.wait_for_timeout(300)
        studio.page.wait_for_function(f"moulage.library.ids.size === {step}")


def test_a_frame_restores_its_case_undo_brings_back_the_other(studio):
    first = state(studio)
    shots = made(studio)
    last = state(studio)

    shots.nth(2).click()
    studio.settle()

    assert state(studio) == first
    assert np.array_equal(studio.both(), studio.cells())
    assert shots.nth(2).get_attribute("aria-current") == "true"
    assert shots.count() == 3, "what is in the strip already is not added again"
    studio.choose(["Control+z"])
    studio.settle()
    assert state(studio) == last
    assert shots.nth(0).get_attribute("aria-current") == "true"


def test_the_strip_keeps_the_newest_sixty_and_each_is_a_small_picture(studio):
    studio.page.evaluate(
        """async () => { for (let seed = 100; seed < 170; seed++) { moulage.editor.set({ seed });
        await new Promise(done => { const wait = () => moulage.film.current
          && moulage.film.current.snapshot.settings.seed === seed ? done() : setTimeout(wait, 5); wait(); }); } }"""
    )

    assert studio.page.locator(FRAMES).count() == 60
    assert studio.page.evaluate("moulage.film.frames.map(frame => frame.snapshot.settings.seed)") == [
        *range(169, 109, -1)
    ]
    loaded = "[...document.querySelectorAll('.film img')].every(image => image.complete && image.naturalWidth === 384)"
    studio.page.wait_for_function(loaded)


def test_the_strip_is_walked_kept_from_and_compared_by_keyboard(studio):
    made(studio)
    page = studio.page
    page.locator(FRAMES).nth(0).focus()
    studio.choose(["ArrowRight", "ArrowRight", "Enter"])
    studio.settle()
    assert page.evaluate("moulage.editor.settings.tone") == "II"
    assert page.evaluate("moulage.editor.tool.name") == "brush", "arrows and Enter did nothing else"

    studio.choose(["Tab", "Enter"])
    page.wait_for_selector(".star[aria-pressed=true]")
    assert page.evaluate("moulage.library.ids.size") == 1
    page.locator(FRAMES).nth(0).focus()
    studio.choose(["Shift+Enter"])
    page.wait_for_function("moulage.picture.comparison === 'side'")
    assert page.locator("[data-part=reference]").inner_text() == "pinned"


def test_c_goes_through_all_ways_of_comparing(studio):
    seen = []
    for _ in range(5):
        seen.append(studio.page.locator("[data-compare][aria-pressed=true]").get_attribute("data-compare"))
        studio.choose(["c"])

    assert seen == ["none", "slider", "side", "difference", "none"]


def test_a_kept_case_is_found_by_words_and_restored(studio):
    keep_three(studio)
    before = state(studio)
    cards = kept(studio, 3)
    assert cards.locator(".shot span").all_inner_texts() == ["V · 9", "II · 8", "II · 7"]

    studio.page.keyboard.type("ii 7")
    kept(studio, 1)
    assert studio.page.locator("[data-word=II]").get_attribute("aria-pressed") == "false"
    studio.page.locator("[data-part=library-words]").fill("")
    kept(studio, 3)
    studio.page.locator("[data-word=V]").click()
    kept(studio, 1)
    studio.page.locator("[data-word=V]").click()
    kept(studio, 3).nth(2).locator(".shot").click()
    studio.page.wait_for_function("moulage.editor.settings.seed === 7")
    studio.settle()

    assert studio.page.evaluate("moulage.library.open") is False
    assert studio.page.evaluate("moulage.editor.settings.tone") == "II"
    studio.choose(["Control+z"])
    assert state(studio) == before


def test_what_is_deleted_can_be_undone_and_is_then_gone(studio, server):
    keep_three(studio)
    kept(studio, 3).nth(0).hover()
    kept(studio, 3).nth(0).locator(".bin").click()
    kept(studio, 2)
    assert studio.page.locator(".star[aria-pressed=true]").count() == 2

    studio.page.locator(".note .link").click()
    kept(studio, 3)
    assert studio.page.locator(".star[aria-pressed=true]").count() == 3

    studio.page.locator("[data-act=library-all]").click()
    studio.page.locator("[data-act=library-delete]").click()
    kept(studio, 0)
    assert "Deleted" in studio.page.locator(".note").inner_text()
    assert service.Library(server.drafts / "library").entries() == []


def test_the_drawer_by_keyboard_alone(studio):
    keep_three(studio)
    studio.choose(["a"])
    kept(studio, 3)
    studio.choose(["ArrowDown", "Space", "ArrowRight", "Space"])
    assert studio.page.evaluate("moulage.library.chosen.size") == 2
    assert studio.page.locator("[data-part=library-count]").inner_text() == "2 chosen"

    studio.choose(["Delete"])
    kept(studio, 2)
    studio.page.wait_for_function("document.activeElement.className === 'shot'")
    studio.choose(["Shift+Enter"])
    studio.page.wait_for_function("moulage.picture.pinned !== null")
    assert studio.page.evaluate("moulage.library.open") is False
    studio.choose(["a", "Escape"])

    assert studio.page.evaluate("moulage.library.open") is False
    assert studio.page.evaluate("document.activeElement.dataset.act") == "library"


def test_a_choice_becomes_a_data_set(studio, tmp_path):
    keep_three(studio)
    cards = kept(studio, 3)
    cards.nth(0).locator(".shot").click(modifiers=["Control"])
    cards.nth(2).locator(".shot").click(modifiers=["Control"])
    with studio.page.expect_download() as download:
        studio.page.locator("[data-act=library-export]").click()
    file = tmp_path / "set.zip"
    download.value.save_as(file)

    with zipfile.ZipFile(file) as archive:
        archive.extractall(tmp_path / "set")
    (top,) = (tmp_path / "set").iterdir()
    report = service.run(service.CheckRequest(top))
    assert report.problems == ()
    assert report.counts["photos"] == 2
    seeds = [read_picture_case(p.read_bytes())["case"]["seed"] for p in top.rglob("*_Input/*.png")]
    assert sorted(seeds) == [7, 9]
    assert json.loads((top / "manifest.json").read_bytes())["synthetic"] is True
    assert "downloads" in studio.page.locator(".note").inner_text()


def test_a_refused_case_is_not_kept_and_says_why(studio):
    frames(studio, 1)
    studio.page.evaluate(
        "moulage.library.keep({ map: moulage.editor.map, settings: { ...moulage.editor.settings, hair: 0.13 } })"
    )
    studio.page.wait_for_selector("[data-part=message].wrong")

    assert studio.page.locator("[data-part=message]").inner_text() == "hair is 0.13; this painter allows any other."


def test_a_dropped_jpeg_restores_its_case(studio, tmp_path):
    case = service.Painter().starter_case("small")
    rendered = service.Rendered(np.zeros((256, 384, 3), np.uint8), {"case": json.loads(to_json(case))})
    file = tmp_path / "small.jpg"
    file.write_bytes(service.export(rendered, "share", "small").data)
    assert Image.open(io.BytesIO(file.read_bytes())).format == "JPEG"

    studio.page.locator("[data-part=file]").set_input_files(file)
    studio.page.wait_for_function("moulage.editor.settings.seed === 5")
    studio.settle()

    assert np.array_equal(studio.both(), pack(case.planes))


CHANGES = """async () => {
  const { editor } = moulage;
  let state = 7;
  const random = () => { state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff; return state / 0x7fffffff; };
  const whole = limit => Math.floor(random() * limit), pick = list => list[whole(list.length)];
  const point = () => ({ x: random() * 384, y: random() * 256 });
  const box = () => {
    const left = whole(300), top = whole(200);
    return { left, top, right: left + 1 + whole(80), bottom: top + 1 + whole(50), condition: pick(["naevus", null]) };
  };
  const acts = [
    () => {
      editor.choose({ label: 2 + whole(6), size_px: 4 + whole(60) });
      editor.begin();
      editor.stroke(point(), point(), editor.operation(random() < 0.2, random() < 0.3));
      editor.end();
    },
    () => editor.set({ tone: pick(["I", "II", "III", "IV", "V", "VI", null]) }),
    () => editor.set({ seed: whole(1e6) }),
    () => editor.set({ boxes: Array.from({ length: whole(4) }, box) }),
    () => {
      for (let step = 0; step < 5; step++) editor.preview({ [pick(["hair", "variation"])]: whole(100) / 100 });
      editor.end();
    },
    () => editor.move(pick(["mirror", "flip", "turn", "back", "grow", "shrink"])),
    () => { editor.choose({ label: 3 + whole(5) }); editor.copyMarker(3 + whole(5)); },
    () => {
      editor.choose({ label: 7 });
      editor.begin();
      editor.fill(whole(384), whole(256), editor.operation(false, true));
      editor.end();
    },
  ];
  const hash = HASH, hashes = [hash()];
  while (hashes.length <= 100) {
    const steps = editor.history.done.length;
    pick(acts)();
    if (editor.history.done.length > steps) hashes.push(hash());
  }
  return hashes;
}"""
STEPS = "() => { const hash = HASH; return Array.from({ length: 100 }, () => (moulage.editor.STEP(), hash())); }"


def test_a_hundred_changes_undone_and_redone_give_the_same_hashes_at_every_step(studio):
    hashes = studio.page.evaluate(CHANGES.replace("HASH", HASHES, 1))
    assert len(set(hashes)) > 90

    undone = studio.page.evaluate(STEPS.replace("HASH", HASHES).replace("STEP", "undo"))
    assert undone == hashes[-2::-1]
    assert studio.page.evaluate("moulage.editor.history.done.length") == 0
    redone = studio.page.evaluate(STEPS.replace("HASH", HASHES).replace("STEP", "redo"))
    assert redone == hashes[1:]
    studio.settle()
    assert np.array_equal(studio.both(), studio.cells())
