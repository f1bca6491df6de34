"""The curve of the judges: it is an AUC, it leaves a run as it was, and a run writes it."""

import dataclasses
import json

import numpy as np
import pytest
import torch
from lightning_fabric import Fabric
from sklearn.metrics import roc_auc_score
from test_every_preset import cache_of, narrowed
from test_train import (
    cache,  # noqa: F401  # a fixture
    card,
    tiny_preset,
)

from engine.config import to_table
from engine.data.batches.loading import batches
from engine.data.batches.order import Sampling, View
from engine.data.recipes import Frame
from engine.generators.shared.model import bare
from engine.training import loop, presets
from engine.training.judging import Watched, area, measured
from engine.training.presets import FAMILIES, Adam
from engine.training.runs import Run


def test_the_area_is_the_share_of_pairs_in_order():
    random = np.random.default_rng(0)
    real, fake = (torch.from_numpy(random.standard_normal((7, 3)) + shift) for shift in (1, 0))

    pairs = (real.flatten()[:, None] > fake.flatten()[None]).double().mean()

    assert area(real, fake) == pytest.approx(pairs.item())
    assert area(real, real - 10) == 1
    assert area(fake, fake) == 0.5 == roc_auc_score([1, 0], [0.0, 0.0])


@pytest.mark.parametrize("name", ["pix2pixhd-live", "dermgan-live", "dcgan-pairs-live", "pgan-256-live", "lapgan-pairs",
                                  "dcgan-128-bcc", "dermgan", "pix2pixhd-semantic"])  # fmt: skip
def test_every_judge_is_measured_and_nothing_of_the_run_changes(name, lite0):
    preset = narrowed(name)
    torch.manual_seed(0)
    model, held = FAMILIES[preset.family].build(preset.model), cache_of(preset)
    frame = Frame(*preset.size)
    model.prepare(batches(held, View(2, frame, Sampling(0, False, 0.0)), torch.device("cpu")))
    before = {f"{g}.{k}": v.clone() for g, net in model.networks.items() for k, v in net.state_dict().items()}

    found = measured(model, Watched(held, frame), Fabric(accelerator="cpu"))
    torch.manual_seed(1)

    assert found
    assert all(0 <= value <= 1 for value in found.values())
    assert {key.split(".")[1] for key in found} == {"auc", "auc_places"}
    after = {f"{g}.{k}": v for g, net in model.networks.items() for k, v in net.state_dict().items()}
    assert all(torch.equal(before[key], after[key]) for key in before)


def test_a_run_writes_the_curve_and_the_judges_of_pixels_have_a_rate_of_their_own(cache, tmp_path, monkeypatch):  # noqa: F811
    monkeypatch.setattr(loop, "LOG_EVERY", 2)
    monkeypatch.setattr(loop, "JUDGED_EVERY", 4)
    preset = tiny_preset(patches=Adam(1e-3, 0.0, 0.9), lr_discriminator=0.0)
    preset = dataclasses.replace(preset, model=dataclasses.replace(preset.model, detail=8.0, patches_augmented=False))
    run = Run.open(tmp_path / "run", False, to_table(preset), "0" * 64)
    model = FAMILIES[preset.family].build(preset.model)
    before = {k: v.detach().clone() for k, v in bare(model.networks["D"]).named_parameters()}

    loop.train(loop.Plan(preset, model, cache, run, card, None, "cpu", held=cache))

    lines = [json.loads(line) for line in (tmp_path / "run" / "stats.jsonl").read_text().splitlines()]
    measured_at = [line["images"] for line in lines if "D.auc.patch0" in line]
    assert measured_at == [8, 16]
    moved = {k for k, v in bare(model.networks["D"]).named_parameters() if not torch.equal(v, before[k])}
    assert moved
    assert all(name.startswith("patches.") for name in moved)


def test_a_run_with_a_rate_of_its_own_for_pixels_resumes_exactly(cache, tmp_path):  # noqa: F811
    from safetensors.torch import load_file
    from test_train import start

    preset = tiny_preset(patches=Adam(1e-3, 0.0, 0.99))
    whole, _ = start(preset, cache, tmp_path / "whole")
    real_step, steps = loop.step, []

    def dying(*arguments):
        steps.append(1)
        if len(steps) == 5:
            raise KeyboardInterrupt
        return real_step(*arguments)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loop, "step", dying)
        with pytest.raises(KeyboardInterrupt):
            start(preset, cache, tmp_path / "killed")
    resumed, _ = start(preset, cache, tmp_path / "killed", resume=True)

    expected, found = load_file(whole), load_file(resumed)
    assert all(torch.equal(expected[k], found[k]) for k in expected)


def test_a_preset_says_the_rate_of_the_judges_of_pixels_or_leaves_it_out():
    preset = presets.load("pix2pixhd-live")
    changed = presets.with_settings(
        preset, ["train.patches.rate=1e-3", "train.patches.beta1=0", "train.patches.beta2=0.99"]
    )

    assert preset.train.patches is None
    assert changed.train.patches == Adam(1e-3, 0.0, 0.99)
    assert presets.from_preset_table(to_table(changed), "again") == changed
