"""What a family of generators, or of judges, says of itself without torch; its networks are loaded when they are needed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from engine.cases.case import Drawing
from engine.config import Control

if TYPE_CHECKING:
    from torch import Tensor, nn

    from engine.cases.appearance import Appearance
    from engine.generators.shared.model import Model

Tables = Mapping[str, "Tensor"]


@dataclass(frozen=True)
class Capabilities:
    """What a generator of one configuration takes and makes.

    takes: what a picture starts from: a case's planes, the boxes on them, or noise alone; a judge takes photos.
    conditions: what a box may show. diagnoses: the photos learned from. asks_diagnosis: whether one of them can be asked for.
    mask: whether a lesion mask comes with each picture. size: of its pictures, where the configuration fixes it;
    training_sizes: those that it grows through. controls: what is set by hand. accidents: planes of `cases.accidents` taken.
    """

    takes: Literal["map", "boxes", "noise", "photo"]
    conditions: tuple[str, ...] = ()
    diagnoses: tuple[str, ...] = ()
    asks_diagnosis: bool = False
    mask: bool = False
    size: tuple[int, int] | None = None
    training_sizes: tuple[tuple[int, int], ...] = ()
    controls: tuple[Control, ...] = ()
    accidents: tuple[str, ...] = ()

    @property
    def askable(self) -> tuple[str, ...]:
        """The diagnoses that may be asked for, if there is a choice."""
        return self.diagnoses if self.asks_diagnosis and len(self.diagnoses) > 1 else ()


@dataclass(frozen=True)
class Family:
    """One entry of a registry.

    config, data, request: the classes of a preset's `model` and `data` tables, and of what one picture is asked with.
    capabilities: config → what it takes and makes. module: holds the functions below, and torch.
    """

    name: str
    title: str
    paper: str
    config: type
    data: type
    request: type
    capabilities: Callable[[Any], Capabilities]
    module: str

    def build(self, config: Any) -> "Model":
        """The model that is trained: networks and losses."""
        model: Model = self._function("build")(config)
        return model

    def sampler(self, config: Any) -> "nn.Module":
        """The network that is used afterwards, untrained."""
        network: nn.Module = self._function("sampler")(config)
        return network

    def inputs(
        self, config: Any, tables: Tables, drawing: Drawing | None, request: Any
    ) -> tuple[NDArray[np.float32], ...]:
        """The sampler's inputs, each with a batch axis of 1. A family that takes noise is given no drawing."""
        arrays: tuple[NDArray[np.float32], ...] = self._function("inputs")(config, tables, drawing, request)
        return arrays

    def extrapolates(self, config: Any, tables: Tables, drawing: Drawing, request: Any) -> list[str]:
        """What of a case lies beyond the training data, in words."""
        reasons: list[str] = self._function("extrapolates")(config, tables, drawing, request)
        return reasons

    def drawn(self, config: Any, tables: Tables, drawing: Drawing, request: Any) -> dict[str, float]:
        """Name of a slider that the request leaves open → the value that its seed draws. Of families that paint cases."""
        values: dict[str, float] = self._function("drawn_settings")(config, tables, drawing, request)
        return values

    def matched(self, config: Any, tables: Tables, photo: "Appearance") -> dict[str, float]:
        """Name of a slider → the value that comes nearest to a measured photo. Of families that paint cases."""
        values: dict[str, float] = self._function("matched_settings")(config, tables, photo)
        return values

    def input_channels(self, config: Any) -> dict[str, tuple[str, ...]]:
        """Weight of the sampler → the name of each of its input channels, for weights whose inputs a configuration changes."""
        names: dict[str, tuple[str, ...]] = getattr(import_module(self.module), "input_channels", lambda _: {})(config)
        return names

    def _function(self, name: str) -> Callable[..., Any]:
        function: Callable[..., Any] = getattr(import_module(self.module), name)
        return function
