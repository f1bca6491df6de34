"""Sets of pictures from noise: the same whatever the shards, whole after any stop, and refused in one sentence."""

import csv
import dataclasses
import json
import os
import shutil

import numpy as np
import pytest
import torch
from phantoms import write
from PIL import Image

from engine import service
from engine.cli import main
from engine.config import to_table
from engine.data.readers import registry
from engine.data.readers.isic import read
from engine.errors import EngineError
from engine.generators.registry import FAMILIES
from engine.photos.masks import load_mask
from engine.seeds import stream
from engine.service import evaluate as judging
from engine.stores.sample_sets import Folder, Job, Shard
from engine.training import presets
from engine.weights.card import Card, Clock, Code, DataRef, Env, PresetRef
from engine.weights.checkpoint import load, save

NARROW = {
    "dcgan-pairs-live": {"width": 2, "discriminator_width": 2},
    "pgan-256-live": {"fmap_base": 64, "fmap_max": 4, "latent": 8},
    "dcgan-128-bcc": {"width": 2, "discriminator_width": 2},
    "lapgan-pairs": {"width": 2, "hidden": 8, "discriminator_width": 2, "start": (5, 5)},
}


def untrained(name, path, **changes):
    """A checkpoint of a preset's narrow form, with random weights."""
    preset = narrow(name, **changes)
    torch.manual_seed(0)
    gan = FAMILIES[preset.family].build(preset.model)
    tensors = {f"G.{k}": v for k, v in gan.networks["G"].state_dict().items()} | gan.tables([0, 0, 1])
    card = Card(
        family=preset.family, preset=PresetRef(name, "0" * 64), config=to_table(preset),
        data=DataRef("test", "0" * 64, "train"), clock=Clock(0, 0), seed=1, code=Code(None, False),
        env=Env("3", "2", "cpu"), licence="none",
    )  # fmt: skip
    save(path, tensors, card)
    return path


LOAD = presets.load


def sampled(name, count, seed, out, shard="1/1", checkpoint=None, device="cpu", **settings):
    """What came of a request for a set from noise."""
    return service.run(
        service.SampleRequest(name, count, out, seed, shard, settings, None, None, None, checkpoint, device)
    )


def narrow(name, **changes):
    preset = LOAD(name)
    model = dataclasses.replace(preset.model, **(NARROW.get(name, {}) | changes))
    size = getattr(model, "size", preset.size)
    if size != preset.size:
        (stage,) = preset.train.stages
        stage = dataclasses.replace(stage, width=size[0], height=size[1])
        preset = dataclasses.replace(preset, train=dataclasses.replace(preset.train, stages=(stage,)))
    return dataclasses.replace(preset, model=model, size=size)


@pytest.fixture(autouse=True)
def small(monkeypatch):
    monkeypatch.setattr(presets, "load", lambda name, *rest: narrow(name) if name in NARROW else LOAD(name, *rest))


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    folder = tmp_path_factory.mktemp("weights")
    return {name: untrained(name, folder / f"{name}.safetensors") for name in NARROW}


def pixels(out):
    return {f.relative_to(out).as_posix(): np.asarray(Image.open(f)) for f in sorted(out.rglob("*.png"))}


def same(one, other):
    return one.keys() == other.keys() and all(np.array_equal(one[k], other[k]) for k in one)


@pytest.mark.parametrize("name", NARROW)
@pytest.mark.parametrize("shards", [2, 3])
def test_a_set_is_the_same_whatever_the_number_of_shards(weights, tmp_path, name, shards):
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    sampled(name, 19, 7, whole, checkpoint=weights[name])
    found = [sampled(name, 19, 7, parts, f"{i}/{shards}", checkpoint=weights[name]) for i in range(shards, 0, -1)]

    assert same(pixels(whole), pixels(parts))
    assert sum(one.made for one in found) == 19
    assert [one.manifest is not None for one in found] == [False] * (shards - 1) + [True]
    assert (whole / "manifest.csv").read_bytes() == (parts / "manifest.csv").read_bytes()
    assert {f.name: f.read_bytes() for f in whole.rglob("*.png")} == {
        f.name: f.read_bytes() for f in parts.rglob("*.png")
    }


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


def test_the_mask_is_where_the_fourth_channel_is_above_nought(weights):
    sampler = service.Sampler("dcgan-pairs-live", checkpoint=weights["dcgan-pairs-live"])
    request = sampler.request(seed=5)
    network = FAMILIES["dcgan"].sampler(narrow("dcgan-pairs-live").model).eval()
    tensors, _ = load(weights["dcgan-pairs-live"])
    network.load_state_dict({k.removeprefix("G."): v for k, v in tensors.items() if k.startswith("G.")})
    with torch.inference_mode():
        values = network(
            *map(torch.from_numpy, FAMILIES["dcgan"].inputs(narrow("dcgan-pairs-live").model, {}, None, request))
        )

    assert np.array_equal(sampler.paint([request])[0].mask, (values[0, 3] > 0).numpy())


def test_a_stopped_set_goes_on_keeps_what_is_whole_and_mends_what_is_not(weights, tmp_path):
    out, name = tmp_path / "set", "pgan-256-live"
    sampled(name, 12, 3, out, checkpoint=weights[name])
    before, folder = pixels(out), Folder(out, False)
    kept = folder.picture(0).stat().st_mtime_ns
    folder.picture(4).unlink()
    folder.picture(9).write_bytes(folder.picture(9).read_bytes()[:-20])

    found = sampled(name, 12, 3, out, checkpoint=weights[name])

    assert (found.made, found.there) == (2, 10)
    assert same(pixels(out), before)
    assert folder.picture(0).stat().st_mtime_ns == kept


def test_every_picture_says_that_it_is_synthetic_and_where_it_comes_from(weights, tmp_path):
    sampled("pgan-256-live", 2, 3, tmp_path / "set", diagnosis="melanoma", checkpoint=weights["pgan-256-live"])

    said = service.read_card(Folder(tmp_path / "set", False).picture(1))
    assert said["synthetic"] is True
    assert said["sample"] == {
        "set_seed": 3, "number": 1, "seed": int(stream(3, "sample", 1).integers(2**53)), "diagnosis": "melanoma",
        "truncation": None,
    }  # fmt: skip
    assert json.loads((tmp_path / "set" / "job.json").read_text())["synthetic"] is True


def test_without_a_wish_diagnoses_come_in_the_training_datas_proportion(weights, tmp_path):
    sampled("pgan-256-live", 40, 1, tmp_path / "set", checkpoint=weights["pgan-256-live"])

    with (tmp_path / "set" / "manifest.csv").open(newline="") as file:
        shown = [row["diagnosis"] for row in csv.DictReader(file)]
    assert 4 <= shown.count("melanoma") <= 24  # a third


def test_a_full_disk_stops_in_a_sentence_and_the_same_command_goes_on(weights, tmp_path, monkeypatch):
    out, name, calls = tmp_path / "set", "dcgan-pairs-live", []
    sampled(name, 10, 3, tmp_path / "whole", checkpoint=weights[name])
    flush = os.fsync

    def full(handle):
        calls.append(1)
        if len(calls) > 7:
            raise OSError(28, "No space left on device")
        flush(handle)

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(EngineError, match=r"No space left on device.*the same command goes on"):
        sampled(name, 10, 3, out, checkpoint=weights[name])
    monkeypatch.setattr(os, "fsync", flush)
    half = [f for f in out.rglob("*") if f.is_file() and f.suffix == ".png" and not sampling_whole(f)]
    assert half == []

    sampled(name, 10, 3, out, checkpoint=weights[name])
    assert same(pixels(out), pixels(tmp_path / "whole"))


def sampling_whole(file):
    with Image.open(file) as picture:
        picture.load()
    return True


def test_progress_reaches_the_whole_and_never_goes_back(weights, tmp_path):
    seen = []
    request = service.SampleRequest("lapgan-pairs", 11, tmp_path / "set", checkpoint=weights["lapgan-pairs"])
    service.run(request, service.Watch(progress=lambda done, total: seen.append((done, total))))

    assert seen == sorted(seen)
    assert seen[0] == (0, 11)
    assert seen[-1] == (11, 11)


@pytest.mark.parametrize(("changes", "words"), [
    ({"count": 0}, "--count 0; 1 to 10,000,000"),
    ({"count": 10**9}, "--count 1000000000; 1 to 10,000,000"),
    ({"seed": -1}, "--seed -1; 0 to 18446744073709551615"),
    ({"seed": 2**64}, "64 bits"),
    ({"shard": "5/4"}, "--shard '5/4'; i/n with i from 1 to n"),
    ({"shard": "half"}, "i/n with i from 1 to n"),
    ({"diagnosis": "melanom"}, "did you mean 'melanoma'"),
    ({"truncation": 0.5}, "'pgan-256-live' takes no truncation; it takes diagnosis, seed"),
    ({"device": "cuda"}, "cuda"),
])  # fmt: skip
def test_a_wish_that_is_not_allowed_is_one_sentence_and_writes_nothing(weights, tmp_path, changes, words):
    if changes.get("device") == "cuda" and torch.cuda.is_available():
        changes = {"device": "cuda", "count": 0}
        words = "--count"
    asked = {"count": 2, "seed": 1, "checkpoint": weights["pgan-256-live"]} | changes
    with pytest.raises(EngineError) as caught:
        sampled("pgan-256-live", out=tmp_path / "set", **asked)

    assert words in str(caught.value)
    assert not (tmp_path / "set").exists()


def test_one_sample_takes_what_its_generator_takes_and_one_seed(tmp_path, monkeypatch):
    monkeypatch.setattr(presets, "load", LOAD)  # the shipped weights are of the preset as it is
    for settings, words in (
        ({"tone": "II"}, "'dcgan-pairs-live' takes no tone; it takes diagnosis, seed, truncation"),
        ({"truncation": 9.0}, "truncation = 9.0; 0.05 to 4 is expected"),
        ({"seed": 5}, "settings.seed = 5; the seed is given as --seed alone"),
    ):
        with pytest.raises(EngineError, match=words):
            service.run(service.SampleOneRequest("dcgan-pairs-live", 1, tmp_path / "one.png", settings=settings))
    with pytest.raises(EngineError, match="the seed is given as --seed alone"):
        service.SampleRequest("dcgan-pairs-live", 1, tmp_path / "set", settings={"seed": 5})
    assert list(tmp_path.iterdir()) == []


def test_a_truncation_out_of_range_names_the_range(weights, tmp_path):
    with pytest.raises(EngineError, match=r"truncation = 9.0; 0.05 to 4 is expected"):
        sampled("dcgan-pairs-live", 2, 1, tmp_path / "set", truncation=9.0, checkpoint=weights["dcgan-pairs-live"])


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


def test_generators_of_maps_and_untrained_ones_are_refused(tmp_path):
    with pytest.raises(EngineError, match=r"has no trained weights; train it with `moulage train dcgan-64`"):
        sampled("dcgan-64", 2, 1, tmp_path / "set")
    with pytest.raises(EngineError, match=r"paints from lesion and marker planes.*with `moulage render`"):
        sampled("pix2pixhd-live", 2, 1, tmp_path / "set")


def test_a_generator_of_noise_paints_no_case(weights):
    from engine.service import Painter

    with pytest.raises(EngineError, match="paints from noise, not from a case"):
        Painter("dcgan-pairs-live", checkpoint=weights["dcgan-pairs-live"]).warm()


def test_the_command_line_prints_the_throughput_and_goes_on(weights, tmp_path, capsys, monkeypatch):
    def run(*arguments):
        monkeypatch.setattr("sys.argv", ["moulage", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        return ended.value.code or 0, *capsys.readouterr()

    name = "dcgan-pairs-live"
    asked = ("sample", name, "--count", 9, "--seed", 2, "--out", tmp_path / "set", "--checkpoint", weights[name])
    code, out, _ = run(*asked, "--shard", "1/2")
    assert code == 0
    assert "8 pictures in" in out
    assert "in the network" in out
    assert "other shards" in out
    assert "1 pictures in" in run(*asked, "--shard", "2/2")[1]
    assert "9 were there" in run(*asked)[1]
    assert run(*asked[:3], 0, *asked[4:])[::2] == (
        2,
        "moulage: sample: --count 0; 1 to 10,000,000 pictures are allowed.\n",
    )


def test_lapgans_levels_trained_apart_are_joined(weights, tmp_path):
    parts = [
        untrained("lapgan-pairs", tmp_path / f"{n}.safetensors", levels=levels)
        for n, levels in enumerate(((0, 3), (1, 2, 4)))
    ]
    joined = tmp_path / "whole.safetensors"
    assert service.run(service.JoinRequest(tuple(parts), joined)).paths == (joined,)

    tensors, card = load(joined)
    expected = {k for part in parts for k in load(part)[0]}
    assert tensors.keys() == expected
    assert card.config["model"]["levels"] == [0, 1, 2, 3, 4]
    assert len(card.metrics["joined"]) == 2
    assert sampled("lapgan-pairs", 2, 1, tmp_path / "set", checkpoint=joined).made == 2
    with pytest.raises(EngineError, match="another of the files holds too"):
        service.run(service.JoinRequest((parts[0], parts[0]), tmp_path / "twice.safetensors"))
    with pytest.raises(EngineError, match="two or more"):
        service.run(service.JoinRequest(tuple(parts[:1]), tmp_path / "one.safetensors"))
    with pytest.raises(EngineError, match="trained as a whole"):
        service.run(service.JoinRequest((weights["pgan-256-live"],) * 2, tmp_path / "other.safetensors"))


def test_shards_share_all_blocks_and_none_twice():
    for of in (1, 2, 5):
        assert [sum(Shard(n, of).has(block) for n in range(1, of + 1)) for block in range(12)] == [1] * 12


def test_a_manifest_of_a_set_is_for_that_job_only(tmp_path):
    Folder.open(tmp_path / "set", Job("a", "0", 3, 1), False)

    assert Folder.open(tmp_path / "set", Job("a", "0", 3, 1), False).root == tmp_path / "set"
    shutil.copy(tmp_path / "set" / "job.json", tmp_path / "copy.json")
    (tmp_path / "set" / "job.json").write_text("{")
    with pytest.raises(EngineError, match="damaged"):
        Folder.open(tmp_path / "set", Job("a", "0", 3, 1), False)


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


def test_a_checkpoint_of_another_preset_is_refused_and_of_other_settings_sampled_by_them(tmp_path):
    other = untrained("dcgan-128-bcc", tmp_path / "bcc.safetensors")
    with pytest.raises(EngineError, match="trained as 'dcgan-128-bcc'; the preset 'dcgan-128-melanoma' was asked for"):
        service.Sampler("dcgan-128-melanoma", checkpoint=other)
    turned = untrained("pgan-256-live", tmp_path / "turned.safetensors", diagnoses=("melanoma", "benign"))
    sampler = service.Sampler("pgan-256-live", checkpoint=turned)
    _, label = sampler._input(sampler.request(seed=1, diagnosis="melanoma"))
    assert label.tolist() == [[1, 0]]


def test_a_generator_that_takes_no_label_names_no_diagnosis_of_several(tmp_path):
    mixed = untrained("dcgan-pairs-live", tmp_path / "mixed.safetensors", diagnoses=("benign", "melanoma"))
    sampler = service.Sampler("dcgan-pairs-live", checkpoint=mixed)

    assert sampler.diagnosis(sampler.request(seed=1)) is None
    with pytest.raises(EngineError, match="takes none and mixes benign, melanoma"):
        sampler.paint([sampler.request(seed=1, diagnosis="melanoma")])


def test_masks_are_not_judged_as_pictures(weights, tmp_path):
    name = "dcgan-pairs-live"
    sampled(name, 6, 1, tmp_path / "set", checkpoint=weights[name])

    assert len(judging._folder(tmp_path / "set", presets.load(name))) == 6


@pytest.mark.parametrize(("options", "words"), [
    (("--seed", "-1"), "--seed -1; 0 to"),
    (("--count", "0"), "--count 0; 1 to 10,000,000"),
    (("--shard", "1/2"), "--shard is for pictures from noise, without --data"),
    (("--diagnosis", "flu"), "'pix2pixhd-live' takes no diagnosis; it takes seed, tone, lesion_colour, variation, hair"),
    (("--truncation", "1"), "'pix2pixhd-live' takes no truncation; it takes seed, tone, lesion_colour, variation, hair"),
])  # fmt: skip
def test_a_set_of_maps_refuses_what_it_does_not_take(tmp_path, capsys, monkeypatch, options, words):
    labels = write(tmp_path / "data", 8)
    told = ["sample", "pix2pixhd-live", "--data", tmp_path / "data", "--labels", labels, "--out", tmp_path / "set"]
    given = dict(zip(options[::2], options[1::2], strict=True))
    told += [x for pair in ({"--count": "1"} | given).items() for x in pair]
    monkeypatch.setattr("sys.argv", ["moulage", *map(str, told)])
    with pytest.raises(SystemExit) as ended:
        main()

    assert ended.value.code == 2
    assert words in capsys.readouterr().err
    assert not (tmp_path / "set").exists()


def test_a_set_from_noise_refuses_the_options_of_maps_and_one_of_maps_a_full_folder(weights, tmp_path):
    with pytest.raises(EngineError, match="'dcgan-pairs-live' takes no tone; it takes diagnosis, seed, truncation"):
        sampled("dcgan-pairs-live", 1, 0, tmp_path / "set", checkpoint=weights["dcgan-pairs-live"], tone="II")
    for option in ("labels", "split"):
        with pytest.raises(EngineError, match=f"--{option} is for pictures from maps, with --data"):
            service.SampleRequest("dcgan-pairs-live", 1, tmp_path / "set", **{option: "test"})
    assert not (tmp_path / "set").exists()
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("mine")
    with pytest.raises(EngineError, match="not empty; a new or empty folder is needed"):
        service.run(service.SampleRequest("pix2pixhd-live", 1, tmp_path / "full", data=tmp_path))
