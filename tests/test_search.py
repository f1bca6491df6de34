"""The grid search: choices are typed as settings are, a wrong one is told before anything is trained."""

import sys

import pytest

from engine.errors import EngineError
from engine.experiments import search as searching
from engine.experiments.search import Found, Study, grid, search
from engine.training import presets


def place(folder):
    return Study(folder, folder, f"sqlite:///{folder / 'study.db'}")


def test_choices_become_typed_values_and_their_product_the_trials():
    choices = grid(["model.region=0.0,10.0,100.0", "train.seed=1, 2", "model.upsampling=resize,deconv"])

    assert choices == {
        "model.region": [0.0, 10.0, 100.0],
        "train.seed": [1, 2],
        "model.upsampling": ["resize", "deconv"],
    }


@pytest.mark.parametrize("choice", ["model.region", "model.region=", "="])
def test_what_is_no_choice_is_refused(choice):
    with pytest.raises(EngineError, match=r"table\.key=value,value is expected"):
        grid([choice])


def test_without_optuna_one_sentence_says_how_to_get_it(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "optuna", None)

    with pytest.raises(EngineError, match=r"pip install 'moulage\[search\]'"):
        search(presets.load("dermgan"), place(tmp_path), grid(["model.region=0.0"]), lambda path: 0.0)


def test_the_best_choice_is_told_in_one_sentence():
    found = Found({"model.region": 10.0}, 12.34, 3, 9)

    assert found.sentence() == "model.region = 10.0: KID×1000 12.3, best of 3 of 9 trials"


@pytest.fixture
def trained(monkeypatch):
    """Stands in for training: writes a run's files and says which presets were asked for."""
    asked = []

    def train(preset, folders, begun, hardware):
        folder = folders.out
        asked.append((preset.model.region, preset.model.feature_matching, begun is True))
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "run.json").touch()
        (folder / "final.safetensors").write_text(f"{preset.model.region + preset.model.feature_matching}")
        return folder / "final.safetensors"

    monkeypatch.setattr(searching, "train", train)
    return asked


def start(tmp_path, score=lambda path: abs(float(path.read_text()) - 51)):
    choices = grid(["model.region=0.0,50.0", "model.feature_matching=0.0,1.0"])
    return search(presets.load("dermgan"), place(tmp_path), choices, score)


@pytest.mark.filterwarnings("ignore::Warning")
def test_every_cell_is_tried_once_and_the_best_found(trained, tmp_path):
    found = start(tmp_path)

    assert sorted(trained) == [(0.0, 0.0, False), (0.0, 1.0, False), (50.0, 0.0, False), (50.0, 1.0, False)]
    assert found == Found({"model.region": 50.0, "model.feature_matching": 1.0}, 0.0, 4, 4)
    assert start(tmp_path) == found
    assert len(trained) == 4


@pytest.mark.filterwarnings("ignore::Warning")
def test_a_search_that_broke_off_goes_on_with_what_is_left(trained, tmp_path):
    def dying(path):
        if len(trained) == 3:
            raise KeyboardInterrupt
        return float(path.read_text())

    with pytest.raises(KeyboardInterrupt):
        start(tmp_path, dying)
    found = start(tmp_path)

    assert found.trials == 4
    assert len(trained) == 5
    assert trained[3][:2] == trained[2][:2] or trained[4][:2] == trained[2][:2]
    assert sum(resume for _, _, resume in trained) == 1


def test_a_setting_the_preset_does_not_take_is_told_before_anything_is_trained(trained, tmp_path):
    with pytest.raises(EngineError, match="unknown key 'regions'; did you mean 'region'"):
        search(presets.load("dermgan"), place(tmp_path), grid(["model.regions=1.0"]), lambda path: 0.0)

    assert trained == []
