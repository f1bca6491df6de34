"""How a DermGAN is built, without torch."""

from dataclasses import dataclass
from typing import Annotated, Literal

from engine.cases.conditions import CONDITIONS
from engine.cases.conditions import index_of as condition_index
from engine.config import Range
from engine.errors import EngineError


@dataclass(frozen=True)
class DermGanConfig:
    """DermGAN's U-Net and PatchGAN (Ghorbani et al. 2019; Isola et al. 2017), and our live form.

    The four weights are the paper's losses; it found them by grid search and does not report them.
    """

    generator: Literal["unet", "modulated"]
    """`unet` is the paper's; `modulated` is small, with outline, colours and noise entering every block."""
    conditions: tuple[str, ...]
    """What a box may show."""
    width: Annotated[int, Range(1, 256)]
    """Channels at full resolution (modulated), or of the first convolution (unet; the paper's ngf)."""
    upsampling: Literal["resize", "deconv"]
    """`resize` is nearest and a 3x3 convolution, against the checkerboard (Odena et al. 2016); `deconv` is the ablation."""
    dropout: Annotated[float, Range(0, 0.9)]
    """On the first three decoder layers, at test time too: the U-Net's only source of variety."""
    noise: Annotated[int, Range(0, 64)]
    """Channels of noise of the modulated form."""
    last_level_alone: bool
    """Whether a stage at full resolution trains the modulated form's last level only, so that windows unlearn no shapes."""
    discriminator_width: Annotated[int, Range(1, 256)]
    discriminator_norm: Literal["batch", "spectral", "instance", "none"]
    scales: Annotated[int, Range(1, 4)]
    """PatchGANs, each at half the resolution of the one before; the paper has one."""
    objective: Literal["minmax", "hinge"]
    reconstruction: Annotated[float, Range(0, 1000)]
    """Weight of the L1 distance over the whole picture."""
    region: Annotated[float, Range(0, 1000)]
    """Weight of the L1 distance inside the boxes, a mean over their pixels."""
    adversarial: Annotated[float, Range(0, 1000)]
    feature_matching: Annotated[float, Range(0, 1000)]
    """Weight of the L2 distance between activations of the discriminator's second to last convolution."""
    perceptual: Annotated[float, Range(0, 100)]
    """Weight of the perceptual loss over EfficientNet-lite0, each channel scaled by its spread; 0 in the paper."""
    projected: Annotated[float, Range(0, 10)]
    """Weight of discriminator heads on frozen EfficientNet-lite0 features (Sauer et al. 2021); 0 in the paper."""
    colour: Annotated[float, Range(0, 100)]
    """Weight of the L1 distance between region means (skin, lesion) of fake and real; 0 in the paper."""
    tone_augmentation: Annotated[float, Range(0, 1)]
    """Share of pictures moved along the melanin axis to a tone drawn evenly from -60 to 75 degrees ITA."""
    diffaugment: bool
    """Translation and cutout of what the discriminators see (Zhao et al. 2020)."""
    tone_locus: bool = False
    """Whether augmented skin is moved along the locus of human skin, its a* too, so that every ITA from 75 to -50 degrees is
    seen equally often; else by melanin alone."""
    patches_augmented: bool = True
    """Whether `diffaugment` holds for the PatchGANs too, or for the heads alone; cutouts hide texture from PatchGANs."""
    detail: Annotated[float, Range(0, 100)] = 0.0
    """Gain of the detail channels that the PatchGANs see, see `shared.detail`; 0, as in the paper, shows none."""

    def __post_init__(self) -> None:
        """Conditions must be known, and each named once."""
        if not self.conditions or len(set(self.conditions)) != len(self.conditions):
            raise EngineError(f"conditions = {list(self.conditions)}; at least one, each once, is expected.")
        for condition in self.conditions:
            condition_index(condition, CONDITIONS)
