"""The Sweeps screen's routes: parts as promised, cells from the cache, failed cells told, work that ends with the page."""

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
from engine.cases.planes import semantic_map
from engine.errors import EngineError
from engine.formats import read_picture_case
from engine.rendering.sweeps import scaled
from engine.training.presets import read_case
from studio.canvas.wire import pack_message, unpack_message
from studio.screens.sweep.routes import add_routes

COLOURS = np.random.default_rng(0).integers(0, 256, (8, 3)).astype(np.uint8)
HOST = {"host": "127.0.0.1:7860"}


class Painter:
    """Paints the flat map; says no to seed 13."""

    def __init__(self):
        self.painted = []

    def _picture(self, case):
        if case.seed == 13:
            raise EngineError("the generator does not like 13.")
        self.painted.append(case)
        return COLOURS[semantic_map(case.planes)]

    def paint(self, case):
        return service.LivePicture(self._picture(case), 0, 1.0, 40.0, "", "fake")

    def render(self, case):
        provenance = {"synthetic": True, "badge": "", "case": json.loads(to_json(case))}
        return service.Rendered(self._picture(case), provenance)


@pytest.fixture
def painter():
    return Painter()


@pytest.fixture
def client(painter):
    app = FastAPI()
    add_routes(app, painter)
    with TestClient(app) as opened:
        yield opened


def asked(client, path, case=None, **query):
    return client.post(path, params={"x": "size", "y": "tone"} | query, content=pack_message(case or starter()))


def test_cells_come_in_reading_order_with_their_pictures(client, painter):
    head, *cells = parts(asked(client, "/sweep", columns="50,100", rows="I,VI").content)

    assert head[0] == {"columns": ["50 %", "100 %"], "rows": ["I", "VI"]}
    assert [(table["column"], table["row"]) for table, _ in cells] == [(0, 0), (1, 0), (0, 1), (1, 1)]
    assert painter.painted[0] == scaled(starter(), 50).varied(tone="I")
    shown = np.asarray(Image.open(io.BytesIO(cells[1][1])), float)
    assert np.abs(shown - COLOURS[semantic_map(starter().planes)]).mean() < 6
    assert cells[0][0]["ita_deg"] == 40.0


def test_a_cell_painted_before_is_not_painted_again(client, painter):
    first = asked(client, "/sweep", columns="50,100", rows="I,VI").content
    count = len(painter.painted)

    again = asked(client, "/sweep", columns="50,100", rows="I,VI").content
    asked(client, "/sweep", columns="100,120", rows="VI")

    assert again == first
    assert count == 4
    assert len(painter.painted) == 5


def test_a_failed_cell_says_why_and_the_others_come(client):
    _, *cells = parts(asked(client, "/sweep", y="seed", columns="100", rows="12,13,14").content)

    assert [table.get("error") for table, _ in cells] == [None, "the generator does not like 13.", None]


def test_a_cells_case_is_the_one_that_was_painted(client, painter):
    asked(client, "/sweep", columns="50,100", rows="I,VI")

    answer = asked(client, "/sweep/case", columns="50,100", rows="I,VI", column=0, row=1)

    assert unpack_message(answer.content).case == painter.painted[2]


def test_the_saved_zip_makes_every_cell_again(client):
    *progress, (last, data) = parts(asked(client, "/sweep/save", columns="50,100", rows="I,VI").content)

    assert [table["done"] for table, _ in progress] == [0, 1, 2, 3, 4]
    archive = zipfile.ZipFile(io.BytesIO(data))
    stem = last["name"].removesuffix(".zip")
    table = json.loads(archive.read(f"{stem}.json"))
    assert read_case(table["case"]) == starter()
    for cell, (column, row) in zip(table["sweep"]["cells"], [(1, 1), (2, 1), (1, 2), (2, 2)], strict=True):
        picture = archive.read(f"{stem}_cells/{stem}-{row}-{column}.png")
        chosen = service.sweep(starter(), "size", "tone", cell["column"], cell["row"])
        assert read_case(read_picture_case(picture)["case"]) == chosen.case(starter(), 0, 0)
    assert read_case(read_picture_case(archive.read(f"{stem}.png"))["case"]) == starter()
    loop = Image.open(io.BytesIO(archive.read(f"{stem}.gif")))
    assert (loop.n_frames, loop.info["loop"]) == (2, 0)


def test_saving_stops_at_the_first_failure(client):
    *_, (last, data) = parts(asked(client, "/sweep/save", y="seed", columns="100", rows="12,13,14").content)

    assert (last, data) == ({"error": "the generator does not like 13."}, b"")


@pytest.mark.parametrize(("path", "query", "words"), [
    ("/sweep", {"x": "hue"}, "hue"),
    ("/sweep", {"rows": "VII"}, "VII"),
    ("/sweep/save", {"y": "size"}, "two different"),
    ("/sweep/case", {"column": 9, "row": 0}, "no cell"),
])  # fmt: skip
def test_a_wrong_wish_is_one_sentence(client, path, query, words):
    answer = asked(client, path, **({"column": 0, "row": 0} | query))

    assert answer.status_code == 400
    assert words in answer.json()["error"]
