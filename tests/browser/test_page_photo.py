"""A real photo on the page: seen at once, its case a moment later, beneath or beside the map, and really removed."""

import io

import numpy as np
import pytest
from conftest import Server
from phantoms import phantom
from PIL import Image, ImageOps
from test_page_access import findings
from test_page_compare import near, shown

from engine import formats, service
from engine.cases.case import Case, to_json
from engine.cases.planes import pack
from engine.cases.superpixels import proposed_cells
from engine.data.frames import crop_labels, crop_picture, crop_planes
from engine.generators.shared.sliders import AppearanceSettings

PICTURE, PLANES = phantom(5, 1, 600, 480)
KEPT = "!moulage.autosave.unsaved && moulage.autosave.kept.server === moulage.autosave.revision"


@pytest.fixture(scope="module")
def started(tmp_path_factory):
    server = Server("plain", tmp_path_factory.mktemp("drafts"))
    yield server
    server.stop()


@pytest.fixture
def server(started):
    yield started
    for name in (photos := service.Photos(started.drafts / "photos")).names():
        photos.delete(name)


@pytest.fixture
def studio(opened, server):
    return opened(server)


def as_file(name, data):
    return {"name": name, "mimeType": "application/octet-stream", "buffer": data}


def photo_file(picture=PICTURE, name="mole.jpg", kind="PNG", **options):
    out = io.BytesIO()
    Image.fromarray(picture).save(out, kind, **options)
    return as_file(name, out.getvalue())


def give(studio, *files):
    studio.page.locator("[data-part=file]").set_input_files(list(files))


def open_photo(studio, *files):
    give(studio, *(files or [photo_file()]))
    studio.page.wait_for_function("moulage.editor.settings.photo && moulage.photo.bitmap")
    studio.settle()
    return studio.page.evaluate("moulage.editor.settings.photo")


def said(studio):
    return studio.page.locator("[data-part=message]").inner_text()


def refused(studio, *files):
    give(studio, *files)
    studio.page.wait_for_selector("[data-part=message].wrong")
    return said(studio)


def tag(studio, part="synthetic"):
    """The sign on a pane, which is written with the pane's next frame."""
    studio.page.evaluate("new Promise(requestAnimationFrame)")
    return studio.page.locator(f"[data-part={part}]").inner_text()


def test_a_photo_opens_with_its_proposed_lesion_superpixels_and_tone_and_undo_brings_the_case_back(studio, server):
    before = studio.cells(), studio.page.evaluate("moulage.editor.settings")

    name = open_photo(studio)

    photos = service.Photos(server.drafts / "photos")
    assert photos.names() == [name]
    assert np.array_equal(studio.superpixels(), photos.superpixels(name, (384, 256), "medium"))
    assert "only proposed" in said(studio)
    assert "by Chardon's bounds" in said(studio)
    assert server.record()["photo"] == name
    assert studio.both().any()
    studio.choose(["Control+z"])
    studio.settle()
    assert np.array_equal(studio.cells(), before[0])
    assert studio.page.evaluate("moulage.editor.settings") == before[1]
    studio.choose(["Control+y"])
    studio.page.wait_for_function("moulage.photo.bitmap")
    assert np.array_equal(studio.superpixels(), photos.superpixels(name, (384, 256), "medium"))


def test_masks_chosen_with_it_and_a_turned_camera_are_heeded(studio):
    exif = Image.Exif()
    exif[0x0112] = 6
    sideways = np.asarray(ImageOps.exif_transpose(Image.fromarray(PICTURE)).rotate(90, expand=True))
    case = Case(PLANES, proposed_cells(600, 480, 2, 600), "pix2pixhd-live")
    masks = [as_file(name, data) for name, data in formats.isic_files(case, "mole").items()]

    open_photo(studio, *masks, photo_file(sideways, exif=exif))

    assert np.array_equal(studio.cells() & 1, crop_labels(PLANES.lesion, (384, 256)))
    cells = crop_labels(case.superpixels, (384, 256))
    assert np.array_equal(studio.superpixels(), np.unique(cells, return_inverse=True)[1].reshape(cells.shape))


def test_the_photo_lies_beneath_the_map_and_stands_in_the_pictures_place_and_is_never_called_synthetic(studio):
    synthetic = shown(studio)
    assert tag(studio) == "Synthetic"
    assert studio.page.locator("[data-compare=photo]").is_hidden()
    open_photo(studio)
    picture, photo = shown(studio), crop_picture(PICTURE, (384, 256)).astype(int)
    assert not near(picture, synthetic)
    assert tag(studio, "beneath") == "Photo beneath"

    studio.page.locator("[data-compare=photo]").click()
    assert near(shown(studio), photo)
    assert tag(studio) == "Photo"
    studio.page.keyboard.down("Backslash")
    assert near(shown(studio), picture)
    assert tag(studio) == "Synthetic"
    studio.page.keyboard.up("Backslash")

    studio.choose(["y", "c", "c"])
    assert tag(studio) == "Photo and synthetic"
    assert near(shown(studio)[:, :185], photo[:, :185])
    assert near(shown(studio)[:, 200:], picture[:, 200:])
    studio.choose(["c", "c"])
    assert near(shown(studio), np.abs(picture - photo))

    studio.page.locator("[popovertarget=photo-menu]").click()
    studio.page.locator("[data-beneath=picture]").click()
    studio.choose(["Escape"])
    assert tag(studio, "beneath") == "Synthetic beneath"


def test_grains_go_coarser_and_finer_undone_and_kept(studio, server):
    name = open_photo(studio)
    photos = service.Photos(server.drafts / "photos")
    studio.choose(["s", "."])
    studio.page.wait_for_function("moulage.editor.settings.grain === 'fine'")
    assert np.array_equal(studio.superpixels(), photos.superpixels(name, (384, 256), "fine"))
    assert studio.page.locator("[data-grain=fine]").get_attribute("aria-pressed") == "true"
    studio.choose([",", ",", ",", ","])
    studio.page.wait_for_function("moulage.editor.settings.grain === 'coarse' && !moulage.grains.wanted")
    assert np.array_equal(studio.superpixels(), photos.superpixels(name, (384, 256), "coarse"))
    studio.choose(["Control+z"])
    assert studio.page.evaluate("moulage.editor.settings.grain") == "medium"
    assert np.array_equal(studio.superpixels(), photos.superpixels(name, (384, 256), "medium"))
    studio.choose(["Control+y"])
    assert server.record()["photo"] == name
    studio.page.wait_for_function(KEPT)

    studio.page.reload()
    studio.ready()
    studio.page.wait_for_function("moulage.grains.known.size > 1")

    assert studio.page.evaluate("moulage.editor.settings.grain") == "coarse"
    assert np.array_equal(studio.superpixels(), photos.superpixels(name, (384, 256), "coarse"))


def test_a_drawn_case_has_three_grains_too_and_a_click_paints_one_of_them(studio):
    studio.choose(["s"])
    studio.page.locator("[data-grain=coarse]").click()
    studio.page.wait_for_function("moulage.editor.settings.grain === 'coarse'")
    cells = proposed_cells(384, 256, 0, service.GRAINS["coarse"])
    assert np.array_equal(studio.superpixels(), cells)

    before = studio.cells()
    studio.choose(["7"])
    studio.click(200.5, 120.5)

    assert np.array_equal(studio.both() != before, cells == cells[120, 200])


def test_axe_finds_nothing_with_a_photo_open(studio):
    open_photo(studio)
    studio.choose(["s"])
    studio.page.locator("[data-compare=photo]").click()
    assert findings(studio.page) == []
    studio.page.locator("[popovertarget=photo-menu]").click()
    assert findings(studio.page) == []


def test_a_removed_photo_is_gone_from_the_disk_and_the_case_stays(studio, server):
    open_photo(studio)
    studio.choose(["s", "."])
    studio.page.wait_for_function("moulage.editor.settings.grain === 'fine'")
    cells, superpixels = studio.cells(), studio.page.evaluate("moulage.editor.map.superpixels")
    assert len(list((server.drafts / "photos").iterdir())) == 3

    studio.page.locator("[popovertarget=photo-menu]").click()
    studio.page.locator("[data-act=remove-photo]").click()
    studio.page.locator("[data-act=remove-not]").click()
    assert service.Photos(server.drafts / "photos").names() == [studio.page.evaluate("moulage.editor.settings.photo")]
    studio.page.locator("[data-act=remove-photo]").click()
    studio.page.locator("[data-act=remove-sure]").click()
    studio.page.wait_for_function("!moulage.photo.bitmap")

    assert service.Photos(server.drafts / "photos").names() == []
    assert "deleted from this machine" in said(studio)
    assert np.array_equal(studio.cells(), cells)
    assert studio.page.evaluate("moulage.editor.map.superpixels") == superpixels
    assert studio.page.locator("[popovertarget=photo-menu]").is_hidden()
    assert tag(studio) == "Synthetic"
    studio.choose(["."])
    assert "need the photo" in said(studio)
    studio.choose(["Control+z"])
    studio.page.wait_for_function("document.querySelector('[data-part=message]').textContent.includes('no longer')")


def test_a_removed_photo_is_brought_back_by_undo(studio, server):
    name = open_photo(studio)
    studio.page.locator("[popovertarget=photo-menu]").click()
    studio.page.locator("[data-act=remove-photo]").click()
    studio.page.locator("[data-act=remove-sure]").click()
    studio.page.wait_for_function("!moulage.photo.bitmap")
    studio.page.locator("[data-part=message] .link").click()
    studio.page.wait_for_function("moulage.photo.bitmap")

    assert studio.page.evaluate("moulage.editor.settings.photo") == name
    assert service.Photos(server.drafts / "photos").names() == [name]


def test_a_lesion_that_fills_the_frame_offers_to_turn_it_inside_out_or_to_draw_it_and_tells_no_skin_type(studio):
    rows, columns = np.mgrid[0:480, 0:600]
    picture = np.where((np.hypot(columns - 300, rows - 240) < 150)[..., None], (222, 180, 160), (150, 84, 72))
    give(studio, photo_file(picture.astype(np.uint8)))
    studio.page.wait_for_selector("[data-part=doubt]:not([hidden])")
    studio.settle()

    assert "lighter than what is around it" in studio.page.locator("[data-part=doubt-why]").inner_text()
    assert "cannot tell" in said(studio)
    assert studio.server.record()["tone"] is None
    assert findings(studio.page) == []
    before = studio.cells()
    studio.page.locator("[data-act=doubt-invert]").click()
    assert np.array_equal(studio.cells() & 1, 1 - (before & 1))
    assert studio.page.locator("[data-part=doubt]").is_hidden()
    studio.choose(["Control+z"])
    assert np.array_equal(studio.cells(), before)


def test_a_photos_colours_come_to_the_sliders_as_one_step(studio):
    open_photo(studio)
    steps = studio.page.evaluate("moulage.editor.history.done.length")
    studio.page.locator("[popovertarget=photo-menu]").click()
    studio.page.locator("[data-act=match]").click()
    studio.page.wait_for_function("moulage.editor.settings.lesion_colour === 0.31")
    assert studio.page.evaluate("moulage.editor.settings.tone") == "V"
    assert studio.page.evaluate("moulage.editor.history.done.length") == steps + 1


def test_a_draft_whose_photo_was_deleted_still_opens_and_says_so(studio, server):
    name = open_photo(studio)
    cells = studio.cells()
    studio.page.wait_for_function(KEPT)
    service.Photos(server.drafts / "photos").delete(name)

    studio.page.reload()
    studio.ready()

    studio.page.wait_for_function("document.querySelector('[data-part=message]').textContent.includes('no longer')")
    assert np.array_equal(studio.cells(), cells)
    assert studio.page.locator("[data-compare=photo]").is_hidden()


def test_a_case_file_whose_photo_is_not_here_opens_and_says_so(studio):
    case = Case(crop_planes(PLANES, (384, 256)), None, service.DEFAULT, AppearanceSettings(5), photo="cd" * 32)

    give(studio, as_file("case.json", to_json(case).encode()))
    studio.page.wait_for_function("document.querySelector('[data-part=message]').textContent.includes('no longer')")

    assert np.array_equal(studio.cells(), pack(case.planes))
    assert np.array_equal(studio.superpixels(), proposed_cells(384, 256))


def test_what_cannot_be_opened_is_a_sentence_and_leaves_the_case_alone(studio, server):
    studio.choose(["b", "7"])
    studio.drag([(150, 100), (230, 140)])
    before = studio.cells(), studio.page.evaluate("moulage.editor.settings"), shown(studio)
    frames = [Image.fromarray(PICTURE), Image.fromarray(PICTURE[::-1])]
    out = io.BytesIO()
    frames[0].save(out, "PNG", save_all=True, append_images=frames[1:])

    for files, words in (
        ([as_file("mole.jpg", b"text")], "no picture"),
        ([as_file("mole.jpg", b"")], "empty"),
        ([as_file("mole.jpg", photo_file(kind="JPEG")["buffer"][:-2000])], "not copied whole"),
        ([as_file("mole.png", out.getvalue())], "several pictures"),
        ([photo_file(), photo_file(name="other.jpg")], "one photo is opened at a time"),
        ([photo_file(), as_file("mole_segmentation.png", formats.plane_bytes(PLANES.lesion[:9]))], "600x480 is needed"),
    ):
        assert words in refused(studio, *files)
        assert np.array_equal(studio.cells(), before[0])
        assert studio.page.evaluate("moulage.editor.settings") == before[1]
        studio.page.evaluate("document.querySelector('[data-part=message]').classList.remove('wrong')")
    assert near(shown(studio), before[2])
    assert service.Photos(server.drafts / "photos").names() == []


def test_a_corrupt_copy_in_the_browser_or_on_the_server_loses_nothing(studio, server):
    studio.choose(["b", "7"])
    studio.drag([(150, 100), (230, 140)])
    studio.page.wait_for_function(KEPT)
    cells, tab = studio.cells(), studio.page.evaluate("moulage.autosave.tab")
    studio.page.evaluate("tab => localStorage.setItem('moulage.draft.' + tab, 'TUxHMQ==damaged')", tab)

    studio.page.reload()
    studio.ready()
    assert np.array_equal(studio.cells(), cells), "the server's copy"
    assert "browser's copy" in said(studio)

    studio.choose(["Shift+4"])
    studio.page.wait_for_function(KEPT)
    (server.drafts / "drafts" / f"{tab}.json").write_bytes(b"{")
    studio.page.reload()
    studio.ready()
    assert np.array_equal(studio.cells(), cells), "the browser's copy"
    assert studio.page.evaluate("moulage.editor.settings.tone") == "IV"
    assert "set aside" in said(studio)


def test_several_files_can_be_dropped_at_once(studio):
    data = list(photo_file()["buffer"])
    masks = [[name, list(file)] for name, file in formats.isic_files(Case(PLANES, None, "x"), "mole").items()]
    studio.page.evaluate(
        """files => { const dropped = new DataTransfer();
        for (const [name, data] of files) dropped.items.add(new File([new Uint8Array(data)], name));
        window.dispatchEvent(new DragEvent("drop", { dataTransfer: dropped, bubbles: true, cancelable: true })); }""",
        [["mole.jpg", data], *masks],
    )
    studio.page.wait_for_function("moulage.editor.settings.photo")

    assert np.array_equal(studio.cells() & 1, crop_labels(PLANES.lesion, (384, 256)))
    assert np.array_equal(studio.cells() >> 2, crop_labels(pack(PLANES) >> 2, (384, 256)))
