"""The renderer: backends agree, the fixed one repeats, a broken one is left, the newest wish wins."""

import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
import torch

from engine.generators.registry import FAMILIES
from engine.rendering import backends
from engine.rendering.backends import BACKENDS, FIXED, LatestWins, Renderer
from engine.service import Painter
from engine.training import presets
from engine.weights.checkpoint import load


class Small(torch.nn.Module):
    """Stands in for a sampler: same inputs, same output."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.conv = torch.nn.Conv2d(7, 3, 3, padding=1)

    def forward(self, condition, appearance, noise):
        up = torch.nn.functional.interpolate(noise[:, :3], scale_factor=2.0)
        return torch.tanh(self.conv(condition) + appearance[:, :3, None, None] + 0.1 * up)


def inputs(batch=1, seed=0):
    random = np.random.default_rng(seed)
    shapes = ((batch, 7, 32, 48), (batch, 11), (batch, 4, 16, 24))
    return tuple(random.standard_normal(shape).astype(np.float32) for shape in shapes)


@pytest.mark.parametrize("name", BACKENDS)
def test_every_backend_paints_what_the_fixed_one_paints(name):
    truth = BACKENDS[FIXED](Small(), "cpu")(inputs())

    assert np.abs(BACKENDS[name](Small(), "cpu")(inputs()) - truth).max() < 0.05


@pytest.mark.parametrize("name", BACKENDS)
def test_every_backend_takes_the_shipped_generator(name):
    painter = Painter()
    case = painter.starter_case()
    tensors, _ = load(presets.weights_path(painter.preset.name), "pix2pixhd")
    family = FAMILIES[painter.preset.family]
    network = family.sampler(painter.preset.model)
    network.load_state_dict({k[2:]: v for k, v in tensors.items() if k.startswith("G.")})
    tables = {k: v for k, v in tensors.items() if not k.startswith("G.")}
    given = family.inputs(painter.preset.model, tables, case.drawing, case.settings)

    difference = BACKENDS[name](network, "cpu")(given) - BACKENDS[FIXED](network, "cpu")(given)

    assert np.abs(difference).mean() < backends.FURTHEST_UNIT


def test_the_probe_keeps_the_fastest_and_is_remembered(tmp_path, monkeypatch):
    cache = tmp_path / "backends.json"
    found = Renderer(Small(), "a" * 64, cache=cache).choose(inputs())
    monkeypatch.setattr(backends, "_median_ms", lambda run, example: pytest.fail("measured twice"))
    recalled = Renderer(Small(), "a" * 64, cache=cache).choose(inputs())

    assert set(found.ms) | set(found.failed) == set(BACKENDS)
    assert found.backend == min(found.ms, key=found.ms.get) == recalled.backend


def test_the_fixed_backend_gives_the_same_pixels_alone_and_in_a_batch():
    renderer, many = Renderer(Small(), "a" * 64), inputs(batch=3)

    pictures = renderer.fixed(many)

    assert pictures.dtype == np.uint8
    assert pictures.shape == (3, 32, 48, 3)
    for i in range(3):
        assert np.array_equal(renderer.fixed(tuple(a[i : i + 1] for a in many))[0], pictures[i])


def test_a_backend_that_breaks_is_left_for_the_fixed_one_with_its_reason(monkeypatch):
    def broken(network, device):
        def run(arrays):
            raise OSError("the driver went away")

        return run

    renderer = Renderer(Small(), "a" * 64)
    renderer._runners["openvino-bf16"] = broken(None, "cpu")
    renderer.probe = backends.Probe("openvino-bf16", {})

    assert np.array_equal(renderer.live(inputs()), renderer.fixed(inputs()))
    assert renderer.probe.backend == FIXED
    assert "driver went away" in renderer.probe.failed["openvino-bf16"]


def test_a_backend_that_paints_something_else_is_not_chosen(monkeypatch):
    monkeypatch.setitem(
        BACKENDS, "torch-bf16", lambda network, device: lambda arrays: np.ones((1, 3, 32, 48), np.float32)
    )

    found = Renderer(Small(), "a" * 64).choose(inputs())

    assert "differs" in found.failed["torch-bf16"]


def test_of_many_waiting_wishes_only_the_newest_is_computed():
    latest, computed, gate = LatestWins(), [], threading.Event()

    def slow():
        gate.wait(5)
        computed.append(0)
        return 0

    first = threading.Thread(target=latest.run, args=("a", 0, slow))
    first.start()
    time.sleep(0.05)
    results = {}

    def wish(number):
        results[number] = latest.run("a", number, lambda: computed.append(number) or number)

    others = [threading.Thread(target=wish, args=(n,)) for n in range(1, 30)]
    for thread in others:
        thread.start()
    time.sleep(0.2)
    gate.set()
    for thread in [first, *others]:
        thread.join()

    assert computed == [0, 29]
    assert [n for n, result in results.items() if result is not None] == [29]


def test_clients_do_not_push_each_other_out():
    latest = LatestWins()

    assert latest.run("a", 5, lambda: "a") == "a"
    assert latest.run("b", 1, lambda: "b") == "b"
    assert latest.run("a", 4, lambda: "late") is None
    latest.forget("a")
    assert latest.run("a", 0, lambda: "new page") == "new page"


def test_openvino_converts_and_runs_with_every_outward_connection_failing_and_no_telemetry():
    code = """
import sys
sys.path.insert(0, "tests")
import loopback
loopback.only()
from test_render import Small, inputs
from engine.rendering.backends import BACKENDS
assert BACKENDS["openvino-fp32"](Small(), "cpu")(inputs()).shape == (1, 3, 32, 48)
assert sys.modules.get("openvino_telemetry") is None
assert loopback.OUTSIDE == []
"""
    root = Path(__file__).resolve().parent.parent

    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code], cwd=root, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr[-1500:]


def test_a_signal_finds_its_stack_after_a_renderer_was_dropped_in_another_thread():
    code = """
import faulthandler, gc, signal, sys, threading
sys.path.insert(0, "tests")
from test_render import Small, inputs
from engine.rendering.backends import BACKENDS
faulthandler.enable()
held = [BACKENDS["openvino-fp32"](Small(), "cpu")]
held[0](inputs())
thread = threading.Thread(target=lambda: (held.clear(), gc.collect()))
thread.start(); thread.join()
heard = []
signal.signal(signal.SIGTERM, lambda *_: heard.append(True))
signal.raise_signal(signal.SIGTERM)
assert heard
"""
    root = Path(__file__).resolve().parent.parent

    done = subprocess.run([sys.executable, "-W", "ignore", "-c", code], cwd=root, capture_output=True, text=True)

    assert done.returncode == 0, done.stderr[-1500:]
