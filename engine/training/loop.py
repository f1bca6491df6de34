"""The only training loop: any model, generator or judge, any number of devices (Lightning Fabric), exact resume.

Progress is counted in images seen. A model yields (group, terms); the loop runs backward for that group and steps its
optimiser before it asks for the next. What a step sees depends on the seed and the images seen alone, so a run that was
killed and resumed ends with the same weights as one that was not.
"""

import math
import signal
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import FrameType
from typing import Any

import torch
from lightning_fabric import Fabric
from lightning_fabric.strategies.ddp import DDPStrategy
from torch import Tensor

from engine.data.batches.kinds import Batch
from engine.data.batches.loading import Shown, batch_at, batches
from engine.data.batches.order import Sampling, View
from engine.errors import EngineError
from engine.generators.shared.model import Model, bare
from engine.seeds import stream
from engine.training.clock import MEASURE_S, Clock, fade_at, images_in, learning_rate_factor, rampup, stage_at
from engine.training.ema import Ema
from engine.training.judging import Watched, measured
from engine.training.presets import Adam, Preset, TrainConfig
from engine.training.previews import Previews
from engine.training.runs import Run
from engine.training.warnings import LONGEST_CURVE, WINDOW, judging_warnings, warnings_of
from engine.weights import checkpoint
from engine.weights.card import Card

LOG_EVERY = 20  # steps between lines of stats.jsonl
JUDGED_EVERY = 60  # steps between measurements of the judges, which cost about as much as one step
PRECISIONS: dict[str, Any] = {"fp32": "32-true", "bf16": "bf16-mixed"}


@dataclass(frozen=True)
class Status:
    """What a progress bar shows: images seen and in all (None while the speed is measured), images/s, seconds left.

    warnings: what the statistics say is going wrong, a sentence each.
    """

    images: int
    total: int | None
    images_per_s: float
    seconds_left: float | None
    terms: dict[str, float]
    warnings: tuple[str, ...] = ()


@dataclass
class State:
    """All that changes while a run trains, and that resume needs."""

    model: Model
    optimizers: dict[str, torch.optim.Optimizer]
    ema: Ema
    tables: dict[str, Tensor]
    images: int = 0
    step: int = 0
    total: int | None = None
    lines: deque[dict[str, float]] = field(default_factory=lambda: deque(maxlen=WINDOW))
    """The last statistics, from which warnings are computed."""
    judged: deque[tuple[int, dict[str, float]]] = field(default_factory=lambda: deque(maxlen=LONGEST_CURVE))
    """The last measurements of the judges, each with the images seen until then."""


@dataclass(frozen=True)
class Plan:
    """One run. model: freshly built from the preset after `torch.manual_seed`, or with the weights that it starts from.

    make_card: provenance at a clock. device: "auto", "cpu" or "cuda"; devices: how many. previews: what is shown over time.
    held: photos that are not trained on, on which the judges are measured.
    """

    preset: Preset
    model: Model
    cache: Shown
    run: Run
    make_card: Callable[[Clock], Card]
    previews: Previews | None = None
    device: str = "auto"
    devices: int = 1
    held: Shown | None = None


def train(plan: Plan, report: Callable[[Status], None] = lambda status: None) -> Path:
    """Train until the budget is spent, and write `run.final`; returns its path.

    A SIGTERM or Ctrl-C ends the run after the current step with its state saved; `moulage train … --resume` goes on. A loss
    that is not a number raises EngineError, and the last saved state stands.
    """
    config, run = plan.preset.train, plan.run
    fabric = _fabric(plan)
    state = _set_up(fabric, plan)
    if run.resume_state.exists():
        _restore(state, run.resume_state)
    elif config.epochs is not None:
        state.total = max(1, round(config.epochs * len(plan.cache)))
    elif config.minutes is None:
        state.total = config.images
    plan.model.prepare(_calibration(plan, fabric.device))
    with _Interrupt() as interrupt:
        _steps(fabric, plan, state, interrupt, report)
    if fabric.global_rank == 0:
        _snapshot(state, plan, run.final if _clock(state).done else None)
    fabric.barrier()
    return run.final


def _steps(fabric: Fabric, plan: Plan, state: State, interrupt: "_Interrupt", report: Callable[[Status], None]) -> None:
    config, run = plan.preset.train, plan.run
    flips, toned = plan.preset.data.flips, plan.model.tone_augmentation
    how = Sampling(config.seed, flips, toned, fabric.global_rank, fabric.world_size)
    how = replace(how, tone_locus=plan.model.tone_locus, marker_share=plan.model.marker_share)
    first, started = state.images, time.perf_counter()
    while not _clock(state).done and not interrupt.asked:
        share = _clock(state).share
        stage = stage_at(config.stages, share)
        frame = replace(stage.frame, fade=fade_at(config.stages, share))
        batch = batch_at(plan.cache, state.images, View(stage.batch, frame, how), fabric.device)
        _seed_dropout(config.seed, state.images, how.rank)
        rate = learning_rate_factor(share, config.decay_from) * rampup(state.images, config.rampup_images)
        terms = step(fabric, state, batch, rate, config)
        before, state.images, state.step = state.images, state.images + stage.batch * how.ranks, state.step + 1
        state.ema.update(bare(state.model.networks[state.model.shipped]), state.images, stage.batch * how.ranks)
        elapsed = time.perf_counter() - started
        _settle_budget(fabric, state, config, (state.images - first) / elapsed, elapsed)
        if state.step % LOG_EVERY == 0 or _clock(state).done:
            if plan.held is not None and state.step % JUDGED_EVERY == 0:
                terms |= _judged(fabric, state, Watched(plan.held, frame))
            status = _status(state, config, terms, (state.images - first) / elapsed)
            if fabric.global_rank == 0:
                told = {"warnings": list(status.warnings)} if status.warnings else {}
                line = {"images": state.images, "step": state.step, "images_per_s": status.images_per_s}
                run.log({**line, **status.terms, **told})
                report(status)
        if before // config.snapshot_images != state.images // config.snapshot_images and fabric.global_rank == 0:
            _snapshot(state, plan, run.snapshot(state.images))


def step(fabric: Fabric, state: State, batch: Batch, factor: float, config: TrainConfig) -> dict[str, Tensor]:
    """One pass over the model's groups; returns every term by "group.name", detached."""
    seen: dict[str, Tensor] = {}
    losses = state.model.losses(batch, state.images)
    while True:
        with fabric.autocast():
            item = next(losses, None)
        if item is None:
            return seen | {name: value.detach() for name, value in state.model.measured.items()}
        group, terms = item
        total = torch.stack([term.float() for term in terms.values()]).sum()
        if not math.isfinite(float(total.detach())):
            worst = ", ".join(f"{name} {float(term.detach()):g}" for name, term in terms.items())
            raise EngineError(
                f"the loss of {group} is not a number at image {state.images} ({worst}); the last saved state stands, "
                "resume from it with a lower learning rate."
            )
        optimizer = state.optimizers[group]
        for parameters in optimizer.param_groups:
            parameters["lr"] = factor * parameters["rate"]
        optimizer.zero_grad(set_to_none=True)
        fabric.backward(total)
        optimizer.step()
        seen |= {f"{group}.{name}": term.detach() for name, term in terms.items()}


def _seed_dropout(seed: int, images: int, rank: int) -> None:
    """Layers such as dropout draw from torch's global generator; a resumed run must find it as it was."""
    torch.manual_seed(int(stream(seed, "dropout", images, rank).integers(2**62)))


def _fabric(plan: Plan) -> Fabric:
    grows, devices = plan.model.grows, plan.devices
    strategy: Any = DDPStrategy(broadcast_buffers=False, find_unused_parameters=grows) if devices > 1 else "auto"
    precision = PRECISIONS[plan.preset.train.precision]
    fabric = Fabric(accelerator=plan.device, devices=devices, strategy=strategy, precision=precision)
    fabric.launch()
    return fabric


def _set_up(fabric: Fabric, plan: Plan) -> State:
    model, config, optimizers = plan.model, plan.preset.train, {}
    shipped = model.networks[model.shipped].to(fabric.device).to(memory_format=torch.channels_last)
    ema = Ema(shipped, config.ema_images)
    for group, network in model.networks.items():
        network.to(memory_format=torch.channels_last)
        optimizer = torch.optim.Adam(_parameter_groups(model, group, config), eps=config.epsilon or 1e-8)
        model.networks[group], optimizers[group] = fabric.setup(network, optimizer)
    return State(model, optimizers, ema, model.tables(plan.cache.described))


def _parameter_groups(model: Model, group: str, config: TrainConfig) -> list[dict[str, Any]]:
    """What one optimiser steps: all of a network at one rate, or the judges of pixels in it at theirs."""
    rate = config.lr_generator if group == model.shipped else config.lr_discriminator
    adam, prefix = Adam(rate, config.beta1, config.beta2), model.pixel_judges.get(group)
    own: list[Tensor] = []
    rest: list[Tensor] = []
    for name, parameter in model.networks[group].named_parameters():
        judges_pixels = config.patches is not None and prefix is not None and name.startswith(prefix)
        (own if judges_pixels else rest).append(parameter)
    told = [(rest, adam), (own, config.patches or adam)]
    return [{"params": p, "rate": a.rate, "lr": a.rate, "betas": (a.beta1, a.beta2)} for p, a in told if p]


def _calibration(plan: Plan, device: torch.device) -> Any:
    """Batches that do not depend on where a run stands, so that a resumed run prepares alike."""
    stage = plan.preset.train.stages[-1]
    view = View(stage.batch, stage.frame, Sampling(plan.preset.train.seed, False, 0.0))
    return batches(plan.cache, view, device)


def _clock(state: State) -> Clock:
    return Clock(state.images, state.step, state.total)


def _settle_budget(fabric: Fabric, state: State, config: TrainConfig, images_per_s: float, elapsed_s: float) -> None:
    """Turn `train.minutes` into images, once, when the speed has been measured; rank 0 decides for all."""
    if state.total is not None:
        return
    decided = torch.tensor(0, device=fabric.device)
    if elapsed_s >= MEASURE_S and config.minutes is not None:
        decided = torch.tensor(images_in(config.minutes, 1 / images_per_s, config.stages), device=fabric.device)
    decided = fabric.broadcast(decided)
    if int(decided):
        state.total = max(int(decided), state.images)


def _judged(fabric: Fabric, state: State, watched: Watched) -> dict[str, Tensor]:
    found = measured(state.model, watched, fabric)
    state.judged.append((state.images, found))
    return {name: torch.tensor(value) for name, value in found.items()}


def _status(state: State, config: TrainConfig, terms: dict[str, Tensor], images_per_s: float) -> Status:
    left = None
    if state.total is not None:
        now = stage_at(config.stages, _clock(state).share)
        stages = [s for s in config.stages if s.until >= now.until]
        starts = [_clock(state).share, *[s.until for s in stages[:-1]]]
        pixels = now.width * now.height
        cost = sum((s.until - a) * s.width * s.height / pixels for a, s in zip(starts, stages, strict=True))
        left = state.total * cost / images_per_s
    values = {name: float(term) for name, term in terms.items()}
    state.lines.append(values)
    told = (*warnings_of(state.lines), *judging_warnings(state.judged))
    return Status(state.images, state.total, images_per_s, left, values, told)


def _snapshot(state: State, plan: Plan, path: Path | None) -> None:
    """Save the averaged weights (if a path is given), the sample grid, and the state that resume needs."""
    if path is not None:
        weights = {f"{state.model.shipped}.{k}": v for k, v in state.ema.network.state_dict().items()}
        checkpoint.save(path, weights | state.tables, plan.make_card(_clock(state)), half=True)
    if plan.previews is not None:
        plan.previews.write(state.ema.network, plan.run.sample(state.images))
    tensors = {f"net.{g}.{k}": v for g, n in state.model.networks.items() for k, v in bare(n).state_dict().items()}
    tensors |= {f"ema.{k}": v for k, v in state.ema.network.state_dict().items()}
    for group, optimizer in state.optimizers.items():
        for index, slots in optimizer.state_dict()["state"].items():
            tensors |= {f"opt.{group}.{index}.{name}": torch.as_tensor(value) for name, value in slots.items()}
    clock = {"images": state.images, "step": state.step, "total": state.total}
    checkpoint.save_resume(plan.run.resume_state, tensors, clock)


def _restore(state: State, path: Path) -> None:
    tensors, clock = checkpoint.load_resume(path)
    for group, network in state.model.networks.items():
        bare(network).load_state_dict(_under(tensors, f"net.{group}."))
        _restore_optimizer(state.optimizers[group], _under(tensors, f"opt.{group}."))
    state.ema.network.load_state_dict(_under(tensors, "ema."))
    state.images, state.step, state.total = clock["images"], clock["step"], clock["total"]


def _restore_optimizer(optimizer: torch.optim.Optimizer, slots: dict[str, Tensor]) -> None:
    whole = optimizer.state_dict()
    whole["state"] = {}
    for key, value in slots.items():
        index, name = key.split(".")
        whole["state"].setdefault(int(index), {})[name] = value
    optimizer.load_state_dict(whole)


def _under(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {key.removeprefix(prefix): value for key, value in tensors.items() if key.startswith(prefix)}


class _Interrupt:
    """Turns SIGTERM and Ctrl-C into a question the loop asks after each step."""

    def __init__(self) -> None:
        self.asked = False
        self._before: dict[int, Any] = {}

    def __enter__(self) -> "_Interrupt":
        for number in (signal.SIGTERM, signal.SIGINT):
            self._before[number] = signal.signal(number, self._ask)
        return self

    def _ask(self, number: int, frame: FrameType | None) -> None:
        self.asked = True

    def __exit__(self, *exception: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
