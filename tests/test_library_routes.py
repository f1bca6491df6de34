"""The Library over HTTP: kept as painted, found, fetched, deleted, exported; every mistake a sentence."""

import io
import json
import zipfile

import numpy as np
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from PIL import Image
from starters import starter
from streamed_parts import parts

from engine import service
from engine.cases.case import to_json
from engine.errors import EngineError
from studio.canvas.wire import pack_message, unpack_message
from studio.screens.library.routes import add_routes


class Painter:
    """Paints grey; says no to seed 13."""

    def render(self, case):
        if case.seed == 13:
            raise EngineError("the generator does not like <13>.")
        told = {"case": json.loads(to_json(case)), "made": f"2026-11-21T12:00:{case.seed:02}Z"}
        return service.Rendered(np.full((256, 384, 3), 90, np.uint8), told)


@pytest.fixture
def library(tmp_path):
    return service.Library(tmp_path / "library")


@pytest.fixture
def client(library):
    app = FastAPI()
    add_routes(app, Painter(), library)
    with TestClient(app) as opened:
        yield opened


def kept(client, seed=7):
    return client.post("/library", content=pack_message(starter().varied(seed=seed))).json()["id"]


def listed(client, words=""):
    return [entry["seed"] for entry in client.get("/library", params={"words": words}).json()["entries"]]


def tables(answer):
    return [table for table, _ in parts(answer.content)]


def test_a_kept_case_is_listed_and_comes_back_whole(client):
    names = [kept(client, seed) for seed in (5, 7, 9)]

    assert listed(client) == [9, 7, 5]
    assert listed(client, "streaks 7") == [7]
    assert unpack_message(client.get(f"/library/{names[0]}/case").content).case == starter().varied(seed=5)
    picture, small = (client.get(f"/library/{names[0]}/{what}") for what in ("picture", "thumbnail"))
    assert service.case_from_bytes(picture.content) == starter().varied(seed=5)
    assert Image.open(io.BytesIO(small.content)).size == (240, 160)
    assert {a.headers["cache-control"] for a in (picture, small)} == {"no-store"}, (
        "deleted is deleted in the browser too"
    )


def test_deleting_and_undoing(client):
    name = kept(client)

    assert client.delete(f"/library/{name}").status_code == 204
    assert listed(client) == []
    assert client.post(f"/library/{name}/undelete").status_code == 204
    assert listed(client) == [7]


def test_an_export_tells_how_far_it_is_and_is_handed_out_once(client):
    names = [kept(client, seed) for seed in (5, 7)]

    answer = client.post("/library/export", content=json.dumps({"ids": names}))
    told = tables(answer)
    file = client.get(f"/library/export/{told[-1]['file']}")

    assert told[:-1] == [{"done": 1, "total": 2}, {"done": 2, "total": 2}]
    with zipfile.ZipFile(io.BytesIO(file.content)) as archive:
        assert sum(name.endswith("_segmentation.png") for name in archive.namelist()) == 2
    assert "moulage-" in file.headers["content-disposition"]
    assert client.get(f"/library/export/{told[-1]['file']}").status_code == 400


def test_an_export_of_what_is_gone_ends_in_its_sentence(client):
    answer = client.post("/library/export", content=json.dumps({"ids": [kept(client), "gone"]}))

    *_, last = tables(answer)
    assert list(last) == ["error"]
    assert "holds no case 'gone'" in last["error"]


@pytest.mark.parametrize(("method", "path", "body", "words"), [
    ("POST", "/library", pack_message(starter().varied(seed=13)), "<13>"),
    ("POST", "/library", b"MLG1", "cut off"),
    ("GET", "/library/nobody/case", None, "holds no case"),
    ("GET", "/library/nobody/thumbnail", None, "holds no case"),
    ("DELETE", "/library/nobody", None, "holds no case"),
    ("POST", "/library/nobody/undelete", None, "gone for good"),
    ("DELETE", "/library/%2E%2E", None, "none of a kept case"),
    ("POST", "/library/export", b"[]", "ids"),
    ("POST", "/library/export", b'{"ids": [3]}', "ids"),
    ("POST", "/library/export", b'{"ids": []}', "no kept case is chosen"),
    ("POST", "/library/export", b'{"ids": ["gone"]}', "holds no case 'gone'"),
    ("GET", "/library/export/a-b", None, "not here"),
    ("GET", "/library/export/abc", None, "not here"),
])  # fmt: skip
def test_a_mistake_is_status_400_with_its_sentence(client, method, path, body, words):
    answer = client.request(method, path, content=body)

    assert answer.status_code == 400
    assert words in answer.json()["error"]
