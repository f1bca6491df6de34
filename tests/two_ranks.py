"""Run by test_train.py in two processes: trains a tiny generator over gloo and saves each rank's weights."""

import os
import sys
from pathlib import Path

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from safetensors.torch import save_file
from test_train import card, tiny_preset

from engine.appearance import measure
from engine.config import to_table
from engine.data.cache import Cache
from engine.data.phantom import phantom
from engine.generators import FAMILIES
from engine.generators.gan import bare
from engine.labels import pack
from engine.runs import Run
from engine.train import loop

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
gan = FAMILIES[preset.family].build(preset.model)
run = Run.open(out / f"run{rank}", False, to_table(preset), "0" * 64)
loop.train(preset, gan, cache, run, card, "cpu", devices=2)
weights = {f"{g}.{k}": v.contiguous() for g, net in gan.networks.items() for k, v in bare(net).state_dict().items()}
save_file(weights, out / f"rank{rank}.safetensors")
torch.distributed.destroy_process_group()
