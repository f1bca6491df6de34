"""A checkpoint is one safetensors file with its card inside; what is damaged or foreign is refused, what was there stays."""

import errno
import json
import os
import struct
import subprocess
import sys
from dataclasses import replace

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors import safe_open
from safetensors.torch import save_file

from engine.errors import EngineError
from engine.paths import write_atomically
from engine.weights import checkpoint as checkpoints
from engine.weights.card import Card, Clock, Code, DataRef, Env, PresetRef

CARD = Card(
    family="pix2pixhd",
    preset=PresetRef("pix2pixhd-live", "a" * 64),
    config={"width": 4},
    data=DataRef("phantom", "b" * 64, "train"),
    clock=Clock(images=10, step=5),
    seed=1,
    code=Code(None, dirty=False),
    env=Env("3.11", "2.9", "cpu"),
    licence="Apache-2.0",
)
TENSORS = {"G.weight": torch.linspace(-1, 1, 12).reshape(3, 4), "G.count": torch.tensor([3])}


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "w.safetensors"
    checkpoints.save(path, TENSORS, CARD)
    return path


def test_tensors_and_card_come_back_as_they_went(file):
    tensors, card = checkpoints.load(file, "pix2pixhd")

    assert card == CARD
    assert tensors.keys() == TENSORS.keys()
    assert all(torch.equal(tensors[name], value) for name, value in TENSORS.items())


def test_any_safetensors_reader_reads_it(file):
    with safe_open(file, "pt") as opened:
        assert set(opened.keys()) == set(TENSORS)
        assert json.loads(opened.metadata()["card"])["family"] == "pix2pixhd"


def test_halves_are_stored_small_and_loaded_as_floats(tmp_path):
    weights = {"w": torch.randn(1000, generator=torch.Generator().manual_seed(0)), "n": torch.tensor([70_000])}
    checkpoints.save(tmp_path / "h.safetensors", weights, CARD, half=True)
    tensors, _ = checkpoints.load(tmp_path / "h.safetensors")

    assert (tmp_path / "h.safetensors").stat().st_size < 4000
    assert tensors["w"].dtype == torch.float32
    assert torch.equal(tensors["w"], weights["w"].half().float())
    assert torch.equal(tensors["n"], weights["n"])


def test_a_card_is_read_without_torch(file):
    code = f"""
import sys; from pathlib import Path; from engine.weights.checkpoint import read_card
print(read_card(Path({str(file)!r})).family, 'torch' in sys.modules)"""

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.split() == ["pix2pixhd", "False"]


def test_a_changed_card_keeps_the_weights_bit_for_bit(file, tmp_path):
    checkpoints.with_card(file, tmp_path / "judged.safetensors", lambda card: replace(card, metrics={"fid": 3.0}))

    tensors, card = checkpoints.load(tmp_path / "judged.safetensors")
    assert card == replace(CARD, metrics={"fid": 3.0})
    assert all(torch.equal(tensors[name], value) for name, value in TENSORS.items())


def test_another_family_is_refused_by_name(file):
    with pytest.raises(EngineError, match=r"w\.safetensors holds the family 'pix2pixhd'; 'dcgan' is needed"):
        checkpoints.load(file, "dcgan")


def test_weights_without_a_card_are_refused(tmp_path):
    save_file(TENSORS, tmp_path / "stranger.safetensors")

    with pytest.raises(EngineError, match="carries no card"):
        checkpoints.load(tmp_path / "stranger.safetensors")


def test_a_header_that_claims_gigabytes_is_not_read(tmp_path):
    (tmp_path / "bomb.safetensors").write_bytes(struct.pack("<Q", 1 << 40) + b"{}")

    with pytest.raises(EngineError, match="has a header of 1099511627776 bytes; at most"):
        checkpoints.load(tmp_path / "bomb.safetensors")


def test_a_pickle_is_refused(tmp_path):
    torch.save(TENSORS, tmp_path / "w.safetensors")

    with pytest.raises(EngineError, match=r"w\.safetensors"):
        checkpoints.load(tmp_path / "w.safetensors")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40, deadline=None)
@given(cut=st.integers(0, 1000))
def test_a_file_cut_anywhere_is_a_sentence(file, cut):
    whole = file.read_bytes()
    short = file.with_name("short.safetensors")
    short.write_bytes(whole[: cut * (len(whole) - 1) // 1000])

    with pytest.raises(EngineError, match=r"short\.safetensors"):
        checkpoints.load(short)


def test_a_missing_file_is_a_sentence(tmp_path):
    with pytest.raises(EngineError, match="absent"):
        checkpoints.load(tmp_path / "absent.safetensors")


def test_the_hash_is_sha256_of_the_file(tmp_path):
    (tmp_path / "abc").write_bytes(b"abc")

    # FIPS 180-4's example
    expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert checkpoints.sha256(tmp_path / "abc") == expected


def test_a_full_disk_leaves_the_old_file_and_no_scraps(file, monkeypatch):
    before = file.read_bytes()

    def full(handle):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(EngineError, match=r"could not be written .*No space left.*untouched"):
        checkpoints.save(file, {"w": torch.ones(3)}, CARD)

    assert file.read_bytes() == before
    assert [p.name for p in file.parent.iterdir()] == ["w.safetensors"]


def test_a_folder_that_cannot_be_made_is_a_sentence(tmp_path):
    (tmp_path / "file").write_text("")

    with pytest.raises(EngineError, match="could not be written"):
        write_atomically(tmp_path / "file" / "below" / "x.json", b"{}")


def test_resume_state_comes_back_as_it_went(tmp_path):
    path = tmp_path / "resume.safetensors"
    state = {"images": 10, "random": [1, 2]}
    checkpoints.save_resume(path, TENSORS, state)
    tensors, loaded = checkpoints.load_resume(path)

    assert loaded == state
    assert all(torch.equal(tensors[name], value) for name, value in TENSORS.items())


def test_a_checkpoint_is_no_resume_state(file):
    with pytest.raises(EngineError, match="is no resume state"):
        checkpoints.load_resume(file)
