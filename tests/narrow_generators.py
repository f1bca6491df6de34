"""The generators that start from noise, so narrow that a test may sample them: untrained, and in no time."""

import dataclasses

import torch

from engine import service
from engine.config import to_table
from engine.generators.registry import FAMILIES
from engine.training import presets
from engine.weights.card import Card, Clock, Code, DataRef, Env, PresetRef
from engine.weights.checkpoint import save

NARROW = {
    "dcgan-pairs-live": {"width": 2, "discriminator_width": 2},
    "pgan-256-live": {"fmap_base": 64, "fmap_max": 4, "latent": 8},
    "dcgan-128-bcc": {"width": 2, "discriminator_width": 2},
    "lapgan-pairs": {"width": 2, "hidden": 8, "discriminator_width": 2, "start": (5, 5)},
}
LOAD = presets.load


def narrow(name, **changes):
    """A preset with few channels, and with other changes to its model."""
    preset = LOAD(name)
    model = dataclasses.replace(preset.model, **(NARROW.get(name, {}) | changes))
    size = getattr(model, "size", preset.size)
    if size != preset.size:
        (stage,) = preset.train.stages
        stage = dataclasses.replace(stage, width=size[0], height=size[1])
        preset = dataclasses.replace(preset, train=dataclasses.replace(preset.train, stages=(stage,)))
    return dataclasses.replace(preset, model=model, size=size)


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


def sampled(name, count, seed, out, shard="1/1", checkpoint=None, device="cpu", **settings):
    """What came of a request for a set from noise."""
    return service.run(
        service.SampleRequest(name, count, out, seed, shard, settings, None, None, None, checkpoint, device)
    )


def narrow_or_whole(name, *rest):
    """In place of `presets.load`: the narrow form where there is one."""
    return narrow(name) if name in NARROW else LOAD(name, *rest)


def ref(name, seed, turns=(), **settings):
    """One sample, by what makes it."""
    return service.wished({"preset": name, "seed": seed, "turns": turns, **settings})
