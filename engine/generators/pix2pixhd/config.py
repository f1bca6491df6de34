"""How a pix2pixHD is built, without torch."""

from dataclasses import dataclass
from typing import Annotated, Literal

from engine.config import Range
from engine.errors import EngineError


@dataclass(frozen=True)
class Pix2PixHDConfig:
    """pix2pixHD's global generator and multi-scale PatchGAN (Wang et al. 2018; Bissoto et al. 2018), and our live form."""

    generator: Literal["global", "modulated"]
    """`global` is the papers'; `modulated` is small, with appearance and noise entering every block."""
    condition: Literal["semantic", "planes"]
    """`semantic` is the eight-class map as one-hot; `planes` is the lesion and five markers in {0, 0.5, 1}."""
    edges: bool
    """Whether the instance boundary map is one more input channel."""
    width: Annotated[int, Range(1, 256)]
    """Channels at full resolution (the papers' ngf)."""
    downsamplings: Annotated[int, Range(1, 6)]
    blocks: Annotated[int, Range(1, 16)]
    norm: Literal["instance", "none"]
    noise: Annotated[int, Range(0, 64)]
    """Channels of noise; the papers' generators take none."""
    scales: Annotated[int, Range(1, 4)]
    """PatchGAN discriminators, each at half the resolution of the one before. The paper says 3, its command ran 2."""
    discriminator_width: Annotated[int, Range(1, 256)]
    discriminator_layers: Annotated[int, Range(1, 6)]
    discriminator_norm: Literal["instance", "spectral", "none"]
    objective: Literal["lsgan", "hinge"]
    feature_matching: Annotated[float, Range(0, 100)]
    perceptual: Annotated[float, Range(0, 100)]
    """Weight of the perceptual loss over EfficientNet-lite0, each channel scaled by its spread; 0 in the papers."""
    projected: Annotated[float, Range(0, 10)]
    """Weight of discriminator heads on frozen EfficientNet-lite0 features (Sauer et al. 2021); 0 in the papers."""
    colour: Annotated[float, Range(0, 100)]
    """Weight of the L1 distance between region means (skin, lesion) of fake and real."""
    soften: Annotated[float, Range(0, 1)]
    """Share of pictures in which one marker present is shown as possible (0.5), which the masks never hold."""
    edge_dropout: Annotated[float, Range(0, 1)]
    """Share of pictures trained without edges, as a drawn case has no photo to take superpixels from."""
    tone_augmentation: Annotated[float, Range(0, 1)]
    """Share of pictures darkened along the melanin axis, appearance included."""
    diffaugment: bool
    """Translation and cutout of what the discriminators see (Zhao et al. 2020)."""
    accidents: tuple[Literal["hair", "ruler", "ink"], ...] = ()
    """Further condition planes, measured on the photos by `cases.accidents`; with hair, appearance says nothing of it."""
    tone_locus: bool = False
    """Whether augmented skin is moved along the locus of human skin, its a* too, so that every ITA from 75 to -50 degrees is
    seen equally often; else it is darkened by melanin alone."""
    marker_share: Annotated[float, Range(0, 0.2)] = 0.0
    """Share of the windows that each marker fills at least: where too few do, windows are centred on that marker."""
    patches_augmented: bool = True
    """Whether `diffaugment` holds for the PatchGANs too, or for the heads alone; cutouts hide texture from PatchGANs."""
    detail: Annotated[float, Range(0, 100)] = 0.0
    """Gain of the detail channels that the PatchGANs see, see `shared.detail`; 0, as in the papers, shows none."""

    def __post_init__(self) -> None:
        """Accidents must be named once each."""
        if len(set(self.accidents)) != len(self.accidents):
            raise EngineError(f"accidents = {list(self.accidents)}; each once is expected.")
