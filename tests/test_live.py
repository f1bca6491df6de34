"""The live route: messages, mistakes that are answered and survived, and who may come in."""

import io
import json
import socket
import struct
import zlib
from dataclasses import replace

import numpy as np
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from PIL import Image
from starters import starter

from engine import formats, service
from engine.cases.boxes import Box
from engine.cases.case import Case
from engine.cases.planes import Planes, pack, semantic_map
from engine.errors import EngineError
from engine.formats import read_regions
from engine.generators.shared.sliders import AppearanceSettings
from engine.pixels import resize_picture
from studio.access import BODY_LIMIT_BYTES, Access, bound_socket, checked_host
from studio.canvas.wire import decode_runs, encode_runs, pack_message, unpack_message
from studio.screens.paint.drafts import add_routes as add_draft_routes
from studio.screens.paint.live import add_routes
from studio.screens.paint.photos import add_routes as add_photo_routes

HERE = {"origin": "http://127.0.0.1:7860", "host": "127.0.0.1:7860"}
COLOURS = np.random.default_rng(0).integers(0, 256, (8, 3)).astype(np.uint8)


class FakePainter:
    """Paints the flat map in eight colours; says no to seed 13."""

    def __init__(self):
        self.seen = []

    def starter_case(self, name="naevus", generator=service.DEFAULT):
        return starter(name)

    def _picture(self, case):
        if case.seed == 13:
            raise EngineError("the generator does not like <13>.")
        self.seen.append(case)
        return COLOURS[semantic_map(case.planes)]

    def render_live(self, case, client, seq):
        return service.LivePicture(self._picture(case), seq, 1.0, 40.0, "", "fake")

    def strip(self, case):
        return [
            service.TonePicture(t, self._picture(case), 1.0, t == "VI") for t in ("I", "II", "III", "IV", "V", "VI")
        ]

    def render(self, case):
        from engine.cases.case import to_json

        made = "2026-11-21T12:00:00Z"
        return service.Rendered(
            self._picture(case), {"synthetic": True, "made": made, "case": json.loads(to_json(case))}
        )

    def leave(self, client):
        self.seen.append(client)


@pytest.fixture
def painter():
    return FakePainter()


@pytest.fixture
def photos(tmp_path):
    return service.Photos(tmp_path / "photos")


@pytest.fixture
def client(painter, photos, tmp_path):
    app = FastAPI()
    add_routes(app, painter, photos)
    add_photo_routes(app, photos, painter)
    add_draft_routes(app, service.Drafts(tmp_path / "drafts"))
    with TestClient(Access(app, "http://127.0.0.1:7860"), base_url="http://127.0.0.1:7860", headers=HERE) as opened:
        yield opened


def test_a_case_survives_the_wire():
    message = unpack_message(pack_message(starter(), 9, "me", "stroke"))

    assert (message.seq, message.client, message.kind) == (9, "me", "stroke")
    assert message.case == starter()


def test_a_photos_superpixels_travel_with_its_case():
    cells = np.arange(256 * 384, dtype=np.int32).reshape(256, 384) // 97
    case = Case(starter().planes, cells, "pix2pixhd-live", AppearanceSettings(7))

    assert unpack_message(pack_message(case)).case == case


@settings(max_examples=60, deadline=None)
@given(arrays.arrays(np.uint16, st.integers(1, 400), elements=st.integers(0, 2)))
def test_runs_lose_nothing(cells):
    assert np.array_equal(decode_runs(encode_runs(cells), cells.size), cells)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200))
def test_no_bytes_whatsoever_do_worse_than_a_sentence(data):
    for message in (data, pack_message(starter())[:60] + data):
        with pytest.raises(EngineError):
            unpack_message(message)


def test_the_socket_answers_pictures_and_survives_every_mistake(client, painter):
    good = pack_message(starter(), 5, "me")
    header = struct.unpack_from("<4sIIHHI", good)
    wrong_crc = good[:8] + b"\0\0\0\0" + good[12:]
    huge = struct.pack("<4sIIHHI", b"MLG1", 1, 0, 60000, 60000, 2) + b"{}"
    with client.websocket_connect("/live", headers=HERE) as page:
        for bad, words in (
            (b"", "cut off"),
            (good[:-3], "cut off"),
            (good[:15], "cut off"),
            (wrong_crc, "checksum"),
            (huge, "60000x60000"),
            (b"\0" * (5 << 20), "at most"),
            (pack_message(Case(starter().planes, None, "pix2pixhd-live", AppearanceSettings(13)), 8, "me"), "<13>"),
        ):
            page.send_bytes(bad)
            assert words in json.loads(page.receive_text())["error"]
        page.send_text("hello")
        assert "binary" in json.loads(page.receive_text())["error"]
        page.send_bytes(good)
        reply = page.receive_bytes()
    assert reply[:8] == b"MLR1" + struct.pack("<I", header[1])
    assert painter.seen[0] == starter()
    assert painter.seen[-1] == "me"


def test_a_strip_is_six_pictures(client):
    with client.websocket_connect("/live", headers=HERE) as page:
        page.send_bytes(pack_message(starter(), 1, "me", "strip"))
        reply = page.receive_bytes()
    length = struct.unpack_from("<I", reply, 8)[0]
    table, body, sizes = json.loads(reply[12 : 12 + length]), reply[12 + length :], []
    while body:
        size = struct.unpack_from("<I", body)[0]
        sizes.append(size)
        assert body[4:6] == b"\xff\xd8"
        body = body[4 + size :]

    assert len(sizes) == 6
    assert [tone["extrapolated"] for tone in table["tones"]] == [False] * 5 + [True]


def test_what_is_saved_restores_exactly(client):
    planes = Planes.blank(48, 32)
    planes.lesion[8:20, 8:30] = 1
    planes.markers[3, 9:12, 9:15] = 1
    case = Case(planes, None, "pix2pixhd-live", AppearanceSettings(77, "V", 0.25, None, 0.5))

    saved = client.post("/save", content=pack_message(case))
    restored = client.post("/open", files={"files": ("a.png", saved.content)})

    assert saved.headers["content-type"] == "image/png"
    assert unpack_message(restored.content).case == case


@pytest.mark.parametrize("form", service.FORMS)
def test_every_form_is_saved_under_its_name(client, photos, form):
    boxes = (Box(10, 20, 90, 80, "melanoma"),)
    case = replace(starter(), photo=photos.keep(COLOURS[semantic_map(starter().planes)]), boxes=boxes)

    answer = client.post("/save", params={"form": form}, content=pack_message(case, 1, "me"))

    assert answer.status_code == 200
    assert answer.headers["content-type"] == service.FORMS[form].media_type
    assert f'moulage-seed-7-II{service.FORMS[form].suffix}"' in answer.headers["content-disposition"]


def test_a_map_of_boxes_tells_boxes_and_the_tone_asked_for_and_needs_a_box(client):
    boxes = (Box(10, 20, 90, 80, "melanoma"), Box(60, 50, 120, 110, "melanocytic nevus"))
    case = replace(starter().varied(tone="V"), boxes=boxes)

    saved = client.post("/save", params={"form": "boxes"}, content=pack_message(case))
    found, ita_deg = read_regions(saved.content)

    assert found == boxes
    assert ita_deg == pytest.approx(-10, abs=0.5)
    refused = client.post("/save", params={"form": "boxes"}, content=pack_message(starter()))
    assert refused.status_code == 400
    assert "no box with a condition" in refused.json()["error"]


def test_a_bundle_restores_exactly_and_an_unknown_form_is_refused(client):
    bundle = client.post("/save", params={"form": "bundle"}, content=pack_message(starter(), 1, "me")).content

    assert unpack_message(client.post("/open", files={"files": ("a.zip", bundle)}).content).case == starter()
    assert "bundle" in client.post("/save", params={"form": "psd"}, content=pack_message(starter())).json()["error"]


def test_start_and_cells_are_what_the_page_opens_with(client):
    assert unpack_message(client.get("/start").content).case == starter()
    cells = client.get("/cells", params={"width": 96, "height": 64}).content
    ids = np.frombuffer(zlib.decompress(cells[4:]), "<i4").reshape(64, 96)
    assert np.array_equal(ids, service.proposed_cells(96, 64, 0))


@pytest.mark.parametrize(("path", "body", "words"), [
    ("/open", {"files": {"files": ("a.jpg", b"not a picture")}}, "no picture"),
    ("/save", {"content": b"MLG1"}, "cut off"),
])  # fmt: skip
def test_a_bad_post_is_status_400_with_its_sentence(client, path, body, words):
    answer = client.post(path, **body)

    assert answer.status_code == 400
    assert words in answer.json()["error"]


def test_cells_of_an_absurd_size_are_refused(client):
    assert client.get("/cells", params={"width": 10**6, "height": 10**6}).status_code == 400


@pytest.mark.parametrize("headers", [
    {"origin": "http://evil.example", "host": "127.0.0.1:7860"},
    {"origin": "http://127.0.0.1:7861", "host": "127.0.0.1:7860"},
    {"origin": "null", "host": "127.0.0.1:7860"},
    {"host": "evil.example"},
    {"origin": "http://127.0.0.1:7860", "host": "moulage.evil.example:7860"},
    {"origin": "http://127.0.0.1:7860", "host": "127.0.0.1:7861"},
    {"origin": "http://127.0.0.1:7860", "host": "127.0.0.1"},
])  # fmt: skip
def test_pages_of_other_sites_are_refused(client, headers):
    from starlette.websockets import WebSocketDisconnect

    assert client.post("/open", content=b"x", headers=headers).status_code == 403
    with pytest.raises(WebSocketDisconnect), client.websocket_connect("/live", headers=headers):
        pass


def test_a_body_over_the_limit_is_refused_by_its_header(client):
    answer = client.post("/open", content=b"x", headers={"content-length": str(BODY_LIMIT_BYTES + 1)})

    assert answer.status_code == 413


@pytest.mark.parametrize("path", ["/open", "/save", "/draft?tab=0d9f7c1e&revision=1"])
def test_a_body_that_does_not_tell_its_length_is_refused_where_it_grows_too_large(client, path):
    def endless():
        yield b'--x\r\nContent-Disposition: form-data; name="files"; filename="a"\r\n\r\n'
        for _ in range(BODY_LIMIT_BYTES // (1 << 20) + 1):
            yield bytes(1 << 20)

    answer = client.post(path, content=endless(), headers={"content-type": "multipart/form-data; boundary=x"})

    assert answer.status_code == 413
    assert f"larger than {BODY_LIMIT_BYTES} bytes" in answer.json()["detail"]


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.5", "::", "example.org"])
def test_a_host_that_others_can_reach_is_refused(host):
    with pytest.raises(EngineError, match="loopback"):
        checked_host(host)


def test_a_taken_port_is_one_sentence():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(EngineError, match=f"port {port} .* --port"):
            bound_socket("127.0.0.1", port)


def test_the_packed_cells_are_the_editors():
    planes = Planes.blank(2, 1)
    planes.lesion[0, 0] = 1
    planes.markers[4, 0, 0] = 2

    assert pack(planes).tolist() == [[1 | 2 << 10, 0]]


@pytest.mark.parametrize(("form", "factor"), [("twice", 2), ("fourfold", 4)])
def test_an_enlarged_picture_holds_its_case_and_says_how_it_was_enlarged(form, factor):
    painter = FakePainter()
    kept = painter.render(starter())
    data = service.export(kept, form, "mole").data
    larger, told = np.asarray(Image.open(io.BytesIO(data)).convert("RGB")), formats.read_provenance(data)

    assert larger.shape == (factor * 256, factor * 384, 3)
    assert told["enlarged"] == {"factor": factor, "method": "Lanczos, which adds no detail"}
    assert np.abs(resize_picture(larger, 384, 256).astype(int) - kept.picture).mean() < 3
    assert service.case_from_bytes(data, "the file").seed == starter().seed
