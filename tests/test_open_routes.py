"""Opening files over HTTP: they come as a form, their photo is shown and deleted, and what they held is said in words."""

from dataclasses import replace
from urllib.parse import unquote

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from test_opening import HEIGHT, MASKED, PHOTO, PICTURE, PLANES, WIDTH, jpeg, masks, photos

from engine import formats, service
from engine.cases.planes import semantic_map
from engine.cases.superpixels import proposed_cells
from engine.service import open_files
from studio.canvas.wire import pack_message, unpack_message
from studio.screens.paint import notices
from studio.screens.paint.photos import add_routes

__all__ = ["photos"]  # the fixture


class Matching:
    """A painter that is only asked for a photo's colours."""

    def matched(self, case, photo):
        assert photo.shape == (256, 384, 3)
        return {"tone": "II", "hair": 0.4}


@pytest.fixture
def client(photos):
    app = FastAPI()
    add_routes(app, photos, Matching())
    with TestClient(app) as opened:
        yield opened


def test_the_routes_open_show_and_delete(client, photos, tmp_path):
    answer = client.post("/open", files={"files": PHOTO})
    case = unpack_message(answer.content).case
    name = {"name": case.photo}

    assert "proposed" in unquote(answer.headers["x-notice"])
    assert client.get("/photo", params=name).content == photos.png(case.photo)
    assert client.get("/photo", params=name).headers["cache-control"] == "no-store"
    sizes = {"width": 384, "height": 256}
    for grain in service.GRAINS:
        drawn, slic = (
            client.get("/cells", params=sizes | {"grain": grain} | more) for more in ({}, {"photo": case.photo})
        )
        assert drawn.content != slic.content
        assert drawn.headers["cache-control"] == slic.headers["cache-control"] == "no-store"
    assert client.get("/photos").json() == {"count": 1}
    assert client.delete("/photos", params=name).json() == {"count": 0, "deleted": [case.photo]}
    assert client.get("/photo", params=name).status_code == 204
    assert client.post("/photos/undelete", params=name).json() == {"count": 1}
    assert client.get("/photo", params=name).status_code == 200
    client.delete("/photos", params=name)
    assert "no longer" in client.get("/cells", params=sizes | {"photo": case.photo}).json()["error"]
    assert client.get("/cells", params=sizes | {"grain": "powder"}).status_code == 400


def test_all_photos_are_deleted_at_once(client, tmp_path):
    for picture in (PICTURE, PICTURE[::-1]):
        client.post("/open", files={"files": ("a.jpg", jpeg(picture))})

    assert client.get("/photos").json() == {"count": 2}
    answer = client.delete("/photos").json()
    assert (answer["count"], len(answer["deleted"])) == (0, 2)
    assert {file.suffix for file in (tmp_path / "photos").iterdir()} == {".deleted"}
    for name in answer["deleted"]:
        client.post("/photos/undelete", params={"name": name})
    assert client.get("/photos").json() == {"count": 2}


def test_a_photos_colours_are_asked_of_the_painter_and_a_case_without_one_is_a_sentence(client):
    case = unpack_message(client.post("/open", files={"files": PHOTO}).content).case

    assert client.post("/match", content=pack_message(case, 1, "page", "settle")).json() == {"tone": "II", "hair": 0.4}
    without = client.post("/match", content=pack_message(replace(case, photo=None), 1, "page", "settle"))
    assert without.status_code == 400
    assert "no photo" in without.json()["error"]


FORM = {"content-type": "multipart/form-data; boundary=x"}
START = b'--x\r\nContent-Disposition: form-data; name="files"; filename="a.jpg"\r\n\r\n'


@pytest.mark.parametrize(("request_", "words"), [
    ({}, "no file was given"),
    ({"content": b"MLF1"}, "no file was given"),
    ({"content": b"", "headers": FORM}, "no file was given"),
    ({"content": b"text", "headers": FORM}, "did not arrive as a form"),
    ({"content": START, "headers": {"content-type": "multipart/form-data"}}, "boundary"),
    ({"files": {"photo": PHOTO}}, "'photo'; each is named 'files'"),
    ({"files": {"files": PHOTO}, "data": {"files": "text"}}, "did not arrive as a form"),
    ({"data": {"files": "text"}}, "did not arrive as a form"),
    ({"files": [("files", (f"{i}.png", b"")) for i in range(65)]}, "64"),
])  # fmt: skip
def test_a_wrong_form_is_status_400(client, photos, request_, words):
    answer = client.post("/open", **request_)

    assert answer.status_code == 400
    assert words in answer.json()["error"]
    assert photos.names() == []


def test_files_keep_their_names_and_bytes_in_the_form_whatever_their_size(client, photos, monkeypatch):
    files, seen = [("ä 'b' %20.jpg", bytes(3 << 20)), ("empty", b""), ("../../up.png", b"\r\n--x")], []
    monkeypatch.setattr(service, "open_files", lambda given, _: seen.extend(given) or open_files([PHOTO], photos))

    client.post("/open", files=[("files", file) for file in files])

    assert seen == files


def test_what_was_opened_is_said(photos):
    opened = open_files([PHOTO], photos)
    crowded = open_files([PHOTO, *masks(replace(MASKED, superpixels=proposed_cells(WIDTH, HEIGHT, 2, 1600)))], photos)

    assert "proposed" in notices.opened(opened)
    assert f"type {opened.case.tone} by Chardon" in notices.opened(opened)
    assert notices.opened(open_files([("x", formats.map_bytes(semantic_map(PLANES)))], photos)) == "Map opened."
    assert str(crowded.left_out) in notices.opened(crowded)
