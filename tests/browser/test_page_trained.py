"""The real thing: the shipped generator behind the real page."""

import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from engine import service


@pytest.fixture
def studio(opened, trained):
    return opened(trained)


def pixels(data):
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"), np.float32)


def test_the_picture_changes_where_it_was_painted_and_undo_restores_its_bytes(studio):
    cells, before = studio.cells(), studio.picture()
    studio.choose(["b", "1"])
    studio.size(60)
    studio.drag([(200, 125), (205, 130)])
    changed = studio.cells() != cells
    difference = np.abs(pixels(studio.picture()) - pixels(before)).mean(axis=2)
    rows, columns = np.nonzero(changed)
    far = np.ones(changed.shape, bool)
    far[max(0, rows.min() - 32) : rows.max() + 32, max(0, columns.min() - 32) : columns.max() + 32] = False

    studio.choose(["Control+z"])
    studio.settle()

    assert difference[changed].mean() > 5 * difference[far].mean()
    assert np.array_equal(studio.cells(), cells)
    assert studio.picture() == before


def test_saving_and_dropping_the_picture_restores_the_case_exactly(studio, tmp_path):
    page = studio.page
    studio.choose(["b", "7"])
    studio.drag([(150, 100), (210, 130)])
    page.locator("[data-tone=III]").click()
    page.evaluate("moulage.editor.set({ seed: 123, hair: 0.25 })")
    studio.settle()
    cells, settings, picture = studio.cells(), page.evaluate("moulage.editor.settings"), studio.picture()
    with page.expect_download() as download:
        page.keyboard.press("Control+s")
    saved = tmp_path / download.value.suggested_filename
    download.value.save_as(saved)
    studio.choose(["2"])
    studio.drag([(60, 60), (300, 200)])
    page.evaluate("moulage.editor.set({ seed: 5, tone: null, hair: null })")
    studio.settle()
    steps = page.evaluate("moulage.editor.history.done.length")

    drop(page, saved)
    page.wait_for_function("moulage.editor.settings.seed === 123")
    studio.settle()

    assert np.array_equal(studio.cells(), cells)
    assert page.evaluate("moulage.editor.settings") == settings
    assert studio.picture() == picture
    assert page.evaluate("moulage.editor.history.done.length") == steps + 1
    studio.choose(["Control+z"])
    studio.settle()
    assert page.evaluate("moulage.editor.settings.seed") == 5


def test_a_photos_superpixels_come_back_with_its_picture(studio, tmp_path):
    painter, cells = service.Painter(), service.proposed_cells(384, 256, 9)
    kept = painter.render(replace(painter.starter_case().varied(seed=77), superpixels=cells))
    file = tmp_path / "photo.png"
    file.write_bytes(service.export(kept, "picture", "photo").data)

    drop(studio.page, file)
    studio.page.wait_for_function("moulage.editor.settings.seed === 77")
    studio.settle()
    with studio.page.expect_download() as download:
        studio.page.keyboard.press("Control+s")
    again = Path(download.value.path()).read_bytes()

    assert np.array_equal(studio.superpixels(), cells)
    assert service.case_from_bytes(again) == service.case_from_bytes(file.read_bytes())
    assert np.array_equal(pixels(again), pixels(file.read_bytes()))


def test_every_other_form_is_a_menu_away(studio):
    page, names = studio.page, []
    forms = {
        name: form for name, form in list(service.FORMS.items())[1:] if not form.holds_photo and form.shows != "boxes"
    }
    for form in forms:
        page.locator("[popovertarget=export-menu]").click()
        with page.expect_download() as download:
            page.locator(f"[data-form={form}]").click()
        names.append(download.value.suggested_filename)

    assert all(name.endswith(form.suffix) for name, form in zip(names, forms.values(), strict=True))


def test_a_file_that_is_no_picture_of_ours_is_refused_in_a_sentence(studio, tmp_path):
    stranger = tmp_path / "stranger.png"
    Image.new("RGB", (8, 8)).save(stranger)
    cells = studio.cells()

    drop(studio.page, stranger)
    studio.page.wait_for_selector("[data-part=message].wrong")

    assert len(studio.page.locator("[data-part=message]").inner_text()) > 20
    assert np.array_equal(studio.cells(), cells)


def test_no_request_leaves_the_machine(studio):
    studio.choose(["b", "5"])
    studio.drag([(150, 100), (210, 130)])
    studio.page.wait_for_function("moulage.state.strips > 0")

    foreign = [url for url in studio.requests if not url.startswith((studio.server.url, "blob:", "data:"))]
    assert foreign == []
    assert studio.server.record()["outside"] == []
    assert studio.errors == []


def drop(page, file):
    """Drop a file on the page, as a hand would from the desktop."""
    transfer = page.evaluate_handle(
        """async ([bytes, name]) => {
          const transfer = new DataTransfer();
          transfer.items.add(new File([new Uint8Array(bytes)], name, { type: "image/png" }));
          return transfer;
        }""",
        [list(file.read_bytes()), file.name],
    )
    for event in ("dragenter", "dragover", "drop"):
        page.dispatch_event(".moulage", event, {"dataTransfer": transfer})
