"""The front door's records: each survives its plain values, a wrong one is one sentence, and each is a command."""

import dataclasses
import json
import subprocess
import sys
import typing
from pathlib import Path

import numpy as np
import pytest
import typer
from PIL import Image
from starters import starter

from engine import service
from engine.cli.app import app
from engine.config import notes_of
from engine.errors import EngineError
from engine.service import VERBS, plain_record, read_record

ROOT = Path(__file__).resolve().parent.parent
# Every field of every record, none at its default.
FILLED = {
    "train": service.TrainRequest(
        "dermgan", Path("photos"), Path("run"), Path("labels.csv"), ("train.images=500", "data.exclude=[]"),
        init=Path("first.safetensors"), device="cuda", devices=3, exclude=Path("bad.txt"),
    ),
    "render": service.RenderRequest(
        "pix2pixhd-live", Path("a.png"), map=Path("map.png"), photo=Path("mole.jpg"),
        settings={"tone": "IV", "seed": 7, "hair": 0.25}, checkpoint=Path("w.safetensors"), device="cuda",
    ),
    "sample": service.SampleRequest(
        "dermgan-live", 12, Path("set"), 2**63, "1/1", {"tone": "II"}, Path("photos"), Path("rois.csv"), "test",
        Path("w.safetensors"), "cuda",
    ),
    "sample-one": service.SampleOneRequest(
        "dcgan-pairs-live", 2**53 - 1, Path("one.png"), ("12:0.3", "13:0.5"), {"truncation": 0.7}, "cuda"
    ),
    "sweep": service.SweepRequest(
        "pix2pixhd-live", Path("case.json"), Path("grid.png"), "seed", "marker", "1, 2", "all", "cuda"
    ),
    "evaluate": service.EvaluateRequest(
        "pairs", Path("photos"), "dcgan-pairs-live", None, Path("labels.csv"), "val", Path("r.json"), Path("w.safetensors")
    ),
    "search": service.SearchRequest(
        "dermgan", Path("photos"), Path("trials"), ("model.region=0,10",), "sqlite:///s.db", ("train.seed=2",),
        Path("labels.csv"), "cpu",
    ),
    "data check": service.CheckRequest(Path("photos"), Path("labels.csv")),
    "data index": service.IndexRequest(Path("photos"), Path("labels.csv")),
    "join": service.JoinRequest((Path("a.safetensors"), Path("b.safetensors")), Path("whole.safetensors")),
    "library export": service.ExportLibraryRequest(Path("set.zip"), ("streaks", "II"), Path("library")),
}  # fmt: skip
OTHERS = (
    service.TrainRequest("dermgan", Path("photos"), Path("run"), resume=True),
    service.RenderRequest("pix2pixhd-live", Path("a.png"), Path("case.json")),
    service.SampleRequest("pgan-256-live", 12, Path("set"), shard="2/3"),
    service.EvaluateRequest("fidelity", Path("photos"), fake=Path("pictures")),
)


def hints(record):
    return typing.get_type_hints(record, include_extras=True)


def option(annotation):
    (found,) = (note for note in notes_of(annotation) if isinstance(note, service.Option))
    return found


def test_the_examples_are_of_every_verb():
    assert {verb: type(record) for verb, record in FILLED.items()} == VERBS


@pytest.mark.parametrize("record", [*FILLED.values(), *OTHERS], ids=lambda record: type(record).__name__)
def test_a_record_survives_its_plain_values_and_json(record):
    plain = plain_record(record)

    assert VERBS[plain["verb"]] is type(record)
    assert read_record(plain) == record
    assert read_record(json.loads(json.dumps(plain))) == record


@pytest.mark.parametrize("verb", VERBS)
def test_a_record_cannot_be_changed(verb):
    name = dataclasses.fields(FILLED[verb])[0].name

    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(FILLED[verb], name, "another")


@pytest.mark.parametrize(("plain", "words"), [
    ({"verb": "trian", "preset": "dermgan"}, "job.json: its verb is 'trian'; did you mean 'train'?"),
    ({"verb": "zzz"}, "its verb is 'zzz'; known: train, render, sample,"),
    ({"verb": 3}, "its verb is '3'; known: train"),
    ({"verb": ["train"]}, r"its verb is \"\['train'\]\"; "),
    ({"preset": "dermgan"}, "key 'verb' is missing; known: train"),
    ([1], "key 'verb' is missing; known: train"),
    ({"verb": "data index", "folder": "x", "labls": "y"}, "unknown key 'labls'; did you mean 'labels'?"),
    ({"verb": "data index"}, "key 'folder' is missing"),
    ({"verb": "data index", "folder": 3}, "folder = 3; a path is expected"),
    ({"verb": "sample", "preset": "x", "count": "many", "out": "y"}, "count = 'many'; a whole number is expected"),
    ({"verb": "sample", "preset": "x", "count": True, "out": "y"}, "count = True; a whole number is expected"),
    ({"verb": "sample", "preset": "x", "count": 0, "out": "y"}, "--count 0; 1 to 10,000,000 pictures are allowed"),
    ({"verb": "sample", "preset": "x", "count": 1, "out": "y", "settings": {"seed": 3}}, "settings.seed = 3; the seed is"),
    ({"verb": "sample", "preset": "x", "count": 1, "out": "y", "settings": [3]}, r"settings = \[3\]; a table is expected"),
    ({"verb": "train", "preset": "x", "data": "d", "out": "o", "devices": 0}, "devices = 0; 1 to 1024 is expected"),
    ({"verb": "train", "preset": "x", "data": "d", "out": "o", "resume": 1}, "resume = 1; true or false is expected"),
    ({"verb": "train", "preset": "x", "data": "d", "out": "o", "settings": "a=1"}, "settings = 'a=1'; a list is expected"),
    ({"verb": "train", "preset": "x", "data": "d", "out": "o", "resume": True, "init": "w"}, "--init w with --resume"),
    ({"verb": "render", "preset": "x", "out": "y"}, "give either --case FILE or --map FILE"),
    ({"verb": "render", "preset": "x", "out": "y", "case": "a", "map": "b"}, "give either --case FILE or --map FILE"),
    ({"verb": "evaluate", "report": "beauty", "real": "d"}, "report = 'beauty'; 'fidelity' or 'control' or 'tone'"),
    ({"verb": "evaluate", "report": "tone", "real": "d"}, "'tone' is of a model; --preset NAME is needed"),
    ({"verb": "join", "parts": [1], "out": "o"}, "parts.0 = 1; a path is expected"),
])  # fmt: skip
def test_a_wrong_record_is_one_sentence(tmp_path, plain, words):
    file = tmp_path / "job.json"
    file.write_text(json.dumps(plain))

    with pytest.raises(EngineError, match=rf"^job\.json: .*{words.removeprefix('job.json: ')}") as caught:
        service.read_record_file(file)

    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("data", "words"), [
    (b"{", "job.json is not valid JSON"),
    (b"\xff", "job.json is not valid JSON"),
    (b'{"verb": "sample", "seed": NaN}', "only finite numbers"),
    (b"[" * 5000, "nested deeper"),
    (None, "cannot be read: No such file"),
])  # fmt: skip
def test_a_broken_file_is_one_sentence(tmp_path, data, words):
    if data is not None:
        (tmp_path / "job.json").write_bytes(data)

    with pytest.raises(EngineError, match=words) as caught:
        service.read_record_file(tmp_path / "job.json")

    assert "\n" not in str(caught.value)


def test_what_is_no_record_is_not_run():
    with pytest.raises(EngineError, match=r"str is no request; TrainRequest, RenderRequest, .* are"):
        service.run("render")


def test_a_record_run_in_a_process_of_its_own_writes_the_same_pixels(tmp_path):
    (tmp_path / "case.json").write_text(service.to_json(starter("small")))
    here, there = (
        service.RenderRequest(
            "pix2pixhd-live", tmp_path / f"{name}.png", tmp_path / "case.json", settings={"tone": "V", "seed": 3}
        )
        for name in ("here", "there")
    )
    (tmp_path / "job.json").write_text(json.dumps(plain_record(there)))

    assert service.run(here).paths == (here.out,)
    done = subprocess.run(
        [sys.executable, "-c", "from engine.cli import main; main()", "run", tmp_path / "job.json"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == str(there.out)
    assert np.array_equal(np.asarray(Image.open(here.out)), np.asarray(Image.open(there.out)))
    assert service.read_card(there.out)["case"] == service.read_card(here.out)["case"]
    assert service.read_card(there.out)["case"]["tone"] == "V"


def test_a_wrong_record_file_ends_the_command_with_code_2_and_one_sentence(tmp_path):
    (tmp_path / "job.json").write_text('{"verb": "paint"}')
    command = [sys.executable, "-c", "from engine.cli import main; main()", "run", tmp_path / "job.json"]

    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("moulage: job.json: its verb is 'paint'; ")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("verb", VERBS)
def test_every_field_says_how_it_is_asked_for(verb):
    for field in dataclasses.fields(VERBS[verb]):
        assert option(hints(VERBS[verb])[field.name]).help.endswith("."), field.name


def command_of(verb):
    command = typer.main.get_command(app)
    for word in verb.split():
        command = command.commands[word]
    return command


def expected(verb):
    """Name of a parameter → its flag, None where it is an argument: the record's fields, and the generators' settings."""
    found, own = {}, {field.name for field in dataclasses.fields(VERBS[verb])}
    for name, annotation in hints(VERBS[verb]).items():
        asked = option(annotation)
        if asked.settings_of:
            for start in asked.settings_of:
                told = service.settings_types(start == "noise")
                found |= {setting: f"--{setting.replace('_', '-')}" for setting in told if setting not in own}
        else:
            found[name] = None if asked.positional else asked.flag or f"--{name.replace('_', '-')}"
    return found


@pytest.mark.parametrize("verb", VERBS)
def test_a_commands_options_are_the_records_fields_and_the_generators_settings(verb):
    command = command_of(verb)
    found = {
        parameter.name: None if parameter.param_type_name == "argument" else parameter.opts[0]
        for parameter in command.params
        if "--help" not in parameter.opts
    }

    assert found.pop("as_json", "--json") == "--json", "how the report is printed, which is no part of a request"
    assert found == expected(verb)
    assert command.help.strip().splitlines()[0] == VERBS[verb].__doc__.strip().splitlines()[0]
    needed = {field.name for field in dataclasses.fields(VERBS[verb]) if field.default is field.default_factory}
    assert {parameter.name for parameter in command.params if parameter.required} == needed


def test_the_settings_of_cases_and_of_samples_are_told_apart():
    assert {"tone", "hair", "lesion-colour"} <= {flag.lstrip("-") for flag in expected("render").values() if flag}
    assert not {"diagnosis", "truncation"} & expected("render").keys()
    assert {"diagnosis", "truncation"} <= expected("sample-one").keys()
    assert "hair" not in expected("sample-one")
    assert {"hair", "truncation"} <= expected("sample").keys()
