"""A family that starts from noise, with one new slider declared in one line: all that reads its settings has it at once."""

import dataclasses
import json
import shlex
from dataclasses import dataclass
from typing import Annotated

import numpy as np
import pytest
import typer
from fastapi import FastAPI
from fastapi.testclient import TestClient
from narrow_generators import narrow_or_whole, ref, untrained
from PIL import Image
from streamed_parts import parts
from typer.testing import CliRunner

from engine import service
from engine.cases.settings import Share
from engine.cli.records import command
from engine.config import Control, Slider
from engine.errors import EngineError
from engine.generators import registry
from engine.generators.dcgan import losses, request
from engine.rendering.sampler import Turn
from engine.service import downloads
from engine.training import presets
from studio.screens.markup import markup
from studio.screens.sample.routes import add_routes

NAME, OTHER = "dcgan-pairs-live", "pgan-256-live"


@dataclass(frozen=True)
class Redder(request.Request):
    """The settings of a family with one slider more."""

    redness: Annotated[Share | None, Slider("Redness", "How red the skin is, as a share of the reddest")] = None


REDNESS = Control("redness", "Redness", "How red the skin is, as a share of the reddest", 0.0, 1.0, 0.01)


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    folder = tmp_path_factory.mktemp("weights")
    return {name: untrained(name, folder / f"{name}.safetensors") for name in (NAME, OTHER)}


@pytest.fixture(autouse=True)
def redder(weights, monkeypatch, tmp_path):
    """DCGAN as it would be if its request had the line above, and its generator a use for it."""
    family = dataclasses.replace(registry.FAMILIES["dcgan"], request=Redder)
    monkeypatch.setattr(request, "Request", Redder)
    for families in (registry.FAMILIES, presets.FAMILIES):
        monkeypatch.setitem(families, "dcgan", family)
    noise = losses.inputs
    monkeypatch.setattr(losses, "inputs", lambda *told: (noise(*told)[0] + 3 * (told[-1].redness or 0),))
    monkeypatch.setattr(presets, "load", narrow_or_whole)
    monkeypatch.setattr(presets, "weights_path", lambda name, *rest: weights.get(name))
    monkeypatch.setattr(downloads, "sets_folder", lambda: tmp_path / "sets")


@pytest.fixture
def client(tmp_path):
    app = FastAPI()
    add_routes(app, service.Samplers(), service.Nearest(tmp_path))
    with TestClient(app) as opened:
        yield opened


def run(verb, *arguments):
    """A command as it is made with the slider: (exit code, output, error)."""
    app = typer.Typer(pretty_exceptions_enable=False)
    command(app, verb)
    found = CliRunner().invoke(app, [*map(str, arguments)], env={"COLUMNS": "240", "TERMINAL_WIDTH": "240"})
    return found.exit_code, found.output, found.exception


def picture(path):
    return np.asarray(Image.open(path))


def test_the_front_door_tells_of_it():
    assert REDNESS in service.controls()
    assert service.settings_types(noise=True).keys() == {"diagnosis", "seed", "truncation", "redness"}
    assert "redness" not in service.settings_types(noise=False)


def test_the_page_is_told_of_it_for_the_generators_that_take_it_and_has_its_slider_once():
    told = {generator.name: generator for generator in service.noise_generators()}
    html = markup((), service.noise_generators())

    assert told[NAME].controls[-1] == REDNESS
    assert told[NAME].settings == ("diagnosis", "seed", "truncation", "redness")
    assert told[OTHER].settings == ("diagnosis", "seed")
    assert html.count('data-slider="redness"') == html.count('id="sample-slider-redness"') == 1
    assert "How red the skin is, as a share of the reddest" in html


@pytest.mark.parametrize("verb", ["sample", "sample-one"])
def test_the_command_line_shows_it_with_its_range_and_refuses_what_is_beyond(tmp_path, verb):
    code, out, _ = run(verb, "--help")
    (line,) = (line for line in out.splitlines() if "--redness" in line)
    asked = {"sample": ("--count", 2), "sample-one": ("--seed", 1)}[verb]
    error = run(verb, NAME, *asked, "--out", tmp_path / "out.png", "--redness", "1.5")[2]

    assert code == 0
    assert "How red the skin is, as a share of the reddest, 0 to 1." in line
    assert error.args == ("the request: redness = 1.5; 0 to 1 is expected.",)
    assert list(tmp_path.iterdir()) == []


def test_the_generator_receives_it_and_the_picture_tells_of_it(tmp_path):
    files = {share: tmp_path / f"{share}.png" for share in ("0", "0.75")}
    for share, file in files.items():
        assert run("sample-one", NAME, "--seed", 3, "--turn", "9:0.5", "--redness", share, "--out", file)[0] == 0
    told = service.read_card(files["0.75"])["sample"]
    plain = service.Samplers().one(ref(NAME, 3, (Turn(9, 0.5),)))

    assert np.array_equal(picture(files["0"]), plain.picture)
    assert not np.array_equal(picture(files["0.75"]), plain.picture)
    assert told["redness"] == 0.75
    assert service.wished(told).settings == Redder(seed=3, redness=0.75)
    assert np.array_equal(picture(files["0.75"]), service.Samplers().one(service.wished(told)).picture)


def test_a_set_is_made_with_it_tells_of_it_and_goes_on_with_it_only(tmp_path):
    asked = (NAME, "--count", 2, "--seed", 5, "--out", tmp_path / "set")
    assert run("sample", *asked, "--redness", "0.75")[0] == 0
    files = sorted((tmp_path / "set").rglob("*Input/*.png"))
    shown = service.Samplers().grid(service.wished(
        {"preset": NAME, "count": 8, "seed": 5, "redness": 0.75}, service.GridRequest
    ))  # fmt: skip

    assert json.loads((tmp_path / "set" / "job.json").read_text())["redness"] == 0.75
    assert [service.read_card(file)["sample"]["redness"] for file in files] == [0.75, 0.75]
    for file, (_, sample) in zip(files, next(shown), strict=False):
        assert np.array_equal(picture(file), sample.picture)
    assert "2 were there" in run("sample", *asked, "--redness", "0.75")[1]
    for other, words in ((("--redness", "0.5"), "0.5"), ((), "None")):
        assert f"another set, of redness = 0.75; now it is {words}." in str(run("sample", *asked, *other)[2])


def test_a_set_from_before_it_goes_on_without_it(tmp_path):
    asked = (NAME, "--count", 2, "--seed", 5, "--out", tmp_path / "set")
    run("sample", *asked)
    (file, *_) = sorted((tmp_path / "set").rglob("*Input/*.png"))

    assert "redness" not in json.loads((tmp_path / "set" / "job.json").read_text())
    assert service.read_card(file)["sample"].keys() == {"set_seed", "number", "seed", "diagnosis", "truncation"}
    assert "2 were there" in run("sample", *asked)[1]


def test_the_page_samples_with_it_and_the_command_that_it_shows_makes_the_same(client, tmp_path):
    wish = {"preset": NAME, "count": 2, "seed": 5, "truncation": 1.5, "redness": 0.25}
    (first, _), (place, _), _ = parts(client.post("/sample", json=wish).content)
    (_, _), *near = parts(client.post("/sample", json=wish | {"around": 7}).content)
    verb, *told = shlex.split(place["command"])[1:]
    assert run(verb, *told[:-1], tmp_path / "one.png")[0] == 0

    assert first["command"] == f"moulage sample {NAME} --count 2 --seed 5 --truncation 1.5 --redness 0.25 --out DIR"
    assert place["redness"] == 0.25
    assert [table["redness"] for table, _ in near] == [0.25, 0.25]
    sample = service.Samplers().one(
        service.wished({key: place[key] for key in ("preset", "seed", "truncation", "redness")})
    )
    assert np.array_equal(picture(tmp_path / "one.png"), sample.picture)


def test_a_set_to_download_is_another_with_it(client, tmp_path):
    wish = {"preset": NAME, "count": 2, "seed": 5}
    for told in (wish, wish | {"redness": 0.25}):
        client.post("/sample/export", json=told)
    jobs = [json.loads(file.read_text()) for file in (tmp_path / "sets").rglob("job.json")]

    assert sorted(job.get("redness", 0) for job in jobs) == [0, 0.25]


def test_another_generator_does_not_take_it(client, tmp_path):
    answer = client.post("/sample", json={"preset": OTHER, "count": 2, "seed": 5, "redness": 0.25})
    words = f"'{OTHER}' takes no redness; it takes diagnosis, seed."

    assert (answer.status_code, answer.json()["error"]) == (400, words)
    for verb, asked in (("sample", ("--count", 2)), ("sample-one", ("--seed", 1))):
        error = run(verb, OTHER, *asked, "--redness", "0.5", "--out", tmp_path / "out.png")[2]
        assert isinstance(error, EngineError)
        assert str(error) == words
