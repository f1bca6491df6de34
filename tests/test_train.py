"""The loop: resume is exact, minutes become images once, a bad loss stops, two processes agree."""

import dataclasses
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from phantoms import phantom
from safetensors.torch import load_file

from engine.cases.appearance import measure
from engine.cases.planes import pack
from engine.config import to_table
from engine.data.batches.loading import batch_at
from engine.data.batches.melanin import add_melanin
from engine.data.batches.order import Sampling, View
from engine.data.caches.planes import EDGE_BIT, Cache
from engine.data.recipes import Frame
from engine.errors import EngineError
from engine.generators.shared.augment import diffaugment
from engine.training import loop, presets
from engine.training.clock import images_in, learning_rate_factor, stage_at
from engine.training.ema import Ema
from engine.training.presets import FAMILIES, Stage
from engine.training.previews import Previews, fixed_batch
from engine.training.runs import Run
from engine.weights.card import Card, Code, DataRef, Env, PresetRef
from engine.weights.card import Clock as CardClock

STAGES = (Stage(0.5, 32, 32, 2), Stage(1.0, 48, 32, 2))


@pytest.fixture(scope="session")
def cache():
    drawn = [phantom(index, 0, 48, 32) for index in range(6)]
    pictures = np.stack([picture for picture, _ in drawn])
    cells = np.stack([pack(planes) for _, planes in drawn])
    cells[:, ::8] |= 1 << EDGE_BIT
    return Cache(tuple(f"phantom-{i}" for i in range(6)), pictures, cells, tuple(measure(*pair) for pair in drawn))


def tiny_preset(**train):
    preset = presets.load("pix2pixhd-live")
    model = dataclasses.replace(preset.model, width=4, blocks=1, discriminator_width=4, perceptual=0.0, projected=0.0)
    settings = {"images": 16, "snapshot_images": 4, "stages": STAGES, "precision": "fp32", "ema_images": 8.0} | train
    return dataclasses.replace(preset, model=model, size=(48, 32), train=dataclasses.replace(preset.train, **settings))


def card(clock):
    return Card(
        family="pix2pixhd", preset=PresetRef("test", "0" * 64), config={}, data=DataRef("phantom", "0" * 64, "train"),
        clock=CardClock(clock.images, clock.step), seed=1, code=Code(None, False), env=Env("3", "2", "cpu"), licence="none",
    )  # fmt: skip


def start(preset, cache, folder, resume=False, report=lambda status: None):
    run = Run.open(folder, resume, to_table(preset), "0" * 64)
    torch.manual_seed(preset.train.seed)
    model = FAMILIES[preset.family].build(preset.model)
    batch = fixed_batch(cache, 2, Frame(48, 32), torch.device("cpu"))
    previews = Previews(model.sample_inputs(batch), batch.pictures, model.previews)
    return loop.train(loop.Plan(preset, model, cache, run, card, previews, "cpu"), report), run


def test_a_run_killed_at_a_random_step_and_resumed_gives_the_weights_of_one_that_was_not(cache, tmp_path, monkeypatch):
    preset, kill_at = tiny_preset(), int(np.random.default_rng().integers(1, 8))
    whole, _ = start(preset, cache, tmp_path / "whole")
    real_step, steps = loop.step, []

    def dying(*arguments):
        steps.append(1)
        if len(steps) == kill_at:
            raise KeyboardInterrupt
        return real_step(*arguments)

    monkeypatch.setattr(loop, "step", dying)
    with pytest.raises(KeyboardInterrupt):
        start(preset, cache, tmp_path / "killed")
    monkeypatch.setattr(loop, "step", real_step)
    resumed, _ = start(preset, cache, tmp_path / "killed", resume=True)

    expected, found = load_file(whole), load_file(resumed)
    assert expected.keys() == found.keys()
    assert all(torch.equal(expected[k], found[k]) for k in expected), f"killed at step {kill_at}"


def test_a_run_stopped_by_sigterm_saves_its_state_and_goes_on_exactly(cache, tmp_path):
    import os
    import signal

    preset = tiny_preset()
    whole, _ = start(preset, cache, tmp_path / "whole")
    real_step, steps = loop.step, []

    def interrupted(*arguments):
        steps.append(1)
        if len(steps) == 3:
            os.kill(os.getpid(), signal.SIGTERM)
        return real_step(*arguments)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loop, "step", interrupted)
        final, run = start(preset, cache, tmp_path / "stopped")
    assert len(steps) == 3
    assert run.resume_state.exists()
    assert not final.exists()

    resumed, _ = start(preset, cache, tmp_path / "stopped", resume=True)
    assert all(torch.equal(a, b) for a, b in zip(load_file(whole).values(), load_file(resumed).values(), strict=True))


def test_training_writes_statistics_samples_and_snapshots(cache, tmp_path):
    final, run = start(tiny_preset(images=48), cache, tmp_path / "run")

    lines = [json.loads(line) for line in (tmp_path / "run" / "stats.jsonl").read_text().splitlines()]
    assert lines[-1]["images"] == 48
    assert {"G.patch", "D.patch"} <= lines[-1].keys()
    assert run.sample(48).exists()
    assert "appearance.quantiles" in load_file(final)


def test_a_loss_that_is_not_a_number_stops_with_a_sentence_and_keeps_the_last_state(cache, tmp_path, monkeypatch):
    preset = tiny_preset()
    family = FAMILIES[preset.family]
    real = family.build(preset.model).__class__.losses

    def poisoned(self, batch, images):
        for group, terms in real(self, batch, images):
            yield group, {k: v * (float("nan") if images >= 8 else 1) for k, v in terms.items()}

    monkeypatch.setattr(family.build(preset.model).__class__, "losses", poisoned)
    with pytest.raises(EngineError, match="not a number at image 8"):
        start(preset, cache, tmp_path / "run")

    tensors = load_file(
        tmp_path / "run" / Run.open(tmp_path / "run", True, to_table(preset), "0" * 64).resume_state.name
    )
    assert all(torch.isfinite(v).all() for v in tensors.values() if v.is_floating_point())


def test_minutes_are_measured_once_and_become_images(cache, tmp_path, monkeypatch):
    monkeypatch.setattr(loop, "MEASURE_S", 0.0)

    final, run = start(tiny_preset(minutes=0.02), cache, tmp_path / "run")

    from engine.weights.checkpoint import load_resume

    _, clock = load_resume(run.resume_state)
    assert final.exists()
    assert clock["total"] is not None
    assert clock["images"] >= clock["total"] > 0


def test_stages_and_rates_follow_the_share_of_images():
    assert [stage_at(STAGES, share).width for share in (0, 0.49, 0.5, 1)] == [32, 32, 48, 48]
    assert [learning_rate_factor(share, 0.5) for share in (0, 0.5, 0.75, 1)] == [1, 1, 0.5, 0]
    assert images_in(1, 1.0, STAGES) == round(60 / (0.5 + 0.5 * 1.5))


def test_every_epoch_shows_every_photo_once(cache):
    view = View(2, Frame(48, 32), Sampling(3, False, 0.0))
    seen = [batch_at(cache, images, view, torch.device("cpu")).pictures for images in (0, 2, 4)]

    sums = sorted(round(float(p.sum()), 2) for p in torch.cat(seen))
    assert sums == sorted(round(float(p.sum()), 2) for p in torch.from_numpy(cache.pictures).float() / 127.5 - 1)


def test_ranks_share_a_step_without_overlap(cache):
    def pictures(count, *rank):
        view = View(count, Frame(48, 32), Sampling(3, False, 0.0, *rank))
        return batch_at(cache, 0, view, torch.device("cpu")).pictures

    assert torch.equal(torch.cat([pictures(1, rank, 2) for rank in (0, 1)]), pictures(2))


def test_flips_move_picture_and_planes_alike():
    random = np.random.default_rng(0)
    pictures = random.integers(0, 256, (1, 32, 48, 3)).astype(np.uint8)
    cells = (pictures[..., 0] > 127).astype(np.uint16)
    drawn = Cache(("a",), pictures, cells, (measure(pictures[0], phantom(0, 0, 48, 32)[1]),))

    for images in range(8):
        batch = batch_at(drawn, images, View(1, Frame(48, 32), Sampling(1, True, 0.0)), torch.device("cpu"))
        assert torch.equal((batch.pictures[:, :1] > 0).float(), batch.lesion)


def test_diffaugment_moves_every_tensor_alike_and_lets_gradients_through():
    x = torch.rand(3, 1, 32, 48, requires_grad=True)

    a, b = diffaugment([x, 2 * x], torch.Generator().manual_seed(0))

    assert torch.allclose(b, 2 * a)
    a.sum().backward()
    assert x.grad is not None
    assert 0.3 < float(x.grad.mean()) < 1


def test_melanin_darkens_blue_most_and_zero_changes_nothing():
    x = torch.zeros(2, 3, 4, 4)

    y = add_melanin(x, torch.tensor([0.0, 0.4]))

    assert torch.equal(y[0], x[0])
    assert y[1, 2].mean() < y[1, 1].mean() < y[1, 0].mean() < 0


def test_batch_norms_statistics_are_averaged_as_the_weights_are():
    network = torch.nn.BatchNorm2d(1)
    ema = Ema(network, 100.0)
    network.running_mean.fill_(1.0)
    network.weight.data.fill_(2.0)
    for step in range(10):
        ema.update(network, 10_000 + 10 * step, 10)

    assert ema.network.running_mean.item() == pytest.approx(0.5)  # one half-life after it was 0
    assert ema.network.weight.item() == pytest.approx(1.5)


def test_the_average_of_constant_weights_is_those_weights():
    network = torch.nn.Conv2d(1, 1, 3)
    ema = Ema(network, 100.0)
    for images in range(8, 800, 8):
        ema.update(network, images, 8)

    assert torch.allclose(ema.network.weight, network.weight)


@pytest.mark.slow  # half a minute: two processes that import torch and wait for each other
def test_two_processes_end_with_equal_weights(tmp_path):
    script = Path(__file__).parent / "two_ranks.py"
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", script, tmp_path]

    done = subprocess.run(command, capture_output=True, text=True, timeout=240, cwd=Path(__file__).parent.parent)

    assert done.returncode == 0, done.stderr[-2000:]
    first, second = (load_file(tmp_path / f"rank{r}.safetensors") for r in (0, 1))
    assert all(torch.equal(first[k], second[k]) for k in first)
