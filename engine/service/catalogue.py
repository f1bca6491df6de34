"""What there is: presets with their networks, feature nets, and where a file comes from."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from engine import formats
from engine.config import Control, controls_of
from engine.generators.registry import FAMILIES as GENERATORS
from engine.generators.shared.noise_request import NoiseRequest
from engine.paths import read_bytes
from engine.service.saved_cases import provenance_from_bytes
from engine.training import presets
from engine.training.presets import FAMILIES
from engine.weights import checkpoint, feature_nets

__all__ = ["PresetInfo", "catalogue", "controls", "feature_nets", "read_card", "settings_types"]


@dataclass(frozen=True)
class PresetInfo:
    """One line of `moulage presets`. parameters: network → exact count of trainable parameters."""

    name: str
    family: str
    paper: str
    takes: str
    makes: str
    size: tuple[int, int]
    trained: bool
    parameters: dict[str, int]


def catalogue() -> list[PresetInfo]:
    """Every preset, with its networks' parameters counted on torch's meta device (no memory is taken)."""
    import torch

    from engine.generators.shared.model import parameters

    listed = []
    for name in presets.names():
        preset = presets.load(name)
        with torch.device("meta"):
            networks = FAMILIES[preset.family].build(preset.model).networks
        told = {key: getattr(preset, key) for key in ("name", "family", "paper", "takes", "makes", "size")}
        listed.append(
            PresetInfo(**told, trained=presets.weights_path(name) is not None, parameters=parameters(networks))
        )
    return listed


def controls() -> tuple[Control, ...]:
    """Whatever can be set by hand for any generator, each once, in the order in which the registry tells of it."""
    found = {control.name: control for family in GENERATORS.values() for control in controls_of(family.request)}
    return tuple(found.values())


def settings_types(noise: bool) -> dict[str, Any]:
    """Name of a setting → its annotated type, of all generators that start from noise, or of all others."""
    found: dict[str, Any] = {}
    for family in GENERATORS.values():
        if noise == issubclass(family.request, NoiseRequest):
            found |= annotations_of(family.request)
    return found


def annotations_of(request: type) -> dict[str, Any]:
    """Name of a request's field → its type, notes included."""
    import typing

    return typing.get_type_hints(request, include_extras=True)


def read_card(path: Path) -> dict[str, Any]:
    """The provenance of a checkpoint, a saved picture, a sidecar or a bundle, as plain values."""
    if path.suffix == ".safetensors":
        return asdict(checkpoint.read_card(path)) | {"sha256": checkpoint.sha256(path)}
    data = read_bytes(path)
    said = formats.read_provenance(data) if formats.holds_case(data) else {}
    return said if "sample" in said else provenance_from_bytes(data, path.name)
