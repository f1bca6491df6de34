"""The live renderer: one warm generator a device, the fastest execution backend by measurement, latest-wins.

The probe chooses the *live* backend only. Whatever is kept (Save, `render`, sweeps, restore) is computed by FIXED at
batch 1, so that the same case, seed and device give the same pixels.
"""

import hashlib
import importlib.metadata
import json
import os
import platform
import sys
import threading
import time
import warnings
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from engine.errors import EngineError
from engine.paths import write_atomically
from engine.pixels import from_unit

if TYPE_CHECKING:
    from torch import nn

Arrays = tuple[NDArray[np.float32], ...]
Run = Callable[[Arrays], NDArray[np.float32]]

FIXED = "torch-fp32"
WARM_UP, TIMED = 3, 9  # runs of the probe; the median of nine is steady to about 5 %
FURTHEST_UNIT = 0.15  # mean distance to the fixed backend in [-1, 1] (19/255) beyond which a backend computes wrongly


def _torch_runner(network: "nn.Module", device: str, bf16: bool, channels_last: bool) -> Run:
    import torch

    memory = torch.channels_last if channels_last else torch.contiguous_format
    network = network.to(device).to(memory_format=memory).eval()

    def run(arrays: Arrays) -> NDArray[np.float32]:
        with torch.inference_mode(), torch.autocast(torch.device(device).type, torch.bfloat16, enabled=bf16):
            picture = network(*(torch.from_numpy(a).to(device) for a in arrays))
        return np.asarray(picture.float().cpu().numpy(), np.float32)

    return run


@cache
def _openvino() -> tuple[Any, Any]:
    """The package and one core for the life of the process.

    A core lends the thread that makes it a signal stack and unmaps it when it is destroyed, even if that happens in
    another thread; the next signal, a Ctrl-C, would then kill the process.
    """
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]  # it sends events on first use
    import openvino

    return openvino, openvino.Core()


def _openvino_runner(network: "nn.Module", device: str, precision: str) -> Run:
    """Compile for the CPU; a new batch size compiles once more and is kept."""
    if device != "cpu":
        raise EngineError(f"OpenVINO renders on the CPU only, not on {device}.")
    openvino, core = _openvino()
    import torch

    network = network.to("cpu").eval()
    settings = {"INFERENCE_PRECISION_HINT": precision, "PERFORMANCE_HINT": "LATENCY"}
    compiled: dict[int, Any] = {}

    def run(arrays: Arrays) -> NDArray[np.float32]:
        batch = len(arrays[0])
        if batch not in compiled:
            example = tuple(torch.from_numpy(a) for a in arrays)
            with torch.no_grad(), warnings.catch_warnings():
                warnings.simplefilter("ignore")  # the converter traces, which torch means to retire
                model = openvino.convert_model(network, example_input=example, input=[tuple(a.shape) for a in arrays])
            compiled[batch] = core.compile_model(model, "CPU", settings)
        return np.array(compiled[batch](list(arrays))[0], np.float32)

    return run


BACKENDS: dict[str, Callable[["nn.Module", str], Run]] = {
    "openvino-bf16": lambda network, device: _openvino_runner(network, device, "bf16"),
    "openvino-fp32": lambda network, device: _openvino_runner(network, device, "f32"),
    "torch-bf16": lambda network, device: _torch_runner(network, device, bf16=True, channels_last=True),
    FIXED: lambda network, device: _torch_runner(network, device, bf16=False, channels_last=False),
}


@dataclass(frozen=True)
class Probe:
    """What was measured: backend → median milliseconds, and why the others did not run."""

    backend: str
    ms: dict[str, float]
    failed: dict[str, str] = field(default_factory=dict)


class Renderer:
    """A generator's sampler, ready to paint. Safe to call from several threads: one picture is computed at a time."""

    def __init__(self, network: "nn.Module", checkpoint_sha256: str, device: str = "cpu", cache: Path | None = None):
        import copy

        self.device = device
        self.checkpoint_sha256 = checkpoint_sha256
        self._network = network.eval()
        self._copy: Callable[[], nn.Module] = lambda: copy.deepcopy(self._network)
        self._cache = cache
        self._slot = threading.Semaphore(1)
        self._runners: dict[str, Run] = {FIXED: BACKENDS[FIXED](self._copy(), device)}
        self.probe = Probe(FIXED, {})

    def choose(self, example: Arrays) -> Probe:
        """Measure every backend on `example` (or recall it for this machine and checkpoint) and keep the fastest."""
        key = _probe_key(self.checkpoint_sha256, self.device, example)
        remembered = self._recall().get(key)
        if remembered and self._starts(remembered["backend"], example) is None:
            self.probe = Probe(remembered["backend"], remembered["ms"], remembered["failed"])
            return self.probe
        truth, ms, failed = self._runners[FIXED](example), {}, {}
        for name in BACKENDS:
            reason = self._starts(name, example, truth)
            if reason is None:
                ms[name] = _median_ms(self._runners[name], example)
            else:
                failed[name] = reason
        self.probe = Probe(min(ms, key=lambda name: ms[name]), ms, failed)
        self._remember(key, self.probe)
        return self.probe

    def live(self, inputs: Arrays) -> NDArray[np.uint8]:
        """Pictures uint8 [B, H, W, 3] by the fastest backend; if it breaks, by the fixed one from then on."""
        with self._slot:
            try:
                return _pictures(self._runners[self.probe.backend](inputs))
            except Exception as error:  # a driver's or compiler's own exceptions share no base
                if self.probe.backend == FIXED:
                    raise
                self.probe = Probe(FIXED, self.probe.ms, self.probe.failed | {self.probe.backend: _reason(error)})
                return _pictures(self._runners[FIXED](inputs))

    def fixed(self, inputs: Arrays) -> NDArray[np.uint8]:
        """Pictures uint8 [B, H, W, 3], one at a time by the fixed backend: the same inputs give the same pixels."""
        with self._slot:
            one_by_one = [self._runners[FIXED](tuple(a[i : i + 1] for a in inputs)) for i in range(len(inputs[0]))]
        return _pictures(np.concatenate(one_by_one))

    def _starts(self, name: str, example: Arrays, truth: NDArray[np.float32] | None = None) -> str | None:
        """Make a backend run once; returns why it cannot, or None."""
        try:
            runner = self._runners.get(name) or BACKENDS[name](self._copy(), self.device)
            picture = runner(example)
        except Exception as error:  # a driver's or compiler's own exceptions share no base
            return _reason(error)
        if not np.isfinite(picture).all() or (truth is not None and np.abs(picture - truth).mean() > FURTHEST_UNIT):
            return "its picture differs from the fixed backend's"
        self._runners[name] = runner
        return None

    def _recall(self) -> dict[str, Any]:
        try:
            return dict(json.loads(self._cache.read_text())) if self._cache else {}
        except (OSError, ValueError):
            return {}

    def _remember(self, key: str, probe: Probe) -> None:
        if self._cache:
            known = self._recall() | {key: {"backend": probe.backend, "ms": probe.ms, "failed": probe.failed}}
            with suppress(EngineError):  # it only spares the measuring next time
                write_atomically(self._cache, json.dumps(known, indent=1).encode())


class LatestWins:
    """Keeps only the newest wish of every client: whoever waits in line while a newer wish arrives gives up."""

    def __init__(self, slots: int = 1) -> None:
        self._slots = threading.BoundedSemaphore(slots)
        self._newest: dict[str, int] = {}
        self._lock = threading.Lock()

    def run(self, client: str, sequence: int, job: Callable[[], Any]) -> Any | None:
        """job's result; None if a newer sequence number of the same client came before it could start."""
        with self._lock:
            if sequence < self._newest.get(client, -1):
                return None
            self._newest[client] = sequence
        with self._slots:
            with self._lock:
                if self._newest.get(client) != sequence:
                    return None
            return job()

    def forget(self, client: str) -> None:
        """Drop what is known of a client that went away."""
        with self._lock:
            self._newest.pop(client, None)


def _pictures(values: NDArray[np.float32]) -> NDArray[np.uint8]:
    return from_unit(values.transpose(0, 2, 3, 1))


def _median_ms(run: Run, example: Arrays) -> float:
    for _ in range(WARM_UP):
        run(example)
    times = []
    for _ in range(TIMED):
        started = time.perf_counter()
        run(example)
        times.append((time.perf_counter() - started) * 1000)
    return round(median(times), 2)


def _reason(error: Exception) -> str:
    return f"{type(error).__name__}: {str(error).splitlines()[0][:200] if str(error) else ''}"


def _probe_key(checkpoint_sha256: str, device: str, example: Arrays) -> str:
    versions = [f"{name} {importlib.metadata.version(name)}" for name in ("torch", "openvino")]
    machine = [platform.node(), platform.machine(), platform.processor(), str(os.cpu_count()), device, *versions]
    shapes = [str(a.shape) for a in example]
    return hashlib.sha256("|".join([checkpoint_sha256, *machine, *shapes]).encode()).hexdigest()[:24]
