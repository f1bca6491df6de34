"""The README's "Adding a generator", done in a copy of the house: a folder, a line, a preset; then it trains and samples."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import phantoms

ROOT = Path(__file__).resolve().parent.parent
FILES = {
    "__init__.py": '''
"""A smudge: one linear layer from noise."""

from engine.data.recipes import PhotosData
from engine.generators.shared.family import Family
from engine.generators.smudge.config import SmudgeConfig
from engine.generators.smudge.request import Request, capabilities

FAMILY = Family(
    name="smudge",
    title="A smudge of noise",
    paper="none",
    config=SmudgeConfig,
    data=PhotosData,
    request=Request,
    capabilities=capabilities,
    module="engine.generators.smudge.losses",
)
''',
    "config.py": '''
"""How it is built, without torch."""

from dataclasses import dataclass
from typing import Annotated

from engine.config import Range


@dataclass(frozen=True)
class SmudgeConfig:
    """latent: numbers of noise. side: of its pictures, px."""

    latent: Annotated[int, Range(1, 64)]
    side: Annotated[int, Range(16, 64)]
''',
    "request.py": '''
"""What it takes and makes, without torch."""

from engine.generators.shared.family import Capabilities
from engine.generators.shared.noise_request import NoiseRequest

Request = NoiseRequest


def capabilities(config):
    """Noise."""
    return Capabilities("noise", size=(config.side, config.side))
''',
    "losses.py": '''
"""Its one loss: thumbnails of pictures are to be distributed as those of photos are."""

import torch
from torch import nn

from engine.generators.shared.model import Model
from engine.generators.shared.noise import energy, extrapolates, latent

__all__ = ["build", "extrapolates", "inputs", "sampler"]


class Generator(nn.Module):
    """Noise [B, latent] -> [B, 3, side, side]."""

    def __init__(self, config):
        super().__init__()
        self.side, self.layer = config.side, nn.Linear(config.latent, 3 * config.side**2)

    def forward(self, noise):
        return torch.tanh(self.layer(noise)).view(-1, 3, self.side, self.side)


class Smudge(Model):
    """The model that is trained."""

    def __init__(self, config):
        self.config, self.networks, self.frozen = config, {"G": Generator(config)}, {}

    def losses(self, batch, images):
        yield "G", {"energy": energy(self.networks["G"](*self.sample_inputs(batch)), batch.pictures)}

    def sample_inputs(self, batch):
        return (torch.randn((len(batch.pictures), self.config.latent), generator=batch.random),)


def inputs(config, tables, drawing, request):
    return (latent(request.seed, "latent", (1, config.latent)),)


build = Smudge
sampler = Generator
''',
}
PRESET = """
# A smudge, to see that adding a generator takes no more than this.
family = "smudge"
title = "A smudge"
paper = "none"
takes = "noise"
makes = "smudge, 16x16"
size = [16, 16]

[model]
latent = 4
side = 16

[data]
fit = "stretch"
split_scheme = "isic2017"
split_seed = 0
reject = []
exclude = []
flips = true

[train]
images = 24
lr_generator = 1e-2
lr_discriminator = 1e-2
beta1 = 0.5
beta2 = 0.999
decay_from = 1.0
ema_images = 0.0
precision = "fp32"
seed = 0
snapshot_images = 24

[[train.stages]]
until = 1.0
width = 16
height = 16
batch = 4

[evaluate]
count = 8
"""
USE = """
import sys
from pathlib import Path

from engine import service

data, labels, out = map(Path, sys.argv[1:])
trained = service.run(service.TrainRequest("smudge", data, out / "run", labels, device="cpu"))
made = service.run(service.SampleRequest("smudge", 3, out / "set", checkpoint=trained.final))
print([info.parameters for info in service.catalogue() if info.name == "smudge"], made.made)
"""


def test_a_folder_a_line_and_a_preset_are_a_generator(tmp_path):
    copy = tmp_path / "house"
    ignored = shutil.ignore_patterns("__pycache__", "*.png", "*.safetensors", "*.csv")
    for folder in ("engine", "presets"):
        shutil.copytree(ROOT / folder, copy / folder, ignore=ignored)
    family = copy / "engine" / "generators" / "smudge"
    family.mkdir()
    for name, text in FILES.items():
        (family / name).write_text(text.lstrip(), encoding="utf-8")
    registry = copy / "engine" / "generators" / "registry.py"
    listed = registry.read_text(encoding="utf-8")
    listed = listed.replace("pgan, pix2pixhd\n", "pgan, pix2pixhd, smudge\n").replace(
        "lapgan, pgan)", "lapgan, pgan, smudge)"
    )
    registry.write_text(listed, encoding="utf-8")
    (copy / "presets" / "smudge").mkdir()
    (copy / "presets" / "smudge" / "preset.toml").write_text(PRESET.lstrip(), encoding="utf-8")
    labels = phantoms.write(tmp_path / "data", 12)

    told = subprocess.run(
        [sys.executable, "-c", USE, tmp_path / "data", labels, tmp_path / "out"],
        cwd=copy, env=os.environ | {"PYTHONPATH": str(copy)}, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert told.returncode == 0, told.stderr[-2000:]
    assert told.stdout.splitlines()[-1] == "[{'G': 3840}] 3"
    assert len(list((tmp_path / "out" / "set").rglob("ISIC_SYNTHETIC_*.png"))) == 3
