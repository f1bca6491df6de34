"""A run folder belongs to one configuration and one data set."""

import json

import pytest

from engine.errors import EngineError
from engine.training.runs import Run

CONFIG = {"train": {"images": 10, "size": (3, 4)}, "model": {"width": 8}}


def test_a_run_starts_in_a_new_folder_and_goes_on_in_its_own(tmp_path):
    run = Run.open(tmp_path / "a" / "run", False, CONFIG, "d" * 64)

    assert Run.open(run.folder, True, CONFIG, "d" * 64) == run
    assert json.loads((run.folder / "run.json").read_text())["data_sha256"] == "d" * 64


def test_a_folder_that_holds_something_is_refused_and_left_alone(tmp_path):
    (tmp_path / "thesis.txt").write_text("ten years")

    with pytest.raises(EngineError, match="is not empty; choose another folder, or add --resume"):
        Run.open(tmp_path, False, CONFIG, "d" * 64)

    assert [p.name for p in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_file_is_no_folder(tmp_path):
    (tmp_path / "out").write_text("")

    with pytest.raises(EngineError, match="is a file"):
        Run.open(tmp_path / "out", False, CONFIG, "d" * 64)


def test_there_must_be_a_run_to_go_on_with(tmp_path):
    with pytest.raises(EngineError, match="holds no run to go on with"):
        Run.open(tmp_path, True, CONFIG, "d" * 64)


def test_another_configuration_is_refused_with_the_key_that_changed(tmp_path):
    Run.open(tmp_path, False, CONFIG, "d" * 64)

    with pytest.raises(EngineError, match=r"started with train\.images = 10; now it is 20"):
        Run.open(tmp_path, True, CONFIG | {"train": {"images": 20, "size": (3, 4)}}, "d" * 64)
    with pytest.raises(EngineError, match=r"model\.depth = None; now it is 3"):
        Run.open(tmp_path, True, CONFIG | {"model": {"width": 8, "depth": 3}}, "d" * 64)


def test_other_data_is_refused(tmp_path):
    Run.open(tmp_path, False, CONFIG, "d" * 64)

    with pytest.raises(EngineError, match="was trained on data dddddddddddd; the folder given now is eeeeeeeeeeee"):
        Run.open(tmp_path, True, CONFIG, "e" * 64)


@pytest.mark.parametrize("text", ["", "{", "[]", "3", "{}", '{"config": 3}'])
def test_a_damaged_record_is_a_sentence(tmp_path, text):
    (tmp_path / "run.json").write_text(text)

    with pytest.raises(EngineError, match="--resume: "):
        Run.open(tmp_path, True, CONFIG, "d" * 64)


def test_statistics_are_appended_line_by_line(tmp_path):
    run = Run.open(tmp_path, False, CONFIG, "d" * 64)
    run.log({"images": 8, "D": 0.5})
    run.log({"images": 16, "D": 0.25})

    assert [json.loads(s)["images"] for s in (tmp_path / "stats.jsonl").read_text().splitlines()] == [8, 16]


def test_snapshots_sort_by_images(tmp_path):
    run = Run.open(tmp_path, False, CONFIG, "d" * 64)

    assert sorted([run.snapshot(10_000), run.snapshot(9_000)]) == [run.snapshot(9_000), run.snapshot(10_000)]
