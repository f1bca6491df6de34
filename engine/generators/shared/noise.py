"""What the generators that start from noise share: their requests, their latents, and what a step of training measures.

A latent is standard normal everywhere: the papers either say so or say nothing.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri
from torch import Tensor
from torch.nn import functional as F

from engine.cases.diagnoses import check
from engine.errors import EngineError
from engine.generators.shared.family import Capabilities
from engine.seeds import normal, stream

SHARES = "diagnosis.shares"
KNOWN = 2.0  # added distance between two thumbnails whose labels differ: the whole range of a channel
SPREAD_PX = 8  # side to which pictures are pooled before they are compared: what is left is colour and layout


def latent(seed: int, name: str, shape: tuple[int, ...], truncation: float | None = None) -> NDArray[np.float32]:
    """Standard normal of `shape`; with a truncation, the same draws through the distribution cut off at both sides."""
    drawn = normal(seed, name, shape)
    if truncation is None:
        return drawn
    low, high = ndtr(-truncation), ndtr(truncation)
    return np.clip(ndtri(low + ndtr(drawn.astype(np.float64)) * (high - low)), -truncation, truncation).astype(
        np.float32
    )


def diagnosis_of(shows: Capabilities, tables: Mapping[str, Tensor], request: Any) -> str | None:
    """What a request's picture shows: what is asked for, the only one there is, or what the seed draws; None is unlabelled."""
    if request.diagnosis is not None:
        if not shows.diagnoses:
            raise EngineError(
                f"the diagnosis '{request.diagnosis[:60]}' was asked for; this generator was trained without any."
            )
        if len(shows.diagnoses) > 1 and not shows.askable:
            raise EngineError(
                f"the diagnosis '{request.diagnosis[:60]}' was asked for; this generator takes none and mixes "
                f"{', '.join(shows.diagnoses)}."
            )
        return check(request.diagnosis, shows.diagnoses)
    if not shows.askable:
        return shows.diagnoses[0] if len(shows.diagnoses) == 1 else None
    shares = tables[SHARES].double().numpy()
    place = np.searchsorted(np.cumsum(shares / shares.sum()), stream(request.seed, "diagnosis").random(), side="right")
    return shows.diagnoses[min(int(place), len(shares) - 1)]


def shares(diagnoses: Sequence[str], described: Sequence[int]) -> dict[str, Tensor]:
    """Each diagnosis's share of the training photos, shipped beside the weights; nothing where there is no choice.

    described: one place in `diagnoses` a photo.
    """
    if len(diagnoses) < 2:
        return {}
    counts = np.bincount(np.asarray(described, np.int64), minlength=len(diagnoses))
    return {SHARES: torch.from_numpy((counts / max(1, counts.sum())).astype(np.float32))}


def extrapolates(config: Any, tables: Mapping[str, Tensor], drawing: Any, request: Any) -> list[str]:
    """Nothing: noise asks for no more than the training photos showed."""
    return []


def spread(pictures: Tensor) -> Tensor:
    """Mean L1 distance between the pictures of a batch, [B, C, H, W] pooled to 8x8; 0 for one picture."""
    small = F.adaptive_avg_pool2d(pictures.detach().float(), SPREAD_PX).flatten(1)
    count = len(small)
    return torch.cdist(small, small, p=1).sum() / max(1, count * (count - 1)) / small.shape[1]


def energy(fake: Tensor, real: Tensor, known: Tensor | None = None) -> Tensor:
    """Energy distance between the thumbnails of pictures and of photos, unbiased (Székely & Rizzo 2013, eq. 1).

    2 E|f - r| - E|f - f'| - E|r - r'| over pictures [B, C, H, W] pooled to 8x8, B at least 2. It is 0 only where both are
    distributed alike, so that pictures differ from each other as photos do, which a discriminator of single ones does not
    ask for. known: [B, K], what each of both is given, such as its label: then they are to be alike given that.
    """

    def thumbnails(x: Tensor) -> Tensor:
        small = F.adaptive_avg_pool2d(x.float(), SPREAD_PX).flatten(1)
        small = small / small.shape[1] ** 0.5
        return small if known is None else torch.cat([small, KNOWN * known.to(small)], dim=1)

    f, r = thumbnails(fake), thumbnails(real)
    between = (f[:, None] - r[None]).square().sum(dim=2).add(1e-8).sqrt().mean()
    return 2 * between - _among(f) - _among(r)


def _among(x: Tensor) -> Tensor:
    distances = (x[:, None] - x[None]).square().sum(dim=2).add(1e-8).sqrt()
    apart = ~torch.eye(len(x), dtype=torch.bool, device=x.device)
    return distances[apart].mean()


def variety(fake: Tensor, real: Tensor) -> Tensor:
    """How much generated pictures differ from each other, over how much photos do."""
    return spread(fake) / spread(real).clamp(min=1e-6)


def told_variety(fake: Tensor, real: Tensor, of: str = "") -> dict[str, Tensor]:
    """The statistic "G.variety" of a batch's colours, and of its masks where it has any, which vary more than colours do.

    Nothing for a batch of one, whose picture differs from no other.
    """
    if len(fake) < 2:
        return {}
    found = {f"G.variety{of}": variety(fake[:, :3], real[:, :3])}
    return found | ({f"G.variety{of}.mask": variety(fake[:, 3:], real[:, 3:])} if fake.shape[1] > 3 else {})


def told_apart(real: Tensor, fake: Tensor) -> Tensor:
    """Share of all pairs in which the photo scores above the generated picture: 0.5 is a guess, 1 knows every one."""
    real, ordered = real.detach().flatten().float(), fake.detach().flatten().float().sort().values
    below, upto = (torch.searchsorted(ordered, real, right=right).double() for right in (False, True))
    return ((below + upto) / 2 / len(ordered)).mean().float()


def told_apart_by(real: Sequence[Tensor], fake: Sequence[Tensor]) -> Tensor:
    """`told_apart` of several discriminators of places, mean over them.

    Of places and not of whole pictures: on frozen features those are soon known every one, while most places still teach.
    """
    return torch.stack([told_apart(r, f) for r, f in zip(real, fake, strict=True)]).mean()


def r1(score: Tensor, pictures: Tensor) -> Tensor:
    """Mean squared norm of the gradient of `score` [B] by `pictures` [B, C, H, W] (Mescheder et al. 2018, eq. 9)."""
    (gradient,) = torch.autograd.grad(score.sum(), pictures, create_graph=True)
    return gradient.square().flatten(1).sum(dim=1).mean()
