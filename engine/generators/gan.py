"""What every generator family gives: networks, losses, and a sampler; and what it is called."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn

from engine.labels import Planes

Terms = dict[str, Tensor]


class Gan(ABC):
    """Networks by group name, and the order in which their losses are taken. Batches are of the family's own kind."""

    networks: dict[str, nn.Module]
    """Trained networks; the loop may wrap each (several devices), so losses call them through this dict."""
    frozen: dict[str, nn.Module]
    """Feature networks that are never trained nor saved."""
    measured: Mapping[str, Tensor] = MappingProxyType({})
    """What the last step measured beside its losses, for the statistics: scalars by name."""
    grows = False
    """Whether a stage of training may leave parts of a network untouched."""
    shipped = "G"
    """The network that renders; its averaged weights are the ones saved for use."""

    def prepare(self, batches: Iterator[Any]) -> None:  # noqa: B027  # most families need nothing
        """Measure what the losses need of the training data, once before the first step."""

    def tables(self, described: Any) -> dict[str, Tensor]:
        """What is fitted on the cache's description of its photos and shipped beside the weights."""
        return {}

    @abstractmethod
    def losses(self, batch: Any, images: int) -> Iterator[tuple[str, Terms]]:
        """Yield (group, terms); the loop steps that group before the next is asked for. images: seen so far."""

    @abstractmethod
    def sample_inputs(self, batch: Any) -> tuple[Tensor, ...]:
        """What the shipped network takes to paint the batch's maps; the same tensors for the same batch."""

    def previews(self, network: nn.Module, inputs: tuple[Tensor, ...], photos: Tensor) -> list[Tensor]:
        """What a run shows of itself, [N, C, H, W] a row: what `network` makes of the `sample_inputs` of photos."""
        return [network(*inputs)]

    @contextmanager
    def fixed(self, group: str) -> Iterator[nn.Module]:
        """The bare network of `group` while its parameters take no gradient (a fooled discriminator learns nothing)."""
        network = bare(self.networks[group])
        network.requires_grad_(False)
        try:
            yield network
        finally:
            network.requires_grad_(True)


@dataclass(frozen=True)
class Family:
    """One entry of FAMILIES."""

    name: str
    title: str
    paper: str
    config: type
    request: type
    build: Callable[[Any], Gan]
    sampler: Callable[[Any], nn.Module]
    """Config → the network that renders, untrained."""
    inputs: Callable[
        [Any, Mapping[str, Tensor], Planes | None, NDArray[np.uint8] | None, Any], tuple[NDArray[np.float32], ...]
    ]
    """(config, tables, planes, edges or None, request) → the sampler's inputs, each with a batch axis of 1.

    A family that takes noise is given no planes."""
    extrapolates: Callable[[Any, Mapping[str, Tensor], Planes, Any], list[str]]
    """(config, tables, planes, request) → what of the case lies beyond the training data, in words."""
    takes: Literal["map", "boxes", "noise"] = "map"
    """What a picture starts from: a case's planes, the boxes on them, or noise alone."""


def bare(network: nn.Module) -> nn.Module:
    """The module itself, without the wrapper that trains it on several devices."""
    while isinstance(getattr(network, "module", None), nn.Module):
        network = network.module
    return network


def parameters(networks: Mapping[str, nn.Module]) -> dict[str, int]:
    """Network → exact count of trainable parameters."""
    return {name: sum(p.numel() for p in net.parameters() if p.requires_grad) for name, net in networks.items()}
