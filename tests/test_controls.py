"""A family with one new slider, declared in one line: the command line, the case and the screens all have it at once."""

import dataclasses
import json
from dataclasses import dataclass
from typing import Annotated

import pytest
import typer
from starters import starter
from typer.testing import CliRunner

from engine import service
from engine.cases.case import Case, to_json
from engine.cases.settings import Share
from engine.cli.records import command
from engine.config import Control, Slider
from engine.errors import EngineError
from engine.generators import registry
from engine.generators.pix2pixhd import request
from engine.service import read_case
from engine.training import presets
from studio.screens.markup import markup

NAME = "pix2pixhd-live"


@dataclass(frozen=True)
class Redder(request.Request):
    """The settings of a family with one slider more."""

    redness: Annotated[Share | None, Slider("Redness", "How red the skin is, as a share of the reddest")] = None


REDNESS = Control("redness", "Redness", "How red the skin is, as a share of the reddest", 0.0, 1.0, 0.01)


@pytest.fixture(autouse=True)
def redder(monkeypatch):
    """pix2pixHD as it would be if its request had the line above."""
    family = dataclasses.replace(registry.FAMILIES["pix2pixhd"], request=Redder)
    monkeypatch.setattr(request, "Request", Redder)
    for families in (registry.FAMILIES, presets.FAMILIES):
        monkeypatch.setitem(families, "pix2pixhd", family)


def reddened(redness=0.5):
    settings = Redder(seed=3, tone="II", redness=redness)
    return Case(starter().planes, None, NAME, settings)


def render(*arguments):
    """`moulage render` as it is made with the slider: (exit code, output, error)."""
    app = typer.Typer(pretty_exceptions_enable=False)
    command(app, "render")
    found = CliRunner().invoke(app, [*map(str, arguments)], env={"COLUMNS": "240", "TERMINAL_WIDTH": "240"})
    return found.exit_code, found.output, found.exception


def test_the_front_door_tells_of_it():
    assert REDNESS in service.controls()
    assert service.settings_types(noise=False).keys() >= {"seed", "tone", "redness", "hair"}
    assert "redness" not in service.settings_types(noise=True)


def test_the_screens_are_told_of_it_for_the_generators_that_take_it():
    told = {generator.name: generator for generator in service.live_generators()}

    assert told[NAME].controls[-1] == REDNESS
    assert told[NAME].settings == ("seed", "tone", "lesion_colour", "variation", "hair", "redness")
    assert REDNESS not in told["dermgan-live"].controls
    assert "redness" not in told["dermgan-live"].settings


def test_the_page_has_its_slider_once():
    html = markup(service.live_generators(), ())

    assert html.count('data-slider="redness"') == 1
    assert "How red the skin is, as a share of the reddest" in html


def test_a_case_holds_it_and_comes_back_with_it():
    case, table = reddened(), json.loads(to_json(reddened()))

    assert table["redness"] == 0.5
    assert read_case(table) == case
    assert read_case(table).settings == Redder(seed=3, tone="II", redness=0.5)
    assert read_case(json.loads(to_json(case.varied(redness=None)))).settings.redness is None
    assert reddened(0.5) != reddened(0.6)


def test_a_case_from_before_it_opens_with_it_left_to_the_seed():
    table = json.loads(to_json(reddened()))
    del table["redness"]

    assert read_case(table).settings == Redder(seed=3, tone="II")


@pytest.mark.parametrize(("redness", "words"), [
    (2, "redness = 2; 0 to 1 is expected"),
    (-0.1, "redness = -0.1; 0 to 1 is expected"),
    ("much", "redness = 'much'; a number is expected"),
])  # fmt: skip
def test_out_of_range_it_is_one_sentence(redness, words):
    table = json.loads(to_json(reddened())) | {"redness": redness}

    with pytest.raises(EngineError, match=f"the case: {words}"):
        read_case(table)
    with pytest.raises(EngineError, match=words):
        starter().with_settings({"redness": redness}, "the wish")


def test_another_generator_does_not_take_it():
    case = reddened().for_generator("dermgan-live", presets.request_of("dermgan-live"))

    assert not hasattr(case.settings, "redness")
    with pytest.raises(EngineError, match="'dermgan-live' takes no redness; it takes seed, tone, lesion_colour"):
        case.with_settings({"redness": 0.5}, "the wish")
    with pytest.raises(EngineError, match="unknown key 'redness'"):
        read_case(json.loads(to_json(reddened())) | {"generator": "dermgan-live"})


def test_the_command_line_shows_it_with_its_range_and_the_picture_holds_it(tmp_path):
    (tmp_path / "case.json").write_text(to_json(starter()))
    code, out, _ = render("--help")
    (line,) = (line for line in out.splitlines() if "--redness" in line)

    assert code == 0
    assert "How red the skin is, as a share of the reddest, 0 to 1." in line
    asked = (NAME, "--case", tmp_path / "case.json", "--out", tmp_path / "red.png", "--redness")
    assert render(*asked, "1.5")[2].args == (f"the settings of '{NAME}': redness = 1.5; 0 to 1 is expected.",)
    assert not (tmp_path / "red.png").exists()
    assert render(*asked, "0.75")[0] == 0
    assert service.read_card(tmp_path / "red.png")["case"]["redness"] == 0.75
    assert service.case_from_file(tmp_path / "red.png").settings.redness == 0.75
