"""Run by test_train.py in two processes: trains a tiny generator over gloo and saves each rank's weights."""

import os
import sys
from pathlib import Path

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from phantoms import phantom
from safetensors.torch import save_file
from test_train import card, tiny_preset

from engine.cases.appearance import measure
from engine.cases.planes import pack
from engine.config import to_table
from engine.data.caches.planes import Cache
from engine.generators.shared.model import bare
from engine.training import loop
from engine.training.presets import FAMILIES
from engine.training.runs import Run

out, rank = Path(sys.argv[1]), int(os.environ["RANK"])
torch.set_num_threads(1)
drawn = [phantom(index, 0, 48, 32) for index in range(6)]
cache = Cache(
    tuple(map(str, range(6))),
    np.stack([p for p, _ in drawn]),
    np.stack([pack(planes) for _, planes in drawn]),
    tuple(measure(*pair) for pair in drawn),
)
preset = tiny_preset(images=24)
torch.manual_seed(preset.train.seed)
model = FAMILIES[preset.family].build(preset.model)
run = Run.open(out / f"run{rank}", False, to_table(preset), "0" * 64)
loop.train(loop.Plan(preset, model, cache, run, card, device="cpu", devices=2))
weights = {f"{g}.{k}": v.contiguous() for g, net in model.networks.items() for k, v in bare(net).state_dict().items()}
save_file(weights, out / f"rank{rank}.safetensors")
torch.distributed.destroy_process_group()
