"""One generator of the parts that were trained in runs of their own, such as LAPGAN's levels."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from engine.errors import EngineError
from engine.service.render import Written
from engine.service.requests import SILENT, JoinRequest, Watch
from engine.weights import checkpoint as checkpoints
from engine.weights.card import Card

PARTS = "levels"  # the model's field that says which parts a run trained


def join(request: JoinRequest, watch: Watch = SILENT) -> Written:
    """Write the weights of all files as one checkpoint, whose card names each by its hash.

    Raises EngineError where the files are of different configurations, hold the same part twice, or are not parts.
    """
    files, out = request.parts, request.out
    if len(files) < 2:
        raise EngineError(f"{len(files)} checkpoint was given; two or more parts are needed.")
    loaded = [checkpoints.load(file) for file in files]
    first = loaded[0][1]
    tensors: dict[str, Any] = {}
    for file, (found, card) in zip(files, loaded, strict=True):
        _check(file, card, files[0], first)
        for name, tensor in found.items():
            if name in tensors and not (name.partition(".")[0] != "G" and tensor.equal(tensors[name])):
                raise EngineError(
                    f"{file.name} holds {name}, which another of the files holds too; each part once is needed."
                )
            tensors[name] = tensor
    levels = sorted(level for _, card in loaded for level in card.config["model"][PARTS])
    config = first.config | {"model": first.config["model"] | {PARTS: levels}}
    joined = {"joined": [checkpoints.sha256(file) for file in files]}
    checkpoints.save(out, tensors, replace(first, config=config, metrics=joined), half=True)
    return Written((out,))


def _check(file: Path, card: Card, other: Path, first: Card) -> None:
    if PARTS not in card.config.get("model", {}):
        raise EngineError(f"{file.name} holds the family '{card.family}', whose generator is trained as a whole.")
    if (card.family, card.preset.name, card.data) != (first.family, first.preset.name, first.data):
        raise EngineError(
            f"{file.name} is of the preset '{card.preset.name}' or of other data than {other.name}; the same is needed."
        )
    fixed = [{k: v for k, v in c.config["model"].items() if k != PARTS} for c in (card, first)]
    if fixed[0] != fixed[1]:
        key = next(k for k in fixed[0].keys() | fixed[1].keys() if fixed[0].get(k) != fixed[1].get(k))
        raise EngineError(
            f"{file.name} has model.{key} = {fixed[0].get(key)!r}; {other.name} has {fixed[1].get(key)!r}."
        )
