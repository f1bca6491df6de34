"""Cards travel as JSON without loss; another format number is refused, naming both."""

import json
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from engine.errors import EngineError
from engine.weights import card as cards
from engine.weights.card import Card, Clock, Code, DataRef, Env, PresetRef

CARD = Card(
    family="pix2pixhd",
    preset=PresetRef("pix2pixhd-live", "a" * 64),
    config={"train": {"images": 10, "lr": 1e-4}},
    data=DataRef("phantom", "b" * 64, "train"),
    clock=Clock(images=10, step=5),
    seed=1,
    code=Code("c" * 40, dirty=False),
    env=Env("3.11", "2.9", "cpu"),
    licence="Apache-2.0",
    metrics={"kid_x1000": 12.5},
    made="2026-01-01T00:00:00Z",
)


def changed(**values):
    return json.dumps(json.loads(cards.to_json(CARD)) | values)


def test_a_card_comes_back_as_it_went():
    for card in (CARD, replace(CARD, parent="d" * 64, metrics={})):
        assert cards.from_json(cards.to_json(card), "x") == card


def test_equal_cards_are_equal_bytes():
    assert cards.to_json(CARD) == cards.to_json(replace(CARD))
    assert "\n" not in cards.to_json(CARD)


def test_a_card_says_that_it_is_not_for_diagnosis():
    assert "Not for diagnosis" in json.loads(cards.to_json(CARD))["limits"]


@pytest.mark.parametrize("found", [2, 0, "1", None])
def test_another_format_is_refused_naming_both(found):
    with pytest.raises(EngineError, match=f"w.safetensors: its card has format {found!r}; this version reads format 1"):
        cards.from_json(changed(format=found), "w.safetensors")


@pytest.mark.parametrize("text", ["", "{", "[]", "3", "{}", "[" * 100_000, changed(seed="x"), changed(extra=1)])
def test_what_is_no_card_is_a_sentence(text):
    with pytest.raises(EngineError, match=r"^w: "):
        cards.from_json(text, "w")


def test_the_code_version_is_the_checkouts_commit(tmp_path):
    assert cards.code_version(tmp_path) == Code(None, False)

    root = Path(__file__).resolve().parent.parent
    head = subprocess.run(["git", "rev-parse", "HEAD"], cwd=root, capture_output=True, text=True, check=True).stdout
    assert cards.code_version().commit == head.strip()
