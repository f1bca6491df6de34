"""What the one training loop asks of a model, generator or judge: networks, and losses in the order of their steps."""

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any

from torch import Tensor, nn

Terms = dict[str, Tensor]


class Model(ABC):
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
    """The network that is used afterwards; its averaged weights are the ones saved."""
    pixel_judges: Mapping[str, str] = MappingProxyType({})
    """Group → what the names of its parameters begin with that judge pixels; `train.patches` may train them at its own rate."""
    tone_augmentation = 0.0
    """Share of the pictures whose skin a step shows under another tone."""
    tone_locus = False
    """Whether those tones lie on the locus of human skin, every ITA seen equally often."""
    marker_share = 0.0
    """Share of the windows that each marker fills at least."""

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

    def verdicts(self, batch: Any) -> dict[str, tuple[Tensor, Tensor]]:
        """Judge → its logits on the batch's photos and on the pictures made for them, [B, ...] each, nothing augmented.

        The loop asks for it without gradients, on photos that are not trained on. No judges, nothing.
        """
        return {}

    @contextmanager
    def fixed(self, group: str) -> Iterator[nn.Module]:
        """The bare network of `group` while its parameters take no gradient (a fooled discriminator learns nothing)."""
        network = bare(self.networks[group])
        network.requires_grad_(False)
        try:
            yield network
        finally:
            network.requires_grad_(True)


def bare(network: nn.Module) -> nn.Module:
    """The module itself, without the wrapper that trains it on several devices."""
    while isinstance(getattr(network, "module", None), nn.Module):
        network = network.module
    return network


def parameters(networks: Mapping[str, nn.Module]) -> dict[str, int]:
    """Network → exact count of trainable parameters."""
    return {name: sum(p.numel() for p in net.parameters() if p.requires_grad) for name, net in networks.items()}
