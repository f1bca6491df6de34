"""A set of samples as a folder: it is read back, says what it is, and is for one job only."""

import csv
import json
import shutil

import numpy as np
import pytest
from narrow_generators import NARROW, narrow_or_whole, sampled, untrained
from PIL import Image

from engine import service
from engine.data.readers import registry
from engine.data.readers.isic import read
from engine.errors import EngineError
from engine.generators.shared.noise_request import NoiseRequest
from engine.photos.masks import load_mask
from engine.seeds import stream
from engine.service import evaluate as judging
from engine.stores.sample_sets import Folder, Job, Shard
from engine.training import presets


@pytest.fixture(autouse=True)
def small(monkeypatch):
    monkeypatch.setattr(presets, "load", narrow_or_whole)


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    folder = tmp_path_factory.mktemp("weights")
    return {name: untrained(name, folder / f"{name}.safetensors") for name in NARROW}


def test_a_set_of_pairs_reads_back_as_an_isic_folder_with_its_masks(weights, tmp_path):
    sampled("dcgan-pairs-live", 5, 1, tmp_path / "set", checkpoint=weights["dcgan-pairs-live"])

    manifest = read(tmp_path / "set", tmp_path / "set" / "manifest.csv", "isic2017")
    assert [record.id for record in manifest.records] == [f"ISIC_SYNTHETIC_{i:07d}" for i in range(5)]
    assert {record.split for record in manifest.records} == {"train"}
    sampler = service.Sampler("dcgan-pairs-live", checkpoint=weights["dcgan-pairs-live"])
    with (tmp_path / "set" / "manifest.csv").open(newline="") as file:
        seeds = [int(row["seed"]) for row in csv.DictReader(file)]
    made = sampler.paint([sampler.request(seed=seed) for seed in (*seeds, 1, 2, 3)])
    for record, one in zip(manifest.records, made, strict=False):
        assert np.array_equal(np.asarray(Image.open(record.picture)), one.picture)
        assert np.array_equal(load_mask(record.lesion).marked, one.mask)


def test_every_picture_says_that_it_is_synthetic_and_where_it_comes_from(weights, tmp_path):
    sampled("pgan-256-live", 2, 3, tmp_path / "set", diagnosis="melanoma", checkpoint=weights["pgan-256-live"])

    said = service.read_card(Folder(tmp_path / "set", False).picture(1))
    assert said["synthetic"] is True
    assert said["sample"] == {
        "set_seed": 3, "number": 1, "seed": int(stream(3, "sample", 1).integers(2**53)), "diagnosis": "melanoma",
        "truncation": None,
    }  # fmt: skip
    assert json.loads((tmp_path / "set" / "job.json").read_text())["synthetic"] is True


def test_a_folder_with_something_else_in_it_is_left_alone(weights, tmp_path):
    (tmp_path / "photo.png").write_bytes(b"mine")
    with pytest.raises(EngineError, match="not empty and holds no set"):
        sampled("dcgan-pairs-live", 2, 1, tmp_path, checkpoint=weights["dcgan-pairs-live"])
    with pytest.raises(EngineError, match="is a file"):
        sampled("dcgan-pairs-live", 2, 1, tmp_path / "photo.png", checkpoint=weights["dcgan-pairs-live"])

    out = tmp_path / "set"
    sampled("dcgan-pairs-live", 2, 1, out, checkpoint=weights["dcgan-pairs-live"])
    with pytest.raises(EngineError, match="another set, of seed = 1; now it is 2"):
        sampled("dcgan-pairs-live", 2, 2, out, checkpoint=weights["dcgan-pairs-live"])
    assert (tmp_path / "photo.png").read_bytes() == b"mine"


def test_shards_share_all_blocks_and_none_twice():
    for of in (1, 2, 5):
        assert [sum(Shard(n, of).has(block) for n in range(1, of + 1)) for block in range(12)] == [1] * 12


def test_a_manifest_of_a_set_is_for_that_job_only(tmp_path):
    Folder.open(tmp_path / "set", Job("a", "0", 3, NoiseRequest(seed=1)), False)

    assert Folder.open(tmp_path / "set", Job("a", "0", 3, NoiseRequest(seed=1)), False).root == tmp_path / "set"
    shutil.copy(tmp_path / "set" / "job.json", tmp_path / "copy.json")
    (tmp_path / "set" / "job.json").write_text("{")
    with pytest.raises(EngineError, match="damaged"):
        Folder.open(tmp_path / "set", Job("a", "0", 3, NoiseRequest(seed=1)), False)


@pytest.mark.parametrize(("name", "settings"), [
    ("dcgan-pairs-live", {"diagnosis": None, "truncation": 1.5}),
    ("pgan-256-live", {"diagnosis": "melanoma", "truncation": None}),
])  # fmt: skip
def test_a_job_is_written_as_it_always_was_and_an_old_one_goes_on(weights, tmp_path, name, settings):
    sha256 = service.Sampler(name, checkpoint=weights[name]).sha256
    told = {"synthetic": True, "preset": name, "checkpoint_sha256": sha256, "count": 2, "seed": 1} | settings
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "job.json").write_text(json.dumps(told, indent=1))
    chosen = {key: value for key, value in settings.items() if value is not None}

    assert sampled(name, 2, 1, tmp_path / "set", checkpoint=weights[name], **chosen).made == 2
    sampled(name, 2, 1, tmp_path / "new", checkpoint=weights[name], **chosen)
    assert (tmp_path / "new" / "job.json").read_text() == json.dumps(told, indent=1)
    with pytest.raises(EngineError, match=r"another set, of \w+ = (1.5|melanoma); now it is None"):
        sampled(name, 2, 1, tmp_path / "set", checkpoint=weights[name])


def test_a_set_is_read_back_as_synthetic_with_its_diagnoses_and_its_own_licence(weights, tmp_path):
    name = "pgan-256-live"
    sampled(name, 9, 4, tmp_path / "set", checkpoint=weights[name])
    with (tmp_path / "set" / "manifest.csv").open(newline="") as file:
        said = {row["image_id"]: row["diagnosis"] for row in csv.DictReader(file)}

    found = registry.read(tmp_path / "set", tmp_path / "set" / "manifest.csv", registry.ALL)
    assert {record.id: record.diagnosis for record in found.records} == said
    assert all(record.licence.startswith("synthetic pictures by Moulage") for record in found.records)
    report = service.run(service.CheckRequest(tmp_path / "set", tmp_path / "set" / "manifest.csv"))
    assert report.problems == ()
    assert report.licence.startswith("synthetic")
    assert "none shows a patient" in (tmp_path / "set" / "README.txt").read_text()


def test_a_set_of_one_rare_diagnosis_is_read_back_as_that_and_not_as_benign(tmp_path):
    part = untrained("dcgan-128-bcc", tmp_path / "bcc.safetensors")
    sampled("dcgan-128-bcc", 3, 4, tmp_path / "set", checkpoint=part)

    found = registry.read(tmp_path / "set", tmp_path / "set" / "manifest.csv", registry.ALL, ("basal cell carcinoma",))
    assert len(found.records) == 3
    with pytest.raises(EngineError, match="its diagnoses: basal cell carcinoma"):
        registry.read(tmp_path / "set", tmp_path / "set" / "manifest.csv", registry.ALL, ("benign",))


def test_masks_are_not_judged_as_pictures(weights, tmp_path):
    name = "dcgan-pairs-live"
    sampled(name, 6, 1, tmp_path / "set", checkpoint=weights[name])

    assert len(judging._folder(tmp_path / "set", presets.load(name))) == 6
