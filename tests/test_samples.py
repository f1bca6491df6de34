"""The Sample screen's engine and routes: grids, ways between two seeds, neighbourhoods, sets, and what is refused."""

import base64
import io
import json
import zipfile
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from narrow_generators import NARROW, narrow, ref, untrained
from PIL import Image
from streamed_parts import parts

from engine import service
from engine.cli import main
from engine.config import controls_of
from engine.data.readers import isic
from engine.errors import EngineError
from engine.evaluate.neighbours import Neighbour
from engine.generators.shared.noise_request import NoiseRequest
from engine.rendering.sampler import Turn, Turned, own_seed, turned
from engine.rendering.samplers import LOOP_STEPS
from engine.service import downloads
from engine.training import presets
from studio.screens.sample.routes import add_routes

PAIRS, LABELLED, PYRAMID = "dcgan-pairs-live", "pgan-256-live", "lapgan-pairs"
LOAD = presets.load


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    folder = tmp_path_factory.mktemp("weights")
    return {name: untrained(name, folder / f"{name}.safetensors") for name in NARROW}


@pytest.fixture(autouse=True)
def only_small_ones(weights, monkeypatch):
    """The narrow forms of three presets are all the trained ones there are."""
    monkeypatch.setattr(presets, "load", lambda name, *rest: narrow(name) if name in NARROW else LOAD(name, *rest))
    monkeypatch.setattr(presets, "weights_path", lambda name, *rest: weights.get(name))


@pytest.fixture
def made():
    return service.Samplers()


class Finder:
    """Every picture's nearest photo is the one in a file."""

    def __init__(self, path=None):
        self.path = path
        self.folder = Path("nowhere")

    def of(self, picture):
        return self.path and Neighbour("ISIC_1", self.path, "isic", 0.9, 0.25)


@pytest.fixture
def client(made, tmp_path):
    photo = tmp_path / "photo.png"
    Image.fromarray(np.full((600, 900, 3), (200, 120, 80), np.uint8)).save(photo)
    app = FastAPI()
    add_routes(app, made, Finder(photo), service.Library(tmp_path / "library"))
    with TestClient(app) as opened:
        yield opened


def grid(made, **wish):
    return [pair for block in made.grid(service.wished(wish, service.GridRequest)) for pair in block]


def test_the_page_is_told_what_each_trained_generator_takes():
    known = {one.name: one for one in service.noise_generators()}

    assert set(known) == set(NARROW)
    assert (known[PAIRS].mask, known[PAIRS].diagnoses) == (True, ())
    assert (known[LABELLED].mask, known[LABELLED].diagnoses) == (False, ("benign", "melanoma"))
    assert [(control.name, control.unset) for control in known[PAIRS].controls] == [("truncation", "off")]
    assert known[LABELLED].controls == ()
    assert known[PAIRS].settings == ("diagnosis", "seed", "truncation")
    assert known[LABELLED].settings == ("diagnosis", "seed")


def test_what_starts_from_noise_is_asked_with_one_kind_of_record_and_its_sliders_are_the_records():
    for name in presets.names():
        preset = presets.load(name)
        request = presets.FAMILIES[preset.family].request
        assert issubclass(request, NoiseRequest) == (preset.capabilities.takes == "noise")
        if issubclass(request, NoiseRequest):
            assert preset.capabilities.controls == controls_of(request)


@pytest.mark.parametrize("name", NARROW)
def test_a_grid_shows_the_pictures_that_the_command_line_writes(made, weights, tmp_path, name):
    service.run(service.SampleRequest(name, 10, tmp_path / "set", 5, checkpoint=weights[name]))

    shown = grid(made, preset=name, count=10, seed=5)

    assert [place.seed for place, _ in shown] == [own_seed(5, i) for i in range(10)]
    files = sorted((tmp_path / "set").rglob("*Input/*.png"))
    assert np.array_equal(
        np.array([sample.picture for _, sample in shown[:8]]), [np.asarray(Image.open(f)) for f in files[:8]]
    )


@pytest.mark.parametrize("name", NARROW)
def test_the_way_to_another_sample_starts_here_and_ends_there(made, name):
    diagnosis = made.one(ref(name, 1)).diagnosis
    way = [ref(name, 1, (Turn(2, share),), diagnosis=diagnosis) for share in (0.0, 0.5, 1.0)]
    start, middle, last = map(made.one, way)

    assert np.array_equal(start.picture, made.one(replace(way[0], turns=(Turn(9, 0.0),))).picture)
    assert not np.array_equal(middle.picture, start.picture)
    assert np.abs(last.picture.astype(int) - made.one(ref(name, 2, diagnosis=diagnosis)).picture).max() <= 1
    assert {start.seed, middle.seed, last.seed} == {1}


def test_on_the_arc_noise_keeps_its_length_and_turns_evenly():
    random = np.random.default_rng(0)
    a, b = random.standard_normal((2, 1, 400)).astype(np.float32)
    a, b = 20 * a / np.linalg.norm(a), 20 * b / np.linalg.norm(b)
    way = [turned(a, b, share) for share in np.linspace(0, 1, 9)]

    assert [np.linalg.norm(z) for z in way] == pytest.approx([20] * 9, rel=1e-5)
    steps = [np.vdot(p, q) for p, q in pairwise(way)]
    assert steps == pytest.approx([steps[0]] * 8, rel=1e-3)
    assert np.array_equal(turned(a, a, 0.4), a)


def test_a_diagnosis_drawn_by_the_seed_stays_along_the_way(made):
    sampler = service.Sampler(LABELLED)
    for seed in range(8):
        request = sampler.request(seed=seed)
        drawn = sampler.diagnosis(request)
        _, label = sampler._input(Turned(request, (Turn(100 + seed, 0.7),)))
        assert label.argmax() == ("benign", "melanoma").index(drawn)


def test_more_like_this_begins_with_it_and_stays_near(made):
    near = grid(made, preset=PAIRS, count=6, seed=3, around=77)
    far = grid(made, preset=PAIRS, count=6, seed=3)
    own = made.one(ref(PAIRS, 77)).picture.astype(int)

    assert np.abs(near[0][1].picture - own).max() <= 1
    mean = lambda pairs: np.mean([np.abs(sample.picture - own).mean() for _, sample in pairs[1:]])  # noqa: E731
    assert 0 < mean(near) < 0.6 * mean(far)
    assert len({place.turns for place, _ in near}) == 6


def test_more_like_a_neighbour_is_around_the_neighbour(made):
    first = grid(made, preset=PAIRS, count=4, seed=3, around=77)
    chosen, sample = first[2]

    second = grid(made, preset=PAIRS, count=4, seed=3, around=chosen.seed, turns=chosen.turns)

    assert np.abs(second[0][1].picture.astype(int) - sample.picture).max() <= 1
    assert [place.turns[:-1] for place, _ in second[1:]] == [chosen.turns] * 3
    known = {one.picture.tobytes() for _, one in first}
    assert sum(one.picture.tobytes() in known for _, one in second[1:]) == 0
    with pytest.raises(EngineError, match="25 turns lead to that sample; 24 are allowed"):
        replace(chosen, turns=(Turn(1, 0.5),) * 25)


@pytest.mark.parametrize(("wish", "words"), [
    ({"count": 0}, "1 to 2000 are allowed here"),
    ({"count": 501}, "a page shows 1 to 500"),
    ({"count": 10**9}, "1 to 2000"),
    ({"seed": -1}, r"0 to 18446744073709551615 \(64 bits\) is allowed"),
    ({"seed": 2**64}, "64 bits"),
    ({"seed": "twelve"}, "seed"),
    ({"preset": "dcgan-pairs"}, "makes no samples here"),
    ({"diagnosis": "flu"}, "flu"),
    ({"truncation": 9.0}, "truncation = 9.0; 0.05 to 4 is expected"),
    ({"truncation": "much"}, "truncation = 'much'; a number is expected"),
    ({"tone": "II"}, f"'{PAIRS}' takes no tone; it takes diagnosis, seed, truncation"),
    ({"preset": LABELLED, "truncation": 1.0}, f"'{LABELLED}' takes no truncation; it takes diagnosis, seed"),
    ({"preset": "pix2pixhd-live"}, "makes no samples here"),
    ({"preset": "../" * 2000}, "makes no samples here"),
    ({"preset": None}, "key 'preset' is missing"),
    ({"seed": None}, "key 'seed' is missing"),
    ({"settings": {"truncation": 1.0}}, f"'{PAIRS}' takes no settings"),
])  # fmt: skip
def test_a_wish_that_is_not_allowed_is_one_sentence(client, wish, words):
    answer = client.post("/sample", json={"preset": PAIRS, "count": 4, "seed": 1} | wish)

    assert answer.status_code == 400
    with pytest.raises(AssertionError, match=words):
        raise AssertionError(answer.json()["error"])
    assert "\n" not in answer.json()["error"]


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"3"])
def test_what_is_no_wish_is_one_sentence(client, body):
    for route in ("", "/one", "/nearest", "/loop", "/save", "/export"):
        assert client.post(f"/sample{route}", content=body).status_code == 400


def test_a_grid_arrives_sample_by_sample_with_seeds_masks_and_its_command(client, made):
    first, *rest = parts(
        client.post("/sample", json={"preset": PAIRS, "count": 11, "seed": 7, "truncation": 1.5}).content
    )

    assert first[0] == {
        "total": 11,
        "command": f"moulage sample {PAIRS} --count 11 --seed 7 --truncation 1.5 --out DIR",
    }
    assert [json_["seed"] for json_, _ in rest] == [own_seed(7, i) for i in range(11)]
    table, body = rest[4]
    sample = made.one(ref(PAIRS, table["seed"], truncation=1.5))
    mask = np.asarray(Image.open(io.BytesIO(base64.b64decode(table["mask"]))).convert("L")) > 0
    assert np.array_equal(mask, sample.mask > 0)
    assert Image.open(io.BytesIO(body)).size == (256, 192)


def test_the_nearest_photo_comes_small_with_how_near_it_is_or_is_said_to_be_missing(client, made):
    ((table, body),) = parts(client.post("/sample/nearest", json={"preset": PAIRS, "seed": 1}).content)
    assert table == {"found": True, "id": "ISIC_1", "data": "isic", "similarity": 0.9, "as_near": 0.25}
    assert Image.open(io.BytesIO(body)).size == (512, 341)

    app = FastAPI()
    add_routes(app, made, Finder())
    with TestClient(app) as other:
        ((table, body),) = parts(other.post("/sample/nearest", json={"preset": PAIRS, "seed": 1}).content)
    assert (table, body) == ({"found": False}, b"")


def test_a_photo_that_is_gone_is_one_sentence(made, tmp_path):
    app = FastAPI()
    add_routes(app, made, Finder(tmp_path / "gone.png"))
    with TestClient(app) as other:
        answer = other.post("/sample/nearest", json={"preset": PAIRS, "seed": 1})

    assert answer.status_code == 400
    assert "gone.png does not exist" in answer.json()["error"]


def test_a_kept_sample_holds_what_made_it_beside_its_mask(client, made):
    wish = {"preset": PAIRS, "seed": 3, "turns": [{"towards": 4, "share": 0.5}]}
    answer = client.post("/sample/save", json=wish)

    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    picture, mask = sorted(files, key=len)
    told = json.loads(Image.open(io.BytesIO(files[picture])).text["moulage"])
    sample = made.one(service.wished(wish))
    assert told["synthetic"] is True
    assert {key: told["sample"][key] for key in wish} == wish
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(files[picture]))), sample.picture)
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(files[mask]))) > 0, sample.mask > 0)
    single = client.post("/sample/save", json={"preset": LABELLED, "seed": 3})
    assert single.headers["content-type"] == "image/png"


@pytest.mark.parametrize("told", [
    {"preset": PAIRS, "seed": 2**64 - 1, "diagnosis": None, "truncation": 1.5, "turns": [{"towards": 4, "share": 0.5}]},
    {"preset": LABELLED, "seed": 3, "diagnosis": "melanoma", "truncation": None, "turns": []},
])  # fmt: skip
def test_what_a_kept_sample_has_always_told_reads_back_and_is_told_again(made, told):
    place = service.wished(told)
    picture, *_ = made.files(place).values()

    assert list(place.plain().items()) == list(told.items())
    assert json.loads(Image.open(io.BytesIO(picture)).text["moulage"])["sample"] == told
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(picture))), made.one(place).picture)


def test_the_loop_goes_there_and_back_and_says_that_it_is_synthetic(client):
    way = {"preset": PAIRS, "seed": 3, "turns": [{"towards": 4, "share": 0}]}
    answer = client.post("/sample/loop", json=way)

    film = Image.open(io.BytesIO(answer.content))
    told = json.loads(film.info["comment"])
    assert told["synthetic"] is True
    assert told["sample"]["turns"] == way["turns"]
    assert told["checkpoint"]["preset"] == PAIRS
    nowhere = client.post("/sample/loop", json={"preset": PAIRS, "seed": 3})
    assert "needs a seed at its end" in nowhere.json()["error"]
    assert (film.format, film.n_frames, film.size) == ("GIF", 2 * LOOP_STEPS - 2, (256, 192))


def test_a_set_is_written_once_goes_on_and_reads_back(client, monkeypatch, tmp_path):
    monkeypatch.setattr(downloads, "sets_folder", lambda: tmp_path / "sets")
    wish = {"preset": PAIRS, "count": 9, "seed": 2}

    *ticks, (last, body) = parts(client.post("/sample/export", json=wish).content)

    assert [t["done"] for t, _ in ticks] == sorted(t["done"] for t, _ in ticks)
    assert ticks[-1][0] == {"done": 9, "total": 9}
    assert last == {"name": f"moulage-{PAIRS}-9-seed-2.zip"}
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        archive.extractall(tmp_path / "out")
    assert len(isic.read(tmp_path / "out", None, "isic2017").records) == 9
    again = parts(client.post("/sample/export", json=wish).content)
    assert again[0][0] == {"done": 9, "total": 9}
    assert again[-1][1] == body
    (folder,) = (tmp_path / "sets").iterdir()
    assert service.set_folder(service.wished(wish, service.GridRequest)) == Path(folder)
    assert service.set_folder(service.wished(wish | {"seed": 3}, service.GridRequest)) != Path(folder)
    for name in "abcdef":
        (tmp_path / "sets" / name).mkdir()
    service.set_folder(service.wished(wish | {"seed": 4}, service.GridRequest))
    assert len(list((tmp_path / "sets").iterdir())) == downloads.SETS_KEPT


def test_a_neighbourhood_is_no_set():
    with pytest.raises(EngineError, match="no set"):
        service.set_folder(service.wished({"preset": PAIRS, "count": 9, "seed": 2, "around": 5}, service.GridRequest))


def test_the_command_line_writes_the_sample_that_the_page_shows(made, tmp_path, capsys, monkeypatch):
    place = ref(PAIRS, 7, (Turn(2**64 - 1, 0.25), Turn(9, 0.5)), truncation=1.5)
    assert place.command() == (
        f"moulage sample-one {PAIRS} --seed 7 --turn {2**64 - 1}:0.25 --turn 9:0.5 --truncation 1.5 --out picture.png"
    )
    told = place.command().replace("picture.png", str(tmp_path / "picture.png")).split()
    monkeypatch.setattr("sys.argv", told)
    with pytest.raises(SystemExit):
        main()

    assert "nearest real photo: " in capsys.readouterr().out
    assert np.array_equal(np.asarray(Image.open(tmp_path / "picture.png")), made.one(place).picture)
    assert (tmp_path / "picture_segmentation.png").is_file()
    for wrong, words in (("9", "SEED:SHARE is expected"), ("9:2", "0 to 1 is allowed"), ("-1:0", "64 bits")):
        with pytest.raises(EngineError, match=words):
            service.run(service.SampleOneRequest(PAIRS, 7, tmp_path / "other.png", (wrong,)))
    with pytest.raises(EngineError, match=r"neither .png nor .gif"):
        service.run(service.SampleOneRequest(PAIRS, 7, tmp_path / "other.jpg"))


def test_a_sample_is_kept_in_the_library_over_http(client, tmp_path):
    wish = {"preset": LABELLED, "seed": 2**63 + 5}
    name = client.post("/sample/keep", json=wish).json()["id"]

    kept = service.Library(tmp_path / "library")
    assert [(one.id, one.seed, one.sample) for one in kept.entries()] == [(name, 2**63 + 5, True)]
    assert service.wished(service.kept_sample(kept, name)).seed == 2**63 + 5


def test_a_folder_that_is_none_is_a_sentence(client):
    for folder, said in (("", "no folder of photos"), ("/nowhere/at all", "is no folder")):
        answer = client.post("/sample/index", json={"folder": folder})
        assert said in answer.text
